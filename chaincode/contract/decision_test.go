package contract

import (
	"testing"

	"kindpakket.eu/chaincode/rules"
)

const term = 30 * aDay

// revoke revokes vouchers by two persons.
func (w *town) revoke(vouchers ...string) object {
	w.t.Helper()
	return w.agree(w.must("clerk", "voucher:ProposeRevocation", w.all(vouchers...)))
}

// onDecision makes a request about a decision.
func (w *town) onDecision(decision any) object {
	return object{"request_id": w.id(), "decision": decision}
}

// entitlementOf gives the entitlement that a voucher was issued for.
func (w *town) entitlementOf(voucher string) string {
	w.t.Helper()
	return w.shown(voucher)["entitlement"].(string)
}

func (w *town) free(entitlements ...string) object {
	return w.because(object{"scheme": w.scheme, "entitlements": entitlements})
}

// reissue issues a voucher for an entitlement.
func (w *town) reissue(entitlement string) (object, string) {
	w.t.Helper()
	vouchers, cases := issuances(w.world, 1)
	vouchers[0]["entitlement"] = entitlement
	w.must("clerk", "voucher:RecordCases", w.onScheme(nil), object{"cases": cases})
	return w.send("clerk", "voucher:Issue", w.issuing(vouchers...))
}

func TestOneApproverRevokesNothingThatNobodyElseBlocked(t *testing.T) {
	w := newTown(t)
	ids := w.issue(3)
	before := w.budget("unallocated_cents")
	w.refused("SECOND_PERSON_REQUIRED", "manager", "voucher:Revoke", w.all(ids...))
	w.must("manager", "voucher:Block", w.because(object{"scheme": w.scheme, "voucher": ids[0]}))
	w.refused("SECOND_PERSON_REQUIRED", "manager", "voucher:Revoke", w.all(ids[0]))
	if w.budget("unallocated_cents") != before {
		t.Fatal("money moved")
	}
	proposal := w.must("manager", "voucher:ProposeRevocation", w.all(ids...))
	if proposal["state"] != "proposed" || proposal["kind"] != "revocation" || proposal["proposed_by"] != "p-manager" ||
		cents(t, proposal["proposed_at"]) != noon || cents(t, proposal["expires_at"]) != noon+term || len(proposal["vouchers"].([]any)) != 3 ||
		w.last.Event.GetEventName() != "RevocationProposed" {
		t.Fatal(proposal)
	}
	if w.budget("unallocated_cents") != before {
		t.Fatal("a proposal moved money")
	}
	w.refused("SECOND_PERSON_REQUIRED", "manager", "decision:Approve", w.onDecision(proposal["id"]))
	w.refused("ROLE_REQUIRED", "clerk", "decision:Approve", w.onDecision(proposal["id"]))
	answer := w.must("manager2", "decision:Approve", w.onDecision(proposal["id"]))
	if answer["state"] != "approved" || answer["decided_by"] != "p-second" || cents(t, answer["cents"]) != 30_000 {
		t.Fatal(answer)
	}
	event := decodeJSON(t, w.last.Event.GetPayload())
	if w.last.Event.GetEventName() != "DecisionApproved" || cents(t, event["cents"]) != 30_000 || len(event["vouchers"].([]any)) != 3 ||
		event["decision"] != proposal["id"] {
		t.Fatal(event)
	}
	if w.budget("revoked_cents") != 30_000 || w.shown(ids[2])["state"] != "revoked" {
		t.Fatal(w.shown(ids[2]))
	}
	w.refused("CHANGE_STATE", "manager2", "decision:Approve", w.onDecision(proposal["id"]))
	w.refused("CHANGE_STATE", "manager2", "decision:Reject", w.because(object{"decision": proposal["id"]}))
	w.refused("VOUCHER_STATE", "manager", "voucher:ProposeRevocation", w.all(ids...))
	w.checkMoney()
}

func TestADecisionIsTakenAsAWholeOrNotAtAll(t *testing.T) {
	w := newTown(t)
	h, other := w.holder(), w.holder()
	w.refused("SCHEME_NOT_FOUND", "clerk", "voucher:ProposeRevocation", w.because(object{"scheme": w.id(), "vouchers": []string{h.voucher}}))
	w.refused("VOUCHER_NOT_FOUND", "clerk", "voucher:ProposeRevocation", w.all(w.id()))
	proposal := w.must("clerk", "voucher:ProposeRevocation", w.all(other.voucher, h.voucher))
	held := w.held(h, clothing(500))
	w.refused("HOLD_LIVE", "manager", "decision:Approve", w.onDecision(proposal["id"]))
	if w.shown(other.voucher)["state"] != "active" {
		t.Fatal("half of a decision was carried out")
	}
	w.must("shop", "payment:Release", w.because(object{"payment": held}))
	w.must("manager", "decision:Approve", w.onDecision(proposal["id"]))
	w.refused("CHANGE_NOT_FOUND", "manager", "decision:Approve", w.onDecision(w.id()))
	w.checkMoney()
}

func TestADecisionHasATerm(t *testing.T) {
	w := newTown(t)
	voucher := w.issue(1)[0]
	w.enrol("clerk2", "GemeenteMSP", "issuer", "p-clerk2", "")
	late, rejected := w.must("clerk", "voucher:ProposeRevocation", w.all(voucher)), w.must("clerk", "voucher:ProposeRevocation", w.all(voucher))
	w.refused("ROLE_REQUIRED", "clerk2", "decision:Reject", w.because(object{"decision": rejected["id"]}))
	answer := w.must("clerk", "decision:Reject", w.because(object{"decision": rejected["id"]}))
	if answer["state"] != "rejected" || answer["reject_reason"] != "decided" || w.last.Event.GetEventName() != "DecisionRejected" {
		t.Fatal(answer)
	}
	w.refused("CHANGE_STATE", "manager", "decision:Approve", w.onDecision(rejected["id"]))
	w.now += term
	w.refused("CHANGE_EXPIRED", "manager", "decision:Approve", w.onDecision(late["id"]))
	w.must("manager", "decision:Reject", w.because(object{"decision": late["id"]}))
	if shown := w.must("auditor", "decision:Show", object{"decision": late["id"]}); shown["state"] != "rejected" || shown["decided_by"] != "p-manager" {
		t.Fatal(shown)
	}
	page := w.must("auditor", "decision:List", object{"limit": 1})
	rest := w.must("treasurer", "decision:List", object{"cursor": page["next"]})
	if len(page["items"].([]any)) != 1 || len(rest["items"].([]any)) != 1 || rest["next"] != "" {
		t.Fatal(page, rest)
	}
	w.refused("ROLE_REQUIRED", "shop", "decision:List", object{})
}

func TestAnEntitlementIsFreeAgainAfterAMistake(t *testing.T) {
	w := newTown(t)
	voucher := w.issue(1)[0]
	entitlement := w.entitlementOf(voucher)
	w.refused("VOUCHER_STATE", "clerk", "voucher:ProposeFreeing", w.free(entitlement))
	w.revoke(voucher)
	if _, code := w.reissue(entitlement); code != "ALREADY_ISSUED" {
		t.Fatal(code)
	}
	w.refused("ENTITLEMENT_NOT_FOUND", "clerk", "voucher:ProposeFreeing", w.free(w.id()))
	w.refused("MALFORMED_REQUEST", "clerk", "voucher:ProposeFreeing", w.free(entitlement, entitlement))
	proposal := w.must("clerk", "voucher:ProposeFreeing", w.free(entitlement))
	again := w.must("clerk", "voucher:ProposeFreeing", w.free(entitlement))
	if proposal["kind"] != "freeing" || w.last.Event.GetEventName() != "FreeingProposed" {
		t.Fatal(proposal)
	}
	if _, code := w.reissue(entitlement); code != "ALREADY_ISSUED" {
		t.Fatal(code)
	}
	if answer := w.agree(proposal); cents(t, answer["cents"]) != 0 || w.ledger.Value("entitlement/"+entitlement) != nil {
		t.Fatal(answer)
	}
	issued, code := w.reissue(entitlement)
	if code != "" || cents(t, issued["issued_cents"]) != 10_000 {
		t.Fatal(code)
	}
	// What was decided on is in use for another voucher now.
	w.refused("VOUCHER_STATE", "manager", "decision:Approve", w.onDecision(again["id"]))
	if _, code := w.reissue(entitlement); code != "ALREADY_ISSUED" {
		t.Fatal(code)
	}
	// The history of the entitlement shows both.
	history := w.must("auditor", "audit:History", object{"key": "entitlement/" + entitlement})["entries"].([]any)
	if len(history) != 3 || history[1].(object)["deleted"] != true || history[2].(object)["value"].(object)["voucher"] != voucher {
		t.Fatal(history)
	}
	w.checkMoney()
}

func TestTheEntitlementOfAVoucherThatWasSpentStaysUsed(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	topUp := w.id()
	w.must("clerk", "voucher:TopUp", w.toppingUp(object{"voucher": h.voucher, "entitlement": topUp, "preset": "junior", "units": 1}))
	paid := w.paid(h, clothing(500))
	w.revoke(h.voucher)
	w.refused("VOUCHER_STATE", "clerk", "voucher:ProposeFreeing", w.free(w.entitlementOf(h.voucher)))
	w.must("shop", "payment:Refund", w.because(object{"payment": paid, "lines": []rules.Line{clothing(499)}}))
	w.refused("VOUCHER_STATE", "clerk", "voucher:ProposeFreeing", w.free(w.entitlementOf(h.voucher)))
	w.must("shop", "payment:Refund", w.because(object{"payment": paid, "lines": []rules.Line{clothing(1)}}))
	// The entitlement of a top-up is freed as that of the issue is, and only under its own scheme.
	other := w.openScheme(schemeRules(), 100)
	w.refused("ENTITLEMENT_NOT_FOUND", "clerk", "voucher:ProposeFreeing", w.because(object{"scheme": other, "entitlements": []string{topUp}}))
	w.agree(w.must("clerk", "voucher:ProposeFreeing", w.free(topUp, w.entitlementOf(h.voucher))))
	if _, code := w.reissue(topUp); code != "" {
		t.Fatal(code)
	}
	w.checkMoney()
}

func TestAShopIsEndedByTwoPersons(t *testing.T) {
	w := newTown(t)
	request := w.aboutShop(object{"reason": "fraud", "retention_days": 30})
	proposal := w.must("manager", "shop:ProposeEnd", request)
	if proposal["kind"] != "shop-end" || proposal["shop"] != w.shop || cents(t, proposal["retention_days"]) != 30 {
		t.Fatal(proposal)
	}
	w.refused("SECOND_PERSON_REQUIRED", "manager", "decision:Approve", w.onDecision(proposal["id"]))
	if shop := w.must("auditor", "shop:Show", object{"shop": w.shop}); shop["state"] != "approved" {
		t.Fatal(shop)
	}
	w.refused("UNKNOWN_TRANSACTION", "manager", "shop:End", request)
	w.must("manager2", "decision:Approve", w.onDecision(proposal["id"]))
	shop := w.must("auditor", "shop:Show", object{"shop": w.shop})
	if shop["state"] != "ended" || shop["changed_by"] != "p-second" || shop["state_reason"] != "fraud" || shop["payout_frozen_by"] != nil {
		t.Fatal(shop)
	}
	if by := decodeJSON(t, w.ledger.Value("shop/"+w.shop))["by"].(object); by["operation"] != "decision:Approve" || by["person"] != "p-second" {
		t.Fatal(by)
	}
}
