package contract

import (
	"testing"

	"kindpakket.eu/chaincode/rules"
)

// boundAgain proposes the key of any holder for a voucher.
func (w *world) boundAgain(voucher string, version int, to holder) object {
	message := testDomain.ActivationMessage(rules.OperationReplace, to.scheme, voucher, rules.Number(version), to.authorisation(), "")
	proof := to.proof(message)
	proof["version"] = version
	return object{
		"request_id": w.id(), "scheme": to.scheme, "voucher": voucher, "authorisation": to.authorisation(), "proof": proof, "reason": "lost",
	}
}

func (w *town) activate(activations ...object) object {
	return object{"request_id": w.id(), "scheme": w.scheme, "activations": activations}
}

// activationOf binds any voucher to the booklet.
func (b booklet) activationOf(voucher string) object {
	message := testDomain.ActivationMessage(rules.OperationActivate, b.scheme, voucher, 1, b.authorisation(), "")
	return object{"voucher": voucher, "authorisation": b.authorisation(), "proof": b.proof(0, message)}
}

// The tills kept the seeds of a booklet's used pages: bound again, it would pay once more with them.
func TestABookletIsBoundOnce(t *testing.T) {
	w := newTown(t)
	b := w.booklet()
	w.must("shop", "payment:Pay", b.pay(3, w.id(), w.shop, w.now+60, clothing(500)))
	next, request := holderOf(w.scheme, b.voucher, 1).replacement(w.id())
	w.must("clerk", "voucher:Replace", request)
	w.must("manager", "voucher:ApproveReplacement", w.decide(b.voucher, request))

	// Back to the booklet that was replaced, also if it says to have another number of pages.
	for _, pages := range []rules.Number{5, 6} {
		old := b.authorisation()
		old.Pages = pages
		proof := b.proof(0, testDomain.ActivationMessage(rules.OperationReplace, w.scheme, b.voucher, 3, old, ""))
		proof["version"] = 3
		w.refused("AUTHORISATION_USED", "clerk", "voucher:Replace", w.because(object{
			"scheme": w.scheme, "voucher": b.voucher, "authorisation": old, "proof": proof,
		}))
	}
	// The booklet on another voucher, and the key that replaced it.
	id := w.issue(1)[0]
	w.refused("AUTHORISATION_USED", "manager", "voucher:Activate", w.activate(b.activationOf(id)))
	other := w.holder()
	w.refused("AUTHORISATION_USED", "clerk", "voucher:Replace", w.boundAgain(other.voucher, 2, next))
	w.refused("AUTHORISATION_USED", "clerk", "voucher:Replace", w.boundAgain(b.voucher, 3, other))
	if w.shown(other.voucher)["state"] != "active" {
		t.Fatal("a refused replacement blocked the voucher")
	}
	w.paid(next, clothing(500))
	w.checkMoney()
}

func TestAKeyIsBoundOnceWithinARequest(t *testing.T) {
	w := newTown(t)
	ids := w.issue(3)
	b := newBooklet(w.scheme, ids[0], 5)
	w.refused("AUTHORISATION_USED", "manager", "voucher:Activate", w.activate(newHolder(w.scheme, ids[2]).activation(), b.activation(), b.activationOf(ids[1])))
	for _, id := range ids {
		if w.shown(id)["state"] != "issued" {
			t.Fatal(w.shown(id))
		}
	}
	w.must("manager", "voucher:Activate", w.activate(b.activation()))
	record := decodeJSON(t, w.ledger.Value("bound/"+digestOf(b.authorisation())))
	if record["scheme"] != w.scheme || record["voucher"] != ids[0] || record["by"].(object)["operation"] != "voucher:Activate" {
		t.Fatal(record)
	}
}

func digestOf(authorisation rules.Authorisation) string { return authorisation.Digest() }

// Two replacements may wait with the same key: the first that is approved gets it. A rejected one was never bound.
func TestAProposedKeyIsNotYetBound(t *testing.T) {
	w := newTown(t)
	one, two := w.holder(), w.holder()
	next := holderOf(w.scheme, one.voucher, 7)
	first, second := w.boundAgain(one.voucher, 2, next), w.boundAgain(two.voucher, 2, next)
	for _, request := range []object{first, second} {
		w.must("clerk", "voucher:Replace", request)
	}
	w.must("clerk", "voucher:RejectReplacement", w.because(w.decide(two.voucher, second)))
	second = w.boundAgain(two.voucher, 2, next)
	w.must("clerk", "voucher:Replace", second)
	w.must("manager", "voucher:ApproveReplacement", w.decide(one.voucher, first))
	w.refused("AUTHORISATION_USED", "manager", "voucher:ApproveReplacement", w.decide(two.voucher, second))
}

// forget makes the ledger one on which bindings were not yet recorded.
func (w *town) forget() {
	for _, key := range w.ledger.Keys() {
		if len(key) == len("bound/")+64 {
			w.ledger.Put(key, nil)
		}
	}
}

func TestBindingsOfBeforeAreRecorded(t *testing.T) {
	w := newTown(t)
	b, h, issued := w.booklet(), w.holder(), w.issue(1)[0]
	next, request := h.replacement(w.id())
	w.must("clerk", "voucher:Replace", request)
	w.must("manager", "voucher:ApproveReplacement", w.decide(h.voucher, request))
	w.forget()

	// Without a record, the voucher's own key is refused all the same, and approving the next one records it.
	w.refused("AUTHORISATION_USED", "clerk", "voucher:Replace", w.boundAgain(h.voucher, 3, next))
	third := holderOf(w.scheme, h.voucher, 3)
	request = w.boundAgain(h.voucher, 3, third)
	w.must("clerk", "voucher:Replace", request)
	w.must("manager", "voucher:ApproveReplacement", w.decide(h.voucher, request))
	w.refused("AUTHORISATION_USED", "clerk", "voucher:Replace", w.boundAgain(h.voucher, 4, next))
	w.forget()

	record := func(vouchers ...object) object {
		return object{"request_id": w.id(), "scheme": w.scheme, "vouchers": vouchers}
	}
	every := []object{
		{"voucher": b.voucher}, {"voucher": issued},
		{"voucher": h.voucher, "earlier": []string{digestOf(h.authorisation()), digestOf(next.authorisation()), digestOf(h.authorisation())}},
	}
	for _, want := range []int64{4, 0} {
		answer := w.must("clerk", "voucher:RecordBindings", record(every...))
		if cents(t, answer["recorded"]) != want || len(answer["shared"].([]any)) != 0 || w.last.Event.GetEventName() != "BindingsRecorded" {
			t.Fatal(answer)
		}
	}
	w.refused("AUTHORISATION_USED", "manager", "voucher:Activate", w.activate(b.activationOf(issued)))
	w.refused("AUTHORISATION_USED", "clerk", "voucher:Replace", w.boundAgain(h.voucher, 4, h))

	// What two vouchers share is found.
	w.forget()
	w.must("manager", "voucher:Activate", w.activate(b.activationOf(issued)))
	w.ledger.Put("bound/"+digestOf(b.authorisation()), nil)
	answer := w.must("clerk", "voucher:RecordBindings", record(every...))
	if shared := answer["shared"].([]any); cents(t, answer["recorded"]) != 4 || len(shared) != 1 || shared[0] != issued {
		t.Fatal(answer)
	}
	w.refused("ROLE_REQUIRED", "manager", "voucher:RecordBindings", record(every...))
	w.refused("VOUCHER_NOT_FOUND", "clerk", "voucher:RecordBindings", record(object{"voucher": w.id()}))
	w.refused("MALFORMED_REQUEST", "clerk", "voucher:RecordBindings", record(every[0], every[0]))
	w.refused("INVALID_NUMBER", "clerk", "voucher:RecordBindings", record())
	w.refused("INVALID_ID", "clerk", "voucher:RecordBindings", record(object{"voucher": issued, "earlier": []string{w.id()}}))
	many := make([]string, 501)
	for i := range many {
		many[i] = digestOf(h.authorisation())
	}
	w.refused("INVALID_NUMBER", "clerk", "voucher:RecordBindings", record(object{"voucher": issued, "earlier": many}))
	w.must("clerk", "voucher:RecordBindings", record(object{"voucher": issued, "earlier": many[:500]}))
}
