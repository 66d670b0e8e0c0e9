package contract

import "kindpakket.eu/chaincode/rules"

// shopVoucherQuery asks about a voucher at a shop.
type shopVoucherQuery struct {
	voucherQuery
	Shop string `json:"shop"`
}

func (r *shopVoucherQuery) check() error {
	return rules.FirstError(r.voucherQuery.check(), rules.CheckID("shop", r.Shop))
}

// shownBinding is what a till has to know of a voucher before its holder can sign anything. It changes only with a replacement, so that a
// shop cannot follow a voucher by it.
type shownBinding struct {
	Kind    rules.ProofKind `json:"kind,omitzero"`
	Version rules.Number    `json:"version"`
}

// Binding returns the kind and version of a voucher's authorisation; shops may ask only for themselves.
func (*VoucherContract) Binding(ctx *Context, text string) (string, error) {
	return query(ctx, everybody, text, func(tx *transaction, r *shopVoucherQuery) (any, error) {
		if _, err := tx.ownShop(r.Shop); err != nil {
			return nil, err
		}
		voucher, err := tx.voucher(r.Scheme, r.Voucher)
		if err != nil {
			return nil, err
		}
		answer := &shownBinding{}
		if bound := voucher.Authorisation; bound != nil {
			answer.Kind, answer.Version = bound.Kind, bound.Version
		}
		return answer, nil
	})
}

// allowanceRequest has the holder's proof if a shop asks.
type allowanceRequest struct {
	shopVoucherQuery
	Deadline rules.Number `json:"deadline,omitzero"`
	Proof    *rules.Proof `json:"proof,omitzero"`
}

func (r *allowanceRequest) check() error {
	if err := r.shopVoucherQuery.check(); err != nil || r.Proof == nil {
		return err
	}
	return rules.FirstError(rules.CheckInstant("deadline", r.Deadline), r.Proof.CheckForm())
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

// Allowance returns what a voucher may still buy at a shop. A shop asks only for itself and with the holder's proof: what a child's
// voucher holds is nothing that every till which once saw it may follow.
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
		if tx.caller.isSeller() {
			if err := tx.verifyAllowance(r, voucher); err != nil {
				return nil, err
			}
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

// verifyAllowance refuses a shop that the holder does not show the voucher to. By a booklet, the page is one that can still pay: it is
// not used up, and the payment that follows may use it.
func (tx *transaction) verifyAllowance(r *allowanceRequest, voucher *rules.Voucher) error {
	if r.Proof == nil {
		return rules.Refuse(rules.HolderProofMissing, rules.Details{"voucher": r.Voucher}, "")
	}
	if voucher.Authorisation == nil {
		return rules.Refuse(rules.VoucherNotActive, rules.Details{"voucher": voucher.ID, "state": voucher.State},
			"voucher %s has not been activated, so nobody can show it yet: activate it first", voucher.ID)
	}
	shown := *voucher.Authorisation
	message := tx.domain().AllowanceMessage(r.Scheme, r.Voucher, shown.Version, r.Shop, r.Deadline)
	if err := shown.VerifyPayment(r.Proof, message); err != nil {
		return err
	}
	return rules.CheckDeadline(r.Deadline, tx.now)
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
