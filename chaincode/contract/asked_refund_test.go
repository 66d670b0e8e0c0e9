package contract

import (
	"fmt"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

// limitRefunds has the shopkeeper of the shop set its limit, or lift it (a negative one).
func (w *town) limitRefunds(cents int) object {
	w.t.Helper()
	request := object{"request_id": w.id(), "shop": w.shop}
	if cents >= 0 {
		request["refund_alone_cents"] = cents
	}
	return w.must("shop", "shop:LimitRefunds", request)
}

// staffed is a town whose shop has a shopkeeper, a second one, two tills and an acquirer.
func staffed(t tester) *town {
	w := newTown(t)
	w.enrol("keeper", "WinkelsMSP", "shopkeeper", "p-keeper", w.shop)
	w.enrol("till", "WinkelsMSP", "cashier", "p-till", w.shop)
	w.enrol("till2", "WinkelsMSP", "cashier", "p-till2", w.shop)
	w.enrol("acquirer", "WinkelsMSP", "acquirer", "p-acquirer", "")
	w.must("shop", "shop:Mandate", w.aboutShop(object{"acquirer": "p-acquirer", "reason": "contract"}))
	return w
}

// asks asks for a refund that has to be confirmed, and moves nothing.
func (w *town) asks(user, payment string, lines ...rules.Line) object {
	w.t.Helper()
	before := w.must("auditor", "payment:Show", object{"payment": payment})
	refund := w.must(user, "payment:Refund", w.refundOf(payment, lines...))
	if refund["state"] != "asked" || refund["waits"] != nil || refund["day"] != "" || refund["returned_to"] != "" || w.last.Event.GetEventName() != "RefundAsked" {
		w.t.Fatal(refund)
	}
	if after := w.must("auditor", "payment:Show", object{"payment": payment}); after["state"] != before["state"] || after["refunded_cents"] != before["refunded_cents"] {
		w.t.Fatal(after)
	}
	return object{"refund": refund["id"]}
}

func (w *town) waitingOf(user, shop string) string {
	w.t.Helper()
	request := object{"scheme": w.scheme, "limit": 1}
	if shop != "" {
		request["shop"] = shop
	}
	items, _ := w.pages(user, "payment:WaitingRefunds", "items", request)
	var states []any
	for _, item := range items {
		states = append(states, item.(object)["state"])
	}
	return fmt.Sprint(states)
}

func TestARefundAboveTheShopsLimitNeedsASecondPerson(t *testing.T) {
	w := staffed(t)
	if shop := w.limitRefunds(1_000); cents(t, shop["refund_alone_cents"]) != 1_000 || w.last.Event.GetEventName() != "RefundsLimited" {
		t.Fatal(shop)
	}
	h := w.holder()
	paid := w.paid(h, clothing(4_000))
	asked := w.asks("till", paid, clothing(2_500))
	w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "spent_cents": 4_000, "available_cents": 6_000})
	record := w.must("till", "payment:ShowRefund", asked)
	if record["asked_by"] != "WinkelsMSP/p-till" || record["asked_role"] != "cashier" {
		t.Fatal(record)
	}
	w.refused("REFUND_EXCEEDS_PAYMENT", "till", "payment:Refund", w.refundOf(paid, clothing(4_001)))
	// What is asked for has no effect on what other refunds return.
	w.must("till2", "payment:Refund", w.refundOf(paid, clothing(1_000)))

	w.refused("SECOND_PERSON_REQUIRED", "till", "payment:ConfirmRefund", w.decideRefund(asked))
	w.refused("ROLE_REQUIRED", "till2", "payment:ConfirmRefund", w.decideRefund(asked))
	w.refused("ROLE_REQUIRED", "acquirer", "payment:ConfirmRefund", w.decideRefund(asked))
	w.refused("ROLE_REQUIRED", "manager", "payment:ConfirmRefund", w.decideRefund(asked))
	w.admitShop("rival", "clothing")
	w.refused("NOT_YOURS", "rival", "payment:ConfirmRefund", w.decideRefund(asked))
	w.refused("REFUND_NOT_FOUND", "shop", "payment:ConfirmRefund", w.decideRefund(object{"refund": w.id()}))
	w.refused("REFUND_STATE", "clerk", "payment:EndorseRefund", w.decideRefund(asked))
	w.refused("REFUND_STATE", "manager", "payment:ApproveRefund", w.decideRefund(asked))

	answer := w.must("shop", "payment:ConfirmRefund", w.decideRefund(asked))
	if answer["state"] != "confirmed" || answer["confirmed_by"] != "WinkelsMSP/p-shop" || answer["returned_to"] != "available" || answer["day"] != "2026-03-10" ||
		w.last.Event.GetEventName() != "PaymentRefunded" {
		t.Fatal(answer)
	}
	w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "spent_cents": 4_000, "refunded_cents": 3_500, "available_cents": 9_500})
	payment := w.must("shop", "payment:Show", object{"payment": paid})
	if cents(t, payment["refunded_cents"]) != 3_500 || cents(t, payment["refunded_confirmed_cents"]) != 2_500 {
		t.Fatal(payment)
	}
	w.refused("REFUND_STATE", "keeper", "payment:ConfirmRefund", w.decideRefund(asked))
	w.refused("REFUND_STATE", "keeper", "payment:RejectRefund", w.because(w.decideRefund(asked)))
	if left := w.waitingOf("auditor", ""); left != "[]" {
		t.Fatal(left)
	}
	w.checkMoney()
}

func TestManySmallRefundsAreWorthNoMoreThanOne(t *testing.T) {
	w := staffed(t)
	// What was refunded before there was a limit was refunded by one person too.
	h := w.holder()
	before := w.paid(h, clothing(3_000))
	w.must("till", "payment:Refund", w.refundOf(before, clothing(900)))
	w.limitRefunds(1_000)
	w.must("till", "payment:Refund", w.refundOf(before, clothing(100)))
	w.asks("till", before, clothing(1))

	paid := w.paid(h, clothing(3_000), books(1_000))
	for range 4 {
		w.must("till", "payment:Refund", w.refundOf(paid, clothing(150), books(100)))
	}
	again := w.asks("till", paid, clothing(1))
	w.asks("till2", paid, books(1))
	w.asks("shop", paid, books(1))
	w.must("keeper", "payment:ConfirmRefund", w.decideRefund(again))
	// What two persons agreed to does not count, and leaves no room either.
	w.asks("till", paid, clothing(1))
	w.limitRefunds(0)
	w.asks("shop", paid, clothing(1))
	w.limitRefunds(-1)
	w.must("till", "payment:Refund", w.refundOf(paid, clothing(2_000)))
	w.checkMoney()
}

func TestOneOfTheTwoPersonsIsAShopkeeper(t *testing.T) {
	w := staffed(t)
	w.limitRefunds(0)
	paid := w.paid(w.holder(), clothing(4_000))
	for i, pair := range [][2]string{{"shop", "till"}, {"till", "shop"}, {"shop", "keeper"}, {"acquirer", "shop"}} {
		asked := w.asks(pair[0], paid, clothing(100))
		w.must(pair[1], "payment:ConfirmRefund", w.decideRefund(asked))
		payment := w.must("shop", "payment:Show", object{"payment": paid})
		if cents(t, payment["refunded_confirmed_cents"]) != int64(100*(i+1)) {
			t.Fatal(payment)
		}
	}
	w.refused("ROLE_REQUIRED", "till", "payment:ConfirmRefund", w.decideRefund(w.asks("acquirer", paid, clothing(100))))
	// Who was promoted is the person that they were.
	asked := w.asks("till", paid, clothing(100))
	w.enrol("promoted-till", "WinkelsMSP", "shopkeeper", "p-till", w.shop)
	w.refused("SECOND_PERSON_REQUIRED", "promoted-till", "payment:ConfirmRefund", w.decideRefund(asked))
	w.checkMoney()
}

func TestOnlyAShopkeeperOfTheShopLimitsRefunds(t *testing.T) {
	w := staffed(t)
	w.admitShop("rival", "clothing")
	limit := func(cents any) object {
		return object{"request_id": w.id(), "shop": w.shop, "refund_alone_cents": cents}
	}
	for _, user := range []string{"till", "acquirer", "clerk", "manager", "treasurer", "auditor"} {
		w.refused("ROLE_REQUIRED", user, "shop:LimitRefunds", limit(100))
		w.refused("ROLE_REQUIRED", user, "shop:LimitRefunds", object{"request_id": w.id(), "shop": w.shop})
	}
	w.refused("NOT_YOURS", "rival", "shop:LimitRefunds", limit(100))
	for _, amount := range []any{-1, 100_000_001, "100", 1.5} {
		w.refused("INVALID_AMOUNT", "shop", "shop:LimitRefunds", limit(amount))
	}
	w.refused("MALFORMED_REQUEST", "shop", "shop:LimitRefunds", limit(nil))
	w.must("shop", "shop:LimitRefunds", limit(100_000_000))
	terms := func() any {
		return w.must("till", "shop:Terms", object{"shop": w.shop, "scheme": w.scheme})["refund_alone_cents"]
	}
	w.limitRefunds(0)
	if shown := w.must("till", "shop:Show", object{"shop": w.shop}); cents(t, shown["refund_alone_cents"]) != 0 || cents(t, terms()) != 0 {
		t.Fatal(shown)
	}
	if shown := w.limitRefunds(-1); shown["refund_alone_cents"] != nil || terms() != nil {
		t.Fatal(shown)
	}
	w.endShop(0)
	w.limitRefunds(500)
}

func TestAskedRefundsAreRejectedByTheirShop(t *testing.T) {
	w := staffed(t)
	w.limitRefunds(0)
	paid := w.paid(w.holder(), clothing(4_000))
	reject := func(asked object) object { return w.because(w.decideRefund(asked)) }
	for _, user := range []string{"till", "till2", "shop", "keeper"} {
		asked := w.asks("till", paid, clothing(100))
		answer := w.must(user, "payment:RejectRefund", reject(asked))
		if answer["state"] != "rejected" || answer["reject_reason"] != "decided" || w.last.Event.GetEventName() != "RefundRejected" {
			t.Fatal(answer)
		}
		w.refused("REFUND_STATE", "shop", "payment:ConfirmRefund", w.decideRefund(asked))
	}
	asked, hosted := w.asks("till", paid, clothing(100)), w.asks("acquirer", paid, clothing(100))
	w.refused("ROLE_REQUIRED", "acquirer", "payment:RejectRefund", reject(asked))
	rejection := reject(hosted)
	rejection["till"] = "kassa-2"
	w.must("acquirer", "payment:RejectRefund", rejection)
	if by := decodeJSON(t, w.ledger.Value("refund/"+hosted["refund"].(string)))["by"].(object); by["till"] != "kassa-2" {
		t.Fatal(by)
	}
	w.admitShop("rival", "clothing")
	w.refused("NOT_YOURS", "rival", "payment:RejectRefund", reject(asked))
	for _, user := range []string{"clerk", "treasurer"} {
		w.refused("ROLE_REQUIRED", user, "payment:RejectRefund", reject(asked))
	}
	w.refused("SHOP_STATE", "manager", "payment:RejectRefund", reject(asked))
	w.must("manager", "shop:Suspend", w.aboutShop(object{"reason": "fraud"}))
	w.refused("SHOP_STATE", "manager", "payment:RejectRefund", reject(asked))
	w.endShop(0)
	w.refused("ROLE_REQUIRED", "clerk", "payment:RejectRefund", reject(asked))
	if answer := w.must("manager", "payment:RejectRefund", reject(asked)); answer["decided_by"] != "p-manager" {
		t.Fatal(answer)
	}
	if left := w.waitingOf("auditor", ""); left != "[]" {
		t.Fatal(left)
	}
	w.checkMoney()
}

// All terms count when a refund is confirmed, whatever they were when it was asked for.
func TestAConfirmedRefundMayHaveToWaitForTheMunicipality(t *testing.T) {
	for why, meanwhile := range map[string]func(*town){
		"shop": func(w *town) { w.must("manager", "shop:Suspend", w.aboutShop(object{"reason": "fraud"})) },
		"term": func(w *town) { w.now += 11 * aDay },
		"limit": func(w *town) {
			w.closeTomorrow()
			w.must("clerk", "settlement:Draft", w.draft())
		},
	} {
		w := staffed(t)
		h, paid := w.refunding()
		w.limitRefunds(500)
		asked := w.asks("till", paid, clothing(1_001))
		meanwhile(w)
		answer := w.must("shop", "payment:ConfirmRefund", w.decideRefund(asked))
		if answer["state"] != "waiting" || answer["waits"] != why || answer["confirmed_by"] != "WinkelsMSP/p-shop" || answer["day"] != "" ||
			w.last.Event.GetEventName() != "RefundProposed" {
			t.Fatal(why, answer)
		}
		w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "spent_cents": 5_000, "available_cents": 5_000})
		w.refused("REFUND_STATE", "keeper", "payment:ConfirmRefund", w.decideRefund(asked))
		w.refused("REFUND_STATE", "till", "payment:RejectRefund", w.because(w.decideRefund(asked)))
		w.must("clerk", "payment:EndorseRefund", w.decideRefund(asked))
		answer = w.must("manager", "payment:ApproveRefund", w.decideRefund(asked))
		payment := w.must("auditor", "payment:Show", object{"payment": paid})
		if answer["state"] != "approved" || cents(t, payment["refunded_confirmed_cents"]) != 1_001 {
			t.Fatal(why, answer, payment)
		}
		w.checkMoney()
	}
}

func TestAnAskedRefundThatIsTooMuchMeanwhileIsRefusedAndRejected(t *testing.T) {
	w := staffed(t)
	w.limitRefunds(1_000)
	paid := w.paid(w.holder(), clothing(2_000))
	first, second := w.asks("till", paid, clothing(1_500)), w.asks("till2", paid, clothing(1_500))
	w.must("shop", "payment:ConfirmRefund", w.decideRefund(first))
	w.refused("REFUND_EXCEEDS_PAYMENT", "shop", "payment:ConfirmRefund", w.decideRefund(second))
	w.must("shop", "payment:RejectRefund", w.because(w.decideRefund(second)))

	cancelled := w.paid(w.holder(), clothing(2_000))
	third := w.asks("till", cancelled, clothing(1_500))
	w.must("till", "payment:Cancel", w.because(object{"payment": cancelled}))
	w.refused("PAYMENT_STATE", "shop", "payment:ConfirmRefund", w.decideRefund(third))
	w.must("till", "payment:RejectRefund", w.because(w.decideRefund(third)))
	w.checkMoney()
}

func TestAskedRefundsAreListedForTheShopAndTheMunicipality(t *testing.T) {
	w := staffed(t)
	w.limitRefunds(1_000)
	_, paid := w.refunding()
	w.asks("till", paid, clothing(1_500))
	rivals := w.admitShop("rival", "clothing")
	mine := w.shop
	w.shop = rivals
	order := w.holder().pay(w.id(), rivals, w.now+60, clothing(500))
	theirs := w.must("rival", "payment:Pay", order)["id"].(string)
	w.must("rival", "shop:LimitRefunds", object{"request_id": w.id(), "shop": rivals, "refund_alone_cents": 0})
	w.asks("rival", theirs, clothing(100))
	w.now += 11 * aDay
	w.must("rival", "shop:LimitRefunds", object{"request_id": w.id(), "shop": rivals})
	w.must("rival", "payment:Refund", w.refundOf(theirs, clothing(100)))
	w.shop = mine
	for _, want := range [][3]string{
		{"auditor", "", "[asked asked waiting]"}, {"clerk", "", "[asked asked waiting]"}, {"manager", rivals, "[asked waiting]"},
		{"till", mine, "[asked]"}, {"shop", mine, "[asked]"}, {"rival", rivals, "[asked waiting]"},
	} {
		if got := w.waitingOf(want[0], want[1]); got != want[2] {
			t.Errorf("%s sees %s and not %s", want[0], got, want[2])
		}
	}
	w.refused("NOT_YOURS", "rival", "payment:WaitingRefunds", object{"scheme": w.scheme, "shop": mine})
	w.refused("NOT_YOURS", "rival", "payment:WaitingRefunds", object{"scheme": w.scheme})
	w.refused("ROLE_REQUIRED", "acquirer", "payment:WaitingRefunds", object{"scheme": w.scheme, "shop": mine})
	// A cursor cannot lead a shop out of its own.
	for _, cursor := range []string{"asked/" + mine + "/" + mine, "asked/" + idOf("x"), "waiting/"} {
		for _, item := range w.must("rival", "payment:WaitingRefunds", object{"scheme": w.scheme, "shop": rivals, "cursor": cursor})["items"].([]any) {
			if item.(object)["shop"] != rivals {
				t.Errorf("%s shows %v", cursor, item)
			}
		}
	}
	w.refused("INVALID_CURSOR", "auditor", "payment:WaitingRefunds", object{"scheme": w.scheme, "cursor": "open/"})
}

func TestASettlementHoldsNoAskedRefund(t *testing.T) {
	w := staffed(t)
	w.settleEvery(0, 0)
	w.limitRefunds(0)
	paid := w.paid(w.holder(), clothing(2_000))
	asked := w.asks("till", paid, clothing(500))
	w.closeToday()
	if drafted := w.must("clerk", "settlement:Draft", w.draft()); cents(t, drafted["cents"]) != 2_000 || cents(t, drafted["item_count"]) != 1 {
		t.Fatal(drafted)
	}
	if answer := w.must("shop", "payment:ConfirmRefund", w.decideRefund(asked)); answer["day"] != "2026-03-11" {
		t.Fatal(answer)
	}
	w.checkMoney()
}

// A limit that is set while a refund is on its way counts.
func TestALimitStopsRefundsOnTheirWay(t *testing.T) {
	w := staffed(t)
	paid := w.paid(w.holder(), clothing(2_000))
	refund := w.endorse("till", "payment:Refund", string(encodeJSON(t, w.refundOf(paid, clothing(500)))), nil)
	w.limitRefunds(100)
	if code := w.ledger.Commit(refund); code != "MVCC_READ_CONFLICT" {
		t.Fatal(code)
	}
}

func TestAShopsListDoesNotGrowWithThatOfOthers(t *testing.T) {
	w := staffed(t)
	w.limitRefunds(0)
	w.asks("till", w.paid(w.holder(), clothing(2_000)), clothing(500))
	read := func() int {
		w.must("till", "payment:WaitingRefunds", object{"scheme": w.scheme, "shop": w.shop})
		return costOf(w.ledger, w.last).read
	}
	before := read()
	for i := range 50 {
		w.ledger.Put(askedKey(&rules.Refund{ID: idOf("asked", i), Scheme: w.scheme, Shop: idOf("shop", i%5)}), []byte(`{"v":3}`))
	}
	if after := read(); after != before {
		t.Fatalf("%d keys are read, and %d were before others asked", after, before)
	}
}
