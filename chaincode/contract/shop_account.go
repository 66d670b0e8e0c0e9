package contract

import "kindpakket.eu/chaincode/rules"

type changeAccountRequest struct {
	turnShopRequest
}

func (r *changeAccountRequest) reads() []string { return []string{shopKey(r.Shop)} }

var changeAccount = operation{
	name: "shop:ChangeAccount", event: "AccountProposed", roles: []role{shopkeeper}, private: applyShop.private,
}

// ChangeAccount asks to be paid on another account, which travels as in Apply. A proposal that still waits is replaced, and its
// private record purged, since nothing will name it any more.
func (*ShopContract) ChangeAccount(ctx *Context, text string) (string, error) {
	r := new(changeAccountRequest)
	tx, err := prepare(ctx, changeAccount, text, r)
	if err != nil {
		return "", err
	}
	if err := tx.authorise(changeAccount); err != nil {
		return "", err
	}
	if err := tx.caller.checkShop(r.Shop); err != nil {
		return "", err
	}
	account, hash, err := tx.givenAccount()
	if err != nil {
		return "", err
	}
	return tx.once(changeAccount, text, r, hash, func() (any, error) {
		return tx.proposeAccount(r.Shop, rules.AccountChange{ID: r.RequestID, ProposedBy: tx.caller.person, SHA256: hash}, account)
	})
}

func (tx *transaction) proposeAccount(id string, change rules.AccountChange, account *rules.ShopAccount) (any, error) {
	shop, err := tx.ownShop(id)
	if err != nil {
		return nil, err
	}
	replaced, err := shop.ProposeAccount(change)
	if err != nil {
		return nil, err
	}
	accounts, err := tx.accountsOf(shop)
	if err != nil {
		return nil, err
	}
	if replaced != "" {
		tx.purge(accounts, accountKey(shop.ID, replaced))
	}
	if err := tx.putPrivate(accounts, accountKey(shop.ID, change.ID), account); err != nil {
		return nil, err
	}
	return shop, tx.putAccountChange(shop, change.ID)
}

// putAccountChange writes a shop and tells of a change of its account.
func (tx *transaction) putAccountChange(shop *rules.Shop, change string) error {
	tx.event = shopEvent{Shop: shop.ID, State: shop.State, Change: change}
	return tx.put(shopKey(shop.ID), shop)
}

type approveAccountRequest struct {
	header
	Shop   string `json:"shop"`
	Change string `json:"change"`
}

func (r *approveAccountRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("shop", r.Shop), rules.CheckID("change", r.Change))
}

func (r *approveAccountRequest) reads() []string { return []string{shopKey(r.Shop)} }

var approveAccount = operation{name: "shop:ApproveAccount", event: "AccountApproved", roles: []role{approver}}

// ApproveAccount lets a shop be paid on the account that it proposed. It reads the hash of the private record only, so that any
// organisation can endorse it.
func (*ShopContract) ApproveAccount(ctx *Context, text string) (string, error) {
	return write(ctx, approveAccount, text, func(tx *transaction, r *approveAccountRequest) (any, error) {
		shop, err := tx.shop(r.Shop)
		if err != nil {
			return nil, err
		}
		accounts, err := tx.accountsOf(shop)
		if err != nil {
			return nil, err
		}
		hash, err := tx.privateHash(accounts, accountKey(r.Shop, r.Change))
		if err != nil {
			return nil, err
		}
		if err := shop.ApproveAccount(r.Change, tx.caller.person, hash); err != nil {
			return nil, err
		}
		return shop, tx.putAccountChange(shop, r.Change)
	})
}

type rejectAccountRequest struct {
	approveAccountRequest
	because
}

func (r *rejectAccountRequest) check() error {
	return rules.FirstError(r.approveAccountRequest.check(), r.checkReason())
}

var rejectAccount = operation{name: "shop:RejectAccount", event: "AccountRejected", roles: []role{approver, shopkeeper}}

// RejectAccount ends a shop's proposal of an account and purges its private record: an approver does, or the shop itself.
func (*ShopContract) RejectAccount(ctx *Context, text string) (string, error) {
	return write(ctx, rejectAccount, text, func(tx *transaction, r *rejectAccountRequest) (any, error) {
		shop, err := tx.ownShop(r.Shop)
		if err != nil {
			return nil, err
		}
		if err := shop.RejectAccount(r.Change); err != nil {
			return nil, err
		}
		accounts, err := tx.accountsOf(shop)
		if err != nil {
			return nil, err
		}
		tx.purge(accounts, accountKey(r.Shop, r.Change))
		return shop, tx.putAccountChange(shop, r.Change)
	})
}
