package rules

import "testing"

func TestWhatAPersonRefundsAloneCountsTogether(t *testing.T) {
	for _, row := range []struct {
		limit                      *Cents
		refunded, confirmed, cents Cents
		want                       bool
	}{
		{nil, 0, 0, MaxAmount, false},
		{pointer(Cents(0)), 0, 0, 1, true},
		{pointer(Cents(1_000)), 0, 0, 1_000, false},
		{pointer(Cents(1_000)), 0, 0, 1_001, true},
		{pointer(Cents(1_000)), 600, 0, 400, false},
		{pointer(Cents(1_000)), 600, 0, 401, true},
		{pointer(Cents(1_000)), 2_600, 2_000, 400, false},
		{pointer(Cents(1_000)), 2_600, 2_000, 401, true},
		{pointer(Cents(1_000)), 2_600, 0, 1, true},
	} {
		shop, payment := &Shop{}, &Payment{RefundedCents: row.refunded, RefundedConfirmed: row.confirmed}
		shop.LimitRefunds(row.limit)
		lines := []Line{{Category: "books", Cents: row.cents}}
		if got := shop.NeedsConfirmation(payment, lines); got != row.want {
			t.Errorf("%+v: %v", row, got)
		}
	}
}

func TestTheLimitOfRefundsIsAnAmountOrNothing(t *testing.T) {
	for cents, code := range map[Cents]Code{-1: InvalidAmount, 0: "", MaxAmount: "", MaxAmount + 1: InvalidAmount} {
		expect(t, code, CheckRefundAlone(&cents))
	}
	expect(t, "", CheckRefundAlone(nil))
}

func TestAnAskedRefundIsDecidedOnOnceByAnotherPerson(t *testing.T) {
	r := &Refund{ID: "r"}
	r.Ask("WinkelsMSP/p-till", "cashier")
	expect(t, RefundState, r.Endorse("p-clerk"))
	expect(t, RefundState, r.Reject("p-clerk", "x"))
	expect(t, SecondPersonRequired, r.Confirm("WinkelsMSP/p-till"))
	if r.State != RefundAsked || r.ConfirmedBy != "" {
		t.Fatalf("%+v", r)
	}
	expect(t, "", r.Confirm("WinkelsMSP/p-shop"))
	expect(t, RefundState, r.Confirm("WinkelsMSP/p-keeper"))
	expect(t, RefundState, r.RejectAsked("WinkelsMSP/p-shop", "x"))
	if r.State != RefundConfirmed || r.AskedBy != "WinkelsMSP/p-till" || r.AskedRole != "cashier" || r.ConfirmedBy != "WinkelsMSP/p-shop" {
		t.Fatalf("%+v", r)
	}
	r.Wait(WaitsForTerm)
	expect(t, "", r.Reject("p-clerk", "x"))
	r = &Refund{ID: "r"}
	r.Ask("WinkelsMSP/p-till", "cashier")
	expect(t, "", r.RejectAsked("WinkelsMSP/p-till", "mistake"))
	if r.State != RefundRejected || r.DecidedBy != "WinkelsMSP/p-till" || r.RejectReason != "mistake" {
		t.Fatalf("%+v", r)
	}
}

// What a second person of the shop agreed to is what the limit does not count any more.
func TestAReturnedRefundCountsAsConfirmedWhenASecondPersonAgreed(t *testing.T) {
	for confirmedBy, confirmed := range map[string]Cents{"": 0, "WinkelsMSP/p-shop": 300} {
		voucher := activeVoucher(t)
		paid := payment(t, voucher)
		refund := &Refund{ID: idB, Payment: idA, Lines: []Line{{"clothing", 300}}, Cents: 300, ConfirmedBy: confirmedBy}
		expect(t, "", refund.Return(paid, voucher, goodTerms(), noon, "2026-03-11"))
		if paid.RefundedCents != 300 || paid.RefundedConfirmed != confirmed || refund.Day != "2026-03-11" || refund.ReturnedTo != ToAvailable {
			t.Errorf("confirmed by %q: %+v %+v", confirmedBy, refund, paid)
		}
	}
}
