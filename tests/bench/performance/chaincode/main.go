// A chaincode whose one transaction does what CreateAsset of fabric-samples' asset-transfer-basic does: it looks
// whether the asset exists, and stores its five members as JSON. It is the plain transaction that payments are
// compared with. Its settings are those of every chaincode that the network serves: CHAINCODE_ID,
// CHAINCODE_SERVER_ADDRESS, CHAINCODE_TLS_CERT, CHAINCODE_TLS_KEY and CHAINCODE_TLS_CLIENT_CA.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

type asset struct {
	AppraisedValue int
	Color          string
	ID             string
	Owner          string
	Size           int
}

type assets struct{}

// Init is never asked for.
func (assets) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke has one function, CreateAsset, with an id, a colour, a size, an owner and a value.
func (assets) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, arguments := stub.GetFunctionAndParameters()
	if function != "CreateAsset" || len(arguments) != 5 {
		return shim.Error("call CreateAsset with an id, a colour, a size, an owner and a value")
	}
	if err := create(stub, arguments); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(nil)
}

func create(stub shim.ChaincodeStubInterface, arguments []string) error {
	size, err := strconv.Atoi(arguments[2])
	if err != nil {
		return fmt.Errorf("the size is not a number: %w", err)
	}
	value, err := strconv.Atoi(arguments[4])
	if err != nil {
		return fmt.Errorf("the value is not a number: %w", err)
	}
	stored, err := stub.GetState(arguments[0])
	if err != nil {
		return err
	}
	if stored != nil {
		return fmt.Errorf("asset %s exists", arguments[0])
	}
	content, err := json.Marshal(asset{value, arguments[1], arguments[0], arguments[3], size})
	if err != nil {
		return err
	}
	return stub.PutState(arguments[0], content)
}

func read(variable string) []byte {
	content, err := os.ReadFile(os.Getenv(variable))
	if err != nil {
		log.Fatalf("%s names no readable file: %v", variable, err)
	}
	return content
}

func main() {
	server := &shim.ChaincodeServer{
		CCID:    os.Getenv("CHAINCODE_ID"),
		Address: os.Getenv("CHAINCODE_SERVER_ADDRESS"),
		CC:      assets{},
		TLSProps: shim.TLSProperties{
			Cert:          read("CHAINCODE_TLS_CERT"),
			Key:           read("CHAINCODE_TLS_KEY"),
			ClientCACerts: read("CHAINCODE_TLS_CLIENT_CA"),
		},
	}
	if err := server.Start(); err != nil {
		log.Fatal(err)
	}
}
