package contract

import (
	"maps"
	"slices"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

// part is a request for a part of a hold.
func (w *town) part(hold string, lines ...rules.Line) object {
	return object{"request_id": w.id(), "hold": hold, "lines": lines}
}

func TestAHoldIsCapturedInParts(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	held := w.held(h, clothing(3_000), books(1_000))
	w.now += aDay / 4
	first := w.must("shop", "payment:CapturePart", w.part(held, clothing(1_000), books(1_000)))
	if first["state"] != "paid" || first["hold"] != held || cents(t, first["cents"]) != 2_000 || first["day"] != "2026-03-10" || first["held_day"] != "2026-03-10" ||
		cents(t, first["at"]) != w.now || first["captured_at"] != nil || first["held_lines"] != nil || first["expires_at"] != nil {
		t.Fatal(first)
	}
	if event := decodeJSON(t, w.last.Event.GetPayload()); w.last.Event.GetEventName() != "PaymentPartCaptured" || event["payment"] != first["id"] ||
		event["hold"] != held || cents(t, event["cents"]) != 2_000 || event["day"] != "2026-03-10" {
		t.Fatal(event)
	}
	if len(w.last.Writes) != 5 {
		t.Fatal(slices.Sorted(maps.Keys(w.last.Writes)))
	}
	w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "spent_cents": 2_000, "held_cents": 2_000, "available_cents": 6_000})
	hold := w.must("shop", "payment:Show", object{"payment": held})
	if captured := hold["captured"].(object); hold["state"] != "held" || cents(t, captured["clothing"]) != 1_000 || cents(t, captured["books"]) != 1_000 ||
		cents(t, hold["held_cents"]) != 4_000 || cents(t, hold["cents"]) != 0 || hold["day"] != "" {
		t.Fatal(hold)
	}
	if shown := w.shown(h.voucher); cents(t, shown["holds"].(object)[held].(object)["cents"]) != 2_000 || cents(t, shown["day"].(object)["cents"]) != 4_000 ||
		shown["held_by_category"].(object)["books"] != nil {
		t.Fatal(shown)
	}
	w.checkMoney()

	// Each part is an item of its own day, and the hold is found where it was.
	w.closeToday()
	second := w.must("shop", "payment:CapturePart", w.part(held, clothing(500)))
	if second["day"] != "2026-03-11" || second["held_day"] != "2026-03-10" {
		t.Fatal(second)
	}
	ofDay := func(day string) (ids []any) {
		for _, entry := range w.must("shop", "payment:OfDay", object{"scheme": w.scheme, "shop": w.shop, "day": day})["items"].([]any) {
			ids = append(ids, entry.(object)["payment"].(object)["id"])
		}
		return ids
	}
	if one, two := ofDay("2026-03-10"), ofDay("2026-03-11"); !slices.Equal(one, []any{held, first["id"]}) || !slices.Equal(two, []any{second["id"]}) {
		t.Fatal(one, two)
	}
	holds := w.must("shop", "payment:Holds", object{"scheme": w.scheme, "shop": w.shop})["items"].([]any)
	if len(holds) != 1 || holds[0].(object)["id"] != held {
		t.Fatal(holds)
	}
	settled := w.must("shop", "settlement:Draft", w.draft())
	if cents(t, settled["cents"]) != 2_000 {
		t.Fatal(settled)
	}

	// The rest is captured as any hold is.
	last := w.must("shop", "payment:Capture", w.capture(held, clothing(1_400)))
	if last["id"] != held || cents(t, last["cents"]) != 1_400 || cents(t, last["held_cents"]) != 4_000 || cents(t, last["captured"].(object)["clothing"]) != 1_500 {
		t.Fatal(last)
	}
	w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "spent_cents": 3_900, "available_cents": 6_100})
	if shown := w.shown(h.voucher); shown["holds"] != nil || shown["held_by_category"] != nil || cents(t, shown["day"].(object)["cents"]) != 3_900 {
		t.Fatal(shown)
	}
	w.checkMoney()
	w.checkFound()
}

// Refunds and cancellations act on a part as on any payment, and releases on what the parts left.
func TestPartsAreCancelledAndRefundedAndTheRestIsReleased(t *testing.T) {
	for name, release := range map[string]func(w *town, h holder, held string){
		"by the shop": func(w *town, _ holder, held string) {
			w.must("shop", "payment:Release", w.because(object{"payment": held}))
		},
		"by the holder": func(w *town, h holder, held string) {
			w.must("shop", "payment:ReleaseByHolder", h.release(w.id(), held, w.now+60))
		},
		"on expiry": func(w *town, h holder, _ string) {
			w.now += aDay
			w.paid(h, clothing(50))
		},
		"by an approver": func(w *town, h holder, held string) {
			w.must("clerk", "voucher:Block", w.of(h))
			w.refused("VOUCHER_BLOCKED", "shop", "payment:CapturePart", w.part(held, clothing(1)))
			w.must("manager", "payment:Release", w.because(object{"payment": held}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			h := w.holder()
			held := w.held(h, clothing(3_000))
			one := w.must("shop", "payment:CapturePart", w.part(held, clothing(1_000)))["id"].(string)
			two := w.must("shop", "payment:CapturePart", w.part(held, clothing(600)))["id"].(string)
			w.must("shop", "payment:Refund", w.refundOf(one, clothing(400)))
			w.refused("REFUND_EXCEEDS_PAYMENT", "shop", "payment:Refund", w.refundOf(one, clothing(601)))
			w.must("shop", "payment:Cancel", w.because(object{"payment": two}))
			w.refused("PAYMENT_STATE", "shop", "payment:Cancel", w.because(object{"payment": held}))
			w.refused("PAYMENT_STATE", "shop", "payment:Refund", w.refundOf(held, clothing(1)))
			w.terms(h.voucher, map[string]int64{
				"issued_cents": 10_000, "spent_cents": 1_600, "refunded_cents": 400, "cancelled_cents": 600, "held_cents": 1_400, "available_cents": 8_000,
			})
			if day := w.shown(h.voucher)["day"].(object); cents(t, day["cents"]) != 2_400 {
				t.Fatal(day)
			}
			release(w, h, held)
			event := decodeJSON(t, w.last.Event.GetPayload())
			if w.last.Event.GetEventName() == "PaymentReleased" && cents(t, event["cents"]) != 1_400 {
				t.Fatal(event)
			}
			shown := w.must("shop", "payment:Show", object{"payment": held})
			if shown["state"] != "released" || cents(t, shown["captured"].(object)["clothing"]) != 1_600 {
				t.Fatal(shown)
			}
			if balance := w.shown(h.voucher); cents(t, balance["held_cents"]) != 0 || balance["holds"] != nil {
				t.Fatal(balance)
			}
			w.refused("HOLD_NOT_OPEN", "shop", "payment:CapturePart", w.part(held, clothing(1)))
			w.checkMoney()
			w.checkFound()
		})
	}
}

func TestPartsAreRefusedAsCapturesAre(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	w.admitShop("rival", "clothing", "books")
	held := w.held(h, clothing(1_000))
	w.refused("PAYMENT_NOT_FOUND", "shop", "payment:CapturePart", w.part(w.id(), clothing(1)))
	w.refused("NOT_YOURS", "rival", "payment:CapturePart", w.part(held, clothing(1)))
	w.refused("ROLE_REQUIRED", "clerk", "payment:CapturePart", w.part(held, clothing(1)))
	w.refused("INVALID_ID", "shop", "payment:CapturePart", w.part("no id", clothing(1)))
	w.refused("INVALID_NUMBER", "shop", "payment:CapturePart", w.part(held))
	w.refused("INVALID_AMOUNT", "shop", "payment:CapturePart", w.part(held, clothing(0)))
	w.refused("HOLD_EXCEEDED", "shop", "payment:CapturePart", w.part(held, clothing(1_001)))
	w.refused("HOLD_EXCEEDED", "shop", "payment:CapturePart", w.part(held, books(1)))
	w.refused("PART_NOT_ALLOWED", "shop", "payment:CapturePart", w.part(held, clothing(1_000)))
	w.refused("HOLD_NOT_OPEN", "shop", "payment:CapturePart", w.part(w.paid(h, clothing(500)), clothing(100)))
	for _, state := range []string{"suspended", "ended", "applied"} {
		w.putShop(state)
		w.refused("SHOP_NOT_APPROVED", "shop", "payment:CapturePart", w.part(held, clothing(1)))
	}
	w.putShop("approved")
	w.putScheme("paused")
	w.refused("SCHEME_NOT_OPEN", "shop", "payment:CapturePart", w.part(held, clothing(1)))
	w.putScheme("open")
	w.now += aDay
	w.refused("HOLD_NOT_OPEN", "shop", "payment:CapturePart", w.part(held, clothing(1)))
	w.now--
	w.must("clerk", "voucher:Block", w.of(h))
	w.refused("VOUCHER_BLOCKED", "shop", "payment:CapturePart", w.part(held, clothing(1)))
	w.must("manager", "voucher:Unblock", w.of(h))
	w.putScheme("closed")
	once := w.part(held, clothing(400))
	w.must("shop", "payment:CapturePart", once)
	w.must("shop", "payment:CapturePart", once)
	once["lines"] = []rules.Line{clothing(401)}
	w.refused("IDEMPOTENCY_CONFLICT", "shop", "payment:CapturePart", once)
	w.refused("PART_NOT_ALLOWED", "shop", "payment:CapturePart", w.part(held, clothing(600)))
	w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "spent_cents": 900, "held_cents": 600, "available_cents": 8_500})
	w.checkMoney()
}

func TestAProductIsNotCapturedInParts(t *testing.T) {
	w := newTown(t)
	held := w.held(w.product(), books(18_000))
	w.refused("PART_NOT_ALLOWED", "shop", "payment:CapturePart", w.part(held, books(400)))
	w.must("shop", "payment:Capture", w.capture(held, books(17_500)))
	w.checkMoney()
}

// A part names the till that asked for it and has a receipt of its own; that of the hold stays.
func TestAPartHasAReceiptAndATill(t *testing.T) {
	w := hostedTown(t)
	h := w.holder()
	w.must("shop", "shop:Mandate", w.mandate("p-acquirer"))
	request := h.hold(w.id(), w.shop, w.now+60, w.now+aDay, clothing(900))
	request["receipt"] = idOf("order") + idOf("order")
	held := w.must("acquirer", "payment:Hold", request)["id"].(string)
	request = w.part(held, clothing(300))
	request["receipt"], request["till"] = idOf("part")+idOf("part"), "kassa-2"
	part := w.must("acquirer", "payment:CapturePart", request)
	bare := w.must("shop", "payment:CapturePart", w.part(held, clothing(300)))
	hold := w.must("shop", "payment:Show", object{"payment": held})
	if part["receipt"] != request["receipt"] || part["till"] != "kassa-2" || bare["receipt"] != nil || hold["receipt"] != idOf("order")+idOf("order") {
		t.Fatal(part, bare, hold)
	}
	w.must("shop", "shop:WithdrawMandate", w.mandate("p-acquirer"))
	w.refused("NOT_YOURS", "acquirer", "payment:CapturePart", w.part(held, clothing(100)))
	w.refused("INVALID_CODE", "shop", "payment:CapturePart", object{"request_id": w.id(), "hold": held, "lines": []rules.Line{clothing(1)}, "till": "kassa-2"})
	w.checkMoney()
}

// What is left of a live hold keeps a voucher from being revoked, as a whole one does.
func TestAPartlyCapturedHoldIsLive(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	held := w.held(h, clothing(1_000))
	part := w.must("shop", "payment:CapturePart", w.part(held, clothing(400)))["id"].(string)
	proposal := w.must("clerk", "voucher:ProposeRevocation", w.all(h.voucher))
	w.refused("HOLD_LIVE", "manager", "decision:Approve", w.onDecision(proposal["id"]))
	w.must("shop", "payment:Release", w.because(object{"payment": held}))
	w.must("manager", "decision:Approve", w.onDecision(proposal["id"]))
	refund := w.must("shop", "payment:Refund", w.refundOf(part, clothing(400)))
	if refund["returned_to"] != "revoked" {
		t.Fatal(refund)
	}
	w.checkMoney()
}
