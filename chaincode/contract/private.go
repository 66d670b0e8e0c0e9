package contract

import (
	"fmt"

	"kindpakket.eu/chaincode/rules"
)

// transient reads a private record that travels beside the request, to the endorsers only.
func (tx *transaction) transient(name string, into any) error {
	fields, err := tx.stub.GetTransient()
	if err != nil {
		return fmt.Errorf("cannot read the transient map: %w", err)
	}
	data, found := fields[name]
	if !found {
		return rules.Refuse(rules.TransientRequired, rules.Details{"transient": name},
			"the transient map lacks %s: put the private record there", name)
	}
	if len(data) > maxRequestBytes {
		return tooLarge(len(data))
	}
	return decode(data, into)
}

// givenAccount reads where a shop wants to be paid from the transient map, and gives the digest of the record that it will be.
func (tx *transaction) givenAccount() (*rules.ShopAccount, string, error) {
	account := new(rules.ShopAccount)
	if err := tx.transient(applyShop.private, account); err != nil {
		return nil, "", err
	}
	if err := account.Check(); err != nil {
		return nil, "", err
	}
	hash, err := recordHash(account)
	return account, hash, err
}

// keptAccount reads an account of a shop from the private collection of the caller's own peer.
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
			"the account of shop %s is not there: it was purged, or this peer does not hold it", shop.ID)
	}
	account := new(rules.ShopAccount)
	return account, decodeRecord(key, data, account)
}
