package contract

import (
	"testing"

	"kindpakket.eu/chaincode/rules"
)

func (w *town) budget(name string) int64 {
	w.t.Helper()
	return cents(w.t, w.must("auditor", "scheme:Show", object{"scheme": w.scheme})["budget"].(object)[name])
}

func TestRevokedMoneyGoesBackToTheBudget(t *testing.T) {
	w := newTown(t)
	h, other := w.holder(), w.holder()
	issued := w.issue(1)[0]
	paid := w.paid(h, clothing(1_000))
	held := w.held(other, clothing(500))
	before := w.budget("unallocated_cents")
	w.must("clerk", "voucher:Block", w.of(h))
	w.must("clerk", "voucher:Block", w.because(object{"scheme": w.scheme, "voucher": issued}))
	w.must("clerk", "voucher:Block", w.of(other))
	w.refused("HOLD_LIVE", "manager", "voucher:Revoke", w.all(h.voucher, other.voucher))
	w.refused("VOUCHER_NOT_FOUND", "manager", "voucher:Revoke", w.all(h.voucher, w.id()))
	w.refused("MALFORMED_REQUEST", "manager", "voucher:Revoke", w.all(h.voucher, h.voucher))
	w.refused("INVALID_NUMBER", "manager", "voucher:Revoke", w.all())
	w.refused("SCHEME_NOT_FOUND", "manager", "voucher:Revoke", w.because(object{"scheme": w.id(), "vouchers": []string{h.voucher}}))
	w.refused("ROLE_REQUIRED", "clerk", "voucher:Revoke", w.all(h.voucher))
	w.must("shop", "payment:Release", w.because(object{"payment": held}))
	answer := w.must("manager", "voucher:Revoke", w.all(h.voucher, other.voucher, issued))
	if cents(t, answer["cents"]) != 29_000 || cents(t, answer["vouchers"].([]any)[0].(object)["cents"]) != 9_000 ||
		w.last.Event.GetEventName() != "VouchersRevoked" {
		t.Fatal(answer)
	}
	if w.budget("unallocated_cents") != before+29_000 || w.budget("revoked_cents") != 29_000 {
		t.Fatal(w.last)
	}
	w.refused("VOUCHER_STATE", "manager", "voucher:Revoke", w.all(h.voucher))
	w.refused("VOUCHER_REVOKED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(500)))
	w.refused("VOUCHER_REVOKED", "shop", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, w.now+60, clothing(500)))
	w.refused("VOUCHER_STATE", "clerk", "voucher:Block", w.of(h))
	w.refused("VOUCHER_STATE", "manager2", "voucher:Unblock", w.of(other))
	refund := w.must("shop", "payment:Refund", w.because(object{"payment": paid, "lines": []rules.Line{clothing(400)}}))
	if refund["returned_to"] != "revoked" {
		t.Fatal(refund)
	}
	cancelled := w.must("shop", "payment:Refund", w.because(object{"payment": paid, "lines": []rules.Line{clothing(600)}}))
	if cancelled["returned_to"] != "revoked" || w.budget("revoked_cents") != 30_000 {
		t.Fatal(cancelled)
	}
	w.checkMoney()
}
