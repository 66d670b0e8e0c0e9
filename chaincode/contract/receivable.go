package contract

import "kindpakket.eu/chaincode/rules"

type claimRequest struct {
	shopOfSchemeRequest
	because
}

func (r *claimRequest) check() error {
	return rules.FirstError(r.shopOfSchemeRequest.check(), r.checkReason())
}

var claimSettlement = operation{name: "settlement:Claim", event: "SettlementClaimed", roles: []role{treasurer}}

// Claim makes a receivable of what a shop owes that has ended, or whose scheme is closed.
func (*SettlementContract) Claim(ctx *Context, text string) (string, error) {
	return write(ctx, claimSettlement, text, func(tx *transaction, r *claimRequest) (any, error) {
		owed, err := tx.owed(r.Scheme, r.Shop)
		if err != nil {
			return nil, err
		}
		if err := tx.takeAll(owed); err != nil {
			return nil, err
		}
		receivable, err := rules.NewReceivable(
			r.RequestID, owed.scheme, owed.shop, tx.person(), r.Reason, owed.taken, owed.closedUntil, tx.now,
		)
		if err != nil {
			return nil, err
		}
		return receivable, tx.putNew(receivable, owed.taken.Items)
	})
}

type collectRequest struct {
	reasonedSettlementRequest
	Cents *rules.Cents `json:"cents,omitzero"`
}

func (r *collectRequest) check() error {
	if err := r.reasonedSettlementRequest.check(); err != nil || r.Cents == nil {
		return err
	}
	return rules.CheckAmount("cents", *r.Cents)
}

var collectSettlement = operation{name: "settlement:Collect", event: "SettlementCollected", roles: []role{treasurer}}

// Collect records that a shop has paid what was claimed, or a part of it.
func (*SettlementContract) Collect(ctx *Context, text string) (string, error) {
	return write(ctx, collectSettlement, text, func(tx *transaction, r *collectRequest) (any, error) {
		cents := rules.Cents(0)
		if r.Cents != nil {
			cents = *r.Cents
		}
		return tx.changeSettlement(&r.settlementRequest, func(s *storedSettlement) error { return s.Collect(cents, tx.person(), r.Reason) })
	})
}

var writeOffSettlement = operation{name: "settlement:WriteOff", event: "SettlementWrittenOff", roles: []role{approver}}

// WriteOff gives up a receivable that another person claimed, or what is left of it.
func (*SettlementContract) WriteOff(ctx *Context, text string) (string, error) {
	return write(ctx, writeOffSettlement, text, func(tx *transaction, r *reasonedSettlementRequest) (any, error) {
		return tx.changeSettlement(&r.settlementRequest, func(s *storedSettlement) error { return s.WriteOff(tx.person(), r.Reason) })
	})
}

type reopenRequest struct {
	reasonedSettlementRequest
	ReceivedCents *rules.Cents `json:"received_cents,omitzero"`
}

var reopenSettlement = operation{name: "settlement:Reopen", event: "SettlementReopened", roles: []role{approver}}

// Reopen ends a receivable, also one that was collected or written off, and reopens its items: they can be netted, deducted or claimed
// again. What was received of it stays received, unless the request says that it was less.
func (*SettlementContract) Reopen(ctx *Context, text string) (string, error) {
	return write(ctx, reopenSettlement, text, func(tx *transaction, r *reopenRequest) (any, error) {
		return tx.changeSettlement(&r.settlementRequest, func(s *storedSettlement) error {
			received, err := s.Reopen(r.ReceivedCents, tx.person(), r.Reason)
			if err != nil {
				return err
			}
			if received != nil {
				if err := tx.putOpen(s.Scheme, s.Shop, received); err != nil {
					return err
				}
			}
			return tx.reopenItems(s)
		})
	})
}
