package contract

import "kindpakket.eu/chaincode/rules"

var revokeVouchers = operation{name: "voucher:Revoke", event: "VouchersRevoked", roles: []role{approver}}

// Revoke ends vouchers permanently and returns what is left of them to the budget, all or none.
func (*VoucherContract) Revoke(ctx *Context, text string) (string, error) {
	return write(ctx, revokeVouchers, text, func(tx *transaction, r *vouchersRequest) (any, error) {
		if _, err := tx.scheme(r.Scheme); err != nil {
			return nil, err
		}
		return tx.takeBack(r, rules.ToRevoked, func(voucher *rules.Voucher) (rules.Cents, error) { return voucher.Revoke() })
	})
}
