package contract

import "kindpakket.eu/chaincode/rules"

type topUpRequest struct {
	header
	Scheme string        `json:"scheme"`
	TopUps []rules.TopUp `json:"top_ups"`
	drawing
	because
}

func (r *topUpRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("scheme", r.Scheme), rules.CheckTopUps(r.TopUps, maxBulk), r.checkDrawing(), r.checkReason())
}

func (r *topUpRequest) reads() []string {
	keys := []string{schemeKey(r.Scheme), budgetKey(r.Scheme), allocationKey(r.Scheme, r.Allocation)}
	for _, topUp := range r.TopUps {
		keys = append(keys, voucherKey(r.Scheme, topUp.Voucher), entitlementKey(topUp.Entitlement))
	}
	return keys
}

var topUpVouchers = operation{name: "voucher:TopUp", event: "VouchersToppedUp", roles: []role{issuer}}

// TopUp makes the top-ups of a part of an approved list, each for an entitlement of its own, all or none.
func (*VoucherContract) TopUp(ctx *Context, text string) (string, error) {
	return write(ctx, topUpVouchers, text, func(tx *transaction, r *topUpRequest) (any, error) {
		scheme, err := tx.openScheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		terms, err := tx.terms(r.Scheme, scheme.RulesVersion)
		if err != nil {
			return nil, err
		}
		allocation, err := tx.drawable(r.Scheme, &r.drawing, rules.AllocationToTopUp, r.TopUps)
		if err != nil {
			return nil, err
		}
		answer := &moved{Scheme: r.Scheme}
		for _, topUp := range r.TopUps {
			cents, err := tx.topUp(terms, topUp)
			if err != nil {
				return nil, err
			}
			answer.add(topUp.Voucher, cents)
		}
		tx.event = answer
		return answer, tx.draw(allocation, len(r.TopUps), answer.Cents, func(budget *rules.Budget) error { return budget.TopUp(answer.Cents) })
	})
}

func (tx *transaction) topUp(terms *storedTerms, topUp rules.TopUp) (rules.Cents, error) {
	if err := tx.checkEntitlement(topUp.Entitlement); err != nil {
		return 0, err
	}
	voucher, err := tx.voucher(terms.Scheme, topUp.Voucher)
	if err != nil {
		return 0, err
	}
	cents, err := terms.TopUp(voucher, topUp, tx.now)
	if err != nil {
		return 0, err
	}
	if err := tx.put(voucherKey(terms.Scheme, voucher.ID), voucher); err != nil {
		return 0, err
	}
	return cents, tx.put(entitlementKey(topUp.Entitlement), entitlement{Scheme: terms.Scheme, Voucher: voucher.ID})
}
