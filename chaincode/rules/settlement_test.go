package rules

import (
	"math"
	"testing"
)

func TestSettlementsAreNetAndPositive(t *testing.T) {
	for _, test := range []struct {
		items []Item
		net   Cents
		code  Code
	}{
		{[]Item{{idA, "2026-03-10", 500}, {idB, "2026-03-10", -200}}, 300, ""},
		{nil, 0, NothingToSettle},
		{[]Item{{idA, "2026-03-10", 200}, {idB, "2026-03-10", -200}}, 0, NothingToSettle},
		{[]Item{{idB, "2026-03-10", -200}}, 0, NothingToSettle},
		{[]Item{{idA, "2026-03-10", math.MaxInt64}, {idB, "2026-03-10", 1}}, 0, LedgerInconsistent},
		{make([]Item, MaxItems+1), 0, LedgerInconsistent},
	} {
		settlement, err := NewSettlement(idA, idA, idB, "p-a", test.items, "2026-03-10")
		expect(t, test.code, err)
		if err == nil && settlement.Cents != test.net {
			t.Errorf("%v come to %d", test.items, settlement.Cents)
		}
	}
}

func TestLifeOfSettlement(t *testing.T) {
	steps := map[string]func(*Settlement) error{
		"approve":  func(s *Settlement) error { return s.Approve("p-b") },
		"withdraw": func(s *Settlement) error { return s.Withdraw("p-t", "mistake") },
		"export":   func(s *Settlement) error { return s.Export("p-t", idA+idB) },
		"paid":     func(s *Settlement) error { _, err := s.Book(BookPaid, "p-t", ""); return err },
		"rejected": func(s *Settlement) error { _, err := s.Book(BookRejected, "p-t", "closed"); return err },
		"returned": func(s *Settlement) error { _, err := s.Book(BookReturned, "p-t", "closed"); return err },
	}
	allowed := map[State]map[string]State{
		SettlementDrafted:   {"approve": SettlementApproved, "withdraw": SettlementWithdrawn},
		SettlementApproved:  {"export": SettlementExported, "withdraw": SettlementWithdrawn},
		SettlementExported:  {"paid": SettlementPaid, "rejected": SettlementRejected},
		SettlementPaid:      {"returned": SettlementReturned},
		SettlementWithdrawn: {}, SettlementRejected: {}, SettlementReturned: {},
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
	for outcome, code := range map[Step]Code{BookPaid: "", BookRejected: "", BookReturned: "", "": InvalidCode, "approve": InvalidCode} {
		expect(t, code, CheckOutcome(outcome))
	}
}
