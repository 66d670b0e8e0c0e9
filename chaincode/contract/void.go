package contract

import (
	"slices"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// RequestContract turns unknown outcomes into certain ones.
type RequestContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*RequestContract) GetEvaluateTransactions() []string { return []string{"Show"} }

var voidRequest = operation{name: voiding, event: "RequestVoided", roles: append(slices.Clone(municipal), sellers...)}

type voidRequestRequest struct {
	header
	Void string `json:"void"`
}

func (r *voidRequestRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("void", r.Void))
}

func (r *voidRequestRequest) reads() []string { return []string{requestKey(r.Void)} }

// voided is the answer to voiding, and its event.
type voided struct {
	Void string `json:"void"`
}

// Void makes a request id permanently unusable, unless a request was committed under it. A request still in flight has read the id as
// unused, so only one of the two can be committed.
func (*RequestContract) Void(ctx *Context, text string) (string, error) {
	return write(ctx, voidRequest, text, func(tx *transaction, r *voidRequestRequest) (any, error) {
		if r.Void == r.RequestID {
			return nil, rules.Refuse(rules.InvalidID, rules.Details{"member": "void"}, "a request cannot void itself: give the id of another request")
		}
		before, err := get[committed](tx, requestKey(r.Void))
		if err != nil {
			return nil, err
		}
		privately, err := tx.privateHash(citizens, requestKey(r.Void))
		if err != nil {
			return nil, err
		}
		tx.event = voided{Void: r.Void}
		switch {
		case privately != "":
			return nil, rules.Refuse(rules.RequestCommitted, rules.Details{"request": r.Void},
				"request %s was committed, to private records: it cannot be voided", r.Void)
		case before == nil:
			return tx.event, tx.put(requestKey(r.Void), committed{Operation: voiding})
		case before.isVoid():
			return tx.event, nil
		}
		return nil, rules.Refuse(rules.RequestCommitted, rules.Details{"request": r.Void, "operation": before.Operation},
			"request %s was committed as %s: it cannot be voided", r.Void, before.Operation)
	})
}

type requestQuery struct {
	Request string `json:"request"`
}

func (r *requestQuery) check() error { return rules.CheckID("request", r.Request) }

// shownRequest is what became of a request id. The operation of a write to private records is not shown: a peer knows only their hashes.
type shownRequest struct {
	Request   string `json:"request"`
	State     string `json:"state"`
	Operation string `json:"operation"`
}

// Show returns what became of a request id.
func (*RequestContract) Show(ctx *Context, text string) (string, error) {
	return query(ctx, everybody, text, func(tx *transaction, r *requestQuery) (any, error) {
		before, err := get[committed](tx, requestKey(r.Request))
		switch {
		case err != nil:
			return nil, err
		case before == nil:
			return tx.showPrivateRequest(r.Request)
		case before.isVoid():
			return shownRequest{Request: r.Request, State: "void", Operation: before.Operation}, nil
		}
		return shownRequest{Request: r.Request, State: "committed", Operation: before.Operation}, nil
	})
}

func (tx *transaction) showPrivateRequest(id string) (any, error) {
	privately, err := tx.privateHash(citizens, requestKey(id))
	if privately != "" {
		return shownRequest{Request: id, State: "committed"}, err
	}
	return shownRequest{Request: id, State: "unknown"}, err
}
