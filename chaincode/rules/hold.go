package rules

import (
	"maps"
	"slices"
)

const (
	// HoldExpired is the reason of the release of a hold whose time is over.
	HoldExpired = "expired"
	// HoldReleasedByHolder is the reason of a release that the holder signed.
	HoldReleasedByHolder = ByHolder

	maxHolds           = 20
	secondsOfADay      = 86_400
	capturing     Step = "capture"
	releasing     Step = "release"
)

var holdLife = machine{thing: "payment", refusal: HoldNotOpen, steps: map[Step]map[State]State{
	capturing: {PaymentHeld: PaymentPaid},
	releasing: {PaymentHeld: PaymentReleased},
}}

// Hold is money of a voucher that is kept for a payment until an instant, Unix seconds, exclusive.
type Hold struct {
	Cents     Cents  `json:"cents"`
	ExpiresAt Number `json:"expires_at"`
}

// ExpiredHolds returns the payments whose holds of the voucher are over at an instant, in the order of their ids.
func (v *Voucher) ExpiredHolds(now Number) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(v.Holds)), func(id string) bool { return now < v.Holds[id].ExpiresAt })
}

// CheckHold refuses a hold after the voucher's end, one that the terms do not allow for so long, and one more than a voucher may have.
func (p *Purchase) CheckHold(expiresAt Number) error {
	v, days := p.Voucher, Number(0)
	if p.Terms.HoldDays != nil {
		days = *p.Terms.HoldDays
	}
	if p.Now >= v.EndsAt {
		return v.expired()
	}
	if latest := min(p.Now+days*secondsOfADay, v.EndsAt); expiresAt <= p.Now || expiresAt > latest {
		details := Details{"expires_at": expiresAt, "now": p.Now, "latest": latest, "hold_days": days}
		if days == 0 {
			return Refuse(HoldNotAllowed, details, "the scheme does not allow holds: take a payment instead")
		}
		return Refuse(HoldNotAllowed, details, "expires_at is %d: a hold must expire after now (%d) and no later than %d", expiresAt, p.Now, latest)
	}
	if len(v.Holds) >= maxHolds {
		return Refuse(HoldNotAllowed, Details{"voucher": v.ID, "holds": len(v.Holds), "most": maxHolds},
			"voucher %s has %d holds, the maximum: capture or release one first", v.ID, len(v.Holds))
	}
	return nil
}

// Hold checks the amounts of a purchase as those of a payment and moves them from available to held.
func (p *Purchase) Hold(payment string, lines []Line, by ProofKind, expiresAt Number) error {
	if err := p.checkAmounts(lines, by); err != nil {
		return err
	}
	v, total := p.Voucher, Total(lines)
	if v.Holds == nil {
		v.Holds = map[string]Hold{}
	}
	if v.HeldByCategory == nil {
		v.HeldByCategory = map[string]Cents{}
	}
	for _, line := range lines {
		v.HeldByCategory[line.Category] += line.Cents
	}
	v.Holds[payment] = Hold{Cents: total, ExpiresAt: expiresAt}
	p.count(total, by)
	return v.move(&v.Available, &v.Held, total)
}

// Capture turns a hold, or what its parts left of it, into a payment of these lines, booked on a day; what they leave is released.
func (p *Payment) Capture(v *Voucher, lines []Line, booked Day, now Number) error {
	state, err := holdLife.next(p.ID, capturing, p.State)
	if err != nil {
		return err
	}
	if err := p.checkCapture(v, lines, now); err != nil {
		return err
	}
	total := Total(lines)
	for _, line := range lines {
		v.SpentByCategory[line.Category] += line.Cents
	}
	p.State, p.Lines, p.Cents, p.Day, p.CapturedAt = state, lines, total, booked, now
	if err := v.unhold(p, p.Left()-total); err != nil {
		return err
	}
	return v.move(&v.Available, &v.Spent, total)
}

// checkCapture refuses lines of a hold that has expired or whose voucher is blocked, and lines above what it has left.
func (p *Payment) checkCapture(v *Voucher, lines []Line, now Number) error {
	if now >= p.ExpiresAt {
		return Refuse(HoldNotOpen, Details{"id": p.ID, "expires_at": p.ExpiresAt, "now": now}, "hold %s expired at %d: take a new payment", p.ID, p.ExpiresAt)
	}
	if v.State == VoucherIsBlocked {
		return v.blocked()
	}
	left := p.leftLines()
	for _, line := range lines {
		if held := centsIn(left, line.Category); line.Cents > held {
			return Refuse(HoldExceeded, Details{"category": line.Category, "cents": line.Cents, "held_cents": held},
				"%d cents cannot be captured in category %s: %d are held", line.Cents, line.Category, held)
		}
	}
	return nil
}

// Release returns a hold, or what its parts left of it, to the voucher.
func (p *Payment) Release(v *Voucher, reason string) error {
	state, err := holdLife.next(p.ID, releasing, p.State)
	if err != nil {
		return err
	}
	p.State, p.ReleaseReason = state, reason
	if err := v.unhold(p, p.Left()); err != nil {
		return err
	}
	return v.settle()
}

// CheckReleasable refuses the municipality's release of a hold that has not expired: until then it is its shop's. One that can not be
// captured, because the voucher is blocked or the shop is not approved, may be released by who decides about blocks and shops.
func (p *Payment) CheckReleasable(v *Voucher, shop *Shop, decides bool, now Number) error {
	stopped := v.State == VoucherIsBlocked || shop.State != ShopApproved
	if p.State != PaymentHeld || now >= p.ExpiresAt || (stopped && decides) {
		return nil
	}
	return Refuse(HoldLive, Details{"payment": p.ID, "shop": p.Shop, "expires_at": p.ExpiresAt},
		"hold %s lasts until %d: until then only shop %s may release it, or an approver when the voucher is blocked or the shop is not approved",
		p.ID, p.ExpiresAt, p.Shop)
}

// unhold makes what a hold has left available, and subtracts what was not paid of it from the spending of its day, if that is still the
// latest.
func (v *Voucher) unhold(p *Payment, unpaid Cents) error {
	if err := v.unholdLines(p.leftLines()); err != nil {
		return err
	}
	if delete(v.Holds, p.ID); len(v.Holds) == 0 {
		v.Holds = nil
	}
	if err := move(&v.Held, &v.Available, p.Left()); err != nil {
		return err
	}
	return v.uncount(p.HeldDay, unpaid, p.Proof.Kind)
}

// unholdLines takes lines from what is held by category.
func (v *Voucher) unholdLines(lines []Line) error {
	for _, line := range lines {
		held := v.HeldByCategory[line.Category]
		if err := change(&held, -line.Cents); err != nil {
			return err
		}
		if v.HeldByCategory[line.Category] = held; held == 0 {
			delete(v.HeldByCategory, line.Category)
		}
	}
	if len(v.HeldByCategory) == 0 {
		v.HeldByCategory = nil
	}
	return nil
}

// checkNoHold refuses a voucher that a shop holds money of.
func (v *Voucher) checkNoHold() error {
	if len(v.Holds) == 0 {
		return nil
	}
	holds := slices.Sorted(maps.Keys(v.Holds))
	return Refuse(HoldLive, Details{"voucher": v.ID, "holds": holds},
		"%d cents of voucher %s are on hold: capture or release them first", v.Held, v.ID)
}
