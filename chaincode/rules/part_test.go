package rules

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestPartsOfAHold(t *testing.T) {
	for name, test := range map[string]struct {
		lines []Line
		later Number
		set   func(*Voucher, *Payment)
		code  Code
		why   string
	}{
		"a cent":                 {lines: []Line{{"clothing", 1}}},
		"all but a cent":         {lines: []Line{{"books", 500}, {"clothing", 999}}},
		"a whole category":       {lines: []Line{{"books", 500}}},
		"the last second":        {lines: []Line{{"books", 1}}, later: 86_399},
		"all of it":              {lines: []Line{{"clothing", 1_000}, {"books", 500}}, code: PartNotAllowed, why: "use payment:Capture"},
		"more than was held":     {lines: []Line{{"clothing", 1_001}}, code: HoldExceeded},
		"of what another leaves": {lines: []Line{{"clothing", 500}, {"books", 501}}, code: HoldExceeded},
		"another category":       {lines: []Line{{"sport", 1}}, code: HoldExceeded},
		"expired":                {lines: []Line{{"books", 1}}, later: 86_400, code: HoldNotOpen},
		"released":               {lines: []Line{{"books", 1}}, set: func(_ *Voucher, p *Payment) { p.State = PaymentReleased }, code: HoldNotOpen},
		"a payment":              {lines: []Line{{"books", 1}}, set: func(_ *Voucher, p *Payment) { p.State = PaymentPaid }, code: HoldNotOpen},
		"blocked":                {lines: []Line{{"books", 1}}, set: func(v *Voucher, _ *Payment) { v.State = VoucherIsBlocked }, code: VoucherBlocked},
		"a product":              {lines: []Line{{"books", 1}}, set: func(v *Voucher, _ *Payment) { v.Product = "bicycle" }, code: PartNotAllowed, why: "not bought in parts"},
	} {
		t.Run(name, func(t *testing.T) {
			purchase := purchaseOf(activeVoucher(t))
			v, hold := purchase.Voucher, held(t, purchase, idA)
			hold.Shop, hold.Scheme, hold.Proof = idC, idC, ProofUsed{Kind: ProofByKey, Version: 1}
			if test.set != nil {
				test.set(v, hold)
			}
			part, err := hold.CapturePart(v, idB, test.lines, "2026-03-11", noon+test.later)
			expect(t, test.code, err)
			if test.code != "" {
				if !strings.Contains(err.Error(), test.why) {
					t.Error(err)
				}
				return
			}
			spent := Total(test.lines)
			want := Balance{Issued: 10_000, Spent: spent, Held: 1_500 - spent, Available: 8_500}
			if v.Balance != want || v.Holds[idA] != (Hold{1_500 - spent, noon + 86_400}) || v.Day != (DaySpending{Date: "2026-03-10", Cents: 1_500}) {
				t.Fatalf("%+v", v)
			}
			if hold.State != PaymentHeld || hold.Left() != 1_500-spent || hold.Cents != 0 || hold.HeldCents != 1_500 || hold.Day != "" {
				t.Fatalf("%+v", hold)
			}
			if part.ID != idB || part.Hold != idA || part.State != PaymentPaid || part.Cents != spent || part.Day != "2026-03-11" || part.At != noon+test.later ||
				part.HeldDay != "2026-03-10" || part.Voucher != v.ID || part.Shop != idC || part.Scheme != idC || part.Proof != hold.Proof {
				t.Fatalf("%+v", part)
			}
		})
	}
}

// What a hold still keeps after its parts is what the last capture takes, or what a release returns.
func TestPartsAddUp(t *testing.T) {
	purchase := purchaseOf(activeVoucher(t))
	v, hold, other := purchase.Voucher, held(t, purchase, idA), held(t, purchase, idB)
	take := func(code Code, lines ...Line) {
		t.Helper()
		_, err := hold.CapturePart(v, idC, lines, "2026-03-10", noon)
		expect(t, code, err)
	}
	take("", Line{"clothing", 300}, Line{"books", 500})
	take("", Line{"clothing", 300})
	take(HoldExceeded, Line{"books", 1})
	take(HoldExceeded, Line{"clothing", 401})
	take(PartNotAllowed, Line{"clothing", 400})
	if !maps.Equal(hold.Captured, map[string]Cents{"clothing": 600, "books": 500}) || !maps.Equal(v.HeldByCategory, map[string]Cents{"clothing": 1_400, "books": 500}) {
		t.Fatalf("%+v %+v", hold, v)
	}
	expect(t, HoldExceeded, hold.Capture(v, []Line{{"clothing", 401}}, "2026-03-10", noon))
	expect(t, "", hold.Capture(v, []Line{{"clothing", 150}}, "2026-03-10", noon))
	if want := (Balance{Issued: 10_000, Spent: 1_250, Held: 1_500, Available: 7_250}); v.Balance != want || v.Day.Cents != 2_750 || hold.Cents != 150 {
		t.Fatalf("%+v %+v", v, hold)
	}
	_, err := other.CapturePart(v, idC, []Line{{"books", 500}}, "2026-03-10", noon)
	expect(t, "", err)
	expect(t, "", other.Release(v, "sold-out"))
	if want := (Balance{Issued: 10_000, Spent: 1_750, Available: 8_250}); v.Balance != want || v.Day.Cents != 1_750 || v.Holds != nil || v.HeldByCategory != nil {
		t.Fatalf("%+v", v)
	}
	if !slices.Equal(other.HeldLines, []Line{{"clothing", 1_000}, {"books", 500}}) {
		t.Fatalf("%+v", other)
	}
}

// A part that is cancelled returns to the voucher, not to the hold, and frees the cap of the day that the hold counted into.
func TestAPartIsCancelledAsAPayment(t *testing.T) {
	for name, test := range map[string]struct {
		booked Day
		used   Day
		want   Cents
	}{
		"on the day of the hold": {"2026-03-10", "", 1_100}, "on a later day": {"2026-03-11", "", 1_100}, "after other payments": {"2026-03-11", "2026-03-11", 100},
	} {
		t.Run(name, func(t *testing.T) {
			purchase := purchaseOf(activeVoucher(t))
			v, hold := purchase.Voucher, held(t, purchase, idA)
			part, err := hold.CapturePart(v, idB, []Line{{"clothing", 400}}, test.booked, noon)
			expect(t, "", err)
			if test.used != "" {
				purchase.Booked = test.used
				expect(t, "", purchase.Take([]Line{{"clothing", 100}}, ProofByKey))
			}
			_, err = part.Cancel(v, purchase.Terms, noon, test.booked, "mistake")
			expect(t, "", err)
			if v.Day.Cents != test.want || v.Held != 1_100 || v.Net() != map[bool]Cents{true: 100}[test.used != ""] || hold.Left() != 1_100 {
				t.Fatalf("%+v", v)
			}
		})
	}
}
