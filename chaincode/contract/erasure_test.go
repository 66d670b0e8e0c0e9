package contract

import (
	"maps"
	"testing"

	"kindpakket.eu/chaincode/rules"
)

// orderCases makes a request to erase the case records of vouchers.
func (w *town) orderCases(reason string, vouchers ...string) object {
	return w.onScheme(object{"collection": "citizens", "ids": vouchers, "reason": reason})
}

// orderAccounts makes a request to erase the accounts of shops.
func (w *town) orderAccounts(reason string, shops ...string) object {
	return object{"request_id": w.id(), "collection": "shopAccounts", "ids": shops, "reason": reason}
}

func (w *town) about(erasure any, members object) object {
	request := object{"request_id": w.id(), "erasure": erasure}
	maps.Copy(request, members)
	return request
}

// erase has an erasure ordered, approved, carried out and certified.
func (w *town) erase(order object) object {
	w.t.Helper()
	erasure := w.must("clerk", "erasure:Order", order)["id"]
	w.must("manager", "erasure:Approve", w.about(erasure, nil))
	w.must("clerk", "erasure:Purge", w.about(erasure, nil))
	return w.must("clerk", "erasure:Certify", w.about(erasure, nil))
}

// caseOf gives the private case record of a voucher.
func (w *town) caseOf(voucher string) []byte {
	return w.ledger.Private("citizens", "case/"+w.scheme+"/"+voucher)
}

func TestRolesOfErasures(t *testing.T) {
	w := newTown(t)
	unknown := func(members object) func() object { return func() object { return w.about(w.id(), members) } }
	w.onlyFor("erasure:Order", func() object { return w.orderCases("request", w.id()) }, "clerk")
	w.onlyFor("erasure:Approve", unknown(nil), "manager")
	w.onlyFor("erasure:Withdraw", unknown(object{"reason": "x"}), "clerk", "manager")
	w.onlyFor("erasure:Purge", unknown(nil), "clerk", "manager")
	w.onlyFor("erasure:Certify", unknown(nil), "clerk", "manager")
	everyReader := []string{"clerk", "manager", "treasurer", "auditor"}
	w.onlyFor("erasure:Show", func() object { return object{"erasure": w.id()} }, everyReader...)
	w.onlyFor("erasure:List", func() object { return object{} }, everyReader...)
	w.onlyFor("erasure:Due", func() object { return object{"collection": "shopAccounts"} }, everyReader...)
	for _, name := range []string{"erasure:Approve", "erasure:Purge", "erasure:Certify"} {
		w.refused("ERASURE_NOT_FOUND", "manager", name, w.about(w.id(), nil))
	}
	w.refused("ERASURE_NOT_FOUND", "manager", "erasure:Withdraw", w.about(w.id(), object{"reason": "x"}))
	w.refused("ERASURE_NOT_FOUND", "auditor", "erasure:Show", object{"erasure": w.id()})
}

func TestCaseRecordsAreErasedByTwoPersons(t *testing.T) {
	w := newTown(t)
	ids := w.issue(3)
	w.enrol("promoted", "GemeenteMSP", "approver", "p-clerk", "")
	order := w.orderCases("request", ids[0], ids[1])
	hash, err := recordHash(kept(w, ids[0]))
	if err != nil {
		t.Fatal(err)
	}
	erasure := w.must("clerk", "erasure:Order", order)
	first := erasure["records"].([]any)[0].(object)
	if erasure["state"] != "ordered" || first["id"] != ids[0] || first["key"] != "case/"+w.scheme+"/"+ids[0] || first["sha256"] != hash {
		t.Fatal(erasure)
	}
	id := erasure["id"]
	w.refused("ERASURE_STATE", "clerk", "erasure:Purge", w.about(id, nil))
	w.refused("ERASURE_STATE", "clerk", "erasure:Certify", w.about(id, nil))
	w.refused("SECOND_PERSON_REQUIRED", "promoted", "erasure:Approve", w.about(id, nil))
	w.must("manager", "erasure:Approve", w.about(id, nil))
	w.refused("ERASURE_STATE", "manager", "erasure:Approve", w.about(id, nil))
	w.refused("ERASURE_INCOMPLETE", "clerk", "erasure:Certify", w.about(id, nil))

	purge := w.about(id, nil)
	answer := w.must("clerk", "erasure:Purge", purge)
	// The two records, and the request, which is private too.
	if cents(t, answer["purged"]) != 2 || len(w.last.Writes) > 0 || len(w.last.PrivateWrite) != 3 || w.last.Event.GetEventName() != "RecordsPurged" {
		t.Fatal(answer, w.last)
	}
	if w.caseOf(ids[0]) != nil || w.caseOf(ids[1]) != nil || w.caseOf(ids[2]) == nil {
		t.Fatal("what is gone is not what was ordered")
	}
	answer = w.must("manager", "erasure:Purge", purge)
	if cents(t, answer["purged"]) != 2 || len(w.last.Writes)+len(w.last.PrivateWrite) > 0 || w.last.Event != nil {
		t.Fatal(answer, w.last)
	}
	other := w.about(id, nil)
	answer = w.must("manager", "erasure:Purge", other)
	if cents(t, answer["purged"]) != 2 || len(w.last.Writes) > 0 || w.ledger.Private("citizens", requestKey(other["request_id"].(string))) == nil {
		t.Fatal(answer, w.last)
	}
	w.refused("ERASURE_STATE", "manager", "erasure:Withdraw", w.about(id, object{"reason": "mistake"}))
	w.now += 60
	certificate := w.must("manager", "erasure:Certify", w.about(id, nil))
	if certificate["state"] != "certified" || certificate["certified_by"] != "p-manager" || cents(t, certificate["certified_at"]) != noon+60 ||
		certificate["ordered_by"] != "p-clerk" || certificate["approved_by"] != "p-manager" || len(certificate["records"].([]any)) != 2 {
		t.Fatal(certificate)
	}
	w.refused("ERASURE_STATE", "clerk", "erasure:Purge", w.about(id, nil))
	if again := w.must("clerk", "erasure:Purge", purge); cents(t, again["purged"]) != 2 {
		t.Fatal(again)
	}
	w.refused("ERASURE_STATE", "manager", "erasure:Withdraw", w.about(id, object{"reason": "mistake"}))
	if shown := w.must("auditor", "erasure:Show", object{"erasure": id}); shown["state"] != "certified" {
		t.Fatal(shown)
	}
	if page := w.must("auditor", "erasure:List", object{}); len(page["items"].([]any)) != 1 {
		t.Fatal(page)
	}
	w.refused("CASE_RECORD_MISSING", "clerk", "erasure:Order", w.orderCases("request", ids[2], ids[0]))
}

// kept reads a case record of the fake ledger.
func kept(w *town, voucher string) rules.CaseRecord {
	w.t.Helper()
	record := decodeJSON(w.t, w.caseOf(voucher))
	return rules.CaseRecord{Voucher: record["voucher"].(string), Case: record["case"].(string), Salt: record["salt"].(string)}
}

func TestAnErasureIsWithdrawn(t *testing.T) {
	w := newTown(t)
	w.enrol("clerk2", "GemeenteMSP", "issuer", "p-clerk2", "")
	voucher := w.issue(1)[0]
	withdraw := func(erasure any) object { return w.about(erasure, object{"reason": "mistake"}) }
	for _, approved := range []bool{false, true} {
		for user, person := range map[string]string{"clerk": "p-clerk", "manager": "p-manager"} {
			id := w.must("clerk", "erasure:Order", w.orderCases("request", voucher))["id"]
			if approved {
				w.must("manager", "erasure:Approve", w.about(id, nil))
			}
			w.refused("ROLE_REQUIRED", "clerk2", "erasure:Withdraw", withdraw(id))
			w.refused("INVALID_CODE", user, "erasure:Withdraw", w.about(id, nil))
			answer := w.must(user, "erasure:Withdraw", withdraw(id))
			if answer["state"] != "withdrawn" || answer["withdrawn_by"] != person || answer["withdraw_reason"] != "mistake" {
				t.Fatal(answer)
			}
			w.refused("ERASURE_STATE", "manager", "erasure:Approve", w.about(id, nil))
			w.refused("ERASURE_STATE", "clerk", "erasure:Purge", w.about(id, nil))
		}
	}
	if w.caseOf(voucher) == nil {
		t.Fatal("a withdrawn erasure was carried out")
	}
}

func TestAPurgeAndAWithdrawalExcludeEachOther(t *testing.T) {
	for _, purgeFirst := range []bool{true, false} {
		w := newTown(t)
		id := w.must("clerk", "erasure:Order", w.orderCases("request", w.issue(1)...))["id"]
		w.must("manager", "erasure:Approve", w.about(id, nil))
		first := w.endorse("clerk", "erasure:Purge", string(encodeJSON(t, w.about(id, nil))), nil)
		second := w.endorse("clerk", "erasure:Withdraw", string(encodeJSON(t, w.about(id, object{"reason": "x"}))), nil)
		if !purgeFirst {
			first, second = second, first
		}
		if a, b := w.ledger.Commit(first), w.ledger.Commit(second); a != "VALID" || b != "MVCC_READ_CONFLICT" {
			t.Fatal(a, b)
		}
	}
}

func TestCasesAreKeptForTheirTerm(t *testing.T) {
	w := newTown(t)
	terms := schemeRules()
	terms["ends_on"], terms["retention_days"] = "2026-03-12", 30
	w.scheme = w.openScheme(terms, 1_000_000)
	voucher := w.issue(1)[0]
	dueIn := func() []any {
		return w.must("auditor", "erasure:Due", object{"collection": "citizens", "scheme": w.scheme})["items"].([]any)
	}
	w.refused("ERASURE_NOT_DUE", "clerk", "erasure:Order", w.orderCases("retention", voucher))
	w.now = int64(rules.Day("2026-04-12").Start()) - 1
	w.refused("ERASURE_NOT_DUE", "clerk", "erasure:Order", w.orderCases("retention", voucher))
	if items := dueIn(); len(items) > 0 {
		t.Fatal(items)
	}
	w.now++
	if items := dueIn(); len(items) != 1 || items[0].(object)["id"] != voucher || items[0].(object)["due_on"] != "2026-04-12" {
		t.Fatal(items)
	}
	w.refused("CASE_RECORD_MISSING", "clerk", "erasure:Order", w.orderCases("retention", w.id()))
	w.refused("CASE_RECORD_MISSING", "clerk", "erasure:Order", w.orderCases("request", w.id()))

	// What two persons agree later for all counts when the second person decides.
	order := w.must("clerk", "erasure:Order", w.orderCases("retention", voucher))["id"]
	terms["retention_days"] = 31
	w.changed("scheme:ProposeRules", object{"rules": terms, "applies_to": "all", "reason": "law"})
	w.refused("ERASURE_NOT_DUE", "manager", "erasure:Approve", w.about(order, nil))
	if items := dueIn(); len(items) > 0 {
		t.Fatal(items)
	}
	w.now += 86_400
	w.must("manager", "erasure:Approve", w.about(order, nil))
	// It counts when the records are purged, too.
	terms["retention_days"] = 32
	w.changed("scheme:ProposeRules", object{"rules": terms, "applies_to": "all", "reason": "law"})
	w.refused("ERASURE_NOT_DUE", "clerk", "erasure:Purge", w.about(order, nil))
	w.now += 86_400
	w.must("clerk", "erasure:Purge", w.about(order, nil))
	if items := dueIn(); len(items) > 0 {
		t.Fatal(items)
	}
}

func TestCasesThatLedToNoVoucherAreFoundAndErased(t *testing.T) {
	w := newTown(t)
	terms := schemeRules()
	terms["ends_on"], terms["retention_days"] = "2026-03-12", 30
	w.scheme = w.openScheme(terms, 1_000_000)
	w.issue(2)
	_, cases := issuances(w.world, 3)
	w.must("clerk", "voucher:RecordCases", w.onScheme(nil), object{"cases": cases})
	want := map[string]bool{}
	for _, record := range cases {
		want[record["voucher"].(string)] = true
	}
	unused := func(limit int) (ids []string, due []bool) {
		items, _ := w.pages("clerk", "erasure:UnusedCases", "items", object{"scheme": w.scheme, "limit": limit})
		for _, item := range items {
			found := item.(object)
			if !want[found["id"].(string)] || found["due_on"] != "2026-04-12" {
				t.Fatal(item)
			}
			ids, due = append(ids, found["id"].(string)), append(due, found["is_due"].(bool))
		}
		return ids, due
	}
	w.now = int64(rules.Day("2026-04-12").Start()) - 1
	for limit := 1; limit <= 6; limit++ {
		if ids, due := unused(limit); len(ids) != 3 || due[0] || due[1] || due[2] {
			t.Fatal(limit, ids, due)
		}
	}
	ids, _ := unused(10)
	w.refused("ERASURE_NOT_DUE", "clerk", "erasure:Order", w.orderCases("retention", ids...))
	w.now++
	if _, due := unused(10); !due[0] || !due[1] || !due[2] {
		t.Fatal(due)
	}
	w.erase(w.orderCases("retention", ids...))
	if left, _ := unused(10); len(left) > 0 {
		t.Fatal(left)
	}
	w.onlyFor("erasure:UnusedCases", func() object { return object{"scheme": w.scheme} }, "clerk", "manager", "treasurer")
}

func TestTheTermOfUnusedCasesCanBeginWithTheClosing(t *testing.T) {
	w := newTown(t)
	terms := schemeRules()
	terms["retention_from"], terms["retention_days"] = "closing", 2
	w.scheme = w.openScheme(terms, 1_000_000)
	_, cases := issuances(w.world, 1)
	w.must("clerk", "voucher:RecordCases", w.onScheme(nil), object{"cases": cases})
	found := func() object {
		return w.must("clerk", "erasure:UnusedCases", object{"scheme": w.scheme})["items"].([]any)[0].(object)
	}
	w.now += 86_400 * 800
	if got := found(); got["due_on"] != "" || got["is_due"] != false {
		t.Fatal(got)
	}
	w.windUp()
	w.now += 86_400 * 2
	if got := found(); got["is_due"] != true {
		t.Fatal(got)
	}
}

func TestATermThatBeginsWithTheClosing(t *testing.T) {
	w := newTown(t)
	terms := schemeRules()
	terms["ends_on"], terms["retention_from"], terms["retention_days"] = "2026-03-10", "closing", 2
	w.scheme = w.openScheme(terms, 1_000_000)
	voucher := w.issue(1)[0]
	w.now += 86_400 * 30
	w.refused("ERASURE_NOT_DUE", "clerk", "erasure:Order", w.orderCases("retention", voucher))
	w.windUp()
	w.refused("ERASURE_NOT_DUE", "clerk", "erasure:Order", w.orderCases("retention", voucher))
	w.now += 86_400 * 2
	w.erase(w.orderCases("retention", voucher))
	if w.caseOf(voucher) != nil {
		t.Fatal("it is still there")
	}
}

func TestAPurgeIsNotUndone(t *testing.T) {
	w := newTown(t)
	vouchers, cases := issuances(w.world, 2)
	record := func(cases ...object) (object, object) { return w.onScheme(nil), object{"cases": cases} }
	request, private := record(cases...)
	w.must("clerk", "voucher:RecordCases", request, private)
	w.must("clerk", "voucher:Issue", w.issuing(vouchers[:1]...))
	id := vouchers[0]["id"].(string)
	request, private = record(cases[0])
	w.must("clerk", "voucher:RecordCases", request, private)
	w.erase(w.orderCases("request", id))

	if w.must("clerk", "voucher:RecordCases", request, private); len(w.last.PrivateWrite) > 0 {
		t.Fatal("a repeated request wrote")
	}
	request, private = record(cases[0])
	w.refused("VOUCHER_EXISTS", "clerk", "voucher:RecordCases", request, private)
	request, private = record(cases[1], object{"voucher": id, "case": "another", "salt": w.id()})
	w.refused("VOUCHER_EXISTS", "clerk", "voucher:RecordCases", request, private)
	if w.caseOf(id) != nil {
		t.Fatal("it is there again")
	}
	// A case that led to no voucher may go, and come again.
	unissued := vouchers[1]["id"].(string)
	w.erase(w.orderCases("request", unissued))
	w.refused("CASE_RECORD_MISSING", "clerk", "voucher:Issue", w.issuing(vouchers[1:]...))
	request, private = record(cases[1])
	w.must("clerk", "voucher:RecordCases", request, private)
	w.must("clerk", "voucher:Issue", w.issuing(vouchers[1:]...))
}

func TestAccountsOfEndedShopsAreErased(t *testing.T) {
	w := newTown(t)
	accepted := w.proposeAccount(secondIBAN)
	w.must("manager", "shop:ApproveAccount", w.aboutShop(object{"change": accepted}))
	waiting := w.proposeAccount(thirdIBAN)
	w.refused("SHOP_STATE", "clerk", "erasure:Order", w.orderAccounts("request", w.shop))
	w.refused("SHOP_NOT_FOUND", "clerk", "erasure:Order", w.orderAccounts("request", w.id()))
	w.endShop(30)
	dueIn := func() []any {
		return w.must("clerk", "erasure:Due", object{"collection": "shopAccounts"})["items"].([]any)
	}
	w.refused("ERASURE_NOT_DUE", "clerk", "erasure:Order", w.orderAccounts("retention", w.shop))
	if items := dueIn(); len(items) > 0 {
		t.Fatal(items)
	}
	w.now += 86_400 * 30
	if items := dueIn(); len(items) != 1 || items[0].(object)["id"] != w.shop || items[0].(object)["due_on"] != "2026-04-09" {
		t.Fatal(items)
	}
	erased := w.erase(w.orderAccounts("retention", w.shop))
	if erased["scheme"] != nil || len(erased["records"].([]any)) != 3 {
		t.Fatal(erased)
	}
	for _, key := range []string{w.shop, w.shop + "/" + accepted, w.shop + "/" + waiting} {
		if w.ledger.Private("shopAccounts", "account/"+key) != nil {
			t.Errorf("account/%s is still there", key)
		}
	}
	if items := dueIn(); len(items) > 0 {
		t.Fatal(items)
	}
	w.refused("ACCOUNT_MISSING", "treasurer", "shop:Account", object{"shop": w.shop})
	w.refused("ACCOUNT_MISSING", "manager", "shop:ProposedAccount", object{"shop": w.shop})
	w.refused("ACCOUNT_MISSING", "manager", "shop:ApproveAccount", w.aboutShop(object{"change": waiting}))
	w.refused("ACCOUNT_MISSING", "clerk", "erasure:Order", w.orderAccounts("request", w.shop))
	// Applying again answers as before and brings nothing back.
	w.must("shop", "shop:Apply", object{"request_id": w.shop, "categories": []string{"clothing", "books"}}, account())
	if len(w.last.PrivateWrite) > 0 {
		t.Fatal("the account is there again")
	}
}

func TestAnOrderIsChecked(t *testing.T) {
	w := newTown(t)
	ids := w.issue(1)
	with := func(order object, member string, value any) object {
		order[member] = value
		return order
	}
	w.refused("INVALID_CODE", "clerk", "erasure:Order", with(w.orderCases("request", ids...), "collection", "shops"))
	w.refused("INVALID_ID", "clerk", "erasure:Order", with(w.orderCases("request", ids...), "scheme", ""))
	w.refused("SCHEME_NOT_FOUND", "clerk", "erasure:Order", with(w.orderCases("request", ids...), "scheme", w.id()))
	w.refused("MALFORMED_REQUEST", "clerk", "erasure:Order", with(w.orderAccounts("request", w.shop), "scheme", w.scheme))
	w.refused("INVALID_NUMBER", "clerk", "erasure:Order", w.orderCases("request"))
	w.refused("MALFORMED_REQUEST", "clerk", "erasure:Order", w.orderCases("request", ids[0], ids[0]))
	w.refused("INVALID_CODE", "clerk", "erasure:Order", w.orderCases("The parents asked for it", ids...))
	w.refused("INVALID_CODE", "auditor", "erasure:Due", object{"collection": "shops"})
	w.refused("MALFORMED_REQUEST", "auditor", "erasure:Due", object{"collection": "shopAccounts", "scheme": w.scheme})
	w.refused("SCHEME_NOT_FOUND", "auditor", "erasure:Due", object{"collection": "citizens", "scheme": w.id()})
	order := w.orderCases("request", ids...)
	w.must("clerk", "erasure:Order", order)
	if w.must("clerk", "erasure:Order", order); len(w.last.Writes) > 0 {
		t.Fatal(w.last.Writes)
	}
	w.refused("IDEMPOTENCY_CONFLICT", "clerk", "erasure:Order", with(order, "reason", "other"))
	if by := decodeJSON(t, w.ledger.Value("erasure/"+order["request_id"].(string)))["by"].(object); by["reason"] != "request" {
		t.Fatal(by)
	}
}

func TestPrivateWritesHeedUsedAndVoidedIDs(t *testing.T) {
	w := newTown(t)
	id := w.must("clerk", "erasure:Order", w.orderCases("request", w.issue(1)...))["id"]
	w.must("manager", "erasure:Approve", w.about(id, nil))
	lost := w.about(id, nil)
	w.must("clerk", "request:Void", object{"request_id": w.id(), "void": lost["request_id"]})
	w.refused("REQUEST_VOID", "clerk", "erasure:Purge", lost)
	w.refused("IDEMPOTENCY_CONFLICT", "clerk", "erasure:Purge", object{"request_id": id, "erasure": id})
	_, cases := issuances(w.world, 1)
	w.refused("REQUEST_VOID", "clerk", "voucher:RecordCases", w.onScheme(object{"request_id": lost["request_id"]}), object{"cases": cases})
}

func TestAPrivateWriteThatWasCommittedCannotBeVoidedOrChanged(t *testing.T) {
	w := newTown(t)
	_, cases := issuances(w.world, 2)
	recording := w.onScheme(nil)
	id := recording["request_id"].(string)
	w.must("clerk", "voucher:RecordCases", recording, object{"cases": cases[:1]})
	if shown := w.must("shop", "request:Show", object{"request": id}); shown["state"] != "committed" || shown["operation"] != "" {
		t.Fatal(shown)
	}
	void := func() object { return object{"request_id": w.id(), "void": id} }
	for _, user := range []string{"clerk", "shop"} {
		w.refused("REQUEST_COMMITTED", user, "request:Void", void())
	}
	w.refused("IDEMPOTENCY_CONFLICT", "clerk", "voucher:RecordCases", recording, object{"cases": cases[1:]})
	w.refused("IDEMPOTENCY_CONFLICT", "clerk", "erasure:Purge", object{"request_id": id, "erasure": w.orderedErasure()})
	if again := w.must("clerk", "voucher:RecordCases", recording, object{"cases": cases[:1]}); cents(t, again["recorded"]) != 1 || len(w.last.PrivateWrite) > 0 {
		t.Fatal(again)
	}
}

// orderedErasure has the case record of a fresh voucher put up for erasure and approved.
func (w *town) orderedErasure() string {
	w.t.Helper()
	id := w.must("clerk", "erasure:Order", w.orderCases("request", w.issue(1)...))["id"].(string)
	w.must("manager", "erasure:Approve", w.about(id, nil))
	return id
}

func TestAPrivateWriteAndItsVoidingExcludeEachOther(t *testing.T) {
	for _, voidFirst := range []bool{true, false} {
		w := newTown(t)
		purge := w.about(w.orderedErasure(), nil)
		first := w.endorse("clerk", "erasure:Purge", string(encodeJSON(t, purge)), nil)
		second := w.endorse("shop", "request:Void", string(encodeJSON(t, object{"request_id": w.id(), "void": purge["request_id"]})), nil)
		if voidFirst {
			first, second = second, first
		}
		if a, b := w.ledger.Commit(first), w.ledger.Commit(second); a != "VALID" || b != "MVCC_READ_CONFLICT" {
			t.Fatal(a, b)
		}
	}
}

func TestVouchersOfLayout1KeepTheirTerm(t *testing.T) {
	w := newTown(t)
	voucher := w.issue(1)[0]
	w.layout1("voucher/" + w.scheme + "/" + voucher)
	w.layout1("rules/"+w.scheme+"/000001", "hold_days", "extension_days")
	w.refused("ERASURE_NOT_DUE", "clerk", "erasure:Order", w.orderCases("retention", voucher))
	w.now += 86_400 * 365 * 8
	w.erase(w.orderCases("retention", voucher))
}
