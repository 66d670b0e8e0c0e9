package contract

import (
	"strings"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

func TestPaymentsOfLayout2AreFoundAnew(t *testing.T) {
	w := newTown(t)
	w.admitShop("rival", "clothing")
	h := w.holder()
	held, released, paid, cancelled := w.held(h, clothing(500)), w.held(h, clothing(500)), w.paid(h, clothing(500)), w.paid(h, clothing(500))
	w.must("shop", "payment:Release", w.because(object{"payment": released}))
	w.must("shop", "payment:Cancel", w.because(object{"payment": cancelled}))
	refund := w.must("shop", "payment:Refund", w.because(object{"payment": paid, "lines": []rules.Line{clothing(100)}}))["id"]
	w.checkFound()
	for _, key := range w.ledger.Keys() {
		if strings.HasPrefix(key, "held/") || strings.HasPrefix(key, "undone/") {
			w.ledger.Put(key, nil)
		}
	}
	missing := func() []any {
		items, _ := w.pages("clerk", "payment:Unindexed", "items", object{"limit": 1})
		return items
	}
	if found := missing(); len(found) != 3 {
		t.Fatal(found)
	}
	request := func(ids ...string) object { return object{"request_id": w.id(), "payments": ids} }
	w.refused("ROLE_REQUIRED", "manager", "payment:Index", request(held))
	w.refused("PAYMENT_NOT_FOUND", "clerk", "payment:Index", request(held, w.id()))
	w.must("clerk", "payment:Index", request(held, released, paid, cancelled))
	w.must("treasurer", "payment:Index", request(held, cancelled))
	if found := missing(); len(found) > 0 {
		t.Fatal(found)
	}
	w.checkFound()

	holds := func(user string, members object) []any {
		t.Helper()
		members["scheme"] = w.scheme
		return w.must(user, "payment:Holds", members)["items"].([]any)
	}
	if all, own := holds("treasurer", object{}), holds("shop", object{"shop": w.shop}); len(all) != 1 || len(own) != 1 || own[0].(object)["id"] != held {
		t.Fatal(all, own)
	}
	w.refused("NOT_YOURS", "shop", "payment:Holds", object{"scheme": w.scheme})
	w.refused("NOT_YOURS", "rival", "payment:Holds", object{"scheme": w.scheme, "shop": w.shop})
	w.refused("NOT_YOURS", "rival", "payment:OfDay", object{"scheme": w.scheme, "shop": w.shop, "day": "2026-03-10"})
	w.refused("NOT_YOURS", "rival", "payment:ShowRefund", object{"refund": refund})
	w.refused("PAYMENT_NOT_FOUND", "shop", "payment:ShowRefund", object{"refund": paid})
	if shown := w.must("shop", "payment:ShowRefund", object{"refund": refund}); shown["payment"] != paid || number(t, shown["cents"]) != 100 {
		t.Fatal(shown)
	}
}

func TestAllShopsThatAreDueAreListed(t *testing.T) {
	s := newStreet(t)
	s.settleEvery(30, 1_000)
	for at, cents := range []int{1, 400} {
		s.at(0, at)
		for i := range 501 {
			s.owes("2026-03-10", 1_000*at+i, cents)
		}
	}
	s.owes("2026-03-11", 5, 5_000) // of a day that is not closed
	s.closeToday()
	for _, limit := range []int{1, 100} {
		items, _ := s.pages("auditor", "settlement:DueList", "items", object{"scheme": s.scheme, "limit": limit})
		due := map[any]any{}
		for _, item := range items {
			due[item.(object)["shop"]] = item.(object)["why"]
		}
		if len(items) != 2 || due[s.shops[0]] != "" || due[s.shops[1]] != "amount" {
			t.Fatal(items)
		}
	}
	// What is beyond the five hundred that one settlement takes counts as well.
	s.at(0, 0)
	s.owes("2026-03-10", 999, 499)
	s.wantDue(true, "amount", 500, 500)
	s.refused("ROLE_REQUIRED", "shop", "settlement:DueList", object{"scheme": s.scheme})
}
