package contract

import (
	"fmt"

	"kindpakket.eu/chaincode/rules"
)

// owed is what a settlement or receivable of a shop would hold now, with the records that it is checked against.
type owed struct {
	scheme      *rules.Scheme
	terms       *storedTerms
	shop        *rules.Shop
	closedUntil rules.Day
	taken       *rules.Taken
}

// owed finds a shop's oldest open items up to the last closed day, and the newest terms of the scheme. Tills may ask only for their
// own shop.
func (tx *transaction) owed(schemeID, shopID string, enough func(*rules.Taken) bool) (*owed, error) {
	if err := tx.caller.checkShop(shopID); err != nil {
		return nil, err
	}
	scheme, err := tx.scheme(schemeID)
	if err != nil {
		return nil, err
	}
	shop, err := tx.ownShop(shopID)
	if err != nil {
		return nil, err
	}
	terms, err := tx.terms(schemeID, scheme.RulesVersion)
	if err != nil {
		return nil, err
	}
	closedUntil, err := tx.closedUntil(schemeID)
	if err != nil {
		return nil, err
	}
	taken, err := tx.take(schemeID, shopID, closedUntil, enough)
	return &owed{scheme: scheme, terms: terms, shop: shop, closedUntil: closedUntil, taken: taken}, err
}

// take reads the oldest open items of closed days until enough reports true. Nothing is booked on those days any more, so the
// range read of a transaction that writes cannot hit a phantom.
func (tx *transaction) take(scheme, shop string, closedUntil rules.Day, enough func(*rules.Taken) bool) (*rules.Taken, error) {
	taken := &rules.Taken{}
	if closedUntil == "" {
		return taken, nil
	}
	start, end := unsettledPrefix(scheme, shop), unsettledUntil(scheme, shop, closedUntil)
	err := scanRange(tx, start, end, func(key string, value *unsettled) (bool, error) {
		if enough(taken) {
			taken.More = true
			return false, nil
		}
		return true, taken.Add(itemOf(key, *value))
	})
	if err != nil {
		return nil, fmt.Errorf("cannot take the open items of shop %s: %w", shop, err)
	}
	return taken, nil
}
