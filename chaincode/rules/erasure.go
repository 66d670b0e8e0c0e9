package rules

// States of an erasure.
const (
	ErasureIsOrdered   State = "ordered"
	ErasureIsApproved  State = "approved"
	ErasureIsWithdrawn State = "withdrawn"
	ErasureIsCertified State = "certified"
)

// Steps of an erasure. Purging leaves no public trace, so it is not a step: the certificate follows it.
const (
	ApproveErasure  Step = "approve"
	WithdrawErasure Step = "withdraw"
	CertifyErasure  Step = "certify"
)

var erasureLife = machine{thing: "erasure", refusal: ErasureState, steps: map[Step]map[State]State{
	ApproveErasure:  {ErasureIsOrdered: ErasureIsApproved},
	WithdrawErasure: {ErasureIsOrdered: ErasureIsWithdrawn, ErasureIsApproved: ErasureIsWithdrawn},
	CertifyErasure:  {ErasureIsApproved: ErasureIsCertified},
}}

// ForRetention is the reason of an erasure because the term of its records has passed. Any other reason needs no term.
const ForRetention = "retention"

// Erasure is an order to purge private records, and in the end the certificate that they are gone. Hashes stay in the blocks, and
// copies in backups until those expire.
type Erasure struct {
	ID             string         `json:"id"`
	Collection     string         `json:"collection"`
	Scheme         string         `json:"scheme,omitzero"`
	Records        []ErasedRecord `json:"records"`
	Reason         string         `json:"reason"`
	State          State          `json:"state"`
	OrderedBy      string         `json:"ordered_by"`
	ApprovedBy     string         `json:"approved_by,omitzero"`
	WithdrawnBy    string         `json:"withdrawn_by,omitzero"`
	WithdrawReason string         `json:"withdraw_reason,omitzero"`
	CertifiedBy    string         `json:"certified_by,omitzero"`
	CertifiedAt    Number         `json:"certified_at,omitzero"`
}

// ErasedRecord is a private record to erase: the voucher or shop that it belongs to, its key, and its digest in hexadecimal.
type ErasedRecord struct {
	ID     string `json:"id"`
	Key    string `json:"key"`
	SHA256 string `json:"sha256"`
}

// Approve allows the erasure that another person ordered.
func (e *Erasure) Approve(person string) error {
	state, err := erasureLife.next(e.ID, ApproveErasure, e.State)
	if err != nil {
		return err
	}
	if err := CheckSecondPerson(e.OrderedBy, person); err != nil {
		return err
	}
	e.State, e.ApprovedBy = state, person
	return nil
}

// Withdraw ends an erasure; left is how many of its records are still there. An approved erasure with none left has been carried out, and
// cannot be withdrawn.
func (e *Erasure) Withdraw(person, reason string, left int) error {
	state, err := erasureLife.next(e.ID, WithdrawErasure, e.State)
	if err != nil {
		return err
	}
	if e.State == ErasureIsApproved && left == 0 {
		return Refuse(ErasureState, Details{"id": e.ID, "step": WithdrawErasure, "state": e.State, "left": left},
			"all records of erasure %s have been purged: certify it instead", e.ID)
	}
	e.State, e.WithdrawnBy, e.WithdrawReason = state, person, reason
	return nil
}

// CheckPurgeable refuses an erasure that may not be carried out.
func (e *Erasure) CheckPurgeable() error {
	if e.State != ErasureIsApproved {
		return Refuse(ErasureState, Details{"id": e.ID, "step": "purge", "state": e.State, "needed": []State{ErasureIsApproved}},
			"erasure %s is %s: it must be %s before its records are purged", e.ID, e.State, ErasureIsApproved)
	}
	return nil
}

// Certify states that no record is left.
func (e *Erasure) Certify(person string, now Number, left int) error {
	state, err := erasureLife.next(e.ID, CertifyErasure, e.State)
	if err != nil {
		return err
	}
	if left > 0 {
		return Refuse(ErasureIncomplete, Details{"erasure": e.ID, "left": left},
			"erasure %s still has records to purge (%d): purge them first", e.ID, left)
	}
	e.State, e.CertifiedBy, e.CertifiedAt = state, person, now
	return nil
}

// IDs returns the vouchers or shops of the erasure, in its order.
func (e *Erasure) IDs() []string {
	var ids []string
	for i, record := range e.Records {
		if i == 0 || record.ID != e.Records[i-1].ID {
			ids = append(ids, record.ID)
		}
	}
	return ids
}

// Term is how long a private record is kept: a number of days from an instant, which is 0 while it is not known.
type Term struct {
	From Number
	Days Number
}

// CaseTerm returns how long the case record of a voucher is kept.
func (t *Terms) CaseTerm(scheme *Scheme, voucher *Voucher) Term {
	if t.RetentionFrom == RetentionFromClosing {
		return Term{From: scheme.ClosedAt, Days: *t.RetentionDays}
	}
	return Term{From: voucher.EndsAt, Days: *t.RetentionDays}
}

// UnusedCaseTerm returns how long a case record is kept that led to no voucher: as that of a voucher which ended with its scheme.
func (t *Terms) UnusedCaseTerm(scheme *Scheme) Term {
	return t.CaseTerm(scheme, &Voucher{EndsAt: t.End()})
}

// AccountTerm returns how long the accounts of the shop are kept.
func (s *Shop) AccountTerm() Term {
	if !s.IsEnded() {
		return Term{}
	}
	return Term{From: s.EndedOn.Start(), Days: *s.RetentionDays}
}

// DueOn returns the day on which the record is due to be purged, "" while it is not known.
func (t Term) DueOn() Day {
	if t.From == 0 {
		return ""
	}
	return DayOf(t.From).Plus(t.Days)
}

// HasPassed reports whether the record is due to be purged.
func (t Term) HasPassed(now Number) bool {
	return t.From != 0 && now >= t.From && DayOf(now) >= t.DueOn()
}

// Check refuses the erasure of a record, of a voucher or shop, before its time.
func (t Term) Check(id string, now Number) error {
	if t.HasPassed(now) {
		return nil
	}
	due := t.DueOn()
	if due == "" {
		return Refuse(ErasureNotDue, Details{"id": id, "due_on": due}, "the retention term of %s has not started yet", id)
	}
	return Refuse(ErasureNotDue, Details{"id": id, "due_on": due}, "the private record of %s must still be kept: it may be erased from %s", id, due)
}
