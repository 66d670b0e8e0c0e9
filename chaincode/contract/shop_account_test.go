package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

// aboutShop makes a request about the town's shop.
func (w *town) aboutShop(members object) object {
	request := object{"request_id": w.id(), "shop": w.shop}
	maps.Copy(request, members)
	return request
}

// accountAt makes the transient map with another account number.
func accountAt(iban string) object {
	private := account()
	private["account"].(object)["iban"] = iban
	return private
}

const (
	firstIBAN  = "NL91ABNA0417164300"
	secondIBAN = "DE89370400440532013000"
	thirdIBAN  = "BE68539007547034"
)

// proposeAccount has the shop propose an account, and gives the id of the change.
func (w *town) proposeAccount(iban string) string {
	w.t.Helper()
	answer := w.must("shop", "shop:ChangeAccount", w.aboutShop(object{"reason": "new-bank"}), accountAt(iban))
	return answer["account_change"].(object)["id"].(string)
}

// paidOn checks where the shop is paid.
func (w *town) paidOn(iban string) {
	w.t.Helper()
	if kept := w.must("treasurer", "shop:Account", object{"shop": w.shop}); kept["iban"] != iban {
		w.t.Fatalf("the shop is paid on %v", kept["iban"])
	}
}

func (w *town) endShop(days int) {
	w.t.Helper()
	w.end(w.shop, days)
}

// end ends a shop by two persons.
func (w *town) end(shop string, days int) object {
	w.t.Helper()
	request := object{"request_id": w.id(), "shop": shop, "reason": "bankrupt", "retention_days": days}
	return w.agree(w.must("clerk", "shop:ProposeEnd", request))
}

// agree approves what the clerk proposed.
func (w *town) agree(proposal object) object {
	w.t.Helper()
	return w.must("manager", "decision:Approve", object{"request_id": w.id(), "decision": proposal["id"]})
}

func TestRolesOfShopTransactions(t *testing.T) {
	w := newTown(t)
	unknown := func(members object) func() object {
		return func() object {
			request := w.aboutShop(members)
			request["shop"] = w.id()
			return request
		}
	}
	w.onlyFor("shop:Grant", unknown(object{"categories": []object{{"code": "books", "from": "2026-01-01"}}, "reason": "x"}), "manager")
	w.onlyFor("shop:ProposeEnd", unknown(object{"reason": "x", "retention_days": 5}), "clerk", "manager")
	w.onlyFor("shop:FreezePayout", unknown(object{"reason": "x"}), "manager")
	w.onlyFor("shop:ReleasePayout", unknown(object{"reason": "x"}), "manager")
	w.onlyFor("shop:ChangeAccount", unknown(object{"reason": "x"}), "shop", "clerk")
	w.onlyFor("shop:ApproveAccount", unknown(object{"change": w.id()}), "manager")
	w.onlyFor("shop:RejectAccount", unknown(object{"change": w.id(), "reason": "x"}), "manager", "shop")
	w.onlyFor("shop:Account", func() object { return object{"shop": w.shop} }, "manager", "treasurer")
	w.onlyFor("shop:ProposedAccount", func() object { return object{"shop": w.shop} }, "manager", "treasurer")
}

func TestGrantedCategoriesReplaceThoseBefore(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	grant := func(categories ...object) object {
		return w.aboutShop(object{"categories": categories, "reason": "wider"})
	}
	sport := object{"code": "sport", "from": "2026-03-10"}
	answer := w.must("manager", "shop:Grant", grant(sport, object{"code": "clothing", "from": "2026-03-11"}))
	if w.last.Event.GetEventName() != "ShopGranted" || answer["state"] != "approved" || len(answer["categories"].([]any)) != 2 {
		t.Fatal(answer)
	}
	w.refused("CATEGORY_NOT_ALLOWED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, books(100)))
	w.refused("CATEGORY_NOT_ALLOWED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(100)))
	w.now += 86_400
	w.paid(h, clothing(100))
	w.must("manager", "shop:Suspend", w.aboutShop(object{"reason": "fraud"}))
	if answer := w.must("manager2", "shop:Grant", grant(sport)); answer["state_reason"] != "fraud" || answer["changed_by"] != "p-manager" {
		t.Fatal(answer)
	}
	if by := decodeJSON(t, w.ledger.Value("shop/"+w.shop))["by"].(object); by["person"] != "p-second" || by["reason"] != "wider" {
		t.Fatal(by)
	}
	w.refused("INVALID_NUMBER", "manager", "shop:Grant", grant())
	w.refused("INVALID_CODE", "manager", "shop:Grant", w.aboutShop(object{"categories": []object{sport}}))
	w.refused("SHOP_NOT_FOUND", "manager", "shop:Grant", object{"request_id": w.id(), "shop": w.id(), "categories": []object{sport}, "reason": "x"})
	w.endShop(0)
	w.refused("SHOP_STATE", "manager", "shop:Grant", grant(sport))
	applied := w.id()
	w.enrol("new", "WinkelsMSP", "shopkeeper", "p-new", applied)
	w.must("new", "shop:Apply", object{"request_id": applied, "categories": []string{"books"}}, account())
	w.refused("SHOP_STATE", "manager", "shop:Grant", object{"request_id": w.id(), "shop": applied, "categories": []object{sport}, "reason": "x"})
}

func TestAnEndedShopOnlyGivesBack(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	one, two := w.paid(h, clothing(2_000)), w.paid(h, clothing(3_000))
	for _, days := range []any{nil, -1, 36_501} {
		w.refused("INVALID_NUMBER", "manager", "shop:ProposeEnd", w.aboutShop(object{"reason": "bankrupt", "retention_days": days}))
	}
	w.refused("SHOP_NOT_FOUND", "manager", "shop:ProposeEnd", object{"request_id": w.id(), "shop": w.id(), "reason": "x", "retention_days": 5})
	decision := w.end(w.shop, 2_555)
	if decision["state"] != "approved" || decision["kind"] != "shop-end" || decision["decided_by"] != "p-manager" || w.last.Event.GetEventName() != "DecisionApproved" {
		t.Fatal(decision)
	}
	answer := w.must("auditor", "shop:Show", object{"shop": w.shop})
	if answer["state"] != "ended" || answer["ended_on"] != "2026-03-10" || cents(t, answer["retention_days"]) != 2_555 || answer["state_reason"] != "bankrupt" {
		t.Fatal(answer)
	}
	w.refused("SHOP_NOT_APPROVED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(100)))
	for name, request := range map[string]object{
		"shop:Approve": {"categories": []object{{"code": "books", "from": "2026-01-01"}}}, "shop:Suspend": {"reason": "x"}, "shop:Reinstate": {"reason": "x"},
		"shop:ProposeEnd": {"reason": "x", "retention_days": 5},
	} {
		w.refused("SHOP_STATE", "manager", name, w.aboutShop(request))
	}
	w.must("shop", "payment:Cancel", object{"request_id": w.id(), "payment": one, "reason": "x"})
	w.must("shop", "payment:Refund", object{"request_id": w.id(), "payment": two, "reason": "x", "lines": []object{{"category": "clothing", "cents": 1}}})
	w.closeToday()
	w.must("clerk", "settlement:Draft", w.onScheme(object{"shop": w.shop}))
	w.paidOn(firstIBAN)
	w.checkMoney()
}

func TestAShopIsPaidOnTheAccountThatASecondPersonApproved(t *testing.T) {
	w := newTown(t)
	w.refused("CHANGE_NOT_FOUND", "manager", "shop:ProposedAccount", object{"shop": w.shop})
	change := w.proposeAccount(secondIBAN)
	waiting := w.must("shop", "shop:Show", object{"shop": w.shop})["account_change"].(object)
	hash, err := recordHash(decodedAccount(w, secondIBAN))
	if err != nil || waiting["proposed_by"] != "WinkelsMSP/p-shop" || waiting["sha256"] != hash {
		t.Fatal(waiting, hash, err)
	}
	w.paidOn(firstIBAN)
	if proposed := w.must("manager", "shop:ProposedAccount", object{"shop": w.shop}); proposed["iban"] != secondIBAN {
		t.Fatal(proposed)
	}
	decide := func(change string) object { return w.aboutShop(object{"change": change}) }
	// A proposal of before named its shopkeeper without the organisation.
	w.enrol("double", "GemeenteMSP", "approver", "p-shop", "")
	w.force("shop/"+w.shop, "account_change", object{"id": change, "proposed_by": "p-shop", "sha256": hash})
	w.refused("SECOND_PERSON_REQUIRED", "double", "shop:ApproveAccount", decide(change))
	w.refused("CHANGE_NOT_FOUND", "manager", "shop:ApproveAccount", decide(w.id()))
	w.refused("SHOP_NOT_FOUND", "manager", "shop:ApproveAccount", object{"request_id": w.id(), "shop": w.id(), "change": change})

	approval := decide(change)
	answer := w.must("manager", "shop:ApproveAccount", approval)
	if len(w.last.PrivateWrite) > 0 || w.last.Event.GetEventName() != "AccountApproved" {
		t.Fatal(w.last.PrivateWrite, w.last.Event)
	}
	if fmt.Sprint(answer["accounts"]) != fmt.Sprint([]any{change}) || answer["account_change"] != nil {
		t.Fatal(answer)
	}
	w.paidOn(secondIBAN)
	if w.must("manager", "shop:ApproveAccount", approval); len(w.last.Writes) > 0 {
		t.Fatal(w.last.Writes)
	}
	w.refused("CHANGE_NOT_FOUND", "manager", "shop:ApproveAccount", decide(change))
	next := w.proposeAccount(thirdIBAN)
	answer = w.must("manager", "shop:ApproveAccount", decide(next))
	if fmt.Sprint(answer["accounts"]) != fmt.Sprint([]any{change, next}) {
		t.Fatal(answer)
	}
	w.paidOn(thirdIBAN)
	for _, key := range w.ledger.Keys() {
		if value := string(w.ledger.Value(key)); strings.Contains(value, secondIBAN) || strings.Contains(value, thirdIBAN) {
			t.Errorf("%s holds an account", key)
		}
	}
}

func TestAFurtherAccountReplacesTheOneThatWaits(t *testing.T) {
	w := newTown(t)
	first := w.proposeAccount(secondIBAN)
	second := w.proposeAccount(thirdIBAN)
	if kept := w.ledger.Private("shopAccounts", "account/"+w.shop+"/"+first); kept != nil {
		t.Fatalf("nothing names %s any more", kept)
	}
	w.refused("CHANGE_NOT_FOUND", "manager", "shop:ApproveAccount", w.aboutShop(object{"change": first}))
	w.must("manager", "shop:ApproveAccount", w.aboutShop(object{"change": second}))
	w.paidOn(thirdIBAN)
}

func TestARejectedAccountIsGone(t *testing.T) {
	w := newTown(t)
	w.admitShop("rival", "books")
	reject := func(change string) object { return w.aboutShop(object{"change": change, "reason": "unknown-holder"}) }
	for _, user := range []string{"manager", "shop"} {
		change := w.proposeAccount(secondIBAN)
		w.refused("NOT_YOURS", "rival", "shop:RejectAccount", reject(change))
		w.refused("CHANGE_NOT_FOUND", user, "shop:RejectAccount", reject(w.id()))
		w.refused("INVALID_CODE", user, "shop:RejectAccount", w.aboutShop(object{"change": change}))
		answer := w.must(user, "shop:RejectAccount", reject(change))
		if answer["account_change"] != nil || answer["accounts"] != nil || w.last.Event.GetEventName() != "AccountRejected" {
			t.Fatal(answer)
		}
		if kept := w.ledger.Private("shopAccounts", "account/"+w.shop+"/"+change); kept != nil {
			t.Fatalf("%s is still there", kept)
		}
		w.refused("CHANGE_NOT_FOUND", "manager", "shop:ApproveAccount", w.aboutShop(object{"change": change}))
	}
	w.paidOn(firstIBAN)
}

func TestAProposedAccountIsChecked(t *testing.T) {
	w := newTown(t)
	w.admitShop("rival", "books")
	propose := func() object { return w.aboutShop(object{"reason": "new-bank"}) }
	w.refused("NOT_YOURS", "rival", "shop:ChangeAccount", propose(), accountAt(secondIBAN))
	w.enrol("impostor", "KetenMSP", "shopkeeper", "p-x", w.shop)
	w.ledger.Put("organisations", []byte(`{"v":1,"municipality":"GemeenteMSP","shops":["WinkelsMSP","KetenMSP"],"auditors":["AuditorMSP"]}`))
	w.refused("NOT_YOURS", "impostor", "shop:ChangeAccount", propose(), accountAt(secondIBAN))
	w.refused("NOT_YOURS", "impostor", "shop:RejectAccount", w.aboutShop(object{"change": w.id(), "reason": "x"}))
	w.refused("TRANSIENT_REQUIRED", "shop", "shop:ChangeAccount", propose())
	public := propose()
	public["account"] = account()["account"]
	w.refused("TRANSIENT_REQUIRED", "shop", "shop:ChangeAccount", public, account())
	w.refused("INVALID_IBAN", "shop", "shop:ChangeAccount", propose(), accountAt("NL92ABNA0417164300"))
	w.refused("INVALID_CODE", "shop", "shop:ChangeAccount", w.aboutShop(nil), accountAt(secondIBAN))

	request := propose()
	first := w.must("shop", "shop:ChangeAccount", request, accountAt(secondIBAN))
	again := w.must("shop", "shop:ChangeAccount", request, accountAt(secondIBAN))
	if fmt.Sprint(first) != fmt.Sprint(again) || len(w.last.Writes)+len(w.last.PrivateWrite) > 0 {
		t.Fatal(first, again)
	}
	w.refused("IDEMPOTENCY_CONFLICT", "shop", "shop:ChangeAccount", request, accountAt(thirdIBAN))
}

func TestAShopOfLayout1(t *testing.T) {
	w := newTown(t)
	w.layout1("shop/" + w.shop)
	w.paidOn(firstIBAN)
	change := w.proposeAccount(secondIBAN)
	w.must("manager", "shop:ApproveAccount", w.aboutShop(object{"change": change}))
	w.paidOn(secondIBAN)
	shown := w.must("shop", "shop:Show", object{"shop": w.shop})
	if slices.ContainsFunc([]string{"v", "by", "ended_on", "retention_days", "account_change"}, func(m string) bool { _, has := shown[m]; return has }) {
		t.Fatal(shown)
	}
}

func decodedAccount(w *town, iban string) *rules.ShopAccount {
	w.t.Helper()
	given := accountAt(iban)["account"].(object)
	text := func(member string) string { return given[member].(string) }
	return &rules.ShopAccount{IBAN: iban, Holder: text("holder"), KvK: text("kvk"), Contact: text("contact"), Salt: text("salt")}
}
