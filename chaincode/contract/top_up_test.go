package contract

import (
	"maps"
	"testing"
)

func TestTopUps(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	one := func(h holder, preset string, units int) object {
		return object{"voucher": h.voucher, "entitlement": w.id(), "preset": preset, "units": units}
	}
	topUp := w.toppingUp
	before := w.budget("unallocated_cents")
	first := one(h, "senior", 2)
	answer := w.must("clerk", "voucher:TopUp", topUp(first))
	if cents(t, answer["cents"]) != 30_000 || w.last.Event.GetEventName() != "VouchersToppedUp" || w.budget("unallocated_cents") != before-30_000 {
		t.Fatal(answer)
	}
	w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "topped_up_cents": 30_000, "available_cents": 40_000})
	used := decodeJSON(t, w.ledger.Value("entitlement/"+first["entitlement"].(string)))
	if used["voucher"] != h.voucher {
		t.Fatal(used)
	}
	again := one(w.holder(), "junior", 1)
	again["entitlement"] = first["entitlement"]
	w.refused("ALREADY_ISSUED", "clerk", "voucher:TopUp", topUp(again))
	issuedFor := w.shown(h.voucher)["entitlement"]
	again["entitlement"] = issuedFor
	w.refused("ALREADY_ISSUED", "clerk", "voucher:TopUp", topUp(again))
	w.refused("MALFORMED_REQUEST", "clerk", "voucher:TopUp", topUp(one(h, "junior", 1), one(h, "junior", 1)))
	w.refused("PRESET_UNKNOWN", "clerk", "voucher:TopUp", topUp(one(h, "baby", 1)))
	tooMuch, _ := w.proposing(w.scheme, "top-up", []object{one(h, "junior", 999)})
	w.refused("BUDGET_EXCEEDED", "clerk", "allocation:Propose", tooMuch)
	beyond := []object{one(h, "junior", 9_997)}
	proposal, drawings := w.proposing(w.scheme, "top-up", beyond)
	proposal["cents"] = 10_000
	w.approveList(proposal)
	request := w.because(object{"scheme": w.scheme, "top_ups": beyond})
	maps.Copy(request, drawings[0])
	w.refused("INVALID_AMOUNT", "clerk", "voucher:TopUp", request)
	w.refused("VOUCHER_NOT_FOUND", "clerk", "voucher:TopUp", topUp(one(newHolder(w.scheme, w.id()), "junior", 1)))
	unreasoned := topUp(one(h, "junior", 1))
	delete(unreasoned, "reason")
	w.refused("INVALID_CODE", "clerk", "voucher:TopUp", unreasoned)
	w.refused("ROLE_REQUIRED", "manager", "voucher:TopUp", topUp(one(h, "junior", 1)))
	for _, state := range []string{"paused", "closed"} {
		request := topUp(one(h, "junior", 1))
		w.putScheme(state)
		w.refused("SCHEME_NOT_OPEN", "clerk", "voucher:TopUp", request)
		w.putScheme("open")
	}
	w.must("clerk", "voucher:Block", w.of(h))
	w.must("clerk", "voucher:TopUp", topUp(one(h, "junior", 1)))
	w.now = yearEnd
	w.refused("VOUCHER_EXPIRED", "clerk", "voucher:TopUp", topUp(one(h, "junior", 1)))
	w.revoke(h.voucher)
	w.refused("VOUCHER_REVOKED", "clerk", "voucher:TopUp", topUp(one(h, "junior", 1)))
	w.checkMoney()
}
