package contract

import (
	"fmt"
	"maps"
	"testing"
)

// aboutOrganisation makes a request about an organisation.
func (w *world) aboutOrganisation(msp string, members object) object {
	request := object{"request_id": w.id(), "msp": msp}
	maps.Copy(request, members)
	return request
}

// proposeOrganisation has a clerk propose an organisation, and gives the id of the change.
func (w *world) proposeOrganisation(msp string, members object) any {
	w.t.Helper()
	request := w.aboutOrganisation(msp, object{"kind": "shops", "reason": "new-chain"})
	maps.Copy(request, members)
	return w.must("clerk", "organisations:Propose", request)["change"]
}

// nameOrganisation has an organisation proposed and approved.
func (w *world) nameOrganisation(msp string, members object) {
	w.t.Helper()
	change := w.proposeOrganisation(msp, members)
	w.must("manager", "organisations:Approve", w.aboutOrganisation(msp, object{"change": change}))
}

// chain names KetenMSP, admits a shop of it whose till user is "chain", and gives the shop.
func (w *town) chain(members object) string {
	w.t.Helper()
	w.nameOrganisation("KetenMSP", members)
	shop := w.id()
	w.enrol("chain", "KetenMSP", "shopkeeper", "p-chain", shop)
	w.must("chain", "shop:Apply", object{"request_id": shop, "categories": []string{"clothing"}}, accountAt(secondIBAN))
	w.must("manager", "shop:Approve", object{
		"request_id": w.id(), "shop": shop, "categories": []object{{"code": "clothing", "from": "2026-01-01"}},
	})
	return shop
}

func TestTwoPersonsNameAFurtherOrganisation(t *testing.T) {
	w := newTown(t)
	shop := w.id()
	w.enrol("chain", "KetenMSP", "shopkeeper", "p-chain", shop)
	apply := func() object { return object{"request_id": shop, "categories": []string{"clothing"}} }
	w.refused("ROLE_REQUIRED", "chain", "shop:Apply", apply(), account())
	change := w.proposeOrganisation("KetenMSP", nil)
	if event := decodeJSON(t, w.last.Event.GetPayload()); w.last.Event.GetEventName() != "OrganisationProposed" || event["msp"] != "KetenMSP" {
		t.Fatal(event)
	}
	w.refused("ROLE_REQUIRED", "chain", "shop:Apply", apply(), account())
	w.enrol("clerk-too", "GemeenteMSP", "approver", "p-clerk", "")
	approve := func() object { return w.aboutOrganisation("KetenMSP", object{"change": change}) }
	w.refused("SECOND_PERSON_REQUIRED", "clerk-too", "organisations:Approve", approve())
	w.refused("CHANGE_NOT_FOUND", "manager", "organisations:Approve", w.aboutOrganisation("KetenMSP", object{"change": w.id()}))
	w.refused("CHANGE_NOT_FOUND", "manager", "organisations:Approve", w.aboutOrganisation("NiemandMSP", object{"change": change}))
	answer := w.must("manager", "organisations:Approve", approve())
	if answer["state"] != "approved" || answer["decided_by"] != "p-manager" || w.last.Event.GetEventName() != "OrganisationApproved" {
		t.Fatal(answer)
	}
	w.must("chain", "shop:Apply", apply(), account())
	w.refused("CHANGE_STATE", "manager", "organisations:Approve", approve())
	w.refused("CHANGE_STATE", "manager", "organisations:Reject", w.aboutOrganisation("KetenMSP", object{"change": change, "reason": "x"}))
	for _, msp := range []string{"KetenMSP", "WinkelsMSP", "GemeenteMSP", "AuditorMSP"} {
		w.refused("ORGANISATION_NAMED", "clerk", "organisations:Propose", w.aboutOrganisation(msp, object{"kind": "shops", "reason": "x"}))
	}
	shown := w.must("stranger", "organisations:Show", object{})
	if fmt.Sprint(shown["shops"]) != "[WinkelsMSP KetenMSP]" || fmt.Sprint(shown["auditors"]) != "[AuditorMSP]" {
		t.Fatal(shown)
	}
	by := decodeJSON(t, w.ledger.Value("organisation/KetenMSP"))["by"].(object)
	if by["person"] != "p-manager" || by["operation"] != "organisations:Approve" {
		t.Fatal(by)
	}
	history := w.must("auditor", "audit:History", object{"key": "organisation/KetenMSP"})
	if len(history["entries"].([]any)) != 2 {
		t.Fatal(history)
	}
}

func TestRolesOfFurtherOrganisations(t *testing.T) {
	w := newTown(t)
	decide := func(members object) func() object {
		return func() object { return w.aboutOrganisation("KetenMSP", members) }
	}
	w.onlyFor("organisations:Propose", decide(object{"kind": "shops", "reason": "x"}), "clerk", "manager")
	w.onlyFor("organisations:Approve", decide(object{"change": w.id()}), "manager")
	w.onlyFor("organisations:Reject", decide(object{"change": w.id(), "reason": "x"}), "clerk", "manager")
	w.onlyFor("organisations:List", func() object { return object{} }, "clerk", "manager", "treasurer", "auditor")
}

func TestFormOfAProposedOrganisation(t *testing.T) {
	w := newTown(t)
	for code, members := range map[string]object{
		"INVALID_CODE":          {"kind": "municipality", "reason": "x"},
		"INVALID_ORGANISATIONS": {"kind": "shops", "reason": "x", "accounts": "citizens"},
		"MALFORMED_REQUEST":     {"kind": "shops", "reason": "x", "mspid": "x"},
	} {
		w.refused(code, "clerk", "organisations:Propose", w.aboutOrganisation("KetenMSP", members))
	}
	for _, msp := range []string{"", "Keten MSP", "../KetenMSP", "keten/x"} {
		w.refused("INVALID_ORGANISATIONS", "clerk", "organisations:Propose", w.aboutOrganisation(msp, object{"kind": "shops", "reason": "x"}))
	}
	w.refused("INVALID_CODE", "clerk", "organisations:Propose", w.aboutOrganisation("KetenMSP", object{"kind": "shops", "reason": ""}))
}

func TestTheProposalOfAnOrganisationHasATerm(t *testing.T) {
	w := newTown(t)
	late := w.proposeOrganisation("KetenMSP", nil)
	w.now += term
	w.refused("CHANGE_EXPIRED", "manager", "organisations:Approve", w.aboutOrganisation("KetenMSP", object{"change": late}))
	again := w.proposeOrganisation("KetenMSP", nil)
	answer := w.must("manager", "organisations:Approve", w.aboutOrganisation("KetenMSP", object{"change": again}))
	if cents(t, answer["proposed_at"]) != w.now || cents(t, answer["expires_at"]) != w.now+term {
		t.Fatal(answer)
	}
}

func TestAProposalIsReplacedOrRejected(t *testing.T) {
	w := newTown(t)
	first := w.proposeOrganisation("KetenMSP", nil)
	second := w.proposeOrganisation("KetenMSP", object{"kind": "auditors"})
	w.refused("CHANGE_NOT_FOUND", "manager", "organisations:Approve", w.aboutOrganisation("KetenMSP", object{"change": first}))
	w.enrol("clerk2", "GemeenteMSP", "issuer", "p-other", "")
	reject := func(change any) object {
		return w.aboutOrganisation("KetenMSP", object{"change": change, "reason": "mistake"})
	}
	w.refused("ROLE_REQUIRED", "clerk2", "organisations:Reject", reject(second))
	answer := w.must("clerk", "organisations:Reject", reject(second))
	if answer["state"] != "rejected" || answer["reject_reason"] != "mistake" || w.last.Event.GetEventName() != "OrganisationRejected" {
		t.Fatal(answer)
	}
	w.refused("CHANGE_STATE", "manager", "organisations:Approve", w.aboutOrganisation("KetenMSP", object{"change": second}))
	third := w.proposeOrganisation("KetenMSP", nil)
	w.must("manager", "organisations:Reject", reject(third))
	page := w.must("auditor", "organisations:List", object{})
	if items := page["items"].([]any); len(items) != 1 || items[0].(object)["change"] != third || page["next"] != "" {
		t.Fatal(page)
	}
	if shown := w.must("stranger", "organisations:Show", object{}); fmt.Sprint(shown["shops"]) != "[WinkelsMSP]" {
		t.Fatal(shown)
	}
}

func TestAFurtherAuditorReadsAndWritesNothing(t *testing.T) {
	w := newTown(t)
	w.nameOrganisation("RekenkamerMSP", object{"kind": "auditors"})
	w.enrol("second-auditor", "RekenkamerMSP", "auditor", "p-second-auditor", "")
	w.must("second-auditor", "scheme:List", object{})
	w.enrol("till-of-auditors", "RekenkamerMSP", "shopkeeper", "p-x", w.shop)
	w.enrol("clerk-of-auditors", "RekenkamerMSP", "issuer", "p-x", "")
	w.refused("ROLE_REQUIRED", "till-of-auditors", "shop:Show", object{"shop": w.shop})
	w.refused("ROLE_REQUIRED", "clerk-of-auditors", "scheme:List", object{})
	w.refused("ROLE_REQUIRED", "second-auditor", "scheme:CloseDay", object{"request_id": w.id(), "scheme": w.scheme, "day": "2026-03-10"})
}

func TestATillOfAFurtherOrganisationTakesPaymentsForItsOwnShopOnly(t *testing.T) {
	w := newTown(t)
	chain := w.chain(nil)
	h := w.holder()
	payment := w.paid(h, clothing(500))
	request := w.id()
	w.must("chain", "payment:Pay", h.pay(request, chain, w.now+60, clothing(700)))
	if _, read := w.last.Reads["organisation/KetenMSP"]; !read {
		t.Fatal("the till was taken without a look at its organisation")
	}
	w.checkMoney()
	// The chain's own authority gives out the ids of other organisations' shops.
	w.enrol("impostor", "KetenMSP", "shopkeeper", "p-x", w.shop)
	w.enrol("impostor-of-chain", "WinkelsMSP", "shopkeeper", "p-x", chain)
	for user, shop := range map[string]string{"impostor": w.shop, "impostor-of-chain": chain} {
		paid := payment
		if shop == chain {
			paid = request
		}
		for name, asked := range map[string]object{
			"payment:Pay":         h.pay(w.id(), shop, w.now+60, clothing(100)),
			"payment:Cancel":      {"request_id": w.id(), "payment": paid, "reason": "x"},
			"payment:Refund":      {"request_id": w.id(), "payment": paid, "reason": "x", "lines": []object{{"category": "clothing", "cents": 1}}},
			"payment:Show":        {"payment": paid},
			"payment:Unsettled":   {"scheme": w.scheme, "shop": shop},
			"shop:Show":           {"shop": shop},
			"settlement:Due":      {"scheme": w.scheme, "shop": shop},
			"audit:ShopStatement": {"scheme": w.scheme, "shop": shop},
			"voucher:Allowance":   h.ask(shop, w.now+60),
			"voucher:Binding":     {"scheme": w.scheme, "voucher": h.voucher, "shop": shop},
		} {
			w.refused("NOT_YOURS", user, name, asked)
		}
		w.refused("NOT_YOURS", user, "shop:ChangeAccount", object{"request_id": w.id(), "shop": shop, "reason": "x"}, accountAt(thirdIBAN))
	}
	w.refused("IDEMPOTENCY_CONFLICT", "impostor", "shop:Apply", object{"request_id": w.shop, "categories": []string{"clothing"}}, account())
}

// The chain's peer keeps the blocks, so its operator knows every request and could ask for its answer again.
func TestARepetitionByAnotherOrganisationIsNoRepetition(t *testing.T) {
	w := newTown(t)
	w.chain(nil)
	h := w.holder()
	request := h.pay(w.id(), w.shop, w.now+60, clothing(500))
	w.must("shop", "payment:Pay", request)
	w.must("shop", "payment:Pay", request)
	w.enrol("impostor", "KetenMSP", "shopkeeper", "p-x", w.shop)
	w.refused("IDEMPOTENCY_CONFLICT", "impostor", "payment:Pay", request)
}

func TestNamingAnOrganisationStopsNoPaymentOfTheOthers(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	change := w.proposeOrganisation("KetenMSP", nil)
	inFlight := w.endorse("shop", "payment:Pay", string(encodeJSON(t, h.pay(w.id(), w.shop, w.now+60, clothing(500)))), nil)
	w.must("manager", "organisations:Approve", w.aboutOrganisation("KetenMSP", object{"change": change}))
	if code := w.ledger.Commit(inFlight); code != "VALID" {
		t.Fatal(code)
	}
}

func TestAccountsOfAFurtherOrganisationCanHaveACollectionOfTheirOwn(t *testing.T) {
	w := newTown(t)
	shop := w.chain(object{"accounts": "ketenAccounts"})
	key := "account/" + shop
	if w.ledger.Private("ketenAccounts", key) == nil || w.ledger.Private("shopAccounts", key) != nil {
		t.Fatal("the account is in another collection than was agreed on")
	}
	if kept := w.must("treasurer", "shop:Account", object{"shop": shop}); kept["iban"] != secondIBAN {
		t.Fatal(kept)
	}
	w.paidOn(firstIBAN)
	change := w.must("chain", "shop:ChangeAccount", object{"request_id": w.id(), "shop": shop, "reason": "new-bank"}, accountAt(thirdIBAN))["account_change"].(object)["id"]
	if kept := w.must("treasurer", "shop:ProposedAccount", object{"shop": shop}); kept["iban"] != thirdIBAN {
		t.Fatal(kept)
	}
	w.must("manager", "shop:ApproveAccount", object{"request_id": w.id(), "shop": shop, "change": change})
	rejected := w.must("chain", "shop:ChangeAccount", object{"request_id": w.id(), "shop": shop, "reason": "new-bank"}, accountAt(firstIBAN))["account_change"].(object)["id"]
	w.must("manager", "shop:RejectAccount", object{"request_id": w.id(), "shop": shop, "change": rejected, "reason": "x"})
	if w.ledger.Private("ketenAccounts", key+"/"+rejected.(string)) != nil {
		t.Fatal("a rejected account was not purged")
	}
	w.end(shop, 0)
	w.endShop(0)
	w.now += 86_400
	if due := w.must("clerk", "erasure:Due", object{"collection": "shopAccounts"}); len(due["items"].([]any)) != 2 {
		t.Fatal(due)
	}
	certificate := w.erase(w.orderAccounts("retention", shop, w.shop))
	if certificate["state"] != "certified" || len(certificate["records"].([]any)) != 3 {
		t.Fatal(certificate)
	}
	for _, one := range []string{key, key + "/" + change.(string)} {
		if w.ledger.Private("ketenAccounts", one) != nil {
			t.Fatalf("%s was not purged", one)
		}
	}
}

func TestAChannelWithoutFurtherOrganisationsReadsNoneOnTheWayOfAPayment(t *testing.T) {
	w := newTown(t)
	w.paid(w.holder(), clothing(500))
	if _, read := w.last.Reads["organisation/WinkelsMSP"]; read {
		t.Fatal("a payment looks for the organisation that was named first")
	}
}

func TestALedgerFromBeforeTakesFurtherOrganisations(t *testing.T) {
	w := newTown(t)
	w.ledger.Put("organisations", []byte(`{"v":1,"municipality":"GemeenteMSP","shops":["WinkelsMSP"],"auditors":["AuditorMSP"]}`))
	if page := w.must("auditor", "organisations:List", object{}); len(page["items"].([]any)) != 0 {
		t.Fatal(page)
	}
	chain := w.chain(nil)
	w.must("chain", "payment:Pay", w.holder().pay(w.id(), chain, w.now+60, clothing(700)))
	if record := decodeJSON(t, w.ledger.Value("organisations")); fmt.Sprintf("%v %v", record["v"], record["shops"]) != "1 [WinkelsMSP]" {
		t.Fatalf("the record of those that were named first was rewritten: %v", record)
	}
}
