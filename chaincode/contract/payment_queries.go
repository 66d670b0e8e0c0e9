package contract

import (
	"strings"

	"kindpakket.eu/chaincode/rules"
)

type showPaymentRequest struct {
	Payment string `json:"payment"`
}

func (r *showPaymentRequest) check() error { return rules.CheckID("payment", r.Payment) }

// Show gives a payment; to shops their own.
func (*PaymentContract) Show(ctx *Context, text string) (string, error) {
	return query(ctx, everybody, text, func(tx *transaction, r *showPaymentRequest) (any, error) {
		return tx.ownPayment(r.Payment)
	})
}

// List gives the payments of a page, of all schemes, that are the scheme's. A page may be short, and others may follow it.
func (*PaymentContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		return listWhere(tx, paymentPrefix, &r.paging, func(payment *rules.Payment) bool { return payment.Scheme == r.Scheme })
	})
}

type unsettledRequest struct {
	Scheme string `json:"scheme"`
	Shop   string `json:"shop"`
	paging
}

func (r *unsettledRequest) check() error {
	return rules.FirstError(rules.CheckID("scheme", r.Scheme), rules.CheckID("shop", r.Shop), r.paging.check())
}

// Unsettled gives what no live settlement of a shop holds, oldest first; to shops for their own.
func (*PaymentContract) Unsettled(ctx *Context, text string) (string, error) {
	return query(ctx, everybody, text, func(tx *transaction, r *unsettledRequest) (any, error) {
		if _, err := tx.ownShop(r.Shop); err != nil {
			return nil, err
		}
		found, keys, err := list[unsettled](tx, unsettledPrefix(r.Scheme, r.Shop), &r.paging)
		if err != nil {
			return nil, err
		}
		page := listed[rules.Item]{Next: found.Next}
		for i, item := range found.Items {
			page.Items = append(page.Items, itemOf(keys[i], item))
		}
		return page, nil
	})
}

// itemOf reads an item from the end of its key, day and id, and its value.
func itemOf(name string, value unsettled) rules.Item {
	day, id, _ := strings.Cut(name, "/")
	return rules.Item{ID: id, Day: rules.Day(day), Cents: value.Cents}
}
