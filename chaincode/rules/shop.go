package rules

import "slices"

// States of a shop.
const (
	ShopApplied   State = "applied"
	ShopApproved  State = "approved"
	ShopSuspended State = "suspended"
	ShopEnded     State = "ended"
)

// Steps of a shop.
const (
	ApproveShop   Step = "approve"
	SuspendShop   Step = "suspend"
	ReinstateShop Step = "reinstate"
	GrantShop     Step = "grant"
	EndShop       Step = "end"
	ChangeAccount Step = "change-account"
	FreezePayout  Step = "freeze-payout"

	MandateAcquirer Step = "mandate"
)

var shopLife = machine{thing: "shop", refusal: ShopState, steps: map[Step]map[State]State{
	ApproveShop:   {ShopApplied: ShopApproved},
	SuspendShop:   {ShopApproved: ShopSuspended},
	ReinstateShop: {ShopSuspended: ShopApproved},
	GrantShop:     {ShopApproved: ShopApproved, ShopSuspended: ShopSuspended},
	EndShop:       {ShopApplied: ShopEnded, ShopApproved: ShopEnded, ShopSuspended: ShopEnded},
	ChangeAccount: {ShopApplied: ShopApplied, ShopApproved: ShopApproved, ShopSuspended: ShopSuspended, ShopEnded: ShopEnded},
	FreezePayout:  staying(ShopApproved, ShopSuspended, ShopEnded),

	MandateAcquirer: staying(ShopApplied, ShopApproved, ShopSuspended),
}}

// Shop is a shop of a shops' organisation, with the categories that it asked for and those that the municipality granted. Accounts
// names the accounts that replaced that of its application, of which the last is in force; AccountSHA256 is the digest of that one's private
// record, "" when it was put in force before the digest was kept; AccountChange is one that awaits a decision. Acquirers are those that may
// take payments for it. RefundAlone is what of a payment one of its persons may refund alone, nil when there is no limit.
type Shop struct {
	ID          string         `json:"id"`
	MSP         string         `json:"msp"`
	State       State          `json:"state"`
	Requested   []string       `json:"requested"`
	Categories  []ShopCategory `json:"categories"`
	AppliedBy   string         `json:"applied_by"`
	ApprovedBy  string         `json:"approved_by,omitzero"`
	ChangedBy   string         `json:"changed_by,omitzero"`
	StateReason string         `json:"state_reason,omitzero"`

	Accounts      []string       `json:"accounts,omitzero"`
	AccountSHA256 string         `json:"account_sha256,omitzero"`
	AccountChange *AccountChange `json:"account_change,omitzero"`
	Acquirers     []string       `json:"acquirers,omitzero"`
	RefundAlone   *Cents         `json:"refund_alone_cents,omitzero"`

	PayoutFrozenBy     string `json:"payout_frozen_by,omitzero"`
	PayoutFreezeReason string `json:"payout_freeze_reason,omitzero"`

	EndedOn       Day     `json:"ended_on,omitzero"`
	RetentionDays *Number `json:"retention_days,omitzero"`
}

// ShopCategory is a category that a shop may sell in, from a day on.
type ShopCategory struct {
	Code string `json:"code"`
	From Day    `json:"from"`
}

// Approve grants categories to a shop that applied. The hash is that of the private record of its account as it is kept, "" when there is
// none: whoever approves the shop has to be able to look at it.
func (s *Shop) Approve(person, hash string, categories []ShopCategory) error {
	state, err := shopLife.next(s.ID, ApproveShop, s.State)
	if err != nil {
		return err
	}
	if hash == "" {
		return Refuse(AccountMissing, Details{"shop": s.ID}, "the private record of the account of shop %s is missing: the shop must propose an account", s.ID)
	}
	s.State, s.ApprovedBy, s.AccountSHA256, s.Categories = state, person, hash, categories
	return nil
}

// Suspend stops a shop from taking payments.
func (s *Shop) Suspend(person, reason string) error {
	return s.changeState(SuspendShop, person, reason)
}

// Reinstate lets a shop that another person suspended take payments again.
func (s *Shop) Reinstate(person, reason string) error {
	suspendedBy := s.ChangedBy
	if err := s.changeState(ReinstateShop, person, reason); err != nil {
		return err
	}
	return CheckSecondPerson(suspendedBy, person)
}

func (s *Shop) changeState(step Step, person, reason string) error {
	state, err := shopLife.next(s.ID, step, s.State)
	if err != nil {
		return err
	}
	s.State, s.ChangedBy, s.StateReason = state, person, reason
	return nil
}

// Grant replaces the shop's categories.
func (s *Shop) Grant(categories []ShopCategory) error {
	if _, err := shopLife.next(s.ID, GrantShop, s.State); err != nil {
		return err
	}
	s.Categories = categories
	return nil
}

// End ends the shop permanently, on a day. Its private accounts are kept for retentionDays from then. The payout of a shop that was
// suspended stays frozen until somebody decides about it.
func (s *Shop) End(person, reason string, today Day, retentionDays Number) error {
	before := *s
	if err := s.changeState(EndShop, person, reason); err != nil {
		return err
	}
	if before.State == ShopSuspended && !s.isFrozen() {
		s.PayoutFrozenBy, s.PayoutFreezeReason = before.ChangedBy, before.StateReason
	}
	s.EndedOn, s.RetentionDays = today, &retentionDays
	return nil
}

// CheckEndable refuses a shop that has been ended.
func (s *Shop) CheckEndable() error {
	_, err := shopLife.next(s.ID, EndShop, s.State)
	return err
}

// CheckApproved refuses a shop that may not take payments.
func (s *Shop) CheckApproved() error {
	if s.State != ShopApproved {
		return Refuse(ShopNotApproved, Details{"shop": s.ID, "state": s.State}, "shop %s is %s: it must be %s to take payments", s.ID, s.State, ShopApproved)
	}
	return nil
}

// CheckEnded refuses a shop that has not been ended.
func (s *Shop) CheckEnded() error {
	if !s.IsEnded() {
		return Refuse(ShopState, Details{"id": s.ID, "state": s.State, "needed": []State{ShopEnded}},
			"shop %s is %s: end it first", s.ID, s.State)
	}
	return nil
}

// IsEnded reports whether the shop has been ended.
func (s *Shop) IsEnded() bool {
	return s.State == ShopEnded
}

// Sells reports whether the shop has a category on a day.
func (s *Shop) Sells(category string, day Day) bool {
	return slices.ContainsFunc(s.Categories, func(c ShopCategory) bool { return c.Code == category && c.From <= day })
}

// CheckRetention refuses a missing or impossible retention term of private records, in days.
func CheckRetention(days *Number) error {
	return checkDays("retention_days", days, maxDays)
}

// CheckRequested refuses malformed codes of the categories that a shop asks for.
func CheckRequested(categories []string) error {
	if err := CheckCount("categories", len(categories), maxCategories); err != nil {
		return err
	}
	for i, code := range categories {
		if err := checkCategoryOnce(code, slices.Contains(categories[:i], code)); err != nil {
			return err
		}
	}
	return nil
}

// CheckGranted refuses malformed categories of a grant.
func CheckGranted(categories []ShopCategory) error {
	if err := CheckCount("categories", len(categories), maxCategories); err != nil {
		return err
	}
	for i, category := range categories {
		twice := slices.ContainsFunc(categories[:i], func(c ShopCategory) bool { return c.Code == category.Code })
		if err := FirstError(checkCategoryOnce(category.Code, twice), CheckDay("categories.from", category.From)); err != nil {
			return err
		}
	}
	return nil
}

func checkCategoryOnce(code string, twice bool) error {
	if err := CheckCode("category", code); err != nil {
		return err
	}
	if twice {
		return Refuse(MalformedRequest, Details{"category": code}, "category %s appears twice: name each category once", code)
	}
	return nil
}
