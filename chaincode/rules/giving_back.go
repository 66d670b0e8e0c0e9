package rules

import "slices"

// Cancel takes a payment back in full, on the booking day that it was made on, and gives the voucher its money.
func (p *Payment) Cancel(voucher *Voucher, now Number, booked Day, reason string) (Destination, error) {
	state, err := paymentLife.next(p.ID, CancelPayment, p.State)
	if err != nil {
		return "", err
	}
	if booked != p.Day {
		return "", Refuse(CancelTooLate, Details{"payment": p.ID, "day": p.Day, "today": booked},
			"payment %s was booked on %s, and bookings are made on %s now: refund it", p.ID, p.Day, booked)
	}
	p.State, p.CancelReason = state, reason
	if voucher.Day.Date == p.Day {
		if err := change(&voucher.Day.Cents, -p.Cents); err != nil {
			return "", err
		}
	}
	to := voucher.Destination(now)
	return to, voucher.giveBack(&voucher.Cancelled, p.Lines, to)
}

// Refund takes lines of a payment back. Per category no more than was paid and not yet refunded.
func (p *Payment) Refund(voucher *Voucher, now Number, lines []Line) (Destination, error) {
	state, err := paymentLife.next(p.ID, RefundPayment, p.State)
	if err != nil {
		return "", err
	}
	for _, line := range lines {
		if left := p.paidIn(line.Category) - p.Refunded[line.Category]; line.Cents > left {
			return "", Refuse(RefundExceedsPayment, Details{"category": line.Category, "cents": line.Cents, "left_cents": left},
				"%d cents are more than the %d of category %s that were paid and not yet refunded", line.Cents, left, line.Category)
		}
		p.Refunded[line.Category] += line.Cents
	}
	if err := change(&p.RefundedCents, Total(lines)); err != nil {
		return "", err
	}
	if p.State = state; p.RefundedCents == p.Cents {
		p.State = PaymentRefunded
	}
	to := voucher.Destination(now)
	return to, voucher.giveBack(&voucher.Refunded, lines, to)
}

func (p *Payment) paidIn(category string) Cents {
	at := slices.IndexFunc(p.Lines, func(l Line) bool { return l.Category == category })
	if at < 0 {
		return 0
	}
	return p.Lines[at].Cents
}

// giveBack adds lines to the voucher's term of refunded or cancelled cents and to their destination.
func (v *Voucher) giveBack(term *Cents, lines []Line, to Destination) error {
	for _, line := range lines {
		net := v.SpentByCategory[line.Category]
		if err := change(&net, -line.Cents); err != nil {
			return err
		}
		v.SpentByCategory[line.Category] = net
	}
	return FirstError(v.Balance.giveBack(term, Total(lines), to), v.Check())
}
