package contract

import (
	"strings"
	"testing"
)

// refusedText sends a request as it stands.
func (w *world) refusedText(code, user, name, text string) {
	w.t.Helper()
	s := w.endorse(user, name, text, nil)
	if s.Response.GetStatus() == 200 {
		w.t.Fatalf("%s took %.80q", name, text)
	}
	if got := codeOf(w.t, s.Response.GetMessage()); got != code {
		w.t.Fatalf("%s refused %.80q with %s, not %s", name, text, s.Response.GetMessage(), code)
	}
}

func TestRequestsAreParsedStrictly(t *testing.T) {
	w := newTown(t)
	id := idOf("x")
	good := `"request_id":"` + id + `","scheme":"` + w.scheme + `"`
	for _, text := range []string{
		``, ` `, `null`, `[]`, `"x"`, `1`, `{`, `{}}`, `{} {}`, `{` + good + `}x`, `{` + good + `} {}`, `{` + good + `,}`, `{'a':1}`,
		`{` + good + `,"scheme":"` + w.scheme + `"}`,
		`{` + good + `,"extra":1}`, `{"Request_id":"` + id + `","scheme":"` + w.scheme + `"}`, `{"request_id":"` + id + `","SCHEME":"` + w.scheme + `"}`,
		`{"request_id":5,"scheme":"` + w.scheme + `"}`, `{"request_id":["` + id + `"],"scheme":"` + w.scheme + `"}`, "{\"request_id\":\"\xff\"}",
		"\xef\xbb\xbf{" + good + "}", `{` + good + `,"x":007}`, `{"request_id":"\ud800","scheme":"x"}`,
		strings.Repeat(`{"a":`, 9) + `1` + strings.Repeat(`}`, 9), strings.Repeat(`{"a":`, 10_000), `{"a":` + strings.Repeat(`[`, 100_000),
	} {
		w.refusedText("MALFORMED_REQUEST", "manager", "scheme:Approve", text)
	}
	w.refusedText("REQUEST_TOO_LARGE", "manager", "scheme:Approve", `{"request_id":"`+strings.Repeat("a", 5<<20)+`"}`)
	w.refusedText("REQUEST_TOO_LARGE", "manager", "scheme:Approve", strings.Repeat(" ", 1<<20+1))
	w.refusedText("SCHEME_STATE", "manager", "scheme:Approve", ` {`+good+`} `)
	w.refusedText("MALFORMED_REQUEST", "manager", "scheme:Approve", strings.Repeat(" ", 1<<20))
}

func TestEveryAmountTokenHasOneAnswer(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	request := string(encodeJSON(t, h.pay(w.id(), w.shop, w.now+60, clothing(31_337))))
	for _, token := range []string{
		`0`, `-1`, `-0`, `1.5`, `1e3`, `1E3`, `1.0`, `"+5"`, `"5"`, `""`, `null`, `"５００"`, `true`, `[]`, `{}`, `100000001`, `9223372036854775807`,
		`9223372036854775808`, `-9223372036854775808`, `18446744073709551617`, `1` + strings.Repeat("0", 400), `1e400`,
	} {
		w.refusedText("INVALID_AMOUNT", "shop", "payment:Pay", strings.ReplaceAll(request, "31337", token))
	}
	w.refusedText("INVALID_AMOUNT", "shop", "payment:Pay", strings.ReplaceAll(request, `,"cents":31337`, ``))
	for _, token := range []string{`007`, `+5`, `５`, `.5`, `0x10`, `NaN`, `Infinity`} {
		w.refusedText("MALFORMED_REQUEST", "shop", "payment:Pay", strings.ReplaceAll(request, "31337", token))
	}
	scheme := string(encodeJSON(t, object{"request_id": w.id(), "rules": schemeRules(), "budget_cents": 31_337}))
	for _, token := range []string{`0`, `-5`, `1.5`, `null`, `"+5"`, `1000000000001`} {
		w.refusedText("INVALID_AMOUNT", "clerk", "scheme:Draft", strings.ReplaceAll(scheme, "31337", token))
		w.refusedText("INVALID_AMOUNT", "clerk", "scheme:Draft", strings.ReplaceAll(scheme, "10000", token))
	}
}

func TestEveryIDHasOneForm(t *testing.T) {
	w := newTown(t)
	bad := []string{
		"", "\x00", "\U0010ffff", strings.Repeat("a", 31) + "\x00", " " + strings.Repeat("a", 31), strings.Repeat(" ", 32), strings.Repeat("a", 300),
		strings.Repeat("а", 32), strings.Repeat("A", 32), "../" + strings.Repeat("a", 29), strings.Repeat("a", 31) + "/",
	}
	for _, id := range bad {
		w.refused("INVALID_ID", "manager", "scheme:Approve", object{"request_id": id, "scheme": w.scheme})
		w.refused("INVALID_ID", "manager", "scheme:Approve", object{"request_id": w.id(), "scheme": id})
		w.refused("INVALID_ID", "auditor", "voucher:Show", object{"scheme": w.scheme, "voucher": id})
		w.refused("INVALID_ID", "auditor", "payment:Show", object{"payment": id})
		w.refused("INVALID_ID", "auditor", "payment:Unsettled", object{"scheme": w.scheme, "shop": id})
		w.refused("INVALID_ID", "clerk", "voucher:Issue", object{"request_id": w.id(), "scheme": w.scheme, "vouchers": []object{
			{"id": id, "entitlement": w.id(), "preset": "junior", "units": 1},
		}})
		w.refused("INVALID_ID", "auditor", "allocation:Show", object{"scheme": w.scheme, "allocation": id})
	}
	w.refused("INVALID_ID", "auditor", "voucher:Show", object{"scheme": w.scheme})
	w.refused("INVALID_ID", "auditor", "voucher:Show", object{"scheme": w.scheme, "voucher": nil})
}

func TestPublicTextsHoldNoPersonalData(t *testing.T) {
	w := newTown(t)
	for _, text := range []string{"123456782", "NL91ABNA0417164300", "kind@example.nl"} {
		w.refused("PERSONAL_DATA_REFUSED", "manager", "scheme:Pause", object{"request_id": w.id(), "scheme": w.scheme, "reason": text})
		w.refused("PERSONAL_DATA_REFUSED", "clerk", "voucher:Issue", object{"request_id": w.id(), "scheme": w.scheme, "vouchers": []object{
			{"id": text, "entitlement": w.id(), "preset": "junior", "units": 1},
		}})
		named := schemeRules()
		named["presets"] = object{text: 10}
		w.refused("PERSONAL_DATA_REFUSED", "clerk", "scheme:Draft", object{"request_id": w.id(), "rules": named, "budget_cents": 5})
		if strings.Contains(w.last.Response.GetMessage(), text) {
			t.Error("a refusal repeats the text")
		}
	}
}

// Refusals go to logs.
func TestRefusalsRepeatNothingPrivate(t *testing.T) {
	w := newTown(t)
	const secret = "123456782"
	salt := w.id()
	for _, cases := range []any{
		[]object{{"voucher": secret, "case": "x", "salt": salt}}, []object{{"voucher": w.id(), "case": "x", "salt": secret}},
		[]object{{"voucher": w.id(), "case": strings.Repeat(secret, 20), "salt": salt}}, []object{{secret: 1}}, object{secret: 1}, secret,
		[]object{{"voucher": w.id(), "case": object{secret: 1}, "salt": salt}}, []any{object{"voucher": []string{secret}}},
	} {
		w.send("clerk", "voucher:RecordCases", object{"request_id": w.id(), "scheme": w.scheme}, object{"cases": cases})
		if message := w.last.Response.GetMessage(); w.last.Response.GetStatus() == 200 || strings.Contains(message, secret) {
			t.Errorf("%v: %s", cases, message)
		}
	}
	for _, spoil := range []func(object){
		func(a object) { a["iban"] = secret }, func(a object) { a["kvk"] = secret }, func(a object) { a["salt"] = secret }, func(a object) { a[secret] = 1 },
		func(a object) { a["holder"] = []string{secret} }, func(a object) { a["contact"] = strings.Repeat(secret, 60) },
	} {
		private := account()
		spoil(private["account"].(object))
		w.enrol("applicant", "WinkelsMSP", "shopkeeper", "p-applicant", salt)
		w.send("applicant", "shop:Apply", object{"request_id": salt, "categories": []string{"books"}}, private)
		if message := w.last.Response.GetMessage(); w.last.Response.GetStatus() == 200 || strings.Contains(message, secret) {
			t.Errorf("%v: %s", private, message)
		}
	}
	for _, text := range []string{
		`{"` + secret + `":1}`, `{"reason":{"` + secret + `":1}}`, `{"jan-jansen":"` + secret + `"}`, `{"jan-jansen":{"jan-jansen":1}}`,
		`{"` + secret + `":"` + secret + `"}`, `{"jan-jansen":[{"a":null}]}`,
	} {
		w.endorse("manager", "scheme:Pause", text, nil)
		if message := w.last.Response.GetMessage(); strings.Contains(message, secret) || strings.Contains(message, "jan-jansen") {
			t.Errorf("%s: %s", text, message)
		}
	}
}

func TestPrivateRecordsTravelInTheTransientMap(t *testing.T) {
	w := newTown(t)
	vouchers, cases := issuances(w.world, 2)
	request := func() object { return object{"request_id": w.id(), "scheme": w.scheme} }
	public := request()
	public["cases"] = cases
	w.refused("TRANSIENT_REQUIRED", "clerk", "voucher:RecordCases", public)
	w.refused("TRANSIENT_REQUIRED", "clerk", "voucher:RecordCases", public, object{"cases": cases})
	w.refused("TRANSIENT_REQUIRED", "clerk", "voucher:RecordCases", request())
	w.refused("TRANSIENT_REQUIRED", "clerk", "voucher:RecordCases", request(), object{"case": cases})
	w.refused("MALFORMED_REQUEST", "clerk", "voucher:RecordCases", request(), object{"cases": object{}})
	w.refused("MALFORMED_REQUEST", "clerk", "voucher:RecordCases", request(), object{"cases": []object{{"name": "x"}}})
	w.refused("INVALID_NUMBER", "clerk", "voucher:RecordCases", request(), object{"cases": []object{}})
	short := []object{{"voucher": w.id(), "case": "x", "salt": strings.Repeat("a", 31)}}
	w.refused("SALT_TOO_SHORT", "clerk", "voucher:RecordCases", request(), object{"cases": short})
	w.refused("REQUEST_TOO_LARGE", "clerk", "voucher:RecordCases", request(), object{"cases": strings.Repeat("a", 1<<20)})
	w.refused("SCHEME_NOT_FOUND", "clerk", "voucher:RecordCases", object{"request_id": w.id(), "scheme": w.id()}, object{"cases": cases})
	w.refused("CASE_RECORD_MISSING", "clerk", "voucher:Issue", w.issuing(vouchers...))

	shop := w.id()
	w.enrol("new", "WinkelsMSP", "shopkeeper", "p-new", shop)
	apply := func() object { return object{"request_id": shop, "categories": []string{"books"}} }
	public = apply()
	public["account"] = account()["account"]
	w.refused("TRANSIENT_REQUIRED", "new", "shop:Apply", public)
	w.refused("TRANSIENT_REQUIRED", "new", "shop:Apply", apply())
	for member, test := range map[string]struct{ value, code string }{
		"iban": {"NL92ABNA0417164300", "INVALID_IBAN"}, "kvk": {"123", "INVALID_KVK"}, "salt": {"00", "SALT_TOO_SHORT"},
		"holder": {"", "MALFORMED_REQUEST"}, "name": {"x", "MALFORMED_REQUEST"},
	} {
		private := account()
		private["account"].(object)[member] = test.value
		w.refused(test.code, "new", "shop:Apply", apply(), private)
	}
	w.must("new", "shop:Apply", apply(), account())
	for _, key := range w.ledger.Keys() {
		if value := string(w.ledger.Value(key)); strings.Contains(value, "NL91") || strings.Contains(value, "dossier") {
			t.Errorf("%s holds a private record: %s", key, value)
		}
	}
}

func TestDigestsLeaveOnlyProofsOut(t *testing.T) {
	of := func(text string) string {
		digest, err := digest("payment:Pay", "", text, "")
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	base := of(`{"a":1,"b":{"c":"é"},"proof":{"x":1}}`)
	for _, same := range []string{`{"b":{"c":"\u00e9"},"a":1}`, ` { "proof": [1,{"proof":2}], "a" : 1 , "b" : { "c" : "é" } } `} {
		if of(same) != base {
			t.Errorf("%s has another digest", same)
		}
	}
	for _, other := range []string{
		`{"a":2,"b":{"c":"é"}}`, `{"a":1,"b":{"c":"e"}}`, `{"a":1,"b":{"c":"é"},"proofs":1}`, `{"a":1,"b":{"c":"proof"}}`,
		`{"a":1,"b":{"c":"é","proof":1}}`,
	} {
		if of(other) == base {
			t.Errorf("%s has the same digest", other)
		}
	}
	if of(`{"a":9007199254740993}`) == of(`{"a":9007199254740992}`) {
		t.Error("large integers are rounded")
	}
	if got := of(`{"a":"proof"}`); got != of(`{"proof":1,"a":"proof"}`) {
		t.Error("a value named proof counts")
	}
	if of(`{"activations":[{"v":1},{"v":2,"proof":3}]}`) != of(`{"activations":[{"proof":{"x":4},"v":1},{"v":2}]}`) {
		t.Error("proofs of activations count")
	}
}

func TestRefusalsTellWhatCannotBeRead(t *testing.T) {
	w := newTown(t)
	nested := func(levels int) string { return strings.Repeat(`{"a":`, levels) + `1` + strings.Repeat(`}`, levels) }
	for text, says := range map[string]string{
		`[]`: "it is not a JSON object in UTF-8", `{"a":1,}`: "(error at byte 6)", `{"a":1,"a":2}`: "(error at byte 6)", nested(8): "the object has a member that is unknown",
		nested(9): "it is nested more than 8 levels deep", `{"request_id":["x"]}`: "/request_id has the wrong type", `{"extra":1}`: "the object has a member that is unknown",
	} {
		w.refusedText("MALFORMED_REQUEST", "manager", "scheme:Approve", text)
		if message := w.last.Response.GetMessage(); !strings.Contains(message, says) {
			t.Errorf("%s: %s", text, message)
		}
	}
	// Personal data behind what cannot be read is not looked for, and before it is.
	w.refusedText("PERSONAL_DATA_REFUSED", "manager", "scheme:Approve", `{"a":"123456782",}`)
}

func TestOnlyJSONHasADigest(t *testing.T) {
	for _, text := range []string{`{`, `{"a"`, `{"a":1,"a":2}`, `{"proof":`, `{"proof":{"x":}}`} {
		if digest, err := digest("payment:Pay", "", text, ""); err == nil || digest != "" {
			t.Errorf("%s has the digest %q", text, digest)
		}
	}
}

// Only the member of a request is private, not a value or an inner member of that name.
func TestWhatIsCalledLikeAPrivateRecordMayBeNamed(t *testing.T) {
	w := newTown(t)
	change := w.aboutShop(object{"reason": "account"})
	if proposed := w.must("shop", "shop:ChangeAccount", change, accountAt(secondIBAN)); proposed["account_change"] == nil {
		t.Fatal(proposed)
	}
	w.refused("MALFORMED_REQUEST", "shop", "shop:ChangeAccount", w.aboutShop(object{"reason": object{"account": 1}}), accountAt(secondIBAN))
}
