package rules

// States of a change.
const (
	ChangeIsProposed State = "proposed"
	ChangeIsApproved State = "approved"
	ChangeIsRejected State = "rejected"
)

// Steps of a change.
const (
	ApproveChange Step = "approve"
	RejectChange  Step = "reject"
)

var changeLife = machine{thing: "change", refusal: ChangeState, steps: map[Step]map[State]State{
	ApproveChange: {ChangeIsProposed: ChangeIsApproved},
	RejectChange:  {ChangeIsProposed: ChangeIsRejected},
}}

// ChangeKind tells what a change is about.
type ChangeKind string

// Kinds of a change: new rules, more or less budget, or the closing of the scheme.
const (
	ChangeOfRules   ChangeKind = "rules"
	ChangeOfBudget  ChangeKind = "budget"
	ChangeToClosing ChangeKind = "closing"
)

// Reach tells which vouchers changed rules apply to.
type Reach string

// Reaches of changed rules: the vouchers issued from then on, or those issued before as well.
const (
	ReachNew Reach = "new"
	ReachAll Reach = "all"
)

// Change is what one person proposes for a scheme that is in force, and another one decides within its term. BaseVersion is the version of
// the rules that its rules were written against, Version is what they became. A change of the budget has either AddCents or RemoveCents.
type Change struct {
	ID         string     `json:"id"`
	Scheme     string     `json:"scheme"`
	Kind       ChangeKind `json:"kind"`
	State      State      `json:"state"`
	Reason     string     `json:"reason"`
	ProposedBy string     `json:"proposed_by"`
	ProposalTerm
	DecidedBy    string `json:"decided_by,omitzero"`
	RejectReason string `json:"reject_reason,omitzero"`
	Rules        *Terms `json:"rules,omitzero"`
	AppliesTo    Reach  `json:"applies_to,omitzero"`
	BaseVersion  Number `json:"base_version,omitzero"`
	Version      Number `json:"version,omitzero"`
	AddCents     Cents  `json:"add_cents,omitzero"`
	RemoveCents  Cents  `json:"remove_cents,omitzero"`
}

// CheckBudgetChange refuses anything but one amount, to add to a budget or to remove from it.
func CheckBudgetChange(add, remove *Cents) error {
	switch {
	case add != nil && remove == nil:
		return CheckBudget("add_cents", *add)
	case remove != nil && add == nil:
		return CheckBudget("remove_cents", *remove)
	}
	return Refuse(InvalidAmount, Details{"members": []string{"add_cents", "remove_cents"}},
		"give either add_cents or remove_cents: a budget grows or shrinks by one amount")
}

// Approve puts the change of another person into effect on the scheme's own record. The caller writes new rules and the budget,
// which are records of their own.
func (c *Change) Approve(scheme *Scheme, person string, now Number) error {
	state, err := changeLife.next(c.ID, ApproveChange, c.State)
	if err != nil {
		return err
	}
	if err := FirstError(
		scheme.CheckInForce(), CheckSecondPerson(c.ProposedBy, person), c.CheckTerm(c.ID, now), c.checkBase(scheme),
	); err != nil {
		return err
	}
	switch c.Kind {
	case ChangeOfRules:
		c.Version = scheme.renew(c.AppliesTo)
	case ChangeToClosing:
		if err := scheme.close(person, c.Reason, now); err != nil {
			return err
		}
	}
	c.State, c.DecidedBy = state, person
	return nil
}

// ApplyTo carries out a change of the budget.
func (c *Change) ApplyTo(budget *Budget) error {
	if c.RemoveCents > 0 {
		return budget.Shrink(c.RemoveCents)
	}
	return budget.Grow(c.AddCents)
}

// checkBase refuses rules that were written against an earlier version than the newest, which they would undo.
func (c *Change) checkBase(scheme *Scheme) error {
	if c.Kind == ChangeOfRules && c.BaseVersion != scheme.RulesVersion {
		return Refuse(ChangeStale, Details{"change": c.ID, "base_version": c.BaseVersion, "rules_version": scheme.RulesVersion},
			"change %s starts from version %d of the rules, and version %d is in force: propose it again", c.ID, c.BaseVersion, scheme.RulesVersion)
	}
	return nil
}

// Reject ends the change without effect.
func (c *Change) Reject(person, reason string) error {
	state, err := changeLife.next(c.ID, RejectChange, c.State)
	if err != nil {
		return err
	}
	c.State, c.DecidedBy, c.RejectReason = state, person, reason
	return nil
}

// CheckReach refuses an unknown reach of changed rules.
func CheckReach(reach Reach) error {
	switch reach {
	case ReachNew, ReachAll:
		return nil
	}
	return Refuse(InvalidCode, Details{"member": "applies_to", "value": Excerpt(string(reach))},
		"applies_to is %q: it must be %s or %s", Excerpt(string(reach)), ReachNew, ReachAll)
}
