package rules

import "slices"

// States of a scheme.
const (
	SchemeDraft    State = "draft"
	SchemeApproved State = "approved"
	SchemeOpen     State = "open"
	SchemePaused   State = "paused"
	SchemeClosed   State = "closed"
)

// Steps of a scheme.
const (
	ApproveScheme Step = "approve"
	OpenScheme    Step = "open"
	PauseScheme   Step = "pause"
	CloseScheme   Step = "close"
)

var schemeLife = machine{thing: "scheme", refusal: SchemeState, steps: map[Step]map[State]State{
	ApproveScheme: {SchemeDraft: SchemeApproved},
	OpenScheme:    {SchemeApproved: SchemeOpen, SchemePaused: SchemeOpen},
	PauseScheme:   {SchemeOpen: SchemePaused},
	CloseScheme:   {SchemeApproved: SchemeClosed, SchemeOpen: SchemeClosed, SchemePaused: SchemeClosed},
}}

// Scheme is a provision (regeling): its state and who did what. Its rules, budget and closed days are records of their own,
// because they change at different times. RulesVersion is the newest version of its rules, RulesFloor the least one that counts for
// any voucher; ClosedAt is the instant of closing, Unix seconds.
type Scheme struct {
	ID           string `json:"id"`
	State        State  `json:"state"`
	RulesVersion Number `json:"rules_version"`
	RulesFloor   Number `json:"rules_floor,omitzero"`
	DraftedBy    string `json:"drafted_by"`
	ApprovedBy   string `json:"approved_by,omitzero"`
	OpenedBy     string `json:"opened_by,omitzero"`
	PausedBy     string `json:"paused_by,omitzero"`
	PauseReason  string `json:"pause_reason,omitzero"`
	ClosedBy     string `json:"closed_by,omitzero"`
	CloseReason  string `json:"close_reason,omitzero"`
	ClosedAt     Number `json:"closed_at,omitzero"`
}

// Approve accepts the draft of another person.
func (s *Scheme) Approve(person string) error {
	state, err := schemeLife.next(s.ID, ApproveScheme, s.State)
	if err != nil {
		return err
	}
	if err := CheckSecondPerson(s.DraftedBy, person); err != nil {
		return err
	}
	s.State, s.ApprovedBy = state, person
	return nil
}

// Open lets vouchers be issued and spent, for the first time or after a pause by another person.
func (s *Scheme) Open(person string) error {
	state, err := schemeLife.next(s.ID, OpenScheme, s.State)
	if err != nil {
		return err
	}
	if s.State == SchemePaused {
		if err := CheckSecondPerson(s.PausedBy, person); err != nil {
			return err
		}
	}
	s.State, s.OpenedBy, s.PausedBy, s.PauseReason = state, person, "", ""
	return nil
}

// Pause stops issuing and spending.
func (s *Scheme) Pause(person, reason string) error {
	state, err := schemeLife.next(s.ID, PauseScheme, s.State)
	if err != nil {
		return err
	}
	s.State, s.PausedBy, s.PauseReason = state, person, reason
	return nil
}

// close ends issuing and spending permanently.
func (s *Scheme) close(person, reason string, now Number) error {
	state, err := schemeLife.next(s.ID, CloseScheme, s.State)
	if err != nil {
		return err
	}
	s.State, s.ClosedBy, s.CloseReason, s.ClosedAt = state, person, reason, now
	return nil
}

// renew makes room for a further version of the rules, and gives its number.
func (s *Scheme) renew(reach Reach) Number {
	s.RulesVersion++
	if reach == ReachAll {
		s.RulesFloor = s.RulesVersion
	}
	return s.RulesVersion
}

// CheckOpen refuses a scheme that is not open: issuing and paying.
func (s *Scheme) CheckOpen() error {
	return s.checkState(SchemeNotOpen, SchemeOpen)
}

// CheckOpenOrClosed refuses a scheme that is neither open nor closed: captures of what was held while it was open.
func (s *Scheme) CheckOpenOrClosed() error {
	return s.checkState(SchemeNotOpen, SchemeOpen, SchemeClosed)
}

// CheckNotClosed refuses a closed scheme: what prepares for spending, as activating and extending do.
func (s *Scheme) CheckNotClosed() error {
	return s.checkState(SchemeState, SchemeDraft, SchemeApproved, SchemeOpen, SchemePaused)
}

// CheckInForce refuses a scheme that two persons have not agreed yet, or that is closed: its changes.
func (s *Scheme) CheckInForce() error {
	return s.checkState(SchemeState, SchemeApproved, SchemeOpen, SchemePaused)
}

// IsClosed reports whether the scheme has been closed.
func (s *Scheme) IsClosed() bool {
	return s.State == SchemeClosed
}

func (s *Scheme) checkState(code Code, needed ...State) error {
	if !slices.Contains(needed, s.State) {
		return Refuse(code, Details{"scheme": s.ID, "state": s.State, "needed": needed},
			"scheme %s is %s: it must be %s", s.ID, s.State, Alternatives(needed))
	}
	return nil
}

// VersionFor returns the version of the rules that counts for what was issued under one: that one, or the floor when it is higher.
func (s *Scheme) VersionFor(issuedUnder Number) Number {
	return max(issuedUnder, s.RulesFloor)
}

// CheckSecondPerson refuses a second step by the person who did the first.
func CheckSecondPerson(first, second string) error {
	if first == second {
		return Refuse(SecondPersonRequired, Details{"person": second}, "")
	}
	return nil
}
