package contract

import "testing"

// A preset may have any code, also that of the member that holds a signature elsewhere: its cents are agreed on all the same.
func TestAPresetNamedProofCountsIntoTheDigest(t *testing.T) {
	w := newWorld(t)
	w.initialise()
	id := w.id()
	draft := func(cents int) object {
		terms := schemeRules()
		terms["presets"] = object{"junior": 10_000, "proof": cents}
		return object{"request_id": id, "rules": terms, "budget_cents": 1_000_000}
	}
	w.must("clerk", "scheme:Draft", draft(5_000))
	w.must("clerk", "scheme:Draft", draft(5_000))
	w.refused("IDEMPOTENCY_CONFLICT", "clerk", "scheme:Draft", draft(9_000))
}

func TestNullIsNoMember(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	for _, member := range []string{"products", "settlement_cents", "ends_at", "retention_from"} {
		terms := schemeRules()
		terms[member] = nil
		w.refused("MALFORMED_REQUEST", "clerk", "scheme:Draft", object{"request_id": w.id(), "rules": terms, "budget_cents": 1_000_000})
	}
	for _, member := range []string{"page", "public_key", "path"} {
		request := h.pay(w.id(), w.shop, w.now+60, clothing(500))
		request["proof"].(object)[member] = nil
		w.refused("MALFORMED_REQUEST", "shop", "payment:Pay", request)
	}
	w.paid(h, clothing(500))
}
