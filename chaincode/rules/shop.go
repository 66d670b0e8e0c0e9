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
)

var shopLife = machine{thing: "shop", refusal: ShopState, steps: map[Step]map[State]State{
	ApproveShop:   {ShopApplied: ShopApproved},
	SuspendShop:   {ShopApproved: ShopSuspended},
	ReinstateShop: {ShopSuspended: ShopApproved},
}}

// Shop is a shop of a shops' organisation, with the categories that it asked for and those that the municipality granted.
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
}

// ShopCategory is a category that a shop may sell in, from a day on.
type ShopCategory struct {
	Code string `json:"code"`
	From Day    `json:"from"`
}

// Approve grants categories to a shop that applied.
func (s *Shop) Approve(person string, categories []ShopCategory) error {
	state, err := shopLife.next(s.ID, ApproveShop, s.State)
	if err != nil {
		return err
	}
	s.State, s.ApprovedBy, s.Categories = state, person, categories
	return nil
}

// Turn suspends or reinstates a shop.
func (s *Shop) Turn(step Step, person, reason string) error {
	state, err := shopLife.next(s.ID, step, s.State)
	if err != nil {
		return err
	}
	s.State, s.ChangedBy, s.StateReason = state, person, reason
	return nil
}

// CheckApproved refuses a shop that may not take payments.
func (s *Shop) CheckApproved() error {
	if s.State != ShopApproved {
		return Refuse(ShopNotApproved, Details{"shop": s.ID, "state": s.State}, "shop %s is %s", s.ID, s.State)
	}
	return nil
}

// IsEnded tells whether the shop takes part no more, for ever.
func (s *Shop) IsEnded() bool {
	return s.State == ShopEnded
}

// Sells tells whether the shop has a category on a day.
func (s *Shop) Sells(category string, day Day) bool {
	return slices.ContainsFunc(s.Categories, func(c ShopCategory) bool { return c.Code == category && c.From <= day })
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
		return Refuse(MalformedRequest, Details{"category": code}, "category %s is named twice", code)
	}
	return nil
}
