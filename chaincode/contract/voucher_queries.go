package contract

import "kindpakket.eu/chaincode/rules"

type voucherQuery struct {
	Scheme  string `json:"scheme"`
	Voucher string `json:"voucher"`
}

func (r *voucherQuery) check() error {
	return rules.FirstError(rules.CheckID("scheme", r.Scheme), rules.CheckID("voucher", r.Voucher))
}

// Show returns a voucher.
func (*VoucherContract) Show(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *voucherQuery) (any, error) {
		return tx.voucher(r.Scheme, r.Voucher)
	})
}

// List returns the vouchers of a scheme.
func (*VoucherContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		vouchers, _, err := list[rules.Voucher](tx, voucherPrefix(r.Scheme), &r.paging)
		return vouchers, err
	})
}
