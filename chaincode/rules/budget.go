package rules

// Budget is the money of a scheme, in cents. At every block budget = issued + topped up − lapsed − revoked + allocated + unallocated.
// Allocated is what approved allocations still reserve; absent in records from before there were any.
type Budget struct {
	Budget      Cents `json:"budget_cents"`
	Issued      Cents `json:"issued_cents"`
	ToppedUp    Cents `json:"topped_up_cents"`
	Lapsed      Cents `json:"lapsed_cents"`
	Revoked     Cents `json:"revoked_cents"`
	Allocated   Cents `json:"allocated_cents"`
	Unallocated Cents `json:"unallocated_cents"`
}

// NewBudget is a budget of which nothing has been issued.
func NewBudget(cents Cents) Budget {
	return Budget{Budget: cents, Unallocated: cents}
}

// CheckUnallocated refuses more cents than are unallocated.
func (b *Budget) CheckUnallocated(cents Cents) error {
	if cents > b.Unallocated {
		return Refuse(BudgetExceeded, Details{"cents": cents, "unallocated_cents": b.Unallocated},
			"%d cents are needed, but the budget has only %d left", cents, b.Unallocated)
	}
	return nil
}

// Allocate reserves unallocated cents for an allocation.
func (b *Budget) Allocate(cents Cents) error {
	if err := b.CheckUnallocated(cents); err != nil {
		return err
	}
	return b.move(&b.Unallocated, &b.Allocated, cents)
}

// Release returns what an allocation no longer reserves.
func (b *Budget) Release(cents Cents) error {
	return b.move(&b.Allocated, &b.Unallocated, cents)
}

// Issue takes the cents of new vouchers from what is allocated.
func (b *Budget) Issue(cents Cents) error {
	return b.move(&b.Allocated, &b.Issued, cents)
}

// TopUp takes the cents that are added to vouchers from what is allocated.
func (b *Budget) TopUp(cents Cents) error {
	return b.move(&b.Allocated, &b.ToppedUp, cents)
}

func (b *Budget) move(from, to *Cents, cents Cents) error {
	if err := move(from, to, cents); err != nil {
		return err
	}
	return b.Check()
}

// TakeBack returns cents of vouchers that can no longer be spent, or that were revoked.
func (b *Budget) TakeBack(cents Cents, as Destination) error {
	term := &b.Lapsed
	if as == ToRevoked {
		term = &b.Revoked
	}
	return b.grow(term, cents)
}

// Grow adds an amount that two persons agreed on. No budget grows above MaxBudget.
func (b *Budget) Grow(cents Cents) error {
	if most := MaxBudget - b.Budget; cents > most {
		return Refuse(InvalidAmount, Details{"member": "add_cents", "cents": cents, "most": most},
			"adding %d cents to a budget of %d would exceed the maximum of %d: add at most %d", cents, b.Budget, MaxBudget, most)
	}
	return b.grow(&b.Budget, cents)
}

// CheckRemovable refuses to take away more cents than are unallocated: what is issued or allocated stays covered.
func (b *Budget) CheckRemovable(cents Cents) error {
	if cents > b.Unallocated {
		return Refuse(BudgetExceeded, Details{"member": "remove_cents", "cents": cents, "unallocated_cents": b.Unallocated},
			"%d cents cannot be removed, as only %d are unallocated: remove less, or withdraw allocations first", cents, b.Unallocated)
	}
	return nil
}

// Shrink takes away unallocated cents that two persons agreed on.
func (b *Budget) Shrink(cents Cents) error {
	if err := b.CheckRemovable(cents); err != nil {
		return err
	}
	return b.grow(&b.Budget, -cents)
}

// grow adds cents, which may be negative, to one term and to the unallocated cents, and checks the budget.
func (b *Budget) grow(term *Cents, cents Cents) error {
	if err := change(term, cents); err != nil {
		return err
	}
	if err := change(&b.Unallocated, cents); err != nil {
		return err
	}
	return b.Check()
}

// Check verifies the equation of the budget.
func (b *Budget) Check() error {
	given, err := sum(b.Issued, b.ToppedUp, b.Allocated, b.Unallocated)
	if err != nil {
		return err
	}
	returned, err := sum(b.Lapsed, b.Revoked)
	if err != nil {
		return err
	}
	if b.Budget < 0 || b.Budget != given-returned {
		return Refuse(LedgerInconsistent, Details{"budget_cents": b.Budget, "terms_cents": given - returned},
			"the budget's terms add up to %d cents, but the budget is %d", given-returned, b.Budget)
	}
	return nil
}
