package rules

// termDays is how long a proposal waits for a decision.
const termDays = 30

// ProposalTerm is when something was proposed, and the first instant at which it can no longer be approved, Unix seconds. Proposals of before there
// was a term have neither.
type ProposalTerm struct {
	ProposedAt Number `json:"proposed_at,omitzero"`
	ExpiresAt  Number `json:"expires_at,omitzero"`
}

// NewProposalTerm returns the term of what is proposed now.
func NewProposalTerm(now Number) ProposalTerm {
	return ProposalTerm{ProposedAt: now, ExpiresAt: now + termDays*secondsOfADay}
}

// CheckTerm refuses a proposal after its term, and one without a term: nobody knows what it was proposed against.
func (t ProposalTerm) CheckTerm(id string, now Number) error {
	if now >= t.ExpiresAt {
		return Refuse(ChangeExpired, Details{"change": id, "expires_at": t.ExpiresAt, "now": now},
			"%s was not decided on within %d days: propose it again", id, termDays)
	}
	return nil
}
