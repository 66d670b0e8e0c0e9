package contract

import (
	"testing"

	"kindpakket.eu/chaincode/rules"
)

func TestGraceAfterTheEnd(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	paid := w.paid(h, clothing(2_000))
	allowance := func() object {
		return w.must("auditor", "voucher:Allowance", object{"scheme": w.scheme, "voucher": h.voucher, "shop": w.shop})
	}
	w.now = yearEnd + 3*aDay
	if answer := allowance(); cents(t, answer["available_cents"]) != 0 || cents(t, answer["categories"].(object)["clothing"]) != 0 {
		t.Fatal(answer)
	}
	w.must("shop", "payment:Refund", w.because(object{"payment": paid, "lines": []rules.Line{clothing(700)}}))
	if answer := allowance(); cents(t, answer["available_cents"]) != 700 || cents(t, answer["categories"].(object)["clothing"]) != 700 {
		t.Fatal(answer)
	}
	w.refused("INSUFFICIENT_BALANCE", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(701)))
	w.refused("VOUCHER_EXPIRED", "shop", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, w.now+60, clothing(100)))
	late := w.paid(h, clothing(500))
	w.must("shop", "payment:Cancel", w.because(object{"payment": late}))
	w.now = yearEnd + 14*aDay - 1
	w.paid(h, clothing(700))
	w.refused("VOUCHER_EXPIRED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(50)))
	w.terms(h.voucher, map[string]int64{
		"issued_cents": 10_000, "spent_cents": 3_200, "refunded_cents": 700, "cancelled_cents": 500, "available_cents": 8_000,
	})
	w.checkMoney()
}
