package contract

import (
	"maps"

	"kindpakket.eu/chaincode/rules"
)

const (
	yearEnd = 1_798_758_000 // 2027-01-01 00:00 in Amsterdam, the end of the test scheme's vouchers
	aDay    = 86_400

	selfBlockCode = "5e1fb10c5e1fb10c5e1fb10c5e1fb10c"
)

func (h holder) selfBlock() string {
	return testDomain.SelfBlockHash(h.scheme, h.voucher, selfBlockCode)
}

// activationWithCode binds the voucher to the holder's key, with a self-block code.
func (h holder) activationWithCode() object {
	message := testDomain.ActivationMessage(rules.OperationActivate, h.scheme, h.voucher, 1, h.authorisation(), h.selfBlock())
	return object{"voucher": h.voucher, "authorisation": h.authorisation(), "self_block": h.selfBlock(), "proof": h.proof(message)}
}

func (h holder) hold(request, shop string, deadline, expiresAt int64, lines ...rules.Line) object {
	message := testDomain.HoldMessage(
		h.scheme, h.voucher, rules.Number(h.version), request, shop, rules.Number(deadline), rules.Number(expiresAt), lines,
	)
	return object{
		"request_id": request, "scheme": h.scheme, "voucher": h.voucher, "shop": shop, "lines": lines,
		"deadline": deadline, "expires_at": expiresAt, "proof": h.proof(message),
	}
}

// ask shows the voucher to a shop.
func (h holder) ask(shop string, deadline int64) object {
	message := testDomain.AllowanceMessage(h.scheme, h.voucher, rules.Number(h.version), shop, rules.Number(deadline))
	return object{"scheme": h.scheme, "voucher": h.voucher, "shop": shop, "deadline": deadline, "proof": h.proof(message)}
}

// release lets go of a hold.
func (h holder) release(request, payment string, deadline int64) object {
	message := testDomain.ReleaseMessage(h.scheme, h.voucher, rules.Number(h.version), request, payment, rules.Number(deadline))
	return object{"request_id": request, "payment": payment, "deadline": deadline, "proof": h.proof(message)}
}

// replacement binds the holder's voucher to the key of its next version.
func (h holder) replacement(request string) (holder, object) {
	next := holderOf(h.scheme, h.voucher, h.version+1)
	message := testDomain.ActivationMessage(
		rules.OperationReplace, h.scheme, h.voucher, rules.Number(next.version), next.authorisation(), next.selfBlock(),
	)
	return next, object{
		"request_id": request, "scheme": h.scheme, "voucher": h.voucher, "reason": "lost",
		"authorisation": next.authorisation(), "self_block": next.selfBlock(), "proof": next.proof(message),
	}
}

// held holds money for the town's shop for a day.
func (w *town) held(h holder, lines ...rules.Line) string {
	w.t.Helper()
	request := h.hold(w.id(), w.shop, w.now+300, w.now+aDay, lines...)
	return w.must("shop", "payment:Hold", request)["id"].(string)
}

func (w *town) capture(payment string, lines ...rules.Line) object {
	return object{"request_id": w.id(), "payment": payment, "lines": lines}
}

// because gives a request of members and a reason.
func (w *town) because(members object) object {
	request := object{"request_id": w.id(), "reason": "decided"}
	maps.Copy(request, members)
	return request
}

// of gives a request about one voucher.
func (w *town) of(h holder) object {
	return w.because(object{"scheme": w.scheme, "voucher": h.voucher})
}

// all gives a request about many vouchers.
func (w *town) all(vouchers ...string) object {
	return w.because(object{"scheme": w.scheme, "vouchers": vouchers})
}

// shown gives a voucher as the auditor sees it.
func (w *town) shown(voucher string) object {
	w.t.Helper()
	return w.must("auditor", "voucher:Show", object{"scheme": w.scheme, "voucher": voucher})
}

// terms checks terms of a voucher; what is left out has to be 0.
func (w *town) terms(voucher string, want map[string]int64) {
	w.t.Helper()
	found := w.shown(voucher)
	for _, name := range []string{
		"issued_cents", "topped_up_cents", "spent_cents", "refunded_cents", "cancelled_cents", "held_cents", "available_cents", "lapsed_cents", "revoked_cents",
	} {
		if got := cents(w.t, found[name]); got != want[name] {
			w.t.Fatalf("%s is %d and not %d: %v", name, got, want[name], found)
		}
	}
}

// product issues and activates a voucher for a bicycle of at most 20,000 cents, in a scheme of its own that has them.
func (w *town) product() holder {
	w.t.Helper()
	terms := schemeRules()
	terms["products"] = object{"bicycle": object{"category": "books", "max_cents": 20_000}}
	w.scheme = w.openScheme(terms, 1_000_000)
	vouchers, cases := issuances(w.world, 1)
	vouchers[0]["preset"] = "bicycle"
	w.must("clerk", "voucher:RecordCases", object{"request_id": w.id(), "scheme": w.scheme}, object{"cases": cases})
	w.must("clerk", "voucher:Issue", w.issuing(vouchers...))
	h := newHolder(w.scheme, vouchers[0]["id"].(string))
	w.must("manager", "voucher:Activate", object{"request_id": w.id(), "scheme": w.scheme, "activations": []object{h.activation()}})
	return h
}

// putScheme puts the town's scheme into a state behind the chaincode's back.
func (w *town) putScheme(state string) {
	w.t.Helper()
	key := "scheme/" + w.scheme
	record := decodeJSON(w.t, w.ledger.Value(key))
	record["state"] = state
	w.ledger.Put(key, encodeJSON(w.t, record))
}

// putShop puts the town's shop into a state behind the chaincode's back.
func (w *town) putShop(state string) {
	w.t.Helper()
	key := "shop/" + w.shop
	record := decodeJSON(w.t, w.ledger.Value(key))
	record["state"] = state
	w.ledger.Put(key, encodeJSON(w.t, record))
}
