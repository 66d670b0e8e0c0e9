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

// Claim makes a receivable of what a shop that has ended still owes.
func (*SettlementContract) Claim(ctx *Context, text string) (string, error) {
	return write(ctx, claimSettlement, text, func(tx *transaction, r *claimRequest) (any, error) {
		owed, err := tx.owed(r.Scheme, r.Shop, (*rules.Taken).IsFull)
		if err != nil {
			return nil, err
		}
		receivable, err := rules.NewReceivable(r.RequestID, r.Scheme, owed.shop, tx.person(), r.Reason, owed.taken, owed.closedUntil)
		if err != nil {
			return nil, err
		}
		tx.closeItems(receivable)
		return receivable, tx.putSettlement(receivable)
	})
}

var collectSettlement = operation{name: "settlement:Collect", event: "SettlementCollected", roles: []role{treasurer}}

// Collect records that a shop has paid what was claimed.
func (*SettlementContract) Collect(ctx *Context, text string) (string, error) {
	return write(ctx, collectSettlement, text, func(tx *transaction, r *reasonedSettlementRequest) (any, error) {
		return tx.changeSettlement(&r.settlementRequest, func(s *rules.Settlement) error { return s.Collect(tx.person(), r.Reason) })
	})
}

var writeOffSettlement = operation{name: "settlement:WriteOff", event: "SettlementWrittenOff", roles: []role{approver}}

// WriteOff gives up a receivable that another person claimed.
func (*SettlementContract) WriteOff(ctx *Context, text string) (string, error) {
	return write(ctx, writeOffSettlement, text, func(tx *transaction, r *reasonedSettlementRequest) (any, error) {
		return tx.changeSettlement(&r.settlementRequest, func(s *rules.Settlement) error { return s.WriteOff(tx.person(), r.Reason) })
	})
}
