package contract

import (
	"strings"
	"testing"
)

func TestBlockedVouchersReturnToTheirState(t *testing.T) {
	w := newTown(t)
	id := w.issue(1)[0]
	turn := func(reason string) object {
		return object{"request_id": w.id(), "scheme": w.scheme, "voucher": id, "reason": reason}
	}
	w.refused("VOUCHER_STATE", "manager", "voucher:Unblock", turn("found"))
	w.refused("INVALID_CODE", "clerk", "voucher:Block", turn("she lost it"))
	w.must("manager", "voucher:Block", turn("lost"))
	w.refused("VOUCHER_STATE", "clerk", "voucher:Block", turn("lost"))
	w.refused("SECOND_PERSON_REQUIRED", "manager", "voucher:Unblock", turn("found"))
	w.refused("INVALID_CODE", "manager2", "voucher:Unblock", turn(""))
	w.refused("ROLE_REQUIRED", "clerk", "voucher:Unblock", turn("found"))
	answer := w.must("manager2", "voucher:Unblock", turn("found"))
	if answer["state"] != "issued" || answer["blocked_by"] != nil {
		t.Fatal(answer)
	}
	event := decodeJSON(t, w.last.Event.GetPayload())
	if w.last.Event.GetEventName() != "VoucherUnblocked" || event["reason"] != "found" {
		t.Fatal(event)
	}
	by := decodeJSON(t, w.ledger.Value("voucher/"+w.scheme+"/"+id))["by"].(object)
	if by["operation"] != "voucher:Unblock" || by["reason"] != "found" || by["person"] != "p-second" {
		t.Fatal(by)
	}
	w.refused("VOUCHER_NOT_FOUND", "manager", "voucher:Block", w.because(object{"scheme": w.scheme, "voucher": w.id()}))
}

// holderWithCode issues and activates a voucher whose holder has a self-block code.
func (w *town) holderWithCode() holder {
	w.t.Helper()
	h := newHolder(w.scheme, w.issue(1)[0])
	w.must("manager", "voucher:Activate", object{"request_id": w.id(), "scheme": w.scheme, "activations": []object{h.activationWithCode()}})
	return h
}

func TestAHolderBlocksByCode(t *testing.T) {
	w := newTown(t)
	block := func(h holder, code string) object {
		return object{"request_id": w.id(), "scheme": w.scheme, "voucher": h.voucher, "code": code}
	}
	for _, user := range []string{"clerk", "manager", "shop", "till", "elsewhere"} {
		w.enrol("till", "WinkelsMSP", "cashier", "p-till", w.shop)
		w.enrol("elsewhere", "WinkelsMSP", "cashier", "p-else", w.id())
		h := w.holderWithCode()
		for _, code := range []string{"", "x", strings.Repeat("0", 32), strings.ToUpper(selfBlockCode), h.selfBlock()} {
			w.refused("SELF_BLOCK_INVALID", user, "voucher:SelfBlock", block(h, code))
		}
		answer := w.must(user, "voucher:SelfBlock", block(h, selfBlockCode))
		if answer["state"] != "blocked" || len(answer) != 3 || w.last.Event.GetEventName() != "VoucherBlocked" {
			t.Fatal(answer)
		}
		shown := w.shown(h.voucher)
		if shown["blocked_by"] != "holder" || shown["block_reason"] != "self-block" || shown["self_block"] != nil {
			t.Fatal(shown)
		}
		w.refused("VOUCHER_BLOCKED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(500)))
		w.refused("SELF_BLOCK_INVALID", user, "voucher:SelfBlock", block(h, selfBlockCode))
		w.must("manager", "voucher:Unblock", w.of(h))
		w.refused("SELF_BLOCK_INVALID", user, "voucher:SelfBlock", block(h, selfBlockCode))
	}
	w.refused("SELF_BLOCK_INVALID", "shop", "voucher:SelfBlock", block(w.holder(), selfBlockCode))
	w.refused("VOUCHER_NOT_FOUND", "shop", "voucher:SelfBlock", block(newHolder(w.scheme, w.id()), selfBlockCode))
	for _, user := range []string{"treasurer", "auditor", "admin"} {
		w.refused("ROLE_REQUIRED", user, "voucher:SelfBlock", block(w.holderWithCode(), selfBlockCode))
	}
}

func TestTheCodeIsPartOfWhatIsSigned(t *testing.T) {
	w := newTown(t)
	h := newHolder(w.scheme, w.issue(1)[0])
	activate := func(activation object) object {
		return object{"request_id": w.id(), "scheme": w.scheme, "activations": []object{activation}}
	}
	added := h.activation()
	added["self_block"] = h.selfBlock()
	w.refused("HOLDER_PROOF_INVALID", "manager", "voucher:Activate", activate(added))
	removed := h.activationWithCode()
	delete(removed, "self_block")
	w.refused("HOLDER_PROOF_INVALID", "manager", "voucher:Activate", activate(removed))
	short := h.activationWithCode()
	short["self_block"] = selfBlockCode
	w.refused("INVALID_ID", "manager", "voucher:Activate", activate(short))
	w.must("manager", "voucher:Activate", activate(h.activationWithCode()))
}

func TestNothingIsActivatedInAClosedScheme(t *testing.T) {
	w := newTown(t)
	h := newHolder(w.scheme, w.issue(1)[0])
	activate := func() object {
		return object{"request_id": w.id(), "scheme": w.scheme, "activations": []object{h.activation()}}
	}
	w.putScheme("closed")
	w.refused("SCHEME_STATE", "manager", "voucher:Activate", activate())
	w.putScheme("paused")
	w.must("manager", "voucher:Activate", activate())
}

func TestALostKeyIsReplacedByTwoPersons(t *testing.T) {
	w := newTown(t)
	h := w.holderWithCode()
	w.paid(h, clothing(1_000))
	held := w.held(h, clothing(500))
	next, request := h.replacement(w.id())
	answer := w.must("clerk", "voucher:Replace", request)
	if answer["state"] != "blocked" || answer["blocked_by"] != "p-clerk" || answer["replacement"].(object)["proposed_by"] != "p-clerk" ||
		w.last.Event.GetEventName() != "ReplacementProposed" {
		t.Fatal(answer)
	}
	for _, who := range []holder{h, next} {
		w.refused("VOUCHER_BLOCKED", "shop", "payment:Pay", who.pay(w.id(), w.shop, w.now+60, clothing(500)))
	}
	decide := func() object { return w.decide(h.voucher, request) }
	w.refused("VOUCHER_STATE", "manager", "voucher:Unblock", w.of(h))
	w.refused("SECOND_PERSON_REQUIRED", "promoted", "voucher:ApproveReplacement", w.withApprover("promoted", "p-clerk", decide()))
	w.refused("ROLE_REQUIRED", "clerk", "voucher:ApproveReplacement", decide())
	w.refused("VOUCHER_BLOCKED", "shop", "payment:Capture", w.capture(held, clothing(500)))
	answer = w.must("manager", "voucher:ApproveReplacement", decide())
	bound := answer["authorisation"].(object)
	if answer["state"] != "active" || cents(t, bound["version"]) != 2 || bound["public_key"] != next.authorisation().PublicKey ||
		answer["replacement"] != nil || answer["self_block"] != next.selfBlock() || w.last.Event.GetEventName() != "ReplacementApproved" {
		t.Fatal(answer)
	}
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(500)))
	w.paid(next, clothing(500))
	w.must("shop", "payment:Capture", w.capture(held, clothing(500)))
	allowance := w.must("auditor", "voucher:Allowance", object{"scheme": w.scheme, "voucher": h.voucher, "shop": w.shop})
	if cents(t, allowance["authorisation_version"]) != 2 {
		t.Fatal(allowance)
	}
	w.refused("CHANGE_NOT_FOUND", "manager", "voucher:ApproveReplacement", decide())
	w.checkMoney()
}

func TestReplacementsAreRefused(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	replace := func(spoil func(object)) object {
		_, request := h.replacement(w.id())
		spoil(request)
		return request
	}
	none := replace(func(object) {})
	w.refused("CHANGE_NOT_FOUND", "manager", "voucher:ApproveReplacement", w.decide(h.voucher, none))
	w.refused("CHANGE_NOT_FOUND", "clerk", "voucher:RejectReplacement", w.because(w.decide(h.voucher, none)))
	w.refused("HOLDER_PROOF_MISSING", "clerk", "voucher:Replace", replace(func(r object) { delete(r, "proof") }))
	w.refused("HOLDER_PROOF_INVALID", "clerk", "voucher:Replace", replace(func(r object) { delete(r, "self_block") }))
	w.refused("HOLDER_PROOF_INVALID", "clerk", "voucher:Replace", replace(func(r object) { r["proof"].(object)["version"] = 1 }))
	w.refused("HOLDER_PROOF_INVALID", "clerk", "voucher:Replace", replace(func(r object) { r["authorisation"] = h.authorisation() }))
	w.refused("INVALID_AUTHORISATION", "clerk", "voucher:Replace", replace(func(r object) { r["authorisation"] = object{"kind": "face"} }))
	w.refused("INVALID_CODE", "clerk", "voucher:Replace", replace(func(r object) { delete(r, "reason") }))
	w.refused("ROLE_REQUIRED", "manager", "voucher:Replace", replace(func(object) {}))
	w.refused("VOUCHER_NOT_FOUND", "clerk", "voucher:Replace", replace(func(r object) { r["voucher"] = w.id() }))
	issued := newHolder(w.scheme, w.issue(1)[0])
	_, early := issued.replacement(w.id())
	w.refused("VOUCHER_STATE", "clerk", "voucher:Replace", early)
	w.must("clerk", "voucher:Block", w.of(issued))
	_, early = issued.replacement(w.id())
	w.refused("VOUCHER_STATE", "clerk", "voucher:Replace", early)

	// Who blocked the voucher cannot approve either, and the rejected voucher stays blocked.
	w.must("manager", "voucher:Block", w.of(h))
	proposed := replace(func(object) {})
	w.must("clerk", "voucher:Replace", proposed)
	w.refused("SECOND_PERSON_REQUIRED", "manager", "voucher:ApproveReplacement", w.decide(h.voucher, proposed))
	if answer := w.must("clerk", "voucher:RejectReplacement", w.because(w.decide(h.voucher, proposed))); answer["state"] != "blocked" || answer["replacement"] != nil {
		t.Fatal(answer)
	}
	if w.last.Event.GetEventName() != "ReplacementRejected" {
		t.Fatal(w.last.Event)
	}
	w.must("clerk", "voucher:Replace", replace(func(object) {}))
	next, again := h.replacement(w.id())
	w.must("clerk", "voucher:Replace", again)
	w.must("manager2", "voucher:ApproveReplacement", w.decide(h.voucher, again))
	w.paid(next, clothing(500))
}

func TestABookletIsNotReplacedByItself(t *testing.T) {
	w := newTown(t)
	b := w.booklet()
	w.must("shop", "payment:Pay", b.pay(3, w.id(), w.shop, w.now+60, clothing(500)))
	message := testDomain.ActivationMessage("voucher:Replace", w.scheme, b.voucher, 2, b.authorisation(), "")
	proof := b.proof(0, message)
	proof["version"] = 2
	w.refused("AUTHORISATION_USED", "clerk", "voucher:Replace", w.because(object{
		"scheme": w.scheme, "voucher": b.voucher, "authorisation": b.authorisation(), "proof": proof,
	}))
	h := holderOf(w.scheme, b.voucher, 1)
	next, request := h.replacement(w.id())
	w.must("clerk", "voucher:Replace", request)
	w.must("manager", "voucher:ApproveReplacement", w.decide(b.voucher, request))
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", b.pay(4, w.id(), w.shop, w.now+60, clothing(500)))
	w.paid(next, clothing(500))
}
