package contract

import "kindpakket.eu/chaincode/rules"

var lapseVouchers = operation{name: "voucher:Lapse", event: "VouchersLapsed", roles: []role{issuer, treasurer}}

// Lapse returns what vouchers can no longer spend to the budget, all or none.
func (*VoucherContract) Lapse(ctx *Context, text string) (string, error) {
	return write(ctx, lapseVouchers, text, func(tx *transaction, r *vouchersRequest) (any, error) {
		scheme, err := tx.scheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		event, err := tx.takeBack(r.Scheme, r.Vouchers, rules.ToLapsed, func(voucher *rules.Voucher) (rules.Cents, error) {
			terms, err := tx.termsFor(scheme, voucher)
			if err != nil {
				return 0, err
			}
			return voucher.Lapse(scheme, &terms.Terms, tx.now)
		})
		if err != nil {
			return nil, err
		}
		tx.event = event
		return event.moved, nil
	})
}

// Lapsable returns the vouchers of a page that Lapse would take now and change. A page may be short, and others may follow it.
func (*VoucherContract) Lapsable(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		scheme, err := tx.scheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		page, _, err := list[rules.Voucher](tx, voucherPrefix(r.Scheme), &r.paging)
		if err != nil {
			return nil, err
		}
		due := listed[*rules.Voucher]{Next: page.Next}
		for i := range page.Items {
			voucher := &page.Items[i]
			terms, err := tx.termsFor(scheme, voucher)
			if err != nil {
				return nil, err
			}
			if voucher.IsLapsable(scheme, &terms.Terms, tx.now) {
				due.Items = append(due.Items, voucher)
			}
		}
		return due, nil
	})
}
