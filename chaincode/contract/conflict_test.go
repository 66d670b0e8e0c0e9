package contract

import (
	"testing"

	"kindpakket.eu/chaincode/internal/fakeledger"
	"kindpakket.eu/chaincode/rules"
)

const manyVouchers = 200

// many issues and activates vouchers in bulk.
func (w *town) many(count int) (holders []holder) {
	w.t.Helper()
	var activations []object
	for _, id := range w.issue(count) {
		h := newHolder(w.scheme, id)
		holders, activations = append(holders, h), append(activations, h.activation())
	}
	w.must("manager", "voucher:Activate", object{"request_id": w.id(), "scheme": w.scheme, "activations": activations})
	return holders
}

// atOnce endorses a request of each holder before any of them commits, and demands that all of them are valid.
func (w *town) atOnce(name string, holders []holder, request func(int, holder) object) {
	w.t.Helper()
	var endorsed []*fakeledger.Simulation
	for i, h := range holders {
		s := w.endorse("shop", name, string(encodeJSON(w.t, request(i, h))), nil)
		if s.Response.GetStatus() != 200 {
			w.t.Fatal(s.Response.GetMessage())
		}
		endorsed = append(endorsed, s)
	}
	for i, s := range endorsed {
		if code := w.ledger.Commit(s); code != "VALID" {
			w.t.Fatalf("%s %d of %d: %s", name, i, len(endorsed), code)
		}
	}
}

func TestPaymentsOfManyVouchersAtOneShopNeverConflict(t *testing.T) {
	w := newTown(t)
	holders := w.many(manyVouchers)
	payments := make([]string, len(holders))
	w.atOnce("payment:Pay", holders, func(i int, h holder) object {
		payments[i] = w.id()
		return h.pay(payments[i], w.shop, w.now+300, clothing(1_000), books(500))
	})
	w.atOnce("payment:Refund", holders, func(i int, _ holder) object {
		return w.because(object{"payment": payments[i], "lines": []rules.Line{books(100)}})
	})
	w.atOnce("payment:Pay", holders, func(i int, h holder) object {
		payments[i] = w.id()
		return h.pay(payments[i], w.shop, w.now+300, clothing(200))
	})
	w.atOnce("payment:Cancel", holders, func(i int, _ holder) object { return w.because(object{"payment": payments[i]}) })
	w.checkMoney()
}

func TestHoldsOfManyVouchersAtOneShopNeverConflict(t *testing.T) {
	w := newTown(t)
	holders := w.many(manyVouchers)
	holds := make([]string, len(holders))
	hold := func(i int, h holder) object {
		holds[i] = w.id()
		return h.hold(holds[i], w.shop, w.now+300, w.now+aDay, clothing(1_000))
	}
	w.atOnce("payment:Hold", holders, hold)
	w.atOnce("payment:CapturePart", holders, func(i int, _ holder) object { return w.part(holds[i], clothing(50)) })
	w.atOnce("payment:Capture", holders, func(i int, _ holder) object { return w.capture(holds[i], clothing(900)) })
	w.atOnce("payment:Hold", holders, hold)
	w.atOnce("payment:Release", holders, func(i int, _ holder) object { return w.because(object{"payment": holds[i]}) })
	w.atOnce("payment:Hold", holders, hold)
	w.now += aDay
	w.atOnce("payment:Pay", holders, func(_ int, h holder) object { return h.pay(w.id(), w.shop, w.now+300, clothing(1_000)) })
	w.checkMoney()
}

func TestVouchersChangeWhileOthersPay(t *testing.T) {
	w := newTown(t)
	holders := w.many(manyVouchers)
	other := w.holder()
	text := func(request object) string { return string(encodeJSON(t, request)) }
	topUp := w.endorse("clerk", "voucher:TopUp", text(w.toppingUp(object{
		"voucher": other.voucher, "entitlement": w.id(), "preset": "junior", "units": 1,
	})), nil)
	w.atOnce("payment:Pay", holders, func(_ int, h holder) object { return h.pay(w.id(), w.shop, w.now+300, clothing(1_000)) })
	w.must("clerk", "voucher:Block", w.of(holders[0]))
	revoke := w.endorse("manager", "voucher:Revoke", text(w.all(holders[0].voucher)), nil)
	w.atOnce("payment:Pay", holders[1:], func(_ int, h holder) object { return h.pay(w.id(), w.shop, w.now+300, clothing(1_000)) })
	if a, b := w.ledger.Commit(topUp), w.ledger.Commit(revoke); a != "VALID" || b != "MVCC_READ_CONFLICT" {
		t.Fatal(a, b) // both change the budget
	}
	w.checkMoney()
}

func TestAPaymentAndARevocationExcludeEachOther(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	pay := w.endorse("shop", "payment:Pay", string(encodeJSON(t, h.pay(w.id(), w.shop, w.now+60, clothing(500)))), nil)
	w.revoke(h.voucher)
	if code := w.ledger.Commit(pay); code != "MVCC_READ_CONFLICT" {
		t.Fatal(code)
	}
	w.checkMoney()
}
