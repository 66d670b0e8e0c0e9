package rules

import (
	"maps"
	"slices"
)

// States of a voucher.
const (
	VoucherIsIssued  State = "issued"
	VoucherIsActive  State = "active"
	VoucherIsBlocked State = "blocked"
	VoucherIsRevoked State = "revoked"
	VoucherIsLapsed  State = "lapsed"
)

// Steps of a voucher. Unblocking returns to the state that the voucher was blocked in, so it is not in the table.
const (
	ActivateVoucher Step = "activate"
	BlockVoucher    Step = "block"
	UnblockVoucher  Step = "unblock"
	ReplaceVoucher  Step = "replace"
	TopUpVoucher    Step = "top up"
	ExtendVoucher   Step = "extend"
	RevokeVoucher   Step = "revoke"
	LapseVoucher    Step = "lapse"
)

var voucherLife = machine{thing: "voucher", refusal: VoucherState, steps: map[Step]map[State]State{
	ActivateVoucher: {VoucherIsIssued: VoucherIsActive},
	BlockVoucher:    {VoucherIsIssued: VoucherIsBlocked, VoucherIsActive: VoucherIsBlocked},
	UnblockVoucher:  {VoucherIsBlocked: VoucherIsActive},
	ReplaceVoucher:  {VoucherIsActive: VoucherIsBlocked, VoucherIsBlocked: VoucherIsBlocked},
	TopUpVoucher:    staying(VoucherIsIssued, VoucherIsActive, VoucherIsBlocked),
	ExtendVoucher:   staying(VoucherIsIssued, VoucherIsActive, VoucherIsBlocked),
	RevokeVoucher:   {VoucherIsIssued: VoucherIsRevoked, VoucherIsActive: VoucherIsRevoked, VoucherIsBlocked: VoucherIsRevoked},
	LapseVoucher:    {VoucherIsIssued: VoucherIsLapsed, VoucherIsActive: VoucherIsLapsed, VoucherIsBlocked: VoucherIsLapsed},
}}

// Voucher is what one child may spend (tegoed). EndsAt is the first instant at which it can no longer be spent, Unix seconds; Grace
// are the cents of what is available that were refunded after it and may still be spent for a while. HolderBlocked is set for a voucher
// that its holder blocked while someone else's block, BlockedBy, was on it. IssuedBy is the person who issued it, "" when the record is
// older than that.
type Voucher struct {
	ID           string `json:"id"`
	Scheme       string `json:"scheme"`
	RulesVersion Number `json:"rules_version"`
	State        State  `json:"state"`
	Entitlement  string `json:"entitlement"`
	Preset       string `json:"preset"`
	Units        Number `json:"units"`
	IssuedBy     string `json:"issued_by,omitzero"`
	Balance
	SpentByCategory map[string]Cents    `json:"spent_by_category"`
	HeldByCategory  map[string]Cents    `json:"held_by_category,omitzero"`
	Holds           map[string]Hold     `json:"holds,omitzero"`
	Day             DaySpending         `json:"day"`
	EndsAt          Number              `json:"ends_at"`
	Authorisation   *BoundAuthorisation `json:"authorisation"`
	Product         string              `json:"product,omitzero"`
	Redeemed        bool                `json:"redeemed,omitzero"`
	Grace           Cents               `json:"grace_cents,omitzero"`
	SelfBlock       string              `json:"self_block,omitzero"`
	Replacement     *Replacement        `json:"replacement,omitzero"`
	BlockedFrom     State               `json:"blocked_from,omitzero"`
	BlockedBy       string              `json:"blocked_by,omitzero"`
	BlockReason     string              `json:"block_reason,omitzero"`
	HolderBlocked   bool                `json:"holder_blocked,omitzero"`
}

// DaySpending is what was paid or held on the latest booking day that the voucher was used on, without cancelled payments and
// released holds. Paper is the part of it that was authorised by booklet while the terms had a limit for that.
type DaySpending struct {
	Date  Day   `json:"date"`
	Cents Cents `json:"cents"`
	Paper Cents `json:"paper_cents,omitzero"`
}

// on returns the spending that counts towards the caps of a booking day. A payment dated before the latest booking day of the voucher
// counts towards that later day, so that going back in time never frees a cap.
func (s DaySpending) on(day Day) DaySpending {
	if s.Date >= day {
		return s
	}
	return DaySpending{Date: day}
}

// Activate binds the voucher to what its holder authorises with. selfBlock is the hash of the holder's self-block code, "" for none. Who
// issued the voucher cannot also choose the key that spends it.
func (v *Voucher) Activate(authorisation Authorisation, selfBlock, person string) error {
	state, err := voucherLife.next(v.ID, ActivateVoucher, v.State)
	if err != nil {
		return err
	}
	if err := CheckSecondPerson(v.IssuedBy, person); err != nil {
		return err
	}
	v.State, v.Authorisation, v.SelfBlock = state, authorisation.Bind(FirstVersion), selfBlock
	return nil
}

// CheckSpendable refuses a voucher by its state, its end, and by what was done with the product that it is for.
func (v *Voucher) CheckSpendable(terms *Terms, now Number) error {
	details := Details{"voucher": v.ID, "state": v.State}
	switch {
	case v.State == VoucherIsActive:
	case v.State == VoucherIsBlocked:
		return v.blocked()
	case v.State == VoucherIsRevoked:
		return Refuse(VoucherRevoked, details, "voucher %s is revoked", v.ID)
	case v.State == VoucherIsLapsed && v.Redeemed:
		return v.redeemed()
	case v.State == VoucherIsLapsed:
		return v.expired()
	default:
		return Refuse(VoucherNotActive, details, "voucher %s is %s: activate it first", v.ID, v.State)
	}
	if now >= v.EndsAt && (now >= v.graceEnd(terms) || v.Grace == 0) {
		return v.expired()
	}
	return v.checkUnused()
}

// SpentOn returns what counts towards the cap of a booking day.
func (v *Voucher) SpentOn(day Day) Cents { return v.Day.on(day).Cents }

// UsedIn returns what counts toward the cap of a category: what is spent and what is held.
func (v *Voucher) UsedIn(category string) Cents {
	return v.SpentByCategory[category] + v.HeldByCategory[category]
}

// Check verifies the voucher's equation, that categories and holds add up to what it spent and holds, and that only what is
// available has grace.
func (v *Voucher) Check() error {
	if err := v.Balance.Check(); err != nil {
		return err
	}
	spent, err := sumOf(v.SpentByCategory, func(cents Cents) Cents { return cents })
	if err != nil {
		return err
	}
	held, err := sumOf(v.HeldByCategory, func(cents Cents) Cents { return cents })
	if err != nil {
		return err
	}
	holds, err := sumOf(v.Holds, func(hold Hold) Cents { return hold.Cents })
	if err != nil {
		return err
	}
	switch {
	case spent != v.Net() || v.Day.Cents < 0:
		return Refuse(LedgerInconsistent, Details{"voucher": v.ID, "spent_cents": v.Net(), "by_category_cents": spent},
			"the categories of voucher %s add up to %d cents, but %d were spent", v.ID, spent, v.Net())
	case held != v.Held || holds != v.Held:
		return Refuse(LedgerInconsistent, Details{"voucher": v.ID, "held_cents": v.Held, "by_category_cents": held, "holds_cents": holds},
			"the holds of voucher %s add up to %d cents and those by category to %d, but %d are held", v.ID, holds, held, v.Held)
	case v.Grace < 0 || v.Grace > v.Available:
		return Refuse(LedgerInconsistent, Details{"voucher": v.ID, "grace_cents": v.Grace, "available_cents": v.Available},
			"voucher %s has %d cents of grace, but %d are available", v.ID, v.Grace, v.Available)
	case v.Redeemed != v.bought():
		return Refuse(LedgerInconsistent, Details{"voucher": v.ID, "redeemed": v.Redeemed, "spent_cents": v.Net()},
			"voucher %s has redeemed set to %v, with %d cents spent", v.ID, v.Redeemed, v.Net())
	}
	return nil
}

// move takes cents of one term to another, and settles the voucher.
func (v *Voucher) move(from, to *Cents, cents Cents) error {
	if err := move(from, to, cents); err != nil {
		return err
	}
	return v.settle()
}

// settle updates what follows from the terms of the balance after they changed, and checks the voucher.
func (v *Voucher) settle() error {
	v.Grace, v.Redeemed = min(v.Grace, v.Available), v.bought()
	return v.Check()
}

// close ends a voucher permanently.
func (v *Voucher) close(state State) {
	v.State, v.Replacement = state, nil
	v.clearBlock()
}

func (v *Voucher) blocked() error {
	return Refuse(VoucherBlocked, Details{"voucher": v.ID, "state": v.State}, "voucher %s is blocked", v.ID)
}

func (v *Voucher) expired() error {
	last := DayOf(v.EndsAt - 1)
	return Refuse(VoucherExpired, Details{"voucher": v.ID, "ends_at": v.EndsAt, "last_day": last}, "voucher %s expired on %s", v.ID, last)
}

// staying lists states that a step leaves as they are.
func staying(states ...State) map[State]State {
	kept := map[State]State{}
	for _, state := range states {
		kept[state] = state
	}
	return kept
}

// sumOf adds what the values of a map count for, in the order of its keys.
func sumOf[T any](values map[string]T, cents func(T) Cents) (Cents, error) {
	total := Cents(0)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		next, err := sum(total, cents(values[key]))
		if err != nil {
			return 0, err
		}
		total = next
	}
	return total, nil
}
