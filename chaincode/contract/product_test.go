package contract

import (
	"fmt"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

func TestAProductVoucher(t *testing.T) {
	w := newTown(t)
	h := w.product()
	allowance := func() object {
		return w.must("auditor", "voucher:Allowance", object{"scheme": w.scheme, "voucher": h.voucher, "shop": w.shop})
	}
	pay := func(lines ...rules.Line) object { return h.pay(w.id(), w.shop, w.now+60, lines...) }
	answer := allowance()
	if answer["product"] != "bicycle" || fmt.Sprint(answer["categories"]) != "map[books:20000]" || cents(t, answer["payment_cap_cents"]) != 20_000 ||
		cents(t, answer["hold_days"]) != 14 {
		t.Fatal(answer)
	}
	w.refused("CATEGORY_NOT_ALLOWED", "shop", "payment:Pay", pay(clothing(500)))
	w.refused("CATEGORY_NOT_ALLOWED", "shop", "payment:Pay", pay(books(500), clothing(500)))
	w.refused("INSUFFICIENT_BALANCE", "shop", "payment:Pay", pay(books(20_001)))
	held := w.held(h, books(18_000))
	w.refused("HOLD_LIVE", "shop", "payment:Pay", pay(books(500)))
	w.refused("HOLD_LIVE", "shop", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, w.now+60, books(500)))
	if answer := allowance(); cents(t, answer["categories"].(object)["books"]) != 0 {
		t.Fatal(answer)
	}
	w.must("shop", "payment:Capture", w.capture(held, books(17_500)))
	w.refused("VOUCHER_REDEEMED", "shop", "payment:Pay", pay(books(500)))
	w.refused("VOUCHER_REDEEMED", "shop", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, w.now+60, books(500)))
	w.must("shop", "payment:Cancel", w.because(object{"payment": held}))
	bought := w.must("shop", "payment:Pay", pay(books(19_000)))["id"]
	if shown := w.shown(h.voucher); shown["redeemed"] != true {
		t.Fatal(shown)
	}
	w.must("shop", "payment:Refund", w.because(object{"payment": bought, "lines": []rules.Line{books(1_000)}}))
	w.refused("VOUCHER_REDEEMED", "shop", "payment:Pay", pay(books(500)))
	w.must("shop", "payment:Refund", w.because(object{"payment": bought, "lines": []rules.Line{books(18_000)}}))
	w.must("shop", "payment:Pay", pay(books(20_000)))
	w.refused("VOUCHER_STATE", "clerk", "voucher:TopUp", w.toppingUp(object{
		"voucher": h.voucher, "entitlement": w.id(), "preset": "junior", "units": 1,
	}))
	other := w.holder()
	w.refused("PRESET_UNKNOWN", "clerk", "voucher:TopUp", w.toppingUp(object{
		"voucher": other.voucher, "entitlement": w.id(), "preset": "bicycle", "units": 1,
	}))
	lapsed := w.must("clerk", "voucher:Lapse", w.all(h.voucher))
	if cents(t, lapsed["cents"]) != 0 || w.shown(h.voucher)["state"] != "active" {
		t.Fatal(lapsed)
	}
	w.refused("VOUCHER_REDEEMED", "shop", "payment:Pay", pay(books(500)))
	w.checkMoney()
}

func TestWhatIsLeftOfAProductLapses(t *testing.T) {
	w := newTown(t)
	h := w.product()
	w.refused("LAPSE_NOT_DUE", "clerk", "voucher:Lapse", w.all(h.voucher))
	bought := w.must("shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, books(19_000)))["id"]
	page := w.must("auditor", "voucher:Lapsable", object{"scheme": w.scheme})
	if len(page["items"].([]any)) != 1 {
		t.Fatal(page)
	}
	answer := w.must("clerk", "voucher:Lapse", w.all(h.voucher))
	if cents(t, answer["cents"]) != 1_000 || w.shown(h.voucher)["state"] != "active" {
		t.Fatal(answer)
	}
	w.refused("VOUCHER_REDEEMED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, books(500)))
	w.must("shop", "payment:Refund", w.because(object{"payment": bought, "lines": []rules.Line{books(19_000)}}))
	w.refused("INSUFFICIENT_BALANCE", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, books(19_001)))
	w.must("shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, books(19_000)))
	w.checkMoney()
}

func TestProductsAreIssuedOneByOne(t *testing.T) {
	w := newTown(t)
	w.product()
	vouchers, cases := issuances(w.world, 1)
	w.must("clerk", "voucher:RecordCases", object{"request_id": w.id(), "scheme": w.scheme}, object{"cases": cases})
	vouchers[0]["preset"], vouchers[0]["units"] = "bicycle", 2
	w.refused("INVALID_NUMBER", "clerk", "voucher:Issue", w.issuing(vouchers...))
	vouchers[0]["units"] = 1
	answer := w.must("clerk", "voucher:Issue", w.issuing(vouchers...))
	if cents(t, answer["issued_cents"]) != 20_000 {
		t.Fatal(answer)
	}
	w.checkMoney()
}
