package contract

import (
	"maps"
	"slices"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

func TestAHoldIsCapturedInPart(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	w.enrol("till-3", "WinkelsMSP", "cashier", "p-till", w.shop)
	request := h.hold(w.id(), w.shop, w.now+60, w.now+3*aDay, clothing(3_000), books(1_000))
	held := w.must("shop", "payment:Hold", request)
	if held["state"] != "held" || cents(t, held["cents"]) != 0 || len(held["lines"].([]any)) != 0 || held["day"] != "" ||
		cents(t, held["held_cents"]) != 4_000 || held["held_day"] != "2026-03-10" || cents(t, held["expires_at"]) != w.now+3*aDay {
		t.Fatal(held)
	}
	if event := decodeJSON(t, w.last.Event.GetPayload()); w.last.Event.GetEventName() != "PaymentHeld" || cents(t, event["cents"]) != 4_000 {
		t.Fatal(event)
	}
	if len(w.last.Writes) != 4 {
		t.Fatal(slices.Sorted(maps.Keys(w.last.Writes)))
	}
	w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "held_cents": 4_000, "available_cents": 6_000})
	shown := w.shown(h.voucher)
	hold := shown["holds"].(object)[held["id"].(string)].(object)
	if cents(t, hold["cents"]) != 4_000 || cents(t, shown["held_by_category"].(object)["books"]) != 1_000 || cents(t, shown["day"].(object)["cents"]) != 4_000 {
		t.Fatal(shown)
	}

	w.now += aDay
	captured := w.must("till-3", "payment:Capture", w.capture(held["id"].(string), clothing(2_500)))
	if captured["state"] != "paid" || cents(t, captured["cents"]) != 2_500 || captured["day"] != "2026-03-11" || cents(t, captured["captured_at"]) != w.now ||
		cents(t, captured["held_cents"]) != 4_000 || captured["held_day"] != "2026-03-10" {
		t.Fatal(captured)
	}
	if event := decodeJSON(t, w.last.Event.GetPayload()); w.last.Event.GetEventName() != "PaymentCaptured" || cents(t, event["cents"]) != 2_500 {
		t.Fatal(event)
	}
	w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "spent_cents": 2_500, "available_cents": 7_500})
	if shown := w.shown(h.voucher); shown["holds"] != nil || shown["held_by_category"] != nil || cents(t, shown["day"].(object)["cents"]) != 2_500 {
		t.Fatal(shown)
	}
	open := w.must("shop", "payment:Unsettled", object{"scheme": w.scheme, "shop": w.shop})["items"].([]any)
	if len(open) != 1 || open[0].(object)["day"] != "2026-03-11" || cents(t, open[0].(object)["cents"]) != 2_500 {
		t.Fatal(open)
	}
	w.checkMoney()
}

func TestCapturesAreRefused(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	w.admitShop("rival", "clothing", "books")
	held := w.held(h, clothing(1_000))
	w.refused("PAYMENT_NOT_FOUND", "shop", "payment:Capture", w.capture(w.id(), clothing(1)))
	w.refused("NOT_YOURS", "rival", "payment:Capture", w.capture(held, clothing(1)))
	w.refused("INVALID_NUMBER", "shop", "payment:Capture", w.capture(held))
	w.refused("INVALID_AMOUNT", "shop", "payment:Capture", w.capture(held, clothing(0)))
	w.refused("HOLD_EXCEEDED", "shop", "payment:Capture", w.capture(held, clothing(1_001)))
	w.refused("HOLD_EXCEEDED", "shop", "payment:Capture", w.capture(held, books(1)))
	w.refused("HOLD_NOT_OPEN", "shop", "payment:Capture", w.capture(w.paid(h, clothing(500)), clothing(500)))
	for _, state := range []string{"suspended", "ended", "applied"} {
		w.putShop(state)
		w.refused("SHOP_NOT_APPROVED", "shop", "payment:Capture", w.capture(held, clothing(1)))
	}
	w.putShop("approved")
	w.putScheme("paused")
	w.refused("SCHEME_NOT_OPEN", "shop", "payment:Capture", w.capture(held, clothing(1)))
	w.putScheme("open")
	w.now += aDay
	w.refused("HOLD_NOT_OPEN", "shop", "payment:Capture", w.capture(held, clothing(1)))
	w.now--
	w.must("clerk", "voucher:Block", w.of(h))
	w.refused("VOUCHER_BLOCKED", "shop", "payment:Capture", w.capture(held, clothing(1)))
	w.must("manager", "voucher:Unblock", w.of(h))
	w.putScheme("closed")
	once := w.capture(held, clothing(1))
	w.must("shop", "payment:Capture", once)
	w.must("shop", "payment:Capture", once)
	w.refused("HOLD_NOT_OPEN", "shop", "payment:Capture", w.capture(held, clothing(1)))
	w.checkMoney()
}

func TestHoldersSignTheWholeHold(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	signed := func() object { return h.hold(w.id(), w.shop, w.now+60, w.now+aDay, clothing(500)) }
	for name, spoil := range map[string]func(object){
		"expiry":   func(r object) { r["expires_at"] = w.now + aDay + 1 },
		"amount":   func(r object) { r["lines"] = []rules.Line{clothing(501)} },
		"deadline": func(r object) { r["deadline"] = w.now + 61 },
		"request":  func(r object) { r["request_id"] = w.id() },
	} {
		request := signed()
		spoil(request)
		if _, code := w.send("shop", "payment:Hold", request); code != "HOLDER_PROOF_INVALID" {
			t.Errorf("%s: %q", name, code)
		}
	}
	// A payment's proof holds nothing, and a hold's pays nothing.
	request := h.pay(w.id(), w.shop, w.now+60, clothing(500))
	request["expires_at"] = w.now + aDay
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Hold", request)
	request = signed()
	delete(request, "expires_at")
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", request)
	request = signed()
	delete(request, "proof")
	w.refused("HOLDER_PROOF_MISSING", "shop", "payment:Hold", request)
	delete(request, "expires_at")
	w.refused("INVALID_NUMBER", "shop", "payment:Hold", request)
	w.refused("HOLDER_PROOF_EXPIRED", "shop", "payment:Hold", h.hold(w.id(), w.shop, w.now-1, w.now+aDay, clothing(500)))
	w.refused("HOLD_NOT_ALLOWED", "shop", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, w.now, clothing(500)))
	w.refused("HOLD_NOT_ALLOWED", "shop", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, w.now+14*aDay+1, clothing(500)))
	w.must("shop", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, w.now+14*aDay, clothing(500)))
}

func TestABookletPageHoldsOnce(t *testing.T) {
	w := newTown(t)
	b := w.booklet()
	hold := func(page int, expiresAt int64) object {
		request := w.id()
		lines := []rules.Line{clothing(500)}
		message := testDomain.HoldMessage(w.scheme, b.voucher, 1, request, w.shop, rules.Number(w.now+60), rules.Number(expiresAt), lines)
		return object{
			"request_id": request, "scheme": w.scheme, "voucher": b.voucher, "shop": w.shop, "lines": lines,
			"deadline": w.now + 60, "expires_at": expiresAt, "proof": b.proof(page, message),
		}
	}
	held := w.must("shop", "payment:Hold", hold(1, w.now+aDay))
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Hold", hold(1, w.now+aDay))
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", b.pay(1, w.id(), w.shop, w.now+60, clothing(500)))
	// A released hold does not give its page back.
	w.must("shop", "payment:Release", w.because(object{"payment": held["id"]}))
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", b.pay(1, w.id(), w.shop, w.now+60, clothing(500)))
	w.must("shop", "payment:Pay", b.pay(2, w.id(), w.shop, w.now+60, clothing(500)))
}

func TestHoldsAreRefusedAsPaymentsAre(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	hold := func(lines ...rules.Line) object { return h.hold(w.id(), w.shop, w.now+60, w.now+aDay, lines...) }
	w.held(h, clothing(4_000), books(2_000))
	for code, request := range map[string]object{
		"AMOUNT_BELOW_MINIMUM": hold(clothing(49)), "PAYMENT_CAP_EXCEEDED": hold(clothing(8_001)), "CATEGORY_CAP_EXCEEDED": hold(books(2_001)),
		"DAY_CAP_EXCEEDED": hold(clothing(3_001)), "CATEGORY_NOT_ALLOWED": hold(rules.Line{Category: "sport", Cents: 500}),
	} {
		w.refused(code, "shop", "payment:Hold", request)
	}
	// Caps count for payments what is held, on every day and only until it is released.
	w.refused("DAY_CAP_EXCEEDED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(3_001)))
	w.now += aDay - 1
	w.refused("CATEGORY_CAP_EXCEEDED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, books(2_001)))
	w.refused("INSUFFICIENT_BALANCE", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(4_001)))
	w.now++
	w.paid(h, clothing(4_001), books(2_001))
	w.checkMoney()
	issued := newHolder(w.scheme, w.issue(1)[0])
	w.refused("VOUCHER_NOT_ACTIVE", "shop", "payment:Hold", issued.hold(w.id(), w.shop, w.now+60, w.now+aDay, clothing(500)))
	w.must("clerk", "voucher:Block", w.of(h))
	w.refused("VOUCHER_BLOCKED", "shop", "payment:Hold", hold(clothing(500)))
	w.putShop("suspended")
	w.refused("SHOP_NOT_APPROVED", "shop", "payment:Hold", hold(clothing(500)))
	w.putScheme("closed")
	w.refused("SCHEME_NOT_OPEN", "shop", "payment:Hold", hold(clothing(500)))
}

func TestAHoldEndsWithItsVoucher(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	w.now = yearEnd - 60
	w.refused("HOLD_NOT_ALLOWED", "shop", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, yearEnd+1, clothing(500)))
	held := w.must("shop", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, yearEnd, clothing(500)))["id"]
	w.now = yearEnd
	w.refused("HOLD_NOT_OPEN", "shop", "payment:Capture", object{"request_id": w.id(), "payment": held, "lines": []rules.Line{clothing(1)}})
	w.refused("VOUCHER_EXPIRED", "shop", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, yearEnd+60, clothing(500)))
}

func TestWhoReleasesAHold(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	w.admitShop("rival", "clothing")
	release := func(payment string) object { return w.because(object{"payment": payment}) }
	one, two := w.held(h, clothing(1_000)), w.held(h, clothing(2_000))
	w.refused("NOT_YOURS", "rival", "payment:Release", release(one))
	for _, user := range []string{"clerk", "manager", "treasurer"} {
		w.refused("HOLD_LIVE", user, "payment:Release", release(one))
	}
	for state, payment := range map[string]string{"suspended": one, "ended": two} {
		w.putShop(state)
		answer := w.must("shop", "payment:Release", release(payment))
		if answer["state"] != "released" || answer["release_reason"] != "decided" || cents(t, answer["held_cents"]) == 0 {
			t.Fatal(answer)
		}
		if w.last.Event.GetEventName() != "PaymentReleased" {
			t.Fatal(w.last.Event)
		}
	}
	w.putShop("approved")
	w.refused("HOLD_NOT_OPEN", "shop", "payment:Release", release(one))
	w.refused("HOLD_NOT_OPEN", "clerk", "payment:Release", release(one))
	w.refused("HOLD_NOT_OPEN", "shop", "payment:Capture", w.capture(one, clothing(1)))
	w.refused("PAYMENT_NOT_FOUND", "shop", "payment:Release", release(w.id()))
	w.refused("PAYMENT_STATE", "shop", "payment:Cancel", w.because(object{"payment": one}))
	w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "available_cents": 10_000})
	for _, user := range []string{"clerk", "manager", "treasurer", "shop"} {
		expired := w.held(h, clothing(1_000))
		w.now += aDay
		w.must(user, "payment:Release", release(expired))
	}
	w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "available_cents": 10_000})
	w.checkMoney()
}

// A thief held everything and the holder blocked the voucher: neither the shop nor the calendar decides what becomes of the money.
func TestAnApproverReleasesWhatCannotBeCaptured(t *testing.T) {
	for name, stop := range map[string]func(w *town, h holder){
		"a block": func(w *town, h holder) { w.must("clerk", "voucher:Block", w.of(h)) },
		"a self-block": func(w *town, h holder) {
			w.must("shop", "voucher:SelfBlock", object{"request_id": w.id(), "scheme": w.scheme, "voucher": h.voucher, "code": selfBlockCode})
		},
		"a suspension": func(w *town, _ holder) { w.must("manager2", "shop:Suspend", w.aboutShop(object{"reason": "fraud"})) },
		"an end":       func(w *town, _ holder) { w.endShop(0) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			h := w.holderWithCode()
			held := w.held(h, clothing(8_000))
			release := func() object { return w.because(object{"payment": held}) }
			w.refused("HOLD_LIVE", "manager", "payment:Release", release())
			stop(w, h)
			for _, user := range []string{"clerk", "treasurer"} {
				w.refused("HOLD_LIVE", user, "payment:Release", release())
			}
			proposal := w.must("clerk", "voucher:ProposeRevocation", w.all(h.voucher))
			w.refused("HOLD_LIVE", "manager", "decision:Approve", w.onDecision(proposal["id"]))
			if answer := w.must("manager", "payment:Release", release()); answer["state"] != "released" {
				t.Fatal(answer)
			}
			w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "available_cents": 10_000})
			w.must("manager", "decision:Approve", w.onDecision(proposal["id"]))
			w.checkMoney()
		})
	}
}

func TestHoldersReleaseTheirHolds(t *testing.T) {
	w := newTown(t)
	h, other := w.holder(), w.holder()
	w.admitShop("rival", "clothing")
	held := w.held(h, clothing(3_000))
	signed := func() object { return h.release(w.id(), held, w.now+60) }
	for name, spoil := range map[string]func(object){
		"payment":  func(r object) { r["payment"] = w.held(h, clothing(100)) },
		"deadline": func(r object) { r["deadline"] = w.now + 61 },
		"request":  func(r object) { r["request_id"] = w.id() },
		"signer":   func(r object) { r["proof"] = other.release(r["request_id"].(string), held, w.now+60)["proof"] },
		"version":  func(r object) { r["proof"].(object)["version"] = 2 },
	} {
		request := signed()
		spoil(request)
		if _, code := w.send("rival", "payment:ReleaseByHolder", request); code != "HOLDER_PROOF_INVALID" {
			t.Errorf("%s: %q", name, code)
		}
	}
	bare := signed()
	delete(bare, "proof")
	w.refused("HOLDER_PROOF_MISSING", "rival", "payment:ReleaseByHolder", bare)
	w.refused("HOLDER_PROOF_EXPIRED", "rival", "payment:ReleaseByHolder", h.release(w.id(), held, w.now-1))
	w.refused("HOLDER_PROOF_EXPIRED", "rival", "payment:ReleaseByHolder", h.release(w.id(), held, w.now+901))
	w.refused("PAYMENT_NOT_FOUND", "rival", "payment:ReleaseByHolder", h.release(w.id(), w.id(), w.now+60))
	w.refused("ROLE_REQUIRED", "auditor", "payment:ReleaseByHolder", signed())
	w.must("clerk", "voucher:Block", w.of(h))
	once := signed()
	answer := w.must("rival", "payment:ReleaseByHolder", once)
	if len(answer) != 2 || answer["payment"] != held || answer["state"] != "released" || w.last.Event.GetEventName() != "PaymentReleased" {
		t.Fatal(answer)
	}
	w.must("rival", "payment:ReleaseByHolder", once)
	shown := w.must("shop", "payment:Show", object{"payment": held})
	if shown["state"] != "released" || shown["release_reason"] != "holder" {
		t.Fatal(shown)
	}
	// Somebody who cannot prove to be the holder does not learn that it was released.
	w.refused("HOLD_NOT_OPEN", "rival", "payment:ReleaseByHolder", signed())
	forged := signed()
	forged["proof"] = other.release(forged["request_id"].(string), held, w.now+60)["proof"]
	w.refused("HOLDER_PROOF_INVALID", "rival", "payment:ReleaseByHolder", forged)
	w.checkMoney()
}

// The shop has seen the page that the hold was agreed with, and no other till needs to see a page that can still pay.
func TestABookletReleasesAHoldWithTheSamePage(t *testing.T) {
	w := newTown(t)
	b := w.booklet()
	hold := func(page int) string {
		request := b.hold(page, w.id(), w.shop, w.now+60, w.now+aDay, clothing(500))
		return w.must("shop", "payment:Hold", request)["id"].(string)
	}
	held := hold(2)
	w.must("shop", "payment:Pay", b.pay(3, w.id(), w.shop, w.now+60, clothing(500)))
	for _, page := range []int{0, 1, 3, 4} {
		w.refused("HOLDER_PROOF_INVALID", "manager", "payment:ReleaseByHolder", b.release(page, w.id(), held, w.now+60))
	}
	w.must("manager", "payment:ReleaseByHolder", b.release(2, w.id(), held, w.now+60))
	if page := cents(t, w.shown(b.voucher)["authorisation"].(object)["last_page"]); page != 3 {
		t.Fatalf("page %d was used", page)
	}
	// What was agreed with a booklet that was replaced is for the shop or the municipality to release, or for the holder's new key.
	held = hold(4)
	next, request := holderOf(w.scheme, b.voucher, 1).replacement(w.id())
	w.must("clerk", "voucher:Replace", request)
	w.must("manager", "voucher:ApproveReplacement", w.decide(b.voucher, request))
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:ReleaseByHolder", b.release(4, w.id(), held, w.now+60))
	w.must("shop", "payment:ReleaseByHolder", next.release(w.id(), held, w.now+60))
	w.checkMoney()
}

func TestExpiredHoldsAreReleasedOnTheWay(t *testing.T) {
	for name, next := range map[string]func(w *town, h holder){
		"payment": func(w *town, h holder) { w.paid(h, clothing(8_000)) },
		"hold":    func(w *town, h holder) { w.held(h, clothing(8_000)) },
		"revoke":  func(w *town, h holder) { w.revoke(h.voucher) },
		"lapse": func(w *town, h holder) {
			w.now = yearEnd + 15*aDay
			w.must("clerk", "voucher:Lapse", w.all(h.voucher))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			h := w.holder()
			first, second := w.held(h, clothing(3_000)), w.held(h, books(2_000))
			w.now += aDay / 2
			live := w.held(h, clothing(1_000))
			w.now += aDay / 2
			allowance := w.must("auditor", "voucher:Allowance", object{"scheme": w.scheme, "voucher": h.voucher, "shop": w.shop})
			if cents(t, allowance["available_cents"]) != 9_000 || cents(t, allowance["categories"].(object)["books"]) != 4_000 {
				t.Fatal(allowance)
			}
			w.must("shop", "payment:Release", w.because(object{"payment": live}))
			next(w, h)
			event := decodeJSON(t, w.last.Event.GetPayload())
			want := []string{first, second}
			slices.Sort(want)
			var got []string
			for _, id := range event["released"].([]any) {
				got = append(got, id.(string))
			}
			if !slices.Equal(got, want) {
				t.Fatal(event)
			}
			for _, id := range want {
				shown := w.must("shop", "payment:Show", object{"payment": id})
				if shown["state"] != "released" || shown["release_reason"] != "expired" {
					t.Fatal(shown)
				}
			}
			if w.last.Exchanges > 5 {
				t.Errorf("%d exchanges", w.last.Exchanges)
			}
			w.checkMoney()
		})
	}
}

func TestCapturedHoldsAreCancelledAndRefunded(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	one, two := w.held(h, clothing(3_000)), w.held(h, clothing(2_000), books(1_000))
	w.now += aDay / 2 // still the same day
	w.must("shop", "payment:Capture", w.capture(one, clothing(2_000)))
	w.must("shop", "payment:Capture", w.capture(two, clothing(1_500), books(500)))
	w.refused("REFUND_EXCEEDS_PAYMENT", "shop", "payment:Refund", w.because(object{"payment": two, "lines": []rules.Line{books(501)}}))
	w.refused("REFUND_EXCEEDS_PAYMENT", "shop", "payment:Refund", w.because(object{"payment": two, "lines": []rules.Line{clothing(1_501)}}))
	w.must("shop", "payment:Refund", w.because(object{"payment": two, "lines": []rules.Line{books(500)}}))
	w.must("shop", "payment:Cancel", w.because(object{"payment": one}))
	w.terms(h.voucher, map[string]int64{
		"issued_cents": 10_000, "spent_cents": 4_000, "refunded_cents": 500, "cancelled_cents": 2_000, "available_cents": 8_500,
	})
	if day := w.shown(h.voucher)["day"].(object); cents(t, day["cents"]) != 2_000 {
		t.Fatal(day)
	}
	three := w.held(h, clothing(1_000))
	w.now += aDay - 1
	w.must("shop", "payment:Capture", w.capture(three, clothing(1_000)))
	w.closeToday()
	w.refused("CANCEL_TOO_LATE", "shop", "payment:Cancel", w.because(object{"payment": three}))
	w.checkMoney()
}

func TestAWithheldHoldOrCaptureFailsItsReadCheck(t *testing.T) {
	for name, act := range map[string]func(w *town, h holder, held string){
		"block": func(w *town, h holder, _ string) { w.must("clerk", "voucher:Block", w.of(h)) },
		"pause": func(w *town, _ holder, _ string) {
			w.must("manager", "scheme:Pause", w.because(object{"scheme": w.scheme}))
		},
		"a day": func(w *town, _ holder, _ string) { w.closeToday() },
		"a shop": func(w *town, _ holder, _ string) {
			w.must("manager", "shop:Suspend", w.because(object{"shop": w.shop}))
		},
		"release": func(w *town, _ holder, held string) {
			w.must("shop", "payment:Release", w.because(object{"payment": held}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			h := w.holder()
			held := w.held(h, clothing(1_000))
			hold := w.endorse("shop", "payment:Hold", string(encodeJSON(t, h.hold(w.id(), w.shop, w.now+60, w.now+aDay, clothing(500)))), nil)
			capture := w.endorse("shop", "payment:Capture", string(encodeJSON(t, w.capture(held, clothing(500)))), nil)
			act(w, h, held)
			if a, b := w.ledger.Commit(hold), w.ledger.Commit(capture); a != "MVCC_READ_CONFLICT" || b != "MVCC_READ_CONFLICT" {
				t.Fatal(a, b)
			}
			w.checkMoney()
		})
	}
}

func TestThePaymentNamesItsTill(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	for till, want := range map[string]any{"till-3": "till-3", "": nil, "Kassa 3": nil, "NL91ABNA0417164300": nil} {
		attributes := map[string]string{"kindpakket.role": "cashier", "kindpakket.person": "p-till", "kindpakket.shop": w.shop}
		if till != "" {
			attributes["kindpakket.till"] = till
		}
		w.users["till"] = creator(t, "WinkelsMSP", "till", attributes)
		paid := w.must("till", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(100)))
		held := w.must("till", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, w.now+60, clothing(100)))
		if paid["till"] != want || held["till"] != want {
			t.Errorf("%q: %v, %v", till, paid["till"], held["till"])
		}
	}
}

func TestPaymentsOfAScheme(t *testing.T) {
	w := newTown(t)
	first := w.scheme
	h := w.holder()
	var want []string
	for range 5 {
		want = append(want, w.paid(h, clothing(100)))
	}
	w.scheme = w.openScheme(schemeRules(), 100_000)
	other := w.paid(w.holder(), clothing(100))
	var found []string
	cursor := ""
	for {
		page := w.must("auditor", "payment:List", object{"scheme": first, "limit": 2, "cursor": cursor})
		for _, item := range page["items"].([]any) {
			found = append(found, item.(object)["id"].(string))
		}
		if cursor = page["next"].(string); cursor == "" {
			break
		}
	}
	slices.Sort(want)
	if !slices.Equal(found, want) || slices.Contains(found, other) {
		t.Fatal(found)
	}
	w.refused("ROLE_REQUIRED", "shop", "payment:List", object{"scheme": first})
	w.refused("ROLE_REQUIRED", "admin", "payment:List", object{"scheme": first})
	w.refused("INVALID_ID", "auditor", "payment:List", object{})
}
