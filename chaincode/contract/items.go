package contract

import "kindpakket.eu/chaincode/rules"

// unsettled is the value of the key of an item that no live settlement holds.
type unsettled struct {
	Cents rules.Cents    `json:"cents"`
	Kind  rules.ItemKind `json:"kind,omitzero"`
}

// sold is the value of the key of an item that a settlement holds.
type sold struct {
	Settlement string         `json:"settlement"`
	Cents      rules.Cents    `json:"cents"`
	Kind       rules.ItemKind `json:"kind,omitzero"`
}

// itemOf returns the item of an unsettled key and its value.
func itemOf(key string, value unsettled) rules.Item {
	_, day, id := readShopKey(key)
	return rules.Item{ID: id, Day: day, Cents: value.Cents, Kind: value.Kind}
}

func (s *sold) item(key string) rules.Item {
	return itemOf(key, unsettled{Cents: s.Cents, Kind: s.Kind})
}

// putItem makes a payment an item that its shop is owed.
func (tx *transaction) putItem(payment *rules.Payment) error {
	return tx.put(itemKey(payment), unsettled{Cents: payment.Cents})
}

// itemKey is the key of a payment as an item that no settlement holds.
func itemKey(payment *rules.Payment) string {
	return unsettledKey(payment.Scheme, payment.Shop, payment.Day, payment.ID)
}

// putOpen makes an item one that no settlement holds.
func (tx *transaction) putOpen(scheme, shop string, item *rules.Item) error {
	return tx.put(unsettledKey(scheme, shop, item.Day, item.ID), unsettled{Cents: item.Cents, Kind: item.Kind})
}

// closeItems moves the items of a new settlement or receivable from those that no settlement holds.
func (tx *transaction) closeItems(settlement *rules.Settlement, items []rules.Item) error {
	for _, item := range items {
		tx.delete(unsettledKey(settlement.Scheme, settlement.Shop, item.Day, item.ID))
	}
	return tx.holdItems(settlement, items)
}

// holdItems writes which settlement holds items.
func (tx *transaction) holdItems(settlement *rules.Settlement, items []rules.Item) error {
	for _, item := range items {
		key := soldKey(settlement.Scheme, settlement.Shop, item.Day, item.ID)
		if err := tx.put(key, sold{Settlement: settlement.ID, Cents: item.Cents, Kind: item.Kind}); err != nil {
			return err
		}
	}
	return nil
}

// reopenItems returns the items of a settlement to those that no settlement holds. Nobody else writes them while the settlement is live,
// so that reading their range cannot hit a phantom of a payment.
func (tx *transaction) reopenItems(s *storedSettlement) error {
	items, err := tx.itemsOf(s)
	if err != nil {
		return err
	}
	for _, item := range items {
		if s.Items == nil {
			tx.delete(soldKey(s.Scheme, s.Shop, item.Day, item.ID))
		}
		if err := tx.putOpen(s.Scheme, s.Shop, &item); err != nil {
			return err
		}
	}
	return nil
}

// itemsOf returns the items that a settlement holds: those of its record, if that is of layout 2, or those between its first and last.
func (tx *transaction) itemsOf(s *storedSettlement) ([]rules.Item, error) {
	if s.Items != nil || s.First == nil {
		return s.Items, nil
	}
	var items []rules.Item
	start, end := s.span()
	err := scanRange(tx, start, end, func(key string, value *sold) (bool, error) {
		if value.Settlement == s.ID {
			items = append(items, value.item(key))
		}
		return len(items) < int(s.ItemCount), nil
	})
	if err == nil && len(items) != int(s.ItemCount) {
		err = rules.Refuse(rules.LedgerInconsistent, rules.Details{"settlement": s.ID, "items": len(items), "item_count": s.ItemCount},
			"settlement %s has %d items, and should have %d", s.ID, len(items), s.ItemCount)
	}
	return items, err
}

// span is the range of keys that the items of a settlement are in. Items of other settlements may be between them.
func (s *storedSettlement) span() (start, end string) {
	start = soldKey(s.Scheme, s.Shop, s.First.Day, s.First.ID)
	return start, keyAfter(soldKey(s.Scheme, s.Shop, s.Last.Day, s.Last.ID))
}
