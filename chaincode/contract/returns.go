package contract

import "kindpakket.eu/chaincode/rules"

// reasonedPaymentRequest names a payment and says why.
type reasonedPaymentRequest struct {
	header
	Payment string `json:"payment"`
	because
	atTill
}

func (r *reasonedPaymentRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("payment", r.Payment), r.checkReason())
}

func (r *reasonedPaymentRequest) reads() []string { return []string{paymentKey(r.Payment)} }

var cancelPayment = operation{name: "payment:Cancel", event: "PaymentCancelled", roles: sellers}

// Cancel reverses a payment of the caller's shop in full, on the booking day of the payment.
func (*PaymentContract) Cancel(ctx *Context, text string) (string, error) {
	return write(ctx, cancelPayment, text, func(tx *transaction, r *reasonedPaymentRequest) (any, error) {
		earlier, err := tx.earlierPayment(r.Payment)
		if err != nil {
			return nil, err
		}
		terms, err := tx.termsFor(earlier.scheme, earlier.voucher)
		if err != nil {
			return nil, err
		}
		payment := earlier.payment
		to, err := payment.Cancel(earlier.voucher, &terms.Terms, tx.now, earlier.booked, r.Reason)
		if err != nil {
			return nil, err
		}
		event := paymentEventOf(payment, payment.Cents, payment.Day)
		event.ReturnedTo = to
		tx.event = event
		tx.delete(itemKey(payment))
		if err := tx.put(undoneKey(payment, payment.Day), finder{}); err != nil {
			return nil, err
		}
		return payment, tx.putReturn(earlier, payment.Cents, to)
	})
}

type refundRequest struct {
	reasonedPaymentRequest
	Lines []rules.Line `json:"lines"`
	withReceipt
}

func (r *refundRequest) check() error {
	return rules.FirstError(r.reasonedPaymentRequest.check(), rules.CheckLines(r.Lines), r.checkReceipt())
}

var refundPayment = operation{name: "payment:Refund", event: "PaymentRefunded", roles: sellers}

// Refund refunds lines of a payment of the caller's shop. The refund is a separate settlement item. It moves nothing yet when it is more than
// the shop lets a person refund alone, until another one confirms it, or when the terms let it wait for two persons of the municipality.
func (*PaymentContract) Refund(ctx *Context, text string) (string, error) {
	return write(ctx, refundPayment, text, (*transaction).makeRefund)
}

func (tx *transaction) makeRefund(r *refundRequest) (any, error) {
	earlier, err := tx.earlierPayment(r.Payment)
	if err != nil {
		return nil, err
	}
	terms, err := tx.termsFor(earlier.scheme, earlier.voucher)
	if err != nil {
		return nil, err
	}
	payment := earlier.payment
	refund := &rules.Refund{
		ID: r.RequestID, Payment: payment.ID, Scheme: payment.Scheme, Shop: payment.Shop, Voucher: payment.Voucher,
		Lines: r.Lines, Cents: rules.Total(r.Lines), At: tx.now, Reason: r.Reason,
		Receipt: r.Receipt,
	}
	if earlier.shop.NeedsConfirmation(payment, r.Lines) {
		return refund, tx.askForRefund(refund, payment)
	}
	return refund, tx.returnOrWait(refund, earlier, terms)
}

// returnOrWait returns the money of a refund, or lets the refund wait when the terms say so.
func (tx *transaction) returnOrWait(refund *rules.Refund, earlier *earlierPayment, terms *storedTerms) error {
	why, err := tx.refundWaits(earlier, &terms.Terms, refund.Lines)
	if err != nil {
		return err
	}
	if why != "" {
		refund.Wait(why)
		return tx.proposeRefund(refund, earlier.payment)
	}
	if err := refund.Return(earlier.payment, earlier.voucher, &terms.Terms, tx.now, earlier.booked); err != nil {
		return err
	}
	return tx.putRefund(refund, earlier)
}

// putRefund writes a refund whose money returned, with what it changed and the item that its shop owes.
func (tx *transaction) putRefund(refund *rules.Refund, earlier *earlierPayment) error {
	event := paymentEventOf(earlier.payment, refund.Cents, refund.Day)
	event.Refund, event.ReturnedTo = refund.ID, refund.ReturnedTo
	tx.event = event
	if err := tx.putReturn(earlier, refund.Cents, refund.ReturnedTo); err != nil {
		return err
	}
	return tx.putAll(map[string]any{
		refundKey(refund.ID): refund,
		unsettledKey(refund.Scheme, refund.Shop, refund.Day, refund.ID): unsettled{Cents: -refund.Cents},
	})
}

// putReturn writes the payment and the voucher, and the budget when the money goes back to it.
func (tx *transaction) putReturn(earlier *earlierPayment, cents rules.Cents, to rules.Destination) error {
	if err := tx.putPayment(earlier.payment, earlier.voucher); err != nil {
		return err
	}
	if to == rules.ToAvailable {
		return nil
	}
	return tx.giveToBudget(earlier.voucher.Scheme, cents, to)
}
