package rules

import "testing"

func TestWhyARefundWaits(t *testing.T) {
	approved, held := approvedShop(), suspended(approvedShop())
	days, limit := pointer(Number(2)), pointer(Cents(1_000))
	for name, test := range map[string]struct {
		days   *Number
		limit  *Cents
		shop   *Shop
		cents  Cents
		booked Day
		open   bool
		why    WhyItWaits
	}{
		"within term and limit":                       {days, limit, approved, 700, "2026-03-12", false, ""},
		"a cent above the limit":                      {days, limit, approved, 701, "2026-03-12", false, WaitsForLimit},
		"above the limit, and not settled":            {days, limit, approved, 701, "2026-03-12", true, ""},
		"a day after the term":                        {days, limit, approved, 1, "2026-03-13", false, WaitsForTerm},
		"a day after the term, and not settled":       {days, limit, approved, 1, "2026-03-13", true, WaitsForTerm},
		"no limit":                                    {days, nil, approved, 9_000, "2026-03-12", false, ""},
		"no term":                                     {nil, nil, approved, 9_000, "2027-03-12", false, ""},
		"a suspended shop":                            {days, limit, held, 1, "2026-03-10", false, WaitsForShop},
		"a suspended shop, not settled":               {days, limit, held, 1, "2026-03-10", true, WaitsForShop},
		"a suspended shop, without a term":            {nil, nil, held, 1, "2026-03-10", false, WaitsForShop},
		"a suspended shop, without a term, unsettled": {nil, nil, held, 1, "2026-03-10", true, ""},
	} {
		terms := &Terms{RefundDays: test.days, RefundLimit: test.limit}
		payment := &Payment{Day: "2026-03-10", Cents: 2_000, RefundedCents: 300}
		lines := []Line{{"clothing", test.cents}}
		if why := terms.RefundWaits(payment, test.shop, lines, test.booked, test.open); why != test.why {
			t.Errorf("%s: it waits for %q", name, why)
		}
		payment.Day = "" // it is held, and was never paid
		if why := terms.RefundWaits(payment, test.shop, lines, test.booked, test.open); why != "" {
			t.Errorf("%s, of a hold: it waits for %q", name, why)
		}
	}
}

func TestARefundThatWaitsNeedsTwoPersons(t *testing.T) {
	voucher := activeVoucher(t)
	purchase := purchaseOf(voucher)
	lines := []Line{{"clothing", 500}}
	expect(t, "", purchase.Take(lines, ProofByKey))
	payment := &Payment{ID: idA, Lines: lines, Cents: 500, State: PaymentPaid, Day: "2026-03-10", Refunded: map[string]Cents{}}
	available := voucher.Available
	refund := &Refund{ID: idB, Payment: idA, Lines: []Line{{"clothing", 200}}, Cents: 200, State: RefundWaiting}
	approve := func(person string) error {
		return refund.Approve(person, payment, voucher, goodTerms(), noon, "2026-03-11")
	}
	expect(t, RefundState, approve("p-b"))
	expect(t, "", refund.Endorse("p-a"))
	expect(t, RefundState, refund.Endorse("p-c"))
	expect(t, SecondPersonRequired, approve("p-a"))
	refund.Lines[0].Cents = 501
	expect(t, RefundExceedsPayment, approve("p-b"))
	if refund.State != RefundEndorsed || voucher.Available != available || payment.RefundedCents != 0 {
		t.Fatalf("%+v", refund)
	}
	refund.Lines[0].Cents = 200
	expect(t, "", approve("p-b"))
	if refund.State != RefundApproved || refund.EndorsedBy != "p-a" || refund.DecidedBy != "p-b" || refund.Day != "2026-03-11" || refund.ReturnedTo != ToAvailable ||
		voucher.Available != available+200 || payment.RefundedCents != 200 {
		t.Fatalf("%+v %+v", refund, payment)
	}
	expect(t, RefundState, approve("p-c"))
	expect(t, RefundState, refund.Reject("p-c", "unknown"))
}

func TestARejectedRefundMovesNothing(t *testing.T) {
	for _, state := range []State{RefundWaiting, RefundEndorsed} {
		refund := &Refund{ID: idB, State: state}
		expect(t, "", refund.Reject("p-a", "unknown"))
		if refund.State != RefundRejected || refund.DecidedBy != "p-a" || refund.RejectReason != "unknown" || refund.Day != "" {
			t.Fatalf("%+v", refund)
		}
		expect(t, RefundState, refund.Reject("p-b", "unknown"))
		expect(t, RefundState, refund.Endorse("p-b"))
	}
}
