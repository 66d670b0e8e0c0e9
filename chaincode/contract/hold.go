package contract

import (
	"cmp"
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

var holdPayment = operation{name: rules.OperationHold, event: "PaymentHeld", roles: sellers}

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
	atTill
	withReceipt
}

func (r *captureRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("payment", r.Payment), rules.CheckLines(r.Lines), r.checkReceipt())
}

func (r *captureRequest) reads() []string { return []string{paymentKey(r.Payment)} }

var capturePayment = operation{name: "payment:Capture", event: "PaymentCaptured", roles: sellers}

// Capture turns a hold of the caller's shop into a payment of at most what is still held, and releases the rest. A receipt takes the place
// of the hold's.
func (*PaymentContract) Capture(ctx *Context, text string) (string, error) {
	return write(ctx, capturePayment, text, (*transaction).capture)
}

func (tx *transaction) capture(r *captureRequest) (any, error) {
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
	payment.Receipt = cmp.Or(r.Receipt, payment.Receipt)
	tx.event = paymentEventOf(payment, payment.Cents, payment.Day)
	tx.delete(heldKey(payment))
	if err := tx.putPayment(payment, earlier.voucher); err != nil {
		return nil, err
	}
	return payment, tx.putItem(payment)
}

var releasePayment = operation{name: "payment:Release", event: "PaymentReleased", roles: append(slices.Clone(municipal), sellers...)}

// Release returns the money of a hold to its voucher. The shop may do so at any time, the municipality once the hold has expired, and an
// approver also while it cannot be captured, because the voucher is blocked or the shop is not approved.
func (*PaymentContract) Release(ctx *Context, text string) (string, error) {
	return write(ctx, releasePayment, text, func(tx *transaction, r *reasonedPaymentRequest) (any, error) {
		payment, shop, err := tx.ownPayment(r.Payment)
		if err != nil {
			return nil, err
		}
		voucher, err := tx.voucher(payment.Scheme, payment.Voucher)
		if err != nil {
			return nil, err
		}
		if !tx.caller.isSeller() {
			if err := payment.CheckReleasable(voucher, shop, tx.caller.role == approver, tx.now); err != nil {
				return nil, err
			}
		}
		if err := payment.Release(voucher, r.Reason); err != nil {
			return nil, err
		}
		tx.event = paymentEventOf(payment, payment.Left(), payment.HeldDay)
		if err := tx.putUnheld(payment); err != nil {
			return nil, err
		}
		return payment, tx.putPayment(payment, voucher)
	})
}

type releaseByHolderRequest struct {
	header
	Payment  string       `json:"payment"`
	Deadline rules.Number `json:"deadline"`
	Proof    *rules.Proof `json:"proof"`
}

func (r *releaseByHolderRequest) check() error {
	err := rules.FirstError(r.checkHeader(), rules.CheckID("payment", r.Payment), rules.CheckInstant("deadline", r.Deadline))
	switch {
	case err != nil:
		return err
	case r.Proof == nil:
		return rules.Refuse(rules.HolderProofMissing, rules.Details{"payment": r.Payment}, "")
	}
	return r.Proof.CheckForm()
}

func (r *releaseByHolderRequest) reads() []string { return []string{paymentKey(r.Payment)} }

// releasedByHolder is the answer to a holder's release: any till may ask for it, and learns nothing about another shop's hold.
type releasedByHolder struct {
	Payment string      `json:"payment"`
	State   rules.State `json:"state"`
}

var releaseByHolder = operation{name: rules.OperationRelease, event: releasePayment.event, roles: releasePayment.roles}

// ReleaseByHolder returns the money of a hold to its voucher because its holder says so, at any shop or at the municipality. The proof is
// verified first, so that nobody else learns anything about the hold.
func (*PaymentContract) ReleaseByHolder(ctx *Context, text string) (string, error) {
	return write(ctx, releaseByHolder, text, func(tx *transaction, r *releaseByHolderRequest) (any, error) {
		payment, err := find[rules.Payment](tx, rules.PaymentNotFound, "payment", r.Payment, paymentKey(r.Payment))
		if err != nil {
			return nil, err
		}
		voucher, err := tx.voucher(payment.Scheme, payment.Voucher)
		if err != nil {
			return nil, err
		}
		if err := tx.verifyRelease(r, payment, voucher); err != nil {
			return nil, err
		}
		if err := payment.Release(voucher, rules.HoldReleasedByHolder); err != nil {
			return nil, err
		}
		tx.event = paymentEventOf(payment, payment.Left(), payment.HeldDay)
		if err := tx.putUnheld(payment); err != nil {
			return nil, err
		}
		return releasedByHolder{Payment: payment.ID, State: payment.State}, tx.putPayment(payment, voucher)
	})
}

func (tx *transaction) verifyRelease(r *releaseByHolderRequest, payment *rules.Payment, voucher *rules.Voucher) error {
	bound := voucher.Authorisation
	if bound == nil {
		return notBound(voucher.ID)
	}
	message := tx.domain().ReleaseMessage(payment.Scheme, payment.Voucher, bound.Version, r.RequestID, payment.ID, r.Deadline)
	if err := bound.VerifyRelease(r.Proof, payment.Proof, message); err != nil {
		return err
	}
	return rules.CheckDeadline(r.Deadline, tx.now)
}
