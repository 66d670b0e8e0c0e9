package rules

import "slices"

// maxAcquirers is how many acquirers a shop may have mandated at a time.
const maxAcquirers = 20

// Mandate lets an acquirer, the person of its certificate in the shop's own organisation, take payments for the shop.
func (s *Shop) Mandate(acquirer string) error {
	if _, err := shopLife.next(s.ID, MandateAcquirer, s.State); err != nil {
		return err
	}
	if s.HasMandated(acquirer) {
		return Refuse(MandateState, Details{"shop": s.ID, "acquirer": acquirer}, "shop %s has already mandated %s", s.ID, acquirer)
	}
	if len(s.Acquirers) >= maxAcquirers {
		return Refuse(MandateState, Details{"shop": s.ID, "acquirers": len(s.Acquirers), "most": maxAcquirers},
			"shop %s has mandated %d acquirers, the maximum: withdraw a mandate first", s.ID, len(s.Acquirers))
	}
	s.Acquirers = append(slices.Clone(s.Acquirers), acquirer)
	return nil
}

// WithdrawMandate ends what an acquirer may do for the shop, whatever the shop's state.
func (s *Shop) WithdrawMandate(acquirer string) error {
	if !s.HasMandated(acquirer) {
		return Refuse(MandateState, Details{"shop": s.ID, "acquirer": acquirer}, "shop %s has not mandated %s: there is nothing to withdraw", s.ID, acquirer)
	}
	s.Acquirers = slices.DeleteFunc(slices.Clone(s.Acquirers), func(a string) bool { return a == acquirer })
	if len(s.Acquirers) == 0 {
		s.Acquirers = nil // a record without a mandate does not have the member
	}
	return nil
}

// HasMandated reports whether an acquirer may act for the shop.
func (s *Shop) HasMandated(acquirer string) bool {
	return slices.Contains(s.Acquirers, acquirer)
}
