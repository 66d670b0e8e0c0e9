package contract

import "kindpakket.eu/chaincode/rules"

var revokeVouchers = operation{name: "voucher:Revoke", event: "VouchersRevoked", roles: []role{approver}}

// Revoke ends vouchers permanently that another person has blocked, and returns what is left of them to the budget, all or none.
func (*VoucherContract) Revoke(ctx *Context, text string) (string, error) {
	return write(ctx, revokeVouchers, text, func(tx *transaction, r *vouchersRequest) (any, error) {
		if _, err := tx.scheme(r.Scheme); err != nil {
			return nil, err
		}
		event, err := tx.takeBack(r.Scheme, r.Vouchers, rules.ToRevoked, func(voucher *rules.Voucher) (rules.Cents, error) {
			return voucher.RevokeBlocked(tx.person())
		})
		if err != nil {
			return nil, err
		}
		tx.event = event
		return event.moved, nil
	})
}

var proposeRevocation = operation{name: "voucher:ProposeRevocation", event: "RevocationProposed", roles: proposers}

// ProposeRevocation asks for the end of vouchers in whatever state they are.
func (*VoucherContract) ProposeRevocation(ctx *Context, text string) (string, error) {
	return write(ctx, proposeRevocation, text, func(tx *transaction, r *vouchersRequest) (any, error) {
		if _, err := tx.scheme(r.Scheme); err != nil {
			return nil, err
		}
		for _, id := range r.Vouchers {
			voucher, err := tx.voucher(r.Scheme, id)
			if err != nil {
				return nil, err
			}
			if err := voucher.CheckRevocable(); err != nil {
				return nil, err
			}
		}
		return tx.proposeDecision(&rules.Decision{
			ID: r.RequestID, Kind: rules.DecideRevocation, Scheme: r.Scheme, Vouchers: r.Vouchers, Reason: r.Reason,
		})
	})
}

// revoke carries out a decision to revoke vouchers.
func (tx *transaction) revoke(decision *rules.Decision) (*movedEvent, error) {
	if err := tx.prefetch(schemeAndVoucherKeys(decision.Scheme, decision.Vouchers)...); err != nil {
		return nil, err
	}
	return tx.takeBack(decision.Scheme, decision.Vouchers, rules.ToRevoked, (*rules.Voucher).Revoke)
}
