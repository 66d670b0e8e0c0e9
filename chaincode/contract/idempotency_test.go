package contract

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"kindpakket.eu/chaincode/internal/fakeledger"
	"kindpakket.eu/chaincode/rules"
)

func TestAPaymentTouchesNothingThatOtherPaymentsTouch(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	id := w.id()
	request := string(encodeJSON(t, h.pay(id, w.shop, w.now+60, clothing(500))))
	s := w.endorse("shop", "payment:Pay", request, nil)
	if s.Response.GetStatus() != 200 {
		t.Fatal(s.Response.GetMessage())
	}
	reads := []string{
		"day/" + w.scheme, "organisations", "request/" + id, "rules/" + w.scheme + "/000001", "scheme/" + w.scheme, "shop/" + w.shop,
		"voucher/" + w.scheme + "/" + h.voucher,
	}
	writes := []string{
		"payment/" + id, "request/" + id, "unsettled/" + w.scheme + "/" + w.shop + "/2026-03-10/" + id, "voucher/" + w.scheme + "/" + h.voucher,
	}
	if got := slices.Sorted(maps.Keys(s.Reads)); !slices.Equal(got, reads) {
		t.Errorf("a payment reads %v", got)
	}
	if got := slices.Sorted(maps.Keys(s.Writes)); !slices.Equal(got, writes) {
		t.Errorf("a payment writes %v", got)
	}
	if len(s.PrivateReads)+len(s.PrivateWrite) > 0 {
		t.Error("a payment touches private data")
	}
	// One for the organisations, before the request is looked at, one for what the request names, and one for the rules.
	if s.Exchanges > 4 {
		t.Errorf("a payment asks the peer %d times", s.Exchanges)
	}
	if code := w.ledger.Commit(s); code != "VALID" {
		t.Fatal(code)
	}
	again := w.endorse("shop", "payment:Pay", request, nil)
	if got := slices.Sorted(maps.Keys(again.Writes)); len(got) > 0 || again.Event != nil {
		t.Errorf("the same payment again writes %v and emits %v", got, again.Event)
	}
	if string(again.Response.GetPayload()) != string(s.Response.GetPayload()) {
		t.Errorf("the same payment again answers %s", again.Response.GetPayload())
	}
}

func TestTheSameRequestHasOneEffect(t *testing.T) {
	w := newTown(t)
	h, b := w.holder(), w.booklet()
	first := h.pay(w.id(), w.shop, w.now+60, clothing(500))
	paid := w.must("shop", "payment:Pay", first)

	// Another signature over the same request, or none that fits, does not make it another one.
	resigned := maps.Clone(first)
	resigned["proof"] = object{"kind": "key", "version": 1, "signature": strings.Repeat("A", 86) + "=="}
	if answer := w.must("shop", "payment:Pay", resigned); answer["id"] != paid["id"] || len(w.last.Writes) > 0 {
		t.Fatal(answer)
	}
	// A proof that is none is refused on a repeat too: it would stay on the ledger.
	stuffed := maps.Clone(first)
	stuffed["proof"] = object{"kind": "key", "version": 1, "signature": strings.Repeat("A", 900_000)}
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", stuffed)
	stuffed["proof"] = object{"kind": "booklet", "version": 1, "signature": "AAAA", "path": []string{"Jan Jansen"}}
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", stuffed)
	other := maps.Clone(first)
	other["lines"] = []rules.Line{clothing(501)}
	w.refused("IDEMPOTENCY_CONFLICT", "shop", "payment:Pay", other)
	missing := maps.Clone(first)
	delete(missing, "proof")
	w.refused("HOLDER_PROOF_MISSING", "shop", "payment:Pay", missing)

	// Whatever happened since, the answer is that of then.
	w.must("manager", "scheme:Pause", object{"request_id": w.id(), "scheme": w.scheme, "reason": "audit"})
	w.now += 86_400 * 400
	if answer := w.must("shop", "payment:Pay", first); answer["state"] != "paid" {
		t.Fatal(answer)
	}
	w.now = noon
	w.must("clerk", "scheme:Open", object{"request_id": w.id(), "scheme": w.scheme})

	// Another shop, and another operation, cannot use the id.
	w.admitShop("rival", "clothing")
	w.refused("IDEMPOTENCY_CONFLICT", "rival", "payment:Pay", first)
	w.refused("IDEMPOTENCY_CONFLICT", "shop", "payment:Cancel", object{"request_id": first["request_id"], "payment": w.id(), "reason": "x"})
	w.refused("IDEMPOTENCY_CONFLICT", "clerk", "scheme:Draft", object{"request_id": first["request_id"], "rules": schemeRules(), "budget_cents": 5})

	page := b.pay(1, w.id(), w.shop, w.now+60, clothing(500))
	w.must("shop", "payment:Pay", page)
	again := b.pay(2, page["request_id"].(string), w.shop, w.now+60, clothing(500))
	w.must("shop", "payment:Pay", again)
	if voucher := w.must("clerk", "voucher:Show", object{"scheme": w.scheme, "voucher": b.voucher}); cents(t, voucher["spent_cents"]) != 500 {
		t.Fatal(voucher)
	}

	cancel := object{"request_id": w.id(), "payment": paid["id"], "reason": "x"}
	w.must("shop", "payment:Cancel", cancel)
	w.must("shop", "payment:Cancel", cancel)
	cancel["reason"] = "y"
	w.refused("IDEMPOTENCY_CONFLICT", "shop", "payment:Cancel", cancel)
	w.checkMoney()
}

func TestCasesAreIdempotentByContent(t *testing.T) {
	w := newTown(t)
	_, cases := issuances(w.world, 3)
	request := func() object { return object{"request_id": w.id(), "scheme": w.scheme} }
	answer := w.must("clerk", "voucher:RecordCases", request(), object{"cases": cases})
	if cents(t, answer["recorded"]) != 3 || len(w.last.Writes) != 0 || len(w.last.PrivateWrite) != 4 || w.last.Event.GetEventName() != "CasesRecorded" {
		t.Fatalf("%v %v", answer, w.last)
	}
	answer = w.must("clerk", "voucher:RecordCases", request(), object{"cases": cases})
	// Only the request is new.
	if cents(t, answer["recorded"]) != 3 || len(w.last.PrivateWrite) != 1 || w.last.Event.GetEventName() != "CasesRecorded" {
		t.Fatalf("%v %v", answer, w.last)
	}
	changed := []object{cases[0], {"voucher": cases[1]["voucher"], "case": "another", "salt": cases[1]["salt"]}}
	w.refused("IDEMPOTENCY_CONFLICT", "clerk", "voucher:RecordCases", request(), object{"cases": changed})
	if kept := decodeJSON(t, w.ledger.Private("citizens", "case/"+w.scheme+"/"+cases[0]["voucher"].(string))); kept["case"] != cases[0]["case"] {
		t.Fatal(kept)
	}
}

func TestApplyingAgainWithAnotherAccountIsAConflict(t *testing.T) {
	w := newTown(t)
	request := object{"request_id": w.shop, "categories": []string{"clothing", "books"}}
	if answer := w.must("shop", "shop:Apply", request, account()); answer["state"] != "applied" || len(w.last.Writes) > 0 {
		t.Fatal(answer)
	}
	other := account()
	other["account"].(object)["iban"] = "DE89370400440532013000"
	w.refused("IDEMPOTENCY_CONFLICT", "shop", "shop:Apply", request, other)
	if kept := w.must("treasurer", "shop:Account", object{"shop": w.shop}); kept["iban"] != "NL91ABNA0417164300" {
		t.Fatal(kept)
	}
	w.refused("SHOP_NOT_FOUND", "treasurer", "shop:Account", object{"shop": w.id()})
}

func TestAWithheldPaymentFailsItsReadCheck(t *testing.T) {
	for name, act := range map[string]func(w *town, h holder){
		"block": func(w *town, h holder) {
			w.must("clerk", "voucher:Block", object{"request_id": w.id(), "scheme": w.scheme, "voucher": h.voucher, "reason": "lost"})
		},
		"pause": func(w *town, _ holder) {
			w.must("manager", "scheme:Pause", object{"request_id": w.id(), "scheme": w.scheme, "reason": "audit"})
		},
		"suspension": func(w *town, _ holder) {
			w.must("manager", "shop:Suspend", object{"request_id": w.id(), "shop": w.shop, "reason": "fraud"})
		},
		"closing the day": func(w *town, _ holder) {
			w.must("clerk", "scheme:CloseDay", object{"request_id": w.id(), "scheme": w.scheme, "day": "2026-03-10"})
		},
		"another payment": func(w *town, h holder) { w.paid(h, clothing(500)) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			h := w.holder()
			withheld := w.endorse("shop", "payment:Pay", string(encodeJSON(t, h.pay(w.id(), w.shop, w.now+60, clothing(8_000)))), nil)
			act(w, h)
			before := slices.Clone(w.ledger.Value("voucher/" + w.scheme + "/" + h.voucher))
			if code := w.ledger.Commit(withheld); code != "MVCC_READ_CONFLICT" {
				t.Fatal(code)
			}
			if !slices.Equal(before, w.ledger.Value("voucher/"+w.scheme+"/"+h.voucher)) {
				t.Fatal("value moved")
			}
		})
	}
}

func TestTwoShopsCannotSpendOneVoucherTwice(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	w.paid(h, clothing(3_000))
	w.must("clerk", "scheme:CloseDay", object{"request_id": w.id(), "scheme": w.scheme, "day": "2026-03-10"})
	rival := w.admitShop("rival", "clothing")
	one, two := h.pay(w.id(), w.shop, w.now+60, clothing(7_000)), h.pay(w.id(), rival, w.now+60, clothing(7_000))
	first := w.endorse("shop", "payment:Pay", string(encodeJSON(t, one)), nil)
	second := w.endorse("rival", "payment:Pay", string(encodeJSON(t, two)), nil)
	if a, b := w.ledger.Commit(first), w.ledger.Commit(second); a != "VALID" || b != "MVCC_READ_CONFLICT" {
		t.Fatal(a, b)
	}
	w.refused("DAY_CAP_EXCEEDED", "rival", "payment:Pay", two)
	w.now += 86_400 * 2
	w.refused("INSUFFICIENT_BALANCE", "rival", "payment:Pay", h.pay(w.id(), rival, w.now+60, clothing(7_000)))
	w.checkMoney()
}

// atMost endorses requests before any of them commits, of which one may be valid, and then sends them again, one by one.
func (w *town) atMost(user, name string, requests []object, codes ...string) {
	w.t.Helper()
	var simulations []*fakeledger.Simulation
	for _, request := range requests {
		simulations = append(simulations, w.endorse(user, name, string(encodeJSON(w.t, request)), nil))
	}
	valid := 0
	for _, s := range simulations {
		if w.ledger.Commit(s) == "VALID" {
			valid++
		}
	}
	if valid != 1 {
		w.t.Fatalf("%d at once", valid)
	}
	for i, code := range codes {
		if code != "" {
			w.refused(code, user, name, requests[i])
			continue
		}
		w.must(user, name, requests[i])
	}
	w.checkMoney()
}

func TestApprovingAtOnceNeverExceedsTheBudget(t *testing.T) {
	w := newTown(t)
	w.scheme = w.openScheme(schemeRules(), 30_000)
	var approvals []object
	for range 4 {
		vouchers, _ := issuances(w.world, 1)
		proposal, _ := w.proposing(w.scheme, "issue", vouchers)
		w.must("clerk", "allocation:Propose", proposal)
		approvals = append(approvals, w.onScheme(object{"allocation": proposal["request_id"]}))
	}
	w.atMost("manager", "allocation:Approve", approvals, "", "", "", "BUDGET_EXCEEDED")
}

func TestIssuingAtOnceNeverExceedsTheAllocation(t *testing.T) {
	w := newTown(t)
	vouchers, cases := issuances(w.world, 3)
	w.must("clerk", "voucher:RecordCases", w.onScheme(nil), object{"cases": cases})
	proposal, drawings := w.proposing(w.scheme, "issue", vouchers[:1], vouchers[1:2], vouchers[2:])
	proposal["cents"] = 20_000
	w.approveList(proposal)
	var requests []object
	for i, drawing := range drawings {
		request := w.onScheme(object{"vouchers": vouchers[i : i+1]})
		maps.Copy(request, drawing)
		requests = append(requests, request)
	}
	w.atMost("clerk", "voucher:Issue", requests, "", "", "ALLOCATION_EXCEEDED")
}

func TestAFailingStateDatabaseIsNoEmptyLedger(t *testing.T) {
	w := newTown(t)
	w.ledger.DatabaseDown = true
	s := w.endorse("clerk", "scheme:Draft", string(encodeJSON(t, object{"request_id": w.id(), "rules": schemeRules(), "budget_cents": 5})), nil)
	if s.Response.GetStatus() == 200 {
		t.Fatal("it was endorsed")
	}
}

func TestARequestWhoseRecordCannotBeReadIsNotCarriedOutAgain(t *testing.T) {
	w := newTown(t)
	for _, record := range []string{
		`{"v":3,"by":{"msp":"GemeenteMSP"},"operation":1}`, `{"v":3,"by":1,"operation":"scheme:Pause","digest":""}`, `[]`,
	} {
		request := w.because(object{"scheme": w.scheme})
		w.ledger.Put("request/"+request["request_id"].(string), []byte(record))
		w.refused("LEDGER_INCONSISTENT", "manager", "scheme:Pause", request)
	}
}
