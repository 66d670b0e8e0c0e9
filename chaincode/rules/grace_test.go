package rules

import "testing"

// overdue is a purchase after its voucher's end, with 1,500 cents spent before and so many days of grace.
func overdue(t *testing.T, days Number) (*Purchase, *Payment) {
	t.Helper()
	purchase := purchaseOf(activeVoucher(t))
	paid := payment(t, purchase.Voucher)
	purchase.Terms.RefundGraceDays = pointer(days)
	purchase.Now = purchase.Voucher.EndsAt
	purchase.Booked, purchase.Today = "2027-01-01", "2027-01-01"
	return purchase, paid
}

func TestWhenGraceEnds(t *testing.T) {
	v := activeVoucher(t)
	for days, want := range map[Number]Number{
		0: Day("2027-01-01").Start(), 1: Day("2027-01-02").Start(), 14: Day("2027-01-15").Start(), 90: Day("2027-04-01").Start(),
	} {
		terms := goodTerms()
		terms.RefundGraceDays = pointer(days)
		if got := v.graceEnd(terms); got != want {
			t.Errorf("%d days of grace end at %d and not at %d", days, got, want)
		}
	}
	terms := goodTerms()
	terms.RefundGraceDays = pointer(Number(1))
	v.EndsAt -= 3_600 // a last day that ends an hour before midnight
	if got := v.graceEnd(terms); got != Day("2027-01-02").Start() {
		t.Error(got)
	}
	terms.RefundGraceDays = pointer(Number(0))
	if got := v.graceEnd(terms); got != v.EndsAt {
		t.Errorf("no grace at all ends at %d", got)
	}
	v.EndsAt, terms.RefundGraceDays = Day("2026-12-31").Start()+1, pointer(Number(1)) // the first second of the last day
	if got := v.graceEnd(terms); got != Day("2027-01-02").Start() {
		t.Error(got)
	}
	terms.RefundGraceDays = nil
	if got := v.graceEnd(terms); got != v.EndsAt {
		t.Error(got)
	}
}

func TestRefundsAfterTheEndCanBeSpentForAWhile(t *testing.T) {
	purchase, paid := overdue(t, 14)
	v, terms := purchase.Voucher, purchase.Terms
	expect(t, VoucherExpired, v.CheckSpendable(terms, purchase.Now))
	to, err := paid.Refund(v, terms, purchase.Now, []Line{{"clothing", 600}})
	expect(t, "", err)
	if to != ToAvailable || v.Grace != 600 || v.Available != 9_100 || v.Spendable(terms, purchase.Now) != 600 {
		t.Fatalf("%s %+v", to, v)
	}
	expect(t, "", v.CheckSpendable(terms, purchase.Now))
	expect(t, InsufficientBalance, purchase.Take([]Line{{"clothing", 601}}, ProofByKey))
	expect(t, "", purchase.Take([]Line{{"clothing", 400}}, ProofByKey))
	if v.Grace != 200 || purchase.Payable()["clothing"] != 200 {
		t.Fatalf("%+v", v)
	}
	last := v.graceEnd(terms)
	expect(t, "", v.CheckSpendable(terms, last-1))
	expect(t, VoucherExpired, v.CheckSpendable(terms, last))
	if v.Spendable(terms, last) != 0 {
		t.Fatal("grace has no end")
	}
	to, err = paid.Refund(v, terms, last, []Line{{"clothing", 100}})
	expect(t, "", err)
	if to != ToLapsed || v.Lapsed != 100 || v.Grace != 200 {
		t.Fatalf("%s %+v", to, v)
	}
}

func TestGraceIsNeverMoreThanIsAvailable(t *testing.T) {
	purchase, paid := overdue(t, 14)
	v := purchase.Voucher
	_, err := paid.Refund(v, purchase.Terms, purchase.Now, []Line{{"clothing", 600}})
	expect(t, "", err)
	// A payment whose timestamp lies a minute back, before the end, spends all there is.
	purchase.Now -= 60
	v.Available, v.Spent = 600, v.Spent+8_500
	v.SpentByCategory["clothing"] += 8_500
	expect(t, "", purchase.Take([]Line{{"clothing", 500}}, ProofByKey))
	if v.Grace != 100 || v.Available != 100 {
		t.Fatalf("%+v", v)
	}
}

func TestACancellationHasGraceToo(t *testing.T) {
	purchase, _ := overdue(t, 14)
	v, terms := purchase.Voucher, purchase.Terms
	late := &Payment{ID: idB, Lines: []Line{{"books", 500}}, Cents: 500, Refunded: map[string]Cents{}, State: PaymentPaid, Day: "2026-12-31"}
	to, err := late.Cancel(v, terms, v.EndsAt, "2026-12-31", "x")
	expect(t, "", err)
	if to != ToAvailable || v.Grace != 500 {
		t.Fatalf("%s %+v", to, v)
	}
}

func TestWithoutGraceRefundsLapseAtOnce(t *testing.T) {
	purchase, paid := overdue(t, 0)
	v := purchase.Voucher
	to, err := paid.Refund(v, purchase.Terms, purchase.Now, []Line{{"clothing", 600}})
	expect(t, "", err)
	if to != ToLapsed || v.Grace != 0 || v.Lapsed != 600 {
		t.Fatalf("%s %+v", to, v)
	}
}
