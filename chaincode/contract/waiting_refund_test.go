package contract

import (
	"testing"

	"kindpakket.eu/chaincode/rules"
)

// refunding opens a scheme with a term for refunds of ten days and a limit of 1,000 cents, and pays 5,000 cents in it.
func (w *town) refunding() (holder, string) {
	w.t.Helper()
	terms := schemeRules()
	terms["refund_days"], terms["refund_limit_cents"] = 10, 1_000
	w.scheme = w.openScheme(terms, 1_000_000)
	h := w.holder()
	return h, w.paid(h, clothing(5_000))
}

func (w *town) refundOf(payment string, lines ...rules.Line) object {
	return w.because(object{"payment": payment, "lines": lines})
}

// waits asks for a refund that has to wait for a reason, and moves nothing.
func (w *town) waits(why, payment string, lines ...rules.Line) object {
	w.t.Helper()
	before := w.must("shop", "payment:Show", object{"payment": payment})
	refund := w.must("shop", "payment:Refund", w.refundOf(payment, lines...))
	if refund["state"] != "waiting" || refund["waits"] != why || refund["day"] != "" || refund["returned_to"] != "" || w.last.Event.GetEventName() != "RefundProposed" {
		w.t.Fatal(refund)
	}
	if after := w.must("shop", "payment:Show", object{"payment": payment}); after["state"] != before["state"] || after["refunded_cents"] != before["refunded_cents"] {
		w.t.Fatal(after)
	}
	return object{"refund": refund["id"]}
}

func (w *town) decideRefund(members object) object {
	return object{"request_id": w.id(), "refund": members["refund"]}
}

func (w *town) waitingRefunds() int {
	w.t.Helper()
	return len(w.must("auditor", "payment:WaitingRefunds", object{"scheme": w.scheme})["items"].([]any))
}

// A shop that was paid and then ended for fraud refunds, and the voucher would spend the money elsewhere.
func TestRefundsOfAShopThatEndedWait(t *testing.T) {
	w := newTown(t)
	h, paid := w.refunding()
	w.must("manager", "shop:Suspend", w.aboutShop(object{"reason": "fraud"}))
	w.waits("shop", paid, clothing(100))
	w.must("manager2", "shop:Reinstate", w.aboutShop(object{"reason": "decided"}))
	w.endShop(0)
	waiting := w.waits("shop", paid, clothing(4_000))
	w.refused("REFUND_EXCEEDS_PAYMENT", "shop", "payment:Refund", w.refundOf(paid, clothing(5_001)))
	w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "spent_cents": 5_000, "available_cents": 5_000})
	if w.waitingRefunds() != 2 {
		t.Fatal(w.waitingRefunds())
	}

	w.refused("REFUND_STATE", "manager", "payment:ApproveRefund", w.decideRefund(waiting))
	w.refused("ROLE_REQUIRED", "manager", "payment:EndorseRefund", w.decideRefund(waiting))
	w.refused("ROLE_REQUIRED", "shop", "payment:EndorseRefund", w.decideRefund(waiting))
	w.refused("REFUND_NOT_FOUND", "clerk", "payment:EndorseRefund", w.decideRefund(object{"refund": w.id()}))
	if answer := w.must("clerk", "payment:EndorseRefund", w.decideRefund(waiting)); answer["state"] != "endorsed" || answer["endorsed_by"] != "p-clerk" {
		t.Fatal(answer)
	}
	w.refused("REFUND_STATE", "treasurer", "payment:EndorseRefund", w.decideRefund(waiting))
	w.refused("ROLE_REQUIRED", "clerk", "payment:ApproveRefund", w.decideRefund(waiting))
	w.refused("SECOND_PERSON_REQUIRED", "promoted", "payment:ApproveRefund", w.withApprover("promoted", "p-clerk", w.decideRefund(waiting)))
	answer := w.must("manager", "payment:ApproveRefund", w.decideRefund(waiting))
	if answer["state"] != "approved" || answer["decided_by"] != "p-manager" || answer["returned_to"] != "available" || answer["day"] != "2026-03-10" ||
		w.last.Event.GetEventName() != "PaymentRefunded" {
		t.Fatal(answer)
	}
	w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "spent_cents": 5_000, "refunded_cents": 4_000, "available_cents": 9_000})
	w.refused("REFUND_STATE", "manager", "payment:ApproveRefund", w.decideRefund(waiting))
	w.refused("REFUND_STATE", "clerk", "payment:RejectRefund", w.because(w.decideRefund(waiting)))
	if w.waitingRefunds() != 1 {
		t.Fatal(w.waitingRefunds())
	}
	w.checkMoney()
}

func TestRefundsAfterTheirTermWait(t *testing.T) {
	w := newTown(t)
	_, paid := w.refunding()
	w.now += 10 * aDay
	w.must("shop", "payment:Refund", w.refundOf(paid, clothing(100)))
	w.now += aDay
	waiting := w.waits("term", paid, clothing(4_900))
	also := w.waits("term", paid, clothing(100))
	w.must("treasurer", "payment:EndorseRefund", w.decideRefund(waiting))
	w.must("manager", "payment:ApproveRefund", w.decideRefund(waiting))

	// Two that waited for more than was left: the second is refused when it is decided on, and can be rejected.
	w.must("treasurer", "payment:EndorseRefund", w.decideRefund(also))
	w.refused("REFUND_EXCEEDS_PAYMENT", "manager", "payment:ApproveRefund", w.decideRefund(also))
	answer := w.must("treasurer", "payment:RejectRefund", w.because(w.decideRefund(also)))
	if answer["state"] != "rejected" || answer["reject_reason"] != "decided" || answer["decided_by"] != "p-treasurer" || w.last.Event.GetEventName() != "RefundRejected" {
		t.Fatal(answer)
	}
	if w.waitingRefunds() != 0 {
		t.Fatal(w.waitingRefunds())
	}
	w.checkMoney()
}

// As long as no settlement holds the payment, its refund is netted before anything is paid out, whatever the amount.
func TestRefundsAboveTheLimitWaitOnceThePaymentMayHaveBeenPaidOut(t *testing.T) {
	w := newTown(t)
	h, open := w.refunding()
	paid := w.paid(h, clothing(3_000))
	w.must("shop", "payment:Refund", w.refundOf(open, clothing(5_000)))
	w.closeToday()
	w.now += aDay
	w.must("clerk", "settlement:Draft", object{"request_id": w.id(), "scheme": w.scheme, "shop": w.shop})
	w.refused("REFUND_EXCEEDS_PAYMENT", "shop", "payment:Refund", w.refundOf(paid, clothing(3_001)))
	w.must("shop", "payment:Refund", w.refundOf(paid, clothing(600)))
	w.must("shop", "payment:Refund", w.refundOf(paid, clothing(400)))
	w.waits("limit", paid, clothing(1))
	w.checkMoney()
}

func TestWithoutATermRefundsAreAsBefore(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	paid := w.paid(h, clothing(5_000))
	w.now += 100 * aDay
	w.must("shop", "payment:Refund", w.refundOf(paid, clothing(100)))
	w.endShop(0)
	w.must("shop", "payment:Refund", w.refundOf(paid, clothing(4_900)))
	terms := schemeRules()
	terms["refund_limit_cents"] = 100
	w.refused("INVALID_RULES", "clerk", "scheme:Draft", object{"request_id": w.id(), "rules": terms, "budget_cents": 1_000})
	terms["refund_days"] = -1
	w.refused("INVALID_NUMBER", "clerk", "scheme:Draft", object{"request_id": w.id(), "rules": terms, "budget_cents": 1_000})
	terms["refund_days"], terms["refund_limit_cents"] = 0, 0
	w.refused("INVALID_AMOUNT", "clerk", "scheme:Draft", object{"request_id": w.id(), "rules": terms, "budget_cents": 1_000})
	terms["refund_limit_cents"] = 1
	w.must("clerk", "scheme:Draft", object{"request_id": w.id(), "rules": terms, "budget_cents": 1_000})
	w.checkMoney()
}

// Rules without a term for refunds let a shop that may not trade return only what it cannot have been paid for.
func TestRefundsOfWhatAShopWasPaidWaitWithoutATermToo(t *testing.T) {
	w := newTown(t)
	w.settleEvery(0, 0)
	h := w.holder()
	settled := w.paid(h, clothing(2_000))
	w.closeToday()
	w.must("clerk", "settlement:Draft", w.draft())
	w.closeTomorrow()
	open := w.paid(h, clothing(1_000))
	w.must("shop", "payment:Refund", w.refundOf(settled, clothing(100)))
	w.must("manager", "shop:Suspend", w.aboutShop(object{"reason": "fraud"}))
	w.waits("shop", settled, clothing(200))
	if refund := w.must("shop", "payment:Refund", w.refundOf(open, clothing(300))); refund["state"] != nil || refund["returned_to"] != "available" {
		t.Fatal(refund)
	}
	w.endShop(0)
	w.waits("shop", settled, clothing(200))
	w.checkMoney()
}
