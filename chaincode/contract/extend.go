package contract

import "kindpakket.eu/chaincode/rules"

type extendRequest struct {
	vouchersRequest
	EndsOn rules.Day `json:"ends_on"`
}

func (r *extendRequest) check() error {
	return rules.FirstError(r.vouchersRequest.check(), rules.CheckDay("ends_on", r.EndsOn))
}

// extended is the answer to extending, and its event.
type extended struct {
	Scheme   string       `json:"scheme"`
	Vouchers []string     `json:"vouchers"`
	EndsAt   rules.Number `json:"ends_at"`
}

var extendVouchers = operation{name: "voucher:Extend", event: "VouchersExtended", roles: []role{approver}}

// Extend lets vouchers be spent until the end of a later day, all or none.
func (*VoucherContract) Extend(ctx *Context, text string) (string, error) {
	return write(ctx, extendVouchers, text, func(tx *transaction, r *extendRequest) (any, error) {
		scheme, err := tx.scheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		if err := scheme.CheckNotClosed(); err != nil {
			return nil, err
		}
		for _, id := range r.Vouchers {
			if err := tx.extend(scheme, id, r.EndsOn); err != nil {
				return nil, err
			}
		}
		answer := extended{Scheme: r.Scheme, Vouchers: r.Vouchers, EndsAt: r.EndsOn.Next().Start()}
		tx.event = answer
		return answer, nil
	})
}

func (tx *transaction) extend(scheme *rules.Scheme, id string, endsOn rules.Day) error {
	voucher, err := tx.voucher(scheme.ID, id)
	if err != nil {
		return err
	}
	terms, err := tx.termsFor(scheme, voucher)
	if err != nil {
		return err
	}
	if err := voucher.Extend(&terms.Terms, endsOn, tx.now); err != nil {
		return err
	}
	return tx.put(voucherKey(scheme.ID, id), voucher)
}
