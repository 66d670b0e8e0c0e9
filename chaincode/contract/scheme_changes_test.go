package contract

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// onlyFor checks that these users get past the roles with a request, which is made anew for each, and that no others do.
func (w *town) onlyFor(name string, request func() object, users ...string) {
	w.t.Helper()
	w.enrol("till", "WinkelsMSP", "cashier", "p-till", w.shop)
	w.enrol("forged-clerk", "WinkelsMSP", "issuer", "p-x", "")
	w.enrol("forged-manager", "AuditorMSP", "approver", "p-x", "")
	w.enrol("forged-shop", "GemeenteMSP", "shopkeeper", "p-x", w.shop)
	for _, user := range []string{
		"clerk", "manager", "treasurer", "auditor", "shop", "till", "admin", "forged-clerk", "forged-manager", "forged-shop", "stranger",
	} {
		if _, code := w.send(user, name, request()); slices.Contains(users, user) == (code == "ROLE_REQUIRED") {
			w.t.Fatalf("%s sends %s: %q", user, name, code)
		}
	}
}

// onScheme makes a request about the town's scheme.
func (w *town) onScheme(members object) object {
	request := object{"request_id": w.id(), "scheme": w.scheme}
	maps.Copy(request, members)
	return request
}

// changed proposes a change and has it approved.
func (w *town) changed(operation string, members object) object {
	w.t.Helper()
	proposal := w.must("clerk", operation, w.onScheme(members))
	return w.must("manager", "scheme:ApproveChange", w.onScheme(object{"change": proposal["id"]}))
}

func (w *town) windUp() {
	w.t.Helper()
	w.changed("scheme:ProposeClosing", object{"reason": "over"})
}

func TestRolesOfSchemeChanges(t *testing.T) {
	w := newTown(t)
	other := func(members object) func() object {
		return func() object {
			request := w.onScheme(members)
			request["scheme"] = w.id()
			return request
		}
	}
	w.onlyFor("scheme:ProposeRules", other(object{"rules": schemeRules(), "applies_to": "all", "reason": "x"}), "clerk")
	w.onlyFor("scheme:ProposeBudget", other(object{"add_cents": 5, "reason": "x"}), "clerk")
	w.onlyFor("scheme:ProposeClosing", other(object{"reason": "x"}), "clerk")
	w.onlyFor("scheme:ApproveChange", other(object{"change": w.id()}), "manager")
	w.onlyFor("scheme:RejectChange", other(object{"change": w.id(), "reason": "x"}), "clerk", "manager")
	for _, name := range []string{"scheme:Changes", "scheme:Rules"} {
		request := func() object { return object{"scheme": w.scheme} }
		if name == "scheme:Rules" {
			request = func() object { return object{"scheme": w.scheme, "version": 1} }
		}
		w.onlyFor(name, request, "clerk", "manager", "treasurer", "auditor")
	}
}

func TestChangedRulesCountForNewVouchers(t *testing.T) {
	w := newTown(t)
	before := w.holder()
	terms := schemeRules()
	terms["payment_cap_cents"], terms["ends_on"] = 5_000, "2027-06-30"
	change := w.changed("scheme:ProposeRules", object{"rules": terms, "applies_to": "new", "reason": "council"})
	if change["state"] != "approved" || cents(t, change["version"]) != 2 || change["decided_by"] != "p-manager" || change["kind"] != "rules" {
		t.Fatal(change)
	}
	after := w.holder()
	w.refused("PAYMENT_CAP_EXCEEDED", "shop", "payment:Pay", after.pay(w.id(), w.shop, w.now+60, clothing(5_001)))
	w.paid(before, clothing(5_001))
	w.paid(after, clothing(5_000))

	shown := w.must("auditor", "scheme:Show", object{"scheme": w.scheme})
	if cents(t, shown["scheme"].(object)["rules_version"]) != 2 || shown["scheme"].(object)["rules_floor"] != nil {
		t.Fatal(shown)
	}
	for version, limit := range map[int]int64{1: 8_000, 2: 5_000} {
		got := w.must("auditor", "scheme:Rules", object{"scheme": w.scheme, "version": version})
		if cents(t, got["version"]) != int64(version) || cents(t, got["payment_cap_cents"]) != limit {
			t.Fatal(got)
		}
	}
	for _, version := range []any{0, 3, -1} {
		w.refused("INVALID_NUMBER", "auditor", "scheme:Rules", object{"scheme": w.scheme, "version": version})
	}
	w.refused("INVALID_NUMBER", "auditor", "scheme:Rules", object{"scheme": w.scheme})
	w.refused("SCHEME_NOT_FOUND", "auditor", "scheme:Rules", object{"scheme": w.id(), "version": 1})
	w.checkMoney()
}

func TestChangedRulesCountForAllVouchers(t *testing.T) {
	w := newTown(t)
	before := w.holder()
	terms := schemeRules()
	terms["payment_cap_cents"], terms["proofs"] = 5_000, []string{"key"}
	issued := newBooklet(w.scheme, w.issue(1)[0], 5)
	w.changed("scheme:ProposeRules", object{"rules": terms, "applies_to": "all", "reason": "council"})
	w.refused("PAYMENT_CAP_EXCEEDED", "shop", "payment:Pay", before.pay(w.id(), w.shop, w.now+60, clothing(5_001)))
	allowance := w.must("auditor", "voucher:Allowance", object{"scheme": w.scheme, "voucher": before.voucher, "shop": w.shop})
	if cents(t, allowance["payment_cap_cents"]) != 5_000 {
		t.Fatal(allowance)
	}
	w.refused("INVALID_AUTHORISATION", "manager", "voucher:Activate", w.onScheme(object{"activations": []object{issued.activation()}}))
	voucher := w.must("clerk", "voucher:Show", object{"scheme": w.scheme, "voucher": before.voucher})
	if cents(t, voucher["rules_version"]) != 1 {
		t.Fatal(voucher)
	}
	if shown := w.must("auditor", "scheme:Show", object{"scheme": w.scheme})["scheme"].(object); cents(t, shown["rules_floor"]) != 2 {
		t.Fatal(shown)
	}
	// The floor stays when later rules are for new vouchers only.
	terms["payment_cap_cents"] = 6_000
	w.changed("scheme:ProposeRules", object{"rules": terms, "applies_to": "new", "reason": "council"})
	w.refused("PAYMENT_CAP_EXCEEDED", "shop", "payment:Pay", before.pay(w.id(), w.shop, w.now+60, clothing(5_001)))
	w.paid(before, clothing(5_000))
}

func TestProposedRulesAreChecked(t *testing.T) {
	w := newTown(t)
	propose := func(member string, value any) object {
		terms := schemeRules()
		terms[member] = value
		return w.onScheme(object{"rules": terms, "applies_to": "all", "reason": "council"})
	}
	w.refused("INVALID_RULES", "clerk", "scheme:ProposeRules", propose("starts_on", "2026-01-02"))
	w.refused("INVALID_RULES", "clerk", "scheme:ProposeRules", propose("ends_on", "2025-12-31"))
	w.refused("INVALID_AMOUNT", "clerk", "scheme:ProposeRules", propose("day_cap_cents", 0))
	w.refused("MALFORMED_REQUEST", "clerk", "scheme:ProposeRules", propose("colour", "red"))
	w.refused("INVALID_CODE", "clerk", "scheme:ProposeRules", w.onScheme(object{"rules": schemeRules(), "applies_to": "some", "reason": "x"}))
	w.refused("INVALID_CODE", "clerk", "scheme:ProposeRules", w.onScheme(object{"rules": schemeRules(), "reason": "x"}))
	w.refused("INVALID_CODE", "clerk", "scheme:ProposeRules", w.onScheme(object{"rules": schemeRules(), "applies_to": "new"}))
	w.refused("INVALID_CODE", "clerk", "scheme:ProposeRules", w.onScheme(object{"applies_to": "new", "reason": "x"}))
	w.refused("INVALID_AMOUNT", "clerk", "scheme:ProposeBudget", w.onScheme(object{"add_cents": 0, "reason": "x"}))
	w.refused("INVALID_AMOUNT", "clerk", "scheme:ProposeBudget", w.onScheme(object{"add_cents": 1_000_000_000_001, "reason": "x"}))
	for _, amounts := range []object{
		{}, {"add_cents": 5, "remove_cents": 5}, {"remove_cents": 0}, {"remove_cents": -5}, {"remove_cents": 1_000_000_000_001}, {"add_cents": 0, "remove_cents": 5},
		{"remove_cents": "5"}, {"remove_cents": 1.5},
	} {
		amounts["reason"] = "x"
		w.refused("INVALID_AMOUNT", "clerk", "scheme:ProposeBudget", w.onScheme(amounts))
	}
	w.refused("INVALID_CODE", "clerk", "scheme:ProposeClosing", w.onScheme(object{"reason": "It is over"}))
	if page := w.must("auditor", "scheme:Changes", object{"scheme": w.scheme}); len(page["items"].([]any)) != 0 {
		t.Fatal(page)
	}
}

func TestABudgetGrows(t *testing.T) {
	w := newTown(t)
	w.issue(1)
	change := w.changed("scheme:ProposeBudget", object{"add_cents": 5_000, "reason": "council"})
	if event := decodeJSON(t, w.last.Event.GetPayload()); w.last.Event.GetEventName() != "ChangeApproved" || cents(t, event["add_cents"]) != 5_000 {
		t.Fatal(w.last.Event)
	}
	if change["rules"] != nil || change["version"] != nil || change["applies_to"] != nil || cents(t, change["add_cents"]) != 5_000 {
		t.Fatal(change)
	}
	shown := w.must("auditor", "scheme:Show", object{"scheme": w.scheme})
	budget := shown["budget"].(object)
	if cents(t, budget["budget_cents"]) != 10_005_000 || cents(t, budget["unallocated_cents"]) != 9_995_000 {
		t.Fatal(budget)
	}
	if cents(t, shown["scheme"].(object)["rules_version"]) != 1 {
		t.Fatal(shown)
	}
	proposal := w.must("clerk", "scheme:ProposeBudget", w.onScheme(object{"add_cents": 1_000_000_000_000, "reason": "council"}))
	w.refused("INVALID_AMOUNT", "manager", "scheme:ApproveChange", w.onScheme(object{"change": proposal["id"]}))
	w.must("manager", "scheme:RejectChange", w.onScheme(object{"change": proposal["id"], "reason": "too-much"}))
	w.checkMoney()
}

func TestABudgetShrinksByWhatIsUnallocatedOnly(t *testing.T) {
	w := newTown(t)
	w.issue(1) // 10 000 of 10 000 000
	proposal, _ := w.proposing(w.scheme, "issue", w.list(1))
	w.approveList(proposal)
	less := func(cents int64) object { return w.onScheme(object{"remove_cents": cents, "reason": "council"}) }
	w.refused("BUDGET_EXCEEDED", "clerk", "scheme:ProposeBudget", less(9_980_001))
	if message := w.last.Response.GetMessage(); !strings.Contains(message, `"unallocated_cents":9980000`) {
		t.Fatal(message)
	}
	first, second := w.must("clerk", "scheme:ProposeBudget", less(9_980_000)), w.must("clerk", "scheme:ProposeBudget", less(4_000_000))
	if first["add_cents"] != nil || cents(t, first["remove_cents"]) != 9_980_000 {
		t.Fatal(first)
	}
	w.wantBudget(10_000, 0, 10_000, 9_980_000)
	decide := func(change object) object { return w.onScheme(object{"change": change["id"]}) }
	change := w.must("manager", "scheme:ApproveChange", decide(second))
	if event := decodeJSON(t, w.last.Event.GetPayload()); change["state"] != "approved" || cents(t, event["remove_cents"]) != 4_000_000 || event["add_cents"] != nil {
		t.Fatal(change, event)
	}
	w.wantBudget(10_000, 0, 10_000, 5_980_000)
	// What was there when it was proposed is not there any more: approving decides.
	w.refused("BUDGET_EXCEEDED", "manager", "scheme:ApproveChange", decide(first))
	w.wantBudget(10_000, 0, 10_000, 5_980_000)
	w.must("manager", "scheme:RejectChange", w.onScheme(object{"change": first["id"], "reason": "too-late"}))
	// Nothing that is allocated or issued can go.
	w.changed("scheme:ProposeBudget", object{"remove_cents": 5_980_000, "reason": "council"})
	w.refused("BUDGET_EXCEEDED", "clerk", "scheme:ProposeBudget", less(1))
	budget := w.must("auditor", "scheme:Show", object{"scheme": w.scheme})["budget"].(object)
	if cents(t, budget["budget_cents"]) != 20_000 {
		t.Fatal(budget)
	}
	statement := w.must("auditor", "audit:SchemeStatement", object{"scheme": w.scheme})["entries"].([]any)[0].(object)
	if moved := statement["moved"].(object); number(t, moved["budget_cents"]) != -5_980_000 || number(t, moved["unallocated_cents"]) != -5_980_000 {
		t.Fatal(statement)
	}
	w.must("clerk", "allocation:Withdraw", w.aboutAllocation(proposal["request_id"], object{"reason": "rest"}))
	w.must("clerk", "scheme:ProposeBudget", less(10_000))
	w.wantBudget(10_000, 0, 0, 10_000)
}

func TestAChangeNeedsTwoPersons(t *testing.T) {
	w := newTown(t)
	w.enrol("clerk2", "GemeenteMSP", "issuer", "p-clerk2", "")
	w.enrol("promoted", "GemeenteMSP", "approver", "p-clerk", "")
	propose := func() any {
		return w.must("clerk", "scheme:ProposeBudget", w.onScheme(object{"add_cents": 5, "reason": "council"}))["id"]
	}
	decide := func(change any) object { return w.onScheme(object{"change": change}) }
	reject := func(change any) object { return w.onScheme(object{"change": change, "reason": "mistake"}) }
	change := propose()
	if w.last.Event.GetEventName() != "BudgetProposed" {
		t.Fatal(w.last.Event)
	}
	w.refused("SECOND_PERSON_REQUIRED", "promoted", "scheme:ApproveChange", decide(change))
	w.refused("ROLE_REQUIRED", "clerk2", "scheme:RejectChange", reject(change))
	w.must("manager", "scheme:ApproveChange", decide(change))
	w.refused("CHANGE_STATE", "manager", "scheme:ApproveChange", decide(change))
	w.refused("CHANGE_STATE", "manager", "scheme:RejectChange", reject(change))
	w.refused("CHANGE_NOT_FOUND", "manager", "scheme:ApproveChange", decide(w.id()))
	w.refused("CHANGE_NOT_FOUND", "manager", "scheme:RejectChange", reject(w.id()))
	w.refused("SCHEME_NOT_FOUND", "manager", "scheme:ApproveChange", object{"request_id": w.id(), "scheme": w.id(), "change": change})
	for user, person := range map[string]string{"clerk": "p-clerk", "manager": "p-manager"} {
		change := propose()
		answer := w.must(user, "scheme:RejectChange", reject(change))
		if answer["state"] != "rejected" || answer["reject_reason"] != "mistake" || answer["decided_by"] != person {
			t.Fatal(answer)
		}
		w.refused("CHANGE_STATE", "manager", "scheme:ApproveChange", decide(change))
	}
	w.refused("INVALID_CODE", "manager", "scheme:RejectChange", decide(change))
	// A change belongs to its scheme.
	other := w.openScheme(schemeRules(), 100)
	waiting := propose()
	w.refused("CHANGE_NOT_FOUND", "manager", "scheme:ApproveChange", object{"request_id": w.id(), "scheme": other, "change": waiting})

	page := w.must("auditor", "scheme:Changes", object{"scheme": w.scheme, "limit": 3})
	rest := w.must("auditor", "scheme:Changes", object{"scheme": w.scheme, "limit": 3, "cursor": page["next"]})
	if len(page["items"].([]any)) != 3 || len(rest["items"].([]any)) != 1 || rest["next"] != "" {
		t.Fatal(page, rest)
	}
}

func TestAChangeStartsFromTheNewestRulesAndHasATerm(t *testing.T) {
	w := newTown(t)
	propose := func() object {
		return w.must("clerk", "scheme:ProposeRules", w.onScheme(object{"rules": schemeRules(), "applies_to": "all", "reason": "council"}))
	}
	approve := func(change object) object { return w.onScheme(object{"change": change["id"]}) }
	older, newer, budget := propose(), propose(), w.must("clerk", "scheme:ProposeBudget", w.onScheme(object{"add_cents": 5, "reason": "council"}))
	if cents(t, older["base_version"]) != 1 || cents(t, older["proposed_at"]) != noon || cents(t, older["expires_at"]) != noon+term {
		t.Fatal(older)
	}
	w.must("manager", "scheme:ApproveChange", approve(newer))
	w.refused("CHANGE_STALE", "manager", "scheme:ApproveChange", approve(older))
	late := propose()
	if cents(t, late["base_version"]) != 2 || budget["base_version"] != nil {
		t.Fatal(late, budget)
	}
	w.now += term - 1
	w.must("manager", "scheme:ApproveChange", approve(budget))
	w.now++
	w.refused("CHANGE_EXPIRED", "manager", "scheme:ApproveChange", approve(late))
	w.must("manager", "scheme:RejectChange", w.onScheme(object{"change": late["id"], "reason": "late"}))
	// A change of before the upgrade has neither, and has to be proposed again.
	before := w.must("clerk", "scheme:ProposeBudget", w.onScheme(object{"add_cents": 5, "reason": "council"}))
	key := "change/" + w.scheme + "/" + before["id"].(string)
	record := decodeJSON(t, w.ledger.Value(key))
	delete(record, "proposed_at")
	delete(record, "expires_at")
	w.ledger.Put(key, encodeJSON(t, record))
	w.refused("CHANGE_EXPIRED", "manager", "scheme:ApproveChange", approve(before))
	if shown := w.must("auditor", "scheme:Show", object{"scheme": w.scheme})["scheme"].(object); cents(t, shown["rules_version"]) != 2 {
		t.Fatal(shown)
	}
}

func TestAChangeCountsOnce(t *testing.T) {
	w := newTown(t)
	proposal := w.onScheme(object{"add_cents": 5, "reason": "council"})
	w.must("clerk", "scheme:ProposeBudget", proposal)
	approval := w.onScheme(object{"change": proposal["request_id"]})
	w.must("manager", "scheme:ApproveChange", approval)
	for _, again := range []struct {
		user, name string
		request    object
	}{{"clerk", "scheme:ProposeBudget", proposal}, {"manager", "scheme:ApproveChange", approval}} {
		if w.must(again.user, again.name, again.request); len(w.last.Writes) > 0 {
			t.Errorf("%s again writes %v", again.name, w.last.Writes)
		}
	}
	proposal["add_cents"] = 6
	w.refused("IDEMPOTENCY_CONFLICT", "clerk", "scheme:ProposeBudget", proposal)
	if budget := w.must("auditor", "scheme:Show", object{"scheme": w.scheme})["budget"].(object); cents(t, budget["budget_cents"]) != 10_000_005 {
		t.Fatal(budget)
	}
}

func TestChangesNeedASchemeInForce(t *testing.T) {
	w := newTown(t)
	propose := map[string]object{
		"scheme:ProposeRules":   {"rules": schemeRules(), "applies_to": "new", "reason": "x"},
		"scheme:ProposeBudget":  {"add_cents": 5, "reason": "x"},
		"scheme:ProposeClosing": {"reason": "x"},
	}
	draft := w.id()
	w.must("clerk", "scheme:Draft", object{"request_id": draft, "rules": schemeRules(), "budget_cents": 100})
	open := w.scheme
	for name, members := range propose {
		w.scheme = w.id()
		w.refused("SCHEME_NOT_FOUND", "clerk", name, w.onScheme(members))
		w.scheme = draft
		w.refused("SCHEME_STATE", "clerk", name, w.onScheme(members))
	}
	w.must("manager", "scheme:Approve", w.onScheme(nil))
	for name, members := range propose {
		w.must("clerk", name, w.onScheme(members))
	}
	w.scheme = open
	w.must("manager", "scheme:Pause", w.onScheme(object{"reason": "audit"}))
	waiting := w.must("clerk", "scheme:ProposeBudget", w.onScheme(propose["scheme:ProposeBudget"]))["id"]
	w.windUp()
	for name, members := range propose {
		w.refused("SCHEME_STATE", "clerk", name, w.onScheme(members))
	}
	w.refused("SCHEME_STATE", "manager", "scheme:ApproveChange", w.onScheme(object{"change": waiting}))
	w.must("manager", "scheme:RejectChange", w.onScheme(object{"change": waiting, "reason": "closed"}))
}

func TestAClosedSchemeOnlyWindsUp(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	waiting := newHolder(w.scheme, w.issue(1)[0])
	one, two := w.paid(h, clothing(2_000)), w.paid(h, clothing(3_000))
	vouchers, cases := issuances(w.world, 1)
	issue := w.issuing(vouchers...)
	w.windUp()
	scheme := w.must("auditor", "scheme:Show", object{"scheme": w.scheme})["scheme"].(object)
	if scheme["state"] != "closed" || scheme["closed_by"] != "p-manager" || scheme["close_reason"] != "over" || cents(t, scheme["closed_at"]) != noon {
		t.Fatal(scheme)
	}
	w.must("clerk", "voucher:RecordCases", w.onScheme(nil), object{"cases": cases})
	w.refused("SCHEME_NOT_OPEN", "clerk", "voucher:Issue", issue)
	w.refused("SCHEME_NOT_OPEN", "shop", "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(100)))
	w.refused("SCHEME_STATE", "manager", "voucher:Activate", w.onScheme(object{"activations": []object{waiting.activation()}}))
	w.refused("SCHEME_STATE", "clerk", "scheme:Open", w.onScheme(nil))
	w.refused("SCHEME_STATE", "manager", "scheme:Pause", w.onScheme(object{"reason": "x"}))
	w.refused("SCHEME_STATE", "manager", "scheme:Approve", w.onScheme(nil))
	allowance := w.must("auditor", "voucher:Allowance", object{"scheme": w.scheme, "voucher": h.voucher, "shop": w.shop})
	if cents(t, allowance["categories"].(object)["clothing"]) != 0 {
		t.Fatal(allowance)
	}

	w.must("shop", "payment:Cancel", object{"request_id": w.id(), "payment": one, "reason": "x"})
	w.must("shop", "payment:Refund", object{"request_id": w.id(), "payment": two, "reason": "x", "lines": []object{{"category": "clothing", "cents": 1}}})
	w.closeToday()
	w.must("clerk", "settlement:Draft", w.onScheme(object{"shop": w.shop}))
	w.checkMoney()
}

func TestAPaymentThatWasWithheldFailsAfterAClosingOrAChangeOfRules(t *testing.T) {
	for name, act := range map[string]func(w *town){
		"closing": func(w *town) { w.windUp() },
		"rules": func(w *town) {
			w.changed("scheme:ProposeRules", object{"rules": schemeRules(), "applies_to": "all", "reason": "x"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			request := w.holder().pay(w.id(), w.shop, w.now+60, clothing(100))
			withheld := w.endorse("shop", "payment:Pay", string(encodeJSON(t, request)), nil)
			act(w)
			if code := w.ledger.Commit(withheld); code != "MVCC_READ_CONFLICT" {
				t.Fatal(code)
			}
		})
	}
}

func TestOpeningAfterAPauseIsByAnotherPerson(t *testing.T) {
	w := newTown(t)
	w.must("manager", "scheme:Pause", w.onScheme(object{"reason": "fraud"}))
	w.refused("SECOND_PERSON_REQUIRED", "manager", "scheme:Open", w.onScheme(nil))
	if answer := w.must("manager2", "scheme:Open", w.onScheme(nil)); answer["paused_by"] != nil || answer["pause_reason"] != nil {
		t.Fatal(answer)
	}
}

func TestRecordsSayWhoWroteThemAndWhy(t *testing.T) {
	w := newTown(t)
	request := w.onScheme(object{"reason": "fraud"})
	w.must("manager", "scheme:Pause", request)
	by := decodeJSON(t, w.ledger.Value("scheme/"+w.scheme))["by"].(object)
	want := object{
		"operation": "scheme:Pause", "request": request["request_id"], "person": "p-manager", "msp": "GemeenteMSP", "role": "approver", "reason": "fraud",
	}
	if !maps.Equal(by, want) {
		t.Fatal(by)
	}
	proposal := w.must("clerk", "scheme:ProposeBudget", w.onScheme(object{"add_cents": 5, "reason": "council"}))
	if by := decodeJSON(t, w.ledger.Value("change/"+w.scheme+"/"+proposal["id"].(string)))["by"].(object); by["reason"] != "council" {
		t.Fatal(by)
	}
}

// layout1 strips what layout 2 added to a record.
func (w *town) layout1(key string, leaveOut ...string) {
	w.t.Helper()
	record := decodeJSON(w.t, w.ledger.Value(key))
	for _, member := range append(leaveOut, "v", "by") {
		delete(record, member)
	}
	text := strings.Replace(string(encodeJSON(w.t, record)), "{", `{"v":1,`, 1)
	w.ledger.Put(key, []byte(text))
}

func TestRulesOfLayout1(t *testing.T) {
	w := newTown(t)
	key := "rules/" + w.scheme + "/000001"
	w.layout1(key, "hold_days", "extension_days")
	w.layout1("scheme/" + w.scheme)
	if record := decodeJSON(t, w.ledger.Value(key)); cents(t, record["refund_grace_days"]) != 14 || cents(t, record["v"]) != 1 {
		t.Fatal(record)
	}
	got := w.must("auditor", "scheme:Rules", object{"scheme": w.scheme, "version": 1})
	for _, member := range []string{"hold_days", "extension_days", "refund_grace_days", "settlement_days"} {
		if cents(t, got[member]) != 0 {
			t.Errorf("%s of layout 1 is read as %v", member, got[member])
		}
	}
	if cents(t, got["retention_days"]) != 2_555 || cents(t, got["payment_cap_cents"]) != 8_000 || got["products"] != nil {
		t.Fatal(got)
	}
	if shown := w.must("auditor", "scheme:Show", object{"scheme": w.scheme})["rules"].(object); cents(t, shown["settlement_days"]) != 0 {
		t.Fatal(shown)
	}
	w.paid(w.holder(), clothing(500))
	w.changed("scheme:ProposeRules", object{"rules": schemeRules(), "applies_to": "all", "reason": "council"})
	if now := w.must("auditor", "scheme:Rules", object{"scheme": w.scheme, "version": 2}); cents(t, now["refund_grace_days"]) != 14 {
		t.Fatal(now)
	}
	if scheme := decodeJSON(t, w.ledger.Value("scheme/"+w.scheme)); cents(t, scheme["v"]) != 3 {
		t.Fatal(scheme)
	}
	w.checkMoney()
}
