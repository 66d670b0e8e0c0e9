package contract

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// ErasureContract purges private records, by two persons, and certifies that they are gone.
type ErasureContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*ErasureContract) GetEvaluateTransactions() []string {
	return []string{"Show", "List", "Due", "UnusedCases"}
}

// erasureEvent is the payload of an erasure's events.
type erasureEvent struct {
	Erasure    string      `json:"erasure"`
	Collection string      `json:"collection"`
	Scheme     string      `json:"scheme,omitzero"`
	State      rules.State `json:"state"`
	Records    int         `json:"records"`
}

type orderErasureRequest struct {
	header
	privateRecords
	IDs []string `json:"ids"`
	because
}

func (r *orderErasureRequest) check() error {
	return rules.FirstError(r.checkHeader(), r.privateRecords.check(), rules.CheckIDs("ids", r.IDs, maxBulk), r.checkReason())
}

func (r *orderErasureRequest) reads() []string { return r.owners(r.IDs, r.Reason) }

var orderErasure = operation{name: "erasure:Order", event: "ErasureOrdered", roles: []role{issuer}}

// Order asks for the purge of the private records of vouchers or shops.
func (*ErasureContract) Order(ctx *Context, text string) (string, error) {
	return write(ctx, orderErasure, text, func(tx *transaction, r *orderErasureRequest) (any, error) {
		if err := tx.checkErasable(r.privateRecords, r.IDs, r.Reason); err != nil {
			return nil, err
		}
		erasure := &rules.Erasure{
			ID: r.RequestID, Collection: r.Collection, Scheme: r.Scheme, Reason: r.Reason,
			State: rules.ErasureIsOrdered, OrderedBy: tx.person(),
		}
		for _, id := range r.IDs {
			records, err := tx.recordsOf(r.privateRecords, id)
			if err != nil {
				return nil, err
			}
			if len(records) == 0 {
				return nil, r.missing(id)
			}
			erasure.Records = append(erasure.Records, records...)
		}
		return erasure, tx.putErasure(erasure)
	})
}

// putErasure writes an erasure and sets its event.
func (tx *transaction) putErasure(erasure *rules.Erasure) error {
	tx.event = erasureEvent{
		Erasure: erasure.ID, Collection: erasure.Collection, Scheme: erasure.Scheme, State: erasure.State, Records: len(erasure.Records),
	}
	return putPending(tx, erasureKey(erasure.ID), erasure)
}

type erasureRequest struct {
	header
	Erasure string `json:"erasure"`
}

func (r *erasureRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("erasure", r.Erasure))
}

func (r *erasureRequest) reads() []string { return []string{erasureKey(r.Erasure)} }

var approveErasure = operation{name: "erasure:Approve", event: "ErasureApproved", roles: []role{approver}}

// Approve allows an erasure that another person ordered, if its records are still due.
func (*ErasureContract) Approve(ctx *Context, text string) (string, error) {
	return write(ctx, approveErasure, text, func(tx *transaction, r *erasureRequest) (any, error) {
		erasure, err := tx.erasure(r.Erasure)
		if err != nil {
			return nil, err
		}
		if err := erasure.Approve(tx.person()); err != nil {
			return nil, err
		}
		if err := tx.checkErasable(recordsIn(erasure), erasure.IDs(), erasure.Reason); err != nil {
			return nil, err
		}
		return erasure, tx.putErasure(erasure)
	})
}

type withdrawErasureRequest struct {
	erasureRequest
	because
}

func (r *withdrawErasureRequest) check() error {
	return rules.FirstError(r.erasureRequest.check(), r.checkReason())
}

var withdrawErasure = operation{name: "erasure:Withdraw", event: "ErasureWithdrawn", roles: []role{issuer, approver}}

// Withdraw ends an erasure that has not been carried out. Approvers may do so, and the issuer who ordered it.
func (*ErasureContract) Withdraw(ctx *Context, text string) (string, error) {
	return write(ctx, withdrawErasure, text, func(tx *transaction, r *withdrawErasureRequest) (any, error) {
		erasure, err := tx.erasure(r.Erasure)
		if err != nil {
			return nil, err
		}
		if err := tx.checkDecider(approver, erasure.OrderedBy); err != nil {
			return nil, err
		}
		remaining, err := tx.remaining(erasure)
		if err != nil {
			return nil, err
		}
		if err := erasure.Withdraw(tx.person(), r.Reason, len(remaining)); err != nil {
			return nil, err
		}
		return erasure, tx.putErasure(erasure)
	})
}

// purged is the answer to purging: how many records of the erasure are gone then.
type purged struct {
	Purged int `json:"purged"`
}

type purgedEvent struct {
	Erasure string `json:"erasure"`
	Purged  int    `json:"purged"`
}

var purgeRecords = operation{name: "erasure:Purge", event: "RecordsPurged", roles: []role{issuer, approver}}

// Purge carries out an approved erasure, if its records are still due.
func (*ErasureContract) Purge(ctx *Context, text string) (string, error) {
	return writePrivate(ctx, purgeRecords, text, func(tx *transaction, r *erasureRequest) (privateWork, error) {
		erasure, err := tx.erasure(r.Erasure)
		if err != nil {
			return privateWork{}, err
		}
		return privateWork{answer: purged{Purged: len(erasure.Records)}, do: func() error { return tx.purgeRecords(erasure) }}, nil
	})
}

func (tx *transaction) purgeRecords(erasure *rules.Erasure) error {
	if err := erasure.CheckPurgeable(); err != nil {
		return err
	}
	remaining, err := tx.remaining(erasure)
	if err != nil {
		return err
	}
	if len(remaining) > 0 {
		if err := tx.checkErasable(recordsIn(erasure), erasure.IDs(), erasure.Reason); err != nil {
			return err
		}
	}
	for _, record := range remaining {
		collection, err := tx.collectionOf(recordsIn(erasure), record.ID)
		if err != nil {
			return err
		}
		tx.purge(collection, record.Key)
	}
	tx.event = purgedEvent{Erasure: erasure.ID, Purged: len(remaining)}
	return nil
}

var certifyErasure = operation{name: "erasure:Certify", event: "ErasureCertified", roles: []role{issuer, approver}}

// Certify states on the ledger that no record of an erasure remains. Any organisation can check that by the hashes.
func (*ErasureContract) Certify(ctx *Context, text string) (string, error) {
	return write(ctx, certifyErasure, text, func(tx *transaction, r *erasureRequest) (any, error) {
		erasure, err := tx.erasure(r.Erasure)
		if err != nil {
			return nil, err
		}
		remaining, err := tx.remaining(erasure)
		if err != nil {
			return nil, err
		}
		if err := erasure.Certify(tx.person(), tx.now, len(remaining)); err != nil {
			return nil, err
		}
		return erasure, tx.putErasure(erasure)
	})
}
