package contract

import (
	"testing"

	"kindpakket.eu/chaincode/rules"
)

func TestExtensions(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	held := w.held(h, clothing(500))
	extend := func(day string, vouchers ...string) object {
		return w.because(object{"scheme": w.scheme, "vouchers": vouchers, "ends_on": day})
	}
	w.refused("INVALID_DATE", "manager", "voucher:Extend", extend("2027-04-01", h.voucher))
	w.refused("INVALID_DATE", "manager", "voucher:Extend", extend("2026-12-31", h.voucher))
	w.refused("INVALID_DATE", "manager", "voucher:Extend", extend("soon", h.voucher))
	w.refused("VOUCHER_NOT_FOUND", "manager", "voucher:Extend", extend("2027-01-31", h.voucher, w.id()))
	w.refused("ROLE_REQUIRED", "clerk", "voucher:Extend", extend("2027-01-31", h.voucher))
	answer := w.must("manager", "voucher:Extend", extend("2027-01-31", h.voucher))
	if cents(t, answer["ends_at"]) != yearEnd+31*aDay || w.last.Event.GetEventName() != "VouchersExtended" {
		t.Fatal(answer)
	}
	w.must("shop", "payment:Capture", w.capture(held, clothing(500)))
	w.now = yearEnd + 30*aDay
	paid := w.paid(h, clothing(500))
	w.now = yearEnd + 31*aDay
	w.refused("VOUCHER_EXPIRED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(500)))
	w.must("shop", "payment:Refund", w.because(object{"payment": paid, "lines": []rules.Line{clothing(300)}}))
	w.putScheme("closed")
	w.refused("SCHEME_STATE", "manager", "voucher:Extend", extend("2027-03-31", h.voucher))
	w.putScheme("paused")
	w.must("manager", "voucher:Extend", extend("2027-03-31", h.voucher))
	w.putScheme("open")
	w.paid(h, clothing(5_000))
	if shown := w.shown(h.voucher); shown["grace_cents"] != nil {
		t.Fatal(shown)
	}
	w.revoke(h.voucher)
	w.refused("VOUCHER_STATE", "manager", "voucher:Extend", extend("2027-03-30", h.voucher))
	w.checkMoney()
}
