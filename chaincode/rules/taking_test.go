package rules

import "testing"

func TestASettlementTakesAsManyItemsAsItNeeds(t *testing.T) {
	for name, test := range map[string]struct {
		refunds, payments int
		took              int
	}{
		"few":                                  {0, 3, 3},
		"as many as one holds":                 {0, 500, 500},
		"more than one holds":                  {0, 800, 500},
		"refunds first":                        {100, 800, 500},
		"as many more as it takes":             {300, 800, 601},
		"refunds that payments never outweigh": {700, 700, 1_400},
		"refunds without end":                  {6_000, 0, 5_000},
	} {
		taken, left := &Taken{}, 0
		for i := range test.refunds + test.payments {
			item := Item{ID: idA, Day: "2026-03-10", Cents: 5}
			if i < test.refunds {
				item.Cents = -5
			}
			if taken.IsEnough() {
				left++
				continue
			}
			expect(t, "", taken.Add(item))
		}
		if len(taken.Items) != test.took || left != test.refunds+test.payments-test.took {
			t.Errorf("%s: %d items were taken and %d left", name, len(taken.Items), left)
		}
	}
}

func TestOpenItemsAreCountedWhetherTheyAreTakenOrNot(t *testing.T) {
	taken := take(t, Item{ID: idA, Day: "2026-03-10", Cents: 700}, Item{ID: idB, Day: "2026-03-10", Cents: -200})
	expect(t, "", taken.Look(Item{ID: idA, Day: "2026-03-11", Cents: 30}))
	if taken.Seen != 3 || taken.Open != 530 || len(taken.Items) != 2 || taken.Cents != 500 {
		t.Fatalf("%+v", taken)
	}
}

func TestWhenASettlementIsDue(t *testing.T) {
	open, closed := &Scheme{State: SchemeOpen}, &Scheme{State: SchemeClosed}
	approved, ended := &Shop{State: ShopApproved}, &Shop{State: ShopEnded}
	for name, test := range map[string]struct {
		days   Number
		amount Cents
		until  Day
		scheme *Scheme
		shop   *Shop
		why    WhyDue
	}{
		"a daily rhythm":             {1, 0, "2026-03-10", open, approved, DueByRhythm},
		"no rhythm":                  {0, 0, "2026-03-10", open, approved, DueByRhythm},
		"no rhythm, an open day":     {0, 0, "2026-03-09", open, approved, ""},
		"six days of a week":         {7, 0, "2026-03-15", open, approved, ""},
		"a week":                     {7, 0, "2026-03-16", open, approved, DueByRhythm},
		"a week over summer time":    {21, 0, "2026-03-30", open, approved, DueByRhythm},
		"a day before that":          {21, 0, "2026-03-29", open, approved, ""},
		"too little for the amount":  {7, 501, "2026-03-10", open, approved, ""},
		"the amount":                 {7, 500, "2026-03-10", open, approved, DueByAmount},
		"a closed scheme":            {7, 501, "2026-03-10", closed, approved, DueByEnding},
		"an ended shop":              {7, 0, "2026-03-10", open, ended, DueByEnding},
		"an ended shop after a week": {7, 0, "2026-03-16", open, ended, DueByRhythm},
	} {
		terms := goodTerms()
		terms.SettlementDays = &test.days
		if test.amount > 0 {
			terms.SettlementCents = &test.amount
		}
		taken := take(t, Item{ID: idA, Day: "2026-03-10", Cents: 700}, Item{ID: idB, Day: "2026-03-10", Cents: -200})
		if why := terms.Due(taken, test.until, test.scheme, test.shop); why != test.why {
			t.Errorf("%s: due by %q", name, why)
		}
		code := SettlementNotDue
		if test.why != "" {
			code = ""
		}
		err := terms.CheckDue(taken, test.until, test.scheme, test.shop)
		expect(t, code, err)
		if err != nil && test.amount > 0 && detail(t, err, "settlement_cents") != test.amount {
			t.Errorf("%s: %v", name, err)
		}
		for _, nothing := range []*Taken{{}, take(t, Item{ID: idA, Day: "2026-03-10", Cents: 5}, Item{ID: idB, Day: "2026-03-10", Cents: -5})} {
			if why := terms.Due(nothing, test.until, test.scheme, test.shop); why != "" {
				t.Errorf("%s: nothing is due by %q", name, why)
			}
			if terms.LooksFurther(nothing, test.until, test.scheme, test.shop) {
				t.Errorf("%s: more items would not make nothing due", name)
			}
			expect(t, SettlementNotDue, terms.CheckDue(nothing, test.until, test.scheme, test.shop))
		}
	}
}

func TestTheSmallestSettlement(t *testing.T) {
	terms, open, shop := goodTerms(), &Scheme{State: SchemeOpen}, &Shop{State: ShopApproved}
	cent := take(t, Item{ID: idA, Day: "2026-03-10", Cents: 1})
	if why := terms.Due(cent, "2026-03-16", open, shop); why != DueByRhythm {
		t.Error(why)
	}
	terms.SettlementDays = nil // as of rules that agreed on no rhythm
	if early, due := terms.Due(cent, "2026-03-09", open, shop), terms.Due(cent, "2026-03-10", open, shop); early != "" || due != DueByRhythm {
		t.Error(early, due)
	}
	full := &Taken{}
	for i := range 500 {
		item := Item{ID: idA, Day: "2026-03-10", Cents: 5 - 10*Cents(i%2)}
		if i == 499 {
			item.Cents = -4
		}
		expect(t, "", full.Add(item))
	}
	if full.Cents != 1 || !full.IsEnough() {
		t.Errorf("500 items that come to %d cents are no settlement", full.Cents)
	}
}

func TestTheAmountIsThatOfAllOpenItems(t *testing.T) {
	open, shop, amount := &Scheme{State: SchemeOpen}, &Shop{State: ShopApproved}, Cents(1_000)
	terms := goodTerms()
	terms.SettlementDays, terms.SettlementCents = pointer(Number(30)), &amount
	taken := take(t, Item{ID: idA, Day: "2026-03-10", Cents: 1})
	due := func() WhyDue { return terms.Due(taken, "2026-03-10", open, shop) }
	if due() != "" || !terms.LooksFurther(taken, "2026-03-10", open, shop) {
		t.Error("a cent is due, or nothing else is looked at")
	}
	expect(t, "", taken.Look(Item{ID: idB, Cents: 998}))
	if due() != "" {
		t.Error("it is due a cent too early")
	}
	expect(t, "", taken.Look(Item{ID: idB, Cents: 1}))
	if due() != DueByAmount || taken.Cents != 1 || terms.LooksFurther(taken, "2026-03-10", open, shop) {
		t.Errorf("%+v: %q", taken, due())
	}
	taken = take(t, Item{ID: idA, Day: "2026-03-10", Cents: 1})
	taken.Seen = MaxItems - 1
	if due() != "" {
		t.Error("it is due an item too early")
	}
	if taken.Seen++; due() != DueByAmount {
		t.Error("more items than one settlement holds are not due")
	}
	for name, test := range map[string]struct {
		terms *Terms
		taken *Taken
	}{"no amount": {goodTerms(), take(t, Item{ID: idA, Day: "2026-03-11", Cents: 1})}, "a debt": {terms, take(t, Item{ID: idA, Day: "2026-03-10", Cents: -1})}} {
		if test.terms.LooksFurther(test.taken, "2026-03-10", open, shop) {
			t.Errorf("%s: more is looked at, although it cannot make it due", name)
		}
	}
}
