package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

// whatWaits gives what the records on the ledger say is waiting for a second person, by kind, scheme and id, and who it has to differ from
// ("" of a refund that nobody endorsed).
func (w *world) whatWaits() map[string]any {
	found := map[string]any{}
	for _, key := range w.ledger.Keys() {
		name, _, _ := strings.Cut(key, "/")
		if pendingRecords[name] == nil {
			continue
		}
		record := decodeJSON(w.t, w.ledger.Value(key))
		state := record["state"]
		add := func(waits bool, kind, scheme, id, by any) {
			if scheme == nil {
				scheme = ""
			}
			if waits {
				found[fmt.Sprintf("%v/%v/%v", kind, scheme, id)] = by
			}
		}
		proposed, id, scheme := state == "proposed", record["id"], record["scheme"]
		switch name {
		case "organisation":
			add(proposed, "organisation", nil, record["change"], record["proposed_by"])
		case "scheme":
			add(state == "draft", "scheme", id, id, record["drafted_by"])
			add(state == "paused", "pause", id, id, record["paused_by"])
		case "change", "decision":
			add(proposed, record["kind"], scheme, id, record["proposed_by"])
		case "allocation":
			add(proposed, "allocation", scheme, id, record["proposed_by"])
		case "shop":
			add(state == "applied", "shop", nil, id, record["applied_by"])
			add(state == "suspended", "suspension", nil, id, record["changed_by"])
			add(record["payout_frozen_by"] != nil, "freeze", nil, id, record["payout_frozen_by"])
			if change, is := record["account_change"].(object); is {
				add(true, "account", nil, change["id"], change["proposed_by"])
			}
		case "voucher":
			if replacement, is := record["replacement"].(object); is {
				add(true, "replacement", scheme, replacement["id"], replacement["proposed_by"])
			}
		case "settlement":
			add(state == "drafted", "settlement", scheme, id, record["drafted_by"])
			add(state == "approved", "settlement", scheme, id, record["approved_by"])
			add(state == "claimed", "receivable", scheme, id, record["drafted_by"])
		case "erasure":
			add(state == "ordered", "erasure", scheme, id, record["ordered_by"])
		case "refund":
			add(state == "waiting" || state == "endorsed", "refund", scheme, id, record["endorsed_by"])
		}
	}
	return found
}

// waitingFor gives what decision:Waiting answers on all its pages, in the same form.
func (w *world) waitingFor(members object) map[string]any {
	w.t.Helper()
	found := map[string]any{}
	items, _ := w.pages("auditor", "decision:Waiting", "items", members)
	for _, item := range items {
		entry := item.(object)
		scheme, _ := entry["scheme"].(string)
		name := fmt.Sprintf("%v/%v/%v", entry["kind"], scheme, entry["id"])
		if _, twice := found[name]; twice {
			w.t.Fatalf("%s is listed twice", name)
		}
		found[name] = entry["proposed_by"]
		if entry["kind"] == "refund" && strings.Contains(entry["proposed_by"].(string), "/") {
			found[name] = nil
		}
	}
	return found
}

// checkWaiting verifies that all that waits is listed, and nothing else, whatever is asked for.
func (w *world) checkWaiting() {
	w.t.Helper()
	want := w.whatWaits()
	for _, limit := range []int{3, 500} {
		if got := w.waitingFor(object{"limit": limit}); !maps.Equal(got, want) {
			w.t.Fatalf("%v is listed, and %v waits", got, want)
		}
	}
	kinds, schemes := map[string]any{}, map[string]any{}
	for _, kind := range rules.PendingKinds {
		for name, by := range w.waitingFor(object{"kind": kind, "limit": 2}) {
			kinds[name] = by
			if !strings.HasPrefix(name, string(kind)+"/") {
				w.t.Fatal(kind, name)
			}
		}
	}
	for _, key := range w.ledger.Keys() {
		if scheme, is := strings.CutPrefix(key, "scheme/"); is {
			for name, by := range w.waitingFor(object{"scheme": scheme, "limit": 2}) {
				schemes[name] = by
				if !strings.Contains(name, "/"+scheme+"/") {
					w.t.Fatal(scheme, name)
				}
			}
		}
	}
	for name := range want {
		if strings.Contains(name, "//") {
			delete(want, name)
			delete(kinds, name)
		}
	}
	if !maps.Equal(kinds, want) || !maps.Equal(schemes, want) {
		w.t.Fatalf("%v waits; by kinds %v, by schemes %v", want, kinds, schemes)
	}
}

func TestWhatWaitsIsListedInEveryHistory(t *testing.T) {
	seen := map[string]bool{}
	for seed := range 8 {
		s := newStoryteller(t, uint64(100+seed), newReached())
		for step := range 240 {
			s.step(step * 100 / 240)
			for name := range s.whatWaits() {
				kind, _, _ := strings.Cut(name, "/")
				seen[kind] = true
			}
			if step%24 == 0 {
				s.checkWaiting()
			}
		}
		s.checkWaiting()
	}
	if len(seen) < 9 {
		t.Errorf("only %v waited", seen)
	}
}

// startEach starts things of all kinds waiting, and gives for each what ends that.
func (w *town) startEach() map[string]func() {
	_, payment := w.refunding()
	h := w.holder()
	w.now += 11 * aDay
	w.waits("term", payment, clothing(100))
	ends := map[string]func(){}
	proposed := func(kind, user, name string, request object, end func(proposal object)) {
		w.t.Helper()
		proposal := w.must(user, name, request)
		ends[kind] = func() { w.t.Helper(); end(proposal) }
	}
	change := func(proposal object) {
		w.must("manager", "scheme:RejectChange", w.onScheme(object{"change": proposal["id"], "reason": "no"}))
	}
	reject := func(proposal object) {
		w.must("manager", "decision:Reject", w.because(object{"decision": proposal["id"]}))
	}
	proposed("rules", "clerk", "scheme:ProposeRules", w.onScheme(object{"rules": schemeRules(), "applies_to": "new", "reason": "x"}), change)
	proposed("budget", "clerk", "scheme:ProposeBudget", w.onScheme(object{"remove_cents": 5, "reason": "x"}), change)
	proposed("closing", "clerk", "scheme:ProposeClosing", w.onScheme(object{"reason": "x"}), change)
	proposed("scheme", "clerk", "scheme:Draft", object{"request_id": w.id(), "rules": schemeRules(), "budget_cents": 5}, func(draft object) {
		w.must("manager", "scheme:Approve", object{"request_id": w.id(), "scheme": draft["id"]})
	})
	list, _ := w.proposing(w.scheme, "issue", w.list(1))
	proposed("allocation", "clerk", "allocation:Propose", list, func(allocation object) {
		w.must("manager", "allocation:Reject", w.aboutAllocation(allocation["id"], object{"reason": "no"}))
	})
	proposed("organisation", "clerk", "organisations:Propose", w.aboutOrganisation("KetenMSP", object{"kind": "shops", "reason": "x"}), func(named object) {
		w.must("manager", "organisations:Approve", w.aboutOrganisation("KetenMSP", object{"change": named["change"]}))
	})
	proposed("revocation", "clerk", "voucher:ProposeRevocation", w.all(h.voucher), reject)
	revoked := w.issue(1)[0]
	w.revoke(revoked)
	proposed("freeing", "clerk", "voucher:ProposeFreeing", w.free(w.entitlementOf(revoked)), reject)
	rival := w.admitShop("rival", "clothing")
	w.nameOrganisation("BazaarMSP", nil)
	proposed("organisation-end", "clerk", "organisations:ProposeEnd", w.proposeEnd("BazaarMSP"), reject)
	proposed("shop-end", "clerk", "shop:ProposeEnd", object{"request_id": w.id(), "shop": rival, "reason": "x", "retention_days": 0}, reject)
	_, replacement := h.replacement(w.id())
	proposed("replacement", "clerk", "voucher:Replace", replacement, func(object) {
		w.must("manager", "voucher:ApproveReplacement", w.decide(h.voucher, replacement))
	})
	proposed("erasure", "clerk", "erasure:Order", w.orderCases("request", h.voucher), func(erasure object) {
		w.must("manager", "erasure:Withdraw", w.about(erasure["id"], object{"reason": "no"}))
	})
	newShop := w.id()
	w.enrol("applicant", "WinkelsMSP", "shopkeeper", "p-applicant", newShop)
	w.must("applicant", "shop:Apply", object{"request_id": newShop, "categories": []string{"clothing"}}, account())
	ends["shop"] = func() {
		w.must("manager", "shop:Approve", object{
			"request_id": w.id(), "shop": newShop, "categories": []object{{"code": "clothing", "from": "2026-01-01"}},
		})
	}
	changed := w.proposeAccount(secondIBAN)
	ends["account"] = func() { w.must("manager", "shop:ApproveAccount", w.aboutShop(object{"change": changed})) }
	ofRival := func() object { return w.because(object{"shop": rival}) }
	proposed("suspension", "manager", "shop:Suspend", ofRival(), func(object) { w.must("manager2", "shop:Reinstate", ofRival()) })
	proposed("freeze", "manager", "shop:FreezePayout", ofRival(), func(object) { w.must("manager2", "shop:ReleasePayout", ofRival()) })
	refund := w.must("auditor", "payment:WaitingRefunds", object{"scheme": w.scheme})["items"].([]any)[0].(object)
	ends["refund"] = func() {
		w.must("clerk", "payment:EndorseRefund", object{"request_id": w.id(), "refund": refund["id"]})
		if by := w.waitingFor(object{"kind": "refund"}); !slices.Contains(slices.Collect(maps.Values(by)), any("p-clerk")) {
			w.t.Fatal(by)
		}
		w.must("treasurer", "payment:RejectRefund", w.because(object{"refund": refund["id"]}))
	}
	w.closeToday()
	w.must("shop", "settlement:Draft", w.draft())
	var drafted string
	for name := range w.waitingFor(object{"kind": "settlement"}) {
		drafted = name[strings.LastIndex(name, "/")+1:]
	}
	w.must("manager", "settlement:Approve", w.onScheme(object{"settlement": drafted}))
	if by := w.waitingFor(object{"kind": "settlement"}); by["settlement/"+w.scheme+"/"+drafted] != "p-manager" {
		w.t.Fatal(by)
	}
	ends["settlement"] = func() {
		w.must("treasurer", "settlement:Export", w.export(drafted))
	}
	gone := w.admitShop("gone", "clothing")
	w.end(gone, 0)
	mine := w.shop
	w.shop = gone
	w.owes("2026-03-10", 1, -500)
	claimed := w.must("treasurer", "settlement:Claim", w.onScheme(object{"shop": gone, "reason": "over"}))
	w.shop = mine
	ends["receivable"] = func() {
		w.must("manager", "settlement:WriteOff", w.onScheme(object{"settlement": claimed["id"], "reason": "bankrupt"}))
	}
	w.must("manager", "scheme:Pause", w.onScheme(object{"reason": "x"}))
	ends["pause"] = func() { w.must("manager2", "scheme:Open", w.onScheme(nil)) }
	return ends
}

func TestAllThatWaitsIsOneList(t *testing.T) {
	w := newTown(t)
	ends := w.startEach()
	w.checkWaiting()
	items, _ := w.pages("treasurer", "decision:Waiting", "items", object{})
	seen := map[any]object{}
	for _, item := range items {
		entry := item.(object)
		seen[entry["kind"]] = entry
		if entry["since"] == nil || entry["proposed_by"] == "" {
			t.Error(entry)
		}
	}
	if len(seen) != len(rules.PendingKinds) || len(ends) != len(rules.PendingKinds) {
		t.Fatalf("%v wait", slices.Collect(maps.Keys(seen)))
	}
	if budget := seen["budget"]; cents(t, budget["since"]) != w.now || cents(t, budget["expires_at"]) != w.now+term || budget["expired"] != nil ||
		budget["scheme"] != w.scheme || budget["proposed_by"] != "p-clerk" {
		t.Fatal(budget)
	}
	if account := seen["account"]; account["shop"] != w.shop || account["proposed_by"] != "WinkelsMSP/p-shop" || account["expires_at"] != nil {
		t.Fatal(account)
	}
	if refund := seen["refund"]; refund["proposed_by"] != "WinkelsMSP/p-shop" || refund["state"] != "waiting" || refund["voucher"] == nil {
		t.Fatal(refund)
	}
	if named := seen["organisation"]; named["msp"] != "KetenMSP" {
		t.Fatal(named)
	}
	if settled := seen["settlement"]; settled["state"] != "approved" || settled["shop"] != w.shop {
		t.Fatal(settled)
	}
	// What waits and has a term is shown as expired until somebody rejects it.
	w.now += term
	for _, item := range w.must("clerk", "decision:Waiting", object{})["items"].([]any) {
		entry := item.(object)
		if entry["kind"] != "allocation" && (entry["expired"] == true) != (entry["expires_at"] != nil) {
			t.Error(entry)
		}
	}
	w.now -= term
	for _, kind := range slices.Sorted(maps.Keys(ends)) {
		before := w.waitingFor(object{"kind": kind})
		ends[kind]()
		if after := w.waitingFor(object{"kind": kind}); len(after) != len(before)-1 {
			t.Errorf("%s: %v, then %v", kind, before, after)
		}
		w.checkWaiting()
	}
	if left := w.waitingFor(object{}); len(left) > 0 {
		t.Fatal(left)
	}
}

func TestWhoAsksWhatWaits(t *testing.T) {
	w := newTown(t)
	w.onlyFor("decision:Waiting", func() object { return object{} }, "clerk", "manager", "treasurer", "auditor")
	w.onlyFor("decision:Unindexed", func() object { return object{} }, "clerk", "manager", "treasurer", "auditor")
	w.onlyFor("decision:Index", func() object { return object{"request_id": w.id(), "keys": []string{"scheme/" + w.scheme}} }, "clerk", "treasurer")
	w.refused("INVALID_CODE", "clerk", "decision:Waiting", object{"kind": "wish"})
	w.refused("INVALID_ID", "clerk", "decision:Waiting", object{"scheme": "-"})
	w.refused("INVALID_CURSOR", "clerk", "decision:Waiting", object{"cursor": "scheme"})
	w.refused("INVALID_CURSOR", "clerk", "decision:Waiting", object{"cursor": "change/" + w.id()})
	w.refused("INVALID_CURSOR", "clerk", "decision:Unindexed", object{"cursor": "refund/" + w.id()})
	for code, keys := range map[string][]string{
		"INVALID_KEY": {"refund/" + w.id()}, "MALFORMED_REQUEST": {},
	} {
		if _, got := w.send("clerk", "decision:Index", object{"request_id": w.id(), "keys": keys}); got == "" || code == "INVALID_KEY" && got != code {
			t.Errorf("%v: %q", keys, got)
		}
	}
	w.refused("INVALID_KEY", "clerk", "decision:Index", object{"request_id": w.id(), "keys": []string{"change/" + w.scheme + "/" + w.id()}})
	w.refused("INVALID_KEY", "clerk", "decision:Index", object{"request_id": w.id(), "keys": []string{"pending/-/-/" + w.id()}})
}

// What waited before there was the list is found, and listed once.
func TestWhatWaitedBeforeIsIndexed(t *testing.T) {
	w := newTown(t)
	ends := w.startEach()
	want := w.waitingFor(object{})
	lists := 0
	for _, key := range w.ledger.Keys() {
		if strings.HasPrefix(key, "pending/") {
			w.ledger.Put(key, nil)
			lists++
		}
	}
	if left := w.waitingFor(object{}); len(left) != len(want)-lists || lists < 17 {
		t.Fatal(left)
	}
	unindexed := func() (keys []string) {
		for _, limit := range []int{1, 500} {
			items, _ := w.pages("clerk", "decision:Unindexed", "items", object{"limit": limit})
			keys = nil
			for _, item := range items {
				keys = append(keys, item.(string))
			}
		}
		return keys
	}
	keys := unindexed()
	answer := w.must("clerk", "decision:Index", object{"request_id": w.id(), "keys": keys})
	w.refused("MALFORMED_REQUEST", "clerk", "decision:Index", object{"request_id": w.id(), "keys": append(keys, keys[0])})
	if int(number(t, answer["recorded"])) != lists {
		t.Fatal(answer, lists)
	}
	if left := unindexed(); len(left) > 0 {
		t.Fatal(left)
	}
	w.checkWaiting()
	if answer := w.must("treasurer", "decision:Index", object{"request_id": w.id(), "keys": keys}); number(t, answer["recorded"]) != 0 {
		t.Fatal(answer)
	}
	for _, item := range w.must("clerk", "decision:Waiting", object{})["items"].([]any) {
		// Since when is known of those whose record says it.
		entry := item.(object)
		if entry["kind"] == "suspension" && entry["since"] != nil || entry["kind"] == "rules" && cents(t, entry["since"]) != w.now {
			t.Fatal(entry)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(ends)) {
		ends[kind]()
	}
	if left := w.waitingFor(object{}); len(left) > 0 {
		t.Fatal(left)
	}
}

// A new proposal takes the place of the one before, and what ends with its voucher or shop waits no more.
func TestWhatIsReplacedOrOverWaitsNoMore(t *testing.T) {
	w := newTown(t)
	w.proposeOrganisation("KetenMSP", nil)
	latest := w.proposeOrganisation("KetenMSP", nil)
	w.proposeAccount(secondIBAN)
	account := w.proposeAccount(thirdIBAN)
	h := w.holder()
	var replacement object
	for range 2 {
		_, replacement = h.replacement(w.id())
		w.must("clerk", "voucher:Replace", replacement)
	}
	want := map[string]any{
		fmt.Sprintf("organisation//%v", latest): "p-clerk", "account//" + account: "WinkelsMSP/p-shop",
		fmt.Sprintf("replacement/%s/%v", w.scheme, replacement["request_id"]): "p-clerk",
	}
	if got := w.waitingFor(object{}); !maps.Equal(got, want) {
		t.Fatal(got)
	}
	w.revoke(h.voucher)
	w.must("manager", "shop:Suspend", w.aboutShop(object{"reason": "fraud"}))
	w.checkWaiting()
	w.endShop(0)
	if got := w.waitingFor(object{}); len(got) != 3 || got["freeze//"+w.shop] != "p-manager" {
		t.Fatal(got)
	}
	w.checkWaiting()
}
