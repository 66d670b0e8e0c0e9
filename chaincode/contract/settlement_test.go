package contract

import (
	"fmt"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

// force changes a member of a record behind the chaincode's back.
func (w *town) force(key, member string, value any) {
	w.t.Helper()
	record := decodeJSON(w.t, w.ledger.Value(key))
	record[member] = value
	w.ledger.Put(key, encodeJSON(w.t, record))
}

func (w *town) settleEvery(days int, cents int) {
	w.t.Helper()
	w.force("rules/"+w.scheme+"/000001", "settlement_days", days)
	if cents > 0 {
		w.force("rules/"+w.scheme+"/000001", "settlement_cents", cents)
	}
}

// owes puts an open item of the shop onto the ledger.
func (w *town) owes(day rules.Day, number, cents int) {
	w.ledger.Put(fmt.Sprintf("unsettled/%s/%s/%s/%s", w.scheme, w.shop, day, fmt.Sprintf("%032x", number)), fmt.Appendf(nil, `{"v":1,"cents":%d}`, cents))
}

func (w *town) draft() object {
	return object{"request_id": w.id(), "scheme": w.scheme, "shop": w.shop}
}

func (w *town) due() object {
	w.t.Helper()
	return w.must("shop", "settlement:Due", object{"scheme": w.scheme, "shop": w.shop})
}

func (w *town) wantDue(due bool, why string, cents, items int64) {
	w.t.Helper()
	answer := w.due()
	if answer["due"] != due || answer["why"] != why || number(w.t, answer["cents"]) != cents || number(w.t, answer["items"]) != items {
		w.t.Fatalf("due: %v", answer)
	}
}

func number(t tester, value any) int64 { return cents(t, value) }

func TestAShopDraftsItsOwnSettlementOnceItIsDue(t *testing.T) {
	w := newTown(t)
	w.settleEvery(7, 2_000)
	w.admitShop("rival", "clothing")
	w.enrol("till", "WinkelsMSP", "cashier", "p-till", w.shop)
	w.wantDue(false, "", 0, 0)
	w.refused("NOTHING_TO_SETTLE", "till", "settlement:Draft", w.draft())
	w.paid(w.holder(), clothing(1_500))
	w.closeToday()
	w.wantDue(false, "", 1_500, 1)
	for _, user := range []string{"till", "shop", "clerk", "treasurer"} {
		w.refused("SETTLEMENT_NOT_DUE", user, "settlement:Draft", w.draft())
	}
	w.refused("NOT_YOURS", "rival", "settlement:Draft", w.draft())
	w.refused("NOT_YOURS", "rival", "settlement:Due", object{"scheme": w.scheme, "shop": w.shop})
	w.now += 6 * 86_400
	w.closeToday()
	w.wantDue(true, "rhythm", 1_500, 1)
	answer := w.must("till", "settlement:Draft", w.draft())
	if answer["drafted_by"] != "WinkelsMSP/p-till" || number(t, answer["cents"]) != 1_500 || answer["more"] != false {
		t.Fatal(answer)
	}
	// Whoever drafted, the municipality approves.
	w.refused("ROLE_REQUIRED", "shop", "settlement:Approve", object{"request_id": w.id(), "scheme": w.scheme, "settlement": answer["id"]})
	w.must("manager", "settlement:Approve", object{"request_id": w.id(), "scheme": w.scheme, "settlement": answer["id"]})
	w.paid(w.holder(), clothing(2_000))
	w.closeTomorrow()
	w.wantDue(true, "amount", 2_000, 1)
	w.must("shop", "settlement:Draft", w.draft())
	w.checkMoney()
}

func TestWhatEndsIsSettledAtOnce(t *testing.T) {
	for _, key := range []string{"shop", "scheme"} {
		w := newTown(t)
		w.settleEvery(30, 0)
		w.paid(w.holder(), clothing(1_500))
		w.refused("SETTLEMENT_NOT_DUE", "clerk", "settlement:Draft", func() object { w.closeToday(); return w.draft() }())
		w.force(map[string]string{"shop": "shop/" + w.shop, "scheme": "scheme/" + w.scheme}[key], "state",
			map[string]string{"shop": "ended", "scheme": "closed"}[key])
		w.wantDue(true, "ending", 1_500, 1)
		w.must("treasurer", "settlement:Draft", w.draft())
		w.checkMoney()
	}
}

func TestTheNewestRulesSayWhenASettlementIsDue(t *testing.T) {
	w := newTown(t)
	w.paid(w.holder(), clothing(1_500))
	w.closeToday()
	newer := decodeJSON(t, w.ledger.Value("rules/"+w.scheme+"/000001"))
	newer["version"], newer["settlement_days"] = 2, 30
	w.ledger.Put("rules/"+w.scheme+"/000002", encodeJSON(t, newer))
	w.wantDue(true, "rhythm", 1_500, 1)
	w.force("scheme/"+w.scheme, "rules_version", 2)
	w.wantDue(false, "", 1_500, 1)
	w.refused("SETTLEMENT_NOT_DUE", "clerk", "settlement:Draft", w.draft())
}

func TestRefundsInFrontDoNotBlockASettlement(t *testing.T) {
	w := newTown(t)
	w.settleEvery(0, 0)
	for i := range 600 {
		w.owes("2026-03-09", i, -10)
	}
	for i := range 700 {
		w.owes("2026-03-10", i, 10)
	}
	w.closeToday()
	w.wantDue(true, "rhythm", 10, 1_201)
	answer := w.must("clerk", "settlement:Draft", w.draft())
	if number(t, answer["item_count"]) != 1_201 || answer["more"] != true || number(t, answer["cents"]) != 10 {
		t.Fatal(answer)
	}
	w.must("treasurer", "settlement:Withdraw", object{"request_id": w.id(), "scheme": w.scheme, "settlement": answer["id"], "reason": "mistake"})
	w.wantDue(true, "rhythm", 10, 1_201)
}

func TestTheLimitOfAPeerLeavesNothingOut(t *testing.T) {
	w := newTown(t)
	w.settleEvery(0, 0)
	for i := range 701 {
		w.owes("2026-03-10", i, 10)
	}
	w.closeToday()
	for _, limit := range []int{1, 3, 499, 500, 501, 100_000} {
		w.ledger.TotalQueryLimit = limit
		w.wantDue(true, "rhythm", 5_000, 500)
		items := 0
		for cursor, done := "", false; !done; {
			page := w.must("shop", "payment:Unsettled", object{"scheme": w.scheme, "shop": w.shop, "cursor": cursor, "limit": 500})
			items += len(page["items"].([]any))
			cursor = page["next"].(string)
			done = cursor == ""
		}
		if items != 701 {
			t.Fatalf("%d items within a limit of %d", items, limit)
		}
	}
}

func TestAnEndedShopOwes(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	payment := w.paid(h, clothing(5_000))
	w.closeToday()
	w.must("clerk", "settlement:Draft", w.draft())
	w.must("shop", "payment:Refund", object{"request_id": w.id(), "payment": payment, "reason": "returned", "lines": []rules.Line{clothing(1_200)}})
	claim := func() object {
		request := w.draft()
		request["reason"] = "ended"
		return request
	}
	w.refused("SHOP_STATE", "treasurer", "settlement:Claim", claim())
	w.force("shop/"+w.shop, "state", "ended")
	w.refused("NOTHING_TO_CLAIM", "treasurer", "settlement:Claim", claim())
	w.closeTomorrow()
	w.wantDue(false, "", -1_200, 1)
	w.refused("NOTHING_TO_SETTLE", "treasurer", "settlement:Draft", w.draft())
	w.refused("ROLE_REQUIRED", "manager", "settlement:Claim", claim())
	w.refused("INVALID_CODE", "treasurer", "settlement:Claim", w.draft())
	claimed := w.must("treasurer", "settlement:Claim", claim())
	if number(t, claimed["cents"]) != -1_200 || claimed["state"] != "claimed" || claimed["claim_reason"] != "ended" ||
		claimed["drafted_by"] != "p-treasurer" || claimed["through"] != "2026-03-11" || w.last.Event.GetEventName() != "SettlementClaimed" {
		t.Fatal(claimed)
	}
	w.refused("NOTHING_TO_CLAIM", "treasurer", "settlement:Claim", claim())
	w.checkMoney()
	end := func(reason string) object {
		return object{"request_id": w.id(), "scheme": w.scheme, "settlement": claimed["id"], "reason": reason}
	}
	w.refused("SETTLEMENT_STATE", "treasurer", "settlement:Withdraw", end("mistake"))
	w.refused("SETTLEMENT_STATE", "manager", "settlement:Approve", object{"request_id": w.id(), "scheme": w.scheme, "settlement": claimed["id"]})
	w.refused("SECOND_PERSON_REQUIRED", "both", "settlement:WriteOff", w.withApprover("both", "p-treasurer", end("bankrupt")))
	w.refused("ROLE_REQUIRED", "treasurer", "settlement:WriteOff", end("bankrupt"))
	w.refused("ROLE_REQUIRED", "manager", "settlement:Collect", end("received"))
	w.refused("INVALID_CODE", "treasurer", "settlement:Collect", end(""))
	w.refused("SECOND_PERSON_REQUIRED", "treasurer", "settlement:Collect", end("received"))
	w.enrol("treasurer2", "GemeenteMSP", "treasurer", "p-cash", "")
	collected := w.must("treasurer2", "settlement:Collect", end("received"))
	if collected["state"] != "collected" || collected["booked_by"] != "p-cash" || collected["book_reason"] != "received" ||
		w.last.Event.GetEventName() != "SettlementCollected" {
		t.Fatal(collected)
	}
	w.refused("SETTLEMENT_STATE", "manager", "settlement:WriteOff", end("bankrupt"))
	w.checkMoney()

	// What was paid out returns only once two persons of the municipality have agreed.
	refund := w.must("shop", "payment:Refund", w.refundOf(payment, clothing(300)))
	if refund["state"] != "waiting" || refund["waits"] != "shop" {
		t.Fatal(refund)
	}
	w.must("clerk", "payment:EndorseRefund", w.decideRefund(object{"refund": refund["id"]}))
	w.must("manager", "payment:ApproveRefund", w.decideRefund(object{"refund": refund["id"]}))
	w.closeTomorrow()
	claimed = w.must("treasurer", "settlement:Claim", claim())
	if writtenOff := w.must("manager", "settlement:WriteOff", end("bankrupt")); writtenOff["state"] != "written-off" ||
		w.last.Event.GetEventName() != "SettlementWrittenOff" {
		t.Fatal(writtenOff)
	}
	w.checkMoney()
}

func TestADraftAndAClaimCannotHoldOneItem(t *testing.T) {
	w := newTown(t)
	for i := range 500 {
		w.owes("2026-03-10", i, 1)
	}
	w.owes("2026-03-10", 500, -2_000)
	w.closeToday()
	w.force("shop/"+w.shop, "state", "ended")
	claim := w.draft()
	claim["reason"] = "ended"
	one := w.endorse("treasurer", "settlement:Draft", string(encodeJSON(t, w.draft())), nil)
	two := w.endorse("treasurer", "settlement:Claim", string(encodeJSON(t, claim)), nil)
	if a, b := w.ledger.Commit(one), w.ledger.Commit(two); a != "VALID" || b != "PHANTOM_READ_CONFLICT" {
		t.Fatal(a, b)
	}
}

func TestWhatIsWrittenNamesWhoWroteItAndWhy(t *testing.T) {
	w := newTown(t)
	w.paid(w.holder(), clothing(500))
	w.closeToday()
	settlement := w.must("shop", "settlement:Draft", w.draft())["id"].(string)
	w.must("treasurer", "settlement:Withdraw", object{"request_id": w.id(), "scheme": w.scheme, "settlement": settlement, "reason": "mistake"})
	by := decodeJSON(t, w.ledger.Value("settlement/"+w.scheme+"/"+settlement))["by"].(object)
	if by["operation"] != "settlement:Withdraw" || by["reason"] != "mistake" || by["person"] != "p-treasurer" {
		t.Fatal(by)
	}
}
