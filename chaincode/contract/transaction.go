package contract

import (
	"cmp"
	"fmt"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// Context is what every transaction gets: the peer, and what the client signed.
type Context struct {
	contractapi.TransactionContext
	proposal *proposal
}

// operation describes a transaction that writes.
type operation struct {
	name    string
	event   string
	roles   []role
	private string
}

// transaction is one call: who calls, when, what was read and what is to be written. The organisations are those that were named first.
// visible are its own writes that its reads find, peeked are records that were decoded ahead. started is the
// start of its records, encoded for the mark startedBy. eventName is that of its event, if it is not the operation's.
type transaction struct {
	stub          shim.ChaincodeStubInterface
	proposal      *proposal
	organisations *rules.Organisations
	caller        caller
	now           rules.Number
	mark          mark
	started       []byte
	startedBy     mark
	reads         map[string][]byte
	visible       map[string][]byte
	peeked        map[string]any
	changes       []change
	event         any
	eventName     string
}

func begin(ctx *Context) (*transaction, error) {
	stub := ctx.GetStub()
	timestamp, err := stub.GetTxTimestamp()
	if err != nil {
		return nil, fmt.Errorf("the proposal has no timestamp: %w", err)
	}
	return &transaction{
		stub: stub, proposal: ctx.proposal, caller: identify(stub), now: rules.Number(timestamp.GetSeconds()),
		reads: map[string][]byte{}, visible: map[string][]byte{}, peeked: map[string]any{},
	}, nil
}

// write runs a transaction that writes: authorise, parse, answer a repeated request as before, apply the rules, write, emit.
// do returns the answer, and sets the payload of the event in tx.event.
func write[R any, P interface {
	*R
	request
}](ctx *Context, op operation, text string, do func(tx *transaction, r P) (any, error)) (string, error) {
	r := P(new(R))
	tx, err := prepare(ctx, op, text, r)
	if err != nil {
		return "", err
	}
	return tx.once(op, text, r, "", func() (any, error) { return do(tx, r) })
}

// privateWork is what a transaction that writes private records only does. answer, which a repeated request gets as well, follows from the
// request and from records that no longer change; do writes. given is the digest of the private records that travel along, "" for none.
type privateWork struct {
	given  string
	answer any
	do     func() error
}

// writePrivate runs a transaction that writes private collections and nothing public, so that their members alone can endorse it. It keeps
// its request in the private collection that every such transaction may write to; any peer can look up the hash of that record.
func writePrivate[R any, P interface {
	*R
	request
}](ctx *Context, op operation, text string, plan func(tx *transaction, r P) (privateWork, error)) (string, error) {
	r := P(new(R))
	tx, err := prepare(ctx, op, text, r)
	if err != nil {
		return "", err
	}
	work, err := plan(tx, r)
	if err != nil {
		return "", err
	}
	if err := tx.oncePrivately(op, text, r, work); err != nil {
		return "", err
	}
	encoded, err := encode(work.answer)
	return string(encoded), err
}

// prepare begins a transaction that writes. Who calls is judged before the request, of which others learn nothing; but what both need is
// read from the peer in one exchange.
func prepare(ctx *Context, op operation, text string, r request) (*transaction, error) {
	tx, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	misread := tx.caller.readRequest(op, text, r)
	if misread == nil {
		if err := tx.prefetch(append(keysReadBy(r), organisationsKey())...); err != nil {
			return nil, err
		}
	}
	if err := tx.authorise(op); err != nil {
		return nil, err
	}
	return tx, misread
}

// readRequest parses a request and checks its form, as far as it can be told without the ledger.
func (c caller) readRequest(op operation, text string, r request) error {
	if err := parse(text, op.private, r); err != nil {
		return err
	}
	return rules.FirstError(r.check(), checkNoNull(text), c.checkTill(r))
}

// keysReadBy gives the keys that a request is known to read.
func keysReadBy(r request) []string {
	keys := []string{requestKey(r.id())}
	if known, ok := r.(reading); ok {
		keys = append(keys, known.reads()...)
	}
	return keys
}

func (tx *transaction) authorise(op operation) error {
	if err := tx.admit(op.roles); err != nil {
		return err
	}
	return tx.caller.checkPerson()
}

// finish writes and emits.
func (tx *transaction) finish(op operation) error {
	if err := tx.flush(); err != nil {
		return err
	}
	payload, err := encode(tx.event)
	if err != nil {
		return err
	}
	return tx.stub.SetEvent(cmp.Or(tx.eventName, op.event), payload)
}

// query runs a transaction that only reads.
func query[R any, P interface {
	*R
	check() error
}](ctx *Context, roles []role, text string, do func(tx *transaction, r P) (any, error)) (string, error) {
	tx, err := begin(ctx)
	if err != nil {
		return "", err
	}
	if err := tx.admit(roles); err != nil {
		return "", err
	}
	r := P(new(R))
	if err := parse(text, "", r); err != nil {
		return "", err
	}
	if err := r.check(); err != nil {
		return "", err
	}
	result, err := do(tx, r)
	if err != nil {
		return "", err
	}
	encoded, err := encode(result)
	return string(encoded), err
}
