package contract

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

func TestASchemeNeedsTwoPersons(t *testing.T) {
	w := newTown(t)
	scheme := w.id()
	w.must("clerk", "scheme:Draft", object{"request_id": scheme, "rules": schemeRules(), "budget_cents": 100})
	step := func() object { return object{"request_id": w.id(), "scheme": scheme} }
	w.refused("SCHEME_STATE", "clerk", "scheme:Open", step())
	// The same person with a renewed certificate and another role is still the same person.
	w.refused("SECOND_PERSON_REQUIRED", "promoted", "scheme:Approve", w.withApprover("promoted", "p-clerk", step()))
	w.must("manager", "scheme:Approve", step())
	if w.last.Event.GetEventName() != "SchemeApproved" {
		t.Fatal(w.last.Event)
	}
	w.refused("SCHEME_STATE", "manager2", "scheme:Approve", step())
	w.refused("SCHEME_NOT_FOUND", "manager", "scheme:Approve", object{"request_id": w.id(), "scheme": w.id()})
	bad := schemeRules()
	bad["ends_on"] = "2025-12-31"
	w.refused("INVALID_RULES", "clerk", "scheme:Draft", object{"request_id": w.id(), "rules": bad, "budget_cents": 100})
	delete(bad, "ends_on")
	w.refused("INVALID_DATE", "clerk", "scheme:Draft", object{"request_id": w.id(), "rules": bad, "budget_cents": 100})
	page := w.must("auditor", "scheme:List", object{"limit": 1})
	if len(page["items"].([]any)) != 1 || page["next"] == "" {
		t.Fatal(page)
	}
	page = w.must("auditor", "scheme:List", object{"limit": 1, "cursor": page["next"]})
	if len(page["items"].([]any)) != 1 || page["next"] != "" {
		t.Fatal(page)
	}
}

func TestIssuing(t *testing.T) {
	w := newTown(t)
	vouchers, cases := issuances(w.world, 2)
	w.must("clerk", "voucher:RecordCases", object{"request_id": w.id(), "scheme": w.scheme}, object{"cases": cases})
	issue := w.issuing
	with := func(voucher object, member string, value any) object {
		changed := object{}
		for name, kept := range voucher {
			changed[name] = kept
		}
		changed[member] = value
		return changed
	}
	w.refused("PRESET_UNKNOWN", "clerk", "voucher:Issue", issue(with(vouchers[0], "preset", "baby")))
	w.refused("INVALID_NUMBER", "clerk", "voucher:Issue", issue(with(vouchers[0], "units", 0)))
	w.refused("INVALID_AMOUNT", "clerk", "voucher:Issue", issue(with(vouchers[0], "units", 10_001)))
	tooMuch, _ := w.proposing(w.scheme, "issue", []object{with(vouchers[0], "units", 999), with(vouchers[1], "units", 2)})
	w.refused("BUDGET_EXCEEDED", "clerk", "allocation:Propose", tooMuch)
	w.refused("ALREADY_ISSUED", "clerk", "voucher:Issue", issue(vouchers[0], with(vouchers[1], "entitlement", vouchers[0]["entitlement"])))
	w.refused("VOUCHER_EXISTS", "clerk", "voucher:Issue", issue(vouchers[0], with(vouchers[1], "id", vouchers[0]["id"])))
	w.refused("INVALID_NUMBER", "clerk", "voucher:Issue", issue())
	answer := w.must("clerk", "voucher:Issue", issue(with(vouchers[0], "preset", "senior")))
	if cents(t, answer["issued_cents"]) != 15_000 {
		t.Fatal(answer)
	}
	w.refused("ALREADY_ISSUED", "clerk", "voucher:Issue", issue(with(vouchers[1], "entitlement", vouchers[0]["entitlement"])))
	w.refused("VOUCHER_EXISTS", "clerk", "voucher:Issue", issue(with(vouchers[1], "id", vouchers[0]["id"])))
	w.refused("SCHEME_NOT_FOUND", "clerk", "voucher:Issue", w.drawing(object{"request_id": w.id(), "scheme": w.id(), "vouchers": vouchers}))
	w.must("manager", "scheme:Pause", object{"request_id": w.id(), "scheme": w.scheme, "reason": "audit"})
	w.refused("SCHEME_NOT_OPEN", "clerk", "voucher:Issue", issue(vouchers[1]))
	w.checkMoney()
}

func TestDaysCloseOnceAndInOrder(t *testing.T) {
	w := newTown(t)
	closeDay := func(day string) object { return object{"request_id": w.id(), "scheme": w.scheme, "day": day} }
	w.refused("DAY_NOT_CLOSABLE", "clerk", "scheme:CloseDay", closeDay("2026-03-11"))
	w.refused("INVALID_DATE", "clerk", "scheme:CloseDay", closeDay("10-03-2026"))
	w.must("clerk", "scheme:CloseDay", closeDay("2026-03-08"))
	w.refused("DAY_NOT_CLOSABLE", "treasurer", "scheme:CloseDay", closeDay("2026-03-08"))
	answer := w.must("treasurer", "scheme:CloseDay", closeDay("2026-03-10"))
	if answer["closed_until"] != "2026-03-10" {
		t.Fatal(answer)
	}
	w.refused("DAY_NOT_CLOSABLE", "treasurer", "scheme:CloseDay", closeDay("2026-03-09"))
	w.refused("SCHEME_NOT_FOUND", "clerk", "scheme:CloseDay", object{"request_id": w.id(), "scheme": w.id(), "day": "2026-03-10"})
}

func (w *town) closeToday() {
	w.t.Helper()
	day := rules.DayOf(rules.Number(w.now))
	w.must("clerk", "scheme:CloseDay", object{"request_id": w.id(), "scheme": w.scheme, "day": day})
}

// owe puts open items of a shop onto the ledger, as many payments would.
func (w *town) owe(count int, cents int) {
	for i := range count {
		w.ledger.Put(fmt.Sprintf("unsettled/%s/%s/2026-03-10/%s", w.scheme, w.shop, idOf("item", i)), fmt.Appendf(nil, `{"v":1,"cents":%d}`, cents))
	}
}

func TestASettlementTakesFiveHundredItems(t *testing.T) {
	w := newTown(t)
	w.owe(1_203, 7)
	w.closeToday()
	draft := func() object {
		return w.must("clerk", "settlement:Draft", object{"request_id": w.id(), "scheme": w.scheme, "shop": w.shop})
	}
	for _, want := range []struct {
		cents int64
		more  bool
	}{{3_500, true}, {3_500, true}, {1_421, false}} {
		if answer := draft(); cents(t, answer["cents"]) != want.cents || answer["more"] != want.more {
			t.Fatalf("%v, more %v", answer["cents"], answer["more"])
		}
	}
	w.refused("NOTHING_TO_SETTLE", "clerk", "settlement:Draft", object{"request_id": w.id(), "scheme": w.scheme, "shop": w.shop})
	w.refused("SHOP_NOT_FOUND", "clerk", "settlement:Draft", object{"request_id": w.id(), "scheme": w.scheme, "shop": w.id()})
	page := w.must("auditor", "settlement:List", object{"scheme": w.scheme, "limit": 2})
	if len(page["items"].([]any)) != 2 || page["next"] == "" {
		t.Fatal(page["next"])
	}
}

func TestExactlyFiveHundredItemsLeaveNone(t *testing.T) {
	w := newTown(t)
	w.owe(500, 7)
	w.closeToday()
	answer := w.must("treasurer", "settlement:Draft", object{"request_id": w.id(), "scheme": w.scheme, "shop": w.shop})
	if answer["more"] != false || number(t, answer["item_count"]) != 500 {
		t.Fatal(answer["more"])
	}
}

func TestANegativeTotalIsNotSettled(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	payment := w.paid(h, clothing(500))
	w.closeToday()
	w.must("clerk", "settlement:Draft", object{"request_id": w.id(), "scheme": w.scheme, "shop": w.shop})
	w.must("shop", "payment:Refund", object{"request_id": w.id(), "payment": payment, "reason": "x", "lines": []rules.Line{clothing(200)}})
	w.now += 86_400
	w.closeToday()
	w.refused("NOTHING_TO_SETTLE", "clerk", "settlement:Draft", object{"request_id": w.id(), "scheme": w.scheme, "shop": w.shop})
	w.paid(h, clothing(500))
	w.closeTomorrow()
	answer := w.must("clerk", "settlement:Draft", object{"request_id": w.id(), "scheme": w.scheme, "shop": w.shop})
	if cents(t, answer["cents"]) != 300 {
		t.Fatal(answer)
	}
	w.checkMoney()
}

func (w *town) closeTomorrow() {
	w.now += 86_400
	w.closeToday()
}

func TestSettlementsAreDraftedOverClosedDaysOnly(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	w.paid(h, clothing(500))
	w.closeToday()
	w.paid(h, clothing(600))
	s := w.endorse("clerk", "settlement:Draft", string(encodeJSON(t, object{"request_id": w.id(), "scheme": w.scheme, "shop": w.shop})), nil)
	if got := decodeJSON(t, s.Response.GetPayload()); cents(t, got["cents"]) != 500 {
		t.Fatal(got)
	}
	// A payment of an open day is no phantom to the draft.
	w.paid(h, clothing(700))
	if code := w.ledger.Commit(s); code != "VALID" {
		t.Fatal(code)
	}
	w.checkMoney()
}

func TestTwoDraftsCannotHoldOneItem(t *testing.T) {
	w := newTown(t)
	w.paid(w.holder(), clothing(500))
	w.closeToday()
	draft := func() string {
		return string(encodeJSON(t, object{"request_id": w.id(), "scheme": w.scheme, "shop": w.shop}))
	}
	one, two := w.endorse("clerk", "settlement:Draft", draft(), nil), w.endorse("treasurer", "settlement:Draft", draft(), nil)
	if a, b := w.ledger.Commit(one), w.ledger.Commit(two); a != "VALID" || b != "PHANTOM_READ_CONFLICT" {
		t.Fatal(a, b)
	}
	w.checkMoney()
}

func TestItemsReopen(t *testing.T) {
	w := newTown(t)
	w.paid(w.holder(), clothing(500))
	w.closeToday()
	var settlement string
	draft := func() {
		settlement = w.id()
		w.must("clerk", "settlement:Draft", object{"request_id": settlement, "scheme": w.scheme, "shop": w.shop})
	}
	step := func(members ...string) object {
		request := object{"request_id": w.id(), "scheme": w.scheme, "settlement": settlement}
		for i := 0; i < len(members); i += 2 {
			request[members[i]] = members[i+1]
		}
		return request
	}
	export := func() object {
		return object{"request_id": w.id(), "scheme": w.scheme, "settlements": []string{settlement}, "file_sha256": settlement + settlement}
	}
	open := func(want int) {
		t.Helper()
		if items := w.must("shop", "payment:Unsettled", object{"scheme": w.scheme, "shop": w.shop})["items"].([]any); len(items) != want {
			t.Fatalf("%d items are open", len(items))
		}
		w.checkMoney()
	}
	draft()
	open(0)
	w.refused("SECOND_PERSON_REQUIRED", "drafter", "settlement:Approve", w.withApprover("drafter", "p-clerk", step()))
	w.refused("SETTLEMENT_STATE", "treasurer", "settlement:Export", export())
	w.must("treasurer", "settlement:Withdraw", step("reason", "mistake"))
	open(1)
	w.refused("SETTLEMENT_STATE", "manager", "settlement:Approve", step())
	draft()
	w.must("manager", "settlement:Approve", step())
	w.must("treasurer", "settlement:Withdraw", step("reason", "mistake"))
	open(1)
	draft()
	w.must("manager", "settlement:Approve", step())
	w.must("treasurer", "settlement:Export", export())
	w.refused("SETTLEMENT_STATE", "treasurer", "settlement:Withdraw", step("reason", "late"))
	w.refused("INVALID_CODE", "treasurer", "settlement:Book", step("outcome", "lost", "reason", "x"))
	w.refused("INVALID_CODE", "treasurer", "settlement:Book", step("outcome", "rejected"))
	w.must("treasurer", "settlement:Book", step("outcome", "rejected", "reason", "ac04"))
	open(1)
	draft()
	w.must("manager", "settlement:Approve", step())
	w.must("treasurer", "settlement:Export", export())
	w.must("treasurer", "settlement:Book", step("outcome", "paid"))
	open(0)
	w.must("treasurer", "settlement:Book", step("outcome", "returned", "reason", "ac04"))
	open(1)
	w.refused("SETTLEMENT_STATE", "treasurer", "settlement:Book", step("outcome", "paid"))
	w.refused("SETTLEMENT_NOT_FOUND", "treasurer", "settlement:Book", object{
		"request_id": w.id(), "scheme": w.scheme, "settlement": w.id(), "outcome": "paid",
	})
}

func TestExportIsAllOrNone(t *testing.T) {
	w := newTown(t)
	w.owe(600, 7)
	w.closeToday()
	one, two := w.id(), w.id()
	for _, id := range []string{one, two} {
		w.must("clerk", "settlement:Draft", object{"request_id": id, "scheme": w.scheme, "shop": w.shop})
	}
	export := func(ids ...string) object {
		return object{"request_id": w.id(), "scheme": w.scheme, "settlements": ids, "file_sha256": one + two}
	}
	w.must("manager", "settlement:Approve", object{"request_id": w.id(), "scheme": w.scheme, "settlement": one})
	w.refused("SETTLEMENT_STATE", "treasurer", "settlement:Export", export(one, two))
	w.refused("MALFORMED_REQUEST", "treasurer", "settlement:Export", export(one, one))
	w.refused("INVALID_NUMBER", "treasurer", "settlement:Export", export())
	w.must("manager", "settlement:Approve", object{"request_id": w.id(), "scheme": w.scheme, "settlement": two})
	answer := w.must("treasurer", "settlement:Export", export(one, two))
	if cents(t, answer["cents"]) != 4_200 {
		t.Fatal(answer)
	}
}

func TestHistory(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	payment := w.paid(h, clothing(500))
	w.must("shop", "payment:Cancel", object{"request_id": w.id(), "payment": payment, "reason": "x"})
	key := "voucher/" + w.scheme + "/" + h.voucher
	history := w.must("auditor", "audit:History", object{"key": key})
	entries := history["entries"].([]any)
	if len(entries) != 4 || history["next"] != "" {
		t.Fatal(history)
	}
	if newest := entries[0].(object)["value"].(object); cents(t, newest["cancelled_cents"]) != 500 {
		t.Fatal(newest)
	}
	var paged []any
	cursor := ""
	for {
		page := w.must("clerk", "audit:History", object{"key": key, "limit": 3, "cursor": cursor})
		paged = append(paged, page["entries"].([]any)...)
		if cursor = page["next"].(string); cursor == "" {
			break
		}
	}
	if fmt.Sprint(paged) != fmt.Sprint(entries) {
		t.Fatal(paged)
	}
	deleted := w.must("auditor", "audit:History", object{"key": "unsettled/" + w.scheme + "/" + w.shop + "/2026-03-10/" + payment})
	if newest := deleted["entries"].([]any)[0].(object); newest["deleted"] != true || newest["value"] != nil {
		t.Fatal(newest)
	}
	if none := w.must("auditor", "audit:History", object{"key": "payment/" + w.id()}); len(none["entries"].([]any)) != 0 {
		t.Fatal(none)
	}
	w.refused("INVALID_CURSOR", "auditor", "audit:History", object{"key": key, "cursor": strings.Repeat("0", 64)})
	for _, bad := range []string{"", "../x", "voucher/\x00", "voucher//", strings.Repeat("a/", 100), "Voucher/x"} {
		w.refused("INVALID_KEY", "auditor", "audit:History", object{"key": bad})
	}
}

func TestLists(t *testing.T) {
	w := newTown(t)
	ids := w.issue(7)
	slices.Sort(ids)
	var listed []string
	cursor := ""
	for {
		page := w.must("auditor", "voucher:List", object{"scheme": w.scheme, "limit": 3, "cursor": cursor})
		for _, item := range page["items"].([]any) {
			listed = append(listed, item.(object)["id"].(string))
		}
		if cursor = page["next"].(string); cursor == "" {
			break
		}
	}
	if !slices.Equal(listed, ids) {
		t.Fatal(listed)
	}
	if none := w.must("auditor", "voucher:List", object{"scheme": w.id()}); len(none["items"].([]any)) != 0 {
		t.Fatal(none)
	}
	for _, limit := range []int{0, -1, 501} {
		w.refused("INVALID_NUMBER", "auditor", "shop:List", object{"limit": limit})
	}
	for _, bad := range []string{"\x00", "\U0010ffff", "A", strings.Repeat("0", 101), "a b"} {
		w.refused("INVALID_CURSOR", "auditor", "shop:List", object{"cursor": bad})
	}
	if page := w.must("clerk", "shop:List", object{"limit": 500}); len(page["items"].([]any)) != 1 {
		t.Fatal(page)
	}
}

func TestEventsNameWhatChanged(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	payment := w.paid(h, clothing(500))
	event := decodeJSON(t, w.last.Event.GetPayload())
	if w.last.Event.GetEventName() != "PaymentTaken" || event["payment"] != payment || cents(t, event["cents"]) != 500 {
		t.Fatal(w.last.Event)
	}
	w.must("shop", "payment:Refund", object{"request_id": w.id(), "payment": payment, "reason": "x", "lines": []rules.Line{clothing(1)}})
	event = decodeJSON(t, w.last.Event.GetPayload())
	if w.last.Event.GetEventName() != "PaymentRefunded" || event["refund"] == nil || cents(t, event["cents"]) != 1 {
		t.Fatal(w.last.Event)
	}
}
