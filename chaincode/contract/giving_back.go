package contract

import "kindpakket.eu/chaincode/rules"

// reasonedPaymentRequest names a payment and says why.
type reasonedPaymentRequest struct {
	header
	Payment string `json:"payment"`
	because
}

func (r *reasonedPaymentRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("payment", r.Payment), r.checkReason())
}

func (r *reasonedPaymentRequest) reads() []string { return []string{paymentKey(r.Payment)} }

var cancelPayment = operation{name: "payment:Cancel", event: "PaymentCancelled", roles: tills}

// Cancel takes a payment of the caller's shop back in full, on the booking day that it was made on.
func (*PaymentContract) Cancel(ctx *Context, text string) (string, error) {
	return write(ctx, cancelPayment, text, func(tx *transaction, r *reasonedPaymentRequest) (any, error) {
		found, err := tx.returning(r.Payment)
		if err != nil {
			return nil, err
		}
		terms, err := tx.termsFor(found.scheme, found.voucher)
		if err != nil {
			return nil, err
		}
		payment := found.payment
		to, err := payment.Cancel(found.voucher, &terms.Terms, tx.now, found.booked, r.Reason)
		if err != nil {
			return nil, err
		}
		event := eventOf(payment, payment.Cents, payment.Day)
		event.ReturnedTo = to
		tx.event = event
		tx.delete(unsettledKey(payment.Scheme, payment.Shop, payment.Day, payment.ID))
		return payment, tx.putReturn(found, payment.Cents, to)
	})
}

type refundRequest struct {
	reasonedPaymentRequest
	Lines []rules.Line `json:"lines"`
}

func (r *refundRequest) check() error {
	return rules.FirstError(r.reasonedPaymentRequest.check(), rules.CheckLines(r.Lines))
}

var refundPayment = operation{name: "payment:Refund", event: "PaymentRefunded", roles: tills}

// Refund takes lines of a payment of the caller's shop back. The refund is a settlement item of its own.
func (*PaymentContract) Refund(ctx *Context, text string) (string, error) {
	return write(ctx, refundPayment, text, func(tx *transaction, r *refundRequest) (any, error) {
		found, err := tx.returning(r.Payment)
		if err != nil {
			return nil, err
		}
		terms, err := tx.termsFor(found.scheme, found.voucher)
		if err != nil {
			return nil, err
		}
		payment := found.payment
		to, err := payment.Refund(found.voucher, &terms.Terms, tx.now, r.Lines)
		if err != nil {
			return nil, err
		}
		refund := &rules.Refund{
			ID: r.RequestID, Payment: payment.ID, Scheme: payment.Scheme, Shop: payment.Shop, Voucher: payment.Voucher,
			Lines: r.Lines, Cents: rules.Total(r.Lines), Day: found.booked, At: tx.now, Reason: r.Reason, ReturnedTo: to,
		}
		event := eventOf(payment, refund.Cents, refund.Day)
		event.Refund, event.ReturnedTo = refund.ID, to
		tx.event = event
		if err := tx.putReturn(found, refund.Cents, to); err != nil {
			return nil, err
		}
		return refund, tx.putAll(map[string]any{
			refundKey(refund.ID): refund,
			unsettledKey(refund.Scheme, refund.Shop, refund.Day, refund.ID): unsettled{Cents: -refund.Cents},
		})
	})
}

// payback is an earlier payment or hold of a shop, with all that a later step of it is judged by.
type payback struct {
	payment *rules.Payment
	scheme  *rules.Scheme
	shop    *rules.Shop
	voucher *rules.Voucher
	booked  rules.Day
}

// returning finds a payment and what belongs to it, and refuses tills of another shop than took it.
func (tx *transaction) returning(id string) (*payback, error) {
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
	return &payback{payment: payment, scheme: scheme, shop: shop, voucher: voucher, booked: booked}, err
}

// putReturn writes the payment and the voucher, and the budget when the money lapsed or was revoked into it.
func (tx *transaction) putReturn(found *payback, cents rules.Cents, to rules.Destination) error {
	if err := tx.putPayment(found.payment, found.voucher); err != nil {
		return err
	}
	if to == rules.ToAvailable {
		return nil
	}
	return tx.giveToBudget(found.voucher.Scheme, cents, to)
}
