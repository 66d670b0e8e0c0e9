package rules

import (
	"math"
	"testing"
)

func take(t *testing.T, items ...Item) *Taken {
	t.Helper()
	taken := &Taken{}
	for _, item := range items {
		expect(t, "", taken.Add(item))
	}
	return taken
}

func TestSettlementsAreNetAndPositive(t *testing.T) {
	for _, test := range []struct {
		items []Item
		net   Cents
		code  Code
	}{
		{[]Item{{ID: idA, Day: "2026-03-10", Cents: 500}, {ID: idB, Day: "2026-03-10", Cents: -200}}, 300, ""},
		{[]Item{{ID: idA, Day: "2026-03-10", Cents: 1}}, 1, ""},
		{nil, 0, NothingToSettle},
		{[]Item{{ID: idA, Day: "2026-03-10", Cents: 200}, {ID: idB, Day: "2026-03-10", Cents: -200}}, 0, NothingToSettle},
		{[]Item{{ID: idB, Day: "2026-03-10", Cents: -200}}, 0, NothingToSettle},
	} {
		settlement, err := NewSettlement(idA, &Scheme{ID: idA}, &Shop{ID: idB}, "p-a", take(t, test.items...), "2026-03-10")
		expect(t, test.code, err)
		if err == nil && settlement.Cents != test.net {
			t.Errorf("%v come to %d", test.items, settlement.Cents)
		}
	}
	for cents, code := range map[Cents]Code{
		math.MaxInt64: LedgerInconsistent, math.MinInt64: LedgerInconsistent, MaxBudget + 1: LedgerInconsistent, -MaxBudget - 1: LedgerInconsistent,
		MaxBudget: "", -MaxBudget: "",
	} {
		expect(t, code, (&Taken{}).Add(Item{Cents: cents}))
	}
}

func TestReceivablesAreDebtsOfEndedShops(t *testing.T) {
	ended, open, closed := &Shop{ID: idB, State: ShopEnded}, &Scheme{ID: idA, State: SchemeOpen}, &Scheme{ID: idA, State: SchemeClosed}
	for _, test := range []struct {
		scheme *Scheme
		shop   *Shop
		cents  Cents
		code   Code
	}{
		{open, ended, -200, ""}, {open, ended, -1, ""}, {open, ended, 0, NothingToClaim}, {open, ended, 200, NothingToClaim},
		{open, &Shop{State: ShopApproved}, -200, ShopState}, {open, &Shop{State: ShopSuspended}, -200, ShopState},
		{closed, &Shop{State: ShopApproved}, -200, ""}, {closed, &Shop{State: ShopApproved}, 200, NothingToClaim},
	} {
		claim, err := NewReceivable(idA, test.scheme, test.shop, "p-t", "ended", take(t, Item{ID: idA, Day: "2026-03-10", Cents: test.cents}), "2026-03-10", 1_773_000_000)
		expect(t, test.code, err)
		if err == nil && (claim.Cents != test.cents || claim.State != SettlementClaimed || claim.DraftedBy != "p-t" || claim.ClaimReason != "ended") {
			t.Errorf("%+v", claim)
		}
	}
	expect(t, SecondPersonRequired, (&Settlement{State: SettlementClaimed, DraftedBy: "p-t"}).WriteOff("p-t", "bankrupt"))
}

func TestLifeOfSettlement(t *testing.T) {
	steps := map[string]func(*Settlement) error{
		"approve":  func(s *Settlement) error { return s.Approve("p-b") },
		"withdraw": func(s *Settlement) error { return s.Withdraw("p-t", "mistake") },
		"export":   func(s *Settlement) error { return s.Export(&Shop{ID: idB}, "p-t", idA+idB, "hash") },
		"paid":     func(s *Settlement) error { _, err := s.Book(&Booking{Outcome: BookPaid}, "p-t"); return err },
		"rejected": func(s *Settlement) error {
			_, err := s.Book(&Booking{Outcome: BookRejected, Reason: "closed"}, "p-t")
			return err
		},
		"returned": func(s *Settlement) error {
			_, err := s.Book(&Booking{Outcome: BookReturned, Reason: "closed"}, "p-t")
			return err
		},
		"collect": func(s *Settlement) error { return s.Collect(0, "p-t", "paid") },
		"write":   func(s *Settlement) error { return s.WriteOff("p-b", "bankrupt") },
		"reopen":  func(s *Settlement) error { _, err := s.Reopen(nil, "p-b", "mistake"); return err },
	}
	allowed := map[State]map[string]State{
		SettlementDrafted:   {"approve": SettlementApproved, "withdraw": SettlementWithdrawn},
		SettlementApproved:  {"export": SettlementExported, "withdraw": SettlementWithdrawn},
		SettlementExported:  {"paid": SettlementPaid, "rejected": SettlementRejected},
		SettlementPaid:      {"returned": SettlementReturned},
		SettlementClaimed:   {"collect": SettlementCollected, "write": SettlementWrittenOff, "reopen": SettlementReopened},
		SettlementCollected: {"reopen": SettlementReopened}, SettlementWrittenOff: {"reopen": SettlementReopened},
		SettlementWithdrawn: {}, SettlementRejected: {}, SettlementReturned: {}, SettlementReopened: {}, SettlementCarried: {}, SettlementNetted: {},
	}
	for from, targets := range allowed {
		for name, step := range steps {
			settlement := &Settlement{ID: idA, State: from, DraftedBy: "p-a"}
			to, possible := targets[name]
			if !possible {
				expect(t, SettlementState, step(settlement))
				continue
			}
			expect(t, "", step(settlement))
			if settlement.State != to {
				t.Errorf("%s leads from %s to %s", name, from, settlement.State)
			}
		}
	}
	expect(t, SecondPersonRequired, (&Settlement{State: SettlementDrafted, DraftedBy: "p-a"}).Approve("p-a"))
	expect(t, SecondPersonRequired, (&Settlement{State: SettlementClaimed, DraftedBy: "p-a"}).Collect(0, "p-a", "paid"))
	for name, test := range map[string]struct {
		shop    Shop
		account string
		person  string
		code    Code
	}{
		"another person":   {Shop{State: ShopApproved}, "hash", "p-t", ""},
		"an ended shop":    {Shop{State: ShopEnded}, "hash", "p-t", ""},
		"the same person":  {Shop{State: ShopApproved}, "hash", "p-b", SecondPersonRequired},
		"a suspended shop": {Shop{State: ShopSuspended}, "hash", "p-t", PayoutFrozen},
		"a frozen payout":  {Shop{State: ShopEnded, PayoutFrozenBy: "p-b"}, "hash", "p-t", PayoutFrozen},
		"no account":       {Shop{State: ShopApproved}, "", "p-t", AccountMissing},
	} {
		settlement := &Settlement{ID: idA, State: SettlementApproved, ApprovedBy: "p-b"}
		expect(t, test.code, settlement.Export(&test.shop, test.person, idA+idB, test.account))
		if exported := settlement.State == SettlementExported && settlement.AccountSHA256 == "hash" && settlement.ExportedBy == "p-t"; exported != (test.code == "") {
			t.Errorf("%s: %+v", name, settlement)
		}
	}
	live := map[State]bool{SettlementDrafted: true, SettlementApproved: true, SettlementExported: true, SettlementClaimed: true}
	gave := map[State]bool{
		SettlementWithdrawn: true, SettlementRejected: true, SettlementReturned: true, SettlementReopened: true, SettlementNetted: true,
	}
	for state := range allowed {
		if s := (&Settlement{State: state}); s.IsLive() != live[state] || s.HoldsItems() == gave[state] || s.IsOwed() != (state == SettlementClaimed) {
			t.Errorf("%s: live %v, holds its items %v, owed %v", state, s.IsLive(), s.HoldsItems(), s.IsOwed())
		}
	}
	for outcome, code := range map[Step]Code{BookPaid: "", BookRejected: "", BookReturned: "", "": InvalidCode, "approve": InvalidCode} {
		expect(t, code, CheckOutcome(outcome))
	}
}

func TestWhatTheBankRejectsOrReturnsReopens(t *testing.T) {
	for _, test := range []struct {
		from    State
		outcome Step
		reopen  bool
		code    Code
	}{
		{SettlementExported, BookPaid, false, ""}, {SettlementExported, BookRejected, true, ""}, {SettlementPaid, BookReturned, true, ""},
		{SettlementExported, BookReturned, false, SettlementState}, {SettlementPaid, BookRejected, false, SettlementState},
	} {
		reopen, err := (&Settlement{ID: idA, State: test.from}).Book(&Booking{Outcome: test.outcome, Reason: "x"}, "p-t")
		expect(t, test.code, err)
		if reopen != test.reopen {
			t.Errorf("%s when %s: %v", test.outcome, test.from, reopen)
		}
	}
}

func TestABookingMayNameTheBanksReferenceAndDay(t *testing.T) {
	for _, test := range []struct {
		booking Booking
		code    Code
	}{
		{Booking{Outcome: BookPaid}, ""}, {Booking{Outcome: BookPaid, BankReference: "NL12/2026-000123", ValueDate: "2026-03-12"}, ""},
		{Booking{Outcome: BookPaid, BankReference: "1234567890123456789012345678901234A"}, ""},
		{Booking{Outcome: BookPaid, BankReference: "1234567890123456789012345678901234AB"}, InvalidCode},
		{Booking{Outcome: BookPaid, BankReference: "Jan-de-Vries"}, InvalidCode}, {Booking{Outcome: BookPaid, BankReference: "12 34"}, InvalidCode},
		{Booking{Outcome: BookPaid, BankReference: "12\n"}, InvalidCode},
		{Booking{Outcome: BookPaid, ValueDate: "2026-02-30"}, InvalidDate}, {Booking{Outcome: BookRejected}, InvalidCode},
		{Booking{Outcome: BookPaid, Reason: "Not a code"}, InvalidCode}, {Booking{Outcome: "booked", Reason: "x"}, InvalidCode},
	} {
		expect(t, test.code, test.booking.Check())
	}
	settlement := &Settlement{State: SettlementExported}
	booking := &Booking{Outcome: BookPaid, Reason: "bank", BankReference: "REF-1", ValueDate: "2026-03-12"}
	if reopen, err := settlement.Book(booking, "p-t"); reopen || err != nil || settlement.BankReference != "REF-1" || settlement.ValueDate != "2026-03-12" ||
		settlement.BookReason != "bank" || settlement.BookedBy != "p-t" {
		t.Errorf("%+v, %v", settlement, err)
	}
}

func TestWhatNoSettlementCouldHoldIsCarriedOver(t *testing.T) {
	open, closed := &Scheme{ID: idA, State: SchemeOpen}, &Scheme{ID: idA, State: SchemeClosed}
	approved, ended := &Shop{ID: idB, State: ShopApproved}, &Shop{ID: idB, State: ShopEnded}
	many := func(count int, cents, last Cents) *Taken {
		taken := &Taken{}
		for i := range count {
			item := Item{ID: idA, Day: "2026-03-10", Cents: cents}
			if i == count-1 {
				item.Cents, item.Day, item.ID = last, "2026-03-11", idB
			}
			expect(t, "", taken.Add(item))
		}
		return taken
	}
	for name, test := range map[string]struct {
		taken   *Taken
		scheme  *Scheme
		shop    *Shop
		state   State
		carried Cents
	}{
		"debts without end":             {many(MaxItems, -1, -1), open, approved, SettlementCarried, -MaxItems},
		"one less":                      {many(MaxItems-1, -1, -1), open, approved, "", 0},
		"as many that come to nothing":  {many(MaxItems, -1, MaxItems-1), open, approved, SettlementCarried, 0},
		"as many that come to a cent":   {many(MaxItems, -1, MaxItems), open, approved, SettlementDrafted, 0},
		"few that come to nothing":      {many(2, -5, 5), open, approved, "", 0},
		"nothing, and the shop ended":   {many(2, -5, 5), open, ended, SettlementCarried, 0},
		"nothing, and the scheme ended": {many(2, -5, 5), closed, approved, SettlementCarried, 0},
		"a debt of an ended shop":       {many(2, -5, 4), open, ended, "", 0},
		"no items of an ended shop":     {&Taken{}, open, ended, "", 0},
	} {
		settlement, err := NewSettlement(idB, test.scheme, test.shop, "p-a", test.taken, "2026-03-12")
		if test.state == "" {
			expect(t, NothingToSettle, err)
			continue
		}
		expect(t, "", err)
		if settlement.State != test.state || settlement.Cents != test.taken.Cents || int(settlement.ItemCount) != len(test.taken.Items) ||
			*settlement.First != (Place{"2026-03-10", idA}) || *settlement.Last != (Place{"2026-03-11", idB}) {
			t.Errorf("%s: %+v", name, settlement)
		}
		switch carried := settlement.Carried(); {
		case test.carried == 0 && carried != nil:
			t.Errorf("%s: %+v is carried", name, carried)
		case test.carried != 0 && *carried != (Item{ID: idB, Day: "2026-03-11", Cents: test.carried, Kind: ItemCarried}):
			t.Errorf("%s: %+v is carried", name, carried)
		}
	}
}

func TestAReceivableIsCollectedInParts(t *testing.T) {
	claim := &Settlement{ID: idA, State: SettlementClaimed, Cents: -1_200, DraftedBy: "p-c"}
	expect(t, InvalidAmount, claim.Collect(1_201, "p-t", "paid"))
	expect(t, "", claim.Collect(500, "p-t", "paid"))
	var sums ShopSums
	if sums.Add(claim); claim.State != SettlementClaimed || sums != (ShopSums{Claimed: -700, Collected: -500}) {
		t.Errorf("%+v, %+v", claim, sums)
	}
	expect(t, InvalidAmount, claim.Collect(701, "p-t", "paid"))
	rest := *claim
	expect(t, "", rest.WriteOff("p-b", "bankrupt"))
	sums = ShopSums{}
	if sums.Add(&rest); sums != (ShopSums{WrittenOff: -700, Collected: -500}) {
		t.Errorf("%+v", sums)
	}
	rest = *claim
	expect(t, "", rest.Collect(700, "p-t", "paid"))
	whole := *claim
	expect(t, "", whole.Collect(0, "p-t", "paid"))
	for _, s := range []*Settlement{&rest, &whole} {
		sums = ShopSums{}
		if sums.Add(s); s.State != SettlementCollected || s.Collected() != 1_200 || sums != (ShopSums{Collected: -1_200}) {
			t.Errorf("%+v, %+v", s, sums)
		}
	}
	// As it was collected before parts could be.
	sums = ShopSums{}
	if sums.Add(&Settlement{State: SettlementCollected, Cents: -1_200}); sums != (ShopSums{Collected: -1_200}) {
		t.Errorf("%+v", sums)
	}
}

func TestAReceivableIsReopenedWithWhatWasReceived(t *testing.T) {
	cents := func(c Cents) *Cents { return &c }
	claim := Settlement{ID: idA, State: SettlementClaimed, Cents: -1_200, DraftedBy: "p-t", Through: "2026-03-10"}
	part, old := claim, claim
	expect(t, "", part.Collect(500, "p-c", "paid"))
	old.State, old.BookedBy = SettlementCollected, "p-c"
	for name, test := range map[string]struct {
		from     Settlement
		received *Cents
		person   string
		code     Code
		kept     Cents
	}{
		"nothing was received":         {claim, nil, "p-b", "", 0},
		"a part stays":                 {part, nil, "p-b", "", 500},
		"less of it was received":      {part, cents(200), "p-b", "", 200},
		"it was booked by mistake":     {part, cents(0), "p-b", "", 0},
		"all of it stays":              {old, nil, "p-b", "", 1_200},
		"all of it was received":       {part, cents(500), "p-b", "", 500},
		"more than was booked":         {part, cents(501), "p-b", InvalidAmount, 0},
		"less than nothing":            {part, cents(-1), "p-b", InvalidAmount, 0},
		"by the one who claimed it":    {part, nil, "p-t", SecondPersonRequired, 0},
		"by the one who collected it":  {part, nil, "p-c", SecondPersonRequired, 0},
		"something, of what was never": {claim, cents(1), "p-b", InvalidAmount, 0},
	} {
		s := test.from
		item, err := s.Reopen(test.received, test.person, "mistake")
		expect(t, test.code, err)
		if err != nil {
			continue
		}
		var sums ShopSums
		sums.Add(&s)
		if s.State != SettlementReopened || s.ReopenedBy != "p-b" || s.ReopenReason != "mistake" || sums != (ShopSums{Collected: -test.kept}) {
			t.Errorf("%s: %+v, %+v", name, s, sums)
		}
		if (item == nil) != (test.kept == 0) || (item != nil && *item != Item{ID: idA, Day: "2026-03-10", Cents: test.kept, Kind: ItemCollected}) {
			t.Errorf("%s: %+v", name, item)
		}
	}
}

func TestADebtIsNettedAgainstAnotherScheme(t *testing.T) {
	side := func(scheme string, cents Cents) *Side {
		return &Side{Scheme: scheme, Taken: take(t, Item{ID: idA, Day: "2026-03-10", Cents: cents}), Through: "2026-03-11"}
	}
	for _, test := range []struct {
		owes, owed, net Cents
		code            Code
	}{
		{-500, 800, 500, ""}, {-800, 500, 500, ""}, {-500, 500, 500, ""}, {-1, 1, 1, ""}, {0, 500, 0, NothingToClaim}, {5, 500, 0, NothingToClaim},
		{-500, 0, 0, NothingToSettle}, {-500, -5, 0, NothingToSettle},
	} {
		debt, credit, err := Net("n", "s", "p-t", "old-debt", side(idA, test.owes), side(idB, test.owed))
		expect(t, test.code, err)
		if err != nil {
			continue
		}
		var one, other ShopSums
		one.Add(debt)
		other.Add(credit)
		if one != (ShopSums{Netted: -test.net}) || other != (ShopSums{Netted: test.net}) || debt.Netted().Cents != test.net || credit.Netted().Cents != -test.net {
			t.Errorf("%+v, %+v", debt, credit)
		}
		if debt.Scheme != idA || debt.Against != idB || credit.Scheme != idB || credit.Against != idA || debt.Netted().Day != "2026-03-11" || debt.ItemCount != 0 {
			t.Errorf("%+v, %+v", debt, credit)
		}
	}
}
