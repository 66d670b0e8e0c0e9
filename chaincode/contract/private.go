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

// accountOf reads where a shop is paid, from the private collection of the caller's own peer.
func (tx *transaction) accountOf(shop string) (*rules.ShopAccount, error) {
	data, err := tx.stub.GetPrivateData(shopAccounts, accountKey(shop, ""))
	if err != nil {
		return nil, fmt.Errorf("cannot read the account of shop %s: %w", shop, err)
	}
	if len(data) == 0 {
		return nil, rules.Refuse(rules.ShopNotFound, rules.Details{"shop": shop}, "shop %s has no account", shop)
	}
	account := new(rules.ShopAccount)
	return account, decodeRecord(accountKey(shop, ""), data, account)
}
