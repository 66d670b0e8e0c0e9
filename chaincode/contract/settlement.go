package contract

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// SettlementContract pays shops: drafts settlements, approves, withdraws, exports and books them, and claims what ended shops owe.
type SettlementContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*SettlementContract) GetEvaluateTransactions() []string { return []string{"Show", "List", "Due"} }

type shopOfSchemeRequest struct {
	header
	Scheme string `json:"scheme"`
	Shop   string `json:"shop"`
}

func (r *shopOfSchemeRequest) check() error {
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

var draftSettlement = operation{
	name: "settlement:Draft", event: "SettlementDrafted", roles: append([]role{issuer, treasurer}, tills...),
}

// Draft takes a shop's oldest open items up to the last closed day into a settlement, once that is due. Tills draft for their own shop only.
func (*SettlementContract) Draft(ctx *Context, text string) (string, error) {
	return write(ctx, draftSettlement, text, func(tx *transaction, r *shopOfSchemeRequest) (any, error) {
		owed, err := tx.owed(r.Scheme, r.Shop, (*rules.Taken).IsEnough)
		if err != nil {
			return nil, err
		}
		settlement, err := rules.NewSettlement(r.RequestID, r.Scheme, r.Shop, tx.person(), owed.taken, owed.closedUntil)
		if err != nil {
			return nil, err
		}
		if err := owed.terms.CheckDue(owed.taken, owed.closedUntil, owed.scheme, owed.shop); err != nil {
			return nil, err
		}
		tx.closeItems(settlement)
		return drafted{Settlement: settlement, More: owed.taken.More}, tx.putSettlement(settlement)
	})
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
		return tx.changeSettlement(r, func(s *rules.Settlement) error { return s.Approve(tx.person()) })
	})
}

type reasonedSettlementRequest struct {
	settlementRequest
	because
}

func (r *reasonedSettlementRequest) check() error {
	return rules.FirstError(r.settlementRequest.check(), r.checkReason())
}

var withdrawSettlement = operation{name: "settlement:Withdraw", event: "SettlementWithdrawn", roles: []role{treasurer}}

// Withdraw ends a settlement that has not been exported, and reopens its items.
func (*SettlementContract) Withdraw(ctx *Context, text string) (string, error) {
	return write(ctx, withdrawSettlement, text, func(tx *transaction, r *reasonedSettlementRequest) (any, error) {
		return tx.changeSettlement(&r.settlementRequest, func(s *rules.Settlement) error {
			if err := s.Withdraw(tx.person(), r.Reason); err != nil {
				return err
			}
			return tx.reopenItems(s)
		})
	})
}

// changeSettlement takes a settlement one step further.
func (tx *transaction) changeSettlement(r *settlementRequest, step func(*rules.Settlement) error) (any, error) {
	settlement, err := tx.settlement(r.Scheme, r.Settlement)
	if err != nil {
		return nil, err
	}
	if err := step(settlement); err != nil {
		return nil, err
	}
	return settlement, tx.putSettlement(settlement)
}

// putSettlement writes a settlement and sets its event.
func (tx *transaction) putSettlement(settlement *rules.Settlement) error {
	tx.event = settlementEvent{
		Settlement: settlement.ID, Scheme: settlement.Scheme, Shop: settlement.Shop, State: settlement.State, Cents: settlement.Cents,
	}
	return tx.put(settlementKey(settlement.Scheme, settlement.ID), settlement)
}
