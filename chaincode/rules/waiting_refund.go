package rules

// States of a refund that a second person of its shop had to confirm, or that had to wait for the municipality. One that was returned
// immediately has none.
const (
	RefundAsked     State = "asked"
	RefundConfirmed State = "confirmed"
	RefundWaiting   State = "waiting"
	RefundEndorsed  State = "endorsed"
	RefundApproved  State = "approved"
	RefundRejected  State = "rejected"
)

// Steps of a refund that was asked for, and of one that waits.
const (
	ConfirmRefund     Step = "confirm"
	RejectAskedRefund Step = "reject-asked"
	EndorseRefund     Step = "endorse"
	ApproveRefund     Step = "approve"
	RejectRefund      Step = "reject"
)

var refundLife = machine{thing: "refund", refusal: RefundState, steps: map[Step]map[State]State{
	ConfirmRefund:     {RefundAsked: RefundConfirmed},
	RejectAskedRefund: {RefundAsked: RefundRejected},
	EndorseRefund:     {RefundWaiting: RefundEndorsed},
	ApproveRefund:     {RefundEndorsed: RefundApproved},
	RejectRefund:      {RefundWaiting: RefundRejected, RefundEndorsed: RefundRejected},
}}

// WhyItWaits is the reason for which a refund is not returned before two persons of the municipality agreed, "" when it is.
type WhyItWaits string

// Reasons for a refund to wait: its shop may not trade, the term for refunds has passed, or the shop would return more of a payment that it
// may have been paid for than the limit allows. In each case the municipality might pay for the same goods twice.
const (
	WaitsForShop  WhyItWaits = "shop"
	WaitsForTerm  WhyItWaits = "term"
	WaitsForLimit WhyItWaits = "limit"
)

// RefundWaits says why a refund of these lines waits, by the terms of the voucher. open tells that no settlement holds the payment: its
// refund is netted against it before anything is paid out. A shop that may not trade returns nothing of what it may have been paid for,
// whatever the terms.
func (t *Terms) RefundWaits(p *Payment, shop *Shop, lines []Line, booked Day, open bool) WhyItWaits {
	switch {
	case p.Day == "":
		return ""
	case shop.State != ShopApproved && (!open || t.RefundDays != nil):
		return WaitsForShop
	case t.RefundDays == nil:
		return ""
	case booked > p.Day.Plus(*t.RefundDays):
		return WaitsForTerm
	case t.RefundLimit != nil && !open && p.RefundedCents+Total(lines) > *t.RefundLimit:
		return WaitsForLimit
	}
	return ""
}

// Wait lets the refund wait for two persons of the municipality.
func (r *Refund) Wait(why WhyItWaits) {
	r.State, r.Waits = RefundWaiting, why
}

// Endorse is the first of the two decisions that a refund waits for.
func (r *Refund) Endorse(person string) error {
	state, err := refundLife.next(r.ID, EndorseRefund, r.State)
	if err != nil {
		return err
	}
	r.State, r.EndorsedBy = state, person
	return nil
}

// Approve is the second decision, by another person than who endorsed. The money returns on the booking day of the decision.
func (r *Refund) Approve(person string, p *Payment, v *Voucher, terms *Terms, now Number, booked Day) error {
	state, err := refundLife.next(r.ID, ApproveRefund, r.State)
	if err != nil {
		return err
	}
	if err := CheckSecondPerson(r.EndorsedBy, person); err != nil {
		return err
	}
	if err := r.Return(p, v, terms, now, booked); err != nil {
		return err
	}
	r.State, r.DecidedBy = state, person
	return nil
}

// Return returns the money of a refund on a booking day. What a second person of the shop agreed to counts apart in the payment.
func (r *Refund) Return(p *Payment, v *Voucher, terms *Terms, now Number, booked Day) error {
	to, err := p.Refund(v, terms, now, r.Lines)
	if err != nil {
		return err
	}
	r.Day, r.ReturnedTo = booked, to
	if r.ConfirmedBy == "" {
		return nil
	}
	return change(&p.RefundedConfirmed, r.Cents)
}

// Reject ends a refund that waits. Nothing was moved.
func (r *Refund) Reject(person, reason string) error {
	return r.reject(RejectRefund, person, reason)
}

func (r *Refund) reject(step Step, person, reason string) error {
	state, err := refundLife.next(r.ID, step, r.State)
	if err != nil {
		return err
	}
	r.State, r.DecidedBy, r.RejectReason = state, person, reason
	return nil
}
