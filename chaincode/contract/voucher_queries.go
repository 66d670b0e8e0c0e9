package contract

import "kindpakket.eu/chaincode/rules"

type showVoucherRequest struct {
	Scheme  string `json:"scheme"`
	Voucher string `json:"voucher"`
}

func (r *showVoucherRequest) check() error {
	return rules.FirstError(rules.CheckID("scheme", r.Scheme), rules.CheckID("voucher", r.Voucher))
}

// Show gives a voucher.
func (*VoucherContract) Show(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *showVoucherRequest) (any, error) {
		return tx.voucher(r.Scheme, r.Voucher)
	})
}

// listOfSchemeRequest asks for a page of what belongs to a scheme.
type listOfSchemeRequest struct {
	Scheme string `json:"scheme"`
	paging
}

func (r *listOfSchemeRequest) check() error {
	return rules.FirstError(rules.CheckID("scheme", r.Scheme), r.paging.check())
}

// List gives the vouchers of a scheme.
func (*VoucherContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		vouchers, _, err := list[rules.Voucher](tx, voucherPrefix(r.Scheme), &r.paging)
		return vouchers, err
	})
}

type allowanceRequest struct {
	showVoucherRequest
	Shop string `json:"shop"`
}

func (r *allowanceRequest) check() error {
	return rules.FirstError(r.showVoucherRequest.check(), rules.CheckID("shop", r.Shop))
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
}

// Allowance gives what a voucher may still buy at a shop; to shops for their own.
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
		purchase, err := tx.purchase(scheme, voucher, shop)
		if err != nil {
			return nil, err
		}
		answer := &allowance{
			AvailableCents: voucher.Available, Categories: purchase.Payable(), State: voucher.State, EndsAt: voucher.EndsAt,
			PaymentCapCents: purchase.Terms.PaymentCap, PaymentMinCents: purchase.Terms.PaymentMin, PaperCapCents: purchase.Terms.PaperCap,
		}
		if purchase.Check(scheme, tx.now) != nil {
			for category := range answer.Categories {
				answer.Categories[category] = 0
			}
		}
		answer.addAuthorisation(voucher.Authorisation)
		return answer, nil
	})
}

func (a *allowance) addAuthorisation(bound *rules.BoundAuthorisation) {
	if bound == nil {
		return
	}
	a.AuthorisationVersion = bound.Version
	if bound.LastPage != nil {
		a.LastPage = *bound.LastPage
	}
}
