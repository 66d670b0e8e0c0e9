package contract

import (
	"slices"

	"kindpakket.eu/chaincode/rules"
)

type paymentQuery struct {
	Payment string `json:"payment"`
}

func (r *paymentQuery) check() error { return rules.CheckID("payment", r.Payment) }

// Show returns a payment; shops may ask only for their own.
func (*PaymentContract) Show(ctx *Context, text string) (string, error) {
	return query(ctx, everybody, text, func(tx *transaction, r *paymentQuery) (any, error) {
		payment, _, err := tx.ownPayment(r.Payment)
		return payment, err
	})
}

type refundQuery struct {
	Refund string `json:"refund"`
}

func (r *refundQuery) check() error { return rules.CheckID("refund", r.Refund) }

// ShowRefund returns a refund; shops may ask only for their own.
func (*PaymentContract) ShowRefund(ctx *Context, text string) (string, error) {
	return query(ctx, everybody, text, func(tx *transaction, r *refundQuery) (any, error) {
		refund, err := find[rules.Refund](tx, rules.PaymentNotFound, "refund", r.Refund, refundKey(r.Refund))
		if err != nil {
			return nil, err
		}
		_, err = tx.ownShop(refund.Shop)
		return refund, err
	})
}

// List returns a page of the payments of a scheme, holds included: holds first, then what is open, what is settled and what was undone,
// each by shop, day and id. Refunds share the keys of what is open and settled, so that a page may be short and still have a Next.
func (*PaymentContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		return tx.listPayments(&r.paging, placesOfPayments(r.Scheme), func(string) bool { return true })
	})
}

// placesOfPayments are the ranges of keys that payments are found by, of a scheme or of a shop under it.
func placesOfPayments(members ...string) (parts []part) {
	for _, kind := range []keyKind{heldKind, unsettledKind, soldKind, undoneKind} {
		parts = append(parts, part{kind.name, kind.prefix(members...)})
	}
	return parts
}

// paymentPlace is the value of any key that a payment or refund is found by: the cents of an item, its kind, and the settlement that holds it.
type paymentPlace struct {
	Settlement string         `json:"settlement,omitzero"`
	Cents      rules.Cents    `json:"cents,omitzero"`
	Kind       rules.ItemKind `json:"kind,omitzero"`
}

// isPayment reports whether a payment is at the place: an item of a payment is positive, and holds and what was undone have no cents.
func (p *paymentPlace) isPayment() bool { return p.Kind == "" && p.Cents >= 0 }

// listPayments returns those payments of a page of places that keep selects by their ids.
func (tx *transaction) listPayments(page *paging, parts []part, keep func(id string) bool) (*listed[rules.Payment], error) {
	var ids []string
	next, err := scanParts(tx, parts, page, func(_, key string, at *paymentPlace) {
		if id := lastMember(key); at.isPayment() && keep(id) {
			ids = append(ids, id)
		}
	})
	if err != nil {
		return nil, err
	}
	payments, err := tx.paymentsOf(ids)
	return &listed[rules.Payment]{Items: payments, Next: next}, err
}

// paymentsOf reads payments in one exchange.
func (tx *transaction) paymentsOf(ids []string) ([]rules.Payment, error) {
	if err := tx.prefetch(keysOf(ids, paymentKey)...); err != nil {
		return nil, err
	}
	var payments []rules.Payment
	for _, id := range ids {
		payment, err := find[rules.Payment](tx, rules.LedgerInconsistent, "payment", id, paymentKey(id))
		if err != nil {
			return nil, err
		}
		payments = append(payments, *payment)
	}
	return payments, nil
}

func keysOf[T any](things []T, key func(T) string) []string {
	keys := make([]string, 0, len(things))
	for _, thing := range things {
		keys = append(keys, key(thing))
	}
	return keys
}

type listOfShopRequest struct {
	Scheme string `json:"scheme"`
	Shop   string `json:"shop"`
	paging
}

func (r *listOfShopRequest) check() error {
	return rules.FirstError(rules.CheckID("scheme", r.Scheme), rules.CheckID("shop", r.Shop), r.paging.check())
}

// Unsettled returns what no live settlement of a shop holds, oldest first; shops may ask only for themselves.
func (*PaymentContract) Unsettled(ctx *Context, text string) (string, error) {
	return query(ctx, ofAShop, text, func(tx *transaction, r *listOfShopRequest) (any, error) {
		if _, err := tx.ownShop(r.Shop); err != nil {
			return nil, err
		}
		values, keys, err := list[unsettled](tx, unsettledPrefix(r.Scheme, r.Shop), &r.paging)
		if err != nil {
			return nil, err
		}
		page := listed[rules.Item]{Next: values.Next}
		for i, value := range values.Items {
			page.Items = append(page.Items, itemOf(keys[i], value))
		}
		return page, nil
	})
}

type holdsRequest struct {
	Scheme string `json:"scheme"`
	Shop   string `json:"shop,omitzero"`
	paging
}

func (r *holdsRequest) check() error {
	if err := rules.FirstError(rules.CheckID("scheme", r.Scheme), r.paging.check()); err != nil || r.Shop == "" {
		return err
	}
	return rules.CheckID("shop", r.Shop)
}

// Holds returns the payments that are held: of a shop, or under all of a scheme; shops may ask only for themselves. Those whose time is
// over stay until somebody releases them.
func (*PaymentContract) Holds(ctx *Context, text string) (string, error) {
	return query(ctx, ofAShop, text, func(tx *transaction, r *holdsRequest) (any, error) {
		prefix := heldKind.prefix(r.Scheme)
		if r.Shop != "" || tx.caller.isSeller() {
			if _, err := tx.ownShop(r.Shop); err != nil {
				return nil, err
			}
			prefix = heldKind.prefix(r.Scheme, r.Shop)
		}
		var ids []string
		next, err := scanPage(tx, prefix, &r.paging, func(key string, _ *finder) { ids = append(ids, lastMember(key)) })
		if err != nil {
			return nil, err
		}
		payments, err := tx.paymentsOf(ids)
		return listed[rules.Payment]{Items: payments, Next: next}, err
	})
}

// dayEntry is what a shop did on a day: a payment, whatever became of it, or a refund; or an item that is neither. Cents are those that
// count for the shop, 0 for holds and what was undone. Settlement is the one that holds it.
type dayEntry struct {
	ID         string         `json:"id"`
	Cents      rules.Cents    `json:"cents"`
	Kind       rules.ItemKind `json:"kind,omitzero"`
	Settlement string         `json:"settlement,omitzero"`
	Payment    *rules.Payment `json:"payment,omitzero"`
	Refund     *rules.Refund  `json:"refund,omitzero"`
}

type dayOfShopRequest struct {
	listOfShopRequest
	Day rules.Day `json:"day"`
}

func (r *dayOfShopRequest) check() error {
	return rules.FirstError(r.listOfShopRequest.check(), rules.CheckDay("day", r.Day))
}

// OfDay returns the payments, holds and refunds of a shop on a booking day; shops may ask only for themselves. A hold is on the day on
// which it was made, until it is captured.
func (*PaymentContract) OfDay(ctx *Context, text string) (string, error) {
	return query(ctx, ofAShop, text, func(tx *transaction, r *dayOfShopRequest) (any, error) {
		if _, err := tx.ownShop(r.Shop); err != nil {
			return nil, err
		}
		page := &listed[dayEntry]{}
		next, err := scanParts(tx, placesOfPayments(r.Scheme, r.Shop, string(r.Day)), &r.paging, func(_, key string, at *paymentPlace) {
			page.Items = append(page.Items, dayEntry{ID: lastMember(key), Cents: at.Cents, Kind: at.Kind, Settlement: at.Settlement})
		})
		page.Next = next
		if err != nil {
			return nil, err
		}
		return page, tx.fill(page.Items)
	})
}

// fill adds the payments and refunds to the entries of a day.
func (tx *transaction) fill(entries []dayEntry) error {
	kept := slices.DeleteFunc(slices.Clone(entries), func(e dayEntry) bool { return e.Kind != "" })
	keys := make([]string, 0, len(kept))
	for _, entry := range kept {
		keys = append(keys, entry.recordKey())
	}
	if err := tx.prefetch(keys...); err != nil {
		return err
	}
	for i := range entries {
		entry, err := &entries[i], error(nil)
		switch {
		case entry.Kind != "":
		case entry.Cents < 0:
			entry.Refund, err = find[rules.Refund](tx, rules.LedgerInconsistent, "refund", entry.ID, entry.recordKey())
		default:
			entry.Payment, err = find[rules.Payment](tx, rules.LedgerInconsistent, "payment", entry.ID, entry.recordKey())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// recordKey is the key of the payment or refund of an entry.
func (e *dayEntry) recordKey() string {
	if e.Cents < 0 {
		return refundKey(e.ID)
	}
	return paymentKey(e.ID)
}
