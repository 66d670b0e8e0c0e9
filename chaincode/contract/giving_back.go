package contract

import "kindpakket.eu/chaincode/rules"

type cancelRequest struct {
	header
	Payment string `json:"payment"`
	Reason  string `json:"reason"`
}

func (r *cancelRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("payment", r.Payment), rules.CheckCode("reason", r.Reason))
}

func (r *cancelRequest) reads() []string { return []string{paymentKey(r.Payment)} }

var cancelPayment = operation{name: "payment:Cancel", event: "PaymentCancelled", roles: tills}

// Cancel takes a payment of the caller's shop back in full, on the booking day that it was made on.
func (*PaymentContract) Cancel(ctx *Context, text string) (string, error) {
	return write(ctx, cancelPayment, text, func(tx *transaction, r *cancelRequest) (any, error) {
		payment, voucher, booked, err := tx.returning(r.Payment)
		if err != nil {
			return nil, err
		}
		to, err := payment.Cancel(voucher, tx.now, booked, r.Reason)
		if err != nil {
			return nil, err
		}
		tx.event = returnEvent(payment, payment.Cents, payment.Day, to)
		tx.delete(unsettledKey(payment.Scheme, payment.Shop, payment.Day, payment.ID))
		return payment, tx.putReturn(payment, voucher, payment.Cents, to)
	})
}

type refundRequest struct {
	cancelRequest
	Lines []rules.Line `json:"lines"`
}

func (r *refundRequest) check() error {
	return rules.FirstError(r.cancelRequest.check(), rules.CheckLines(r.Lines))
}

var refundPayment = operation{name: "payment:Refund", event: "PaymentRefunded", roles: tills}

// Refund takes lines of a payment of the caller's shop back. The refund is a settlement item of its own.
func (*PaymentContract) Refund(ctx *Context, text string) (string, error) {
	return write(ctx, refundPayment, text, func(tx *transaction, r *refundRequest) (any, error) {
		payment, voucher, booked, err := tx.returning(r.Payment)
		if err != nil {
			return nil, err
		}
		to, err := payment.Refund(voucher, tx.now, r.Lines)
		if err != nil {
			return nil, err
		}
		refund := &rules.Refund{
			ID: r.RequestID, Payment: payment.ID, Scheme: payment.Scheme, Shop: payment.Shop, Voucher: payment.Voucher,
			Lines: r.Lines, Cents: rules.Total(r.Lines), Day: booked, At: tx.now, Reason: r.Reason, ReturnedTo: to,
		}
		event := returnEvent(payment, refund.Cents, booked, to)
		event.Refund = refund.ID
		tx.event = event
		if err := tx.putReturn(payment, voucher, refund.Cents, to); err != nil {
			return nil, err
		}
		return refund, tx.putAll(map[string]any{
			refundKey(refund.ID): refund,
			unsettledKey(refund.Scheme, refund.Shop, booked, refund.ID): unsettled{Cents: -refund.Cents},
		})
	})
}

// returning finds what money is returned from and to, and the booking day.
func (tx *transaction) returning(id string) (*rules.Payment, *rules.Voucher, rules.Day, error) {
	payment, err := tx.ownPayment(id)
	if err != nil {
		return nil, nil, "", err
	}
	voucher, err := tx.voucher(payment.Scheme, payment.Voucher)
	if err != nil {
		return nil, nil, "", err
	}
	booked, err := tx.bookingDay(payment.Scheme)
	return payment, voucher, booked, err
}

// putReturn writes the payment and the voucher, and the budget when the money lapsed or was revoked into it.
func (tx *transaction) putReturn(payment *rules.Payment, voucher *rules.Voucher, cents rules.Cents, to rules.Destination) error {
	if err := tx.put(paymentKey(payment.ID), payment); err != nil {
		return err
	}
	if err := tx.put(voucherKey(voucher.Scheme, voucher.ID), voucher); err != nil {
		return err
	}
	if to == rules.ToAvailable {
		return nil
	}
	budget, err := tx.budget(voucher.Scheme)
	if err != nil {
		return err
	}
	if err := budget.TakeBack(cents, to); err != nil {
		return err
	}
	return tx.put(budgetKey(voucher.Scheme), budget)
}

func returnEvent(payment *rules.Payment, cents rules.Cents, day rules.Day, to rules.Destination) paymentEvent {
	return paymentEvent{
		Payment: payment.ID, Scheme: payment.Scheme, Shop: payment.Shop, Voucher: payment.Voucher,
		Cents: cents, Day: day, ReturnedTo: to,
	}
}
