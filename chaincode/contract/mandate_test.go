package contract

import (
	"fmt"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

// hostedTown is a town with two acquirers of the shops' organisation.
func hostedTown(t *testing.T) *town {
	w := newTown(t)
	w.enrol("acquirer", "WinkelsMSP", "acquirer", "p-acquirer", "")
	w.enrol("rival", "WinkelsMSP", "acquirer", "p-rival", "")
	return w
}

func (w *town) mandate(acquirer string) object {
	return w.aboutShop(object{"acquirer": acquirer, "reason": "contract"})
}

func TestAnAcquirerActsForTheShopsThatMandatedIt(t *testing.T) {
	w := hostedTown(t)
	h := w.holder()
	order := func() object { return h.pay(w.id(), w.shop, w.now+60, clothing(500)) }
	w.refused("NOT_YOURS", "acquirer", "payment:Pay", order())
	w.refused("NOT_YOURS", "acquirer", "voucher:Allowance", object{"scheme": w.scheme, "voucher": h.voucher, "shop": w.shop})
	if shop := w.must("shop", "shop:Mandate", w.mandate("p-acquirer")); fmt.Sprint(shop["acquirers"]) != "[p-acquirer]" {
		t.Fatal(shop)
	}
	w.refused("HOLDER_PROOF_MISSING", "acquirer", "voucher:Allowance", object{"scheme": w.scheme, "voucher": h.voucher, "shop": w.shop})
	w.must("acquirer", "voucher:Allowance", h.ask(w.shop, w.now+60))
	request := order()
	request["till"] = "kassa-2"
	paid := w.must("acquirer", "payment:Pay", request)
	by := decodeJSON(t, w.ledger.Value("payment/"+paid["id"].(string)))["by"].(object)
	if paid["till"] != "kassa-2" || by["role"] != "acquirer" || by["person"] != "p-acquirer" || by["till"] != "kassa-2" {
		t.Fatal(paid, by)
	}
	w.refused("NOT_YOURS", "rival", "payment:Show", object{"payment": paid["id"]})
	if shown := w.must("acquirer", "payment:Show", object{"payment": paid["id"]}); shown["id"] != paid["id"] {
		t.Fatal(shown)
	}
	refund := w.must("acquirer", "payment:Refund", w.because(object{"payment": paid["id"], "lines": []rules.Line{clothing(100)}, "till": "kassa-1"}))
	if by := decodeJSON(t, w.ledger.Value("refund/"+refund["id"].(string)))["by"].(object); by["till"] != "kassa-1" {
		t.Fatal(by)
	}
	w.must("acquirer", "payment:Cancel", w.because(object{"payment": w.paidBy("acquirer", h)}))
	held := w.must("acquirer", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, w.now+3600, clothing(300)))
	w.must("acquirer", "payment:Capture", object{"request_id": w.id(), "payment": held["id"], "lines": []rules.Line{clothing(200)}})
	held = w.must("acquirer", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, w.now+3600, clothing(300)))
	w.refused("NOT_YOURS", "rival", "payment:Release", w.because(object{"payment": held["id"]}))
	w.must("acquirer", "payment:Release", w.because(object{"payment": held["id"]}))
	w.checkMoney()

	// It sees neither what the shop turns over nor where it is paid.
	ofShop := object{"scheme": w.scheme, "shop": w.shop}
	for _, name := range []string{"payment:Unsettled", "audit:ShopStatement", "settlement:Due"} {
		w.refused("ROLE_REQUIRED", "acquirer", name, ofShop)
	}
	w.refused("ROLE_REQUIRED", "acquirer", "settlement:Draft", w.onScheme(object{"shop": w.shop}))
	w.refused("ROLE_REQUIRED", "acquirer", "shop:Mandate", w.mandate("p-acquirer"))

	if shop := w.must("shop", "shop:WithdrawMandate", w.mandate("p-acquirer")); shop["acquirers"] != nil {
		t.Fatal(shop)
	}
	w.refused("NOT_YOURS", "acquirer", "payment:Pay", order())
	w.refused("NOT_YOURS", "acquirer", "payment:Refund", w.because(object{"payment": paid["id"], "lines": []rules.Line{clothing(100)}}))
}

// paidBy has a user take a payment of a holder, and returns its id.
func (w *town) paidBy(user string, h holder) string {
	w.t.Helper()
	return w.must(user, "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(500)))["id"].(string)
}

func TestAMandateCountsInTheShopsOwnOrganisationOnly(t *testing.T) {
	w := hostedTown(t)
	w.chain(nil)
	w.enrol("elsewhere", "KetenMSP", "acquirer", "p-acquirer", "")
	w.enrol("posing", "GemeenteMSP", "acquirer", "p-acquirer", "")
	w.must("shop", "shop:Mandate", w.mandate("p-acquirer"))
	h, other := w.holder(), w.admitShop("second", "clothing")
	w.refused("NOT_YOURS", "elsewhere", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(500)))
	w.refused("ROLE_REQUIRED", "posing", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(500)))
	w.refused("NOT_YOURS", "acquirer", "payment:Pay", h.pay(w.id(), other, w.now+60, clothing(500)))
}

func TestAMandateIsGivenOnceAndWithdrawnByTheShop(t *testing.T) {
	w := hostedTown(t)
	w.refused("MANDATE_STATE", "shop", "shop:WithdrawMandate", w.mandate("p-acquirer"))
	w.must("shop", "shop:Mandate", w.mandate("p-acquirer"))
	w.refused("MANDATE_STATE", "shop", "shop:Mandate", w.mandate("p-acquirer"))
	w.refused("INVALID_CODE", "shop", "shop:Mandate", w.mandate("Someone"))
	w.admitShop("second", "clothing")
	w.refused("NOT_YOURS", "second", "shop:Mandate", w.mandate("p-rival"))
	for i := 1; i < 20; i++ {
		w.must("shop", "shop:Mandate", w.mandate(fmt.Sprintf("p-a%d", i)))
	}
	w.refused("MANDATE_STATE", "shop", "shop:Mandate", w.mandate("p-rival"))
	w.endShop(30)
	w.must("shop", "shop:WithdrawMandate", w.mandate("p-a1"))
	w.refused("SHOP_STATE", "shop", "shop:Mandate", w.mandate("p-rival"))
}

func TestAWithdrawnMandateStopsPaymentsOnTheirWay(t *testing.T) {
	w := hostedTown(t)
	w.must("shop", "shop:Mandate", w.mandate("p-acquirer"))
	request := w.holder().pay(w.id(), w.shop, w.now+60, clothing(500))
	pay := w.endorse("acquirer", "payment:Pay", string(encodeJSON(t, request)), nil)
	w.must("shop", "shop:WithdrawMandate", w.mandate("p-acquirer"))
	if code := w.ledger.Commit(pay); code != "MVCC_READ_CONFLICT" {
		t.Fatal(code)
	}
}

func TestOnlyAnAcquirerNamesATill(t *testing.T) {
	w := hostedTown(t)
	w.must("shop", "shop:Mandate", w.mandate("p-acquirer"))
	h := w.holder()
	at := func(till string) object {
		request := h.pay(w.id(), w.shop, w.now+60, clothing(500))
		request["till"] = till
		return request
	}
	w.refused("INVALID_CODE", "shop", "payment:Pay", at("kassa-2"))
	w.refused("INVALID_CODE", "acquirer", "payment:Pay", at("The till at the back"))
	w.refused("PERSONAL_DATA_REFUSED", "acquirer", "payment:Pay", at("111222333"))
	if paid := w.must("acquirer", "payment:Pay", at("kassa-2")); paid["till"] != "kassa-2" {
		t.Fatal(paid)
	}
}

func TestTheAnswerToAnAcquirersRequestIsItsOwn(t *testing.T) {
	w := hostedTown(t)
	w.must("shop", "shop:Mandate", w.mandate("p-acquirer"))
	w.must("shop", "shop:Mandate", w.mandate("p-rival"))
	request := w.holder().pay(w.id(), w.shop, w.now+60, clothing(500))
	w.must("acquirer", "payment:Pay", request)
	w.must("acquirer", "payment:Pay", request)
	w.refused("IDEMPOTENCY_CONFLICT", "rival", "payment:Pay", request)
	w.refused("IDEMPOTENCY_CONFLICT", "shop", "payment:Pay", request)
}
