package contract

import (
	"fmt"

	"kindpakket.eu/chaincode/rules"
)

type changeAccountRequest struct {
	reasonedShopRequest
}

func (r *changeAccountRequest) reads() []string { return []string{shopKey(r.Shop)} }

var changeAccount = operation{
	name: "shop:ChangeAccount", event: "AccountProposed", roles: []role{shopkeeper, issuer}, private: transientAccount,
}

// ChangeAccount proposes another account for the shop to be paid on, sent as in Apply. It replaces a proposal that is still undecided, whose private
// record is purged because nothing will refer to it again. For a shop that has ended the municipality may do so as well: the shopkeeper may
// be gone, and what the shop is owed has to be paid somewhere.
func (*ShopContract) ChangeAccount(ctx *Context, text string) (string, error) {
	r := new(changeAccountRequest)
	tx, err := prepare(ctx, changeAccount, text, r)
	if err != nil {
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
		return tx.proposeAccount(r.Shop, rules.AccountChange{ID: r.RequestID, ProposedBy: tx.person(), SHA256: hash}, account)
	})
}

func (tx *transaction) proposeAccount(id string, change rules.AccountChange, account *rules.ShopAccount) (any, error) {
	shop, err := tx.ownShop(id)
	if err != nil {
		return nil, err
	}
	if !tx.caller.isSeller() {
		if err := shop.CheckEnded(); err != nil {
			return nil, err
		}
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

// putAccountChange writes a shop and sets the event of its change of account.
func (tx *transaction) putAccountChange(shop *rules.Shop, change string) error {
	tx.event = shopEvent{Shop: shop.ID, State: shop.State, Change: change}
	return putPending(tx, shopKey(shop.ID), shop)
}

type accountChangeRequest struct {
	header
	Shop   string `json:"shop"`
	Change string `json:"change"`
}

func (r *accountChangeRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("shop", r.Shop), rules.CheckID("change", r.Change))
}

func (r *accountChangeRequest) reads() []string { return []string{shopKey(r.Shop)} }

var approveAccount = operation{name: "shop:ApproveAccount", event: "AccountApproved", roles: []role{approver}}

// ApproveAccount puts the account that a shop proposed into force. It reads the hash of the private record only, so that any
// organisation can endorse it.
func (*ShopContract) ApproveAccount(ctx *Context, text string) (string, error) {
	return write(ctx, approveAccount, text, func(tx *transaction, r *accountChangeRequest) (any, error) {
		shop, err := tx.shop(r.Shop)
		if err != nil {
			return nil, err
		}
		hash, err := tx.accountHash(shop, r.Change)
		if err != nil {
			return nil, err
		}
		if err := shop.ApproveAccount(r.Change, tx.person(), hash); err != nil {
			return nil, err
		}
		return shop, tx.putAccountChange(shop, r.Change)
	})
}

type rejectAccountRequest struct {
	accountChangeRequest
	because
}

func (r *rejectAccountRequest) check() error {
	return rules.FirstError(r.accountChangeRequest.check(), r.checkReason())
}

var rejectAccount = operation{name: "shop:RejectAccount", event: "AccountRejected", roles: []role{approver, shopkeeper}}

// RejectAccount ends a shop's proposal of an account and purges its private record. Approvers may do so, and the shop itself.
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

// givenAccount reads the account of a request from the transient map, and returns the digest of the record that it will become.
func (tx *transaction) givenAccount() (*rules.ShopAccount, string, error) {
	account := new(rules.ShopAccount)
	if err := tx.transient(transientAccount, account); err != nil {
		return nil, "", err
	}
	if err := account.Check(); err != nil {
		return nil, "", err
	}
	hash, err := recordHash(account)
	return account, hash, err
}

// keptAccount reads a shop's account from the private collection, on a peer that holds it.
func (tx *transaction) keptAccount(shop *rules.Shop, change string) (*rules.ShopAccount, error) {
	accounts, err := tx.accountsOf(shop)
	if err != nil {
		return nil, err
	}
	key := accountKey(shop.ID, change)
	data, err := tx.stub.GetPrivateData(accounts, key)
	if err != nil {
		return nil, fmt.Errorf("cannot read the account of shop %s: %w", shop.ID, err)
	}
	if len(data) == 0 {
		return nil, rules.Refuse(rules.AccountMissing, rules.Details{"shop": shop.ID},
			"this peer does not have the account of shop %s: it was purged, or the peer is not in the collection", shop.ID)
	}
	account := new(rules.ShopAccount)
	return account, decodeRecord(key, data, account)
}

// accountHash returns the digest of the private record of an account of a shop, "" when there is none.
func (tx *transaction) accountHash(shop *rules.Shop, change string) (string, error) {
	accounts, err := tx.accountsOf(shop)
	if err != nil {
		return "", err
	}
	return tx.privateHash(accounts, accountKey(shop.ID, change))
}

// paidAccountHash returns the digest of the private record of the account that a shop is paid on, as it was when two persons agreed on it.
// Shops of before it was kept do not have it: then it is that of the record as it is now.
func (tx *transaction) paidAccountHash(shop *rules.Shop) (string, error) {
	if shop.AccountSHA256 != "" {
		return shop.AccountSHA256, nil
	}
	return tx.accountHash(shop, shop.Account())
}

// accountsOf names the private collection that the accounts of a shop are in: its organisation's own, or the shared one.
func (tx *transaction) accountsOf(shop *rules.Shop) (string, error) {
	if tx.organisations.Has(shop.MSP) {
		return shopAccounts, nil
	}
	organisation, err := get[rules.Organisation](tx, organisationKey(shop.MSP))
	if err != nil || organisation == nil || organisation.Accounts == "" {
		return shopAccounts, err
	}
	return organisation.Accounts, nil
}
