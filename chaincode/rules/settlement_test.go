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
		{[]Item{{idA, "2026-03-10", 500}, {idB, "2026-03-10", -200}}, 300, ""},
		{[]Item{{idA, "2026-03-10", 1}}, 1, ""},
		{nil, 0, NothingToSettle},
		{[]Item{{idA, "2026-03-10", 200}, {idB, "2026-03-10", -200}}, 0, NothingToSettle},
		{[]Item{{idB, "2026-03-10", -200}}, 0, NothingToSettle},
	} {
		settlement, err := NewSettlement(idA, idA, idB, "p-a", take(t, test.items...), "2026-03-10")
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
	ended := &Shop{ID: idB, State: ShopEnded}
	for _, test := range []struct {
		shop  *Shop
		cents Cents
		code  Code
	}{
		{ended, -200, ""}, {ended, -1, ""}, {ended, 0, NothingToClaim}, {ended, 200, NothingToClaim},
		{&Shop{State: ShopApproved}, -200, ShopState}, {&Shop{State: ShopSuspended}, -200, ShopState},
	} {
		claim, err := NewReceivable(idA, idA, test.shop, "p-t", "ended", take(t, Item{idA, "2026-03-10", test.cents}), "2026-03-10")
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
		"paid":     func(s *Settlement) error { _, err := s.Book(BookPaid, "p-t", ""); return err },
		"rejected": func(s *Settlement) error { _, err := s.Book(BookRejected, "p-t", "closed"); return err },
		"returned": func(s *Settlement) error { _, err := s.Book(BookReturned, "p-t", "closed"); return err },
		"collect":  func(s *Settlement) error { return s.Collect("p-t", "paid") },
		"write":    func(s *Settlement) error { return s.WriteOff("p-b", "bankrupt") },
	}
	allowed := map[State]map[string]State{
		SettlementDrafted:   {"approve": SettlementApproved, "withdraw": SettlementWithdrawn},
		SettlementApproved:  {"export": SettlementExported, "withdraw": SettlementWithdrawn},
		SettlementExported:  {"paid": SettlementPaid, "rejected": SettlementRejected},
		SettlementPaid:      {"returned": SettlementReturned},
		SettlementClaimed:   {"collect": SettlementCollected, "write": SettlementWrittenOff},
		SettlementWithdrawn: {}, SettlementRejected: {}, SettlementReturned: {}, SettlementCollected: {}, SettlementWrittenOff: {},
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
	expect(t, SecondPersonRequired, (&Settlement{State: SettlementClaimed, DraftedBy: "p-a"}).Collect("p-a", "paid"))
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
		reopen, err := (&Settlement{ID: idA, State: test.from}).Book(test.outcome, "p-t", "x")
		expect(t, test.code, err)
		if reopen != test.reopen {
			t.Errorf("%s when %s: %v", test.outcome, test.from, reopen)
		}
	}
}
