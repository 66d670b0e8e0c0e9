package contract

import "testing"

// decide gives a request to approve the replacement that another request proposed.
func (w *town) decide(voucher string, proposal object) object {
	return object{"request_id": w.id(), "scheme": w.scheme, "voucher": voucher, "change": proposal["request_id"]}
}

func TestWhatTheApproverDidNotSeeIsNotApproved(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	_, seen := h.replacement(w.id())
	w.must("clerk", "voucher:Replace", seen)
	_, other := h.replacement(w.id())
	w.must("clerk", "voucher:Replace", other)
	w.refused("INVALID_ID", "manager", "voucher:ApproveReplacement", w.decide(h.voucher, object{}))
	w.refused("CHANGE_NOT_FOUND", "manager", "voucher:ApproveReplacement", w.decide(h.voucher, seen))
	w.refused("CHANGE_NOT_FOUND", "manager", "voucher:RejectReplacement", w.because(w.decide(h.voucher, seen)))
	if waiting := w.shown(h.voucher)["replacement"].(object); waiting["id"] != other["request_id"] {
		t.Fatal(waiting)
	}
	w.must("manager", "voucher:ApproveReplacement", w.decide(h.voucher, other))
}

func TestABookletOfOtherLengthIsTheSameBooklet(t *testing.T) {
	w := newTown(t)
	b := w.booklet()
	w.must("shop", "payment:Pay", b.pay(3, w.id(), w.shop, w.now+60, clothing(500)))
	longer := b.authorisation()
	longer.Pages++
	proof := b.proof(0, testDomain.ActivationMessage("voucher:Replace", w.scheme, b.voucher, 2, longer, ""))
	proof["version"] = 2
	w.refused("AUTHORISATION_USED", "clerk", "voucher:Replace", w.because(object{
		"scheme": w.scheme, "voucher": b.voucher, "authorisation": longer, "proof": proof,
	}))
}
