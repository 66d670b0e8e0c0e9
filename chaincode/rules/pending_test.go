package rules

import (
	"slices"
	"testing"
)

// TestWhatWaitsForASecondPerson lists for each thing the states in which it waits, and whom another person has to follow.
func TestWhatWaitsForASecondPerson(t *testing.T) {
	term := NewProposalTerm(1_000)
	proposed := func(state State, waits PendingKind) Pending {
		if state != ChangeIsProposed {
			return Pending{}
		}
		return Pending{Kind: waits, ID: idA, ProposedBy: "p-a", Since: 1_000, ExpiresAt: term.ExpiresAt}
	}
	for _, test := range []struct {
		name    string
		pending []Pending
		want    Pending
	}{
		{"draft", (&Scheme{ID: idA, State: SchemeDraft, DraftedBy: "p-a"}).Pending(), Pending{Kind: PendingScheme, Scheme: idA, ID: idA, ProposedBy: "p-a"}},
		{"approved scheme", (&Scheme{ID: idA, State: SchemeApproved, DraftedBy: "p-a"}).Pending(), Pending{}},
		{
			"paused scheme", (&Scheme{ID: idA, State: SchemePaused, DraftedBy: "p-a", PausedBy: "p-b"}).Pending(),
			Pending{Kind: PendingPause, Scheme: idA, ID: idA, ProposedBy: "p-b"},
		},
		{"closed scheme", (&Scheme{ID: idA, State: SchemeClosed, PausedBy: "p-b"}).Pending(), Pending{}},
		{"change", (&Change{ID: idA, Kind: ChangeOfBudget, State: ChangeIsProposed, ProposedBy: "p-a", ProposalTerm: term}).Pending(), proposed(ChangeIsProposed, PendingBudget)},
		{"rejected change", (&Change{ID: idA, Kind: ChangeOfBudget, State: ChangeIsRejected}).Pending(), Pending{}},
		{"decision", (&Decision{ID: idA, Kind: DecideFreeing, State: ChangeIsProposed, ProposedBy: "p-a", ProposalTerm: term}).Pending(), proposed(ChangeIsProposed, PendingFreeing)},
		{
			"end of an organisation", (&Decision{ID: idA, Kind: DecideOrganisationEnd, MSP: "KetenMSP", State: ChangeIsProposed, ProposedBy: "p-a"}).Pending(),
			Pending{Kind: PendingOrganisationEnd, ID: idA, MSP: "KetenMSP", ProposedBy: "p-a"},
		},
		{"approved decision", (&Decision{ID: idA, Kind: DecideFreeing, State: ChangeIsApproved}).Pending(), Pending{}},
		{
			"organisation", (&Organisation{MSP: "KetenMSP", Change: idA, State: ChangeIsProposed, ProposedBy: "p-a"}).Pending(),
			Pending{Kind: PendingOrganisation, ID: idA, MSP: "KetenMSP", ProposedBy: "p-a"},
		},
		{"allocation", (&Allocation{ID: idA, State: AllocationIsProposed, ProposedBy: "p-a", ExpiresAt: 5}).Pending(), Pending{Kind: PendingAllocation, ID: idA, ProposedBy: "p-a", ExpiresAt: 5}},
		{"approved allocation", (&Allocation{ID: idA, State: AllocationIsApproved}).Pending(), Pending{}},
		{"applied shop", (&Shop{ID: idA, State: ShopApplied, AppliedBy: "p-a"}).Pending(), Pending{Kind: PendingShop, ID: idA, ProposedBy: "p-a"}},
		{"approved shop", (&Shop{ID: idA, State: ShopApproved, AppliedBy: "p-a", ChangedBy: "p-b"}).Pending(), Pending{}},
		{"suspended shop", (&Shop{ID: idA, State: ShopSuspended, ChangedBy: "p-b"}).Pending(), Pending{Kind: PendingSuspension, ID: idA, ProposedBy: "p-b"}},
		{"frozen payout", (&Shop{ID: idA, State: ShopEnded, PayoutFrozenBy: "p-b"}).Pending(), Pending{Kind: PendingFreeze, ID: idA, ProposedBy: "p-b"}},
		{
			"account", (&Shop{ID: idB, State: ShopApproved, AccountChange: &AccountChange{ID: idA, ProposedBy: "p-a"}}).Pending(),
			Pending{Kind: PendingAccount, ID: idA, Shop: idB, ProposedBy: "p-a"},
		},
		{
			"replacement", (&Voucher{ID: idB, Replacement: &Replacement{ID: idA, ProposedBy: "p-a"}}).Pending(),
			Pending{Kind: PendingReplacement, ID: idA, Voucher: idB, ProposedBy: "p-a"},
		},
		{"voucher", (&Voucher{ID: idB}).Pending(), Pending{}},
		{"erasure", (&Erasure{ID: idA, State: ErasureIsOrdered, OrderedBy: "p-a"}).Pending(), Pending{Kind: PendingErasure, ID: idA, ProposedBy: "p-a"}},
		{"approved erasure", (&Erasure{ID: idA, State: ErasureIsApproved, OrderedBy: "p-a"}).Pending(), Pending{}},
		{
			"drafted settlement", (&Settlement{ID: idA, State: SettlementDrafted, DraftedBy: "p-a"}).Pending(),
			Pending{Kind: PendingSettlement, ID: idA, State: SettlementDrafted, ProposedBy: "p-a"},
		},
		{
			"approved settlement", (&Settlement{ID: idA, State: SettlementApproved, DraftedBy: "p-a", ApprovedBy: "p-b"}).Pending(),
			Pending{Kind: PendingSettlement, ID: idA, State: SettlementApproved, ProposedBy: "p-b"},
		},
		{"exported settlement", (&Settlement{ID: idA, State: SettlementExported}).Pending(), Pending{}},
		{
			"receivable", (&Settlement{ID: idA, State: SettlementClaimed, DraftedBy: "p-a", ClaimedAt: 7}).Pending(),
			Pending{Kind: PendingReceivable, ID: idA, ProposedBy: "p-a", Since: 7},
		},
		{"waiting refund", (&Refund{ID: idA, State: RefundWaiting, At: 7}).Pending(), Pending{Kind: PendingRefund, ID: idA, State: RefundWaiting, Since: 7}},
		{
			"endorsed refund", (&Refund{ID: idA, State: RefundEndorsed, EndorsedBy: "p-b", At: 7}).Pending(),
			Pending{Kind: PendingRefund, ID: idA, State: RefundEndorsed, ProposedBy: "p-b", Since: 7},
		},
		{"refund", (&Refund{ID: idA, At: 7}).Pending(), Pending{}},
	} {
		want := []Pending{test.want}
		if test.want == (Pending{}) {
			want = nil
		}
		if !slices.Equal(test.pending, want) {
			t.Errorf("%s: %+v, not %+v", test.name, test.pending, want)
		}
	}
}

func TestAProposalThatWaitsExpires(t *testing.T) {
	for _, test := range []struct {
		pending Pending
		now     Number
		expired bool
	}{
		{Pending{Kind: PendingRules, ExpiresAt: 10}, 9, false}, {Pending{Kind: PendingRules, ExpiresAt: 10}, 10, true},
		{Pending{Kind: PendingShopEnd}, 1, true}, {Pending{Kind: PendingOrganisationEnd}, 1, true}, {Pending{Kind: PendingAllocation, ExpiresAt: 10}, 11, true},
		{Pending{Kind: PendingShop}, 1 << 40, false}, {Pending{Kind: PendingSettlement}, 1 << 40, false}, {Pending{Kind: PendingErasure}, 1 << 40, false},
	} {
		if test.pending.IsExpired(test.now) != test.expired {
			t.Errorf("%+v at %d", test.pending, test.now)
		}
	}
}

func TestKindsOfWhatWaits(t *testing.T) {
	expect(t, "", CheckPendingKind(""))
	for _, kind := range PendingKinds {
		expect(t, "", CheckPendingKind(kind))
	}
	expect(t, InvalidCode, CheckPendingKind("wish"))
}
