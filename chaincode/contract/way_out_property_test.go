package contract

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kindpakket.eu/chaincode/rules"
)

// street is a town with two schemes and two shops, whose open items come from anywhere.
type street struct {
	*town
	schemes, shops []string
	earned         map[string]int64
	settlements    map[string]string
	count, checks  int
}

func newStreet(t tester) *street {
	s := &street{town: newTown(t), earned: map[string]int64{}, settlements: map[string]string{}}
	s.settleEvery(0, 0)
	terms := schemeRules()
	terms["settlement_days"] = 3
	s.schemes = []string{s.scheme, s.openScheme(terms, 10_000_000)}
	s.shops = []string{s.shop, s.admitShop("rival", "clothing")}
	for at, shop := range s.shops {
		s.enrol(fmt.Sprint("keeper", at), "WinkelsMSP", "shopkeeper", fmt.Sprint("p-keeper", at), shop)
	}
	return s
}

// at makes a scheme and a shop those that requests are about.
func (s *street) at(scheme, shop int) { s.scheme, s.shop = s.schemes[scheme], s.shops[shop] }

// try sends what may be refused, and keeps the settlement that it made.
func (s *street) try(user, name string, request object) string {
	request["request_id"], request["scheme"] = s.id(), s.scheme
	_, code := s.send(user, name, request)
	if code == "" && slices.Contains([]string{"settlement:Draft", "settlement:Claim"}, name) {
		s.settlements[request["request_id"].(string)] = s.scheme
	}
	return code
}

// take takes a step of a settlement; some are refused.
func (s *street) take(id, step string) {
	s.scheme = s.settlements[id]
	switch step {
	case "Approve":
		s.try("manager", "settlement:Approve", object{"settlement": id})
	case "Export":
		s.try("treasurer", "settlement:Export", object{"settlements": []string{id}, "file_sha256": id + id})
	case "paid", "rejected", "returned":
		s.try("treasurer", "settlement:Book", object{"settlement": id, "outcome": step, "reason": "bank"})
	case "WriteOff", "Reopen":
		s.try("manager", "settlement:"+step, object{"settlement": id, "reason": "decided"})
	case "Collect":
		s.try("treasurer2", "settlement:Collect", object{"settlement": id, "reason": "decided"})
	case "Index":
		s.try("clerk", "settlement:Index", object{"settlement": id})
	default:
		s.try("treasurer", "settlement:"+step, object{"settlement": id, "reason": "decided"})
	}
}

// ask pays 500 cents at a shop that lets nobody refund alone, and asks for a refund of 100.
func (s *street) ask(at int) {
	keeper := fmt.Sprint("keeper", at)
	s.must(keeper, "shop:LimitRefunds", object{"request_id": s.id(), "shop": s.shop, "refund_alone_cents": 0})
	payment := s.id()
	if _, code := s.send(keeper, "payment:Pay", s.holder().pay(payment, s.shop, s.now+60, clothing(500))); code != "" {
		return
	}
	s.earned[s.scheme] += 500
	s.asks([]string{"shop", "rival"}[at], payment, clothing(100))
}

// pending lists the refunds that were asked for, or that wait for the municipality.
func (s *street) pending(kind string) (refunds []string) {
	for _, key := range s.ledger.Keys() {
		if strings.HasPrefix(key, kind+"/") {
			refunds = append(refunds, lastMember(key))
		}
	}
	return refunds
}

// confirm confirms a refund, which returns or waits.
func (s *street) confirm(refund string) {
	shown := s.must("auditor", "payment:ShowRefund", object{"refund": refund})
	answer := s.must(fmt.Sprint("keeper", slices.Index(s.shops, shown["shop"].(string))), "payment:ConfirmRefund", s.decideRefund(object{"refund": refund}))
	if answer["state"] == "confirmed" {
		s.earned[shown["scheme"].(string)] -= 100
	}
}

// asLayout2 makes a settlement as it was written before its items stood apart, and nothing found it.
func (s *street) asLayout2(id string) {
	key := "settlement/" + s.settlements[id] + "/" + id
	record := decodeJSON(s.t, s.ledger.Value(key))
	if record["items"] != nil || record["state"] == "carried" || record["state"] == "reopened" || record["collected_cents"] != nil {
		return
	}
	var items []object
	for _, held := range s.ledger.Keys() {
		value := decodeJSON(s.t, s.ledger.Value(held))
		if parts := strings.Split(held, "/"); parts[0] == "sold" && value["settlement"] == id {
			if value["kind"] != nil {
				return
			}
			items = append(items, object{"id": parts[4], "day": parts[3], "cents": value["cents"]})
		}
	}
	if len(items) == 0 {
		return
	}
	for _, item := range items {
		s.ledger.Put(fmt.Sprintf("sold/%s/%s/%s/%s", record["scheme"], record["shop"], item["day"], item["id"]), nil)
	}
	s.ledger.Put(fmt.Sprintf("shop-settlement/%s/%s/%s/%s", record["scheme"], record["shop"], record["through"], id), nil)
	s.ledger.Put(fmt.Sprintf("live/%s/%s/%s", record["scheme"], record["shop"], id), nil)
	record["items"] = items
	for _, member := range []string{"item_count", "first", "last"} {
		delete(record, member)
	}
	s.ledger.Put(key, encodeJSON(s.t, record))
}

// Check verifies that per scheme what was earned is where the totals say, and that what its settlements hold adds up.
func (s *street) Check() {
	s.t.Helper()
	for _, scheme := range s.schemes {
		sum := int64(0)
		for _, cents := range s.must("auditor", "audit:SchemeTotals", object{"scheme": scheme})["shops"].(object) {
			sum += number(s.t, cents)
		}
		if sum != s.earned[scheme] {
			s.t.Fatalf("%d cents were earned under a scheme, and %d are somewhere", s.earned[scheme], sum)
		}
	}
	if s.checks++; s.checks%4 != 0 {
		return
	}
	for id, scheme := range s.settlements {
		shown := s.must("auditor", "settlement:Show", object{"scheme": scheme, "settlement": id})
		items, _ := s.pages("auditor", "settlement:Items", "items", object{"scheme": scheme, "settlement": id, "limit": 2})
		sum := int64(0)
		for _, item := range items {
			sum += number(s.t, item.(object)["cents"])
		}
		gave := slices.Contains([]any{"withdrawn", "rejected", "returned", "reopened"}, shown["state"])
		if gave != (len(items) == 0) || (!gave && (sum != number(s.t, shown["cents"]) || len(items) != int(number(s.t, shown["item_count"])))) {
			s.t.Fatalf("%v holds %v", shown, items)
		}
	}
}

// stop does to a shop's payouts what stops them, or lifts it again; some of it is refused.
func (s *street) stop(step, user string) {
	_, _ = s.send(user, "shop:"+step, object{"request_id": s.id(), "shop": s.shop, "reason": "inquiry"})
}

// WindUp ends everything by steps that may be taken from any state.
func (s *street) WindUp() {
	s.t.Helper()
	s.now += 86_400
	for _, s.shop = range s.shops {
		for _, step := range []string{"ReleasePayout", "Reinstate"} {
			for _, user := range []string{"manager", "manager2"} { // one of them is not who stopped them
				s.stop(step, user)
			}
		}
	}
	for _, s.scheme = range s.schemes {
		s.closeToday()
		s.windUp()
	}
	finish := func() {
		for id := range s.settlements {
			for _, step := range []string{"Approve", "Export", "paid", "Collect"} {
				s.take(id, step)
			}
		}
	}
	finish()
	for _, s.shop = range s.shops {
		for at := range s.schemes {
			s.scheme = s.schemes[at]
			s.try("treasurer", "settlement:Net", object{"against": s.schemes[1-at], "shop": s.shop, "reason": "old-debt"})
		}
		for _, s.scheme = range s.schemes {
			for s.try("clerk", "settlement:Draft", object{"shop": s.shop}) == "" {
			}
			for s.try("treasurer", "settlement:Claim", object{"shop": s.shop, "reason": "over"}) == "" {
			}
		}
	}
	finish()
	for _, key := range s.ledger.Keys() {
		if strings.HasPrefix(key, "unsettled/") || strings.HasPrefix(key, "live/") {
			s.t.Fatalf("%s stays open: %s", key, s.ledger.Value(key))
		}
	}
	s.Check()
	for _, s.shop = range s.shops {
		if state := decodeJSON(s.t, s.ledger.Value("shop/"+s.shop))["state"]; state != "ended" {
			s.endShop(0)
		}
		s.must("clerk", "erasure:Order", s.orderAccounts("request", s.shop))
	}
	for _, refund := range s.pending("asked") {
		s.must("manager", "payment:RejectRefund", s.because(s.decideRefund(object{"refund": refund})))
	}
	for _, refund := range s.pending("waiting") {
		s.must("clerk", "payment:RejectRefund", s.because(s.decideRefund(object{"refund": refund})))
	}
	if left := append(s.pending("asked"), s.pending("waiting")...); len(left) > 0 {
		s.t.Fatalf("%v wait permanently", left)
	}
}

// From every state that can be reached, some sequence of transactions leaves nothing open and nothing owed.
func TestEveryCentHasAWayOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newStreet(t)
		anywhere := func(t *rapid.T) { s.at(rapid.IntRange(0, 1).Draw(t, "scheme"), rapid.IntRange(0, 1).Draw(t, "shop")) }
		known := func(t *rapid.T) string {
			if len(s.settlements) == 0 {
				t.Skip("nothing was drafted yet")
			}
			ids := make([]string, 0, len(s.settlements))
			for id := range s.settlements {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			return rapid.SampledFrom(ids).Draw(t, "settlement")
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { s.Check() },
			"items": func(t *rapid.T) {
				anywhere(t)
				for _, cents := range rapid.SliceOfN(rapid.IntRange(-500, 500), 1, 6).Draw(t, "items") {
					if cents != 0 {
						s.count++
						s.owes(rules.DayOf(rules.Number(s.now)), s.count, cents)
						s.earned[s.scheme] += int64(cents)
					}
				}
				for _, s.scheme = range s.schemes {
					s.closeToday()
				}
				s.now += 86_400
			},
			"draft": func(t *rapid.T) {
				anywhere(t)
				s.try("clerk", "settlement:Draft", object{"shop": s.shop})
			},
			"claim": func(t *rapid.T) {
				anywhere(t)
				s.try("treasurer", "settlement:Claim", object{"shop": s.shop, "reason": "over"})
			},
			"net": func(t *rapid.T) {
				anywhere(t)
				other := s.schemes[0]
				if other == s.scheme {
					other = s.schemes[1]
				}
				s.try("treasurer", "settlement:Net", object{"against": other, "shop": s.shop, "reason": "old-debt"})
			},
			"end": func(t *rapid.T) {
				anywhere(t)
				s.force("shop/"+s.shop, "state", rapid.SampledFrom([]string{"approved", "ended"}).Draw(t, "state"))
				s.force("shop/"+s.shop, "ended_on", "2026-03-10")
				s.force("shop/"+s.shop, "retention_days", 0)
			},
			"collect a part": func(t *rapid.T) {
				id := known(t)
				s.scheme = s.settlements[id]
				s.try("treasurer2", "settlement:Collect", object{"settlement": id, "reason": "paid", "cents": rapid.IntRange(1, 300).Draw(t, "cents")})
			},
			"reopen less": func(t *rapid.T) {
				id := known(t)
				s.scheme = s.settlements[id]
				s.try("manager", "settlement:Reopen", object{"settlement": id, "reason": "mistake", "received_cents": rapid.IntRange(0, 300).Draw(t, "cents")})
			},
			"settle": func(t *rapid.T) {
				s.take(known(t), rapid.SampledFrom([]string{
					"Approve", "Approve", "Withdraw", "Export", "Export", "paid", "rejected", "returned", "Collect", "WriteOff", "Reopen", "Index",
				}).Draw(t, "step"))
			},
			"ask for a refund": func(t *rapid.T) {
				at := rapid.IntRange(0, 1).Draw(t, "shop")
				s.at(rapid.IntRange(0, 1).Draw(t, "scheme"), at)
				s.ask(at)
			},
			"confirm a refund": func(t *rapid.T) {
				asked := s.pending("asked")
				if len(asked) == 0 {
					t.Skip("no refund was asked for")
				}
				s.confirm(rapid.SampledFrom(asked).Draw(t, "refund"))
			},
			"stop payouts": func(t *rapid.T) {
				anywhere(t)
				step := rapid.SampledFrom([]string{"FreezePayout", "FreezePayout", "ReleasePayout", "Suspend", "Reinstate"}).Draw(t, "step")
				s.stop(step, rapid.SampledFrom([]string{"manager", "manager2"}).Draw(t, "user"))
			},
			"as layout 2": func(t *rapid.T) { s.asLayout2(known(t)) },
		})
		s.WindUp()
	})
}

// A debt in front of everything else, of more items than a settlement may hold, does not stop a shop.
func TestRefundsWithoutEndAreCarriedOver(t *testing.T) {
	s := newStreet(t)
	for i := range 5_600 {
		s.owes("2026-03-09", i, -1)
	}
	s.owes("2026-03-10", 5_600, 50_000)
	s.closeToday()
	carried := s.must("shop", "settlement:Draft", s.draft())
	if carried["state"] != "carried" || number(t, carried["cents"]) != -5_000 || carried["more"] != true || number(t, carried["item_count"]) != 5_000 {
		t.Fatal(carried)
	}
	s.refused("SETTLEMENT_STATE", "manager", "settlement:Approve", s.onScheme(object{"settlement": carried["id"]}))
	kept := func() string {
		t.Helper()
		items, _ := s.pages("shop", "payment:Unsettled", "items", object{"scheme": s.scheme, "shop": s.shop, "limit": 500})
		at := slices.IndexFunc(items, func(item any) bool { return item.(object)["kind"] == "carried" })
		return fmt.Sprint(items[at], len(items))
	}
	open := kept()
	if open != fmt.Sprintf("map[cents:-5000 day:2026-03-09 id:%s kind:carried] 602", carried["id"]) {
		t.Fatal(open)
	}
	answer := s.must("shop", "settlement:Draft", s.draft())
	if answer["state"] != "drafted" || number(t, answer["cents"]) != 50_000-5_600 || number(t, answer["item_count"]) != 602 || answer["more"] != false {
		t.Fatal(answer)
	}
	// An item that was carried over reopens as what it was.
	s.must("treasurer", "settlement:Withdraw", s.onScheme(object{"settlement": answer["id"], "reason": "mistake"}))
	if again := kept(); again != open {
		t.Fatal(again, open)
	}
	sums := s.must("shop", "audit:ShopStatement", object{"scheme": s.scheme, "shop": s.shop, "limit": 500})
	if first := sums["entries"].([]any)[0].(object); first["state"] != "carried" && first["state"] != "withdrawn" {
		t.Fatal(first)
	}
}

func TestADebtOfOneSchemeIsPaidFromAnother(t *testing.T) {
	s := newStreet(t)
	s.at(0, 0)
	s.owes("2026-03-10", 1, -700)
	s.at(1, 0)
	s.owes("2026-03-10", 2, 500)
	for _, s.scheme = range s.schemes {
		s.closeToday()
	}
	s.at(0, 0)
	net := func(members object) object {
		request := s.onScheme(object{"against": s.schemes[1], "shop": s.shop, "reason": "old-debt"})
		for member, value := range members {
			request[member] = value
		}
		return request
	}
	s.refused("ROLE_REQUIRED", "manager", "settlement:Net", net(nil))
	s.refused("ROLE_REQUIRED", "shop", "settlement:Net", net(nil))
	s.refused("INVALID_ID", "treasurer", "settlement:Net", net(object{"against": s.scheme}))
	s.refused("SCHEME_NOT_FOUND", "treasurer", "settlement:Net", net(object{"against": s.id()}))
	s.refused("NOTHING_TO_CLAIM", "treasurer", "settlement:Net", net(object{"scheme": s.schemes[1], "against": s.schemes[0]}))
	s.refused("NOTHING_TO_CLAIM", "treasurer", "settlement:Net", net(object{"shop": s.shops[1]}))
	request := net(nil)
	answer := s.must("treasurer", "settlement:Net", request)
	if number(t, answer["cents"]) != 500 || answer["scheme"] != s.schemes[0] || answer["against"] != s.schemes[1] || answer["netting"] != request["request_id"] ||
		s.last.Event.GetEventName() != "SettlementNetted" {
		t.Fatal(answer)
	}
	for at, want := range []map[string]int64{{"unsettled_cents": -200, "netted_cents": -500}, {"unsettled_cents": 0, "netted_cents": 500}} {
		statement := s.must("shop", "audit:ShopStatement", object{"scheme": s.schemes[at], "shop": s.shop})
		for name, cents := range want {
			if number(t, statement["sums"].(object)[name]) != cents {
				t.Fatal(at, statement)
			}
		}
		if entry := statement["entries"].([]any)[0].(object); entry["state"] != "netted" || entry["against"] != s.schemes[1-at] {
			t.Fatal(entry)
		}
	}
	s.refused("NOTHING_TO_SETTLE", "treasurer", "settlement:Net", net(nil))
	record := s.must("auditor", "settlement:Show", object{"scheme": s.schemes[1], "settlement": answer["netting"]})
	if record["state"] != "netted" || record["net_reason"] != "old-debt" || number(t, record["item_count"]) != 0 || record["drafted_by"] != "p-treasurer" {
		t.Fatal(record)
	}
	if items := s.must("auditor", "settlement:Items", object{"scheme": s.schemes[1], "settlement": answer["netting"]}); len(items["items"].([]any)) > 0 {
		t.Fatal(items)
	}
}

func TestTheAccountOfACreditorIsKept(t *testing.T) {
	s := newStreet(t)
	s.at(1, 0)
	s.owes("2026-03-10", 1, 500)
	s.closeToday()
	s.endShop(0)
	s.refused("MONEY_OPEN", "clerk", "erasure:Order", s.orderAccounts("request", s.shop))
	settlement := s.must("clerk", "settlement:Draft", s.draft())["id"]
	for _, step := range []string{"Approve", "Export", "paid"} {
		s.refused("MONEY_OPEN", "clerk", "erasure:Order", s.orderAccounts("retention", s.shop))
		s.settlements[settlement.(string)] = s.scheme
		s.take(settlement.(string), step)
	}
	erasure := s.must("clerk", "erasure:Order", s.orderAccounts("retention", s.shop))["id"]
	s.owes("2026-03-10", 2, -100)
	s.refused("MONEY_OPEN", "manager", "erasure:Approve", s.about(erasure, nil))
	claim := s.must("treasurer", "settlement:Claim", s.onScheme(object{"shop": s.shop, "reason": "over"}))["id"]
	s.refused("MONEY_OPEN", "manager", "erasure:Approve", s.about(erasure, nil))
	s.must("manager", "settlement:WriteOff", s.onScheme(object{"settlement": claim, "reason": "bankrupt"}))
	s.must("manager", "erasure:Approve", s.about(erasure, nil))
	s.settlements[settlement.(string)] = s.scheme
	s.take(settlement.(string), "returned")
	s.refused("MONEY_OPEN", "clerk", "erasure:Purge", s.about(erasure, nil))
	if s.ledger.Private("shopAccounts", "account/"+s.shop) == nil {
		t.Fatal("the account is gone")
	}
	again := s.must("clerk", "settlement:Draft", s.draft())["id"].(string)
	for _, step := range []string{"Approve", "Export", "paid"} {
		s.settlements[again] = s.scheme
		s.take(again, step)
	}
	s.must("clerk", "erasure:Purge", s.about(erasure, nil))
	s.owes("2026-03-10", 3, 100)
	// What is gone stays gone, and the certificate says so.
	s.must("clerk", "erasure:Purge", s.about(erasure, nil))
	s.must("clerk", "erasure:Certify", s.about(erasure, nil))
}

func TestAnEndedShopNamesAnotherAccount(t *testing.T) {
	w := newTown(t)
	change := func() object { return w.aboutShop(object{"reason": "account-closed"}) }
	w.refused("SHOP_STATE", "clerk", "shop:ChangeAccount", change(), accountAt(secondIBAN))
	w.endShop(30)
	proposed := w.proposeAccount(secondIBAN)
	w.must("manager", "shop:ApproveAccount", w.aboutShop(object{"change": proposed}))
	w.paidOn(secondIBAN)
	// The shopkeeper is gone: two persons of the municipality do it.
	w.refused("ROLE_REQUIRED", "treasurer", "shop:ChangeAccount", change(), accountAt(thirdIBAN))
	byClerk := w.must("clerk", "shop:ChangeAccount", change(), accountAt(thirdIBAN))["account_change"].(object)
	if byClerk["proposed_by"] != "p-clerk" {
		t.Fatal(byClerk)
	}
	approval := func() object { return w.aboutShop(object{"change": byClerk["id"]}) }
	w.refused("SECOND_PERSON_REQUIRED", "alone", "shop:ApproveAccount", w.withApprover("alone", "p-clerk", approval()))
	w.must("manager", "shop:ApproveAccount", approval())
	w.paidOn(thirdIBAN)
}

func TestAReceivableIsCollectedInPartsAndReopened(t *testing.T) {
	w := newTown(t)
	w.settleEvery(0, 0)
	w.owes("2026-03-10", 1, -1_200)
	w.closeToday()
	claim := func() object { return w.onScheme(object{"shop": w.shop, "reason": "over"}) }
	w.refused("SHOP_STATE", "treasurer", "settlement:Claim", claim())
	w.windUp()
	id := w.must("treasurer", "settlement:Claim", claim())["id"]
	step := func(members object) object {
		request := w.onScheme(object{"settlement": id, "reason": "decided"})
		for member, value := range members {
			request[member] = value
		}
		return request
	}
	for cents, code := range map[any]string{0: "INVALID_AMOUNT", -5: "INVALID_AMOUNT", 1_201: "INVALID_AMOUNT"} {
		w.refused(code, "treasurer2", "settlement:Collect", step(object{"cents": cents}))
	}
	part := w.must("treasurer2", "settlement:Collect", step(object{"cents": 500}))
	if part["state"] != "claimed" || number(t, part["collected_cents"]) != 500 {
		t.Fatal(part)
	}
	sums := func() object {
		t.Helper()
		return w.must("shop", "audit:ShopStatement", object{"scheme": w.scheme, "shop": w.shop})["sums"].(object)
	}
	if got := sums(); number(t, got["claimed_cents"]) != -700 || number(t, got["collected_cents"]) != -500 {
		t.Fatal(got)
	}
	w.refused("ROLE_REQUIRED", "treasurer", "settlement:Reopen", step(nil))
	w.refused("SECOND_PERSON_REQUIRED", "both", "settlement:Reopen", w.withApprover("both", "p-treasurer", step(nil)))
	w.refused("INVALID_AMOUNT", "manager", "settlement:Reopen", step(object{"received_cents": 501}))
	w.refused("INVALID_AMOUNT", "manager", "settlement:Reopen", step(object{"received_cents": -1}))
	reopened := w.must("manager", "settlement:Reopen", step(nil))
	if reopened["state"] != "reopened" || reopened["reopened_by"] != "p-manager" || w.last.Event.GetEventName() != "SettlementReopened" {
		t.Fatal(reopened)
	}
	if got := sums(); number(t, got["unsettled_cents"]) != -700 || number(t, got["collected_cents"]) != -500 || number(t, got["claimed_cents"]) != 0 {
		t.Fatal(got)
	}
	again := w.must("treasurer", "settlement:Claim", claim())
	if number(t, again["cents"]) != -700 || number(t, again["item_count"]) != 2 {
		t.Fatal(again)
	}
}

func TestABookingNamesTheBanksReference(t *testing.T) {
	w := newTown(t)
	w.settleEvery(0, 0)
	w.owes("2026-03-10", 1, 500)
	w.closeToday()
	id := w.must("clerk", "settlement:Draft", w.draft())["id"].(string)
	w.must("manager", "settlement:Approve", w.onScheme(object{"settlement": id}))
	w.must("treasurer", "settlement:Export", w.onScheme(object{"settlements": []string{id}, "file_sha256": id + id}))
	book := func(members object) object {
		request := w.onScheme(object{"settlement": id, "outcome": "paid"})
		for member, value := range members {
			request[member] = value
		}
		return request
	}
	for _, test := range []struct {
		code    string
		members object
	}{
		{"INVALID_CODE", object{"bank_reference": "Jan de Vries"}}, {"INVALID_CODE", object{"bank_reference": "Jan-de-Vries"}},
		{"INVALID_CODE", object{"bank_reference": strings.Repeat("1", 36)}}, {"PERSONAL_DATA_REFUSED", object{"bank_reference": "123456782"}},
		{"PERSONAL_DATA_REFUSED", object{"bank_reference": "NL91ABNA0417164300"}}, {"INVALID_DATE", object{"value_date": "12-03-2026"}},
	} {
		w.refused(test.code, "treasurer", "settlement:Book", book(test.members))
	}
	booked := w.must("treasurer", "settlement:Book", book(object{"bank_reference": "2026/03-000123", "value_date": "2026-03-12"}))
	if booked["state"] != "paid" || booked["bank_reference"] != "2026/03-000123" || booked["value_date"] != "2026-03-12" {
		t.Fatal(booked)
	}
}

// Every settlement and item is in a record of layout 2, which no code of today writes.
func TestSettlementsOfLayout2GoOn(t *testing.T) {
	for _, indexed := range []bool{false, true} {
		s := newStreet(t)
		for i := range 5 {
			s.owes("2026-03-10", i, 100)
		}
		s.closeToday()
		s.try("clerk", "settlement:Draft", object{"shop": s.shop})
		var id string
		for id = range s.settlements {
			s.asLayout2(id)
		}
		statement := func() []any {
			return s.must("shop", "audit:ShopStatement", object{"scheme": s.scheme, "shop": s.shop})["entries"].([]any)
		}
		if found := statement(); len(found) > 0 {
			t.Fatal(found)
		}
		if indexed {
			s.take(id, "Index")
			s.take(id, "Index")
			if record := decodeJSON(t, s.ledger.Value("settlement/"+s.scheme+"/"+id)); record["items"] != nil || number(t, record["item_count"]) != 5 {
				t.Fatal(record)
			}
			s.checkItems(5)
		}
		for _, name := range []string{"settlement:Show", "settlement:List", "settlement:Items"} {
			request := object{"scheme": s.scheme, "settlement": id}
			if name == "settlement:List" {
				delete(request, "settlement")
			}
			answer := s.must("auditor", name, request)
			if name == "settlement:List" {
				answer = answer["items"].([]any)[0].(object)
			}
			if name == "settlement:Items" {
				if len(answer["items"].([]any)) != 5 {
					t.Fatal(answer)
				}
			} else if answer["items"] != nil || number(t, answer["item_count"]) != 5 {
				t.Fatal(answer)
			}
		}
		for _, step := range []string{"Approve", "Export", "paid", "returned"} {
			s.take(id, step)
		}
		if found := statement(); len(found) != 6 || found[0].(object)["state"] != "returned" || number(t, found[0].(object)["items"]) != 5 {
			t.Fatal(found)
		}
		s.try("clerk", "settlement:Draft", object{"shop": s.shop})
		s.earned[s.scheme] = 500
		s.Check()
		s.WindUp()
	}
}

// A payment is found under exactly one key, whatever became of it.
func (w *town) checkFound() {
	w.t.Helper()
	var want, got, byDay []string
	for _, key := range w.ledger.Keys() {
		var payment rules.Payment
		if strings.HasPrefix(key, "payment/") && json.Unmarshal(w.ledger.Value(key), &payment) == nil && payment.Scheme == w.scheme {
			want = append(want, payment.ID)
		}
	}
	for _, limit := range []int{3, 500} {
		got = nil
		items, _ := w.pages("auditor", "payment:List", "items", object{"scheme": w.scheme, "limit": limit})
		for _, item := range items {
			got = append(got, item.(object)["id"].(string))
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			w.t.Fatalf("%d payments are found, and there are %d", len(got), len(want))
		}
	}
	days := map[string]bool{}
	for _, item := range w.must("auditor", "payment:List", object{"scheme": w.scheme, "limit": 500})["items"].([]any) {
		payment := item.(object)
		day := payment["day"]
		if day == "" {
			day = payment["held_day"]
		}
		days[day.(string)+payment["shop"].(string)] = true
	}
	for day := range days {
		request := object{"scheme": w.scheme, "shop": day[10:], "day": day[:10], "limit": 2}
		entries, _ := w.pages("auditor", "payment:OfDay", "items", request)
		for _, entry := range entries {
			if payment, is := entry.(object)["payment"].(object); is {
				byDay = append(byDay, payment["id"].(string))
			}
		}
	}
	if slices.Sort(byDay); !slices.Equal(byDay, want) {
		w.t.Fatalf("%d payments are found by day, and there are %d", len(byDay), len(want))
	}
}
