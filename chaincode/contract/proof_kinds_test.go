package contract

import "testing"

// Whoever agrees that all vouchers of a scheme take proofs by key only has stopped the booklets.
func TestRulesForAllDecideOnProofs(t *testing.T) {
	w := newTown(t)
	h, b := w.holder(), w.booklet()
	pages := 0
	byBooklet := func() object {
		pages++
		return b.pay(pages, w.id(), w.shop, w.now+60, clothing(500))
	}
	terms := schemeRules()
	terms["proofs"] = []string{"key"}
	for _, reach := range []string{"new", "all"} {
		w.must("shop", "payment:Pay", byBooklet())
		change := w.must("clerk", "scheme:ProposeRules", w.because(object{"scheme": w.scheme, "rules": terms, "applies_to": reach}))
		w.must("manager", "scheme:ApproveChange", object{"request_id": w.id(), "scheme": w.scheme, "change": change["id"]})
	}
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", byBooklet())
	for voucher, want := range map[string]int64{b.voucher: 0, h.voucher: 8_000} {
		allowance := w.must("auditor", "voucher:Allowance", object{"scheme": w.scheme, "voucher": voucher, "shop": w.shop})
		if got := cents(t, allowance["categories"].(object)["clothing"]); got != want {
			t.Errorf("clothing for %d may be paid and not for %d", got, want)
		}
	}
	w.paid(h, clothing(500))
	w.held(h, clothing(500))
}
