package rules

// Cancel reverses a payment in full, on its booking day, and returns where the money goes.
func (p *Payment) Cancel(voucher *Voucher, terms *Terms, now Number, booked Day, reason string) (Destination, error) {
	state, err := paymentLife.next(p.ID, CancelPayment, p.State)
	if err != nil {
		return "", err
	}
	if booked != p.Day {
		return "", Refuse(CancelTooLate, Details{"payment": p.ID, "day": p.Day, "today": booked},
			"payment %s was booked on %s, and the booking day is now %s: refund it instead", p.ID, p.Day, booked)
	}
	p.State, p.CancelReason = state, reason
	if err := voucher.uncount(p.countedOn(), p.Cents, p.Proof.Kind); err != nil {
		return "", err
	}
	return voucher.giveBack(&voucher.Cancelled, p.Lines, terms, now)
}

// CheckRefund refuses lines that cannot be refunded: in each category at most what was paid and not yet refunded.
func (p *Payment) CheckRefund(lines []Line) error {
	if _, err := paymentLife.next(p.ID, RefundPayment, p.State); err != nil {
		return err
	}
	for _, line := range lines {
		if left := centsIn(p.Lines, line.Category) - p.Refunded[line.Category]; line.Cents > left {
			return Refuse(RefundExceedsPayment, Details{"category": line.Category, "cents": line.Cents, "left_cents": left},
				"%d cents cannot be refunded in category %s: %d are left to refund", line.Cents, line.Category, left)
		}
	}
	return nil
}

// Refund refunds lines of a payment.
func (p *Payment) Refund(voucher *Voucher, terms *Terms, now Number, lines []Line) (Destination, error) {
	if err := p.CheckRefund(lines); err != nil {
		return "", err
	}
	for _, line := range lines {
		p.Refunded[line.Category] += line.Cents
	}
	if err := change(&p.RefundedCents, Total(lines)); err != nil {
		return "", err
	}
	if p.State = PaymentPartlyRefunded; p.RefundedCents == p.Cents {
		p.State = PaymentRefunded
	}
	return voucher.giveBack(&voucher.Refunded, lines, terms, now)
}

// countedOn returns the day whose cap the payment counts towards: that of the hold, if there was one.
func (p *Payment) countedOn() Day {
	if p.HeldDay != "" {
		return p.HeldDay
	}
	return p.Day
}

// giveBack adds lines to the voucher's term of refunded or cancelled cents and to their destination. What comes after the voucher's
// end, and can still be spent, has grace.
func (v *Voucher) giveBack(term *Cents, lines []Line, terms *Terms, now Number) (Destination, error) {
	for _, line := range lines {
		net := v.SpentByCategory[line.Category]
		if err := change(&net, -line.Cents); err != nil {
			return "", err
		}
		v.SpentByCategory[line.Category] = net
	}
	to, total := v.Destination(terms, now), Total(lines)
	if to == ToAvailable && now >= v.EndsAt {
		v.Grace += total
	}
	if err := v.Balance.giveBack(term, total, to); err != nil {
		return "", err
	}
	return to, v.settle()
}
