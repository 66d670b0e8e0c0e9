package contract

import (
	"encoding/json"
	"strings"

	"kindpakket.eu/chaincode/rules"
)

// voucher draws what the municipality does with vouchers.
func (s *storyteller) voucher() {
	one := func() object { return s.because(object{"voucher": s.thing("voucher")}) }
	many := func() object {
		vouchers := []string{s.thing("voucher")}
		if other := s.thing("voucher"); other != vouchers[0] && s.IntN(3) == 0 {
			vouchers = append(vouchers, other)
		}
		return s.because(object{"vouchers": vouchers})
	}
	bare := func(request object) object {
		delete(request, "reason")
		return request
	}
	approver, issuer := s.oneOf("manager", "manager2", "promoted"), s.oneOf("clerk", "clerk2")
	switch s.IntN(14) {
	case 0, 1:
		s.issue()
	case 13:
		s.activate(s.thing("voucher"))
	case 2:
		s.try("", s.oneOf(issuer, approver), "voucher:Block", one())
		fallthrough
	case 3, 4:
		s.try("", approver, "voucher:Unblock", s.because(object{"voucher": s.voucherThat(rules.VoucherIsBlocked)}))
	case 5:
		request := bare(one())
		request["code"] = s.oneOf(selfBlockCode, selfBlockCode, s.id())
		s.try("", s.oneOf("till", issuer), "voucher:SelfBlock", request)
	case 6:
		s.replace(issuer)
	case 7, 8:
		request := s.because(object{"voucher": s.voucherThat(rules.VoucherIsBlocked)})
		request["change"] = s.waiting(request["voucher"].(string))
		if s.IntN(4) > 0 {
			s.try("", approver, "voucher:ApproveReplacement", bare(request))
			return
		}
		s.try("", s.oneOf(issuer, approver), "voucher:RejectReplacement", request)
	case 9:
		if s.IntN(6) == 0 {
			s.try("", approver, "voucher:Revoke", s.because(object{"vouchers": []string{s.voucherThat(rules.VoucherIsBlocked)}}))
			s.try("decision", s.oneOf(approver, issuer), "voucher:ProposeRevocation", many())
		}
		s.decide()
	case 10:
		s.try("", s.oneOf("treasurer", issuer), "voucher:Lapse", many())
	case 11:
		request := many()
		request["ends_on"] = s.today().Plus(3)
		s.try("", approver, "voucher:Extend", request)
	default:
		topUp := object{"voucher": s.thing("voucher"), "entitlement": s.id(), "preset": s.oneOf("junior", "senior", "bicycle"), "units": 1 + s.IntN(2)}
		s.draw(s.allocate("top-up", []object{topUp}))
	}
}

func (s *storyteller) replace(issuer string) {
	voucher := s.thing("voucher")
	version, _ := s.bound(voucher)
	h := holderOf(s.scheme, voucher, version)
	if s.IntN(6) == 0 {
		h.version-- // proposes what the voucher is bound to
	}
	next, request := h.replacement(s.id())
	if s.IntN(4) == 0 { // proposes what the voucher was bound to first, or what another one is
		request = s.boundAgain(voucher, next.version, holderOf(s.scheme, s.oneOf(voucher, s.thing("voucher")), 1))
	}
	s.try("", issuer, "voucher:Replace", request)
}

// decide draws decisions on what was proposed, and proposals to free the entitlement of a voucher.
func (s *storyteller) decide() {
	var record rules.Voucher
	voucher := s.thing("voucher")
	if data := s.ledger.Value("voucher/" + s.scheme + "/" + voucher); data != nil && json.Unmarshal(data, &record) == nil {
		s.try("decision", "clerk", "voucher:ProposeFreeing", s.because(object{"entitlements": []string{record.Entitlement}}))
	}
	approver := s.oneOf("manager", "manager2", "promoted")
	decide := object{"decision": s.thing("decision")}
	if s.IntN(4) == 0 {
		keys := []string{"scheme/" + s.scheme, "change/" + s.scheme + "/" + s.thing("change"), "decision/" + decide["decision"].(string)}
		s.try("", s.oneOf("clerk", "treasurer", "manager"), "decision:Index", object{"keys": keys})
	}
	if s.IntN(4) > 0 {
		s.try("", approver, "decision:Approve", decide)
		return
	}
	decide["reason"] = "mistake"
	s.try("", s.oneOf(approver, "clerk", "clerk2"), "decision:Reject", decide)
}

// voucherThat gives a voucher in a state, if one is found.
func (s *storyteller) voucherThat(state rules.State) string {
	voucher := s.thing("voucher")
	for range 10 {
		var record rules.Voucher
		data := s.ledger.Value("voucher/" + s.scheme + "/" + voucher)
		if data != nil && json.Unmarshal(data, &record) == nil && record.State == state {
			break
		}
		voucher = s.thing("voucher")
	}
	return voucher
}

// waiting gives the replacement of a voucher that waits, and now and then one that does not.
func (s *storyteller) waiting(voucher string) string {
	var record rules.Voucher
	data := s.ledger.Value("voucher/" + s.scheme + "/" + voucher)
	if data == nil || json.Unmarshal(data, &record) != nil || record.Replacement == nil || s.IntN(8) == 0 {
		return s.id()
	}
	return record.Replacement.ID
}

// settle draws closings of days and everything about settlements and receivables.
func (s *storyteller) settle() {
	one := func() object { return s.because(object{"settlement": s.thing("settlement")}) }
	bare := func(request object) object {
		delete(request, "reason")
		return request
	}
	approver := s.oneOf("manager", "manager2", "promoted")
	switch s.IntN(18) {
	case 14, 15, 16, 17:
		s.payOut(approver)
	case 11:
		s.try("", approver, "settlement:Reopen", s.maybe(one(), "received_cents", s.IntN(2_000)))
	case 12:
		s.try("", "treasurer", "settlement:Net", s.because(object{"shop": s.shops[s.IntN(2)], "against": s.oneOf(s.other, s.other, s.scheme)}))
	case 13:
		s.try("", "clerk", "settlement:Index", bare(one()))
		s.try("", "clerk", "payment:Index", object{"payments": []string{s.thing("payment")}})
	case 0, 1:
		s.try("", s.oneOf("clerk", "treasurer"), "scheme:CloseDay", object{"scheme": s.scheme, "day": s.today()})
	case 2, 3, 4:
		user, shop := s.till()
		s.try("settlement", s.oneOf(user, "clerk", "treasurer"), "settlement:Draft", object{"scheme": s.scheme, "shop": shop})
	case 5:
		s.try("", approver, "settlement:Approve", bare(one()))
	case 6:
		s.try("", "treasurer", "settlement:Withdraw", one())
	case 7:
		settlements := []string{s.thing("settlement")}
		s.try("", s.oneOf("treasurer", "treasurer2"), "settlement:Export", object{"scheme": s.scheme, "settlements": settlements, "file_sha256": s.id() + s.id()})
	case 8:
		request := one()
		request["outcome"] = s.oneOf("paid", "paid", "rejected", "returned")
		request = s.maybe(s.maybe(request, "bank_reference", "REF-1"), "value_date", s.today())
		s.try("", "treasurer", "settlement:Book", request)
	case 9:
		s.try("settlement", "treasurer", "settlement:Claim", s.because(object{"shop": s.shops[s.IntN(2)]}))
	default:
		if s.IntN(2) == 0 {
			s.try("", s.oneOf("treasurer", "treasurer2"), "settlement:Collect", s.maybe(one(), "cents", 1+s.IntN(1_500)))
			return
		}
		s.try("", approver, "settlement:WriteOff", one())
	}
}

// payOut closes the day and takes a settlement or receivable some steps on its way.
func (s *storyteller) payOut(approver string) {
	s.try("", "clerk", "scheme:CloseDay", object{"scheme": s.scheme, "day": rules.DayOf(rules.Number(s.now))})
	shop := s.shops[s.IntN(2)]
	if s.IntN(3) == 0 {
		s.try("", "treasurer", "settlement:Net", s.because(object{"shop": shop, "against": s.other}))
	}
	if s.IntN(4) == 0 { // two persons draft it at once
		s.holdBack("settlement", "treasurer", "settlement:Draft", object{"request_id": s.id(), "scheme": s.scheme, "shop": shop})
	}
	if !s.try("settlement", "clerk", "settlement:Draft", object{"scheme": s.scheme, "shop": shop}) &&
		!s.try("settlement", "treasurer", "settlement:Claim", s.because(object{"shop": shop})) {
		return
	}
	id := s.things["settlement"][len(s.things["settlement"])-1]
	one := func() object { return s.because(object{"settlement": id}) }
	for _, step := range []struct {
		user, name string
		request    object
	}{
		{approver, "settlement:Approve", object{"scheme": s.scheme, "settlement": id}},
		{"treasurer", "settlement:Export", object{"scheme": s.scheme, "settlements": []string{id}, "file_sha256": id + id}},
		{"treasurer", "settlement:Book", s.maybe(object{"scheme": s.scheme, "settlement": id, "outcome": "paid"}, "bank_reference", "REF-2")},
		{"treasurer", "settlement:Book", s.also(one(), "outcome", s.oneOf("returned", "rejected"))},
		{"treasurer2", "settlement:Collect", s.maybe(one(), "cents", 1+s.IntN(1_500))},
		{approver, "settlement:Reopen", s.maybe(one(), "received_cents", s.IntN(500))},
	} {
		if s.IntN(6) == 0 {
			return
		}
		s.try("", step.user, step.name, step.request)
	}
}

// refundAll refunds all that is left of the shop's payments whose items are under a key, "sold" or "unsettled", but for one in so many.
func (s *storyteller) refundAll(kind, shop, user string, but int) {
	for _, key := range s.ledger.Keys() {
		parts := strings.Split(key, "/")
		if parts[0] != kind || parts[1] != s.scheme || parts[2] != shop || s.IntN(but) == 0 {
			continue
		}
		var payment rules.Payment
		if data := s.ledger.Value("payment/" + parts[4]); data == nil || json.Unmarshal(data, &payment) != nil || payment.State == rules.PaymentCancelled {
			continue
		}
		var left []rules.Line
		for _, line := range payment.Lines {
			if line.Cents -= payment.Refunded[line.Category]; line.Cents > 0 {
				left = append(left, line)
			}
		}
		refund := object{"request_id": s.id(), "payment": payment.ID, "lines": left, "reason": "returned"}
		s.try("refund", user, "payment:Refund", refund)
		if s.ledger.Value("waiting/"+s.scheme+"/"+refund["request_id"].(string)) != nil {
			s.try("", "clerk", "payment:EndorseRefund", object{"refund": refund["request_id"]})
			s.try("", "manager", "payment:ApproveRefund", object{"refund": refund["request_id"]})
		}
	}
}

// owe refunds some of what a settlement holds, so that the shop owes it back, and deducts that from what it is owed under the other scheme.
func (s *storyteller) owe() {
	at := s.IntN(2)
	shop, user := s.shops[at], []string{"till", "rival"}[at]
	s.refundAll("sold", shop, user, 3)
	for range 2 {
		s.try("", "clerk", "scheme:CloseDay", object{"scheme": s.scheme, "day": rules.DayOf(rules.Number(s.now))})
		s.turn()
	}
	s.try("", "treasurer", "settlement:Net", s.because(object{"shop": shop, "against": s.other}))
}

// recover settles with a shop that sells no more, and claims what it owes: it collects that in parts, and sometimes gives up or begins anew.
func (s *storyteller) recover() {
	at, approver := s.IntN(2), s.oneOf("manager", "manager2")
	shop := s.shops[at]
	if s.IntN(2) == 0 { // what comes to nothing is carried over
		s.refundAll("unsettled", shop, []string{"till", "rival"}[at], 50)
	}
	s.try("", "clerk", "scheme:CloseDay", object{"scheme": s.scheme, "day": rules.DayOf(rules.Number(s.now))})
	s.try("settlement", "clerk", "settlement:Draft", object{"scheme": s.scheme, "shop": shop})
	claim := s.because(object{"request_id": s.id(), "shop": shop})
	s.try("settlement", "treasurer", "settlement:Claim", claim)
	for _, key := range s.ledger.Keys() {
		parts := strings.Split(key, "/")
		if parts[0] != "live" || parts[1] != s.scheme {
			continue
		}
		one := func() object { return s.because(object{"settlement": parts[3]}) }
		switch s.IntN(8) {
		case 0, 5, 6:
			s.try("", "treasurer2", "settlement:Collect", one())
		case 1, 2:
			s.try("", "treasurer2", "settlement:Collect", s.also(one(), "cents", 1+s.IntN(600)))
		case 3:
			s.try("", approver, "settlement:WriteOff", one())
		case 4:
			s.try("", approver, "settlement:Reopen", s.maybe(one(), "received_cents", s.IntN(500)))
		}
	}
}

// end ends the second shop in the later half of most stories, and the other scheme still later, so that debts are claimed. At last the
// organisation of both shops ends, if another one was named.
func (s *storyteller) end(told int) {
	decide := func(proposing, deciding string, proposal, decision object) {
		proposal["request_id"] = s.id()
		if s.try("", "clerk", proposing, proposal) {
			for _, member := range []string{"decision", "change"} {
				if _, named := decision[member]; named {
					decision[member] = proposal["request_id"]
				}
			}
			s.try("", "manager", deciding, decision)
		}
	}
	switch {
	case told >= 60 && s.IntN(60) == 0:
		decide("shop:ProposeEnd", "decision:Approve", object{"shop": s.shops[1], "reason": "bankrupt", "retention_days": s.IntN(3)}, object{"decision": ""})
	case told >= 75 && s.IntN(60) == 0:
		decide("scheme:ProposeClosing", "scheme:ApproveChange", object{"scheme": s.scheme, "reason": "over"}, object{"scheme": s.scheme, "change": ""})
	case told >= 94 && s.IntN(12) == 0:
		decide("organisations:ProposeEnd", "decision:Approve", object{"msp": "WinkelsMSP", "reason": "left"}, object{"decision": ""})
	}
}

// mandate draws whom a shop lets take payments for it.
func (s *storyteller) mandate() {
	at := s.IntN(2)
	name := s.oneOf("shop:Mandate", "shop:Mandate", "shop:WithdrawMandate")
	request := object{"shop": s.shops[at], "acquirer": s.oneOf("p-acquirer", "p-acquirer", "p-hosted"), "reason": "contract"}
	s.try("", s.oneOf([]string{"shop", "rival"}[at], []string{"shop", "rival"}[at], "rival"), name, request)
}

// also adds a member to a request.
func (s *storyteller) also(request object, member string, value any) object {
	request[member] = value
	return request
}

// maybe adds a member to a request, or not.
func (s *storyteller) maybe(request object, member string, value any) object {
	if s.IntN(2) == 0 {
		request[member] = value
	}
	return request
}

// change draws changes of the scheme and its pauses.
func (s *storyteller) change() {
	approver := s.oneOf("manager", "manager2", "promoted")
	decide := object{"scheme": s.scheme, "change": s.thing("change")}
	switch s.IntN(9) {
	case 0, 1:
		request := s.because(object{"rules": s.maybeContradictory(s.rules()), "applies_to": s.oneOf("new", "all")})
		s.try("change", s.oneOf("clerk", "clerk2"), "scheme:ProposeRules", request)
	case 2:
		s.try("change", "clerk", "scheme:ProposeBudget", s.because(object{s.oneOf("add_cents", "add_cents", "remove_cents"): 1 + s.IntN(50_000)}))
	case 3:
		if s.IntN(6) == 0 {
			s.try("change", "clerk", "scheme:ProposeClosing", s.because(object{}))
		}
	case 4, 5:
		s.try("", approver, "scheme:ApproveChange", decide)
	case 6:
		s.try("", s.oneOf(approver, "clerk", "clerk2"), "scheme:RejectChange", s.because(decide))
	case 7:
		s.try("", approver, "scheme:Pause", s.because(object{}))
		fallthrough
	default:
		for range 3 {
			s.try("", s.oneOf("manager", "manager2", "clerk"), "scheme:Open", object{"scheme": s.scheme})
		}
	}
}

// maybeContradictory spoils rules now and then, so that no two persons could agree on them.
func (s *storyteller) maybeContradictory(terms object) object {
	switch s.IntN(16) {
	case 0:
		terms["ends_at"] = noon + 30*aDay
	case 1:
		terms["payment_min_cents"] = 8_001
	case 2:
		terms["proofs"], terms["payment_min_cents"], terms["paper_cap_cents"] = []string{"booklet"}, 500, 499
	case 3:
		terms["categories"] = []object{{"code": "clothing"}, {"code": "clothing"}}
	case 4:
		terms["proofs"] = []string{s.oneOf("face", "key"), "key"}
	case 5:
		terms["retention_from"] = "birth"
	case 6:
		terms["ends_on"] = "2025-12-31"
	case 7:
		terms["products"] = object{"junior": object{"category": s.oneOf("books", "toys"), "max_cents": 1_000}}
	}
	return terms
}

// organisation draws how a further organisation is named and ended, and what its tills do before, in between and after.
func (s *storyteller) organisation() {
	msp := s.oneOf("KetenMSP", "KetenMSP", "KetenMSP", "RekenkamerMSP", "WinkelsMSP")
	var proposed rules.Organisation
	if data := s.ledger.Value("organisation/" + msp); data == nil || json.Unmarshal(data, &proposed) != nil || s.IntN(10) == 0 {
		proposed.Change = s.id()
	}
	decide := object{"msp": msp, "change": proposed.Change}
	shop, voucher, id := idOf("shop of the chain"), s.thing("voucher"), s.id()
	switch s.IntN(10) {
	case 9:
		// The first auditors read what the story checks, and the first shops are needed until late: they are tried only while they are the last.
		msp = s.oneOf("KetenMSP", "RekenkamerMSP", "GemeenteMSP", s.lastOf("WinkelsMSP", "shops"), s.lastOf("AuditorMSP", "auditors"))
		s.try("decision", s.oneOf("clerk", "clerk2", "manager"), "organisations:ProposeEnd", object{"msp": msp, "reason": "left"})
	case 0, 1:
		request := object{"msp": msp, "kind": s.oneOf("shops", "shops", "shops", "auditors"), "reason": "decided"}
		if s.IntN(3) == 0 {
			request["accounts"] = "ketenAccounts"
		}
		s.try("", s.oneOf("clerk", "clerk2", "manager"), "organisations:Propose", request)
	case 2, 3, 4:
		s.try("", s.oneOf("manager", "manager2", "promoted"), "organisations:Approve", decide)
	case 5:
		decide["reason"] = "unknown"
		s.try("", s.oneOf("clerk", "manager", "manager2"), "organisations:Reject", decide)
	case 6:
		s.try("", "chain", "shop:Apply", object{"request_id": shop, "categories": []string{"clothing"}}, account())
		s.try("", "manager", "shop:Approve", object{"shop": shop, "categories": []object{{"code": "clothing", "from": "2026-01-01"}}})
	default:
		version, _ := s.bound(voucher)
		paid := holderOf(s.scheme, voucher, version).pay(id, shop, s.now+100, s.lines()...)
		s.try("payment", s.oneOf("chain", "chain", "impostor"), "payment:Pay", paid)
	}
}

// lastOf gives a first organisation if no further one of its kind is named, and else one that nobody named.
func (s *storyteller) lastOf(msp string, kind rules.OrganisationKind) string {
	for _, key := range s.ledger.Keys() {
		var further rules.Organisation
		if strings.HasPrefix(key, organisationPrefix()) && json.Unmarshal(s.ledger.Value(key), &further) == nil && further.IsNamed() && further.Kind == kind {
			return "NiemandMSP"
		}
	}
	return msp
}

// shop draws what happens to shops and their accounts.
func (s *storyteller) shop() {
	at := s.IntN(2)
	shop, keeper := s.shops[at], []string{"shop", "rival"}[at]
	of := func(members object) object {
		members["shop"], members["reason"] = shop, "decided"
		return members
	}
	bare := func(request object) object {
		delete(request, "reason")
		return request
	}
	approver := s.oneOf("manager", "manager2")
	switch s.IntN(13) {
	case 10, 11, 12:
		limit := object{"shop": shop}
		if s.IntN(4) > 0 {
			limit["refund_alone_cents"] = s.IntN(2) * s.IntN(2_000)
		}
		s.try("", s.oneOf(keeper, keeper, keeper, "till", "rival"), "shop:LimitRefunds", limit)
	case 8:
		s.try("", approver, "shop:FreezePayout", of(object{}))
	case 9:
		s.try("", approver, "shop:ReleasePayout", of(object{}))
	case 0:
		s.try("", approver, "shop:Suspend", of(object{}))
		s.pay()
		fallthrough
	case 1:
		s.try("", s.oneOf("manager", "manager2"), "shop:Reinstate", of(object{}))
		s.try("", s.oneOf("manager", "manager2"), "shop:Reinstate", of(object{}))
	case 2:
		grant := []object{{"code": "clothing", "from": s.today()}, {"code": s.oneOf("books", "sport"), "from": "2026-01-01"}}
		s.try("", approver, "shop:Grant", of(object{"categories": grant}))
	case 3, 4:
		s.try("account", s.oneOf(keeper, keeper, "rival", "clerk"), "shop:ChangeAccount", of(object{}), s.accountOf(keeper))
	case 5:
		s.try("", approver, "shop:ApproveAccount", bare(of(object{"change": s.thing("account")})))
	case 6:
		s.try("", s.oneOf(approver, keeper), "shop:RejectAccount", of(object{"change": s.thing("account")}))
	default:
		if at == 1 && s.IntN(3) == 0 {
			s.try("decision", approver, "shop:ProposeEnd", of(object{"retention_days": s.IntN(3)}))
		}
		if s.IntN(2) == 0 {
			s.decide()
		}
	}
}

// erase draws orders to purge private records and what becomes of them.
func (s *storyteller) erase() {
	approver := s.oneOf("manager", "promoted")
	one := object{"erasure": s.thing("erasure")}
	switch s.IntN(7) {
	case 0, 1:
		request := s.because(object{"collection": "citizens", "ids": []string{s.thing("voucher")}})
		request["reason"] = s.oneOf("retention", "request")
		s.try("erasure", "clerk", "erasure:Order", request)
	case 2:
		request := object{"collection": "shopAccounts", "ids": []string{s.shops[1]}, "reason": s.oneOf("retention", "request")}
		s.try("erasure", "clerk", "erasure:Order", request)
	case 3, 4:
		s.try("", approver, "erasure:Approve", one)
		s.try("", approver, "erasure:Purge", object{"erasure": one["erasure"]})
	case 5:
		one["reason"] = "mistake"
		s.try("", s.oneOf(approver, "clerk", "clerk2"), "erasure:Withdraw", one)
	default:
		s.try("", s.oneOf(approver, "clerk"), "erasure:Certify", one)
	}
}
