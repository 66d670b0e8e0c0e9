// Package contract holds the transactions of Kindpakket. Each parses its request, authorises its caller, calls the rules, writes
// and emits; what they accept and answer is described in docs/transactions.md.
package contract

import (
	"fmt"
	"log"
	"reflect"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"kindpakket.eu/chaincode/rules"
)

const metadataTransaction = contractapi.SystemContractName + ":GetMetadata"

// Chaincode routes calls to the transactions of its contracts, and refuses in one form what the contract API would refuse in another. It does
// so by itself, because the contract API validates each argument and answer against a schema that only says that it is a text.
type Chaincode struct {
	transactions map[string]func(*Context, string) (string, error)
	metadata     []byte
}

// contracts are all contracts, as the contract API takes them.
func contracts() []contractapi.ContractInterface {
	named := func(name string) contractapi.Contract {
		return contractapi.Contract{Name: name, TransactionContextHandler: new(Context)}
	}
	return []contractapi.ContractInterface{
		&OrganisationsContract{named("organisations")},
		&SchemeContract{named("scheme")},
		&ShopContract{named("shop")},
		&AllocationContract{named("allocation")},
		&VoucherContract{named("voucher")},
		&PaymentContract{named("payment")},
		&SettlementContract{named("settlement")},
		&RequestContract{named("request")},
		&AuditContract{named("audit")},
		&ErasureContract{named("erasure")},
		&DecisionContract{named("decision")},
	}
}

// New makes the chaincode out of its contracts.
func New() (*Chaincode, error) {
	described, err := metadata()
	if err != nil {
		return nil, fmt.Errorf("the metadata cannot be made: %w", err)
	}
	chaincode := &Chaincode{transactions: map[string]func(*Context, string) (string, error){}, metadata: described}
	for _, contract := range contracts() {
		chaincode.add(contract)
	}
	return chaincode, nil
}

// add makes the methods of a contract that take a context and a text transactions.
func (c *Chaincode) add(contract contractapi.ContractInterface) {
	value := reflect.ValueOf(contract)
	for i := range value.NumMethod() {
		if run, ok := value.Method(i).Interface().(func(*Context, string) (string, error)); ok {
			c.transactions[contract.GetName()+":"+value.Type().Method(i).Name] = run
		}
	}
}

// Init does nothing: organisations:Initialise is a separate transaction.
func (c *Chaincode) Init(shim.ChaincodeStubInterface) *peer.Response {
	return shim.Success(nil)
}

// Invoke runs one transaction. A panic ends the transaction, not the process that serves the others.
func (c *Chaincode) Invoke(stub shim.ChaincodeStubInterface) (response *peer.Response) {
	defer func() {
		if defect := recover(); defect != nil {
			log.Printf("transaction %s: %v", stub.GetTxID(), defect)
			response = shim.Error("the chaincode has a defect that stopped this transaction; nothing was changed: report it with the transaction id")
		}
	}()
	name, arguments := stub.GetFunctionAndParameters()
	if name == metadataTransaction {
		return c.describe(arguments)
	}
	run, known := c.transactions[name]
	if !known {
		return refuse(rules.Refuse(rules.UnknownTransaction, rules.Details{"name": rules.Excerpt(name)}, ""))
	}
	proposal, err := readDirect(stub)
	if err != nil {
		return refuse(err)
	}
	if len(arguments) != 1 {
		return refuse(rules.Refuse(rules.MalformedRequest, rules.Details{"arguments": len(arguments)},
			"%d arguments were given: a transaction takes exactly one, a JSON object", len(arguments)))
	}
	if len(arguments[0]) > maxRequestBytes {
		return refuse(tooLarge(len(arguments[0])))
	}
	ctx := &Context{proposal: proposal}
	ctx.SetStub(stub)
	answer, err := run(ctx, arguments[0])
	if err != nil {
		return refuse(err)
	}
	return shim.Success([]byte(answer))
}

// describe answers Fabric's query for the metadata. Any client may have it ordered, so it takes no arguments: they would stay on the
// ledger.
func (c *Chaincode) describe(arguments []string) *peer.Response {
	if len(arguments) != 0 {
		return refuse(rules.Refuse(rules.MalformedRequest, rules.Details{"arguments": len(arguments)},
			"%d arguments were given: %s takes none", len(arguments), metadataTransaction))
	}
	return shim.Success(c.metadata)
}

// readDirect reads the proposal, and refuses a call that the client did not sign as it is.
func readDirect(stub shim.ChaincodeStubInterface) (*proposal, error) {
	proposal, err := readProposal(stub)
	if err != nil {
		return nil, err
	}
	return proposal, proposal.checkArguments(stub)
}

func refuse(refusal error) *peer.Response {
	return shim.Error(refusal.Error())
}
