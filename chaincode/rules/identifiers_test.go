package rules

import (
	"fmt"
	"strings"
	"testing"
)

func TestIDs(t *testing.T) {
	for _, id := range []string{idA, "0123456789abcdef0123456789abcdef"} {
		expect(t, "", CheckID("id", id))
	}
	for _, id := range []string{
		"", "abc", idA + "a", strings.ToUpper(idA), idA[:31] + "\x00", idA[:31] + "\U0010ffff", " " + idA[:31], idA[:31] + " ",
		strings.Repeat("a", 300), idA[:31] + "а", idA[:30] + "а", idA[:31] + "g", idA[:15] + "\n" + idA[:16], "０" + idA[:29],
	} {
		expect(t, InvalidID, CheckID("id", id))
	}
}

func TestCodes(t *testing.T) {
	for _, code := range []string{"a", "books", "wrong-item", "a1", strings.Repeat("a", 32)} {
		expect(t, "", CheckCode("code", code))
	}
	for _, code := range []string{"", "A", "1a", "-a", "a b", "a_b", "books\n", "bóoks", strings.Repeat("a", 33)} {
		expect(t, InvalidCode, CheckCode("code", code))
	}
}

func TestDigests(t *testing.T) {
	expect(t, "", CheckDigest("d", idA+idB))
	for _, digest := range []string{"", idA, strings.ToUpper(idA + idB), idA + idB[:31] + "x"} {
		expect(t, InvalidID, CheckDigest("d", digest))
	}
}

func TestPersons(t *testing.T) {
	for person, valid := range map[string]bool{
		"p-clerk": true, "": false, "123456782": false, "P-x": false, "jan@example.nl": false, strings.Repeat("p", 64): true, strings.Repeat("p", 65): false,
	} {
		if IsPerson(person) != valid {
			t.Errorf("%q: %v", person, !valid)
		}
		expect(t, map[bool]Code{false: InvalidCode}[valid], CheckPerson("acquirer", person))
	}
}

func TestPersonalData(t *testing.T) {
	for _, text := range []string{
		"123456782", "111222333", "1234.56.782", "123 456 782", "NL91ABNA0417164300", "NL91 ABNA 0417 1643 00", "nl91abna0417164300",
		"DE89370400440532013000", "NO9386011117947", "kind@example.nl", "a.b+c@sub.example.org", " kind@example.nl ",
	} {
		if PersonalDataIn(text) == "" {
			t.Errorf("%q passes", text)
		}
	}
	for _, text := range []string{
		"", "000000000", "123456789", "12345678", "1234567820", "x123456782", "NL92ABNA0417164300", "NL91ABNA041716430", "XX91ABNA0417164300",
		"XX62ABNA0417164300", "NL58ABNA041716430", "NL06ABNA04171643001", // these pass the modulo test
		"insolvent", // nine characters that would pass the eleven-test if they were digits

		"books", "kind@", "@example.nl", "kind@example", "a@b@c.nl", idA, "ae123456782000000000000000000000", "2026-12-31", "１２３４５６７８２",
	} {
		if kind := PersonalDataIn(text); kind != "" {
			t.Errorf("%q is stopped as %s", text, kind)
		}
	}
}

func TestRefusalsTellTheKindOfPersonalData(t *testing.T) {
	for text, kind := range map[string]string{"123456782": "bsn", "NL91 ABNA 0417 1643 00": "iban", "kind@example.nl": "e-mail"} {
		err := RefusePersonalData("x", PersonalDataIn(text))
		if expect(t, PersonalDataRefused, err); detail(t, err, "kind") != kind || !strings.Contains(err.Error(), "("+kind+")") {
			t.Error(err)
		}
	}
}

func TestOrganisations(t *testing.T) {
	good := func() *Organisations {
		return &Organisations{Municipality: "GemeenteMSP", Shops: []string{"WinkelsMSP"}, Auditors: []string{"AuditorMSP"}}
	}
	expect(t, "", good().Check())
	many := good()
	for i := range 98 {
		many.Auditors = append(many.Auditors, fmt.Sprintf("Auditor%dMSP", i))
		expect(t, map[bool]Code{true: InvalidOrganisations}[i >= 97], many.Check())
	}
	for _, spoil := range []func(*Organisations){
		func(o *Organisations) { o.Municipality = "" },
		func(o *Organisations) { o.Municipality = "WinkelsMSP" },
		func(o *Organisations) { o.Shops = nil },
		func(o *Organisations) { o.Auditors = nil },
		func(o *Organisations) { o.Auditors = []string{"AuditorMSP", "AuditorMSP"} },
		func(o *Organisations) { o.Shops = []string{"Winkels MSP"} },
		func(o *Organisations) { o.Shops = []string{strings.Repeat("W", 65)} },
	} {
		organisations := good()
		spoil(organisations)
		expect(t, InvalidOrganisations, organisations.Check())
	}
}
