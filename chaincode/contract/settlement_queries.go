package contract

import (
	"slices"
	"strings"

	"kindpakket.eu/chaincode/rules"
)

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
		settlement, shop, err := tx.ownSettlement(r)
		if err != nil {
			return nil, err
		}
		return shownSettlement{Settlement: &settlement.Settlement, Frozen: shop.HasFrozenPayout()}, nil
	})
}

// ownSettlement finds a settlement and its shop, and refuses tills of other shops.
func (tx *transaction) ownSettlement(r *settlementQuery) (*storedSettlement, *rules.Shop, error) {
	settlement, err := tx.settlement(r.Scheme, r.Settlement)
	if err != nil {
		return nil, nil, err
	}
	shop, err := tx.ownShop(settlement.Shop)
	return settlement, shop, err
}

// List returns the settlements of a scheme, without their items.
func (*SettlementContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		page := &listed[rules.Settlement]{}
		next, err := scanPage(tx, settlementPrefix(r.Scheme), &r.paging, func(_ string, stored *storedSettlement) {
			stored.count()
			page.Items = append(page.Items, stored.Settlement)
		})
		page.Next = next
		return page, err
	})
}

// Live returns the settlements and receivables of a scheme that somebody still has to do something about, by shop.
func (*SettlementContract) Live(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		page := &listed[rules.Settlement]{}
		var ids []string
		next, err := scanPage(tx, liveKind.prefix(r.Scheme), &r.paging, func(key string, _ *finder) { ids = append(ids, lastMember(key)) })
		if err != nil {
			return nil, err
		}
		page.Next = next
		page.Items, err = tx.settlements(r.Scheme, ids)
		return page, err
	})
}

type receivablesRequest struct {
	Scheme string `json:"scheme,omitzero"`
	paging
}

func (r *receivablesRequest) check() error {
	if err := r.paging.check(); err != nil || r.Scheme == "" {
		return err
	}
	return rules.CheckID("scheme", r.Scheme)
}

// Receivables returns what shops owe, of all schemes or of one, by scheme and shop.
func (*SettlementContract) Receivables(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *receivablesRequest) (any, error) {
		prefix := receivableKind.prefix()
		if r.Scheme != "" {
			prefix = receivableKind.prefix(r.Scheme)
		}
		var keys []string
		next, err := scanPage(tx, prefix, &r.paging, func(key string, _ *finder) { keys = append(keys, key) })
		if err != nil {
			return nil, err
		}
		records := keysOf(keys, func(key string) string { return settlementKey(readSettlementKey(key)) })
		if err := tx.prefetch(records...); err != nil {
			return nil, err
		}
		page := listed[rules.Settlement]{Items: []rules.Settlement{}, Next: next}
		for _, key := range keys {
			stored, err := tx.settlement(readSettlementKey(key))
			if err != nil {
				return nil, err
			}
			page.Items = append(page.Items, stored.Settlement)
		}
		return page, nil
	})
}

// settlements reads settlements in one exchange.
func (tx *transaction) settlements(scheme string, ids []string) ([]rules.Settlement, error) {
	if err := tx.prefetch(keysOf(ids, func(id string) string { return settlementKey(scheme, id) })...); err != nil {
		return nil, err
	}
	var settlements []rules.Settlement
	for _, id := range ids {
		stored, err := tx.settlement(scheme, id)
		if err != nil {
			return nil, err
		}
		settlements = append(settlements, stored.Settlement)
	}
	return settlements, nil
}

type itemsRequest struct {
	settlementQuery
	paging
}

func (r *itemsRequest) check() error {
	return rules.FirstError(r.settlementQuery.check(), r.paging.check())
}

// Items returns the items that a settlement holds, oldest first; shops may ask only for their own. Between them may be items of others, so
// that a page may be short and still have a Next. What gave its items back holds none.
func (*SettlementContract) Items(ctx *Context, text string) (string, error) {
	return query(ctx, ofAShop, text, func(tx *transaction, r *itemsRequest) (any, error) {
		settlement, _, err := tx.ownSettlement(&r.settlementQuery)
		if err != nil {
			return nil, err
		}
		switch {
		case !settlement.HoldsItems():
			return listed[rules.Item]{}, nil
		case settlement.Items != nil:
			return settlement.pageOfRecord(&r.paging), nil
		}
		return tx.pageOfItems(settlement, &r.paging)
	})
}

func (tx *transaction) pageOfItems(s *storedSettlement, page *paging) (*listed[rules.Item], error) {
	answer, prefix := &listed[rules.Item]{}, soldKind.prefix(s.Scheme, s.Shop)
	start, end := s.span()
	start = max(start, keyAt(prefix, page.Cursor))
	next, err := scanBetween(tx, start, end, page.limit(), func(key string, value *sold) {
		if value.Settlement == s.ID {
			answer.Items = append(answer.Items, value.item(key))
		}
	})
	answer.Next = cursorOf(prefix, next)
	return answer, err
}

// pageOfRecord returns a page of the items that a record of layout 2 holds itself.
func (s *storedSettlement) pageOfRecord(page *paging) *listed[rules.Item] {
	at := func(item rules.Item) string { return string(item.Day) + keySeparator + item.ID }
	start, _ := slices.BinarySearchFunc(s.Items, page.Cursor, func(item rules.Item, cursor string) int { return strings.Compare(at(item), cursor) })
	end := min(start+page.limit(), len(s.Items))
	answer := &listed[rules.Item]{Items: s.Items[start:end]}
	if end < len(s.Items) {
		answer.Next = at(s.Items[end])
	}
	return answer
}
