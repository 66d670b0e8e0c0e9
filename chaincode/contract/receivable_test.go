package contract

import (
	"fmt"
	"slices"
	"testing"
)

func TestWhatShopsOweIsListedWithTheTimeOfItsClaim(t *testing.T) {
	s := newStreet(t)
	claims := map[string]int64{}
	for scheme := range 2 {
		for shop := range 2 {
			s.at(scheme, shop)
			s.owes("2026-03-10", 10*scheme+shop, -100*(1+shop))
		}
		s.closeToday()
	}
	for shop := range 2 {
		s.at(0, shop)
		s.endShop(0)
	}
	claim := func(scheme, shop int) string {
		s.at(scheme, shop)
		s.now += 86_400
		claimed := s.must("treasurer", "settlement:Claim", s.onScheme(object{"shop": s.shop, "reason": "over"}))
		if cents(t, claimed["claimed_at"]) != s.now {
			t.Fatal(claimed)
		}
		claims[claimed["id"].(string)] = s.now
		return claimed["id"].(string)
	}
	first, second, other := claim(0, 0), claim(0, 1), claim(1, 0)
	listed := func(members object, want ...string) {
		t.Helper()
		for _, limit := range []int{1, 2, 500} {
			members["limit"] = limit
			items, _ := s.pages("auditor", "settlement:Receivables", "items", members)
			var ids []string
			for _, item := range items {
				record := item.(object)
				ids = append(ids, record["id"].(string))
				if cents(t, record["claimed_at"]) != claims[record["id"].(string)] || record["state"] != "claimed" {
					t.Fatal(record)
				}
			}
			if slices.Sort(want); !slices.Equal(slices.Sorted(slices.Values(ids)), want) {
				t.Fatalf("%v are listed, not %v", ids, want)
			}
		}
	}
	listed(object{}, first, second, other)
	listed(object{"scheme": s.schemes[1]}, other)
	listed(object{"scheme": s.schemes[0]}, first, second)
	s.refused("ROLE_REQUIRED", "shop", "settlement:Receivables", object{})
	s.refused("INVALID_ID", "auditor", "settlement:Receivables", object{"scheme": "x"})
	s.refused("INVALID_CURSOR", "auditor", "settlement:Receivables", object{"cursor": "../" + first})

	// What was paid in part is still owed, what was paid, written off or reopened is not.
	s.at(0, 0)
	step := func(id string, members object) object {
		members["settlement"], members["reason"] = id, "decided"
		return s.onScheme(members)
	}
	s.must("treasurer2", "settlement:Collect", step(first, object{"cents": 40}))
	listed(object{}, first, second, other)
	s.must("treasurer2", "settlement:Collect", step(first, object{}))
	s.must("manager", "settlement:WriteOff", step(second, object{}))
	listed(object{}, other)
	s.at(1, 0)
	if reopened := s.must("manager", "settlement:Reopen", step(other, object{})); reopened["claimed_at"] == nil {
		t.Fatal(reopened)
	}
	listed(object{})
	again := claim(1, 0)
	listed(object{}, again)
}

// A receivable of before there was the list has no time; indexing lists it, and its end takes it off.
func TestReceivablesOfBeforeAreIndexed(t *testing.T) {
	w := newTown(t)
	w.owes("2026-03-10", 1, -1_200)
	w.closeToday()
	w.windUp()
	id := w.must("treasurer", "settlement:Claim", w.onScheme(object{"shop": w.shop, "reason": "over"}))["id"].(string)
	w.force(settlementKey(w.scheme, id), "claimed_at", 0)
	w.ledger.Put(fmt.Sprintf("receivable/%s/%s/%s", w.scheme, w.shop, id), nil)
	owed := func() []any {
		items, _ := w.pages("auditor", "settlement:Receivables", "items", object{})
		return items
	}
	if found := owed(); len(found) > 0 {
		t.Fatal(found)
	}
	w.must("clerk", "settlement:Index", w.onScheme(object{"settlement": id}))
	if found := owed(); len(found) != 1 || found[0].(object)["claimed_at"] != nil {
		t.Fatal(found)
	}
	w.must("treasurer2", "settlement:Collect", w.onScheme(object{"settlement": id, "reason": "paid"}))
	if found := owed(); len(found) > 0 {
		t.Fatal(found)
	}
}
