package rules

import (
	"slices"
	"testing"
)

func TestStepsOfAShop(t *testing.T) {
	granted := []ShopCategory{{Code: "books", From: "2026-03-10"}}
	steps := map[string]func(*Shop) error{
		"approve":        func(s *Shop) error { return s.Approve("p-x", "hash", granted) },
		"suspend":        func(s *Shop) error { return s.Suspend("p-x", "fraud") },
		"reinstate":      func(s *Shop) error { return s.Reinstate("p-x", "sorry") },
		"grant":          func(s *Shop) error { return s.Grant(granted) },
		"end":            func(s *Shop) error { return s.End("p-x", "bankrupt", "2026-03-10", 7) },
		"freeze payout":  func(s *Shop) error { return s.FreezePayout("p-x", "fraud") },
		"change account": func(s *Shop) error { _, err := s.ProposeAccount(AccountChange{ID: idB}); return err },
	}
	for from, leads := range map[State]map[string]State{
		ShopApplied:   {"approve": ShopApproved, "end": ShopEnded, "change account": ShopApplied},
		ShopApproved:  {"suspend": ShopSuspended, "grant": ShopApproved, "end": ShopEnded, "change account": ShopApproved, "freeze payout": ShopApproved},
		ShopSuspended: {"reinstate": ShopApproved, "grant": ShopSuspended, "end": ShopEnded, "change account": ShopSuspended, "freeze payout": ShopSuspended},
		ShopEnded:     {"change account": ShopEnded, "freeze payout": ShopEnded},
	} {
		for name, step := range steps {
			shop, code := &Shop{ID: idA, State: from}, Code("")
			to, listed := leads[name]
			if !listed {
				to, code = from, ShopState
			}
			expect(t, code, step(shop))
			if shop.State != to || shop.IsEnded() != (to == ShopEnded) {
				t.Errorf("%s leads from %s to %s", name, from, shop.State)
			}
		}
	}
	shop := &Shop{ID: idA, State: ShopSuspended, ChangedBy: "p-y", StateReason: "fraud"}
	expect(t, "", shop.Grant(granted))
	if shop.ChangedBy != "p-y" || shop.StateReason != "fraud" || !shop.Sells("books", "2026-03-10") {
		t.Errorf("%+v", shop)
	}
	expect(t, "", shop.End("p-x", "bankrupt", "2026-03-10", 0))
	if shop.EndedOn != "2026-03-10" || *shop.RetentionDays != 0 || shop.ChangedBy != "p-x" || shop.StateReason != "bankrupt" {
		t.Errorf("%+v", shop)
	}
	expect(t, ShopNotApproved, shop.CheckApproved())
	expect(t, ShopState, shop.CheckEndable())
	expect(t, InvalidNumber, CheckRetention(nil))
	expect(t, InvalidNumber, CheckRetention(pointer(Number(-1))))
	expect(t, InvalidNumber, CheckRetention(pointer(Number(36_501))))
	expect(t, "", CheckRetention(pointer(Number(36_500))))
}

func TestAccountsOfAShop(t *testing.T) {
	shop := &Shop{ID: idA, State: ShopApproved}
	propose := func(id string) (string, error) {
		return shop.ProposeAccount(AccountChange{ID: id, ProposedBy: "p-shop", SHA256: "hash of " + id})
	}
	if shop.Account() != "" || !slices.Equal(shop.AllAccounts(), []string{""}) {
		t.Fatalf("%+v", shop)
	}
	expect(t, ChangeNotFound, shop.CheckWaiting(""))
	expect(t, ChangeNotFound, shop.RejectAccount("one"))
	for _, proposal := range []struct{ id, replaces string }{{"one", ""}, {"two", "one"}} {
		replaced, err := propose(proposal.id)
		expect(t, "", err)
		if replaced != proposal.replaces {
			t.Fatal(replaced)
		}
	}
	expect(t, ChangeNotFound, shop.ApproveAccount("one", "p-x", "hash of one"))
	expect(t, SecondPersonRequired, shop.ApproveAccount("two", "p-shop", "hash of two"))
	expect(t, AccountMissing, shop.ApproveAccount("two", "p-x", ""))
	if shop.Account() != "" || !slices.Equal(shop.AllAccounts(), []string{"", "two"}) {
		t.Fatalf("%+v", shop)
	}
	expect(t, "", shop.ApproveAccount("two", "p-x", "hash of two"))
	expect(t, ChangeNotFound, shop.ApproveAccount("two", "p-x", "hash of two"))
	if shop.Account() != "two" || shop.AccountChange != nil {
		t.Fatalf("%+v", shop)
	}
	if _, err := propose("three"); err != nil {
		t.Fatal(err)
	}
	if shop.Account() != "two" || !slices.Equal(shop.AllAccounts(), []string{"", "two", "three"}) {
		t.Fatalf("%+v", shop)
	}
	expect(t, "", shop.RejectAccount("three"))
	if !slices.Equal(shop.AllAccounts(), []string{"", "two"}) {
		t.Fatalf("%+v", shop)
	}
}
