package contract

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

func TestHoldersSignTheWholePayment(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	rival := w.admitShop("rival", "clothing", "books")
	signed := func() object { return h.pay(w.id(), w.shop, w.now+60, clothing(500), books(300)) }
	for name, spoil := range map[string]func(object){
		"amount":   func(r object) { r["lines"] = []rules.Line{clothing(501), books(300)} },
		"category": func(r object) { r["lines"] = []rules.Line{books(500), clothing(300)} },
		"order":    func(r object) { r["lines"] = []rules.Line{books(300), clothing(500)} },
		"deadline": func(r object) { r["deadline"] = w.now + 61 },
		"request":  func(r object) { r["request_id"] = w.id() },
		"version":  func(r object) { r["proof"].(object)["version"] = 2 },
	} {
		request := signed()
		spoil(request)
		w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", request)
		if !strings.Contains(w.last.Response.GetMessage(), `"why":`) {
			t.Errorf("%s: no why in %s", name, w.last.Response.GetMessage())
		}
	}
	stolen := signed()
	stolen["shop"] = rival
	w.refused("HOLDER_PROOF_INVALID", "rival", "payment:Pay", stolen)
	other := w.holder()
	swapped := signed()
	swapped["voucher"] = other.voucher
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", swapped)
	bare := signed()
	bare["proof"] = nil
	w.refused("HOLDER_PROOF_MISSING", "shop", "payment:Pay", bare)
	w.refused("HOLDER_PROOF_EXPIRED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now-1, clothing(500)))
	w.refused("HOLDER_PROOF_EXPIRED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+901, clothing(500)))
	w.must("shop", "payment:Pay", h.pay(w.id(), w.shop, w.now, clothing(500)))
}

func TestPaymentsAreRefusedInTheOrderOfThePage(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	pay := func(lines ...rules.Line) object { return h.pay(w.id(), w.shop, w.now+60, lines...) }
	unproven := func(request object) object {
		spoiled := maps.Clone(request)
		spoiled["proof"] = object{"kind": "key", "version": 1, "signature": strings.Repeat("A", 86) + "=="}
		return spoiled
	}
	for _, test := range []struct {
		code    string
		request object
	}{
		{"INVALID_NUMBER", pay()}, {"MALFORMED_REQUEST", pay(books(100), books(100))}, {"INVALID_CODE", pay(rules.Line{Category: "Books", Cents: 500})},
		{"HOLDER_PROOF_INVALID", unproven(pay(clothing(1)))}, {"AMOUNT_BELOW_MINIMUM", pay(clothing(49))},
		{"PAYMENT_CAP_EXCEEDED", pay(rules.Line{Category: "sport", Cents: 8_001})}, {"CATEGORY_NOT_ALLOWED", pay(rules.Line{Category: "sport", Cents: 500})},
		{"CATEGORY_NOT_ALLOWED", pay(rules.Line{Category: "food", Cents: 500})}, {"CATEGORY_CAP_EXCEEDED", pay(books(4_001))},
	} {
		w.refused(test.code, "shop", "payment:Pay", test.request)
	}
	unknown := newHolder(w.scheme, w.id())
	w.refused("VOUCHER_NOT_FOUND", "shop", "payment:Pay", unknown.pay(w.id(), w.shop, w.now+60, clothing(1)))
	elsewhere := newHolder(w.id(), h.voucher)
	w.refused("SCHEME_NOT_FOUND", "shop", "payment:Pay", elsewhere.pay(w.id(), w.shop, w.now+60, clothing(1)))
	issued := newHolder(w.scheme, w.issue(1)[0])
	w.refused("VOUCHER_NOT_ACTIVE", "shop", "payment:Pay", issued.pay(w.id(), w.shop, w.now+60, clothing(1)))

	w.must("clerk", "voucher:Block", object{"request_id": w.id(), "scheme": w.scheme, "voucher": h.voucher, "reason": "lost"})
	w.refused("VOUCHER_BLOCKED", "shop", "payment:Pay", unproven(pay(clothing(1))))
	w.refused("SECOND_PERSON_REQUIRED", "p-clerk-as-approver", "voucher:Unblock", w.withApprover("p-clerk-as-approver", "p-clerk", object{
		"request_id": w.id(), "scheme": w.scheme, "voucher": h.voucher, "reason": "found",
	}))
	w.must("manager", "shop:Suspend", object{"request_id": w.id(), "shop": w.shop, "reason": "fraud"})
	w.refused("SHOP_NOT_APPROVED", "shop", "payment:Pay", unproven(pay(clothing(1))))
	w.must("manager", "scheme:Pause", object{"request_id": w.id(), "scheme": w.scheme, "reason": "audit"})
	w.refused("SCHEME_NOT_OPEN", "shop", "payment:Pay", unproven(pay(clothing(1))))

	w.must("clerk", "scheme:Open", object{"request_id": w.id(), "scheme": w.scheme})
	w.must("manager2", "shop:Reinstate", object{"request_id": w.id(), "shop": w.shop, "reason": "cleared"})
	w.must("manager", "voucher:Unblock", object{"request_id": w.id(), "scheme": w.scheme, "voucher": h.voucher, "reason": "found"})
	w.paid(h, clothing(500))
	w.now = 1_798_758_000 // 2027-01-01 00:00 in Amsterdam
	w.refused("VOUCHER_EXPIRED", "shop", "payment:Pay", unproven(pay(clothing(1))))
	w.now--
	w.paid(h, clothing(500))
	w.now = 1_767_222_000 - 1 // a second before 2026-01-01 in Amsterdam
	w.refused("SCHEME_NOT_OPEN", "shop", "payment:Pay", pay(clothing(500)))
}

// withApprover enrols a municipal approver who is that person, and gives the request back.
func (w *world) withApprover(user, person string, request object) object {
	w.enrol(user, "GemeenteMSP", "approver", person, "")
	return request
}

func TestANewShopWaitsForItsApproval(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	shop := w.id()
	w.enrol("new", "WinkelsMSP", "shopkeeper", "p-new", shop)
	w.refused("SHOP_NOT_FOUND", "new", "payment:Pay", h.pay(w.id(), shop, w.now+60, clothing(500)))
	w.must("new", "shop:Apply", object{"request_id": shop, "categories": []string{"clothing"}}, account())
	w.refused("SHOP_NOT_APPROVED", "new", "payment:Pay", h.pay(w.id(), shop, w.now+60, clothing(500)))
	allowance := w.must("auditor", "voucher:Allowance", object{"scheme": w.scheme, "voucher": h.voucher, "shop": shop})
	if len(allowance["categories"].(object)) != 0 {
		t.Fatal(allowance)
	}
}

func TestABookletPagePaysOnce(t *testing.T) {
	w := newTown(t)
	b := w.booklet()
	pay := func(page int, cents rules.Cents) object {
		return b.pay(page, w.id(), w.shop, w.now+60, clothing(cents))
	}
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", pay(0, 100))
	w.refused("PAPER_CAP_EXCEEDED", "shop", "payment:Pay", pay(1, 2_501))
	w.must("shop", "payment:Pay", pay(1, 2_500))
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", pay(1, 100))
	w.must("shop", "payment:Pay", pay(3, 100))
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", pay(2, 100))
	allowance := w.must("auditor", "voucher:Allowance", object{"scheme": w.scheme, "voucher": b.voucher, "shop": w.shop})
	if cents(t, allowance["last_page"]) != 3 || cents(t, allowance["authorisation_version"]) != 1 {
		t.Fatal(allowance)
	}
	key := newHolder(w.scheme, b.voucher)
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", key.pay(w.id(), w.shop, w.now+60, clothing(100)))
}

func TestActivationNeedsTheHoldersProof(t *testing.T) {
	w := newTown(t)
	ids := w.issue(3)
	h, b := newHolder(w.scheme, ids[0]), newBooklet(w.scheme, ids[1], 5)
	send := func(code string, activations ...object) {
		t.Helper()
		w.refused(code, "manager", "voucher:Activate", object{"request_id": w.id(), "scheme": w.scheme, "activations": activations})
	}
	send("INVALID_NUMBER")
	send("MALFORMED_REQUEST", h.activation(), h.activation())
	bare := h.activation()
	delete(bare, "proof")
	send("HOLDER_PROOF_MISSING", bare)
	stolen := h.activation()
	stolen["voucher"] = ids[2]
	send("HOLDER_PROOF_INVALID", stolen)
	wrong := b.activation()
	wrong["proof"] = b.proof(1, testDomain.ActivationMessage(rules.OperationActivate, w.scheme, ids[1], 1, b.authorisation(), ""))
	send("HOLDER_PROOF_INVALID", wrong)
	weak := h.activation()
	weak["authorisation"] = rules.Authorisation{Kind: "key", Algorithm: "ed25519", PublicKey: "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}
	send("INVALID_AUTHORISATION", weak)
	nowhere := newHolder(w.scheme, w.id())
	send("VOUCHER_NOT_FOUND", nowhere.activation())
	// All or none.
	send("HOLDER_PROOF_INVALID", h.activation(), wrong)
	w.must("manager", "voucher:Activate", object{"request_id": w.id(), "scheme": w.scheme, "activations": []object{h.activation(), b.activation()}})
	send("VOUCHER_STATE", h.activation())
}

func TestMoneyReturnsWhereItCan(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	payment := w.paid(h, clothing(2_000), books(1_000))
	refund := func(lines ...rules.Line) object {
		return object{"request_id": w.id(), "payment": payment, "reason": "returned", "lines": lines}
	}
	w.refused("PAYMENT_NOT_FOUND", "shop", "payment:Refund", object{
		"request_id": w.id(), "payment": w.id(), "reason": "x", "lines": []rules.Line{books(1)},
	})
	w.refused("REFUND_EXCEEDS_PAYMENT", "shop", "payment:Refund", refund(books(1_001)))
	w.must("manager", "shop:Suspend", object{"request_id": w.id(), "shop": w.shop, "reason": "fraud"})
	answer := w.must("shop", "payment:Refund", refund(books(400)))
	if answer["returned_to"] != "available" || answer["payment"] != payment {
		t.Fatal(answer)
	}
	w.refused("PAYMENT_STATE", "shop", "payment:Cancel", object{"request_id": w.id(), "payment": payment, "reason": "x"})
	w.checkMoney()

	w.now = 1_798_758_000 + 14*86_400 // the end of the grace
	answer = w.must("shop", "payment:Refund", refund(books(600)))
	if answer["returned_to"] != "lapsed" {
		t.Fatal(answer)
	}
	if _, found := w.last.Writes["budget/"+w.scheme]; !found {
		t.Fatal("the budget has not got its money back")
	}
	key := "voucher/" + w.scheme + "/" + h.voucher
	w.ledger.Put(key, []byte(strings.Replace(string(w.ledger.Value(key)), `"state":"active"`, `"state":"revoked"`, 1)))
	answer = w.must("shop", "payment:Refund", refund(clothing(2_000)))
	if answer["returned_to"] != "revoked" {
		t.Fatal(answer)
	}
	budget := w.must("auditor", "scheme:Show", object{"scheme": w.scheme})["budget"].(object)
	if cents(t, budget["lapsed_cents"]) != 600 || cents(t, budget["revoked_cents"]) != 2_000 {
		t.Fatal(budget)
	}
	if shown := w.must("shop", "payment:Show", object{"payment": payment}); shown["state"] != "refunded" {
		t.Fatal(shown)
	}
	w.checkMoney()
}

func TestACancellationFreesTheDay(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	first := w.paid(h, clothing(8_000))
	w.refused("DAY_CAP_EXCEEDED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(1_001)))
	w.must("shop", "payment:Cancel", object{"request_id": w.id(), "payment": first, "reason": "mistake"})
	w.paid(h, clothing(1_001))
	w.refused("PAYMENT_STATE", "shop", "payment:Cancel", object{"request_id": w.id(), "payment": first, "reason": "mistake"})
	w.refused("PAYMENT_STATE", "shop", "payment:Refund", object{
		"request_id": w.id(), "payment": first, "reason": "x", "lines": []rules.Line{clothing(1)},
	})
	unsettled := slices.DeleteFunc(w.ledger.Keys(), func(key string) bool { return !strings.HasPrefix(key, "unsettled/") })
	if len(unsettled) != 1 {
		t.Fatal(unsettled)
	}
	w.checkMoney()
}

func TestABrokenRecordChangesNothing(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	key := "voucher/" + w.scheme + "/" + h.voucher
	good := string(w.ledger.Value(key))
	for _, broken := range []string{
		strings.Replace(good, `"available_cents":10000`, `"available_cents":20000`, 1), strings.Replace(good, `"issued_cents":10000`, `"issued_cents":-1`, 1),
		strings.Replace(good, `{"v":3`, `{"v":4`, 1), `{"v":2,"id":5}`, `nonsense`,
		strings.Replace(good, `"authorisation":{`, `"authorisation":null,"x":{`, 1),
	} {
		w.ledger.Put(key, []byte(broken))
		w.refused("LEDGER_INCONSISTENT", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(500)))
	}
}
