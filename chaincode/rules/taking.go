package rules

// A settlement holds UsualItems, or as many more as it takes for their sum to become positive, up to MaxItems.
const (
	UsualItems = 500
	MaxItems   = 5_000
)

// Taken are the oldest open items of a shop's closed days, taken one by one for one settlement. More tells that items are left. Open is
// the sum of all open items that were looked at, taken or not, and Seen is how many they are.
type Taken struct {
	Items []Item
	Cents Cents
	More  bool
	Open  Cents
	Seen  int
}

// Add takes the next item.
func (t *Taken) Add(item Item) error {
	if err := t.Look(item); err != nil {
		return err
	}
	t.Items, t.Cents = append(t.Items, item), t.Cents+item.Cents
	return nil
}

// Look counts an item that is open and not taken.
func (t *Taken) Look(item Item) error {
	if item.Cents < -MaxBudget || item.Cents > MaxBudget {
		return Refuse(LedgerInconsistent, Details{"item": item.ID, "cents": item.Cents},
			"item %s has %d cents, more than any payment or refund", item.ID, item.Cents)
	}
	t.Open, t.Seen = t.Open+item.Cents, t.Seen+1
	return nil
}

// IsStuck reports whether no settlement could ever hold the items: they are as many as one may hold and their sum is not positive, or
// nothing will be added to them and they come to exactly nothing.
func (t *Taken) IsStuck(scheme *Scheme, shop *Shop) bool {
	if t.IsFull() {
		return t.Cents <= 0
	}
	return len(t.Items) > 0 && t.Cents == 0 && isEnding(scheme, shop)
}

// isEnding reports whether a shop will sell no more under a scheme.
func isEnding(scheme *Scheme, shop *Shop) bool {
	return shop.State == ShopEnded || scheme.State == SchemeClosed
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

// Due says why a settlement of what was taken is due, by the newest terms of its scheme. What comes to nothing never is. The amount is
// that of all open items; a shop with as many as a settlement may hold is due by amount whatever they come to, so that no more need to be
// looked at.
func (t *Terms) Due(taken *Taken, closedUntil Day, scheme *Scheme, shop *Shop) WhyDue {
	switch {
	case len(taken.Items) == 0 || taken.Cents <= 0:
		return ""
	case t.dueOn(taken) <= closedUntil:
		return DueByRhythm
	case t.SettlementCents != nil && (taken.Open >= *t.SettlementCents || taken.Seen >= MaxItems):
		return DueByAmount
	case isEnding(scheme, shop):
		return DueByEnding
	}
	return ""
}

// LooksFurther reports whether items beyond those taken may make the settlement due.
func (t *Terms) LooksFurther(taken *Taken, closedUntil Day, scheme *Scheme, shop *Shop) bool {
	return t.SettlementCents != nil && taken.Cents > 0 && t.Due(taken, closedUntil, scheme, shop) == ""
}

// CheckDue refuses a settlement before it is due.
func (t *Terms) CheckDue(taken *Taken, closedUntil Day, scheme *Scheme, shop *Shop) error {
	if t.Due(taken, closedUntil, scheme, shop) != "" {
		return nil
	}
	details := Details{"shop": shop.ID, "cents": taken.Cents, "open_cents": taken.Open, "oldest_day": taken.Oldest(), "closed_until": closedUntil, "due_on": t.dueOn(taken)}
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
