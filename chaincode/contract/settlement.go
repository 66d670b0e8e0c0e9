package contract

import (
	"fmt"
	"strings"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// SettlementContract pays shops: drafts settlements, approves, withdraws, exports and books them.
type SettlementContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*SettlementContract) GetEvaluateTransactions() []string { return []string{"Show", "List"} }

type draftSettlementRequest struct {
	header
	Scheme string `json:"scheme"`
	Shop   string `json:"shop"`
}

func (r *draftSettlementRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("scheme", r.Scheme), rules.CheckID("shop", r.Shop))
}

// drafted is the answer to drafting: the settlement, and whether items of closed days are left.
type drafted struct {
	*rules.Settlement
	More bool `json:"more"`
}

// settlementEvent is the payload of a settlement's events.
type settlementEvent struct {
	Settlement string      `json:"settlement"`
	Scheme     string      `json:"scheme"`
	Shop       string      `json:"shop"`
	State      rules.State `json:"state"`
	Cents      rules.Cents `json:"cents"`
}

var draftSettlement = operation{name: "settlement:Draft", event: "SettlementDrafted", roles: []role{issuer, treasurer}}

// Draft takes a shop's oldest open items up to the last closed day into a settlement.
func (*SettlementContract) Draft(ctx *Context, text string) (string, error) {
	return write(ctx, draftSettlement, text, func(tx *transaction, r *draftSettlementRequest) (any, error) {
		if _, err := tx.scheme(r.Scheme); err != nil {
			return nil, err
		}
		if _, err := tx.shop(r.Shop); err != nil {
			return nil, err
		}
		closedUntil, err := tx.closedUntil(r.Scheme)
		if err != nil {
			return nil, err
		}
		items, more, err := tx.closedItems(r.Scheme, r.Shop, closedUntil)
		if err != nil {
			return nil, err
		}
		settlement, err := rules.NewSettlement(r.RequestID, r.Scheme, r.Shop, tx.caller.person, items, closedUntil)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			tx.delete(unsettledKey(r.Scheme, r.Shop, item.Day, item.ID))
		}
		return drafted{Settlement: settlement, More: more}, tx.putSettlement(settlement)
	})
}

// closedItems reads the oldest open items of closed days, where nothing is booked any more, so that the range read of this
// transaction meets no phantom; and tells whether there are more than a settlement holds.
func (tx *transaction) closedItems(scheme, shop string, closedUntil rules.Day) (items []rules.Item, more bool, err error) {
	if closedUntil == "" {
		return nil, false, nil
	}
	prefix := unsettledPrefix(scheme, shop)
	iterator, err := tx.stub.GetStateByRange(prefix, prefix+string(closedUntil.Next()))
	if err != nil {
		return nil, false, fmt.Errorf("cannot read the open items of shop %s: %w", shop, err)
	}
	defer iterator.Close()
	for iterator.HasNext() {
		entry, err := iterator.Next()
		if err != nil {
			return nil, false, fmt.Errorf("cannot read the open items of shop %s: %w", shop, err)
		}
		if len(items) == rules.MaxItems {
			return items, true, nil
		}
		var value unsettled
		if err := decodeRecord(entry.GetKey(), entry.GetValue(), &value); err != nil {
			return nil, false, err
		}
		items = append(items, itemOf(strings.TrimPrefix(entry.GetKey(), prefix), value))
	}
	return items, false, nil
}

type settlementRequest struct {
	header
	Scheme     string `json:"scheme"`
	Settlement string `json:"settlement"`
}

func (r *settlementRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("scheme", r.Scheme), rules.CheckID("settlement", r.Settlement))
}

var approveSettlement = operation{name: "settlement:Approve", event: "SettlementApproved", roles: []role{approver}}

// Approve allows a settlement that another person drafted.
func (*SettlementContract) Approve(ctx *Context, text string) (string, error) {
	return write(ctx, approveSettlement, text, func(tx *transaction, r *settlementRequest) (any, error) {
		settlement, err := tx.settlement(r.Scheme, r.Settlement)
		if err != nil {
			return nil, err
		}
		if err := settlement.Approve(tx.caller.person); err != nil {
			return nil, err
		}
		return settlement, tx.putSettlement(settlement)
	})
}

type withdrawRequest struct {
	settlementRequest
	Reason string `json:"reason"`
}

func (r *withdrawRequest) check() error {
	return rules.FirstError(r.settlementRequest.check(), rules.CheckCode("reason", r.Reason))
}

var withdrawSettlement = operation{name: "settlement:Withdraw", event: "SettlementWithdrawn", roles: []role{treasurer}}

// Withdraw ends a settlement that was not exported, and opens its items again.
func (*SettlementContract) Withdraw(ctx *Context, text string) (string, error) {
	return write(ctx, withdrawSettlement, text, func(tx *transaction, r *withdrawRequest) (any, error) {
		settlement, err := tx.settlement(r.Scheme, r.Settlement)
		if err != nil {
			return nil, err
		}
		if err := settlement.Withdraw(tx.caller.person, r.Reason); err != nil {
			return nil, err
		}
		if err := tx.reopen(settlement); err != nil {
			return nil, err
		}
		return settlement, tx.putSettlement(settlement)
	})
}

// putSettlement writes a settlement and tells of it.
func (tx *transaction) putSettlement(settlement *rules.Settlement) error {
	tx.event = settlementEvent{
		Settlement: settlement.ID, Scheme: settlement.Scheme, Shop: settlement.Shop, State: settlement.State, Cents: settlement.Cents,
	}
	return tx.put(settlementKey(settlement.Scheme, settlement.ID), settlement)
}

// reopen gives the items of a settlement back to those that no settlement holds.
func (tx *transaction) reopen(settlement *rules.Settlement) error {
	for _, item := range settlement.Items {
		key := unsettledKey(settlement.Scheme, settlement.Shop, item.Day, item.ID)
		if err := tx.put(key, unsettled{Cents: item.Cents}); err != nil {
			return err
		}
	}
	return nil
}
