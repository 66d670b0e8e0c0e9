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
	if err := tx.prefetch(
		schemeKey(payment.Scheme), dayKey(payment.Scheme), shopKey(payment.Shop), voucherKey(payment.Scheme, payment.Voucher),
	); err != nil {
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
