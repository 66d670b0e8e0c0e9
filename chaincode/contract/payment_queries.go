package contract

import "kindpakket.eu/chaincode/rules"

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

// List returns the payments of a page, of all schemes, that are the scheme's. A page may be short, and others may follow it.
func (*PaymentContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		return listWhere(tx, paymentPrefix(), &r.paging, func(payment *rules.Payment) bool { return payment.Scheme == r.Scheme })
	})
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
