package contract

import "kindpakket.eu/chaincode/rules"

// This file brings a ledger of layout 2 under the keys that find things by their scheme, shop and day. Nothing moves but where things are
// found, and doing it again changes nothing.

var indexSettlement = operation{name: "settlement:Index", event: "SettlementIndexed", roles: []role{issuer, treasurer}}

// Index moves the items of a settlement out of its record, and writes the keys that find it.
func (*SettlementContract) Index(ctx *Context, text string) (string, error) {
	return write(ctx, indexSettlement, text, func(tx *transaction, r *settlementRequest) (any, error) {
		stored, err := tx.settlement(r.Scheme, r.Settlement)
		if err != nil {
			return nil, err
		}
		if items := stored.Items; items != nil {
			first, last := items[0], items[len(items)-1]
			stored.Items, stored.First, stored.Last = nil, &rules.Place{Day: first.Day, ID: first.ID}, &rules.Place{Day: last.Day, ID: last.ID}
			if stored.HoldsItems() {
				if err := tx.holdItems(&stored.Settlement, items); err != nil {
					return nil, err
				}
			}
		}
		if err := tx.putFinders(&stored.Settlement); err != nil {
			return nil, err
		}
		return &stored.Settlement, tx.putSettlement(stored)
	})
}

type paymentsRequest struct {
	header
	Payments []string `json:"payments"`
}

func (r *paymentsRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckIDs("payments", r.Payments, maxBulk))
}

func (r *paymentsRequest) reads() []string { return keysOf(r.Payments, paymentKey) }

// indexed is the answer to finding payments anew, and its event.
type indexed struct {
	Payments []string `json:"payments"`
}

var indexPayments = operation{name: "payment:Index", event: "PaymentsIndexed", roles: []role{issuer, treasurer}}

// Index writes the keys that find holds, and payments that were cancelled or released. Those of all others are written by what they are.
func (*PaymentContract) Index(ctx *Context, text string) (string, error) {
	return write(ctx, indexPayments, text, func(tx *transaction, r *paymentsRequest) (any, error) {
		for _, id := range r.Payments {
			payment, err := find[rules.Payment](tx, rules.PaymentNotFound, "payment", id, paymentKey(id))
			if err != nil {
				return nil, err
			}
			if key := finderOf(payment); key != "" {
				if err := tx.put(key, finder{}); err != nil {
					return nil, err
				}
			}
		}
		tx.event = indexed{r.Payments}
		return tx.event, nil
	})
}

// finderOf is the key that finds a payment which is no item; "" for an item.
func finderOf(payment *rules.Payment) string {
	switch payment.State {
	case rules.PaymentHeld:
		return heldKey(payment)
	case rules.PaymentReleased:
		return undoneKey(payment, payment.HeldDay)
	case rules.PaymentCancelled:
		return undoneKey(payment, payment.Day)
	}
	return ""
}

// Unindexed returns the payments of a page, of all schemes, that payment:Index has to find anew.
func (*PaymentContract) Unindexed(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *paging) (any, error) {
		page := &listed[string]{}
		var finders []string
		next, err := scanPage(tx, paymentPrefix(), r, func(_ string, payment *rules.Payment) {
			if key := finderOf(payment); key != "" {
				finders = append(finders, key)
			}
		})
		if err != nil {
			return nil, err
		}
		if err := tx.prefetch(finders...); err != nil {
			return nil, err
		}
		for _, key := range finders {
			if len(tx.reads[key]) == 0 {
				page.Items = append(page.Items, lastMember(key))
			}
		}
		page.Next = next
		return page, nil
	})
}
