package contract

import (
	"slices"
	"strings"
	"testing"

	"kindpakket.eu/chaincode/internal/fakeledger"
	"kindpakket.eu/chaincode/rules"
)

// wellFormed gives a request of each write that only its caller's role can stop.
func wellFormed(w *town) map[string]object {
	id, header := w.id(), func(members object) object {
		members["request_id"] = w.id()
		return members
	}
	h := newHolder(w.scheme, w.id())
	vouchers, _ := issuances(w.world, 1)
	allocation := func(members object) object {
		members["scheme"], members["allocation"] = id, id
		return header(members)
	}
	return map[string]object{
		"scheme:Draft":    header(object{"rules": schemeRules(), "budget_cents": 5}),
		"scheme:Approve":  header(object{"scheme": id}),
		"scheme:Open":     header(object{"scheme": id}),
		"scheme:Pause":    header(object{"scheme": id, "reason": "x"}),
		"scheme:CloseDay": header(object{"scheme": id, "day": "2026-03-10"}),
		"shop:Apply":      header(object{"categories": []string{"books"}}),
		"shop:Approve":    header(object{"shop": id, "categories": []object{{"code": "books", "from": "2026-01-01"}}}),
		"shop:Suspend":    header(object{"shop": id, "reason": "x"}),
		"shop:Reinstate":  header(object{"shop": id, "reason": "x"}),
		"allocation:Propose": header(object{
			"scheme": id, "use": "issue", "vouchers": 1, "cents": 1, "list_sha256": id + id, "parts": 1, "expires_at": w.now + 60, "reason": "x",
		}),
		"allocation:Approve":    allocation(object{}),
		"allocation:Reject":     allocation(object{"reason": "x"}),
		"allocation:Withdraw":   allocation(object{"reason": "x"}),
		"voucher:RecordCases":   header(object{"scheme": id}),
		"voucher:Issue":         w.drawing(header(object{"scheme": id, "vouchers": vouchers})),
		"voucher:Activate":      header(object{"scheme": id, "activations": []object{h.activation()}}),
		"voucher:Block":         header(object{"scheme": id, "voucher": id, "reason": "x"}),
		"voucher:Unblock":       header(object{"scheme": id, "voucher": id, "reason": "x"}),
		"payment:Pay":           h.pay(w.id(), id, w.now, clothing(500)),
		"payment:Cancel":        header(object{"payment": id, "reason": "x"}),
		"payment:Refund":        header(object{"payment": id, "reason": "x", "lines": []rules.Line{books(1)}}),
		"payment:ConfirmRefund": header(object{"refund": id}),
		"payment:RejectRefund":  header(object{"refund": id, "reason": "x"}),
		"shop:LimitRefunds":     header(object{"shop": id, "refund_alone_cents": 0}),
		"settlement:Draft":      header(object{"scheme": id, "shop": id}),
		"settlement:Approve":    header(object{"scheme": id, "settlement": id}),
		"settlement:Withdraw":   header(object{"scheme": id, "settlement": id, "reason": "x"}),
		"settlement:Export":     header(object{"scheme": id, "settlements": []string{id}, "file_sha256": id + id}),
		"settlement:Book":       header(object{"scheme": id, "settlement": id, "outcome": "paid", "reason": "x"}),
		"settlement:Claim":      header(object{"scheme": id, "shop": id, "reason": "x"}),
		"settlement:Collect":    header(object{"scheme": id, "settlement": id, "reason": "x"}),
		"settlement:WriteOff":   header(object{"scheme": id, "settlement": id, "reason": "x"}),
		"decision:Approve":      header(object{"decision": id}),
		"decision:Reject":       header(object{"decision": id, "reason": "x"}),
		"organisations:Propose": header(object{"msp": "Other" + id[:8] + "MSP", "kind": "shops", "reason": "x"}),
		"organisations:Approve": header(object{"msp": "OtherMSP", "change": id}),
		"organisations:Reject":  header(object{"msp": "OtherMSP", "change": id, "reason": "x"}),

		"organisations:ProposeEnd": header(object{"msp": "OtherMSP", "reason": "x"}),
	}
}

// allowed says who may write what, as docs/transactions.md has it.
var allowed = map[string][]string{
	"clerk": {
		"scheme:Draft", "scheme:Open", "scheme:CloseDay", "voucher:RecordCases", "voucher:Issue", "voucher:Activate", "voucher:Block", "settlement:Draft",
		"organisations:Propose", "organisations:Reject", "decision:Reject", "allocation:Propose", "allocation:Reject", "allocation:Withdraw",
		"payment:RejectRefund", "organisations:ProposeEnd",
	},
	"manager": {
		"scheme:Approve", "scheme:Open", "scheme:Pause", "shop:Approve", "shop:Suspend", "shop:Reinstate", "voucher:Block", "voucher:Unblock",
		"settlement:Approve", "settlement:WriteOff", "organisations:Propose", "organisations:Approve", "organisations:Reject",
		"decision:Approve", "decision:Reject", "allocation:Approve", "allocation:Reject", "allocation:Withdraw", "voucher:Activate",
		"payment:RejectRefund", "organisations:ProposeEnd",
	},
	"treasurer": {
		"scheme:CloseDay", "settlement:Draft", "settlement:Withdraw", "settlement:Export", "settlement:Book", "settlement:Claim", "settlement:Collect",
		"allocation:Withdraw", "payment:RejectRefund",
	},
	"shop": {
		"shop:Apply", "payment:Pay", "payment:Cancel", "payment:Refund", "settlement:Draft", "payment:ConfirmRefund", "payment:RejectRefund",
		"shop:LimitRefunds",
	},
	"till":    {"payment:Pay", "payment:Cancel", "payment:Refund", "settlement:Draft", "payment:ConfirmRefund", "payment:RejectRefund"},
	"auditor": {}, "admin": {}, "shops-admin": {}, "forged-clerk": {}, "forged-manager": {}, "forged-shop": {}, "forged-auditor": {}, "stranger": {},
}

func TestEveryWriteNeedsItsRoleWhereItCounts(t *testing.T) {
	w := newTown(t)
	w.enrol("till", "WinkelsMSP", "cashier", "p-till", w.shop)
	w.enrol("shops-admin", "WinkelsMSP", "", "", "")
	w.enrol("forged-clerk", "WinkelsMSP", "issuer", "p-x", "")
	w.enrol("forged-manager", "AuditorMSP", "approver", "p-x", "")
	w.enrol("forged-shop", "GemeenteMSP", "shopkeeper", "p-x", w.shop)
	w.enrol("forged-auditor", "GemeenteMSP", "auditor", "p-x", "")
	w.enrol("stranger", "AndersMSP", "issuer", "p-x", "")
	for user, names := range allowed {
		for name, request := range wellFormed(w) {
			_, code := w.send(user, name, request)
			if may := slices.Contains(names, name); may == (code == "ROLE_REQUIRED") {
				t.Errorf("%s sends %s: %q", user, name, code)
			}
		}
	}
}

func TestEveryQueryNeedsARole(t *testing.T) {
	w := newTown(t)
	w.enrol("forged-auditor", "GemeenteMSP", "auditor", "p-x", "")
	w.enrol("foreign-auditor", "AndersMSP", "auditor", "p-x", "")
	w.enrol("auditors-clerk", "AuditorMSP", "issuer", "p-x", "")
	w.enrol("made-up", "AuditorMSP", "controller", "p-x", "")
	queries := map[string]object{
		"scheme:Show": {"scheme": w.scheme}, "scheme:List": {}, "shop:Show": {"shop": w.shop}, "shop:List": {}, "shop:Account": {"shop": w.shop},
		"voucher:Show": {"scheme": w.scheme, "voucher": w.id()}, "voucher:List": {"scheme": w.scheme}, "payment:Show": {"payment": w.id()},
		"voucher:Allowance": {"scheme": w.scheme, "voucher": w.id(), "shop": w.shop}, "payment:Unsettled": {"scheme": w.scheme, "shop": w.shop},
		"settlement:Show": {"scheme": w.scheme, "settlement": w.id()}, "settlement:List": {"scheme": w.scheme},
		"settlement:Due": {"scheme": w.scheme, "shop": w.shop}, "allocation:Show": {"scheme": w.scheme, "allocation": w.id()}, "allocation:List": {"scheme": w.scheme},
		"audit:History": {"key": "day/" + w.scheme}, "audit:Totals": {"scheme": w.scheme}, "organisations:List": {},
		"decision:List": {}, "decision:Show": {"decision": w.id()}, "voucher:Binding": {"scheme": w.scheme, "voucher": w.id(), "shop": w.shop},
	}
	tills := []string{"voucher:Allowance", "voucher:Binding", "shop:Show", "payment:Show", "payment:Unsettled", "settlement:Show", "settlement:Due", "audit:ShopStatement"}
	for name, request := range queries {
		for user, may := range map[string]bool{
			"clerk": name != "shop:Account", "manager": true, "treasurer": true, "auditor": name != "shop:Account",
			"shop": slices.Contains(tills, name), "admin": false,
			"forged-auditor": false, "foreign-auditor": false, "auditors-clerk": false, "made-up": false,
		} {
			if _, code := w.send(user, name, request); may == (code == "ROLE_REQUIRED") {
				t.Errorf("%s asks %s: %q", user, name, code)
			}
			if len(w.last.Writes) > 0 {
				t.Errorf("%s writes", name)
			}
		}
	}
	w.must("admin", "organisations:Show", object{})
}

func TestWritesNeedAPerson(t *testing.T) {
	w := newTown(t)
	for _, person := range []string{"", "123456782", "Jan de Vries", "nl91abna0417164300"} {
		w.enrol("nobody", "GemeenteMSP", "approver", person, "")
		w.refused("PERSON_REQUIRED", "nobody", "scheme:Approve", object{"request_id": w.id(), "scheme": w.scheme})
		w.must("nobody", "scheme:List", object{})
	}
}

func TestWhoHasNoCertificateHasNoRole(t *testing.T) {
	w := newTown(t)
	for _, creator := range [][]byte{nil, []byte("nonsense"), {0x0a, 0x01, 'X'}} {
		w.users["broken"] = creator
		w.refused("ROLE_REQUIRED", "broken", "scheme:Approve", object{"request_id": w.id(), "scheme": w.scheme})
	}
}

func TestBeforeInitialisingNothingWorks(t *testing.T) {
	w := newWorld(t)
	w.enrol("shop", "WinkelsMSP", "shopkeeper", "p-shop", w.id())
	town := &town{world: w, scheme: w.id()}
	for name, request := range wellFormed(town) {
		for _, user := range []string{"clerk", "manager", "shop", "admin"} {
			w.refused("NOT_INITIALISED", user, name, request)
		}
	}
	w.refused("NOT_INITIALISED", "auditor", "organisations:Show", object{})
	w.refused("NOT_INITIALISED", "auditor", "scheme:List", object{})
}

func TestTheMunicipalityNamesTheOrganisationsOnce(t *testing.T) {
	w := newWorld(t)
	w.enrol("other", "WinkelsMSP", "approver", "p-x", "")
	request := func() object {
		return object{"request_id": w.id(), "municipality": "GemeenteMSP", "shops": []string{"WinkelsMSP"}, "auditors": []string{"AuditorMSP"}}
	}
	for _, user := range []string{"clerk", "treasurer", "admin", "auditor", "other"} {
		w.refused("ROLE_REQUIRED", user, "organisations:Initialise", request())
	}
	w.enrol("nobody", "GemeenteMSP", "approver", "", "")
	w.refused("PERSON_REQUIRED", "nobody", "organisations:Initialise", request())
	nameless := request()
	nameless["request_id"] = "first"
	w.refused("INVALID_ID", "manager", "organisations:Initialise", nameless)
	double := request()
	double["auditors"] = []string{"WinkelsMSP"}
	w.refused("INVALID_ORGANISATIONS", "manager", "organisations:Initialise", double)
	first := request()
	answer := w.must("manager", "organisations:Initialise", first)
	if answer["municipality"] != "GemeenteMSP" || w.last.Event.GetEventName() != "OrganisationsInitialised" {
		t.Fatal(answer)
	}
	if event := decodeJSON(t, w.last.Event.GetPayload()); event["municipality"] != "GemeenteMSP" || event["chaincode"] != chaincodeName {
		t.Fatal(event)
	}
	w.refused("ALREADY_INITIALISED", "manager", "organisations:Initialise", request())
	for _, user := range []string{"clerk", "other", "admin"} {
		w.refused("ALREADY_INITIALISED", user, "organisations:Initialise", request())
		w.refusedText("ALREADY_INITIALISED", user, "organisations:Initialise", "not even JSON")
	}
	w.must("manager", "organisations:Initialise", first)
	if len(w.last.Writes) > 0 {
		t.Error("the same request again writes")
	}
	if shown := w.must("stranger", "organisations:Show", object{}); shown["municipality"] != "GemeenteMSP" {
		t.Fatal(shown)
	}
}

func TestShopsSeeOnlyTheirOwn(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	payment := w.paid(h, clothing(500))
	w.must("treasurer", "scheme:CloseDay", object{"request_id": w.id(), "scheme": w.scheme, "day": "2026-03-10"})
	settlement := w.id()
	w.must("clerk", "settlement:Draft", object{"request_id": settlement, "scheme": w.scheme, "shop": w.shop})
	other := w.admitShop("rival", "clothing")
	// A chain's own organisation might give its tills any shop's id.
	w.enrol("impostor", "KetenMSP", "shopkeeper", "p-x", w.shop)
	w.ledger.Put("organisations", []byte(`{"v":1,"municipality":"GemeenteMSP","shops":["WinkelsMSP","KetenMSP"],"auditors":["AuditorMSP"]}`))
	for _, user := range []string{"rival", "impostor"} {
		w.refused("NOT_YOURS", user, "payment:Show", object{"payment": payment})
		w.refused("NOT_YOURS", user, "payment:Cancel", object{"request_id": w.id(), "payment": payment, "reason": "x"})
		w.refused("NOT_YOURS", user, "payment:Refund", object{
			"request_id": w.id(), "payment": payment, "reason": "x", "lines": []rules.Line{clothing(1)},
		})
		w.refused("NOT_YOURS", user, "payment:Unsettled", object{"scheme": w.scheme, "shop": w.shop})
		w.refused("NOT_YOURS", user, "settlement:Show", object{"scheme": w.scheme, "settlement": settlement})
		w.refused("NOT_YOURS", user, "shop:Show", object{"shop": w.shop})
		w.refused("NOT_YOURS", user, "voucher:Allowance", h.ask(w.shop, w.now+60))
		w.refused("NOT_YOURS", user, "voucher:Binding", object{"scheme": w.scheme, "voucher": h.voucher, "shop": w.shop})
		w.refused("NOT_YOURS", user, "payment:Pay", h.pay(w.id(), w.shop, w.now+60, clothing(500)))
	}
	w.refused("NOT_YOURS", "rival", "shop:Apply", object{"request_id": w.id(), "categories": []string{"books"}}, account())
	// A cursor cannot lead out of the shop's own items.
	for _, cursor := range []string{strings.Repeat("0", 32), "2026-03-10/" + payment, "9999-12-31/" + strings.Repeat("f", 32), strings.Repeat("f", 64)} {
		page := w.must("rival", "payment:Unsettled", object{"scheme": w.scheme, "shop": other, "cursor": cursor})
		if len(page["items"].([]any)) > 0 {
			t.Errorf("the cursor %s shows %v", cursor, page)
		}
	}
	w.must("shop", "settlement:Show", object{"scheme": w.scheme, "settlement": settlement})
	w.must("rival", "shop:Show", object{"shop": other})
}

func TestRolesComeFromTheCertificateOfThisCall(t *testing.T) {
	w := newTown(t)
	s := w.ledger.Simulate(fakeledger.Call{
		Name: "scheme:Pause", Arguments: []string{`{"request_id":"` + w.id() + `","scheme":"` + w.scheme + `","reason":"x"}`},
		Creator: w.users["clerk"], Transient: map[string][]byte{"kindpakket.role": []byte("approver")}, Now: w.now,
		Channel: channelName, Chaincode: chaincodeName,
	})
	if code := codeOf(t, s.Response.GetMessage()); code != "ROLE_REQUIRED" {
		t.Fatal(s.Response)
	}
}

func TestARefusedCallerReadsWhoItIs(t *testing.T) {
	organisations := &rules.Organisations{Municipality: "GemeenteMSP", Shops: []string{"WinkelsMSP"}, Auditors: []string{"AuditorMSP"}}
	for want, c := range map[string]caller{
		"this needs the role issuer or approver; you are cashier of WinkelsMSP":                                {msp: "WinkelsMSP", role: cashier},
		"this needs the role issuer or approver; you are a caller of WinkelsMSP without a role":                {msp: "WinkelsMSP"},
		"this needs the role issuer or approver; you are a caller without a readable certificate":              {},
		"the role issuer does not count in WinkelsMSP: use a certificate of an organisation that it counts in": {msp: "WinkelsMSP", role: issuer},
	} {
		refusal := refusalOf(t, c.admit(organisations, []role{issuer, approver}))
		if refusal.Code != rules.RoleRequired || refusal.Sentence != want {
			t.Errorf("%v: %v", c, refusal)
		}
	}
}
