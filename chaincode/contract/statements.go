package contract

import "kindpakket.eu/chaincode/rules"

// voucherEntry is one change of a voucher: the terms of its balance that moved, by how many cents, and all terms afterwards.
type voucherEntry struct {
	entryHead
	State   rules.State            `json:"state"`
	Moved   map[string]rules.Cents `json:"moved"`
	Balance rules.Balance          `json:"balance"`
}

type voucherStatementRequest struct {
	voucherQuery
	paging
}

func (r *voucherStatementRequest) check() error {
	return rules.FirstError(r.voucherQuery.check(), r.paging.check())
}

// VoucherStatement returns the changes of a voucher with the money that they moved, newest first.
func (*AuditContract) VoucherStatement(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *voucherStatementRequest) (any, error) {
		if _, err := tx.voucher(r.Scheme, r.Voucher); err != nil {
			return nil, err
		}
		key := voucherKey(r.Scheme, r.Voucher)
		return statement(tx, key, &r.paging, func(head entryHead, value, before []byte) (voucherEntry, error) {
			now, then, err := bothOf[rules.Voucher](key, value, before)
			return voucherEntry{entryHead: head, State: now.State, Moved: now.Moved(&then.Balance), Balance: now.Balance}, err
		})
	})
}

// budgetEntry is one change of a budget: the terms that moved, by how many cents, and all terms afterwards.
type budgetEntry struct {
	entryHead
	Moved   map[string]rules.Cents `json:"moved"`
	Balance rules.Budget           `json:"balance"`
}

// SchemeStatement returns the changes of a scheme's budget with the money that they moved, newest first.
func (*AuditContract) SchemeStatement(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		if _, err := tx.scheme(r.Scheme); err != nil {
			return nil, err
		}
		key := budgetKey(r.Scheme)
		return statement(tx, key, &r.paging, func(head entryHead, value, before []byte) (budgetEntry, error) {
			now, then, err := bothOf[rules.Budget](key, value, before)
			return budgetEntry{entryHead: head, Moved: now.Moved(then), Balance: *now}, err
		})
	})
}

// bothOf decodes what a key held after and before a change; an absent value is the empty record.
func bothOf[T any](key string, value, before []byte) (now, then *T, err error) {
	now, then = new(T), new(T)
	for _, part := range []struct {
		data []byte
		into *T
	}{{value, now}, {before, then}} {
		if part.data == nil {
			continue
		}
		if err := decodeRecord(key, part.data, part.into); err != nil {
			return now, then, err
		}
	}
	return now, then, nil
}

// shopEntry is a settlement of a shop, with the number of its items, or one of its open items.
type shopEntry struct {
	Kind    string         `json:"kind"`
	ID      string         `json:"id"`
	State   rules.State    `json:"state,omitzero"`
	Through rules.Day      `json:"through,omitzero"`
	Day     rules.Day      `json:"day,omitzero"`
	Cents   rules.Cents    `json:"cents"`
	Items   int            `json:"items,omitzero"`
	Against string         `json:"against,omitzero"`
	Item    rules.ItemKind `json:"item,omitzero"`
}

// shopStatement is a page of a shop's settlements and open items, added up; the caller adds the pages.
type shopStatement struct {
	Entries []shopEntry    `json:"entries"`
	Sums    rules.ShopSums `json:"sums"`
	Next    string         `json:"next"`
}

// ShopStatement returns a shop's settlements and then what no live settlement holds; shops may ask only for themselves.
func (*AuditContract) ShopStatement(ctx *Context, text string) (string, error) {
	return query(ctx, ofAShop, text, func(tx *transaction, r *listOfShopRequest) (any, error) {
		if err := tx.caller.checkShop(r.Shop); err != nil {
			return nil, err
		}
		if _, err := tx.scheme(r.Scheme); err != nil {
			return nil, err
		}
		if _, err := tx.ownShop(r.Shop); err != nil {
			return nil, err
		}
		answer := &shopStatement{}
		var ids []string
		next, err := scanParts(tx, partsOfStatement(r), &r.paging, func(part, key string, at *paymentPlace) {
			if part == settlementPart {
				ids = append(ids, lastMember(key))
				return
			}
			_, day, id := readShopKey(key)
			answer.Sums.Unsettled += at.Cents
			answer.Entries = append(answer.Entries, shopEntry{Kind: openPart, ID: id, Day: day, Cents: at.Cents, Item: at.Kind})
		})
		if err != nil {
			return nil, err
		}
		settlements, err := tx.settlements(r.Scheme, ids)
		if err != nil {
			return nil, err
		}
		entries := make([]shopEntry, 0, len(ids))
		for _, settlement := range settlements {
			answer.Sums.Add(&settlement)
			entries = append(entries, shopEntry{
				Kind: settlementPart, ID: settlement.ID, State: settlement.State, Through: settlement.Through, Cents: settlement.Cents,
				Items: int(settlement.ItemCount), Against: settlement.Against,
			})
		}
		answer.Entries, answer.Next = append(entries, answer.Entries...), next
		return answer, nil
	})
}

// partsOfStatement are the settlements of a shop, by the last day that each covers, and then its open items.
func partsOfStatement(r *listOfShopRequest) []part {
	return []part{{settlementPart, shopSettlementKind.prefix(r.Scheme, r.Shop)}, {openPart, unsettledPrefix(r.Scheme, r.Shop)}}
}
