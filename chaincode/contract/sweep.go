package contract

import "kindpakket.eu/chaincode/rules"

// sweep releases expired holds of vouchers, in memory, and returns their payments. It reads all of them in one exchange.
func (tx *transaction) sweep(vouchers ...*rules.Voucher) ([]*rules.Payment, error) {
	var keys []string
	for _, voucher := range vouchers {
		for _, id := range voucher.ExpiredHolds(tx.now) {
			keys = append(keys, paymentKey(id))
		}
	}
	if err := tx.prefetch(keys...); err != nil {
		return nil, err
	}
	var released []*rules.Payment
	for _, voucher := range vouchers {
		for _, id := range voucher.ExpiredHolds(tx.now) {
			payment, err := find[rules.Payment](tx, rules.LedgerInconsistent, "payment", id, paymentKey(id))
			if err != nil {
				return nil, err
			}
			if err := payment.Release(voucher, rules.HoldExpired); err != nil {
				return nil, err
			}
			released = append(released, payment)
		}
	}
	return released, nil
}

// putReleased writes the payments whose expired holds were released, and returns their ids for the event.
func (tx *transaction) putReleased(payments []*rules.Payment) ([]string, error) {
	var ids []string
	for _, payment := range payments {
		ids = append(ids, payment.ID)
		if err := rules.FirstError(tx.put(paymentKey(payment.ID), payment), tx.putUnheld(payment)); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// putUnheld writes that a hold was released where its shop finds it.
func (tx *transaction) putUnheld(payment *rules.Payment) error {
	tx.delete(heldKey(payment))
	return tx.put(undoneKey(payment, payment.HeldDay), finder{})
}
