package contract

import "kindpakket.eu/chaincode/rules"

type settlementQuery struct {
	Scheme     string `json:"scheme"`
	Settlement string `json:"settlement"`
}

func (r *settlementQuery) check() error {
	return rules.FirstError(rules.CheckID("scheme", r.Scheme), rules.CheckID("settlement", r.Settlement))
}

// shownSettlement is a settlement, and whether its shop's payout is frozen now.
type shownSettlement struct {
	*rules.Settlement
	Frozen bool `json:"payout_frozen,omitzero"`
}

// Show returns a settlement; shops may ask only for their own.
func (*SettlementContract) Show(ctx *Context, text string) (string, error) {
	return query(ctx, ofAShop, text, func(tx *transaction, r *settlementQuery) (any, error) {
		settlement, err := tx.settlement(r.Scheme, r.Settlement)
		if err != nil {
			return nil, err
		}
		shop, err := tx.ownShop(settlement.Shop)
		if err != nil {
			return nil, err
		}
		return shownSettlement{Settlement: settlement, Frozen: shop.HasFrozenPayout()}, nil
	})
}

// List returns the settlements of a scheme.
func (*SettlementContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		settlements, _, err := list[rules.Settlement](tx, settlementPrefix(r.Scheme), &r.paging)
		return settlements, err
	})
}

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
		owed, err := tx.owed(r.Scheme, r.Shop, (*rules.Taken).IsEnough)
		if err != nil {
			return nil, err
		}
		why := owed.terms.Due(owed.taken, owed.closedUntil, owed.scheme, owed.shop)
		return dueSettlement{
			Due: why != "", Why: why, Cents: owed.taken.Cents, Items: len(owed.taken.Items),
			OldestDay: owed.taken.Oldest(), ClosedUntil: owed.closedUntil, Frozen: owed.shop.HasFrozenPayout(),
		}, nil
	})
}
