package contract

import (
	"slices"
	"strings"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

// town is a world in which a scheme is open and a shop is approved.
type town struct {
	*world
	scheme, shop string
}

func schemeRules() object {
	return object{
		"name": "kindpakket-2026", "starts_on": "2026-01-01", "ends_on": "2026-12-31",
		"presets":           object{"junior": 10_000, "senior": 15_000},
		"categories":        []object{{"code": "clothing"}, {"code": "books", "cap_cents": 4_000}, {"code": "sport"}},
		"payment_min_cents": 50, "payment_cap_cents": 8_000, "day_cap_cents": 9_000, "proofs": []string{"key", "booklet"},
		"paper_cap_cents": 2_500, "hold_days": 14, "extension_days": 90, "refund_grace_days": 14, "settlement_days": 1, "retention_days": 2_555,
	}
}

func account() object {
	return object{"account": object{
		"iban": "NL91ABNA0417164300", "holder": "Boekhandel De Tijd", "kvk": "12345678", "contact": "winkel@example.nl",
		"salt": strings.Repeat("5a", 16),
	}}
}

func (w *world) initialise() {
	w.t.Helper()
	w.must("manager", "organisations:Initialise", object{
		"request_id": w.id(), "municipality": "GemeenteMSP", "shops": []string{"WinkelsMSP"}, "auditors": []string{"AuditorMSP"},
	})
}

func (w *world) openScheme(terms object, budget int64) string {
	w.t.Helper()
	scheme := w.id()
	w.must("clerk", "scheme:Draft", object{"request_id": scheme, "rules": terms, "budget_cents": budget})
	w.must("manager", "scheme:Approve", object{"request_id": w.id(), "scheme": scheme})
	w.must("clerk", "scheme:Open", object{"request_id": w.id(), "scheme": scheme})
	return scheme
}

// admitShop enrols a till user of the name and takes the shop through its admission.
func (w *world) admitShop(user string, categories ...string) string {
	w.t.Helper()
	shop := w.id()
	w.enrol(user, "WinkelsMSP", "shopkeeper", "p-"+user, shop)
	w.must(user, "shop:Apply", object{"request_id": shop, "categories": categories}, account())
	var granted []object
	for _, code := range categories {
		granted = append(granted, object{"code": code, "from": "2026-01-01"})
	}
	w.must("manager", "shop:Approve", object{"request_id": w.id(), "shop": shop, "categories": granted})
	return shop
}

func newTown(t tester) *town {
	w := newWorld(t)
	w.initialise()
	return &town{world: w, scheme: w.openScheme(schemeRules(), 10_000_000), shop: w.admitShop("shop", "clothing", "books")}
}

func issuances(w *world, count int) (vouchers, cases []object) {
	for range count {
		id := w.id()
		vouchers = append(vouchers, object{"id": id, "entitlement": w.id(), "preset": "junior", "units": 1})
		cases = append(cases, object{"voucher": id, "case": "dossier 2026/" + id[:4], "salt": w.id()})
	}
	return vouchers, cases
}

// issue makes vouchers of 10,000 cents.
func (w *town) issue(count int) []string {
	w.t.Helper()
	vouchers, cases := issuances(w.world, count)
	w.must("clerk", "voucher:RecordCases", object{"request_id": w.id(), "scheme": w.scheme}, object{"cases": cases})
	w.must("clerk", "voucher:Issue", w.issuing(vouchers...))
	var ids []string
	for _, voucher := range vouchers {
		ids = append(ids, voucher["id"].(string))
	}
	return ids
}

// holder issues and activates one voucher that is bound to a key.
func (w *town) holder() holder {
	w.t.Helper()
	h := newHolder(w.scheme, w.issue(1)[0])
	w.must("manager", "voucher:Activate", object{"request_id": w.id(), "scheme": w.scheme, "activations": []object{h.activation()}})
	return h
}

func (w *town) booklet() booklet {
	w.t.Helper()
	b := newBooklet(w.scheme, w.issue(1)[0], 5)
	w.must("manager", "voucher:Activate", object{"request_id": w.id(), "scheme": w.scheme, "activations": []object{b.activation()}})
	return b
}

func (w *town) paid(h holder, lines ...rules.Line) string {
	w.t.Helper()
	request := h.pay(w.id(), w.shop, w.now+300, lines...)
	return w.must("shop", "payment:Pay", request)["id"].(string)
}

func clothing(cents rules.Cents) rules.Line { return rules.Line{Category: "clothing", Cents: cents} }
func books(cents rules.Cents) rules.Line    { return rules.Line{Category: "books", Cents: cents} }

func TestOneDayOfTheKindpakket(t *testing.T) {
	w := newTown(t)
	ids := w.issue(500)
	budget := w.must("auditor", "scheme:Show", object{"scheme": w.scheme})["budget"].(object)
	if cents(t, budget["issued_cents"]) != 5_000_000 || cents(t, budget["unallocated_cents"]) != 5_000_000 {
		t.Fatalf("the budget after issuing: %v", budget)
	}

	h, b := newHolder(w.scheme, ids[0]), newBooklet(w.scheme, ids[1], 5)
	w.must("manager", "voucher:Activate", object{
		"request_id": w.id(), "scheme": w.scheme, "activations": []object{h.activation(), b.activation()},
	})
	allowance := w.must("auditor", "voucher:Allowance", object{"scheme": w.scheme, "voucher": ids[0], "shop": w.shop})
	payable := allowance["categories"].(object)
	if cents(t, payable["clothing"]) != 8_000 || cents(t, payable["books"]) != 4_000 || len(payable) != 2 {
		t.Fatalf("the allowance: %v", allowance)
	}

	first := w.paid(h, clothing(3_000), books(1_000))
	second := w.paid(h, books(500))
	w.must("shop", "payment:Pay", b.pay(2, w.id(), w.shop, w.now+900, clothing(2_000)))
	w.refused("HOLDER_PROOF_INVALID", "shop", "payment:Pay", b.pay(1, w.id(), w.shop, w.now+900, clothing(2_000)))

	w.must("shop", "payment:Cancel", object{"request_id": w.id(), "payment": second, "reason": "wrong-item"})
	w.must("shop", "payment:Refund", object{
		"request_id": w.id(), "payment": first, "reason": "returned", "lines": []rules.Line{books(400)},
	})
	voucher := w.must("clerk", "voucher:Show", object{"scheme": w.scheme, "voucher": ids[0]})
	if cents(t, voucher["available_cents"]) != 6_400 || cents(t, voucher["cancelled_cents"]) != 500 {
		t.Fatalf("the voucher after a payment of 4000, a cancelled one and a refund of 400: %v", voucher)
	}

	open := w.must("shop", "payment:Unsettled", object{"scheme": w.scheme, "shop": w.shop})
	if items := open["items"].([]any); len(items) != 3 || open["next"] != "" {
		t.Fatalf("the open items: %v", open)
	}
	w.refused("NOTHING_TO_SETTLE", "clerk", "settlement:Draft", object{"request_id": w.id(), "scheme": w.scheme, "shop": w.shop})
	w.must("treasurer", "scheme:CloseDay", object{"request_id": w.id(), "scheme": w.scheme, "day": "2026-03-10"})
	w.refused("CANCEL_TOO_LATE", "shop", "payment:Cancel", object{"request_id": w.id(), "payment": voucherPayment(t, w), "reason": "late"})

	settlement := w.id()
	drafted := w.must("clerk", "settlement:Draft", object{"request_id": settlement, "scheme": w.scheme, "shop": w.shop})
	if cents(t, drafted["cents"]) != 5_600 || drafted["more"] != false || drafted["through"] != "2026-03-10" {
		t.Fatalf("the settlement: %v", drafted)
	}
	step := func() object { return object{"request_id": w.id(), "scheme": w.scheme, "settlement": settlement} }
	w.must("manager", "settlement:Approve", step())
	w.must("treasurer", "settlement:Export", object{
		"request_id": w.id(), "scheme": w.scheme, "settlements": []string{settlement}, "file_sha256": strings.Repeat("0f", 32),
	})
	booked := step()
	booked["outcome"], booked["reason"] = "paid", "accepted"
	if answer := w.must("treasurer", "settlement:Book", booked); answer["state"] != "paid" {
		t.Fatalf("the booked settlement: %v", answer)
	}
	returned := step()
	returned["outcome"], returned["reason"] = "returned", "account-closed"
	w.must("treasurer", "settlement:Book", returned)
	open = w.must("shop", "payment:Unsettled", object{"scheme": w.scheme, "shop": w.shop})
	if items := open["items"].([]any); len(items) != 3 {
		t.Fatalf("a returned settlement opens its items again: %v", open)
	}

	after := w.paid(h, clothing(100))
	if shown := w.must("auditor", "payment:Show", object{"payment": after}); shown["day"] != "2026-03-11" {
		t.Fatalf("a payment after the day was closed: %v", shown)
	}
	w.checkMoney()
}

// voucherPayment finds the payment of the booklet, the only one that is still paid in full.
func voucherPayment(t *testing.T, w *town) string {
	t.Helper()
	for _, key := range w.ledger.Keys() {
		if id, found := strings.CutPrefix(key, "payment/"); found && decodeJSON(t, w.ledger.Value(key))["state"] == "paid" {
			return id
		}
	}
	t.Fatal("no payment is paid in full")
	return ""
}

// checkMoney verifies the equations of the design over the whole ledger.
func (w *town) checkMoney() {
	w.t.Helper()
	cursor := ""
	sums := map[string]int64{}
	for {
		total := w.must("auditor", "audit:Totals", object{"scheme": w.scheme, "cursor": cursor, "limit": 7})
		for name, value := range total {
			if name != "next" {
				sums[name] += cents(w.t, value)
			}
		}
		if cursor = total["next"].(string); cursor == "" {
			break
		}
	}
	given := sums["issued_cents"] + sums["topped_up_cents"]
	used := sums["spent_cents"] - sums["refunded_cents"] - sums["cancelled_cents"] + sums["held_cents"] + sums["available_cents"] +
		sums["lapsed_cents"] + sums["revoked_cents"]
	if given != used {
		w.t.Fatalf("vouchers were given %d and hold %d cents", given, used)
	}
	budget := w.must("auditor", "scheme:Show", object{"scheme": w.scheme})["budget"].(object)
	for _, name := range []string{"issued_cents", "topped_up_cents", "lapsed_cents", "revoked_cents"} {
		if cents(w.t, budget[name]) != sums[name] {
			w.t.Fatalf("%s: the budget says %v, the vouchers %d", name, budget[name], sums[name])
		}
	}
	allocated, owed := int64(0), int64(0)
	for _, key := range w.ledger.Keys() {
		switch record := w.ledger.Value(key); {
		case strings.HasPrefix(key, "allocation/"+w.scheme):
			if allocation := decodeJSON(w.t, record); allocation["state"] == "approved" {
				allocated += cents(w.t, allocation["cents"]) - cents(w.t, allocation["used_cents"])
			}
		case strings.HasPrefix(key, "unsettled/"):
			owed += cents(w.t, decodeJSON(w.t, record)["cents"])
		case strings.HasPrefix(key, "settlement/"):
			settlement := decodeJSON(w.t, record)
			if slices.Contains([]any{"drafted", "approved", "exported", "paid", "claimed", "collected", "written-off", "netted"}, settlement["state"]) {
				owed += cents(w.t, settlement["cents"])
			}
			if received, known := settlement["collected_cents"]; known && settlement["state"] == "reopened" {
				owed -= cents(w.t, received)
			}
		}
	}
	if cents(w.t, budget["allocated_cents"]) != allocated {
		w.t.Fatalf("the allocations reserve %d cents: %v", allocated, budget)
	}
	if left := cents(w.t, budget["unallocated_cents"]); cents(w.t, budget["budget_cents"]) != given-sums["lapsed_cents"]-sums["revoked_cents"]+allocated+left {
		w.t.Fatalf("the budget does not add up: %v", budget)
	}
	if net := sums["spent_cents"] - sums["refunded_cents"] - sums["cancelled_cents"]; net != owed {
		w.t.Fatalf("the shops earned %d cents, and %d are settled or open", net, owed)
	}
}
