package contract

import "kindpakket.eu/chaincode/rules"

// changeEvent is the payload of the events of a scheme's changes.
type changeEvent struct {
	Scheme      string           `json:"scheme"`
	Change      string           `json:"change"`
	Kind        rules.ChangeKind `json:"kind"`
	State       rules.State      `json:"state"`
	Version     rules.Number     `json:"version,omitzero"`
	AddCents    rules.Cents      `json:"add_cents,omitzero"`
	RemoveCents rules.Cents      `json:"remove_cents,omitzero"`
}

var proposeClosing = operation{name: "scheme:ProposeClosing", event: "ClosingProposed", roles: []role{issuer}}

// ProposeClosing asks for the end of a scheme.
func (*SchemeContract) ProposeClosing(ctx *Context, text string) (string, error) {
	return write(ctx, proposeClosing, text, func(tx *transaction, r *reasonedSchemeRequest) (any, error) {
		if _, err := tx.schemeInForce(r.Scheme); err != nil {
			return nil, err
		}
		return tx.propose(&rules.Change{ID: r.RequestID, Scheme: r.Scheme, Kind: rules.ChangeToClosing, Reason: r.Reason})
	})
}

type proposeBudgetRequest struct {
	reasonedSchemeRequest
	AddCents    *rules.Cents `json:"add_cents,omitzero"`
	RemoveCents *rules.Cents `json:"remove_cents,omitzero"`
}

func (r *proposeBudgetRequest) check() error {
	return rules.FirstError(r.reasonedSchemeRequest.check(), rules.CheckBudgetChange(r.AddCents, r.RemoveCents))
}

var proposeBudget = operation{name: "scheme:ProposeBudget", event: "BudgetProposed", roles: []role{issuer}}

// ProposeBudget asks for more money for a scheme, or for less. It takes nothing yet, but is refused at once when less is unallocated than it
// would remove.
func (*SchemeContract) ProposeBudget(ctx *Context, text string) (string, error) {
	return write(ctx, proposeBudget, text, func(tx *transaction, r *proposeBudgetRequest) (any, error) {
		if _, err := tx.schemeInForce(r.Scheme); err != nil {
			return nil, err
		}
		change := &rules.Change{ID: r.RequestID, Scheme: r.Scheme, Kind: rules.ChangeOfBudget, Reason: r.Reason}
		if r.AddCents != nil {
			change.AddCents = *r.AddCents
			return tx.propose(change)
		}
		change.RemoveCents = *r.RemoveCents
		budget, err := tx.budget(r.Scheme)
		if err != nil {
			return nil, err
		}
		if err := budget.CheckRemovable(change.RemoveCents); err != nil {
			return nil, err
		}
		return tx.propose(change)
	})
}

type proposeRulesRequest struct {
	reasonedSchemeRequest
	Rules     rules.Terms `json:"rules"`
	AppliesTo rules.Reach `json:"applies_to"`
}

func (r *proposeRulesRequest) check() error {
	return rules.FirstError(r.reasonedSchemeRequest.check(), r.Rules.Check(), rules.CheckReach(r.AppliesTo))
}

var proposeRules = operation{name: "scheme:ProposeRules", event: "RulesProposed", roles: []role{issuer}}

// ProposeRules asks for other rules, for new vouchers or for all.
func (*SchemeContract) ProposeRules(ctx *Context, text string) (string, error) {
	return write(ctx, proposeRules, text, func(tx *transaction, r *proposeRulesRequest) (any, error) {
		scheme, err := tx.schemeInForce(r.Scheme)
		if err != nil {
			return nil, err
		}
		terms, err := tx.terms(r.Scheme, scheme.RulesVersion)
		if err != nil {
			return nil, err
		}
		if err := terms.CheckNext(&r.Rules); err != nil {
			return nil, err
		}
		return tx.propose(&rules.Change{
			ID: r.RequestID, Scheme: r.Scheme, Kind: rules.ChangeOfRules, Reason: r.Reason, Rules: &r.Rules, AppliesTo: r.AppliesTo,
			BaseVersion: scheme.RulesVersion,
		})
	})
}

func (tx *transaction) schemeInForce(id string) (*rules.Scheme, error) {
	scheme, err := tx.scheme(id)
	if err != nil {
		return nil, err
	}
	return scheme, scheme.CheckInForce()
}

func (tx *transaction) propose(change *rules.Change) (any, error) {
	change.State, change.ProposedBy, change.ProposalTerm = rules.ChangeIsProposed, tx.person(), rules.NewProposalTerm(tx.now)
	return change, tx.putChange(change)
}

// putChange writes a change and sets its event.
func (tx *transaction) putChange(change *rules.Change) error {
	tx.event = changeEvent{
		Scheme: change.Scheme, Change: change.ID, Kind: change.Kind, State: change.State, Version: change.Version, AddCents: change.AddCents,
		RemoveCents: change.RemoveCents,
	}
	return putPending(tx, changeKey(change.Scheme, change.ID), change)
}

type schemeChangeRequest struct {
	schemeRequest
	Change string `json:"change"`
}

func (r *schemeChangeRequest) check() error {
	return rules.FirstError(r.schemeRequest.check(), rules.CheckID("change", r.Change))
}

func (r *schemeChangeRequest) reads() []string {
	return []string{schemeKey(r.Scheme), changeKey(r.Scheme, r.Change)}
}

var approveChange = operation{name: "scheme:ApproveChange", event: "ChangeApproved", roles: []role{approver}}

// ApproveChange makes a change of another person take effect.
func (*SchemeContract) ApproveChange(ctx *Context, text string) (string, error) {
	return write(ctx, approveChange, text, func(tx *transaction, r *schemeChangeRequest) (any, error) {
		scheme, err := tx.scheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		change, err := tx.change(r.Scheme, r.Change)
		if err != nil {
			return nil, err
		}
		if err := change.Approve(scheme, tx.person(), tx.now); err != nil {
			return nil, err
		}
		if err := tx.carryOut(change, scheme); err != nil {
			return nil, err
		}
		return change, tx.putChange(change)
	})
}

// carryOut writes what an approved change does.
func (tx *transaction) carryOut(change *rules.Change, scheme *rules.Scheme) error {
	switch change.Kind {
	case rules.ChangeOfBudget:
		return tx.changeBudget(scheme.ID, change.ApplyTo)
	case rules.ChangeOfRules:
		terms := storedTerms{Scheme: scheme.ID, Version: change.Version, Terms: *change.Rules}
		if err := tx.put(rulesKey(scheme.ID, change.Version), terms); err != nil {
			return err
		}
	}
	return putPending(tx, schemeKey(scheme.ID), scheme)
}

type rejectChangeRequest struct {
	schemeChangeRequest
	because
}

func (r *rejectChangeRequest) check() error {
	return rules.FirstError(r.schemeChangeRequest.check(), r.checkReason())
}

var rejectChange = operation{name: "scheme:RejectChange", event: "ChangeRejected", roles: []role{issuer, approver}}

// RejectChange ends a proposed change. Approvers may do so, and the issuer who proposed it.
func (*SchemeContract) RejectChange(ctx *Context, text string) (string, error) {
	return write(ctx, rejectChange, text, func(tx *transaction, r *rejectChangeRequest) (any, error) {
		change, err := tx.change(r.Scheme, r.Change)
		if err != nil {
			return nil, err
		}
		if err := tx.checkDecider(approver, change.ProposedBy); err != nil {
			return nil, err
		}
		if err := change.Reject(tx.person(), r.Reason); err != nil {
			return nil, err
		}
		return change, tx.putChange(change)
	})
}
