package contract

import "kindpakket.eu/chaincode/rules"

type capturePartRequest struct {
	header
	Hold  string       `json:"hold"`
	Lines []rules.Line `json:"lines"`
	atTill
	withReceipt
}

func (r *capturePartRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("hold", r.Hold), rules.CheckLines(r.Lines), r.checkReceipt())
}

func (r *capturePartRequest) reads() []string { return []string{paymentKey(r.Hold)} }

var capturePart = operation{name: "payment:CapturePart", event: "PaymentPartCaptured", roles: sellers}

// CapturePart makes a payment of its own of a part of a hold of the caller's shop. The hold keeps the rest, to be captured in further parts
// or as a whole, or to be released.
func (*PaymentContract) CapturePart(ctx *Context, text string) (string, error) {
	return write(ctx, capturePart, text, func(tx *transaction, r *capturePartRequest) (any, error) {
		earlier, err := tx.earlierPayment(r.Hold)
		if err != nil {
			return nil, err
		}
		if err := rules.FirstError(earlier.scheme.CheckOpenOrClosed(), earlier.shop.CheckApproved()); err != nil {
			return nil, err
		}
		hold := earlier.payment
		part, err := hold.CapturePart(earlier.voucher, r.RequestID, r.Lines, earlier.booked, tx.now)
		if err != nil {
			return nil, err
		}
		part.Till, part.Receipt = tx.mark.Till, r.Receipt
		event := paymentEventOf(part, part.Cents, part.Day)
		event.Hold = hold.ID
		tx.event = event
		if err := tx.put(paymentKey(hold.ID), hold); err != nil {
			return nil, err
		}
		if err := tx.putPayment(part, earlier.voucher); err != nil {
			return nil, err
		}
		return part, tx.putItem(part)
	})
}
