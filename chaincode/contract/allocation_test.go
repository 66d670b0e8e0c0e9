package contract

import (
	"maps"
	"strings"
	"testing"
)

// list has cases recorded for vouchers, and gives those vouchers.
func (w *town) list(count int) []object {
	w.t.Helper()
	vouchers, cases := issuances(w.world, count)
	w.must("clerk", "voucher:RecordCases", w.onScheme(nil), object{"cases": cases})
	return vouchers
}

// partOf gives the request that issues a part of a list.
func (w *town) partOf(vouchers []object, drawing object) object {
	request := w.onScheme(object{"vouchers": vouchers})
	maps.Copy(request, drawing)
	return request
}

func (w *town) aboutAllocation(id any, members object) object {
	request := w.onScheme(object{"allocation": id})
	maps.Copy(request, members)
	return request
}

func (w *town) allocation(id any) object {
	w.t.Helper()
	return w.must("auditor", "allocation:Show", object{"scheme": w.scheme, "allocation": id})
}

// wantBudget compares the terms of the budget that allocations move.
func (w *town) wantBudget(issued, toppedUp, allocated, unallocated int64) {
	w.t.Helper()
	want := map[string]int64{
		"issued_cents": issued, "topped_up_cents": toppedUp, "allocated_cents": allocated, "unallocated_cents": unallocated,
	}
	budget := w.must("auditor", "scheme:Show", object{"scheme": w.scheme})["budget"].(object)
	for name, cents := range want {
		if number(w.t, budget[name]) != cents {
			w.t.Fatalf("%s is %v and not %d", name, budget[name], cents)
		}
	}
	w.checkMoney()
}

func TestAnAllocationReservesMoneyAndIsDrawnPartByPart(t *testing.T) {
	w := newTown(t)
	vouchers := w.list(5)
	proposal, drawings := w.proposing(w.scheme, "issue", vouchers[:2], vouchers[2:4], vouchers[4:])
	answer := w.must("clerk", "allocation:Propose", proposal)
	if answer["state"] != "proposed" || answer["proposed_by"] != "p-clerk" || number(t, answer["proposed_at"]) != noon || answer["decided_by"] != nil {
		t.Fatal(answer)
	}
	w.wantBudget(0, 0, 0, 10_000_000)
	answer = w.must("manager", "allocation:Approve", w.aboutAllocation(proposal["request_id"], nil))
	if answer["state"] != "approved" || answer["decided_by"] != "p-manager" {
		t.Fatal(answer)
	}
	if event := decodeJSON(t, w.last.Event.GetPayload()); w.last.Event.GetEventName() != "AllocationApproved" || event["allocation"] != proposal["request_id"] ||
		number(t, event["vouchers"]) != 5 || number(t, event["cents"]) != 50_000 || event["use"] != "issue" || event["state"] != "approved" {
		t.Fatal(event)
	}
	w.wantBudget(0, 0, 50_000, 9_950_000)
	w.must("clerk", "voucher:Issue", w.partOf(vouchers[2:4], drawings[1]))
	w.wantBudget(20_000, 0, 30_000, 9_950_000)
	shown := w.shown(vouchers[2]["id"].(string))
	if shown["issued_by"] != "p-clerk" {
		t.Fatal(shown)
	}
	// A part is issued once, whatever the id of the request.
	w.refused("ALREADY_ISSUED", "clerk", "voucher:Issue", w.partOf(vouchers[2:4], drawings[1]))
	w.must("clerk", "voucher:Issue", w.partOf(vouchers[:2], drawings[0]))
	w.must("clerk", "voucher:Issue", w.partOf(vouchers[4:], drawings[2]))
	w.wantBudget(50_000, 0, 0, 9_950_000)
	shown = w.allocation(proposal["request_id"])
	if shown["state"] != "used" || number(t, shown["used_vouchers"]) != 5 || number(t, shown["used_cents"]) != 50_000 {
		t.Fatal(shown)
	}
	w.refused("ALLOCATION_STATE", "clerk", "voucher:Issue", w.partOf(vouchers[4:], drawings[2]))
	w.refused("ALLOCATION_STATE", "clerk", "allocation:Withdraw", w.aboutAllocation(proposal["request_id"], object{"reason": "rest"}))
	history := w.must("auditor", "audit:History", object{"key": "allocation/" + w.scheme + "/" + proposal["request_id"].(string)})["entries"].([]any)
	if len(history) != 5 || history[0].(object)["by"].(object)["operation"] != "voucher:Issue" {
		t.Fatal(history)
	}
	if page := w.must("treasurer", "allocation:List", object{"scheme": w.scheme}); len(page["items"].([]any)) != 1 {
		t.Fatal(page)
	}
}

func TestOneIssuerAloneMakesNoValue(t *testing.T) {
	w := newTown(t)
	w.enrol("promoted", "GemeenteMSP", "approver", "p-clerk", "")
	vouchers := w.list(3)
	one := vouchers[:1]
	proposal, drawings := w.proposing(w.scheme, "issue", one)
	without := w.onScheme(object{"vouchers": one})
	w.refused("INVALID_ID", "clerk", "voucher:Issue", without)
	w.refused("ALLOCATION_NOT_FOUND", "clerk", "voucher:Issue", w.partOf(one, drawings[0]))
	w.must("clerk", "allocation:Propose", proposal)
	w.refused("ALLOCATION_STATE", "clerk", "voucher:Issue", w.partOf(one, drawings[0]))
	w.refused("ROLE_REQUIRED", "clerk", "allocation:Approve", w.aboutAllocation(proposal["request_id"], nil))
	w.refused("SECOND_PERSON_REQUIRED", "promoted", "allocation:Approve", w.aboutAllocation(proposal["request_id"], nil))
	w.wantBudget(0, 0, 0, 10_000_000)
	w.must("manager", "allocation:Approve", w.aboutAllocation(proposal["request_id"], nil))

	other := func(members object) []object {
		line := maps.Clone(one[0])
		maps.Copy(line, members)
		return []object{line}
	}
	for _, lines := range [][]object{
		vouchers[1:2], vouchers[:2], other(object{"units": 2}), other(object{"preset": "senior"}), other(object{"entitlement": w.id()}), other(object{"id": w.id()}),
	} {
		w.refused("ALLOCATION_MISMATCH", "clerk", "voucher:Issue", w.partOf(lines, drawings[0]))
	}
	elsewhere := maps.Clone(drawings[0])
	elsewhere["part"] = 1
	w.refused("ALLOCATION_MISMATCH", "clerk", "voucher:Issue", w.partOf(one, elsewhere))
	elsewhere["part"], elsewhere["path"] = 0, []string{strings.Repeat("0", 64)}
	w.refused("ALLOCATION_MISMATCH", "clerk", "voucher:Issue", w.partOf(one, elsewhere))

	topUps := []object{{"voucher": one[0]["id"], "entitlement": one[0]["entitlement"], "preset": "junior", "units": 1}}
	topUp := w.because(object{"scheme": w.scheme, "top_ups": topUps})
	maps.Copy(topUp, drawings[0])
	w.refused("ALLOCATION_MISMATCH", "clerk", "voucher:TopUp", topUp)
	first := w.scheme
	w.scheme = w.openScheme(schemeRules(), 10_000_000)
	w.must("clerk", "voucher:RecordCases", w.onScheme(nil), object{"cases": []object{{"voucher": one[0]["id"], "case": "x", "salt": w.id()}}})
	w.refused("ALLOCATION_NOT_FOUND", "clerk", "voucher:Issue", w.partOf(one, drawings[0]))
	w.scheme = first

	w.must("clerk", "voucher:Issue", w.partOf(one, drawings[0]))
	w.wantBudget(10_000, 0, 0, 9_990_000)
	h := newHolder(w.scheme, one[0]["id"].(string))
	activate := func() object { return w.onScheme(object{"activations": []object{h.activation()}}) }
	w.refused("SECOND_PERSON_REQUIRED", "clerk", "voucher:Activate", activate())
	w.refused("SECOND_PERSON_REQUIRED", "promoted", "voucher:Activate", activate())
	w.enrol("clerk2", "GemeenteMSP", "issuer", "p-clerk2", "")
	w.must("clerk2", "voucher:Activate", activate())
	w.paid(h, clothing(500))
	w.checkMoney()
}

func TestNeverAVoucherOrACentAboveWhatWasApproved(t *testing.T) {
	w := newTown(t)
	for _, test := range []struct{ vouchers, cents int }{{1, 20_000}, {2, 19_999}} {
		vouchers := w.list(2)
		proposal, drawings := w.proposing(w.scheme, "issue", vouchers)
		proposal["vouchers"], proposal["cents"] = test.vouchers, test.cents
		w.approveList(proposal)
		w.refused("ALLOCATION_EXCEEDED", "clerk", "voucher:Issue", w.partOf(vouchers, drawings[0]))
	}
	w.wantBudget(0, 0, 39_999, 10_000_000-39_999)

	h := w.holder()
	topUps := []object{{"voucher": h.voucher, "entitlement": w.id(), "preset": "junior", "units": 2}}
	proposal, drawings := w.proposing(w.scheme, "top-up", topUps)
	proposal["cents"] = 19_999
	w.approveList(proposal)
	topUp := w.because(object{"scheme": w.scheme, "top_ups": topUps})
	maps.Copy(topUp, drawings[0])
	w.refused("ALLOCATION_EXCEEDED", "clerk", "voucher:TopUp", topUp)
	// Two persons agree on a price that rises afterwards: what they agreed on stays the most.
	vouchers := w.list(1)
	issue := w.issuing(vouchers...)
	dearer := schemeRules()
	dearer["presets"] = object{"junior": 10_001, "senior": 15_000}
	w.changed("scheme:ProposeRules", object{"rules": dearer, "applies_to": "new", "reason": "council"})
	w.refused("ALLOCATION_EXCEEDED", "clerk", "voucher:Issue", issue)
	w.checkMoney()
}

func TestAnExpiredAllocationIsOnlyWithdrawn(t *testing.T) {
	w := newTown(t)
	vouchers := w.list(2)
	late, _ := w.proposing(w.scheme, "issue", vouchers)
	w.must("clerk", "allocation:Propose", late)
	proposal, drawings := w.proposing(w.scheme, "issue", vouchers[:1], vouchers[1:])
	w.approveList(proposal)
	w.now += aDay - 1
	w.must("clerk", "voucher:Issue", w.partOf(vouchers[:1], drawings[0]))
	w.now++
	w.refused("ALLOCATION_EXPIRED", "clerk", "voucher:Issue", w.partOf(vouchers[1:], drawings[1]))
	w.refused("ALLOCATION_EXPIRED", "manager", "allocation:Approve", w.aboutAllocation(late["request_id"], nil))
	w.must("clerk", "allocation:Reject", w.aboutAllocation(late["request_id"], object{"reason": "late"}))
	w.wantBudget(10_000, 0, 10_000, 9_980_000)
	answer := w.must("treasurer", "allocation:Withdraw", w.aboutAllocation(proposal["request_id"], object{"reason": "late"}))
	if answer["state"] != "withdrawn" || answer["withdrawn_by"] != "p-treasurer" || answer["withdraw_reason"] != "late" || number(t, answer["used_cents"]) != 10_000 {
		t.Fatal(answer)
	}
	w.wantBudget(10_000, 0, 0, 9_990_000)
	w.refused("ALLOCATION_STATE", "clerk", "voucher:Issue", w.partOf(vouchers[1:], drawings[1]))
	w.refused("ALLOCATION_STATE", "clerk", "allocation:Withdraw", w.aboutAllocation(proposal["request_id"], object{"reason": "late"}))
	// The list is not lost: it can be proposed again.
	w.must("clerk", "voucher:Issue", w.issuing(vouchers[1:]...))
	w.wantBudget(20_000, 0, 0, 9_980_000)
}

func TestAClosedSchemeKeepsNoMoneyBack(t *testing.T) {
	w := newTown(t)
	proposal, _ := w.proposing(w.scheme, "issue", w.list(1))
	w.approveList(proposal)
	waiting, _ := w.proposing(w.scheme, "issue", w.list(1))
	w.must("clerk", "allocation:Propose", waiting)
	w.windUp()
	another, _ := w.proposing(w.scheme, "issue", w.list(1))
	w.refused("SCHEME_STATE", "clerk", "allocation:Propose", another)
	w.refused("SCHEME_STATE", "manager", "allocation:Approve", w.aboutAllocation(waiting["request_id"], nil))
	w.must("manager", "allocation:Reject", w.aboutAllocation(waiting["request_id"], object{"reason": "closed"}))
	w.must("clerk", "allocation:Withdraw", w.aboutAllocation(proposal["request_id"], object{"reason": "closed"}))
	w.wantBudget(0, 0, 0, 10_000_000)
}

func TestWhoDecidesOnAnAllocation(t *testing.T) {
	w := newTown(t)
	w.enrol("clerk2", "GemeenteMSP", "issuer", "p-clerk2", "")
	propose := func() any {
		proposal, _ := w.proposing(w.scheme, "issue", w.list(1))
		w.must("clerk", "allocation:Propose", proposal)
		return proposal["request_id"]
	}
	reject := func(id any) object { return w.aboutAllocation(id, object{"reason": "unclear"}) }
	id := propose()
	w.refused("ROLE_REQUIRED", "clerk2", "allocation:Reject", reject(id))
	w.refused("ROLE_REQUIRED", "treasurer", "allocation:Reject", reject(id))
	answer := w.must("clerk", "allocation:Reject", reject(id))
	if answer["state"] != "rejected" || answer["decided_by"] != "p-clerk" || answer["reject_reason"] != "unclear" {
		t.Fatal(answer)
	}
	w.refused("ALLOCATION_STATE", "manager", "allocation:Approve", w.aboutAllocation(id, nil))
	w.must("manager2", "allocation:Reject", reject(propose()))
	w.refused("ALLOCATION_STATE", "clerk", "allocation:Withdraw", w.aboutAllocation(propose(), object{"reason": "mistake"}))
	for name, request := range map[string]object{
		"allocation:Approve": w.aboutAllocation(w.id(), nil), "allocation:Reject": reject(w.id()), "allocation:Withdraw": reject(w.id()),
	} {
		w.refused("ALLOCATION_NOT_FOUND", "manager", name, request)
	}
	w.refused("ALLOCATION_NOT_FOUND", "auditor", "allocation:Show", object{"scheme": w.scheme, "allocation": w.id()})
	w.refused("SCHEME_NOT_FOUND", "manager", "allocation:Approve", object{"request_id": w.id(), "scheme": w.id(), "allocation": w.id()})
	w.wantBudget(0, 0, 0, 10_000_000)
}

func TestTheFormOfAProposalAndOfADrawing(t *testing.T) {
	w := newTown(t)
	vouchers := w.list(1)
	for member, bad := range map[string]map[string][]any{
		"use": {"INVALID_CODE": {"", "lapse", "Issue"}}, "vouchers": {"INVALID_NUMBER": {0, -1, 501}}, "cents": {"INVALID_AMOUNT": {0, -1, 1.5, "5", 1_000_000_000_001}},
		"list_sha256": {"INVALID_ID": {"", "x", strings.Repeat("A", 64)}}, "parts": {"INVALID_NUMBER": {0, -1, 2, 16_385}},
		"file_commitment": {"INVALID_ID": {"x", strings.Repeat("A", 64), strings.Repeat("a", 63)}, "MALFORMED_REQUEST": {1, nil}},
		"expires_at":      {"INVALID_NUMBER": {0, noon, noon - 1, noon + 366*aDay + 1}}, "reason": {"INVALID_CODE": {"", "For the new children"}},
	} {
		for code, values := range bad {
			for _, value := range values {
				proposal, _ := w.proposing(w.scheme, "issue", vouchers)
				proposal[member] = value
				w.refused(code, "clerk", "allocation:Propose", proposal)
			}
		}
	}
	proposal, drawings := w.proposing(w.scheme, "issue", vouchers)
	proposal["expires_at"] = noon + 366*aDay
	w.approveList(proposal)
	for member, bad := range map[string]map[string][]any{
		"allocation": {"INVALID_ID": {"", "x"}}, "part": {"INVALID_NUMBER": {-1, 16_384, 0.5}},
		"path": {"INVALID_ID": {[]string{""}, []string{strings.Repeat("g", 64)}, make([]string, 15)}},
	} {
		for code, values := range bad {
			for _, value := range values {
				request := w.partOf(vouchers, drawings[0])
				request[member] = value
				w.refused(code, "clerk", "voucher:Issue", request)
			}
		}
	}
	for member, code := range map[string]string{"allocation": "INVALID_ID", "part": "INVALID_NUMBER", "path": "INVALID_ID"} {
		request := w.partOf(vouchers, drawings[0])
		delete(request, member)
		w.refused(code, "clerk", "voucher:Issue", request)
	}
	w.must("clerk", "voucher:Issue", w.partOf(vouchers, drawings[0]))
}

// Who approves and who audits see which file the list was made from; a list that was made without a file names none.
func TestAnAllocationNamesTheFileOfItsList(t *testing.T) {
	w := newTown(t)
	file := strings.Repeat("0f", 32)
	vouchers := w.list(2)
	proposal, drawings := w.proposing(w.scheme, "issue", vouchers[:1])
	proposal["file_commitment"] = file
	if answer := w.must("clerk", "allocation:Propose", proposal); answer["file_commitment"] != file {
		t.Fatal(answer)
	}
	w.must("manager", "allocation:Approve", w.aboutAllocation(proposal["request_id"], nil))
	w.must("clerk", "voucher:Issue", w.partOf(vouchers[:1], drawings[0]))
	if shown := w.allocation(proposal["request_id"]); shown["file_commitment"] != file || shown["state"] != "used" {
		t.Fatal(shown)
	}
	// Another file under the same id is another request.
	other := maps.Clone(proposal)
	other["file_commitment"] = strings.Repeat("0e", 32)
	w.refused("IDEMPOTENCY_CONFLICT", "clerk", "allocation:Propose", other)
	without, _ := w.proposing(w.scheme, "issue", vouchers[1:])
	if answer := w.must("clerk", "allocation:Propose", without); answer["file_commitment"] != nil {
		t.Fatal(answer)
	}
	if shown := w.allocation(without["request_id"]); shown["file_commitment"] != nil {
		t.Fatal(shown)
	}
}

// A client whose connection broke while the chaincode was upgraded sends its request again.
func TestARequestOfBeforeAllocationsIsAnsweredAsItWas(t *testing.T) {
	w := newTown(t)
	request := w.onScheme(object{"vouchers": w.list(1)})
	of, err := digest("voucher:Issue", "", string(encodeJSON(t, request)), "")
	if err != nil {
		t.Fatal(err)
	}
	w.ledger.Put("request/"+request["request_id"].(string), encodeJSON(t, object{
		"v": 2, "operation": "voucher:Issue", "digest": of, "answer": object{"scheme": w.scheme, "vouchers": []object{}, "issued_cents": 10_000},
	}))
	s := w.endorse("clerk", "voucher:Issue", string(encodeJSON(t, request)), nil)
	if s.Response.GetStatus() != 200 || number(t, decodeJSON(t, s.Response.GetPayload())["issued_cents"]) != 10_000 || len(s.Writes) > 0 {
		t.Fatal(s.Response)
	}
	request["request_id"] = w.id()
	w.refused("INVALID_ID", "clerk", "voucher:Issue", request)
}

// A ledger from before allocations: budgets without the term, vouchers that do not name who issued them.
func TestBudgetsAndVouchersFromBeforeAllocations(t *testing.T) {
	w := newTown(t)
	voucher := w.issue(1)[0]
	for key, member := range map[string]string{"budget/" + w.scheme: "allocated_cents", "voucher/" + w.scheme + "/" + voucher: "issued_by"} {
		record := decodeJSON(t, w.ledger.Value(key))
		delete(record, member)
		w.ledger.Put(key, encodeJSON(t, record))
	}
	if shown := w.shown(voucher); shown["issued_by"] != nil {
		t.Fatal(shown)
	}
	w.wantBudget(10_000, 0, 0, 9_990_000)
	h := newHolder(w.scheme, voucher)
	w.must("clerk", "voucher:Activate", w.onScheme(object{"activations": []object{h.activation()}}))
	w.must("clerk", "voucher:TopUp", w.toppingUp(object{"voucher": voucher, "entitlement": w.id(), "preset": "junior", "units": 1}))
	w.issue(1)
	w.wantBudget(20_000, 10_000, 0, 9_970_000)
	w.paid(h, clothing(500))
	w.revoke(voucher)
	w.checkMoney()
}
