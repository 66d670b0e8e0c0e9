package contract

import (
	"testing"
)

// A till that saw a voucher once cannot follow what is left on it.
func TestAShopSeesWhatAVoucherHoldsFromItsHolderOnly(t *testing.T) {
	w := newTown(t)
	h, b := w.holder(), w.booklet()
	bare := object{"scheme": w.scheme, "voucher": h.voucher, "shop": w.shop}
	w.refused("HOLDER_PROOF_MISSING", "shop", "voucher:Allowance", bare)
	for _, official := range []string{"clerk", "manager", "treasurer", "auditor"} {
		w.must(official, "voucher:Allowance", bare)
	}
	if answer := w.must("shop", "voucher:Allowance", h.ask(w.shop, w.now+60)); cents(t, answer["available_cents"]) != 10_000 {
		t.Fatal(answer)
	}
	stranger := newHolder(w.scheme, w.id())
	stranger.voucher = h.voucher
	w.refused("HOLDER_PROOF_INVALID", "shop", "voucher:Allowance", stranger.ask(w.shop, w.now+60))
	rival := w.admitShop("rival", "clothing")
	forAnother := h.ask(rival, w.now+60)
	forAnother["shop"] = w.shop
	w.refused("HOLDER_PROOF_INVALID", "shop", "voucher:Allowance", forAnother)
	later := h.ask(w.shop, w.now+60)
	later["deadline"] = w.now + 61
	w.refused("HOLDER_PROOF_INVALID", "shop", "voucher:Allowance", later)
	w.refused("HOLDER_PROOF_EXPIRED", "shop", "voucher:Allowance", h.ask(w.shop, w.now-1))
	w.refused("HOLDER_PROOF_EXPIRED", "shop", "voucher:Allowance", h.ask(w.shop, w.now+901))
	w.must("shop", "voucher:Allowance", h.ask(w.shop, w.now+900))
	// What was signed to be shown cannot pay, and a payment's proof shows nothing afterwards.
	payment := h.pay(w.id(), w.shop, w.now+60, clothing(100))
	asPayment := h.ask(w.shop, w.now+60)
	payment["proof"], asPayment["proof"] = asPayment["proof"], payment["proof"]
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", payment)
	w.refused("HOLDER_PROOF_INVALID", "shop", "voucher:Allowance", asPayment)
	// A page that is shown is not used up; one that has paid shows nothing more.
	w.must("shop", "voucher:Allowance", b.ask(1, w.shop, w.now+60))
	w.must("shop", "payment:Pay", b.pay(1, w.id(), w.shop, w.now+60, clothing(100)))
	w.refused("HOLDER_PROOF_INVALID", "shop", "voucher:Allowance", b.ask(1, w.shop, w.now+60))
	w.must("shop", "voucher:Allowance", b.ask(2, w.shop, w.now+60))
	// After a replacement, neither the old proof nor the old key does.
	next, replacement := h.replacement(w.id())
	w.must("clerk", "voucher:Replace", replacement)
	w.must("manager", "voucher:ApproveReplacement", w.decide(h.voucher, replacement))
	w.refused("HOLDER_PROOF_INVALID", "shop", "voucher:Allowance", h.ask(w.shop, w.now+60))
	w.must("shop", "voucher:Allowance", next.ask(w.shop, w.now+60))
}

func TestWhatATillKnowsBeforeTheHolderSigns(t *testing.T) {
	w := newTown(t)
	binding := func(voucher string) object {
		return w.must("shop", "voucher:Binding", object{"scheme": w.scheme, "voucher": voucher, "shop": w.shop})
	}
	issued := w.issue(1)[0]
	w.refused("VOUCHER_NOT_ACTIVE", "shop", "voucher:Allowance", newHolder(w.scheme, issued).ask(w.shop, w.now+60))
	if answer := binding(issued); len(answer) != 1 || cents(t, answer["version"]) != 0 {
		t.Fatal(answer)
	}
	if answer := binding(w.holder().voucher); len(answer) != 2 || answer["kind"] != "key" || cents(t, answer["version"]) != 1 {
		t.Fatal(answer)
	}
	b := w.booklet()
	before := binding(b.voucher)
	w.must("shop", "payment:Pay", b.pay(1, w.id(), w.shop, w.now+60, clothing(100)))
	if after := binding(b.voucher); len(after) != 2 || after["kind"] != before["kind"] || after["version"] != before["version"] {
		t.Fatal(before, after)
	}
	w.refused("VOUCHER_NOT_FOUND", "shop", "voucher:Binding", object{"scheme": w.scheme, "voucher": w.id(), "shop": w.shop})
}
