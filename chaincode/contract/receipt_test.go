package contract

import (
	"strings"
	"testing"
)

func TestARecordKeepsTheReceiptOfItsTill(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	one, two := strings.Repeat("1a", 32), strings.Repeat("2b", 32)
	receipted := func(request object, receipt string) object {
		request["receipt"] = receipt
		return request
	}

	// Its holder does not sign it.
	paid := w.must("shop", "payment:Pay", receipted(h.pay(w.id(), w.shop, w.now+60, clothing(500)), one))
	if paid["receipt"] != one || w.must("shop", "payment:Show", object{"payment": paid["id"]})["receipt"] != one {
		t.Fatal(paid)
	}
	refund := w.must("shop", "payment:Refund", receipted(w.refundOf(paid["id"].(string), clothing(200)), two))
	if refund["receipt"] != two || w.must("shop", "payment:ShowRefund", object{"refund": refund["id"]})["receipt"] != two {
		t.Fatal(refund)
	}
	if shown := w.must("shop", "payment:Show", object{"payment": paid["id"]}); shown["receipt"] != one {
		t.Fatal(shown)
	}
	for _, item := range w.must("shop", "payment:OfDay", object{"scheme": w.scheme, "shop": w.shop, "day": "2026-03-10"})["items"].([]any) {
		entry := item.(object)
		if payment, ok := entry["payment"].(object); ok && payment["receipt"] != one {
			t.Fatal(entry)
		}
		if refund, ok := entry["refund"].(object); ok && refund["receipt"] != two {
			t.Fatal(entry)
		}
	}

	// A hold has one from the start, or gets it when it is captured.
	for _, c := range []struct{ held, captured, kept any }{
		{nil, nil, nil}, {one, nil, one}, {nil, two, two}, {one, two, two},
	} {
		request := h.hold(w.id(), w.shop, w.now+60, w.now+aDay, clothing(100))
		if c.held != nil {
			request = receipted(request, c.held.(string))
		}
		held := w.must("shop", "payment:Hold", request)
		capture := w.capture(held["id"].(string), clothing(100))
		if c.captured != nil {
			capture = receipted(capture, c.captured.(string))
		}
		captured := w.must("shop", "payment:Capture", capture)
		if held["receipt"] != c.held || captured["receipt"] != c.kept {
			t.Fatal(c, held, captured)
		}
	}
	w.checkMoney()
}

func TestAReceiptIsADigest(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	paid, held := w.paid(h, clothing(500)), w.held(h, clothing(500))
	for _, receipt := range []string{"2026-0001", strings.Repeat("1A", 32), strings.Repeat("1", 63), strings.Repeat("1", 65)} {
		for name, request := range map[string]object{
			"payment:Pay":     h.pay(w.id(), w.shop, w.now+60, clothing(500)),
			"payment:Hold":    h.hold(w.id(), w.shop, w.now+60, w.now+aDay, clothing(500)),
			"payment:Capture": w.capture(held, clothing(500)),
			"payment:Refund":  w.refundOf(paid, clothing(500)),
		} {
			request["receipt"] = receipt
			w.refused("INVALID_ID", "shop", name, request)
		}
	}
	for name, request := range map[string]object{
		"payment:Cancel": w.because(object{"payment": paid}), "payment:Release": w.because(object{"payment": held}),
	} {
		request["receipt"] = strings.Repeat("1a", 32)
		w.refused("MALFORMED_REQUEST", "shop", name, request)
	}
}

// A till that repeats its request after a lost answer gives the same receipt.
func TestAnotherReceiptIsAnotherRequest(t *testing.T) {
	w := newTown(t)
	request := w.holder().pay(w.id(), w.shop, w.now+60, clothing(500))
	request["receipt"] = strings.Repeat("1a", 32)
	w.must("shop", "payment:Pay", request)
	w.must("shop", "payment:Pay", request)
	request["receipt"] = strings.Repeat("2b", 32)
	w.refused("IDEMPOTENCY_CONFLICT", "shop", "payment:Pay", request)
}
