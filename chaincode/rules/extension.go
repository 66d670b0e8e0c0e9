package rules

// Extend lets the voucher be spent until the end of a later day. Money refunded after its end no longer needs grace.
func (v *Voucher) Extend(terms *Terms, endsOn Day, now Number) error {
	if _, err := voucherLife.next(v.ID, ExtendVoucher, v.State); err != nil {
		return err
	}
	last, latest := DayOf(v.EndsAt-1), terms.lastExtension()
	if endsOn <= DayOf(now) || endsOn <= last || endsOn > latest {
		return Refuse(InvalidDate,
			Details{"voucher": v.ID, "ends_on": endsOn, "today": DayOf(now), "last_day": last, "latest": latest},
			"voucher %s ends on %s and cannot be extended to %s: give a later day, after today and no later than %s", v.ID, last, endsOn, latest)
	}
	v.EndsAt, v.Grace = endsOn.Next().Start(), 0
	return v.settle()
}

// lastExtension returns the latest day that a voucher may be extended to.
func (t *Terms) lastExtension() Day {
	if t.ExtensionDays == nil {
		return t.EndsOn
	}
	return t.EndsOn.Plus(*t.ExtensionDays)
}
