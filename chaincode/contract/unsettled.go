package contract

import "kindpakket.eu/chaincode/rules"

// unsettled is the value of the key of an item that no live settlement holds.
type unsettled struct {
	Cents rules.Cents `json:"cents"`
}

// itemOf returns the item of an unsettled key and its value.
func itemOf(key string, value unsettled) rules.Item {
	day, id := readUnsettledKey(key)
	return rules.Item{ID: id, Day: day, Cents: value.Cents}
}

// putItem makes a payment an item that its shop is owed.
func (tx *transaction) putItem(payment *rules.Payment) error {
	return tx.put(unsettledKey(payment.Scheme, payment.Shop, payment.Day, payment.ID), unsettled{Cents: payment.Cents})
}

// closeItems takes the items of a new settlement or receivable from those that no settlement holds.
func (tx *transaction) closeItems(settlement *rules.Settlement) {
	for _, item := range settlement.Items {
		tx.delete(unsettledKey(settlement.Scheme, settlement.Shop, item.Day, item.ID))
	}
}

// reopenItems returns the items of a settlement to those that no settlement holds.
func (tx *transaction) reopenItems(settlement *rules.Settlement) error {
	for _, item := range settlement.Items {
		key := unsettledKey(settlement.Scheme, settlement.Shop, item.Day, item.ID)
		if err := tx.put(key, unsettled{Cents: item.Cents}); err != nil {
			return err
		}
	}
	return nil
}
