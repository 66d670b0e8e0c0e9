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
