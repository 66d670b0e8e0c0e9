package rules

import "testing"

func TestLifeOfVoucher(t *testing.T) {
	authorisation, _ := ed25519TestKey()
	voucher, err := goodTerms().Issue(idA, 1, Allocation{ID: idB, Entitlement: idA, Preset: "junior", Units: 2})
	expect(t, "", err)
	if voucher.Issued != 20_000 || voucher.Available != 20_000 || voucher.State != VoucherIsIssued {
		t.Fatalf("%+v", voucher)
	}
	expect(t, VoucherNotActive, voucher.CheckSpendable(goodTerms(), noon))
	expect(t, VoucherState, voucher.Unblock("p-b"))
	expect(t, "", voucher.Block("p-a", "lost"))
	expect(t, VoucherBlocked, voucher.CheckSpendable(goodTerms(), noon))
	expect(t, VoucherState, voucher.Activate(authorisation, ""))
	expect(t, VoucherState, voucher.Block("p-a", "lost"))
	expect(t, SecondPersonRequired, voucher.Unblock("p-a"))
	expect(t, "", voucher.Unblock("p-b"))
	expect(t, VoucherNotActive, voucher.CheckSpendable(goodTerms(), noon))
	expect(t, "", voucher.Activate(authorisation, ""))
	expect(t, VoucherState, voucher.Activate(authorisation, ""))
	expect(t, "", voucher.CheckSpendable(goodTerms(), noon))
	expect(t, "", voucher.Block("p-a", "lost"))
	expect(t, "", voucher.Unblock("p-b"))
	expect(t, "", voucher.CheckSpendable(goodTerms(), voucher.EndsAt-1))
	expect(t, VoucherExpired, voucher.CheckSpendable(goodTerms(), voucher.EndsAt))
	voucher.State = VoucherIsRevoked
	expect(t, VoucherRevoked, voucher.CheckSpendable(goodTerms(), noon))
}

func TestAllocations(t *testing.T) {
	one := Allocation{ID: idA, Entitlement: idA, Preset: "junior", Units: 1}
	two := Allocation{ID: idB, Entitlement: idB, Preset: "junior", Units: 1}
	expect(t, "", CheckAllocations([]Allocation{one, two}, 500))
	expect(t, InvalidNumber, CheckAllocations(nil, 500))
	expect(t, InvalidNumber, CheckAllocations([]Allocation{one, two}, 1))
	for _, test := range []struct {
		code  Code
		spoil func(*Allocation)
	}{
		{VoucherExists, func(a *Allocation) { a.ID = idA }},
		{AlreadyIssued, func(a *Allocation) { a.Entitlement = idA }},
		{InvalidID, func(a *Allocation) { a.ID = "x" }},
		{InvalidID, func(a *Allocation) { a.Entitlement = "" }},
		{InvalidCode, func(a *Allocation) { a.Preset = "" }},
		{InvalidNumber, func(a *Allocation) { a.Units = 0 }},
		{InvalidNumber, func(a *Allocation) { a.Units = -1 }},
	} {
		spoiled := two
		test.spoil(&spoiled)
		expect(t, test.code, CheckAllocations([]Allocation{one, spoiled}, 500))
	}
}

func TestBalances(t *testing.T) {
	balance := Balance{Issued: 100, ToppedUp: 10, Spent: 60, Refunded: 20, Cancelled: 5, Held: 5, Available: 50, Lapsed: 12, Revoked: 8}
	expect(t, "", balance.Check())
	for _, term := range balance.terms() {
		*term++
		expect(t, LedgerInconsistent, balance.Check())
		*term--
	}
	for _, term := range balance.terms() {
		kept := *term
		*term = -1
		expect(t, LedgerInconsistent, balance.Check())
		*term = kept
	}
	double := balance
	expect(t, "", double.Plus(&balance))
	if double.Spent != 120 || double.Revoked != 16 {
		t.Fatalf("%+v", double)
	}
}

func TestCategoriesAddUpToWhatWasSpent(t *testing.T) {
	voucher := activeVoucher(t)
	expect(t, "", purchaseOf(voucher).Take([]Line{{"clothing", 500}}, ProofByKey))
	voucher.SpentByCategory["clothing"]++
	expect(t, LedgerInconsistent, voucher.Check())
	voucher.SpentByCategory["clothing"] = -1
	expect(t, LedgerInconsistent, voucher.Check())
}
