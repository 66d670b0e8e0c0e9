package rules

import (
	"fmt"
	"strings"
	"testing"
)

func TestWhatAPurchaseMayTake(t *testing.T) {
	for name, test := range map[string]struct {
		lines []Line
		by    ProofKind
		set   func(*Purchase)
		code  Code
	}{
		"one line":           {lines: []Line{{"clothing", 8_000}}},
		"the minimum":        {lines: []Line{{"clothing", 50}}},
		"below the minimum":  {lines: []Line{{"clothing", 49}}, code: AmountBelowMinimum},
		"two make a minimum": {lines: []Line{{"clothing", 25}, {"books", 25}}},
		"above the cap":      {lines: []Line{{"clothing", 8_001}}, code: PaymentCapExceeded},
		"two above the cap":  {lines: []Line{{"clothing", 5_000}, {"books", 3_001}}, code: PaymentCapExceeded},
		"paper":              {lines: []Line{{"clothing", 2_500}}, by: ProofByBooklet},
		"above paper's cap":  {lines: []Line{{"clothing", 2_501}}, by: ProofByBooklet, code: PaperCapExceeded},
		"not in the scheme":  {lines: []Line{{"sport", 100}}, code: CategoryNotAllowed},
		"not in the shop":    {lines: []Line{{"books", 100}}, set: func(p *Purchase) { p.Shop.Categories = p.Shop.Categories[:1] }, code: CategoryNotAllowed},
		"not yet":            {lines: []Line{{"books", 100}}, set: func(p *Purchase) { p.Shop.Categories[1].From = "2026-03-11" }, code: CategoryNotAllowed},
		"the category's cap": {lines: []Line{{"books", 4_000}}},
		"above category cap": {lines: []Line{{"books", 4_001}}, code: CategoryCapExceeded},
		"category used up": {lines: []Line{{"books", 51}}, code: CategoryCapExceeded,
			set: func(p *Purchase) { spend(p, "books", 3_950, "2026-03-09") }},
		"the day's cap": {lines: []Line{{"clothing", 1_000}}, set: func(p *Purchase) { spend(p, "clothing", 8_000, "2026-03-10") }},
		"above the day": {lines: []Line{{"clothing", 1_001}}, set: func(p *Purchase) { spend(p, "clothing", 8_000, "2026-03-10") }, code: DayCapExceeded},
		"another day":   {lines: []Line{{"clothing", 2_000}}, set: func(p *Purchase) { spend(p, "clothing", 8_000, "2026-03-09") }},
		"a later day":   {lines: []Line{{"clothing", 1_001}}, set: func(p *Purchase) { spend(p, "clothing", 8_000, "2026-03-11") }, code: DayCapExceeded},
		"all that is":   {lines: []Line{{"clothing", 2_000}}, set: func(p *Purchase) { spend(p, "clothing", 8_000, "2026-03-09") }},
		"more than is":  {lines: []Line{{"clothing", 2_001}}, set: func(p *Purchase) { spend(p, "clothing", 8_000, "2026-03-09") }, code: InsufficientBalance},
	} {
		t.Run(name, func(t *testing.T) {
			purchase := purchaseOf(activeVoucher(t))
			if test.set != nil {
				test.set(purchase)
			}
			by := test.by
			if by == "" {
				by = ProofByKey
			}
			before := purchase.Voucher.Available
			expect(t, test.code, purchase.Take(test.lines, by))
			if test.code == "" && purchase.Voucher.Available != before-Total(test.lines) {
				t.Errorf("available went from %d to %d", before, purchase.Voucher.Available)
			}
			expect(t, "", purchase.Voucher.Check())
		})
	}
}

// spend puts an earlier payment into a voucher.
func spend(p *Purchase, category string, cents Cents, day Day) {
	v := p.Voucher
	v.SpentByCategory[category] += cents
	v.Spent, v.Available, v.Day = v.Spent+cents, v.Available-cents, DaySpending{Date: day, Cents: cents}
}

func TestPurchasesArePossibleOnlyWhenEverythingIsOpen(t *testing.T) {
	open := &Scheme{ID: idA, State: SchemeOpen}
	expect(t, "", purchaseOf(activeVoucher(t)).Check(open))
	expect(t, SchemeNotOpen, purchaseOf(activeVoucher(t)).Check(&Scheme{ID: idA, State: SchemePaused}))
	early := purchaseOf(activeVoucher(t))
	early.Today = "2025-12-31"
	expect(t, SchemeNotOpen, early.Check(open))
	early.Today = "2026-01-01"
	expect(t, "", early.Check(open))
	closed := purchaseOf(activeVoucher(t))
	closed.Shop.State = ShopSuspended
	expect(t, ShopNotApproved, closed.Check(open))
	blocked := purchaseOf(activeVoucher(t))
	expect(t, "", blocked.Voucher.Block("p-a", "lost"))
	expect(t, VoucherBlocked, blocked.Check(open))
}

func TestPayable(t *testing.T) {
	purchase := purchaseOf(activeVoucher(t))
	purchase.Shop.Categories = purchase.Shop.Categories[1:]
	spend(purchase, "books", 3_000, "2026-03-10")
	payable := purchase.Payable()
	if len(payable) != 1 || payable["books"] != 1_000 {
		t.Fatalf("%v", payable)
	}
	for name, test := range map[string]struct {
		set             func(*Purchase)
		clothing, books Cents
	}{
		"new":                   {func(*Purchase) {}, 8_000, 4_000},
		"what is left today":    {func(p *Purchase) { spend(p, "clothing", 8_500, "2026-03-10") }, 500, 500},
		"nothing left today":    {func(p *Purchase) { p.Terms.DayCap = 3_000; spend(p, "clothing", 3_001, "2026-03-10") }, 0, 0},
		"used up, another day":  {func(p *Purchase) { spend(p, "clothing", 9_000, "2026-03-09") }, 1_000, 1_000},
		"a lower cap in a year": {func(p *Purchase) { spend(p, "books", 4_001, "2026-03-09") }, 5_999, 0},
	} {
		purchase := purchaseOf(activeVoucher(t))
		test.set(purchase)
		if payable := purchase.Payable(); len(payable) != 2 || payable["clothing"] != test.clothing || payable["books"] != test.books {
			t.Errorf("%s: %v", name, payable)
		}
	}
}

func TestRefusalsSayWhatACapLeaves(t *testing.T) {
	for name, test := range map[string]struct {
		lines []Line
		spent Cents
		code  Code
		left  Cents
		says  string
	}{
		"some of the day":      {[]Line{{"clothing", 1_001}}, 8_000, DayCapExceeded, 1_000, "the day's limit: 1000 are left for 2026-03-10"},
		"none of the day":      {[]Line{{"clothing", 50}}, 9_001, DayCapExceeded, 0, "the day's limit: 0 are left for 2026-03-10"},
		"some of the category": {[]Line{{"books", 1_001}}, 3_000, CategoryCapExceeded, 1_000, "the limit of category books: 1000 are left"},
		"none of the category": {[]Line{{"books", 50}}, 4_001, CategoryCapExceeded, 0, "the limit of category books: 0 are left"},
	} {
		purchase := purchaseOf(activeVoucher(t))
		spend(purchase, test.lines[0].Category, test.spent, "2026-03-10")
		err := purchase.Take(test.lines, ProofByKey)
		expect(t, test.code, err)
		if detail(t, err, "left_cents") != test.left || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBookletsHaveALimitOfTheDay(t *testing.T) {
	limit := func(cents Cents) *Cents { return &cents }
	for name, test := range map[string]struct {
		paid  Cents
		on    Day
		limit *Cents
		left  Cents
	}{
		"nothing was paid":               {0, "2026-03-10", limit(3_000), 2_500},
		"some of the limit is left":      {2_400, "2026-03-10", limit(3_000), 600},
		"none of it":                     {2_400, "2026-03-10", limit(2_400), 0},
		"it was lowered since":           {2_400, "2026-03-10", limit(2_399), 0},
		"it was all paid the day before": {2_400, "2026-03-09", limit(2_400), 2_400},
		"there is none":                  {2_400, "2026-03-10", nil, 2_500},
	} {
		t.Run(name, func(t *testing.T) {
			purchase := purchaseOf(activeVoucher(t))
			purchase.Booked, purchase.Terms.PaperDayCap = test.on, limit(3_000)
			if test.paid > 0 {
				expect(t, "", purchase.Take([]Line{{"clothing", test.paid}}, ProofByBooklet))
			}
			purchase.Booked, purchase.Terms.PaperDayCap = "2026-03-10", test.limit
			if left := purchase.PaperLeft(); left != test.left {
				t.Errorf("%d cents are left", left)
			}
			more := []Line{{"clothing", max(test.left+1, 50)}}
			err := purchase.Take(more, ProofByBooklet)
			expect(t, PaperCapExceeded, err)
			if detail(t, err, "limit_cents") != test.left {
				t.Error(err)
			}
			expect(t, "", purchase.Take(more, ProofByKey))
			if purchase.PaperLeft() != test.left {
				t.Errorf("a payment by key leaves %d cents for booklets", purchase.PaperLeft())
			}
			if test.left > 0 {
				expect(t, "", purchase.Take([]Line{{"clothing", test.left}}, ProofByBooklet))
			}
		})
	}
}

func TestACancellationGivesBackTheDaysLimitForBooklets(t *testing.T) {
	for name, test := range map[string]struct {
		limit *Cents
		paper Cents
	}{"under a limit": {pointer(Cents(3_000)), 1_000}, "before there was one": {nil, 0}} {
		purchase := purchaseOf(activeVoucher(t))
		purchase.Terms.PaperDayCap = test.limit
		v, lines := purchase.Voucher, []Line{{"clothing", 1_000}}
		expect(t, "", purchase.Take(lines, ProofByBooklet))
		if v.Day != (DaySpending{Date: "2026-03-10", Cents: 1_000, Paper: test.paper}) {
			t.Errorf("%s: %+v", name, v.Day)
		}
		paid := &Payment{ID: idA, Lines: lines, Cents: 1_000, State: PaymentPaid, Day: "2026-03-10", Proof: ProofUsed{Kind: ProofByBooklet}}
		_, err := paid.Cancel(v, purchase.Terms, noon, "2026-03-10", "wrong")
		expect(t, "", err)
		if v.Day != (DaySpending{Date: "2026-03-10"}) {
			t.Errorf("%s, cancelled: %+v", name, v.Day)
		}
	}
}

func TestLines(t *testing.T) {
	many, most := make([]Line, 21), []Line{}
	for i := range 20 {
		most = append(most, Line{fmt.Sprintf("c%d", i), 1})
	}
	for _, test := range []struct {
		lines []Line
		code  Code
	}{
		{[]Line{{"books", 1}}, ""}, {[]Line{{"books", 1}, {"clothing", 1}}, ""}, {most, ""}, {nil, InvalidNumber}, {many, InvalidNumber}, {[]Line{{"Books", 1}}, InvalidCode}, {[]Line{{"books", 0}}, InvalidAmount},
		{[]Line{{"books", MaxAmount + 1}}, InvalidAmount}, {[]Line{{"books", 1}, {"books", 1}}, MalformedRequest},
	} {
		expect(t, test.code, CheckLines(test.lines))
	}
}

func payment(t *testing.T, voucher *Voucher) *Payment {
	t.Helper()
	lines := []Line{{"clothing", 1_000}, {"books", 500}}
	expect(t, "", purchaseOf(voucher).Take(lines, ProofByKey))
	return &Payment{ID: idA, Voucher: voucher.ID, Lines: lines, Cents: 1_500, Refunded: map[string]Cents{}, State: PaymentPaid, Day: "2026-03-10"}
}

func TestRefunds(t *testing.T) {
	voucher := activeVoucher(t)
	paid := payment(t, voucher)
	refund := func(lines ...Line) error {
		_, err := paid.Refund(voucher, goodTerms(), noon, lines)
		return err
	}
	expect(t, RefundExceedsPayment, refund(Line{"books", 501}))
	err := refund(Line{"sport", 1})
	expect(t, RefundExceedsPayment, err)
	if detail(t, err, "left_cents") != Cents(0) {
		t.Fatal(err)
	}
	expect(t, "", refund(Line{"books", 500}))
	if paid.State != PaymentPartlyRefunded || voucher.SpentByCategory["books"] != 0 || voucher.Available != 9_000 {
		t.Fatalf("%+v %+v", paid, voucher)
	}
	expect(t, RefundExceedsPayment, refund(Line{"books", 1}))
	expect(t, "", refund(Line{"clothing", 1_000}))
	if paid.State != PaymentRefunded || paid.RefundedCents != 1_500 || voucher.Available != 10_000 {
		t.Fatalf("%+v %+v", paid, voucher)
	}
	expect(t, RefundExceedsPayment, refund(Line{"clothing", 1}))
	_, err = paid.Cancel(voucher, goodTerms(), noon, "2026-03-10", "late")
	expect(t, PaymentState, err)
}

func TestCancellations(t *testing.T) {
	voucher := activeVoucher(t)
	paid := payment(t, voucher)
	_, err := paid.Cancel(voucher, goodTerms(), noon, "2026-03-11", "late")
	expect(t, CancelTooLate, err)
	to, err := paid.Cancel(voucher, goodTerms(), noon, "2026-03-10", "wrong")
	expect(t, "", err)
	if to != ToAvailable || voucher.Cancelled != 1_500 || voucher.Available != 10_000 || voucher.Day.Cents != 0 {
		t.Fatalf("%s %+v", to, voucher)
	}
	_, err = paid.Cancel(voucher, goodTerms(), noon, "2026-03-10", "wrong")
	expect(t, PaymentState, err)
	_, err = paid.Refund(voucher, goodTerms(), noon, []Line{{"books", 1}})
	expect(t, PaymentState, err)
}

func TestWhereReturnedMoneyGoes(t *testing.T) {
	for name, test := range map[string]struct {
		set  func(*Voucher) Number
		want Balance
	}{
		"active": {func(v *Voucher) Number { return v.EndsAt - 1 }, Balance{Issued: 10_000, Spent: 1_500, Refunded: 1_500, Available: 10_000}},
		"over":   {func(v *Voucher) Number { return v.EndsAt }, Balance{Issued: 10_000, Spent: 1_500, Refunded: 1_500, Available: 8_500, Lapsed: 1_500}},
		"revoked": {func(v *Voucher) Number { v.State = VoucherIsRevoked; return v.EndsAt },
			Balance{Issued: 10_000, Spent: 1_500, Refunded: 1_500, Available: 8_500, Revoked: 1_500}},
	} {
		t.Run(name, func(t *testing.T) {
			voucher := activeVoucher(t)
			paid := payment(t, voucher)
			_, err := paid.Refund(voucher, goodTerms(), test.set(voucher), paid.Lines)
			expect(t, "", err)
			if voucher.Balance != test.want {
				t.Fatalf("%+v", voucher.Balance)
			}
		})
	}
}
