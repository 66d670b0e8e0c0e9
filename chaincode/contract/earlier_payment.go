package contract

import "kindpakket.eu/chaincode/rules"

// earlierPayment is a payment or hold that a shop took before, with the records that its capture, cancellation or refund is checked against.
type earlierPayment struct {
	payment *rules.Payment
	scheme  *rules.Scheme
	shop    *rules.Shop
	voucher *rules.Voucher
	booked  rules.Day
}

// earlierPayment finds a payment or hold and the records it belongs to, and refuses the tills of any other shop.
func (tx *transaction) earlierPayment(id string) (*earlierPayment, error) {
	payment, err := find[rules.Payment](tx, rules.PaymentNotFound, "payment", id, paymentKey(id))
	if err != nil {
		return nil, err
	}
	if err := tx.prefetch(keysAround(payment)...); err != nil {
		return nil, err
	}
	shop, err := tx.ownShop(payment.Shop)
	if err != nil {
		return nil, err
	}
	scheme, err := tx.scheme(payment.Scheme)
	if err != nil {
		return nil, err
	}
	voucher, err := tx.voucher(payment.Scheme, payment.Voucher)
	if err != nil {
		return nil, err
	}
	booked, err := tx.bookingDay(payment.Scheme)
	return &earlierPayment{payment: payment, scheme: scheme, shop: shop, voucher: voucher, booked: booked}, err
}

// keysAround gives the keys of the records that a payment belongs to.
func keysAround(payment *rules.Payment) []string {
	return []string{schemeKey(payment.Scheme), dayKey(payment.Scheme), shopKey(payment.Shop), voucherKey(payment.Scheme, payment.Voucher)}
}

// next gives the keys of the records that the hold belongs to.
func (r *captureRequest) next(tx *transaction) []string {
	payment := peek[rules.Payment](tx, paymentKey(r.Payment))
	if payment == nil {
		return nil
	}
	return keysAround(payment)
}

// next gives the keys of the records that the payment belongs to and, once they were read, of the rules and of the payment's item.
func (r *refundRequest) next(tx *transaction) []string {
	payment := peek[rules.Payment](tx, paymentKey(r.Payment))
	if payment == nil {
		return nil
	}
	scheme, shop := peek[rules.Scheme](tx, schemeKey(payment.Scheme)), peek[rules.Shop](tx, shopKey(payment.Shop))
	voucher := peek[rules.Voucher](tx, voucherKey(payment.Scheme, payment.Voucher))
	if scheme == nil || shop == nil || voucher == nil {
		return keysAround(payment)
	}
	keys := []string{rulesKey(scheme.ID, scheme.VersionFor(voucher.RulesVersion))}
	if terms := peek[storedTerms](tx, keys[0]); terms != nil && looksAtItem(payment, shop, &terms.Terms) {
		keys = append(keys, itemKey(payment))
	}
	return keys
}
