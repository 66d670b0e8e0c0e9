package rules

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// The names of the terms stand once more in the statements, and must be those of the records.
func TestStatementsNameTheTermsOfTheirRecords(t *testing.T) {
	for _, test := range []struct {
		record any
		names  []string
	}{{Balance{}, balanceTerms}, {Budget{}, budgetTerms}} {
		data, err := json.Marshal(test.record)
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(data, &members); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(slices.Sorted(maps.Keys(members)), slices.Sorted(slices.Values(test.names))) {
			t.Errorf("%T has %v", test.record, members)
		}
	}
	balance := &Balance{Issued: 1, ToppedUp: 2, Spent: 3, Refunded: 4, Cancelled: 5, Held: 6, Available: 7, Lapsed: 8, Revoked: 9}
	budget := &Budget{Budget: 1, Issued: 2, ToppedUp: 3, Lapsed: 4, Revoked: 5, Allocated: 6, Unallocated: 7}
	for _, test := range []struct {
		record any
		moved  map[string]Cents
	}{{balance, balance.Moved(&Balance{})}, {budget, budget.Moved(&Budget{})}} {
		data, _ := json.Marshal(test.record)
		want := map[string]Cents{}
		for name, value := range decodeNumbers(t, data) {
			want[name] = Cents(value)
		}
		if !maps.Equal(test.moved, want) {
			t.Errorf("%v is not %v", test.moved, want)
		}
	}
	if same := balance.Moved(balance); len(same) != 0 {
		t.Error(same)
	}
}

func decodeNumbers(t *testing.T, data []byte) (numbers map[string]int64) {
	t.Helper()
	if err := json.Unmarshal(data, &numbers); err != nil {
		t.Fatal(err)
	}
	return numbers
}

func TestSumsOfAShopLeaveOutWhatReopened(t *testing.T) {
	var sums ShopSums
	cents := Cents(1)
	for _, state := range []State{
		SettlementDrafted, SettlementApproved, SettlementExported, SettlementPaid, SettlementClaimed, SettlementCollected, SettlementWrittenOff,
		SettlementNetted,
		SettlementWithdrawn, SettlementRejected, SettlementReturned, SettlementReopened, SettlementCarried,
	} {
		sums.Add(&Settlement{State: state, Cents: cents})
		cents *= 10
	}
	if want := (ShopSums{Drafted: 1, Approved: 10, Exported: 100, Paid: 1_000, Claimed: 10_000, Collected: 100_000, WrittenOff: 1_000_000, Netted: 10_000_000}); sums != want {
		t.Errorf("%+v", sums)
	}
}

func TestDrawsAreWhatTheyClaim(t *testing.T) {
	// From Python: int.from_bytes(hashlib.sha256(b"c0ffee/" + b"a" * 32).digest()[:8]) % 1000
	for _, test := range []struct {
		seed, id string
		draws    Number
	}{{"c0ffee", idA, 391}, {"00", idB, 213}} {
		below, at := Draw{test.seed, test.draws}, Draw{test.seed, test.draws + 1}
		if below.Takes(test.id) || !at.Takes(test.id) {
			t.Errorf("%+v", test)
		}
	}
	taken := 0
	draw := Draw{Seed: "5eed", PerMille: 250}
	for i := range 4_000 {
		if draw.Takes(string(rune('a'+i%26)) + string(rune(i))) {
			taken++
		}
	}
	if taken < 850 || taken > 1_150 {
		t.Errorf("%d of 4000 were drawn, not a quarter", taken)
	}
}

func TestDrawsHaveASeedAndAShare(t *testing.T) {
	for _, test := range []struct {
		draw Draw
		code Code
	}{
		{Draw{"c0ffee", 1}, ""}, {Draw{"0", 1_000}, ""}, {Draw{strings.Repeat("a", 64), 500}, ""}, {Draw{"", 500}, InvalidID},
		{Draw{strings.Repeat("a", 65), 500}, InvalidID}, {Draw{"C0FFEE", 500}, InvalidID}, {Draw{"seed", 500}, InvalidID},
		{Draw{"c0ffee", 0}, InvalidNumber}, {Draw{"c0ffee", 1_001}, InvalidNumber}, {Draw{"c0ffee", -1}, InvalidNumber},
	} {
		expect(t, test.code, test.draw.Check())
	}
}
