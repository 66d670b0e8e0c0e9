package contract

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// SettlementContract pays shops: drafts settlements, approves, withdraws, exports and books them, and claims or nets what shops owe.
type SettlementContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*SettlementContract) GetEvaluateTransactions() []string {
	return []string{"Show", "List", "Items", "Live", "Receivables", "Due", "DueList"}
}

type shopOfSchemeRequest struct {
	header
	Scheme string `json:"scheme"`
	Shop   string `json:"shop"`
}

func (r *shopOfSchemeRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("scheme", r.Scheme), rules.CheckID("shop", r.Shop))
}

// storedSettlement is a settlement as its record is. Items are those of layout 2, which kept them in the record; they stay there until
// settlement:Index moves them.
type storedSettlement struct {
	rules.Settlement
	Items []rules.Item `json:"items,omitzero"`
}

// count counts the items of a record that has them.
func (s *storedSettlement) count() {
	if s.Items != nil {
		s.ItemCount = rules.Number(len(s.Items))
	}
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

// Draft takes a shop's oldest open items up to the last closed day into a settlement, once that is due, or carries their sum over when no
// settlement could ever hold them. Tills draft for their own shop only.
func (*SettlementContract) Draft(ctx *Context, text string) (string, error) {
	return write(ctx, draftSettlement, text, func(tx *transaction, r *shopOfSchemeRequest) (any, error) {
		owed, err := tx.owed(r.Scheme, r.Shop)
		if err != nil {
			return nil, err
		}
		if err := tx.takeUsual(owed); err != nil {
			return nil, err
		}
		settlement, err := rules.NewSettlement(r.RequestID, owed.scheme, owed.shop, tx.person(), owed.taken, owed.closedUntil)
		if err != nil {
			return nil, err
		}
		if settlement.IsLive() {
			if err := owed.terms.CheckDue(owed.taken, owed.closedUntil, owed.scheme, owed.shop); err != nil {
				return nil, err
			}
		}
		return drafted{Settlement: settlement, More: owed.taken.More}, tx.putNew(settlement, owed.taken.Items)
	})
}

// putNew writes a settlement that holds items, and what finds it.
func (tx *transaction) putNew(settlement *rules.Settlement, items []rules.Item) error {
	if err := tx.closeItems(settlement, items); err != nil {
		return err
	}
	if carried := settlement.Carried(); carried != nil {
		if err := tx.putOpen(settlement.Scheme, settlement.Shop, carried); err != nil {
			return err
		}
	}
	if err := tx.putFinders(settlement); err != nil {
		return err
	}
	return tx.putSettlement(&storedSettlement{Settlement: *settlement})
}

// finder is the value of a key that finds a record and says nothing about it.
type finder struct{}

// putFinders writes the keys that find a settlement by its shop, while somebody still has to do something about it, and while its shop owes it.
func (tx *transaction) putFinders(s *rules.Settlement) error {
	if s.IsLive() {
		if err := tx.put(liveKey(s.Scheme, s.Shop, s.ID), finder{}); err != nil {
			return err
		}
	}
	if s.IsOwed() {
		if err := tx.put(receivableKey(s), finder{}); err != nil {
			return err
		}
	}
	return tx.put(shopSettlementKey(s), finder{})
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
		return tx.changeSettlement(r, func(s *storedSettlement) error { return s.Approve(tx.person()) })
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
		return tx.changeSettlement(&r.settlementRequest, func(s *storedSettlement) error {
			if err := s.Withdraw(tx.person(), r.Reason); err != nil {
				return err
			}
			return tx.reopenItems(s)
		})
	})
}

// changeSettlement takes a settlement one step further. One of layout 2 is written with the keys that find it, which it did not have.
func (tx *transaction) changeSettlement(r *settlementRequest, step func(*storedSettlement) error) (any, error) {
	settlement, err := tx.settlement(r.Scheme, r.Settlement)
	if err != nil {
		return nil, err
	}
	return &settlement.Settlement, tx.advance(settlement, step)
}

func (tx *transaction) advance(settlement *storedSettlement, step func(*storedSettlement) error) error {
	wasLive, wasOwed := settlement.IsLive(), settlement.IsOwed()
	if err := step(settlement); err != nil {
		return err
	}
	if settlement.Items != nil {
		if err := tx.putFinders(&settlement.Settlement); err != nil {
			return err
		}
	}
	if wasLive && !settlement.IsLive() {
		tx.delete(liveKey(settlement.Scheme, settlement.Shop, settlement.ID))
	}
	if wasOwed && !settlement.IsOwed() {
		tx.delete(receivableKey(&settlement.Settlement))
	}
	return tx.putSettlement(settlement)
}

// putSettlement writes a settlement and sets its event.
func (tx *transaction) putSettlement(settlement *storedSettlement) error {
	tx.event = settlementEvent{
		Settlement: settlement.ID, Scheme: settlement.Scheme, Shop: settlement.Shop, State: settlement.State, Cents: settlement.Cents,
	}
	return putPending(tx, settlementKey(settlement.Scheme, settlement.ID), settlement)
}
