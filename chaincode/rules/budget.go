package rules

// Budget is the money of a scheme, in cents. At every block budget = issued + topped up − lapsed − revoked + unallocated.
type Budget struct {
	Budget      Cents `json:"budget_cents"`
	Issued      Cents `json:"issued_cents"`
	ToppedUp    Cents `json:"topped_up_cents"`
	Lapsed      Cents `json:"lapsed_cents"`
	Revoked     Cents `json:"revoked_cents"`
	Unallocated Cents `json:"unallocated_cents"`
}

// NewBudget is a budget of which nothing has been issued.
func NewBudget(cents Cents) Budget {
	return Budget{Budget: cents, Unallocated: cents}
}

// Issue takes the cents of new vouchers from what is unallocated.
func (b *Budget) Issue(cents Cents) error {
	return b.allocate(&b.Issued, cents)
}

// TopUp takes the cents that are added to vouchers from what is unallocated.
func (b *Budget) TopUp(cents Cents) error {
	return b.allocate(&b.ToppedUp, cents)
}

// allocate adds to a term what it takes from the unallocated cents.
func (b *Budget) allocate(term *Cents, cents Cents) error {
	if cents > b.Unallocated {
		return Refuse(BudgetExceeded, Details{"cents": cents, "unallocated_cents": b.Unallocated},
			"%d cents are needed, but the budget has only %d left", cents, b.Unallocated)
	}
	return b.changeBoth(term, cents, -cents)
}

// TakeBack returns cents of vouchers that can no longer be spent, or that were revoked.
func (b *Budget) TakeBack(cents Cents, as Destination) error {
	term := &b.Lapsed
	if as == ToRevoked {
		term = &b.Revoked
	}
	return b.changeBoth(term, cents, cents)
}

// Grow adds an amount that two persons agreed on. No budget grows above MaxBudget.
func (b *Budget) Grow(cents Cents) error {
	if most := MaxBudget - b.Budget; cents > most {
		return Refuse(InvalidAmount, Details{"member": "add_cents", "cents": cents, "most": most},
			"adding %d cents to a budget of %d would exceed the maximum of %d: add at most %d", cents, b.Budget, MaxBudget, most)
	}
	return b.changeBoth(&b.Budget, cents, cents)
}

// changeBoth changes one term and the unallocated cents by their own amounts, and checks the budget.
func (b *Budget) changeBoth(term *Cents, by, unallocatedBy Cents) error {
	if err := change(term, by); err != nil {
		return err
	}
	if err := change(&b.Unallocated, unallocatedBy); err != nil {
		return err
	}
	return b.Check()
}

// Check verifies the equation of the budget.
func (b *Budget) Check() error {
	given, err := sum(b.Issued, b.ToppedUp, b.Unallocated)
	if err != nil {
		return err
	}
	returned, err := sum(b.Lapsed, b.Revoked)
	if err != nil {
		return err
	}
	if b.Budget < 0 || b.Budget != given-returned {
		return Refuse(LedgerInconsistent, Details{"budget_cents": b.Budget, "allocated_cents": given - returned},
			"the budget's terms add up to %d cents, but the budget is %d", given-returned, b.Budget)
	}
	return nil
}
