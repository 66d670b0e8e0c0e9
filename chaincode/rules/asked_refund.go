package rules

// LimitRefunds sets how many cents of one payment a person of the shop refunds alone, or lifts the limit (nil). With a limit of 0, each refund
// needs a second person. It is possible in every state, as an ended shop still refunds.
func (s *Shop) LimitRefunds(cents *Cents) {
	s.RefundAlone = cents
}

// CheckRefundAlone refuses a limit of refunds that is negative or more than any payment; nil is no limit.
func CheckRefundAlone(cents *Cents) error {
	if cents != nil && (*cents < 0 || *cents > MaxAmount) {
		return Refuse(InvalidAmount, Details{"member": "refund_alone_cents", "cents": *cents, "most": MaxAmount},
			"refund_alone_cents is %d: give 0 to %d, or leave it out to lift the limit", *cents, MaxAmount)
	}
	return nil
}

// NeedsConfirmation reports whether a second person of the shop has to agree to a refund of these lines. What a second person agreed to
// before does not count, and all else of the payment does: a refund in parts is worth no more than one.
func (s *Shop) NeedsConfirmation(p *Payment, lines []Line) bool {
	return s.RefundAlone != nil && p.RefundedCents-p.RefundedConfirmed+Total(lines) > *s.RefundAlone
}

// Ask records who of the shop asks for a refund, in which role, until a second person of the shop confirms it.
func (r *Refund) Ask(person, role string) {
	r.State, r.AskedBy, r.AskedRole = RefundAsked, person, role
}

// Confirm is the agreement of a second person of the shop. After that the refund goes on as if no one had had to ask: it returns, or waits.
func (r *Refund) Confirm(person string) error {
	state, err := refundLife.next(r.ID, ConfirmRefund, r.State)
	if err != nil {
		return err
	}
	if err := CheckSecondPerson(r.AskedBy, person); err != nil {
		return err
	}
	r.State, r.ConfirmedBy = state, person
	return nil
}

// RejectAsked ends a refund that was asked for, or withdraws it. Nothing was moved.
func (r *Refund) RejectAsked(person, reason string) error {
	return r.reject(RejectAskedRefund, person, reason)
}
