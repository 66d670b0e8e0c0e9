package contract

import "kindpakket.eu/chaincode/rules"

type allowanceRequest struct {
	voucherQuery
	Shop string `json:"shop"`
}

func (r *allowanceRequest) check() error {
	return rules.FirstError(r.voucherQuery.check(), rules.CheckID("shop", r.Shop))
}

// allowance is what a till shows before a payment. Categories holds what each could take now at this shop, in cents: nothing
// while the voucher, the shop or the scheme does not allow payments.
type allowance struct {
	AvailableCents       rules.Cents            `json:"available_cents"`
	Categories           map[string]rules.Cents `json:"categories"`
	State                rules.State            `json:"state"`
	PaymentCapCents      rules.Cents            `json:"payment_cap_cents"`
	PaymentMinCents      rules.Cents            `json:"payment_min_cents"`
	PaperCapCents        rules.Cents            `json:"paper_cap_cents"`
	EndsAt               rules.Number           `json:"ends_at"`
	AuthorisationVersion rules.Number           `json:"authorisation_version"`
	LastPage             rules.Number           `json:"last_page"`
	HoldDays             rules.Number           `json:"hold_days"`
	Product              string                 `json:"product,omitzero"`
}

// Allowance returns what a voucher may still buy at a shop; shops may ask only for their own.
func (*VoucherContract) Allowance(ctx *Context, text string) (string, error) {
	return query(ctx, everybody, text, func(tx *transaction, r *allowanceRequest) (any, error) {
		shop, err := tx.ownShop(r.Shop)
		if err != nil {
			return nil, err
		}
		scheme, err := tx.scheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		voucher, err := tx.voucher(r.Scheme, r.Voucher)
		if err != nil {
			return nil, err
		}
		if _, err := tx.sweep(voucher); err != nil {
			return nil, err
		}
		purchase, err := tx.purchase(scheme, voucher, shop)
		if err != nil {
			return nil, err
		}
		answer := allowanceOf(purchase)
		bound := voucher.Authorisation
		if purchase.Check(scheme) != nil || bound == nil || purchase.Terms.CheckProofKind(bound.Kind) != nil {
			for category := range answer.Categories {
				answer.Categories[category] = 0
			}
		}
		return answer, nil
	})
}

func allowanceOf(purchase *rules.Purchase) *allowance {
	voucher, terms := purchase.Voucher, purchase.Terms
	least, most := terms.Limits(voucher)
	answer := &allowance{
		AvailableCents: voucher.Spendable(terms, purchase.Now), Categories: purchase.Payable(), State: voucher.State, EndsAt: voucher.EndsAt,
		PaymentCapCents: most, PaymentMinCents: least, PaperCapCents: purchase.PaperLeft(), Product: voucher.Product,
	}
	if terms.HoldDays != nil {
		answer.HoldDays = *terms.HoldDays
	}
	if bound := voucher.Authorisation; bound != nil {
		answer.AuthorisationVersion = bound.Version
		if bound.LastPage != nil {
			answer.LastPage = *bound.LastPage
		}
	}
	return answer
}
