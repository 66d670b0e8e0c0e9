package contract

import "kindpakket.eu/chaincode/rules"

// accountReaders are who sees the private accounts of shops.
var accountReaders = []role{approver, treasurer}

type shopQuery struct {
	Shop string `json:"shop"`
}

func (r *shopQuery) check() error { return rules.CheckID("shop", r.Shop) }

// Show returns a shop; shops may ask only for themselves.
func (*ShopContract) Show(ctx *Context, text string) (string, error) {
	return query(ctx, everybody, text, func(tx *transaction, r *shopQuery) (any, error) {
		return tx.ownShop(r.Shop)
	})
}

type shopTermsQuery struct {
	shopQuery
	Scheme string `json:"scheme"`
}

func (r *shopTermsQuery) check() error {
	return rules.FirstError(r.shopQuery.check(), rules.CheckID("scheme", r.Scheme))
}

// shopTerms is what a scheme means for a shop now: its newest rules, the categories that the shop may sell in, none while the scheme or
// the shop does not allow payments, the last closed day, the day that a payment would be booked on, and what a person of the shop refunds
// alone.
type shopTerms struct {
	Scheme      string       `json:"scheme"`
	State       rules.State  `json:"state"`
	Rules       *storedTerms `json:"rules"`
	Categories  []string     `json:"categories"`
	ClosedUntil rules.Day    `json:"closed_until"`
	BookingDay  rules.Day    `json:"booking_day"`
	RefundAlone *rules.Cents `json:"refund_alone_cents,omitzero"`
}

// Terms returns what a scheme means for a shop; shops may ask only for themselves.
func (*ShopContract) Terms(ctx *Context, text string) (string, error) {
	return query(ctx, everybody, text, func(tx *transaction, r *shopTermsQuery) (any, error) {
		shop, err := tx.ownShop(r.Shop)
		if err != nil {
			return nil, err
		}
		scheme, err := tx.scheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		terms, err := tx.terms(r.Scheme, scheme.RulesVersion)
		if err != nil {
			return nil, err
		}
		closedUntil, err := tx.closedUntil(r.Scheme)
		if err != nil {
			return nil, err
		}
		answer := shopTerms{
			Scheme: r.Scheme, State: scheme.State, Rules: terms, Categories: []string{},
			ClosedUntil: closedUntil, BookingDay: rules.BookingDay(tx.now, closedUntil), RefundAlone: shop.RefundAlone,
		}
		if scheme.CheckOpen() == nil && shop.CheckApproved() == nil {
			answer.Categories = terms.SoldBy(shop, rules.DayOf(tx.now))
		}
		return answer, nil
	})
}

// List returns the shops of the channel.
func (*ShopContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *paging) (any, error) {
		shops, _, err := list[rules.Shop](tx, shopPrefix(), r)
		return shops, err
	})
}

// Account returns the account that a shop is paid on, or asks to be paid on, to those who pay and those who decide, from a peer that holds
// the private collection.
func (*ShopContract) Account(ctx *Context, text string) (string, error) {
	return query(ctx, accountReaders, text, func(tx *transaction, r *shopQuery) (any, error) {
		shop, err := tx.shop(r.Shop)
		if err != nil {
			return nil, err
		}
		return tx.keptAccount(shop, shop.Account())
	})
}

// ProposedAccount returns the account that awaits a decision, to those who decide, from a peer that holds the collection.
func (*ShopContract) ProposedAccount(ctx *Context, text string) (string, error) {
	return query(ctx, accountReaders, text, func(tx *transaction, r *shopQuery) (any, error) {
		shop, err := tx.shop(r.Shop)
		if err != nil {
			return nil, err
		}
		if shop.AccountChange == nil {
			return nil, rules.Refuse(rules.ChangeNotFound, rules.Details{"shop": shop.ID}, "shop %s has no account awaiting a decision", shop.ID)
		}
		return tx.keptAccount(shop, shop.AccountChange.ID)
	})
}
