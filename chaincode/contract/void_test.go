package contract

import "testing"

func TestAVoidedRequestIsNeverCommitted(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	lost := h.pay(w.id(), w.shop, w.now+60, clothing(500))
	void := object{"request_id": w.id(), "void": lost["request_id"]}
	w.must("shop", "request:Void", void)
	w.must("shop", "request:Void", void)
	w.must("clerk", "request:Void", object{"request_id": w.id(), "void": lost["request_id"]})
	w.refused("REQUEST_VOID", "shop", "payment:Pay", lost)
	if shown := w.must("shop", "request:Show", object{"request": lost["request_id"]}); shown["state"] != "void" {
		t.Fatal(shown)
	}
	if shown := w.must("shop", "request:Show", object{"request": w.id()}); shown["state"] != "unknown" {
		t.Fatal(shown)
	}
}

func TestWhatWasCommittedCannotBeVoided(t *testing.T) {
	w := newTown(t)
	paid := w.paid(w.holder(), clothing(500))
	w.refused("REQUEST_COMMITTED", "shop", "request:Void", object{"request_id": w.id(), "void": paid})
	if shown := w.must("shop", "request:Show", object{"request": paid}); shown["state"] != "committed" || shown["operation"] != "payment:Pay" {
		t.Fatal(shown)
	}
	self := w.id()
	w.refused("INVALID_ID", "shop", "request:Void", object{"request_id": self, "void": self})
	w.refused("ROLE_REQUIRED", "auditor", "request:Void", object{"request_id": w.id(), "void": w.id()})
}

func TestARequestOnItsWayAndItsVoidingExcludeEachOther(t *testing.T) {
	for _, voidFirst := range []bool{true, false} {
		w := newTown(t)
		request := w.holder().pay(w.id(), w.shop, w.now+60, clothing(500))
		pay := w.endorse("shop", "payment:Pay", string(encodeJSON(t, request)), nil)
		void := w.endorse("shop", "request:Void", string(encodeJSON(t, object{"request_id": w.id(), "void": request["request_id"]})), nil)
		first, second := pay, void
		if voidFirst {
			first, second = void, pay
		}
		if code := w.ledger.Commit(first); code != "VALID" {
			t.Fatal(code)
		}
		if code := w.ledger.Commit(second); code != "MVCC_READ_CONFLICT" {
			t.Fatal(code)
		}
	}
}
