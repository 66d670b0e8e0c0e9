package rules

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// held puts a hold of 1,000 cents of clothing and 500 of books, for a day, on a voucher.
func held(t *testing.T, p *Purchase, id string) *Payment {
	t.Helper()
	lines := []Line{{"clothing", 1_000}, {"books", 500}}
	expect(t, "", p.CheckHold(p.Now+86_400))
	expect(t, "", p.Hold(id, lines, ProofByKey, p.Now+86_400))
	return &Payment{
		ID: id, Voucher: p.Voucher.ID, Lines: []Line{}, Refunded: map[string]Cents{}, State: PaymentHeld,
		HeldLines: lines, HeldCents: 1_500, HeldDay: p.Booked, ExpiresAt: p.Now + 86_400,
	}
}

func TestHowLongAHoldMayLast(t *testing.T) {
	for name, test := range map[string]struct {
		expires Number
		set     func(*Purchase)
		code    Code
	}{
		"a second":                 {expires: noon + 1},
		"the days of the rules":    {expires: noon + 14*86_400},
		"longer than that":         {expires: noon + 14*86_400 + 1, code: HoldNotAllowed},
		"no time at all":           {expires: noon, code: HoldNotAllowed},
		"backwards":                {expires: noon - 1, code: HoldNotAllowed},
		"no holds in the rules":    {expires: noon + 1, set: func(p *Purchase) { p.Terms.HoldDays = pointer(Number(0)) }, code: HoldNotAllowed},
		"rules without the member": {expires: noon + 1, set: func(p *Purchase) { p.Terms.HoldDays = nil }, code: HoldNotAllowed},
		"until the voucher's end":  {expires: noon + 60, set: func(p *Purchase) { p.Voucher.EndsAt = noon + 60 }},
		"beyond it":                {expires: noon + 61, set: func(p *Purchase) { p.Voucher.EndsAt = noon + 60 }, code: HoldNotAllowed},
		"after it":                 {expires: noon + 61, set: func(p *Purchase) { p.Voucher.EndsAt = noon }, code: VoucherExpired},
		"the twentieth": {expires: noon + 60, set: func(p *Purchase) {
			for _, letter := range "abcdefghijklmnopqrs" {
				expect(t, "", p.Hold(string(letter), []Line{{"clothing", 50}}, ProofByKey, noon+60))
			}
		}},
		"the twenty-first": {expires: noon + 60, set: func(p *Purchase) {
			for _, letter := range "abcdefghijklmnopqrst" {
				expect(t, "", p.Hold(string(letter), []Line{{"clothing", 50}}, ProofByKey, noon+60))
			}
		}, code: HoldNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			purchase := purchaseOf(activeVoucher(t))
			if test.set != nil {
				test.set(purchase)
			}
			err := purchase.CheckHold(test.expires)
			expect(t, test.code, err)
			if purchase.Terms.HoldDays == nil && detail(t, err, "latest") != noon {
				t.Errorf("rules without the member allow holds: %v", err)
			}
			if purchase.Terms.HoldDays == nil && !strings.Contains(err.Error(), "the scheme does not allow holds") {
				t.Errorf("the reason is another: %v", err)
			}
		})
	}
}

func TestAHoldCountsAsAPayment(t *testing.T) {
	for code, lines := range map[Code][]Line{
		"": {{"clothing", 50}}, AmountBelowMinimum: {{"clothing", 49}}, PaymentCapExceeded: {{"clothing", 8_001}}, CategoryNotAllowed: {{"sport", 50}},
		CategoryCapExceeded: {{"books", 3_501}}, DayCapExceeded: {{"clothing", 7_501}},
	} {
		purchase := purchaseOf(activeVoucher(t))
		held(t, purchase, idA)
		expect(t, code, purchase.Hold(idB, lines, ProofByKey, noon+60))
		purchase = purchaseOf(activeVoucher(t))
		held(t, purchase, idA)
		expect(t, code, purchase.Take(lines, ProofByKey))
	}
	purchase := purchaseOf(activeVoucher(t))
	held(t, purchase, idA)
	purchase.Booked = "2026-03-11"
	expect(t, "", purchase.Take([]Line{{"clothing", 6_000}}, ProofByKey))
	purchase.Booked = "2026-03-12"
	expect(t, InsufficientBalance, purchase.Take([]Line{{"clothing", 2_501}}, ProofByKey))
	if v := purchase.Voucher; v.Held != 1_500 || v.Available != 2_500 || v.HeldByCategory["books"] != 500 {
		t.Fatalf("%+v", v)
	}
}

func TestCaptures(t *testing.T) {
	for name, test := range map[string]struct {
		lines []Line
		later Number
		code  Code
		spent Cents
		held  any
	}{
		"all":                    {lines: []Line{{"clothing", 1_000}, {"books", 500}}, spent: 1_500},
		"less":                   {lines: []Line{{"clothing", 1}}, spent: 1},
		"in another order":       {lines: []Line{{"books", 500}, {"clothing", 999}}, spent: 1_499},
		"more":                   {lines: []Line{{"clothing", 1_001}}, code: HoldExceeded, held: Cents(1_000)},
		"of what another leaves": {lines: []Line{{"clothing", 500}, {"books", 501}}, code: HoldExceeded},
		"another category":       {lines: []Line{{"sport", 1}}, code: HoldExceeded, held: Cents(0)},
		"the last second":        {lines: []Line{{"books", 500}}, later: 86_399, spent: 500},
		"expired":                {lines: []Line{{"books", 500}}, later: 86_400, code: HoldNotOpen},
	} {
		t.Run(name, func(t *testing.T) {
			purchase := purchaseOf(activeVoucher(t))
			v, payment := purchase.Voucher, held(t, purchase, idA)
			err := payment.Capture(v, test.lines, "2026-03-11", noon+test.later)
			expect(t, test.code, err)
			if test.held != nil && detail(t, err, "held_cents") != test.held {
				t.Fatal(err)
			}
			if test.code != "" {
				return
			}
			want := Balance{Issued: 10_000, Spent: test.spent, Available: 10_000 - test.spent}
			if v.Balance != want || len(v.Holds)+len(v.HeldByCategory) > 0 || v.Day != (DaySpending{Date: "2026-03-10", Cents: test.spent}) {
				t.Fatalf("%+v", v)
			}
			if payment.State != PaymentPaid || payment.Cents != test.spent || payment.Day != "2026-03-11" || payment.CapturedAt != noon+test.later {
				t.Fatalf("%+v", payment)
			}
			expect(t, HoldNotOpen, payment.Capture(v, test.lines, "2026-03-11", noon))
			expect(t, HoldNotOpen, payment.Release(v, "x"))
		})
	}
}

func TestReleases(t *testing.T) {
	purchase := purchaseOf(activeVoucher(t))
	v, payment := purchase.Voucher, held(t, purchase, idA)
	other := held(t, purchase, idB)
	expect(t, "", payment.Release(v, "sold-out"))
	if v.Held != 1_500 || v.Available != 8_500 || v.Day.Cents != 1_500 || payment.State != PaymentReleased || payment.ReleaseReason != "sold-out" {
		t.Fatalf("%+v %+v", v, payment)
	}
	expect(t, HoldNotOpen, payment.Release(v, "again"))
	expect(t, HoldNotOpen, payment.Capture(v, []Line{{"books", 1}}, "2026-03-10", noon))
	_, err := payment.Cancel(v, purchase.Terms, noon, "2026-03-10", "x")
	expect(t, PaymentState, err)
	_, err = other.Refund(v, purchase.Terms, noon, []Line{{"books", 1}})
	expect(t, PaymentState, err)
	expect(t, HoldLive, other.CheckReleasable(v, purchase.Shop, false, other.ExpiresAt-1))
	expect(t, "", other.CheckReleasable(v, purchase.Shop, false, other.ExpiresAt))
	if len(v.ExpiredHolds(other.ExpiresAt-1)) > 0 {
		t.Fatal("expired too early")
	}
	if got := v.ExpiredHolds(other.ExpiresAt); !slices.Equal(got, []string{idB}) {
		t.Fatal(got)
	}
}

func TestAHoldGivesBackTheDayThatItWasMadeOnly(t *testing.T) {
	for name, test := range map[string]struct {
		paidOn Day
		want   Cents
	}{"the same day": {"2026-03-10", 100}, "a later day": {"2026-03-11", 100}} {
		t.Run(name, func(t *testing.T) {
			purchase := purchaseOf(activeVoucher(t))
			v, one, two := purchase.Voucher, held(t, purchase, idA), held(t, purchase, idB)
			purchase.Booked = test.paidOn
			expect(t, "", purchase.Take([]Line{{"clothing", 100}}, ProofByKey))
			expect(t, "", one.Capture(v, []Line{{"clothing", 400}}, test.paidOn, noon+60))
			expect(t, "", two.Release(v, "x"))
			_, err := one.Cancel(v, purchase.Terms, noon, test.paidOn, "x")
			expect(t, "", err)
			if v.Day != (DaySpending{Date: test.paidOn, Cents: test.want}) || v.Available != 9_900 {
				t.Fatalf("%+v", v)
			}
		})
	}
}

func TestHoldsThatDoNotAddUpAreInconsistent(t *testing.T) {
	for name, spoil := range map[string]func(*Voucher){
		"category":          func(v *Voucher) { v.HeldByCategory["books"]++ },
		"negative category": func(v *Voucher) { v.HeldByCategory["books"], v.HeldByCategory["clothing"] = -1, 1_501 },
		"hold":              func(v *Voucher) { v.Holds[idA] = Hold{Cents: 1_499} },
		"no hold":           func(v *Voucher) { v.Holds = nil },
		"grace":             func(v *Voucher) { v.Grace = v.Available + 1 },
		"negative grace":    func(v *Voucher) { v.Grace = -1 },
		"redeemed money":    func(v *Voucher) { v.Redeemed = true },
	} {
		purchase := purchaseOf(activeVoucher(t))
		held(t, purchase, idA)
		spoil(purchase.Voucher)
		if err := purchase.Voucher.Check(); err == nil {
			t.Errorf("%s passes", name)
		} else {
			expect(t, LedgerInconsistent, err)
		}
	}
}

func TestWhatNoHoldKeepsIsLeftOut(t *testing.T) {
	purchase := purchaseOf(activeVoucher(t))
	v, both := purchase.Voucher, held(t, purchase, idA)
	expect(t, "", purchase.Hold(idB, []Line{{"clothing", 300}}, ProofByKey, noon+60))
	one := &Payment{ID: idB, State: PaymentHeld, HeldLines: []Line{{"clothing", 300}}, HeldCents: 300, HeldDay: "2026-03-10", ExpiresAt: noon + 60}
	expect(t, "", both.Release(v, "x"))
	if !maps.Equal(v.HeldByCategory, map[string]Cents{"clothing": 300}) || !maps.Equal(v.Holds, map[string]Hold{idB: {300, noon + 60}}) {
		t.Fatalf("%+v", v)
	}
	expect(t, "", one.Release(v, "x"))
	if v.HeldByCategory != nil || v.Holds != nil {
		t.Fatalf("%+v", v)
	}
}

func TestWhoReleasesAHoldBeforeItExpires(t *testing.T) {
	for name, test := range map[string]struct {
		voucher, shop State
		decides       bool
		code          Code
	}{
		"nothing stops its shop":                {VoucherIsActive, ShopApproved, false, HoldLive},
		"nothing stops its shop, an approver":   {VoucherIsActive, ShopApproved, true, HoldLive},
		"the voucher is blocked":                {VoucherIsBlocked, ShopApproved, false, HoldLive},
		"the voucher is blocked, an approver":   {VoucherIsBlocked, ShopApproved, true, ""},
		"the shop is suspended":                 {VoucherIsActive, ShopSuspended, false, HoldLive},
		"the shop is suspended, an approver":    {VoucherIsActive, ShopSuspended, true, ""},
		"the shop has ended, an approver":       {VoucherIsActive, ShopEnded, true, ""},
		"both are stopped, an approver":         {VoucherIsBlocked, ShopSuspended, true, ""},
		"both are stopped, but not an approver": {VoucherIsBlocked, ShopSuspended, false, HoldLive},
	} {
		t.Run(name, func(t *testing.T) {
			purchase := purchaseOf(activeVoucher(t))
			v, shop, hold := purchase.Voucher, purchase.Shop, held(t, purchase, idA)
			v.State, shop.State = test.voucher, test.shop
			expect(t, test.code, hold.CheckReleasable(v, shop, test.decides, noon))
			expect(t, "", hold.CheckReleasable(v, shop, test.decides, hold.ExpiresAt))
		})
	}
}
