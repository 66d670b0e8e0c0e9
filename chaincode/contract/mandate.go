package contract

import "kindpakket.eu/chaincode/rules"

// mandateRequest names a shop and an acquirer, by the person of its certificate.
type mandateRequest struct {
	reasonedShopRequest
	Acquirer string `json:"acquirer"`
}

func (r *mandateRequest) check() error {
	return rules.FirstError(r.reasonedShopRequest.check(), rules.CheckPerson("acquirer", r.Acquirer))
}

func (r *mandateRequest) reads() []string { return []string{shopKey(r.Shop)} }

var giveMandate = operation{name: "shop:Mandate", event: "MandateGiven", roles: []role{shopkeeper}}

// Mandate lets an acquirer of the shop's organisation take payments for the shop.
func (*ShopContract) Mandate(ctx *Context, text string) (string, error) {
	return write(ctx, giveMandate, text, func(tx *transaction, r *mandateRequest) (any, error) {
		return tx.changeMandate(r, (*rules.Shop).Mandate)
	})
}

var withdrawMandate = operation{name: "shop:WithdrawMandate", event: "MandateWithdrawn", roles: []role{shopkeeper}}

// WithdrawMandate ends what an acquirer may do for the shop, at once.
func (*ShopContract) WithdrawMandate(ctx *Context, text string) (string, error) {
	return write(ctx, withdrawMandate, text, func(tx *transaction, r *mandateRequest) (any, error) {
		return tx.changeMandate(r, (*rules.Shop).WithdrawMandate)
	})
}

func (tx *transaction) changeMandate(r *mandateRequest, step func(shop *rules.Shop, acquirer string) error) (any, error) {
	shop, err := tx.ownShop(r.Shop)
	if err != nil {
		return nil, err
	}
	if err := step(shop, r.Acquirer); err != nil {
		return nil, err
	}
	tx.event = shopEvent{Shop: shop.ID, State: shop.State, Acquirer: r.Acquirer}
	return shop, tx.put(shopKey(shop.ID), shop)
}
