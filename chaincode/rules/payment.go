package rules

import "slices"

// States of a payment.
const (
	PaymentPaid           State = "paid"
	PaymentPartlyRefunded State = "partly-refunded"
	PaymentRefunded       State = "refunded"
	PaymentCancelled      State = "cancelled"
)

// Steps of a payment. Whether a refund is partial follows from its cents.
const (
	CancelPayment Step = "cancel"
	RefundPayment Step = "refund"
)

var paymentLife = machine{thing: "payment", refusal: PaymentState, steps: map[Step]map[State]State{
	CancelPayment: {PaymentPaid: PaymentCancelled},
	RefundPayment: {
		PaymentPaid: PaymentPartlyRefunded, PaymentPartlyRefunded: PaymentPartlyRefunded, PaymentRefunded: PaymentRefunded,
	},
}}

const maxLines = 20

// Line is what a payment or refund moves in one category.
type Line struct {
	Category string `json:"category"`
	Cents    Cents  `json:"cents"`
}

// Payment is what a voucher paid a shop. Day is its booking day, At its timestamp in Unix seconds.
type Payment struct {
	ID            string           `json:"id"`
	Scheme        string           `json:"scheme"`
	Shop          string           `json:"shop"`
	Voucher       string           `json:"voucher"`
	Lines         []Line           `json:"lines"`
	Cents         Cents            `json:"cents"`
	Refunded      map[string]Cents `json:"refunded"`
	RefundedCents Cents            `json:"refunded_cents"`
	State         State            `json:"state"`
	Day           Day              `json:"day"`
	At            Number           `json:"at"`
	Proof         ProofUsed        `json:"proof"`
	CancelReason  string           `json:"cancel_reason,omitzero"`
}

// ProofUsed tells what a payment was authorised with.
type ProofUsed struct {
	Kind    ProofKind `json:"kind"`
	Version Number    `json:"version"`
	Page    *Number   `json:"page,omitzero"`
}

// Refund is money of a payment that returned.
type Refund struct {
	ID         string      `json:"id"`
	Payment    string      `json:"payment"`
	Scheme     string      `json:"scheme"`
	Shop       string      `json:"shop"`
	Voucher    string      `json:"voucher"`
	Lines      []Line      `json:"lines"`
	Cents      Cents       `json:"cents"`
	Day        Day         `json:"day"`
	At         Number      `json:"at"`
	Reason     string      `json:"reason"`
	ReturnedTo Destination `json:"returned_to"`
}

// CheckLines refuses lines of the wrong number or form, or with a category in two of them.
func CheckLines(lines []Line) error {
	if err := CheckCount("lines", len(lines), maxLines); err != nil {
		return err
	}
	for i, line := range lines {
		twice := slices.ContainsFunc(lines[:i], func(l Line) bool { return l.Category == line.Category })
		if err := FirstError(CheckAmount("lines.cents", line.Cents), checkCategoryOnce(line.Category, twice)); err != nil {
			return err
		}
	}
	return nil
}

// Total adds up lines that were checked.
func Total(lines []Line) Cents {
	total := Cents(0)
	for _, line := range lines {
		total += line.Cents
	}
	return total
}

// Purchase is a payment that is being judged: the voucher with its terms, the shop, and the days that it falls on.
type Purchase struct {
	Voucher *Voucher
	Terms   *Terms
	Shop    *Shop
	Today   Day
	Booked  Day
}

// Take checks the amounts of a purchase and moves them from available to spent.
func (p *Purchase) Take(lines []Line, by ProofKind) error {
	total := Total(lines)
	if err := p.checkAmounts(lines, total, by); err != nil {
		return err
	}
	v := p.Voucher
	for _, line := range lines {
		v.SpentByCategory[line.Category] += line.Cents
	}
	v.Day = DaySpending{Date: max(p.Booked, v.Day.Date), Cents: v.SpentOn(p.Booked) + total}
	return FirstError(v.pay(total), v.Check())
}

func (p *Purchase) checkAmounts(lines []Line, total Cents, by ProofKind) error {
	terms, voucher := p.Terms, p.Voucher
	details := func(limit Cents) Details { return Details{"cents": total, "limit_cents": limit} }
	switch {
	case total < terms.PaymentMin:
		return Refuse(AmountBelowMinimum, details(terms.PaymentMin), "%d cents are less than the least payment of %d", total, terms.PaymentMin)
	case total > terms.PaymentCap:
		return Refuse(PaymentCapExceeded, details(terms.PaymentCap), "%d cents are more than the largest payment of %d", total, terms.PaymentCap)
	case by == ProofByBooklet && total > terms.PaperCap:
		return Refuse(PaperCapExceeded, details(terms.PaperCap), "%d cents are more than the largest payment on paper of %d", total, terms.PaperCap)
	}
	for _, line := range lines {
		if err := p.checkLine(line); err != nil {
			return err
		}
	}
	if left := terms.DayCap - voucher.SpentOn(p.Booked); total > left {
		return Refuse(DayCapExceeded, Details{"cents": total, "limit_cents": terms.DayCap, "left_cents": max(left, 0), "day": p.Booked},
			"%d cents are more than the %d left for %s", total, max(left, 0), p.Booked)
	}
	if total > voucher.Available {
		return Refuse(InsufficientBalance, Details{"cents": total, "available_cents": voucher.Available},
			"%d cents are more than the %d that the voucher holds", total, voucher.Available)
	}
	return nil
}

func (p *Purchase) checkLine(line Line) error {
	category, known := p.Terms.Category(line.Category)
	if !known || !p.Shop.Sells(line.Category, p.Today) {
		return Refuse(CategoryNotAllowed, Details{"category": line.Category, "in_scheme": known, "shop": p.Shop.ID},
			"category %s is not one of both the scheme and the shop today", line.Category)
	}
	if category.Cap == nil {
		return nil
	}
	if left := *category.Cap - p.Voucher.SpentByCategory[line.Category]; line.Cents > left {
		return Refuse(CategoryCapExceeded,
			Details{"category": line.Category, "cents": line.Cents, "limit_cents": *category.Cap, "left_cents": max(left, 0)},
			"%d cents are more than the %d left in category %s", line.Cents, max(left, 0), line.Category)
	}
	return nil
}

// Payable gives for each category of both the scheme and the shop what one payment by key could take today, in cents.
func (p *Purchase) Payable() map[string]Cents {
	payable := map[string]Cents{}
	most := min(p.Voucher.Available, p.Terms.PaymentCap, p.Terms.DayCap-p.Voucher.SpentOn(p.Booked))
	for _, category := range p.Terms.Categories {
		if !p.Shop.Sells(category.Code, p.Today) {
			continue
		}
		cents := most
		if category.Cap != nil {
			cents = min(cents, *category.Cap-p.Voucher.SpentByCategory[category.Code])
		}
		payable[category.Code] = max(cents, 0)
	}
	return payable
}

// Check refuses a purchase by the state of its scheme, shop and voucher, and outside their period.
func (p *Purchase) Check(scheme *Scheme, now Number) error {
	if err := FirstError(scheme.CheckOpen(), p.Shop.CheckApproved(), p.Voucher.CheckSpendable(now)); err != nil {
		return err
	}
	if p.Today < p.Terms.StartsOn {
		return Refuse(SchemeNotOpen, Details{"scheme": scheme.ID, "starts_on": p.Terms.StartsOn, "today": p.Today},
			"scheme %s starts on %s", scheme.ID, p.Terms.StartsOn)
	}
	return nil
}
