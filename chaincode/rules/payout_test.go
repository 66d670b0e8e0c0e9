package rules

import "testing"

// suspended returns a copy of a shop, suspended by p-x.
func suspended(s *Shop) *Shop {
	held := *s
	held.State, held.ChangedBy, held.StateReason = ShopSuspended, "p-x", "fraud"
	return &held
}

func TestAPayoutIsReleasedByAnotherPerson(t *testing.T) {
	shop := &Shop{ID: idA, State: ShopApproved}
	expect(t, "", shop.CheckPayout())
	expect(t, ShopState, shop.ReleasePayout("p-x"))
	expect(t, "", shop.FreezePayout("p-x", "inquiry"))
	expect(t, PayoutFrozen, shop.CheckPayout())
	expect(t, PayoutFrozen, shop.FreezePayout("p-y", "other"))
	expect(t, SecondPersonRequired, shop.ReleasePayout("p-x"))
	if shop.PayoutFrozenBy != "p-x" || shop.PayoutFreezeReason != "inquiry" || !shop.HasFrozenPayout() {
		t.Fatalf("%+v", shop)
	}
	expect(t, "", shop.CheckApproved()) // it can still sell
	expect(t, "", shop.ReleasePayout("p-y"))
	expect(t, "", shop.CheckPayout())
	if shop.PayoutFrozenBy != "" || shop.PayoutFreezeReason != "" {
		t.Fatalf("%+v", shop)
	}
}

func TestASuspensionStopsThePayoutUntilSomebodyDecides(t *testing.T) {
	end := func(s *Shop) error { return s.End("p-y", "bankrupt", "2026-03-10", 7) }
	reinstate := func(s *Shop) error { return s.Reinstate("p-y", "sorry") }
	for name, test := range map[string]struct {
		frozenBy string
		then     func(*Shop) error
		kept     string
		reason   string
	}{
		"reinstated":               {"", reinstate, "", ""},
		"reinstated, frozen apart": {"p-z", reinstate, "p-z", "inquiry"},
		"ended":                    {"", end, "p-x", "fraud"},
		"ended, frozen apart":      {"p-z", end, "p-z", "inquiry"},
	} {
		t.Run(name, func(t *testing.T) {
			shop := suspended(&Shop{ID: idA})
			if test.frozenBy != "" {
				expect(t, "", shop.FreezePayout(test.frozenBy, "inquiry"))
			}
			expect(t, PayoutFrozen, shop.CheckPayout())
			expect(t, "", test.then(shop))
			if shop.PayoutFrozenBy != test.kept || shop.PayoutFreezeReason != test.reason || shop.HasFrozenPayout() != (test.kept != "") {
				t.Fatalf("%+v", shop)
			}
		})
	}
	shop := &Shop{ID: idA, State: ShopApproved}
	expect(t, "", end(shop))
	expect(t, "", shop.CheckPayout())
}

func TestOnlyAShopWithAnAccountIsApproved(t *testing.T) {
	shop := &Shop{ID: idA, State: ShopApplied}
	expect(t, AccountMissing, shop.Approve("p-x", "", nil))
	if shop.State != ShopApplied {
		t.Fatalf("%+v", shop)
	}
	expect(t, "", shop.Approve("p-x", "hash", nil))
	if shop.AccountSHA256 != "hash" {
		t.Fatalf("%+v", shop)
	}
	_, err := shop.ProposeAccount(AccountChange{ID: idB, ProposedBy: "p-shop", SHA256: "other"})
	expect(t, "", err)
	expect(t, "", shop.ApproveAccount(idB, "p-x", "other"))
	if shop.AccountSHA256 != "other" {
		t.Fatalf("%+v", shop)
	}
}
