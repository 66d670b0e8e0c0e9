package rules

// FreezePayout stops what the shop is owed from being exported to the bank, whatever happens to the shop, until another person releases it.
func (s *Shop) FreezePayout(person, reason string) error {
	if _, err := shopLife.next(s.ID, FreezePayout, s.State); err != nil {
		return err
	}
	if s.isFrozen() {
		return s.refuseFrozen()
	}
	s.PayoutFrozenBy, s.PayoutFreezeReason = person, reason
	return nil
}

// ReleasePayout ends what FreezePayout or the end of a suspended shop began, by another person than who froze the payout or suspended the
// shop.
func (s *Shop) ReleasePayout(person string) error {
	if !s.isFrozen() {
		return Refuse(ShopState, Details{"id": s.ID, "step": "release-payout", "state": s.State},
			"the payout of shop %s is not frozen, so it cannot be released", s.ID)
	}
	if err := CheckSecondPerson(s.PayoutFrozenBy, person); err != nil {
		return err
	}
	s.PayoutFrozenBy, s.PayoutFreezeReason = "", ""
	return nil
}

// CheckPayout refuses to export what a shop is owed while it is suspended or its payout is frozen.
func (s *Shop) CheckPayout() error {
	switch {
	case s.isFrozen():
		return s.refuseFrozen()
	case s.State == ShopSuspended:
		return Refuse(PayoutFrozen, Details{"shop": s.ID, "state": s.State, "frozen_by": s.ChangedBy, "reason": s.StateReason},
			"shop %s is suspended: its settlements wait until another person reinstates it", s.ID)
	}
	return nil
}

// HasFrozenPayout reports whether CheckPayout refuses.
func (s *Shop) HasFrozenPayout() bool {
	return s.CheckPayout() != nil
}

func (s *Shop) isFrozen() bool {
	return s.PayoutFrozenBy != ""
}

func (s *Shop) refuseFrozen() error {
	return Refuse(PayoutFrozen, Details{"shop": s.ID, "frozen_by": s.PayoutFrozenBy, "reason": s.PayoutFreezeReason},
		"the payout of shop %s is frozen: another person than %s has to release it first", s.ID, s.PayoutFrozenBy)
}
