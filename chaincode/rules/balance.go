package rules

// Balance holds the nine terms of a voucher, in cents, each at least 0. At every block
// issued + topped up = spent − refunded − cancelled + held + available + lapsed + revoked.
type Balance struct {
	Issued    Cents `json:"issued_cents"`
	ToppedUp  Cents `json:"topped_up_cents"`
	Spent     Cents `json:"spent_cents"`
	Refunded  Cents `json:"refunded_cents"`
	Cancelled Cents `json:"cancelled_cents"`
	Held      Cents `json:"held_cents"`
	Available Cents `json:"available_cents"`
	Lapsed    Cents `json:"lapsed_cents"`
	Revoked   Cents `json:"revoked_cents"`
}

// Destination is where the money of a refund or a cancellation goes.
type Destination string

// Destinations of returned money: the voucher, or the budget because the voucher's period is over or it was revoked.
const (
	ToAvailable Destination = "available"
	ToLapsed    Destination = "lapsed"
	ToRevoked   Destination = "revoked"
)

// Net returns what stays spent after refunds and cancellations.
func (b *Balance) Net() Cents {
	return b.Spent - b.Refunded - b.Cancelled
}

// Check verifies that no term is negative and that the equation holds.
func (b *Balance) Check() error {
	given, err := sum(b.Issued, b.ToppedUp)
	if err != nil {
		return err
	}
	if _, err := sum(b.Refunded, b.Cancelled); err != nil {
		return err
	}
	used, err := sum(b.Spent, b.Held, b.Available, b.Lapsed, b.Revoked)
	if err != nil {
		return err
	}
	if used -= b.Refunded + b.Cancelled; given != used {
		return Refuse(LedgerInconsistent, Details{"issued_cents": given, "used_cents": used},
			"the voucher's terms add up to %d cents, but it was given %d", used, given)
	}
	return nil
}

// Plus adds the terms of another balance.
func (b *Balance) Plus(other *Balance) error {
	terms, others := b.terms(), other.terms()
	for i, term := range terms {
		if err := change(term, *others[i]); err != nil {
			return err
		}
	}
	return nil
}

// giveBack moves refunded or cancelled cents, whose term it is given, to their destination.
func (b *Balance) giveBack(term *Cents, cents Cents, to Destination) error {
	target := map[Destination]*Cents{ToAvailable: &b.Available, ToLapsed: &b.Lapsed, ToRevoked: &b.Revoked}[to]
	if err := change(term, cents); err != nil {
		return err
	}
	if err := change(target, cents); err != nil {
		return err
	}
	return b.Check()
}

func (b *Balance) terms() []*Cents {
	return []*Cents{&b.Issued, &b.ToppedUp, &b.Spent, &b.Refunded, &b.Cancelled, &b.Held, &b.Available, &b.Lapsed, &b.Revoked}
}
