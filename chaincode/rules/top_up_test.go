package rules

import "testing"

func TestTopUps(t *testing.T) {
	one := TopUp{Voucher: idB, Entitlement: idA, Preset: "junior", Units: 2}
	for name, test := range map[string]struct {
		set  func(*Voucher, *TopUp)
		code Code
	}{
		"active":          {set: func(*Voucher, *TopUp) {}},
		"issued":          {set: func(v *Voucher, _ *TopUp) { v.State = VoucherIsIssued }},
		"blocked":         {set: func(v *Voucher, _ *TopUp) { v.State = VoucherIsBlocked }},
		"revoked":         {set: func(v *Voucher, _ *TopUp) { v.State = VoucherIsRevoked }, code: VoucherRevoked},
		"lapsed":          {set: func(v *Voucher, _ *TopUp) { v.State = VoucherIsLapsed }, code: VoucherState},
		"expired":         {set: func(v *Voucher, _ *TopUp) { v.EndsAt = noon }, code: VoucherExpired},
		"a product":       {set: func(v *Voucher, _ *TopUp) { v.Product = "bicycle" }, code: VoucherState},
		"by a product":    {set: func(_ *Voucher, t *TopUp) { t.Preset, t.Units = "bicycle", 1 }, code: PresetUnknown},
		"by nothing":      {set: func(_ *Voucher, t *TopUp) { t.Preset = "baby" }, code: PresetUnknown},
		"all it may hold": {set: func(_ *Voucher, t *TopUp) { t.Units = 9_999 }},
		"more":            {set: func(_ *Voucher, t *TopUp) { t.Units = 10_000 }, code: InvalidAmount},
		"more at once":    {set: func(_ *Voucher, t *TopUp) { t.Units = 10_001 }, code: InvalidAmount},
		"more, topped up": {set: func(v *Voucher, t *TopUp) { t.Units = 9_999; giveMore(v, 1) }, code: InvalidAmount},
		"less, topped up": {set: func(v *Voucher, t *TopUp) { t.Units = 9_998; giveMore(v, 10_000) }},
	} {
		t.Run(name, func(t *testing.T) {
			v, topUp := activeVoucher(t), one
			test.set(v, &topUp)
			before := v.Balance
			cents, err := bicycleTerms().TopUp(v, topUp, noon)
			expect(t, test.code, err)
			given := 10_000 * Cents(topUp.Units)
			if test.code != "" {
				given = 0
			}
			if cents != given || v.ToppedUp != before.ToppedUp+given || v.Available != before.Available+given {
				t.Fatalf("%d %+v", cents, v)
			}
		})
	}
}

func TestAVoucherWithANegativeTermIsNotToppedUp(t *testing.T) {
	for name, spoil := range map[string]func(*Voucher){
		"topped up": func(v *Voucher) { v.ToppedUp = -1 }, "available": func(v *Voucher) { v.Available = -1 },
	} {
		v := activeVoucher(t)
		spoil(v)
		cents, err := goodTerms().TopUp(v, TopUp{idB, idB, "junior", 1}, noon)
		expect(t, LedgerInconsistent, err)
		if cents != 0 {
			t.Errorf("%s: %d cents were added", name, cents)
		}
	}
}

func TestTopUpsOfARequest(t *testing.T) {
	one, two := TopUp{idA, idA, "junior", 1}, TopUp{idB, idB, "junior", 1}
	expect(t, "", CheckTopUps([]TopUp{one, two}, 2))
	expect(t, InvalidNumber, CheckTopUps(nil, 2))
	expect(t, InvalidNumber, CheckTopUps([]TopUp{one, two}, 1))
	for code, topUp := range map[Code]TopUp{
		MalformedRequest: {idA, idB, "junior", 1}, AlreadyIssued: {idB, idA, "junior", 1}, InvalidID: {"x", idB, "junior", 1},
		InvalidCode: {idB, idB, "Junior", 1}, InvalidNumber: {idB, idB, "junior", 0},
	} {
		expect(t, code, CheckTopUps([]TopUp{one, topUp}, 2))
	}
	expect(t, InvalidID, CheckTopUps([]TopUp{{idB, "", "junior", 1}}, 2))
}

// giveMore puts an earlier top-up into a voucher.
func giveMore(v *Voucher, cents Cents) {
	v.ToppedUp, v.Available = v.ToppedUp+cents, v.Available+cents
}
