package rules

import "testing"

func TestExtensions(t *testing.T) {
	after := Day("2027-01-10").Start()
	for name, test := range map[string]struct {
		to   Day
		now  Number
		set  func(*Voucher, *Terms)
		code Code
	}{
		"a day":                 {to: "2027-01-01", now: noon},
		"as far as it goes":     {to: "2027-03-31", now: noon},
		"further":               {to: "2027-04-01", now: noon, code: InvalidDate},
		"no longer than it has": {to: "2026-12-31", now: noon, code: InvalidDate},
		"shorter":               {to: "2026-06-30", now: noon, code: InvalidDate},
		"no longer, by a second": {to: "2026-12-31", now: noon, code: InvalidDate,
			set: func(v *Voucher, _ *Terms) { v.EndsAt = Day("2026-12-31").Start() + 1 }},
		"when it is over":          {to: "2027-01-31", now: after},
		"to today":                 {to: "2027-01-10", now: after, code: InvalidDate},
		"to the past":              {to: "2027-01-05", now: after, code: InvalidDate},
		"no extensions":            {to: "2027-01-01", now: noon, set: func(_ *Voucher, t *Terms) { t.ExtensionDays = pointer(Number(0)) }, code: InvalidDate},
		"rules without the member": {to: "2027-01-01", now: noon, set: func(_ *Voucher, t *Terms) { t.ExtensionDays = nil }, code: InvalidDate},
		"later rules":              {to: "2027-06-01", now: noon, set: func(_ *Voucher, t *Terms) { t.EndsOn = "2027-06-30" }},
		"issued":                   {to: "2027-01-31", now: noon, set: func(v *Voucher, _ *Terms) { v.State = VoucherIsIssued }},
		"blocked":                  {to: "2027-01-31", now: noon, set: func(v *Voucher, _ *Terms) { v.State = VoucherIsBlocked }},
		"revoked":                  {to: "2027-01-31", now: noon, set: func(v *Voucher, _ *Terms) { v.State = VoucherIsRevoked }, code: VoucherState},
		"lapsed":                   {to: "2027-01-31", now: noon, set: func(v *Voucher, _ *Terms) { v.State = VoucherIsLapsed }, code: VoucherState},
	} {
		t.Run(name, func(t *testing.T) {
			v, terms := activeVoucher(t), goodTerms()
			v.Grace = 500
			if test.set != nil {
				test.set(v, terms)
			}
			expect(t, test.code, v.Extend(terms, test.to, test.now))
			if test.code == "" && (v.EndsAt != test.to.Next().Start() || v.Grace != 0) {
				t.Fatalf("%+v", v)
			}
		})
	}
}
