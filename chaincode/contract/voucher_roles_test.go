package contract

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// voucherWrites gives a well-formed request of each write of vouchers and holds, which only its caller's role can stop, and who may
// send it.
func voucherWrites(w *town) map[string]struct {
	request object
	users   []string
} {
	type write = struct {
		request object
		users   []string
	}
	h := newHolder(w.id(), w.id())
	_, replacement := h.replacement(w.id())
	of := func() object { return w.because(object{"scheme": h.scheme, "voucher": h.voucher}) }
	all := func() object { return w.because(object{"scheme": h.scheme, "vouchers": []string{h.voucher}}) }
	without := func(request object) object {
		delete(request, "reason")
		return request
	}
	change := of()
	change["change"] = w.id()
	code, extension := without(of()), all()
	code["code"], extension["ends_on"] = selfBlockCode, "2027-01-31"
	topUp := object{"voucher": h.voucher, "entitlement": w.id(), "preset": "junior", "units": 1}
	tills := []string{"shop", "till"}
	return map[string]write{
		"voucher:Block":              {of(), []string{"clerk", "manager"}},
		"voucher:Unblock":            {of(), []string{"manager"}},
		"voucher:SelfBlock":          {code, []string{"clerk", "manager", "shop", "till"}},
		"voucher:Replace":            {replacement, []string{"clerk"}},
		"voucher:ApproveReplacement": {without(maps.Clone(change)), []string{"manager"}},
		"voucher:RejectReplacement":  {change, []string{"clerk", "manager"}},
		"voucher:Revoke":             {all(), []string{"manager"}},
		"voucher:ProposeRevocation":  {all(), []string{"clerk", "manager"}},
		"voucher:ProposeFreeing":     {w.onScheme(object{"entitlements": []string{w.id()}, "reason": "mistake"}), []string{"clerk", "manager"}},
		"decision:Approve":           {object{"request_id": w.id(), "decision": w.id()}, []string{"manager"}},
		"decision:Reject":            {object{"request_id": w.id(), "decision": w.id(), "reason": "x"}, []string{"clerk", "manager"}},
		"voucher:Lapse":              {all(), []string{"clerk", "treasurer"}},
		"voucher:Extend":             {extension, []string{"manager"}},
		"voucher:TopUp":              {w.drawing(w.because(object{"scheme": h.scheme, "top_ups": []object{topUp}})), []string{"clerk"}},
		"payment:Hold":               {h.hold(w.id(), w.shop, w.now, w.now+60, clothing(500)), tills},
		"payment:Capture":            {w.capture(w.id(), clothing(500)), tills},
		"payment:Release":            {w.because(object{"payment": w.id()}), []string{"shop", "till", "clerk", "manager", "treasurer"}},
	}
}

func TestEveryWriteOfVouchersNeedsItsRoleWhereItCounts(t *testing.T) {
	w := newTown(t)
	w.enrol("till", "WinkelsMSP", "cashier", "p-till", w.shop)
	w.enrol("forged-clerk", "WinkelsMSP", "issuer", "p-x", "")
	w.enrol("forged-manager", "AuditorMSP", "approver", "p-x", "")
	w.enrol("forged-shop", "GemeenteMSP", "shopkeeper", "p-x", w.shop)
	w.enrol("nobody", "GemeenteMSP", "approver", "", "")
	for _, user := range []string{"clerk", "manager", "treasurer", "shop", "till", "auditor", "admin", "forged-clerk", "forged-manager", "forged-shop"} {
		for name, write := range voucherWrites(w) {
			_, code := w.send(user, name, write.request)
			if may := slices.Contains(write.users, user); may == (code == "ROLE_REQUIRED") {
				t.Errorf("%s sends %s: %q", user, name, code)
			}
		}
	}
	for name, write := range voucherWrites(w) {
		if slices.Contains(write.users, "manager") {
			w.refused("PERSON_REQUIRED", "nobody", name, write.request)
		}
		if _, code := w.send(write.users[0], name, object{"nonsense": 1}); code != "MALFORMED_REQUEST" {
			t.Errorf("%s takes nonsense: %q", name, code)
		}
	}
}

func TestAmountsOfHoldsAndCapturesHaveOneForm(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	hold := string(encodeJSON(t, h.hold(w.id(), w.shop, w.now+60, w.now+60, clothing(31_337))))
	capture := string(encodeJSON(t, w.capture(w.id(), clothing(31_337))))
	for _, token := range []string{`0`, `-1`, `1.5`, `1e3`, `"+5"`, `""`, `null`, `"５００"`, `100000001`, `9223372036854775807`, `9223372036854775808`} {
		w.refusedText("INVALID_AMOUNT", "shop", "payment:Hold", strings.Replace(hold, "31337", token, 1))
		w.refusedText("INVALID_AMOUNT", "shop", "payment:Capture", strings.Replace(capture, "31337", token, 1))
	}
	for _, token := range []string{`007`, `+5`, `５`} {
		w.refusedText("MALFORMED_REQUEST", "shop", "payment:Hold", strings.Replace(hold, "31337", token, 1))
	}
}
