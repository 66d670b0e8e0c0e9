package rules

// DecisionKind tells what a decision is about.
type DecisionKind string

// Kinds of a decision: to revoke vouchers, to end a shop or an organisation, or to free the entitlements of vouchers that were revoked by
// mistake.
const (
	DecideRevocation      DecisionKind = "revocation"
	DecideShopEnd         DecisionKind = "shop-end"
	DecideOrganisationEnd DecisionKind = "organisation-end"
	DecideFreeing         DecisionKind = "freeing"
)

// Decision is what one person of the municipality proposes and another one decides within its term, as a whole: nothing of it happens
// before that. Scheme, Vouchers, Entitlements, Shop, RetentionDays and MSP are those that its kind is about.
type Decision struct {
	ID            string       `json:"id"`
	Kind          DecisionKind `json:"kind"`
	State         State        `json:"state"`
	Scheme        string       `json:"scheme,omitzero"`
	Vouchers      []string     `json:"vouchers,omitzero"`
	Entitlements  []string     `json:"entitlements,omitzero"`
	Shop          string       `json:"shop,omitzero"`
	RetentionDays *Number      `json:"retention_days,omitzero"`
	MSP           string       `json:"msp,omitzero"`
	Reason        string       `json:"reason"`
	ProposedBy    string       `json:"proposed_by"`
	ProposalTerm
	DecidedBy    string `json:"decided_by,omitzero"`
	RejectReason string `json:"reject_reason,omitzero"`
}

// Propose puts the decision up for another person.
func (d *Decision) Propose(person string, now Number) {
	d.State, d.ProposedBy, d.ProposalTerm = ChangeIsProposed, person, NewProposalTerm(now)
}

// Approve decides for what another person proposed. The caller carries it out.
func (d *Decision) Approve(person string, now Number) error {
	state, err := changeLife.next(d.ID, ApproveChange, d.State)
	if err != nil {
		return err
	}
	if err := FirstError(CheckSecondPerson(d.ProposedBy, person), d.CheckTerm(d.ID, now)); err != nil {
		return err
	}
	d.State, d.DecidedBy = state, person
	return nil
}

// Reject ends the decision without effect.
func (d *Decision) Reject(person, reason string) error {
	state, err := changeLife.next(d.ID, RejectChange, d.State)
	if err != nil {
		return err
	}
	d.State, d.DecidedBy, d.RejectReason = state, person, reason
	return nil
}
