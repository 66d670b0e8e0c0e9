package rules

// graceEnd returns the first instant at which money that was refunded after the voucher's end can no longer be spent, in Unix
// seconds: the end of the last day of grace, or the voucher's end when its terms give no grace.
func (v *Voucher) graceEnd(terms *Terms) Number {
	if terms.RefundGraceDays == nil || *terms.RefundGraceDays == 0 {
		return v.EndsAt
	}
	return DayOf(v.EndsAt - 1).Plus(*terms.RefundGraceDays).Next().Start()
}

// Spendable returns what an instant leaves of the available cents: all before the voucher's end, what was refunded after it during the
// grace, and then nothing.
func (v *Voucher) Spendable(terms *Terms, now Number) Cents {
	switch {
	case now < v.EndsAt:
		return v.Available
	case now < v.graceEnd(terms):
		return v.Grace
	}
	return 0
}

// Destination tells where returned money goes at an instant.
func (v *Voucher) Destination(terms *Terms, now Number) Destination {
	switch {
	case v.State == VoucherIsRevoked:
		return ToRevoked
	case v.State == VoucherIsLapsed || now >= v.graceEnd(terms):
		return ToLapsed
	}
	return ToAvailable
}
