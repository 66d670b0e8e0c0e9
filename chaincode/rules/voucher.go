package rules

import "maps"

// States of a voucher.
const (
	VoucherIsIssued  State = "issued"
	VoucherIsActive  State = "active"
	VoucherIsBlocked State = "blocked"
	VoucherIsRevoked State = "revoked"
)

// Steps of a voucher. Unblocking returns to the state that the voucher was blocked in, so it is not in the table.
const (
	ActivateVoucher Step = "activate"
	BlockVoucher    Step = "block"
	UnblockVoucher  Step = "unblock"
)

var voucherLife = machine{thing: "voucher", refusal: VoucherState, steps: map[Step]map[State]State{
	ActivateVoucher: {VoucherIsIssued: VoucherIsActive},
	BlockVoucher:    {VoucherIsIssued: VoucherIsBlocked, VoucherIsActive: VoucherIsBlocked},
	UnblockVoucher:  {VoucherIsBlocked: VoucherIsActive},
}}

// Voucher is what one child may spend (tegoed). EndsAt is the first instant at which it can no longer be spent, Unix seconds.
type Voucher struct {
	ID           string `json:"id"`
	Scheme       string `json:"scheme"`
	RulesVersion Number `json:"rules_version"`
	State        State  `json:"state"`
	Entitlement  string `json:"entitlement"`
	Preset       string `json:"preset"`
	Units        Number `json:"units"`
	Balance
	SpentByCategory map[string]Cents    `json:"spent_by_category"`
	Day             DaySpending         `json:"day"`
	EndsAt          Number              `json:"ends_at"`
	Authorisation   *BoundAuthorisation `json:"authorisation"`
	BlockedFrom     State               `json:"blocked_from,omitzero"`
	BlockedBy       string              `json:"blocked_by,omitzero"`
	BlockReason     string              `json:"block_reason,omitzero"`
}

// DaySpending is what was paid on the latest booking day that the voucher was used on, cancelled payments left out.
type DaySpending struct {
	Date  Day   `json:"date"`
	Cents Cents `json:"cents"`
}

// Allocation is one voucher of a request to issue.
type Allocation struct {
	ID          string `json:"id"`
	Entitlement string `json:"entitlement"`
	Preset      string `json:"preset"`
	Units       Number `json:"units"`
}

// Issue makes the voucher of an allocation under a version of a scheme's terms.
func (t *Terms) Issue(scheme string, version Number, allocation Allocation) (*Voucher, error) {
	cents, err := t.Amount(allocation.Preset, allocation.Units)
	if err != nil {
		return nil, err
	}
	voucher := &Voucher{
		ID: allocation.ID, Scheme: scheme, RulesVersion: version, State: VoucherIsIssued,
		Entitlement: allocation.Entitlement, Preset: allocation.Preset, Units: allocation.Units,
		Balance: Balance{Issued: cents, Available: cents}, SpentByCategory: map[string]Cents{}, EndsAt: t.End(),
	}
	return voucher, voucher.Check()
}

// Activate binds the voucher to what its holder authorises with.
func (v *Voucher) Activate(authorisation Authorisation) error {
	state, err := voucherLife.next(v.ID, ActivateVoucher, v.State)
	if err != nil {
		return err
	}
	v.State, v.Authorisation = state, authorisation.Bind(FirstVersion)
	return nil
}

// Block stops spending.
func (v *Voucher) Block(person, reason string) error {
	state, err := voucherLife.next(v.ID, BlockVoucher, v.State)
	if err != nil {
		return err
	}
	v.BlockedFrom, v.State, v.BlockedBy, v.BlockReason = v.State, state, person, reason
	return nil
}

// Unblock returns the voucher to the state that it was blocked in, by another person than who blocked it.
func (v *Voucher) Unblock(person string) error {
	if _, err := voucherLife.next(v.ID, UnblockVoucher, v.State); err != nil {
		return err
	}
	if err := CheckSecondPerson(v.BlockedBy, person); err != nil {
		return err
	}
	v.State, v.BlockedFrom, v.BlockedBy, v.BlockReason = v.BlockedFrom, "", "", ""
	return nil
}

// CheckSpendable refuses a voucher by its state and its end.
func (v *Voucher) CheckSpendable(now Number) error {
	details := Details{"voucher": v.ID, "state": v.State}
	switch v.State {
	case VoucherIsActive:
	case VoucherIsBlocked:
		return Refuse(VoucherBlocked, details, "voucher %s is blocked", v.ID)
	case VoucherIsRevoked:
		return Refuse(VoucherRevoked, details, "voucher %s is revoked", v.ID)
	default:
		return Refuse(VoucherNotActive, details, "voucher %s is %s and has to be activated first", v.ID, v.State)
	}
	if now >= v.EndsAt {
		last := DayOf(v.EndsAt - 1)
		return Refuse(VoucherExpired, Details{"voucher": v.ID, "ends_at": v.EndsAt, "last_day": last},
			"voucher %s expired on %s", v.ID, last)
	}
	return nil
}

// SpentOn gives what counts toward the cap of a booking day. A payment whose timestamp lies before the latest booking day of the
// voucher counts into that later day, so that going back never frees a cap.
func (v *Voucher) SpentOn(day Day) Cents {
	if v.Day.Date >= day {
		return v.Day.Cents
	}
	return 0
}

// Destination tells where returned money goes at an instant.
func (v *Voucher) Destination(now Number) Destination {
	switch {
	case v.State == VoucherIsRevoked:
		return ToRevoked
	case now >= v.EndsAt:
		return ToLapsed
	}
	return ToAvailable
}

// Check verifies the voucher's equation, and that the categories add up to what it spent.
func (v *Voucher) Check() error {
	if err := v.Balance.Check(); err != nil {
		return err
	}
	byCategory := Cents(0)
	for cents := range maps.Values(v.SpentByCategory) {
		total, err := sum(byCategory, cents)
		if err != nil {
			return err
		}
		byCategory = total
	}
	if byCategory != v.Net() || v.Day.Cents < 0 {
		return Refuse(LedgerInconsistent, Details{"voucher": v.ID, "spent_cents": v.Net(), "by_category_cents": byCategory},
			"the categories of voucher %s add up to %d and not to %d cents", v.ID, byCategory, v.Net())
	}
	return nil
}

// CheckAllocations refuses too many vouchers, malformed ones, and a voucher or an entitlement that stands in the request twice.
func CheckAllocations(allocations []Allocation, most int) error {
	if err := CheckCount("vouchers", len(allocations), most); err != nil {
		return err
	}
	vouchers, entitlements := map[string]bool{}, map[string]bool{}
	for _, a := range allocations {
		if err := FirstError(
			CheckID("vouchers.id", a.ID),
			CheckID("vouchers.entitlement", a.Entitlement),
			CheckCode("vouchers.preset", a.Preset),
			CheckNumber("vouchers.units", a.Units, 1, Number(MaxAmount)),
		); err != nil {
			return err
		}
		if vouchers[a.ID] {
			return Refuse(VoucherExists, Details{"voucher": a.ID}, "voucher %s stands in the request twice", a.ID)
		}
		if entitlements[a.Entitlement] {
			return Refuse(AlreadyIssued, Details{"entitlement": a.Entitlement}, "entitlement %s stands in the request twice", a.Entitlement)
		}
		vouchers[a.ID], entitlements[a.Entitlement] = true, true
	}
	return nil
}
