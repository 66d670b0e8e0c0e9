package rules

import (
	"strings"
	"testing"
)

func TestWhatLapses(t *testing.T) {
	open, closed := &Scheme{ID: idA, State: SchemeOpen}, &Scheme{ID: idA, State: SchemeClosed}
	for name, test := range map[string]struct {
		scheme *Scheme
		set    func(*Voucher) Number
		code   Code
		cents  Cents
		state  State
		change bool
	}{
		"before the end":  {scheme: open, set: func(v *Voucher) Number { return v.EndsAt - 1 }, code: LapseNotDue},
		"a closed scheme": {scheme: closed, set: func(*Voucher) Number { return noon }, cents: 10_000, state: VoucherIsLapsed, change: true},
		"within the grace": {scheme: open, cents: 9_400, state: VoucherIsActive, change: true,
			set: func(v *Voucher) Number { v.Grace = 600; return v.EndsAt }},
		"with a cent left": {scheme: open, cents: 1, state: VoucherIsActive, change: true,
			set: func(v *Voucher) Number { v.Grace = 9_999; return v.EndsAt }},
		"with nothing left": {scheme: open, cents: 0, state: VoucherIsActive,
			set: func(v *Voucher) Number { v.Grace = 10_000; return v.EndsAt }},
		"after the grace": {scheme: open, cents: 10_000, state: VoucherIsLapsed, change: true,
			set: func(v *Voucher) Number { v.Grace = 600; return v.EndsAt + 14*86_400 }},
		"never activated": {scheme: open, cents: 10_000, state: VoucherIsLapsed, change: true,
			set: func(v *Voucher) Number { v.State = VoucherIsIssued; return v.EndsAt * 2 }},
		"blocked and closed": {scheme: closed, cents: 10_000, state: VoucherIsLapsed, change: true,
			set: func(v *Voucher) Number { expect(t, "", v.Block("p-a", "x")); return noon }},
		"revoked": {scheme: closed, set: func(v *Voucher) Number { v.State = VoucherIsRevoked; return noon }, code: VoucherState},
		"lapsed":  {scheme: closed, set: func(v *Voucher) Number { v.State = VoucherIsLapsed; return noon }, code: VoucherState},
	} {
		t.Run(name, func(t *testing.T) {
			terms, v := goodTerms(), activeVoucher(t)
			terms.RefundGraceDays = pointer(Number(14))
			now := test.set(v)
			if got := v.IsLapsable(test.scheme, terms, now); got != test.change {
				t.Errorf("lapsable: %v", got)
			}
			cents, err := v.Lapse(test.scheme, terms, now)
			expect(t, test.code, err)
			if test.code != "" {
				if cents != 0 {
					t.Errorf("%d cents of what does not lapse", cents)
				}
				return
			}
			if cents != test.cents || v.State != test.state || v.Lapsed != cents || v.BlockedBy != "" || v.Grace != v.Available {
				t.Fatalf("%d %+v", cents, v)
			}
		})
	}
}

func TestWhatIsHeldDoesNotLapse(t *testing.T) {
	closed, terms := &Scheme{ID: idA, State: SchemeClosed}, goodTerms()
	purchase := purchaseOf(activeVoucher(t))
	v, hold := purchase.Voucher, held(t, purchase, idA)
	if v.IsLapsable(closed, terms, hold.ExpiresAt-1) || !v.IsLapsable(closed, terms, hold.ExpiresAt) {
		t.Error("lapsable while a hold is live, or not when it has expired")
	}
	cents, err := v.Lapse(closed, terms, noon)
	expect(t, HoldLive, err)
	if cents != 0 {
		t.Error(cents)
	}
	_, err = v.Lapse(&Scheme{ID: idA, State: SchemeOpen}, terms, noon)
	expect(t, LapseNotDue, err)
	cents, err = v.Revoke()
	expect(t, HoldLive, err)
	if cents != 0 {
		t.Error(cents)
	}
	expect(t, "", hold.Release(v, HoldExpired))
	cents, err = v.Revoke()
	expect(t, "", err)
	if cents != 10_000 || v.Revoked != 10_000 || v.State != VoucherIsRevoked {
		t.Fatalf("%+v", v)
	}
	cents, err = v.Revoke()
	expect(t, VoucherState, err)
	if cents != 0 {
		t.Error(cents)
	}
	expect(t, VoucherRevoked, v.CheckSpendable(terms, noon))
}

func TestALapsedVoucherTakesNoMoney(t *testing.T) {
	closed, terms, v := &Scheme{ID: idA, State: SchemeClosed}, goodTerms(), activeVoucher(t)
	paid := payment(t, v)
	_, err := v.Lapse(closed, terms, noon)
	expect(t, "", err)
	expect(t, VoucherExpired, v.CheckSpendable(terms, noon))
	to, err := paid.Refund(v, terms, noon, []Line{{"books", 500}})
	expect(t, "", err)
	if to != ToLapsed || v.Lapsed != 9_000 || v.Available != 0 {
		t.Fatalf("%s %+v", to, v)
	}
}

func TestWhatEndsLosesWhatWaits(t *testing.T) {
	for name, end := range map[string]func(*Voucher) error{
		"revoked": func(v *Voucher) error { _, err := v.Revoke(); return err },
		"lapsed": func(v *Voucher) error {
			_, err := v.Lapse(&Scheme{ID: idA, State: SchemeClosed}, goodTerms(), noon)
			return err
		},
	} {
		v := activeVoucher(t)
		expect(t, "", v.Replace(Replacement{Authorisation: newTestBooklet(5).authorisation(), ProposedBy: "p-a", Reason: "lost"}))
		expect(t, "", end(v))
		if v.Replacement != nil || v.BlockedFrom != "" || v.BlockedBy != "" || v.BlockReason != "" {
			t.Errorf("%s: %+v", name, v)
		}
		expect(t, ChangeNotFound, v.ApproveReplacement("p-b"))
		expect(t, VoucherState, v.Unblock("p-b"))
	}
}

func TestWhatAnExpiredHoldKeepsCanLapse(t *testing.T) {
	open, terms := &Scheme{ID: idA, State: SchemeOpen}, goodTerms()
	terms.RefundGraceDays = pointer(Number(14))
	purchase := purchaseOf(activeVoucher(t))
	v, hold := purchase.Voucher, held(t, purchase, idA)
	v.Grace = v.Available
	if !v.IsLapsable(open, terms, v.EndsAt) {
		t.Error("the money of an expired hold has grace")
	}
	expect(t, "", hold.Release(v, HoldExpired))
	cents, err := v.Lapse(open, terms, v.EndsAt)
	expect(t, "", err)
	if cents != 1_500 || v.Available != 8_500 {
		t.Fatalf("%d %+v", cents, v)
	}
}

func TestRefusalsNameTheLastDayOfAVoucher(t *testing.T) {
	open, terms := &Scheme{ID: idA, State: SchemeOpen}, goodTerms()
	for name, ends := range map[string]Number{
		"a whole day": Day("2027-01-01").Start(), "until the evening": Day("2027-01-01").Start() - 3_600, "a second": Day("2026-12-31").Start() + 1,
	} {
		v := activeVoucher(t)
		v.EndsAt = ends
		_, err := v.Lapse(open, terms, noon)
		expect(t, LapseNotDue, err)
		if !strings.Contains(err.Error(), "until 2026-12-31:") {
			t.Errorf("%s: %v", name, err)
		}
		err = v.CheckSpendable(terms, ends)
		expect(t, VoucherExpired, err)
		if detail(t, err, "last_day") != Day("2026-12-31") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
