package contract

import (
	"slices"
	"strings"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

func TestTheRulesThatCountForAVoucher(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	// Two persons gave the scheme a second version of the rules, without holds, and for all.
	rulesKey := "rules/" + w.scheme + "/00000"
	record := decodeJSON(t, w.ledger.Value(rulesKey+"1"))
	record["hold_days"], record["payment_cap_cents"], record["version"] = 0, 600, 2
	w.ledger.Put(rulesKey+"2", encodeJSON(t, record))
	scheme := decodeJSON(t, w.ledger.Value("scheme/"+w.scheme))
	scheme["rules_version"] = 2
	w.ledger.Put("scheme/"+w.scheme, encodeJSON(t, scheme))
	w.held(h, clothing(700))
	newer := w.holder()
	w.refused("HOLD_NOT_ALLOWED", "shop", "payment:Hold", newer.hold(w.id(), w.shop, w.now+60, w.now+60, clothing(500)))
	scheme["rules_floor"] = 2
	w.ledger.Put("scheme/"+w.scheme, encodeJSON(t, scheme))
	w.refused("HOLD_NOT_ALLOWED", "shop", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, w.now+60, clothing(500)))
	w.refused("PAYMENT_CAP_EXCEEDED", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(601)))
	allowance := w.must("auditor", "voucher:Allowance", object{"scheme": w.scheme, "voucher": h.voucher, "shop": w.shop})
	if cents(t, allowance["payment_cap_cents"]) != 600 || cents(t, allowance["hold_days"]) != 0 {
		t.Fatal(allowance)
	}
}

func (w *town) writtenInLayout1(voucher string) {
	w.t.Helper()
	for _, key := range []string{"scheme/" + w.scheme, "rules/" + w.scheme + "/000001", "budget/" + w.scheme, "day/" + w.scheme, "voucher/" + w.scheme + "/" + voucher} {
		record := decodeJSON(w.t, w.ledger.Value(key))
		delete(record, "by")
		delete(record, "v")
		w.ledger.Put(key, []byte(strings.Replace(string(encodeJSON(w.t, record)), "{", `{"v":1,`, 1)))
	}
}

func TestVouchersOfLayout1(t *testing.T) {
	w := newTown(t)
	h, idle := w.holder(), w.holder()
	w.writtenInLayout1(h.voucher)
	paid := w.paid(h, clothing(1_000))
	w.refused("HOLD_NOT_ALLOWED", "shop", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, w.now+60, clothing(500)))
	w.refused("INVALID_DATE", "manager", "voucher:Extend", w.because(object{"scheme": w.scheme, "vouchers": []string{h.voucher}, "ends_on": "2027-01-01"}))
	w.must("clerk", "voucher:TopUp", w.toppingUp(object{
		"voucher": h.voucher, "entitlement": w.id(), "preset": "junior", "units": 1,
	}))
	w.writtenInLayout1(idle.voucher)
	next, request := idle.replacement(w.id())
	w.must("clerk", "voucher:Replace", request)
	w.must("manager", "voucher:ApproveReplacement", w.decide(idle.voucher, request))
	w.paid(next, clothing(500))
	w.now = yearEnd
	refund := w.must("shop", "payment:Refund", w.because(object{"payment": paid, "lines": []rules.Line{clothing(300)}}))
	if refund["returned_to"] != "lapsed" {
		t.Fatal(refund)
	}
	w.must("clerk", "voucher:Lapse", w.all(h.voucher, idle.voucher))
	for _, voucher := range []string{h.voucher, idle.voucher} {
		if record := decodeJSON(t, w.ledger.Value("voucher/"+w.scheme+"/"+voucher)); cents(t, record["v"]) != 3 || record["state"] != "lapsed" {
			t.Fatal(record)
		}
	}
	w.checkMoney()
}

func TestNewMembersOfAVoucherAreLeftOutWhenEmpty(t *testing.T) {
	w := newTown(t)
	shown := w.shown(w.holder().voucher)
	for _, name := range []string{
		"held_by_category", "holds", "product", "redeemed", "grace_cents", "self_block", "replacement", "blocked_from", "blocked_by", "block_reason",
	} {
		if _, found := shown[name]; found {
			t.Errorf("%s is there: %v", name, shown[name])
		}
	}
	paid := w.must("shop", "payment:Show", object{"payment": w.paid(w.holder(), clothing(500))})
	for _, name := range []string{"till", "held_lines", "held_cents", "held_day", "expires_at", "captured_at", "release_reason", "cancel_reason"} {
		if _, found := paid[name]; found {
			t.Errorf("%s is there: %v", name, paid[name])
		}
	}
	if !slices.Equal(w.ledger.Value("payment/" + paid["id"].(string))[:11], []byte(`{"v":3,"by"`)) {
		t.Error("the record starts otherwise")
	}
}
