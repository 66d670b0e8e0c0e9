package contract

import "kindpakket.eu/chaincode/rules"

// maxLooked is how many open items one page of the list of what is due looks at, the last shop's not counted.
const maxLooked = 20_000

// dueSettlement is the answer to whether a settlement is due: of what drafting would take now. A frozen payout can be drafted, but not
// exported.
type dueSettlement struct {
	Due         bool         `json:"due"`
	Why         rules.WhyDue `json:"why"`
	Cents       rules.Cents  `json:"cents"`
	Items       int          `json:"items"`
	OldestDay   rules.Day    `json:"oldest_day"`
	ClosedUntil rules.Day    `json:"closed_until"`
	Frozen      bool         `json:"payout_frozen,omitzero"`
}

type dueSettlementQuery struct {
	Scheme string `json:"scheme"`
	Shop   string `json:"shop"`
}

func (r *dueSettlementQuery) check() error {
	return rules.FirstError(rules.CheckID("scheme", r.Scheme), rules.CheckID("shop", r.Shop))
}

// Due reports whether a settlement of a shop is due, and why; shops may ask only for themselves.
func (*SettlementContract) Due(ctx *Context, text string) (string, error) {
	return query(ctx, ofAShop, text, func(tx *transaction, r *dueSettlementQuery) (any, error) {
		owed, err := tx.owed(r.Scheme, r.Shop)
		if err != nil {
			return nil, err
		}
		if err := tx.takeUsual(owed); err != nil {
			return nil, err
		}
		return owed.due(), nil
	})
}

// due says whether what was taken is due.
func (o *owed) due() dueSettlement {
	why := o.terms.Due(o.taken, o.closedUntil, o.scheme, o.shop)
	return dueSettlement{
		Due: why != "", Why: why, Cents: o.taken.Cents, Items: len(o.taken.Items), OldestDay: o.taken.Oldest(), ClosedUntil: o.closedUntil,
		Frozen: o.shop.HasFrozenPayout(),
	}
}

// dueShop is a shop with open items of closed days, and whether they are due.
type dueShop struct {
	Shop string `json:"shop"`
	dueSettlement
}

// DueList reports of all shops with open items of closed days under a scheme whether a settlement is due, and why. It goes from shop to
// shop, so that those without open items cost nothing.
func (*SettlementContract) DueList(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		owed, err := tx.owedUnder(r.Scheme)
		if err != nil {
			return nil, err
		}
		page, prefix, looked := &listed[dueShop]{}, unsettledKind.prefix(r.Scheme), 0
		next, err := tx.firstFrom(keyAt(prefix, r.Cursor), endOf(prefix))
		for ; err == nil && next != ""; next, err = tx.firstFrom(endOf(unsettledPrefix(r.Scheme, owed.shop.ID)), endOf(prefix)) {
			shop, _, _ := readShopKey(next)
			if len(page.Items) == r.limit() || looked >= maxLooked {
				page.Next = shop
				return page, nil
			}
			if owed.shop, err = tx.shop(shop); err != nil {
				return nil, err
			}
			if err := tx.takeUsual(owed); err != nil {
				return nil, err
			}
			if looked += owed.taken.Seen; owed.taken.Seen > 0 {
				page.Items = append(page.Items, dueShop{Shop: shop, dueSettlement: owed.due()})
			}
		}
		return page, err
	})
}

// firstFrom returns the first key of a range, "" when there is none.
func (tx *transaction) firstFrom(start, end string) (string, error) {
	first := ""
	err := scanRange(tx, start, end, func(key string, _ *finder) (bool, error) {
		first = key
		return false, nil
	})
	return first, err
}
