package rules

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// States of an allocation. One of which every voucher and every cent was drawn is used.
const (
	AllocationIsProposed  State = "proposed"
	AllocationIsApproved  State = "approved"
	AllocationIsRejected  State = "rejected"
	AllocationIsWithdrawn State = "withdrawn"
	AllocationIsUsed      State = "used"
)

// Steps of an allocation. Drawing the last of it is what makes it used.
const (
	ApproveAllocation  Step = "approve"
	RejectAllocation   Step = "reject"
	DrawOnAllocation   Step = "draw"
	WithdrawAllocation Step = "withdraw"
)

var allocationLife = machine{thing: "allocation", refusal: AllocationState, steps: map[Step]map[State]State{
	ApproveAllocation:  {AllocationIsProposed: AllocationIsApproved},
	RejectAllocation:   {AllocationIsProposed: AllocationIsRejected},
	DrawOnAllocation:   staying(AllocationIsApproved),
	WithdrawAllocation: {AllocationIsApproved: AllocationIsWithdrawn},
}}

// AllocationUse tells what may be done under an allocation.
type AllocationUse string

// Uses of an allocation: to issue vouchers, or to top them up.
const (
	AllocationToIssue AllocationUse = "issue"
	AllocationToTopUp AllocationUse = "top-up"
)

// Bounds of an allocation: the parts of its list, the vouchers of a part, and how far ahead it may expire, in seconds.
const (
	MaxParts      Number = 1 << 14
	MaxPart       Number = 500
	MaxAllocation        = 366 * 86_400
)

// Allocation is a number of vouchers and a sum of money that one person proposes and another approves; nothing is issued or topped up
// without. List is the Merkle root over the parts of the list of vouchers or top-ups. File is a salted hash of the file that the list was
// made from, "" when there was none. Once approved it reserves Cents of the budget, of which UsedCents were drawn. Its money stays
// reserved after ExpiresAt, until somebody withdraws the rest.
type Allocation struct {
	ID             string        `json:"id"`
	Scheme         string        `json:"scheme"`
	Use            AllocationUse `json:"use"`
	State          State         `json:"state"`
	Vouchers       Number        `json:"vouchers"`
	Cents          Cents         `json:"cents"`
	List           string        `json:"list_sha256"`
	Parts          Number        `json:"parts"`
	File           string        `json:"file_commitment,omitzero"`
	Reason         string        `json:"reason"`
	ProposedBy     string        `json:"proposed_by"`
	ProposedAt     Number        `json:"proposed_at"`
	ExpiresAt      Number        `json:"expires_at"`
	DecidedBy      string        `json:"decided_by,omitzero"`
	RejectReason   string        `json:"reject_reason,omitzero"`
	WithdrawnBy    string        `json:"withdrawn_by,omitzero"`
	WithdrawReason string        `json:"withdraw_reason,omitzero"`
	UsedVouchers   Number        `json:"used_vouchers"`
	UsedCents      Cents         `json:"used_cents"`
}

// CheckForm refuses what could not be an allocation of any scheme.
func (a *Allocation) CheckForm() error {
	if a.Use != AllocationToIssue && a.Use != AllocationToTopUp {
		return Refuse(InvalidCode, Details{"member": "use", "value": Excerpt(string(a.Use))},
			"use is %q: it must be %s or %s", Excerpt(string(a.Use)), AllocationToIssue, AllocationToTopUp)
	}
	return FirstError(
		CheckBudget("cents", a.Cents), CheckDigest("list_sha256", a.List), CheckNumber("parts", a.Parts, 1, MaxParts),
		a.checkFile(), CheckInstant("expires_at", a.ExpiresAt),
		CheckNumber("vouchers", a.Vouchers, max(1, a.Parts), MaxPart*min(a.Parts, MaxParts)),
	)
}

func (a *Allocation) checkFile() error {
	if a.File == "" {
		return nil
	}
	return CheckDigest("file_commitment", a.File)
}

// CheckTerm refuses a proposal that has expired already, or would expire in more than a year.
func (a *Allocation) CheckTerm() error {
	return CheckNumber("expires_at", a.ExpiresAt, a.ProposedAt+1, a.ProposedAt+MaxAllocation)
}

// Reserved returns the cents of the budget that the allocation keeps.
func (a *Allocation) Reserved() Cents {
	if a.State != AllocationIsApproved {
		return 0
	}
	return a.Cents - a.UsedCents
}

// Approve accepts the proposal of another person.
func (a *Allocation) Approve(person string, now Number) error {
	state, err := allocationLife.next(a.ID, ApproveAllocation, a.State)
	if err != nil {
		return err
	}
	if err := FirstError(CheckSecondPerson(a.ProposedBy, person), a.checkNotExpired(now)); err != nil {
		return err
	}
	a.State, a.DecidedBy = state, person
	return nil
}

// Reject ends the proposal without effect.
func (a *Allocation) Reject(person, reason string) error {
	state, err := allocationLife.next(a.ID, RejectAllocation, a.State)
	if err != nil {
		return err
	}
	a.State, a.DecidedBy, a.RejectReason = state, person, reason
	return nil
}

// Withdraw ends what is left of an approved allocation, and returns its cents.
func (a *Allocation) Withdraw(person, reason string) (Cents, error) {
	state, err := allocationLife.next(a.ID, WithdrawAllocation, a.State)
	if err != nil {
		return 0, err
	}
	rest := a.Reserved()
	a.State, a.WithdrawnBy, a.WithdrawReason = state, person, reason
	return rest, nil
}

// CheckDrawable refuses an allocation that nothing may be drawn from now, or not for this use.
func (a *Allocation) CheckDrawable(use AllocationUse, now Number) error {
	if _, err := allocationLife.next(a.ID, DrawOnAllocation, a.State); err != nil {
		return err
	}
	if err := a.checkNotExpired(now); err != nil {
		return err
	}
	if a.Use != use {
		return Refuse(AllocationMismatch, Details{"allocation": a.ID, "use": a.Use, "needed": use},
			"allocation %s is for %s, not for %s: propose one for this use", a.ID, a.Use, use)
	}
	return nil
}

// CheckPart refuses lines of a request that are not that part of the approved list. The path leads from the part to the root.
func (a *Allocation) CheckPart(part Number, lines any, path []string) error {
	digest, err := PartDigest(lines)
	if err != nil {
		return err
	}
	if !isLeafOf(a.List, a.Parts, part, digest, path) {
		return Refuse(AllocationMismatch, Details{"allocation": a.ID, "part": part, "parts": a.Parts, "part_sha256": hex.EncodeToString(digest)},
			"the request is not part %d of the list that was approved with allocation %s: send the parts of that list as they are", part, a.ID)
	}
	return nil
}

// PartDigest returns the SHA-256 of a part of a list as canonical JSON (RFC 8785).
func PartDigest(lines any) ([]byte, error) {
	text, err := json.Marshal(lines)
	if err != nil {
		return nil, err
	}
	canonical := jsontext.Value(text)
	if err := canonical.Canonicalize(jsontext.CanonicalizeRawInts(false)); err != nil {
		return nil, err
	}
	digest := sha256.Sum256(canonical)
	return digest[:], nil
}

// Draw takes vouchers and cents from the allocation.
func (a *Allocation) Draw(vouchers Number, cents Cents) error {
	state, err := allocationLife.next(a.ID, DrawOnAllocation, a.State)
	if err != nil {
		return err
	}
	left, leftCents := a.Vouchers-a.UsedVouchers, a.Cents-a.UsedCents
	if vouchers > left || cents > leftCents {
		return Refuse(AllocationExceeded,
			Details{"allocation": a.ID, "vouchers": vouchers, "left": left, "cents": cents, "left_cents": leftCents},
			"%d vouchers and %d cents are needed, but allocation %s has only %d and %d left", vouchers, cents, a.ID, left, leftCents)
	}
	if err := change(&a.UsedCents, cents); err != nil {
		return err
	}
	a.UsedVouchers, a.State = a.UsedVouchers+vouchers, state
	if a.UsedVouchers == a.Vouchers && a.UsedCents == a.Cents {
		a.State = AllocationIsUsed
	}
	return nil
}

func (a *Allocation) checkNotExpired(now Number) error {
	if now >= a.ExpiresAt {
		return Refuse(AllocationExpired, Details{"allocation": a.ID, "expires_at": a.ExpiresAt, "now": now},
			"allocation %s expired at %d, and it is %d: propose another one", a.ID, a.ExpiresAt, now)
	}
	return nil
}

// CheckPath refuses what cannot be the path of a part.
func CheckPath(path []string) error {
	if path == nil || !isPath(path, MaxParts) {
		return Refuse(InvalidID, Details{"member": "path", "nodes": len(path), "most": depth(MaxParts)},
			"path is not valid: give a list of at most %d digests of 64 lower-case hexadecimal characters", depth(MaxParts))
	}
	return nil
}
