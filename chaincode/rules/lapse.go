package rules

// lapsing is the part of a voucher that can no longer be spent, and whether that is all of it.
type lapsing struct {
	due    bool
	wholly bool
	cents  Cents
}

// lapsingAt tells what lapses of a voucher: past its end and its grace, or in a closed scheme, all of it; past its end and within its
// grace, all but what was refunded since; and once its product was bought, what is left, so that the shop can still take the product
// back.
func (v *Voucher) lapsingAt(scheme *Scheme, terms *Terms, now Number) lapsing {
	switch {
	case scheme.IsClosed() || now >= v.graceEnd(terms):
		return lapsing{due: true, wholly: true, cents: v.Available}
	case v.Redeemed:
		return lapsing{due: true, cents: v.Available}
	case now >= v.EndsAt:
		return lapsing{due: true, cents: v.Available - v.Grace}
	}
	return lapsing{}
}

// Lapse takes what can no longer be spent from the voucher and returns its cents, which go back to the budget. Expired holds must be
// released first.
func (v *Voucher) Lapse(scheme *Scheme, terms *Terms, now Number) (Cents, error) {
	state, err := voucherLife.next(v.ID, LapseVoucher, v.State)
	if err != nil {
		return 0, err
	}
	lapse := v.lapsingAt(scheme, terms, now)
	if !lapse.due {
		return 0, Refuse(LapseNotDue, Details{"voucher": v.ID, "ends_at": v.EndsAt, "now": now},
			"voucher %s can still be spent until %s: it cannot lapse before that", v.ID, DayOf(v.EndsAt-1))
	}
	if err := v.checkNoHold(); err != nil {
		return 0, err
	}
	if lapse.wholly {
		v.close(state)
		v.Grace = 0
	}
	return lapse.cents, v.move(&v.Available, &v.Lapsed, lapse.cents)
}

// IsLapsable reports whether Lapse would take the voucher at an instant and change it.
func (v *Voucher) IsLapsable(scheme *Scheme, terms *Terms, now Number) bool {
	if _, err := voucherLife.next(v.ID, LapseVoucher, v.State); err != nil || len(v.ExpiredHolds(now)) < len(v.Holds) {
		return false
	}
	lapse := v.lapsingAt(scheme, terms, now)
	return lapse.wholly || (lapse.due && lapse.cents+v.Held > 0)
}

// RevokeBlocked is Revoke for a voucher that another person of the municipality has blocked: then two persons agree on it already.
func (v *Voucher) RevokeBlocked(person string) (Cents, error) {
	if err := v.CheckRevocable(); err != nil {
		return 0, err
	}
	if v.State != VoucherIsBlocked || v.BlockedBy == ByHolder || v.BlockedBy == person {
		return 0, Refuse(SecondPersonRequired, Details{"voucher": v.ID, "person": person, "state": v.State, "blocked_by": v.BlockedBy},
			"voucher %s was not blocked by another person of the municipality: propose its revocation instead, for another person to approve", v.ID)
	}
	return v.Revoke()
}

// CheckRevocable refuses a voucher that is over already.
func (v *Voucher) CheckRevocable() error {
	_, err := voucherLife.next(v.ID, RevokeVoucher, v.State)
	return err
}

// Revoke ends the voucher permanently and returns the cents that were available, which go back to the budget. Expired holds must be
// released first.
func (v *Voucher) Revoke() (Cents, error) {
	state, err := voucherLife.next(v.ID, RevokeVoucher, v.State)
	if err != nil {
		return 0, err
	}
	if err := v.checkNoHold(); err != nil {
		return 0, err
	}
	v.close(state)
	cents := v.Available
	return cents, v.move(&v.Available, &v.Revoked, cents)
}
