package rules

// A settlement holds UsualItems, or as many more as it takes for their sum to become positive, up to MaxItems.
const (
	UsualItems = 500
	MaxItems   = 5_000
)

// Taken are the oldest open items of a shop's closed days, taken one by one for one settlement. More tells that items are left.
type Taken struct {
	Items []Item
	Cents Cents
	More  bool
}

// Add takes the next item.
func (t *Taken) Add(item Item) error {
	if item.Cents < -MaxBudget || item.Cents > MaxBudget {
		return Refuse(LedgerInconsistent, Details{"item": item.ID, "cents": item.Cents},
			"item %s has %d cents, more than any payment or refund", item.ID, item.Cents)
	}
	t.Items, t.Cents = append(t.Items, item), t.Cents+item.Cents
	return nil
}

// IsEnough reports whether a settlement takes no more items than these.
func (t *Taken) IsEnough() bool {
	return t.IsFull() || (len(t.Items) >= UsualItems && t.Cents > 0)
}

// IsFull reports whether no settlement or receivable could hold more.
func (t *Taken) IsFull() bool {
	return len(t.Items) >= MaxItems
}

// Oldest returns the day of the oldest item, "" when there is none.
func (t *Taken) Oldest() Day {
	if len(t.Items) == 0 {
		return ""
	}
	return t.Items[0].Day
}

// WhyDue is the reason for which a settlement is due, "" when it is not.
type WhyDue string

// Reasons for a settlement to be due: the oldest item has waited for as long as the rhythm says, the amount is worth it, or there
// will be no later settlement to wait for.
const (
	DueByRhythm WhyDue = "rhythm"
	DueByAmount WhyDue = "amount"
	DueByEnding WhyDue = "ending"
)

// Due says why a settlement of what was taken is due, by the newest terms of its scheme. What comes to nothing never is.
func (t *Terms) Due(taken *Taken, closedUntil Day, scheme *Scheme, shop *Shop) WhyDue {
	switch {
	case len(taken.Items) == 0 || taken.Cents <= 0:
		return ""
	case t.dueOn(taken) <= closedUntil:
		return DueByRhythm
	case t.SettlementCents != nil && taken.Cents >= *t.SettlementCents:
		return DueByAmount
	case shop.State == ShopEnded || scheme.State == SchemeClosed:
		return DueByEnding
	}
	return ""
}

// CheckDue refuses a settlement before it is due.
func (t *Terms) CheckDue(taken *Taken, closedUntil Day, scheme *Scheme, shop *Shop) error {
	if t.Due(taken, closedUntil, scheme, shop) != "" {
		return nil
	}
	details := Details{"shop": shop.ID, "cents": taken.Cents, "oldest_day": taken.Oldest(), "closed_until": closedUntil, "due_on": t.dueOn(taken)}
	if t.SettlementCents != nil {
		details["settlement_cents"] = *t.SettlementCents
	}
	return Refuse(SettlementNotDue, details,
		"the settlement of shop %s, of %d cents, is not due yet: it falls due when %s is closed", shop.ID, taken.Cents, t.dueOn(taken))
}

// dueOn returns the day whose closing makes the settlement due: by then the oldest item has waited for as many days as the rhythm says,
// its own day included.
func (t *Terms) dueOn(taken *Taken) Day {
	if len(taken.Items) == 0 {
		return ""
	}
	wait := 0
	if t.SettlementDays != nil && *t.SettlementDays > 0 {
		wait = int(*t.SettlementDays) - 1
	}
	return Day(taken.Oldest().date().AddDate(0, 0, wait).Format(dayLayout))
}
