package contract

import (
	"slices"

	"kindpakket.eu/chaincode/rules"
)

type holdRequest struct {
	purchaseRequest
	ExpiresAt rules.Number `json:"expires_at"`
}

func (r *holdRequest) check() error {
	return rules.FirstError(r.checkForm(), rules.CheckInstant("expires_at", r.ExpiresAt), r.checkProven())
}

var holdPayment = operation{name: rules.OperationHold, event: "PaymentHeld", roles: tills}

// Hold keeps money of a voucher for the caller's shop until an instant, with the holder's proof.
func (*PaymentContract) Hold(ctx *Context, text string) (string, error) {
	return write(ctx, holdPayment, text, func(tx *transaction, r *holdRequest) (any, error) {
		purchase, released, err := tx.judge(&r.purchaseRequest)
		if err != nil {
			return nil, err
		}
		if err := purchase.CheckHold(r.ExpiresAt); err != nil {
			return nil, err
		}
		err = tx.verify(&r.purchaseRequest, purchase, func(domain rules.Domain, version rules.Number) []byte {
			return domain.HoldMessage(r.Scheme, r.Voucher, version, r.RequestID, r.Shop, r.Deadline, r.ExpiresAt, r.Lines)
		})
		if err != nil {
			return nil, err
		}
		if err := purchase.Hold(r.RequestID, r.Lines, r.Proof.Kind, r.ExpiresAt); err != nil {
			return nil, err
		}
		payment := r.payment(tx)
		payment.State, payment.HeldLines, payment.HeldCents = rules.PaymentHeld, r.Lines, rules.Total(r.Lines)
		payment.HeldDay, payment.ExpiresAt = purchase.Booked, r.ExpiresAt
		event := paymentEventOf(payment, payment.HeldCents, payment.HeldDay)
		if event.Released, err = tx.putReleased(released); err != nil {
			return nil, err
		}
		tx.event = event
		if err := tx.put(heldKey(payment), finder{}); err != nil {
			return nil, err
		}
		return payment, tx.putPayment(payment, purchase.Voucher)
	})
}

type captureRequest struct {
	header
	Payment string       `json:"payment"`
	Lines   []rules.Line `json:"lines"`
}

func (r *captureRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("payment", r.Payment), rules.CheckLines(r.Lines))
}

func (r *captureRequest) reads() []string { return []string{paymentKey(r.Payment)} }

var capturePayment = operation{name: "payment:Capture", event: "PaymentCaptured", roles: tills}

// Capture turns a hold of the caller's shop into a payment of at most the amount held, and releases the rest.
func (*PaymentContract) Capture(ctx *Context, text string) (string, error) {
	return write(ctx, capturePayment, text, func(tx *transaction, r *captureRequest) (any, error) {
		earlier, err := tx.earlierPayment(r.Payment)
		if err != nil {
			return nil, err
		}
		if err := rules.FirstError(earlier.scheme.CheckOpenOrClosed(), earlier.shop.CheckApproved()); err != nil {
			return nil, err
		}
		payment := earlier.payment
		if err := payment.Capture(earlier.voucher, r.Lines, earlier.booked, tx.now); err != nil {
			return nil, err
		}
		tx.event = paymentEventOf(payment, payment.Cents, payment.Day)
		tx.delete(heldKey(payment))
		if err := tx.putPayment(payment, earlier.voucher); err != nil {
			return nil, err
		}
		return payment, tx.putItem(payment)
	})
}

var releasePayment = operation{name: "payment:Release", event: "PaymentReleased", roles: append(slices.Clone(municipal), tills...)}

// Release returns the money of a hold to its voucher. The shop may do so at any time, the municipality once the hold has expired.
func (*PaymentContract) Release(ctx *Context, text string) (string, error) {
	return write(ctx, releasePayment, text, func(tx *transaction, r *reasonedPaymentRequest) (any, error) {
		payment, err := tx.ownPayment(r.Payment)
		if err != nil {
			return nil, err
		}
		if !tx.caller.isTill() {
			if err := payment.CheckReleasable(tx.now); err != nil {
				return nil, err
			}
		}
		voucher, err := tx.voucher(payment.Scheme, payment.Voucher)
		if err != nil {
			return nil, err
		}
		if err := payment.Release(voucher, r.Reason); err != nil {
			return nil, err
		}
		tx.event = paymentEventOf(payment, payment.HeldCents, payment.HeldDay)
		if err := tx.putUnheld(payment); err != nil {
			return nil, err
		}
		return payment, tx.putPayment(payment, voucher)
	})
}
