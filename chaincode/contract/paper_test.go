package contract

import (
	"testing"

	"kindpakket.eu/chaincode/rules"
)

func TestPaperHasALimitOfTheDay(t *testing.T) {
	w := newTown(t)
	terms := schemeRules()
	terms["paper_day_cap_cents"] = 49
	w.refused("INVALID_RULES", "clerk", "scheme:Draft", object{"request_id": w.id(), "rules": terms, "budget_cents": 1_000})
	terms["paper_day_cap_cents"] = 0
	w.refused("INVALID_AMOUNT", "clerk", "scheme:Draft", object{"request_id": w.id(), "rules": terms, "budget_cents": 1_000})
	terms["paper_day_cap_cents"] = 3_000
	w.scheme = w.openScheme(terms, 1_000_000)
	id := w.issue(1)[0]
	b := newBooklet(w.scheme, id, 9)
	w.must("manager", "voucher:Activate", w.activate(b.activation()))
	page := 0
	pay := func(code string, amount int64) string {
		t.Helper()
		page++
		request := b.pay(page, w.id(), w.shop, w.now+60, clothing(rules.Cents(amount)))
		if code != "" {
			w.refused(code, "shop", "payment:Pay", request)
			return ""
		}
		return w.must("shop", "payment:Pay", request)["id"].(string)
	}
	paper := func(want int64) {
		t.Helper()
		allowance := w.must("auditor", "voucher:Allowance", object{"scheme": w.scheme, "voucher": id, "shop": w.shop})
		if got := cents(t, allowance["paper_cap_cents"]); got != want {
			t.Fatalf("%d and not %d may be paid by booklet", got, want)
		}
	}
	paper(2_500)
	pay("PAPER_CAP_EXCEEDED", 2_501)
	pay("", 2_000)
	paper(1_000)
	pay("PAPER_CAP_EXCEEDED", 1_001)
	cancelled := pay("", 1_000)
	paper(0)
	pay("PAPER_CAP_EXCEEDED", 50)
	w.must("shop", "payment:Cancel", w.because(object{"payment": cancelled}))
	paper(1_000)
	held := w.must("shop", "payment:Hold", b.hold(page+1, w.id(), w.shop, w.now+60, w.now+aDay, clothing(900)))["id"]
	page++
	paper(100)
	w.must("shop", "payment:Capture", w.capture(held.(string), clothing(400)))
	paper(600)
	if day := w.shown(id)["day"].(object); cents(t, day["cents"]) != 2_400 || cents(t, day["paper_cents"]) != 2_400 {
		t.Fatal(day)
	}
	w.now += aDay
	paper(2_500)
	w.checkMoney()
}

// What was paid by booklet before the terms had a limit does not count towards it, nor does giving it back.
func TestPaperIsCountedFromTheRulesOn(t *testing.T) {
	w := newTown(t)
	b := w.booklet()
	before := w.must("shop", "payment:Pay", b.pay(1, w.id(), w.shop, w.now+60, clothing(2_000)))["id"]
	terms := schemeRules()
	terms["paper_day_cap_cents"] = 1_000
	change := w.must("clerk", "scheme:ProposeRules", w.because(object{"scheme": w.scheme, "rules": terms, "applies_to": "all"}))
	w.must("manager", "scheme:ApproveChange", object{"request_id": w.id(), "scheme": w.scheme, "change": change["id"]})
	w.must("shop", "payment:Pay", b.pay(2, w.id(), w.shop, w.now+60, clothing(1_000)))
	w.refused("PAPER_CAP_EXCEEDED", "shop", "payment:Pay", b.pay(3, w.id(), w.shop, w.now+60, clothing(50)))
	w.must("shop", "payment:Cancel", w.because(object{"payment": before}))
	if day := w.shown(b.voucher)["day"].(object); cents(t, day["cents"]) != 1_000 || day["paper_cents"] != nil {
		t.Fatal(day)
	}
}
