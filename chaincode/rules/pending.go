package rules

import "slices"

// PendingKind tells what kind of thing waits for a second person.
type PendingKind string

// Kinds of what waits. A scheme waits as a draft, and as a pause until another person opens it again; a shop waits for its admission, and
// for another person while it is suspended or its payout is frozen.
const (
	PendingOrganisation PendingKind = "organisation"
	PendingScheme       PendingKind = "scheme"
	PendingPause        PendingKind = "pause"
	PendingAllocation   PendingKind = "allocation"
	PendingShop         PendingKind = "shop"
	PendingAccount      PendingKind = "account"
	PendingSuspension   PendingKind = "suspension"
	PendingFreeze       PendingKind = "freeze"
	PendingReplacement  PendingKind = "replacement"
	PendingErasure      PendingKind = "erasure"
	PendingSettlement   PendingKind = "settlement"
	PendingReceivable   PendingKind = "receivable"
	PendingRefund       PendingKind = "refund"

	// Changes of a scheme and decisions wait under their own kinds.
	PendingRules           = PendingKind(ChangeOfRules)
	PendingBudget          = PendingKind(ChangeOfBudget)
	PendingClosing         = PendingKind(ChangeToClosing)
	PendingRevocation      = PendingKind(DecideRevocation)
	PendingFreeing         = PendingKind(DecideFreeing)
	PendingShopEnd         = PendingKind(DecideShopEnd)
	PendingOrganisationEnd = PendingKind(DecideOrganisationEnd)
)

// PendingKinds lists all kinds, in the order of the list of what waits.
var PendingKinds = []PendingKind{
	PendingOrganisation, PendingOrganisationEnd, PendingScheme, PendingPause, PendingRules, PendingBudget, PendingClosing, PendingAllocation,
	PendingShop, PendingAccount, PendingSuspension, PendingFreeze, PendingShopEnd, PendingRevocation, PendingFreeing, PendingReplacement,
	PendingErasure, PendingSettlement, PendingReceivable, PendingRefund,
}

// Pending is a thing that waits for another person than the one who proposed it, or who took its last step. Scheme, Shop, Voucher and MSP
// are what it is about. Since is when it began to wait, 0 when nobody knows; ExpiresAt the first instant at which it can no longer be
// approved, 0 when it has no term. State is that of a thing that waits for more than one step.
type Pending struct {
	Kind       PendingKind `json:"kind"`
	Scheme     string      `json:"scheme,omitzero"`
	ID         string      `json:"id"`
	Shop       string      `json:"shop,omitzero"`
	Voucher    string      `json:"voucher,omitzero"`
	MSP        string      `json:"msp,omitzero"`
	State      State       `json:"state,omitzero"`
	ProposedBy string      `json:"proposed_by"`
	Since      Number      `json:"since,omitzero"`
	ExpiresAt  Number      `json:"expires_at,omitzero"`
}

// IsExpired reports whether it can no longer be approved. Proposals from before they had a term cannot be either.
func (p *Pending) IsExpired(now Number) bool {
	switch p.Kind {
	case PendingOrganisation, PendingOrganisationEnd, PendingRules, PendingBudget, PendingClosing, PendingAllocation, PendingShopEnd,
		PendingRevocation, PendingFreeing:
		return now >= p.ExpiresAt
	}
	return false
}

// CheckPendingKind refuses anything but a kind of what waits; "" is all of them.
func CheckPendingKind(kind PendingKind) error {
	if kind == "" || slices.Contains(PendingKinds, kind) {
		return nil
	}
	return Refuse(InvalidCode, Details{"member": "kind", "value": Excerpt(string(kind))},
		"kind is %q: it must be %s", Excerpt(string(kind)), Alternatives(PendingKinds))
}

// pendingIf lists what waits, if it does.
func pendingIf(waits bool, pending Pending) []Pending {
	if !waits {
		return nil
	}
	return []Pending{pending}
}

// Pending lists the draft that waits for approval, or the pause that another person may end.
func (s *Scheme) Pending() []Pending {
	if s.State == SchemePaused {
		return []Pending{{Kind: PendingPause, Scheme: s.ID, ID: s.ID, ProposedBy: s.PausedBy}}
	}
	return pendingIf(s.State == SchemeDraft, Pending{Kind: PendingScheme, Scheme: s.ID, ID: s.ID, ProposedBy: s.DraftedBy})
}

// Pending lists the change while it is proposed.
func (c *Change) Pending() []Pending {
	return pendingIf(c.State == ChangeIsProposed, Pending{
		Kind: PendingKind(c.Kind), Scheme: c.Scheme, ID: c.ID, ProposedBy: c.ProposedBy, Since: c.ProposedAt, ExpiresAt: c.ExpiresAt,
	})
}

// Pending lists the decision while it is proposed.
func (d *Decision) Pending() []Pending {
	return pendingIf(d.State == ChangeIsProposed, Pending{
		Kind: PendingKind(d.Kind), Scheme: d.Scheme, ID: d.ID, Shop: d.Shop, MSP: d.MSP, ProposedBy: d.ProposedBy, Since: d.ProposedAt,
		ExpiresAt: d.ExpiresAt,
	})
}

// Pending lists the organisation while it is proposed, by its latest proposal.
func (o *Organisation) Pending() []Pending {
	return pendingIf(o.State == ChangeIsProposed, Pending{
		Kind: PendingOrganisation, ID: o.Change, MSP: o.MSP, ProposedBy: o.ProposedBy, Since: o.ProposedAt, ExpiresAt: o.ExpiresAt,
	})
}

// Pending lists the allocation while it is proposed.
func (a *Allocation) Pending() []Pending {
	return pendingIf(a.State == AllocationIsProposed, Pending{
		Kind: PendingAllocation, Scheme: a.Scheme, ID: a.ID, ProposedBy: a.ProposedBy, Since: a.ProposedAt, ExpiresAt: a.ExpiresAt,
	})
}

// Pending lists the shop's application, its suspension, the freeze of its payout and the account that it proposed.
func (s *Shop) Pending() []Pending {
	all := pendingIf(s.State == ShopApplied, Pending{Kind: PendingShop, ID: s.ID, ProposedBy: s.AppliedBy})
	if s.AccountChange != nil {
		all = append(all, Pending{Kind: PendingAccount, ID: s.AccountChange.ID, Shop: s.ID, ProposedBy: s.AccountChange.ProposedBy})
	}
	all = append(all, pendingIf(s.State == ShopSuspended, Pending{Kind: PendingSuspension, ID: s.ID, ProposedBy: s.ChangedBy})...)
	return append(all, pendingIf(s.isFrozen(), Pending{Kind: PendingFreeze, ID: s.ID, ProposedBy: s.PayoutFrozenBy})...)
}

// Pending lists the key or booklet that is proposed for the voucher.
func (v *Voucher) Pending() []Pending {
	if v.Replacement == nil {
		return nil
	}
	return []Pending{{Kind: PendingReplacement, Scheme: v.Scheme, ID: v.Replacement.ID, Voucher: v.ID, ProposedBy: v.Replacement.ProposedBy}}
}

// Pending lists the erasure while it is ordered.
func (e *Erasure) Pending() []Pending {
	return pendingIf(e.State == ErasureIsOrdered, Pending{Kind: PendingErasure, Scheme: e.Scheme, ID: e.ID, ProposedBy: e.OrderedBy})
}

// Pending lists the settlement while it is drafted or approved, for another person to approve or export, and the receivable, for another
// person to collect or write off.
func (s *Settlement) Pending() []Pending {
	pending := Pending{Kind: PendingSettlement, Scheme: s.Scheme, ID: s.ID, Shop: s.Shop, State: s.State, ProposedBy: s.DraftedBy}
	switch s.State {
	case SettlementDrafted:
		return []Pending{pending}
	case SettlementApproved:
		pending.ProposedBy = s.ApprovedBy
		return []Pending{pending}
	case SettlementClaimed:
		pending.Kind, pending.State, pending.Since = PendingReceivable, "", s.ClaimedAt
		return []Pending{pending}
	}
	return nil
}

// Pending lists the refund while two persons of the municipality, or the second of them, have to decide. The first of them is who proposed
// it; before that, its record does not say who did.
func (r *Refund) Pending() []Pending {
	return pendingIf(r.State == RefundWaiting || r.State == RefundEndorsed, Pending{
		Kind: PendingRefund, Scheme: r.Scheme, ID: r.ID, Shop: r.Shop, Voucher: r.Voucher, State: r.State, ProposedBy: r.EndorsedBy, Since: r.At,
	})
}
