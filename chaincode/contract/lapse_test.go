package contract

import (
	"testing"

	"kindpakket.eu/chaincode/rules"
)

func TestWhatLapsesAndWhen(t *testing.T) {
	w := newTown(t)
	h, idle := w.holder(), w.holder()
	paid := w.paid(h, clothing(2_000))
	lapsable := func() (ids []string) {
		for _, item := range w.must("auditor", "voucher:Lapsable", object{"scheme": w.scheme})["items"].([]any) {
			ids = append(ids, item.(object)["id"].(string))
		}
		return ids
	}
	w.now = yearEnd - 1
	w.refused("LAPSE_NOT_DUE", "clerk", "voucher:Lapse", w.all(idle.voucher))
	if got := lapsable(); len(got) > 0 {
		t.Fatal(got)
	}
	w.now = yearEnd
	refund := w.must("shop", "payment:Refund", w.because(object{"payment": paid, "lines": []rules.Line{clothing(600)}}))
	if refund["returned_to"] != "available" {
		t.Fatal(refund)
	}
	if got := lapsable(); len(got) != 2 {
		t.Fatal(got)
	}
	answer := w.must("treasurer", "voucher:Lapse", w.all(h.voucher, idle.voucher))
	if cents(t, answer["cents"]) != 18_000 || w.last.Event.GetEventName() != "VouchersLapsed" || w.budget("lapsed_cents") != 18_000 {
		t.Fatal(answer)
	}
	w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "spent_cents": 2_000, "refunded_cents": 600, "available_cents": 600, "lapsed_cents": 8_000})
	if shown := w.shown(h.voucher); shown["state"] != "active" || cents(t, shown["grace_cents"]) != 600 {
		t.Fatal(shown)
	}
	if got := lapsable(); len(got) > 0 {
		t.Fatal(got)
	}
	w.paid(h, clothing(500))
	w.now = yearEnd + 14*aDay
	if got := lapsable(); len(got) != 2 {
		t.Fatal(got)
	}
	w.must("clerk", "voucher:Lapse", w.all(h.voucher, idle.voucher))
	if shown := w.shown(h.voucher); shown["state"] != "lapsed" || shown["grace_cents"] != nil || w.budget("lapsed_cents") != 18_100 {
		t.Fatal(shown)
	}
	w.refused("VOUCHER_STATE", "clerk", "voucher:Lapse", w.all(h.voucher))
	w.refused("VOUCHER_EXPIRED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(500)))
	refund = w.must("shop", "payment:Refund", w.because(object{"payment": paid, "lines": []rules.Line{clothing(100)}}))
	if refund["returned_to"] != "lapsed" || w.budget("lapsed_cents") != 18_200 {
		t.Fatal(refund)
	}
	w.refused("ROLE_REQUIRED", "manager", "voucher:Lapse", w.all(h.voucher))
	w.refused("ROLE_REQUIRED", "shop", "voucher:Lapsable", object{"scheme": w.scheme})
	w.refused("SCHEME_NOT_FOUND", "auditor", "voucher:Lapsable", object{"scheme": w.id()})
	w.checkMoney()
}

func TestAClosedSchemeLapses(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	held := w.held(h, clothing(1_000))
	issued := w.issue(1)[0]
	w.putScheme("closed")
	w.refused("HOLD_LIVE", "clerk", "voucher:Lapse", w.all(issued, h.voucher))
	page := w.must("clerk", "voucher:Lapsable", object{"scheme": w.scheme})
	if items := page["items"].([]any); len(items) != 1 || items[0].(object)["id"] != issued {
		t.Fatal(page)
	}
	w.must("shop", "payment:Capture", w.capture(held, clothing(600)))
	answer := w.must("treasurer", "voucher:Lapse", w.all(issued, h.voucher))
	if cents(t, answer["cents"]) != 19_400 {
		t.Fatal(answer)
	}
	w.checkMoney()
}

func TestFiveHundredVouchersLapseAtOnce(t *testing.T) {
	w := newTown(t)
	ids := w.issue(500)
	w.now = yearEnd + 14*aDay
	due := 0
	cursor := ""
	for {
		page := w.must("clerk", "voucher:Lapsable", object{"scheme": w.scheme, "limit": 200, "cursor": cursor})
		due += len(page["items"].([]any))
		if cursor = page["next"].(string); cursor == "" {
			break
		}
	}
	answer := w.must("clerk", "voucher:Lapse", w.all(ids...))
	if due != 500 || cents(t, answer["cents"]) != 5_000_000 || len(w.last.Writes) != 502 {
		t.Fatal(due, answer["cents"], len(w.last.Writes))
	}
	if w.last.Exchanges > 5 {
		t.Errorf("%d exchanges with the peer", w.last.Exchanges)
	}
	w.checkMoney()
	w.refused("INVALID_NUMBER", "clerk", "voucher:Lapse", w.all(append(ids, w.id())...))
}
