package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"kindpakket.eu/chaincode/rules"
)

// refusalOf demands that an error is a refusal, and reads its one form.
func refusalOf(t *testing.T, err error) *rules.Refusal {
	t.Helper()
	refusal, ok := errors.AsType[*rules.Refusal](err)
	if !ok {
		t.Fatalf("not a refusal: %v", err)
	}
	if code := codeOf(t, err.Error()); code != string(refusal.Code) {
		t.Fatalf("%s reads as %s", refusal.Code, code)
	}
	return refusal
}

// FuzzParse reads a text as the request of every transaction. What one takes is JSON that means the same when it is written again.
func FuzzParse(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		for _, entry := range catalogue {
			made := reflect.New(entry.request).Interface()
			if err := parse(text, entry.private, made); err != nil {
				refusalOf(t, err)
				continue
			}
			if !json.Valid([]byte(text)) {
				t.Fatalf("%s takes %q, which is not JSON", entry.name, text)
			}
			if err := made.(interface{ check() error }).check(); err != nil {
				refusalOf(t, err)
				continue
			}
			written, err := encode(made)
			if err != nil {
				t.Fatalf("%s: %v", entry.name, err)
			}
			again := reflect.New(entry.request).Interface()
			if err := parse(string(written), entry.private, again); err != nil {
				t.Fatalf("%s takes %q and not %s: %v", entry.name, text, written, err)
			}
			if rewritten, _ := encode(again); string(rewritten) != string(written) {
				t.Fatalf("%s: %s became %s", entry.name, written, rewritten)
			}
		}
	})
}

// FuzzDigest holds that the digest of what is well formed does not depend on layout, order of members or proofs, and does on the rest.
func FuzzDigest(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		var members map[string]jsontext.Value
		if err := parse(text, "", &members); err != nil {
			refusalOf(t, err)
			return
		}
		of := func(operation, text string) string {
			t.Helper()
			made, err := digest(operation, "", text, "")
			if err != nil {
				t.Fatalf("no digest of %q: %v", text, err)
			}
			return made
		}
		canonical := jsontext.Value(text).Clone()
		if err := canonical.Canonicalize(jsontext.CanonicalizeRawInts(false)); err != nil {
			t.Fatal(err)
		}
		base := of("a:B", text)
		if of("a:B", string(canonical)) != base || of("a:B", " \n"+text+"\t") != base {
			t.Fatalf("the layout of %q counts", text)
		}
		if _, has := members["proof"]; !has && len(members) > 0 {
			if of("a:B", `{"proof":{"x":[1]},`+strings.TrimLeft(text, " \t\r\n")[1:]) != base {
				t.Fatalf("a proof in %q counts", text)
			}
		}
		if _, has := members["other"]; !has && len(members) > 0 {
			if of("a:B", `{"other":1,`+strings.TrimLeft(text, " \t\r\n")[1:]) == base {
				t.Fatalf("a member beside %q does not count", text)
			}
		}
		if of("a:C", text) == base {
			t.Fatal("the operation does not count")
		}
	})
}

// fuzzed is a ledger with vouchers, items and settlements of two schemes, which queries only read.
func fuzzed(f *testing.F) (w *town, other string) {
	w = newTown(f)
	w.settleEvery(0, 0)
	w.issue(3)
	for i := range 5 {
		w.owes("2026-03-10", i, 100)
	}
	w.closeToday()
	w.must("clerk", "settlement:Draft", w.draft())
	w.owes("2026-03-11", 9, 100)
	first := w.scheme
	other = w.openScheme(schemeRules(), 10_000_000)
	w.scheme = other
	w.issue(2)
	w.owes("2026-03-11", 8, 100)
	w.scheme = first
	return w, other
}

// FuzzCursor holds that no cursor leads out of what was asked for, nor makes a page longer than its limit.
func FuzzCursor(f *testing.F) {
	w, _ := fuzzed(f)
	f.Fuzz(func(t *testing.T, cursor string, limit int) {
		for name, request := range map[string]object{
			"voucher:List": {"scheme": w.scheme}, "settlement:List": {"scheme": w.scheme}, "audit:Totals": {"scheme": w.scheme},
			"payment:Unsettled": {"scheme": w.scheme, "shop": w.shop}, "audit:ShopStatement": {"scheme": w.scheme, "shop": w.shop},
			"audit:Sample":  {"scheme": w.scheme, "kind": "voucher", "seed": "00", "per_mille": 1_000},
			"audit:History": {"key": "budget/" + w.scheme}, "allocation:List": {"scheme": w.scheme}, "scheme:List": {}, "shop:List": {},
		} {
			request["cursor"], request["limit"] = cursor, limit
			text, err := json.Marshal(request)
			if err != nil {
				t.Fatal(err)
			}
			s := w.ledger.Simulate(w.call("auditor", name, string(text)))
			if s.Response.GetStatus() != 200 {
				code := codeOf(t, s.Response.GetMessage())
				if !slices.Contains([]string{"INVALID_CURSOR", "INVALID_NUMBER", "PERSONAL_DATA_REFUSED"}, code) {
					t.Fatalf("%s at %q: %s", name, cursor, code)
				}
				continue
			}
			page := decodeJSON(t, s.Response.GetPayload())
			for _, member := range []string{"items", "entries"} {
				items, _ := page[member].([]any)
				if len(items) > limit {
					t.Fatalf("%s: a page of %d holds %d", name, limit, len(items))
				}
				for _, item := range items {
					if scheme, given := item.(object)["scheme"]; given && scheme != w.scheme {
						t.Fatalf("%s at %q gives %v", name, cursor, item)
					}
				}
			}
			if next := page["next"].(string); !cursorForm.MatchString(next) || (next != "" && next < cursor && name != "audit:History") {
				t.Fatalf("%s at %q goes on at %q", name, cursor, next)
			}
			for key := range s.Reads {
				if strings.HasPrefix(key, "voucher/") {
					t.Fatalf("%s reads %s", name, key)
				}
			}
		}
	})
}

// FuzzHistoryKey holds that a history can be asked of the keys that keys.go makes, and of nothing else.
func FuzzHistoryKey(f *testing.F) {
	parts := regexp.MustCompile(`^([0-9a-f]{32}|[0-9]{6}|[0-9]{4}-[0-9]{2}-[0-9]{2})$`)
	f.Fuzz(func(t *testing.T, key string) {
		request := historyRequest{Key: key}
		if err := request.check(); err != nil {
			if refusalOf(t, err).Code != rules.InvalidKey {
				t.Fatal(err)
			}
			return
		}
		names := strings.Split(key, "/")
		for _, part := range names[1:] {
			if !parts.MatchString(part) {
				t.Fatalf("%q is taken", key)
			}
		}
		at := func(i int) string { return names[min(i, len(names)-1)] }
		made := map[string]string{
			"organisations": organisationsKey(), "organisation": organisationKey(at(1)), "request": requestKey(at(1)), "scheme": schemeKey(at(1)), "budget": budgetKey(at(1)), "allocation": allocationKey(at(1), at(2)), "day": dayKey(at(1)),
			"shop": shopKey(at(1)), "entitlement": entitlementKey(at(1)), "payment": paymentKey(at(1)), "refund": refundKey(at(1)),
			"erasure": erasureKey(at(1)), "voucher": voucherKey(at(1), at(2)), "settlement": settlementKey(at(1), at(2)), "change": changeKey(at(1), at(2)),
			"unsettled": unsettledKey(at(1), at(2), rules.Day(at(3)), at(4)),
		}
		if version := rules.Number(0); names[0] == "rules" {
			fmt.Sscanf(at(2), "%d", &version)
			made["rules"] = rulesKey(at(1), version)
		}
		if made[names[0]] != key {
			t.Fatalf("%q is taken, and keys are like %q", key, made[names[0]])
		}
	})
}

// FuzzTransient reads private records as they come. A refusal repeats nothing of them but ids.
func FuzzTransient(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		account := new(rules.ShopAccount)
		err := decode(data, account)
		if err == nil {
			err = account.Check()
		}
		if err != nil {
			for _, secret := range []string{account.IBAN, account.Holder, account.KvK, account.Contact, account.Salt} {
				if len(secret) > 20 && strings.Contains(refusalOf(t, err).Error(), secret) {
					t.Fatalf("%v repeats %q", err, secret)
				}
			}
		} else {
			roundTrip(t, account)
		}
		var cases []rules.CaseRecord
		if err = decode(data, &cases); err == nil {
			err = rules.CheckCases(cases, maxBulk)
		}
		if err == nil {
			for i := range cases {
				roundTrip(t, &cases[i])
			}
			return
		}
		for _, record := range cases {
			public := slices.ContainsFunc(cases, func(c rules.CaseRecord) bool { return strings.Contains(c.Voucher, record.Case) })
			if len(record.Case) > 20 && !public && strings.Contains(refusalOf(t, err).Error(), record.Case) {
				t.Fatalf("%v repeats %q", err, record.Case)
			}
		}
	})
}

// roundTrip demands that a record is the same once it was stored and read, and that its hash is that of what is stored.
func roundTrip[T any](t *testing.T, record *T) {
	t.Helper()
	stored, err := encodeRecord(startOfPrivate, record)
	if err != nil {
		t.Fatal(err)
	}
	again := new(T)
	if err := decodeRecord("key", stored, again); err != nil || !reflect.DeepEqual(record, again) {
		t.Fatalf("%+v became %+v: %v", record, again, err)
	}
}

// FuzzRecord reads what a key might hold as any record. What cannot be read is inconsistent, and never a panic.
func FuzzRecord(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, record := range []any{
			new(rules.Voucher), new(rules.Payment), new(rules.Settlement), new(rules.Scheme), new(rules.Shop), new(rules.Budget), new(rules.Allocation), new(storedTerms),
			new(storedOrganisations), new(committed), new(closedDays), new(unsettled), new(publicStart),
		} {
			if err := decodeRecord("key", data, record); err != nil {
				if refusalOf(t, err).Code != rules.LedgerInconsistent {
					t.Fatal(err)
				}
				continue
			}
			if _, err := encodeRecord([]byte(`{"v":3,"by":{}}`), record); err != nil {
				t.Fatalf("%q was read as %T and cannot be written: %v", data, record, err)
			}
		}
	})
}

// FuzzCaller makes certificates with any attributes, and identities of any bytes. Nobody gets a role by their form, and only codes get
// onto the ledger.
func FuzzCaller(f *testing.F) {
	w := newTown(f)
	f.Fuzz(func(t *testing.T, msp, role, person, shop, till string, raw []byte) {
		w.users["raw"] = raw
		request := `{"request_id":"` + strings.Repeat("c", 32) + `","scheme":"` + w.scheme + `","day":"2026-03-10"}`
		s := w.ledger.Simulate(w.call("raw", "scheme:CloseDay", request))
		if code := codeOf(t, s.Response.GetMessage()); code != "ROLE_REQUIRED" {
			t.Fatalf("%q: %s", raw, s.Response.GetMessage())
		}
		msp = strings.ToValidUTF8(msp, "?")
		w.users["made"] = creator(t, msp, "made", map[string]string{
			"kindpakket.role": role, "kindpakket.person": person, "kindpakket.shop": shop, "kindpakket.till": till,
		})
		s = w.ledger.Simulate(w.call("made", "scheme:CloseDay", request))
		closes := (role == "issuer" || role == "treasurer") && msp == "GemeenteMSP"
		if s.Response.GetStatus() != 200 {
			code := codeOf(t, s.Response.GetMessage())
			if closes && code != "PERSON_REQUIRED" || !closes && code != "ROLE_REQUIRED" {
				t.Fatalf("%q of %q is refused: %s", role, msp, s.Response.GetMessage())
			}
			return
		}
		if !closes {
			t.Fatalf("%q of %q closes a day", role, msp)
		}
		by := decodeJSON(t, s.Writes["day/"+w.scheme])["by"].(object)
		if by["person"] != person || !rules.IsPerson(person) {
			t.Fatal(by)
		}
		if kept, given := by["till"]; given && (kept != till || rules.CheckCode("till", till) != nil) {
			t.Fatal(by)
		}
	})
}
