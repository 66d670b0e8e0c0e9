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

// owed finds a scheme, its newest terms and last closed day, and a shop. Tills may ask only for their own shop.
func (tx *transaction) owed(schemeID, shopID string) (*owed, error) {
	if err := tx.caller.checkShop(shopID); err != nil {
		return nil, err
	}
	owed, err := tx.owedUnder(schemeID)
	if err != nil {
		return nil, err
	}
	owed.shop, err = tx.ownShop(shopID)
	return owed, err
}

// owedUnder finds what is the same for all shops under a scheme.
func (tx *transaction) owedUnder(schemeID string) (*owed, error) {
	scheme, err := tx.scheme(schemeID)
	if err != nil {
		return nil, err
	}
	terms, err := tx.terms(schemeID, scheme.RulesVersion)
	if err != nil {
		return nil, err
	}
	closedUntil, err := tx.closedUntil(schemeID)
	return &owed{scheme: scheme, terms: terms, closedUntil: closedUntil}, err
}

// takeUsual takes what a settlement holds, and looks at items beyond that while they may make it due.
func (tx *transaction) takeUsual(owed *owed) error {
	return tx.take(owed, (*rules.Taken).IsEnough, func(taken *rules.Taken) bool {
		return owed.terms.LooksFurther(taken, owed.closedUntil, owed.scheme, owed.shop)
	})
}

// takeAll takes as many items as a receivable may hold.
func (tx *transaction) takeAll(owed *owed) error {
	return tx.take(owed, (*rules.Taken).IsFull, func(*rules.Taken) bool { return false })
}

// take reads the oldest open items of closed days until enough reports true, and goes on to look at further ones. Nothing is booked on
// those days any more, so the range read of a transaction that writes cannot hit a phantom of a payment.
func (tx *transaction) take(owed *owed, enough, further func(*rules.Taken) bool) error {
	owed.taken = &rules.Taken{}
	if owed.closedUntil == "" {
		return nil
	}
	scheme, shop, taken := owed.scheme.ID, owed.shop.ID, owed.taken
	err := scanRange(tx, unsettledPrefix(scheme, shop), unsettledUntil(scheme, shop, owed.closedUntil), func(key string, value *unsettled) (bool, error) {
		if !taken.More && !enough(taken) {
			return true, taken.Add(itemOf(key, *value))
		}
		taken.More = true
		if !further(taken) {
			return false, nil
		}
		return true, taken.Look(itemOf(key, *value))
	})
	if err != nil {
		return fmt.Errorf("cannot take the open items of shop %s: %w", shop, err)
	}
	return nil
}
