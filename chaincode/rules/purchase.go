package rules

// Purchase is a payment or a hold that is being checked: the voucher with the terms that count for it, the shop, the instant, and the
// days that it falls on.
type Purchase struct {
	Voucher *Voucher
	Terms   *Terms
	Shop    *Shop
	Now     Number
	Today   Day
	Booked  Day
}

// Check refuses a purchase by the state of its scheme, shop and voucher, and outside their period.
func (p *Purchase) Check(scheme *Scheme) error {
	if err := FirstError(scheme.CheckOpen(), p.Shop.CheckApproved(), p.Voucher.CheckSpendable(p.Terms, p.Now)); err != nil {
		return err
	}
	if p.Today < p.Terms.StartsOn {
		return Refuse(SchemeNotOpen, Details{"scheme": scheme.ID, "starts_on": p.Terms.StartsOn, "today": p.Today},
			"scheme %s starts on %s: its vouchers cannot be spent before", scheme.ID, p.Terms.StartsOn)
	}
	return nil
}

// Take checks the amounts of a purchase and moves them from available to spent. After the voucher's end they use up its grace.
func (p *Purchase) Take(lines []Line, by ProofKind) error {
	if err := p.checkAmounts(lines, by); err != nil {
		return err
	}
	v, total := p.Voucher, Total(lines)
	for _, line := range lines {
		v.SpentByCategory[line.Category] += line.Cents
	}
	p.count(total, by)
	if p.Now >= v.EndsAt {
		v.Grace -= total
	}
	return v.move(&v.Available, &v.Spent, total)
}

// Payable returns what a single payment by key could take now, in cents, for each category that both the scheme and the shop have, and
// that of the product if the voucher is for one.
func (p *Purchase) Payable() map[string]Cents {
	v, payable := p.Voucher, map[string]Cents{}
	most := v.Spendable(p.Terms, p.Now)
	if v.Product == "" {
		most = min(most, p.Terms.PaymentCap, p.Terms.DayCap-v.SpentOn(p.Booked))
	}
	for _, category := range p.Terms.Categories {
		if p.Shop.Sells(category.Code, p.Today) && v.allows(p.Terms, category.Code) {
			payable[category.Code] = max(min(most, p.leftIn(category)), 0)
		}
	}
	return payable
}

// count adds to the spending of the booking day, or of a later one that the voucher was used on.
func (p *Purchase) count(cents Cents, by ProofKind) {
	day := p.Voucher.Day.on(p.Booked)
	day.Cents += cents
	if by == ProofByBooklet && p.Terms.PaperDayCap != nil {
		day.Paper += cents
	}
	p.Voucher.Day = day
}

// uncount subtracts from the spending of a day what was paid or held on it, if that is still the latest day the voucher was used on. What
// was paid by booklet before the terms had a limit for that was not counted as such.
func (v *Voucher) uncount(day Day, cents Cents, by ProofKind) error {
	if v.Day.Date != day {
		return nil
	}
	if by == ProofByBooklet {
		v.Day.Paper = max(v.Day.Paper-cents, 0)
	}
	return change(&v.Day.Cents, -cents)
}

func (p *Purchase) checkAmounts(lines []Line, by ProofKind) error {
	terms, v, total := p.Terms, p.Voucher, Total(lines)
	details := func(limit Cents) Details { return Details{"cents": total, "limit_cents": limit} }
	money := v.Product == ""
	switch {
	case money && total < terms.PaymentMin:
		return Refuse(AmountBelowMinimum, details(terms.PaymentMin), "%d cents are below the smallest payment of %d", total, terms.PaymentMin)
	case money && total > terms.PaymentCap:
		return Refuse(PaymentCapExceeded, details(terms.PaymentCap), "%d cents are above the largest payment of %d", total, terms.PaymentCap)
	case by == ProofByBooklet && total > terms.PaperCap:
		return Refuse(PaperCapExceeded, details(terms.PaperCap), "%d cents are above the largest payment by booklet, of %d", total, terms.PaperCap)
	}
	for _, line := range lines {
		if err := p.checkLine(line); err != nil {
			return err
		}
	}
	if left := p.PaperLeft(); by == ProofByBooklet && total > left {
		return Refuse(PaperCapExceeded, Details{"cents": total, "limit_cents": left, "day": p.Booked},
			"%d cents exceed the day's limit for booklets: %d are left for %s", total, left, p.Booked)
	}
	if left := terms.DayCap - v.SpentOn(p.Booked); money && total > left {
		return Refuse(DayCapExceeded, Details{"cents": total, "limit_cents": terms.DayCap, "left_cents": max(left, 0), "day": p.Booked},
			"%d cents exceed the day's limit: %d are left for %s", total, max(left, 0), p.Booked)
	}
	if spendable := v.Spendable(terms, p.Now); total > spendable {
		return Refuse(InsufficientBalance, Details{"cents": total, "available_cents": spendable},
			"%d cents cannot be spent: the voucher has %d left to spend", total, spendable)
	}
	return nil
}

// PaperLeft returns the most that a single payment by booklet may take now, in cents: the terms' limit, or what is left of that of the
// booking day.
func (p *Purchase) PaperLeft() Cents {
	if p.Terms.PaperDayCap == nil {
		return p.Terms.PaperCap
	}
	return min(p.Terms.PaperCap, max(*p.Terms.PaperDayCap-p.Voucher.Day.on(p.Booked).Paper, 0))
}

// checkLine refuses a category that the scheme, the shop or the voucher's product does not have, and amounts above its cap.
func (p *Purchase) checkLine(line Line) error {
	category, known := p.Terms.Category(line.Category)
	if !known || !p.Shop.Sells(line.Category, p.Today) {
		return Refuse(CategoryNotAllowed, Details{"category": line.Category, "in_scheme": known, "shop": p.Shop.ID},
			"category %s is not allowed: both the scheme and the shop must have it today", line.Category)
	}
	if v := p.Voucher; !v.allows(p.Terms, line.Category) {
		return Refuse(CategoryNotAllowed, Details{"category": line.Category, "product": v.Product, "voucher": v.ID},
			"voucher %s is for %s, which is not in category %s", v.ID, v.Product, line.Category)
	}
	if left := p.leftIn(category); line.Cents > left {
		return Refuse(CategoryCapExceeded,
			Details{"category": line.Category, "cents": line.Cents, "limit_cents": *category.Cap, "left_cents": max(left, 0)},
			"%d cents exceed the limit of category %s: %d are left", line.Cents, line.Category, max(left, 0))
	}
	return nil
}

// leftIn returns what the cap of a category leaves for the voucher, in cents. No cap counts for a product.
func (p *Purchase) leftIn(category Category) Cents {
	if category.Cap == nil || p.Voucher.Product != "" {
		return MaxAmount
	}
	return *category.Cap - p.Voucher.UsedIn(category.Code)
}
