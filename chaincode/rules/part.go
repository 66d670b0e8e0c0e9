package rules

// CapturePart takes lines of a hold for a payment of their own, booked on a day, and returns that payment. The hold keeps the rest, which
// is never nothing: who takes the rest captures the hold. A product is bought at once, not in parts.
func (p *Payment) CapturePart(v *Voucher, id string, lines []Line, booked Day, now Number) (*Payment, error) {
	if _, err := holdLife.next(p.ID, capturing, p.State); err != nil {
		return nil, err
	}
	if err := p.checkCapture(v, lines, now); err != nil {
		return nil, err
	}
	total, left := Total(lines), p.Left()
	switch {
	case v.Product != "":
		return nil, Refuse(PartNotAllowed, Details{"hold": p.ID, "voucher": v.ID, "product": v.Product},
			"voucher %s is for %s, which is not bought in parts: use payment:Capture", v.ID, v.Product)
	case total == left:
		return nil, Refuse(PartNotAllowed, Details{"hold": p.ID, "cents": total, "held_cents": left},
			"%d cents are all that hold %s has left: use payment:Capture", total, p.ID)
	}
	if p.Captured == nil {
		p.Captured = map[string]Cents{}
	}
	for _, line := range lines {
		p.Captured[line.Category] += line.Cents
		v.SpentByCategory[line.Category] += line.Cents
	}
	v.Holds[p.ID] = Hold{Cents: left - total, ExpiresAt: p.ExpiresAt}
	if err := v.unholdLines(lines); err != nil {
		return nil, err
	}
	return &Payment{
		ID: id, Scheme: p.Scheme, Shop: p.Shop, Voucher: p.Voucher, Lines: lines, Cents: total, Refunded: map[string]Cents{},
		State: PaymentPaid, Day: booked, At: now, Proof: p.Proof, Hold: p.ID, HeldDay: p.HeldDay,
	}, v.move(&v.Held, &v.Spent, total)
}

// Left returns what a hold still keeps, or kept until it was captured or released: what was held without the parts that were captured.
func (p *Payment) Left() Cents { return Total(p.leftLines()) }

func (p *Payment) leftLines() (left []Line) {
	for _, line := range p.HeldLines {
		if cents := line.Cents - p.Captured[line.Category]; cents != 0 {
			left = append(left, Line{Category: line.Category, Cents: cents})
		}
	}
	return left
}
