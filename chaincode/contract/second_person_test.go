package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// settled drafts a settlement of what the shop is owed, by a user, and has it approved.
func (w *town) settled(drafter string) string {
	w.t.Helper()
	w.paid(w.holder(), clothing(500))
	w.closeTomorrow()
	id := w.must(drafter, "settlement:Draft", w.draft())["id"].(string)
	w.must("manager", "settlement:Approve", w.onSettlement(id))
	return id
}

func (w *town) onSettlement(id string) object {
	return object{"request_id": w.id(), "scheme": w.scheme, "settlement": id}
}

func (w *town) export(id string) object {
	return object{"request_id": w.id(), "scheme": w.scheme, "settlements": []string{id}, "file_sha256": id + id}
}

func TestAPersonIsOrganisationAndPseudonym(t *testing.T) {
	w := newTown(t)
	// The shop's own certificate authority gives its till the pseudonym of the approver.
	w.enrol("namesake", "WinkelsMSP", "cashier", "p-manager", w.shop)
	w.paid(w.holder(), clothing(500))
	w.closeTomorrow()
	drafted := w.must("namesake", "settlement:Draft", w.draft())
	if drafted["drafted_by"] != "WinkelsMSP/p-manager" {
		t.Fatal(drafted)
	}
	by := decodeJSON(t, w.ledger.Value("settlement/"+w.scheme+"/"+drafted["id"].(string)))["by"].(object)
	if by["person"] != "p-manager" || by["msp"] != "WinkelsMSP" {
		t.Fatal(by)
	}
	w.must("manager", "settlement:Approve", w.onSettlement(drafted["id"].(string)))

	w.enrol("keeper", "WinkelsMSP", "shopkeeper", "p-manager", w.shop)
	change := w.must("keeper", "shop:ChangeAccount", w.aboutShop(object{"reason": "new-bank"}), accountAt(secondIBAN))["account_change"].(object)
	if change["proposed_by"] != "WinkelsMSP/p-manager" {
		t.Fatal(change)
	}
	w.must("manager", "shop:ApproveAccount", w.aboutShop(object{"change": change["id"]}))
	if shop := w.must("auditor", "shop:Show", object{"shop": w.shop}); shop["applied_by"] != "WinkelsMSP/p-shop" || shop["approved_by"] != "p-manager" {
		t.Fatal(shop)
	}
}

func TestATillOfBeforeIsComparedAsBefore(t *testing.T) {
	w := newTown(t)
	w.paid(w.holder(), clothing(500))
	w.closeTomorrow()
	id := w.must("shop", "settlement:Draft", w.draft())["id"].(string)
	w.force("settlement/"+w.scheme+"/"+id, "drafted_by", "p-manager")
	w.refused("SECOND_PERSON_REQUIRED", "manager", "settlement:Approve", w.onSettlement(id))
	w.must("manager2", "settlement:Approve", w.onSettlement(id))
}

func TestWhoApprovedASettlementDoesNotExportIt(t *testing.T) {
	w := newTown(t)
	id := w.settled("shop")
	w.enrol("both", "GemeenteMSP", "treasurer", "p-manager", "")
	w.refused("SECOND_PERSON_REQUIRED", "both", "settlement:Export", w.export(id))
	w.must("treasurer", "settlement:Export", w.export(id))
}

func TestWhoSuspendedAShopDoesNotReinstateIt(t *testing.T) {
	w := newTown(t)
	w.must("manager", "shop:Suspend", w.aboutShop(object{"reason": "fraud"}))
	w.must("manager2", "shop:Grant", w.aboutShop(object{"reason": "x", "categories": []object{{"code": "books", "from": "2026-01-01"}}}))
	w.refused("SECOND_PERSON_REQUIRED", "manager", "shop:Reinstate", w.aboutShop(object{"reason": "cleared"}))
	if shop := w.must("manager2", "shop:Reinstate", w.aboutShop(object{"reason": "cleared"})); shop["state"] != "approved" {
		t.Fatal(shop)
	}
}

func TestWhatASuspendedShopIsOwedIsNotPaid(t *testing.T) {
	w := newTown(t)
	id := w.settled("shop")
	w.must("manager", "shop:Suspend", w.aboutShop(object{"reason": "fraud"}))
	w.refused("PAYOUT_FROZEN", "treasurer", "settlement:Export", w.export(id))
	if shown := w.must("shop", "settlement:Show", object{"scheme": w.scheme, "settlement": id}); shown["payout_frozen"] != true || shown["state"] != "approved" {
		t.Fatal(shown)
	}
	if w.due()["payout_frozen"] != true {
		t.Fatal(w.due())
	}
	// The end of a shop that was suspended releases nothing, and whoever suspended it does not release it either.
	w.endShop(30)
	w.refused("PAYOUT_FROZEN", "treasurer", "settlement:Export", w.export(id))
	shop := w.must("auditor", "shop:Show", object{"shop": w.shop})
	if shop["payout_frozen_by"] != "p-manager" || shop["payout_freeze_reason"] != "fraud" {
		t.Fatal(shop)
	}
	w.refused("SECOND_PERSON_REQUIRED", "manager", "shop:ReleasePayout", w.aboutShop(object{"reason": "cleared"}))
	shop = w.must("manager2", "shop:ReleasePayout", w.aboutShop(object{"reason": "cleared"}))
	if shop["payout_frozen_by"] != nil || w.last.Event.GetEventName() != "PayoutReleased" {
		t.Fatal(shop)
	}
	w.must("treasurer", "settlement:Export", w.export(id))
}

func TestAPayoutIsFrozenApartFromTheShop(t *testing.T) {
	w := newTown(t)
	id := w.settled("clerk")
	withheld := w.endorse("treasurer", "settlement:Export", string(encodeJSON(t, w.export(id))), nil)
	w.refused("SHOP_STATE", "manager", "shop:ReleasePayout", w.aboutShop(object{"reason": "x"}))
	w.must("manager", "shop:FreezePayout", w.aboutShop(object{"reason": "inquiry"}))
	if w.last.Event.GetEventName() != "PayoutFrozen" {
		t.Fatal(w.last.Event)
	}
	if code := w.ledger.Commit(withheld); code != "MVCC_READ_CONFLICT" {
		t.Fatal(code)
	}
	w.refused("PAYOUT_FROZEN", "manager2", "shop:FreezePayout", w.aboutShop(object{"reason": "inquiry"}))
	// It still sells, and what it is owed is still drafted and approved.
	second := w.settled("clerk")
	w.refused("PAYOUT_FROZEN", "treasurer", "settlement:Export", w.export(second))
	// Neither a suspension nor its end releases it.
	w.must("manager2", "shop:Suspend", w.aboutShop(object{"reason": "fraud"}))
	w.must("manager", "shop:Reinstate", w.aboutShop(object{"reason": "cleared"}))
	w.refused("PAYOUT_FROZEN", "treasurer", "settlement:Export", w.export(id))
	w.must("manager2", "shop:ReleasePayout", w.aboutShop(object{"reason": "cleared"}))
	w.must("treasurer", "settlement:Export", w.export(id))
	applied := w.id()
	w.enrol("new", "WinkelsMSP", "shopkeeper", "p-new", applied)
	w.must("new", "shop:Apply", object{"request_id": applied, "categories": []string{"books"}}, account())
	w.refused("SHOP_STATE", "manager", "shop:FreezePayout", object{"request_id": w.id(), "shop": applied, "reason": "x"})
}

// hashOf gives the digest of a private account.
func (w *town) hashOf(key string) string {
	sum := sha256.Sum256(w.ledger.Private("shopAccounts", key))
	return hex.EncodeToString(sum[:])
}

func TestWhoDecidesSeesTheAccountAndTheExportNamesIt(t *testing.T) {
	w := newTown(t)
	applied := w.id()
	w.enrol("new", "WinkelsMSP", "shopkeeper", "p-new", applied)
	w.must("new", "shop:Apply", object{"request_id": applied, "categories": []string{"clothing"}}, account())
	for _, user := range []string{"manager", "treasurer"} {
		if shown := w.must(user, "shop:Account", object{"shop": applied}); shown["iban"] != firstIBAN || shown["kvk"] == nil {
			t.Fatal(shown)
		}
	}
	w.refused("ROLE_REQUIRED", "clerk", "shop:Account", object{"shop": applied})
	shop := w.must("auditor", "shop:Show", object{"shop": w.shop})
	if shop["account_sha256"] != w.hashOf("account/"+w.shop) {
		t.Fatal(shop)
	}
	first := w.settled("clerk")
	change := w.proposeAccount(secondIBAN)
	shop = w.must("manager", "shop:ApproveAccount", w.aboutShop(object{"change": change}))
	if shop["account_sha256"] != w.hashOf("account/"+w.shop+"/"+change) {
		t.Fatal(shop)
	}
	w.must("treasurer", "settlement:Export", w.export(first))
	settlement := w.must("auditor", "settlement:Show", object{"scheme": w.scheme, "settlement": first})
	if settlement["account_sha256"] != shop["account_sha256"] {
		t.Fatal(settlement)
	}
	// A shop of before does not name it: then it is read from the private record.
	second := w.settled("clerk")
	record := decodeJSON(t, w.ledger.Value("shop/"+w.shop))
	delete(record, "account_sha256")
	w.ledger.Put("shop/"+w.shop, encodeJSON(t, record))
	w.must("treasurer", "settlement:Export", w.export(second))
	settlement = w.must("auditor", "settlement:Show", object{"scheme": w.scheme, "settlement": second})
	if settlement["account_sha256"] != w.hashOf("account/"+w.shop+"/"+change) {
		t.Fatal(settlement)
	}
}

func TestAShopWithoutAPrivateAccountIsNotApproved(t *testing.T) {
	w := newTown(t)
	shop := w.id()
	w.ledger.Put("shop/"+shop, []byte(`{"v":1,"id":"`+shop+`","msp":"WinkelsMSP","state":"applied","requested":["books"],"categories":[],"applied_by":"p-shop"}`))
	request := object{"request_id": w.id(), "shop": shop, "categories": []object{{"code": "books", "from": "2026-01-01"}}}
	w.refused("ACCOUNT_MISSING", "manager", "shop:Approve", request)
}
