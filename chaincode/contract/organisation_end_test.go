package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"kindpakket.eu/chaincode/internal/fakeledger"
	"kindpakket.eu/chaincode/rules"
)

// proposeEnd makes a request to end an organisation.
func (w *world) proposeEnd(msp string) object {
	return w.aboutOrganisation(msp, object{"reason": "left"})
}

// endOrganisation ends an organisation by two persons.
func (w *town) endOrganisation(msp string) object {
	w.t.Helper()
	return w.agree(w.must("clerk", "organisations:ProposeEnd", w.proposeEnd(msp)))
}

// listing gives what organisations:Show lists under shops, auditors and ended.
func (w *world) listing() string {
	w.t.Helper()
	shown := w.must("stranger", "organisations:Show", object{})
	return fmt.Sprint(shown["shops"], shown["auditors"], shown["ended"])
}

// enrolAll gives an organisation a till and an auditor of every kind, named after it.
func (w *town) enrolAll(msp, shop string) (users []string) {
	for _, role := range []string{"cashier", "shopkeeper", "acquirer", "auditor"} {
		user := msp + " " + role
		w.enrol(user, msp, role, "p-"+role, shop)
		users = append(users, user)
	}
	return users
}

// countsNowhere fails if a user may call anything but what anybody may.
func (w *town) countsNowhere(users ...string) {
	w.t.Helper()
	for _, user := range users {
		for _, entry := range catalogue {
			if entry.name != "organisations:Initialise" && len(entry.roles) > 0 {
				w.refusedText("ROLE_REQUIRED", user, entry.name, "{}")
			}
		}
	}
}

// readBy gives the kinds of keys that a user's payment reads and writes.
func (w *town) readBy(user, shop string) (reads, writes []string) {
	w.t.Helper()
	w.must(user, "payment:Pay", w.holder().pay(w.id(), shop, w.now+60, clothing(100)))
	kinds := func(keys []string) (found []string) {
		for _, key := range keys {
			kind, _, _ := strings.Cut(key, "/")
			found = append(found, kind)
		}
		slices.Sort(found)
		return found
	}
	return kinds(slices.Collect(maps.Keys(w.last.Reads))), kinds(slices.Collect(maps.Keys(w.last.Writes)))
}

func TestTwoPersonsEndAFurtherOrganisation(t *testing.T) {
	w := newTown(t)
	chain := w.chain(nil)
	users := w.enrolAll("KetenMSP", chain)
	proposal := w.must("clerk", "organisations:ProposeEnd", w.proposeEnd("KetenMSP"))
	if proposal["kind"] != "organisation-end" || proposal["msp"] != "KetenMSP" || proposal["state"] != "proposed" ||
		w.last.Event.GetEventName() != "OrganisationEndProposed" {
		t.Fatal(proposal)
	}
	waiting := w.must("auditor", "decision:Waiting", object{"kind": "organisation-end"})["items"].([]any)
	if entry := waiting[0].(object); len(waiting) != 1 || entry["id"] != proposal["id"] || entry["msp"] != "KetenMSP" || entry["proposed_by"] != "p-clerk" {
		t.Fatal(waiting)
	}
	if w.ledger.Value("pending/organisation-end/-/"+proposal["id"].(string)) == nil {
		t.Fatal("the decision is not listed")
	}
	// A proposal ends nothing.
	w.must("chain", "payment:Pay", w.holder().pay(w.id(), chain, w.now+60, clothing(700)))
	w.enrol("clerk-too", "GemeenteMSP", "approver", "p-clerk", "")
	w.refused("SECOND_PERSON_REQUIRED", "clerk-too", "decision:Approve", w.onDecision(proposal["id"]))
	w.refused("ROLE_REQUIRED", "clerk", "decision:Approve", w.onDecision(proposal["id"]))
	w.refused("ROLE_REQUIRED", "chain", "decision:Approve", w.onDecision(proposal["id"]))
	change := decodeJSON(t, w.ledger.Value("organisation/KetenMSP"))["change"]
	reads, writes := w.readBy("shop", w.shop)

	w.must("manager", "decision:Approve", w.onDecision(proposal["id"]))
	if event := decodeJSON(t, w.last.Event.GetPayload()); w.last.Event.GetEventName() != "DecisionApproved" || event["msp"] != "KetenMSP" {
		t.Fatal(event)
	}
	record := decodeJSON(t, w.ledger.Value("organisation/KetenMSP"))
	if record["state"] != "ended" || record["kind"] != "shops" || record["change"] != change || record["decided_by"] != "p-manager" ||
		record["ended_by"] != "p-manager" || record["by"].(object)["operation"] != "decision:Approve" {
		t.Fatal(record)
	}
	w.countsNowhere(append(users, "chain")...)
	if got := w.listing(); got != "[WinkelsMSP] [AuditorMSP] [KetenMSP]" {
		t.Fatal(got)
	}
	if items := w.must("auditor", "organisations:List", object{})["items"].([]any); len(items) != 1 || items[0].(object)["state"] != "ended" {
		t.Fatal(items)
	}
	// Tills of others read and write what they did before.
	if again, written := w.readBy("shop", w.shop); !slices.Equal(again, reads) || !slices.Equal(written, writes) {
		t.Fatal(again, written)
	}
	w.checkWaiting()
	w.checkMoney()
}

func TestTwoPersonsEndAFirstOrganisation(t *testing.T) {
	w := newTown(t)
	users := append(w.enrolAll("WinkelsMSP", w.shop), "shop")
	chain := w.chain(nil)
	w.paid(w.holder(), clothing(700))
	reads, writes := w.readBy("chain", chain)
	w.endOrganisation("WinkelsMSP")
	record := decodeJSON(t, w.ledger.Value("organisations"))
	if fmt.Sprint(record["shops"], record["auditors"], record["ended"]) != "[] [AuditorMSP] [WinkelsMSP]" ||
		record["chaincode"] != chaincodeName || record["by"].(object)["operation"] != "decision:Approve" {
		t.Fatal(record)
	}
	w.countsNowhere(users...)
	if got := w.listing(); got != "[KetenMSP] [AuditorMSP] [WinkelsMSP]" {
		t.Fatal(got)
	}
	if again, written := w.readBy("chain", chain); !slices.Equal(again, reads) || !slices.Equal(written, writes) {
		t.Fatal(again, written)
	}
	// A till of an organisation that has ended makes the peer read no more than before.
	w.endorse("shop", "payment:Pay", "{}", nil)
	if _, read := w.last.Reads["organisation/WinkelsMSP"]; read {
		t.Fatal("the first organisation that has ended is looked for among the further ones")
	}
	if history := w.must("auditor", "audit:History", object{"key": "organisations"})["entries"].([]any); len(history) != 2 {
		t.Fatal(history)
	}
	w.checkMoney()
}

func TestTwoPersonsEndAnOrganisationOfAuditors(t *testing.T) {
	for _, msp := range []string{"AuditorMSP", "RekenkamerMSP"} {
		w := newTown(t)
		w.nameOrganisation("RekenkamerMSP", object{"kind": "auditors"})
		w.enrol("further-auditor", "RekenkamerMSP", "auditor", "p-further", "")
		left, gone := "further-auditor", "auditor"
		if msp == "RekenkamerMSP" {
			left, gone = gone, left
		}
		w.must(gone, "scheme:List", object{})
		w.endOrganisation(msp)
		w.countsNowhere(gone)
		w.must(left, "scheme:List", object{})
		w.paid(w.holder(), clothing(500))
	}
}

func TestWhatCannotBeEnded(t *testing.T) {
	w := newTown(t)
	w.chain(nil)
	w.nameOrganisation("RekenkamerMSP", object{"kind": "auditors"})
	w.proposeOrganisation("BazaarMSP", nil)
	rejected := w.proposeOrganisation("MarktMSP", nil)
	w.must("manager", "organisations:Reject", w.aboutOrganisation("MarktMSP", object{"change": rejected, "reason": "unknown"}))
	w.endOrganisation("KetenMSP")
	w.endOrganisation("AuditorMSP")
	for msp, code := range map[string]string{
		"GemeenteMSP": "INVALID_ORGANISATIONS", "WinkelsMSP": "INVALID_ORGANISATIONS", "RekenkamerMSP": "INVALID_ORGANISATIONS",
		"KetenMSP": "CHANGE_STATE", "AuditorMSP": "CHANGE_STATE", "BazaarMSP": "CHANGE_STATE", "MarktMSP": "CHANGE_NOT_FOUND",
		"NiemandMSP": "CHANGE_NOT_FOUND", "Keten MSP": "INVALID_ORGANISATIONS", "": "INVALID_ORGANISATIONS",
	} {
		w.refused(code, "clerk", "organisations:ProposeEnd", w.proposeEnd(msp))
	}
	for _, members := range []object{{"reason": ""}, {"reason": "Not a code"}} {
		w.refused("INVALID_CODE", "clerk", "organisations:ProposeEnd", w.aboutOrganisation("WinkelsMSP", members))
	}
	w.refused("MALFORMED_REQUEST", "clerk", "organisations:ProposeEnd", w.aboutOrganisation("WinkelsMSP", object{"reason": "x", "kind": "shops"}))
	w.refused("MALFORMED_REQUEST", "manager", "organisations:Initialise", object{
		"request_id": w.id(), "municipality": "GemeenteMSP", "shops": []string{"A"}, "auditors": []string{"B"}, "ended": []string{"C"},
	})
	w.onlyFor("organisations:ProposeEnd", func() object { return w.proposeEnd("NiemandMSP") }, "clerk", "manager")
}

func TestWhatHasEndedIsNeverNamedAgain(t *testing.T) {
	w := newTown(t)
	w.chain(nil)
	w.nameOrganisation("BazaarMSP", nil)
	change := decodeJSON(t, w.ledger.Value("organisation/KetenMSP"))["change"]
	for _, msp := range []string{"KetenMSP", "WinkelsMSP"} {
		w.endOrganisation(msp)
		s := w.propose("clerk", "organisations:Propose", w.aboutOrganisation(msp, object{"kind": "shops", "reason": "back"}))
		if message := s.Response.GetMessage(); codeOf(t, message) != "ORGANISATION_NAMED" || !strings.Contains(message, "choose another MSP id") {
			t.Fatal(message)
		}
	}
	w.refused("CHANGE_STATE", "manager", "organisations:Approve", w.aboutOrganisation("KetenMSP", object{"change": change}))
	w.refused("CHANGE_STATE", "manager", "organisations:Reject", w.aboutOrganisation("KetenMSP", object{"change": change, "reason": "x"}))
	if got := w.listing(); got != "[BazaarMSP] [AuditorMSP] [WinkelsMSP KetenMSP]" {
		t.Fatal(got)
	}
}

func TestTheLastOrganisationStaysHoweverItIsDecided(t *testing.T) {
	for _, pair := range [][]string{{"WinkelsMSP", "KetenMSP"}, {"KetenMSP", "WinkelsMSP"}, {"KetenMSP", "BazaarMSP"}} {
		for _, atOnce := range []bool{false, true} {
			w := newTown(t)
			w.nameOrganisation("KetenMSP", nil)
			if slices.Contains(pair, "BazaarMSP") {
				w.nameOrganisation("BazaarMSP", nil)
				w.endOrganisation("WinkelsMSP")
			}
			var endorsed []*fakeledger.Simulation
			var proposals []object
			for _, msp := range pair {
				proposals = append(proposals, w.must("clerk", "organisations:ProposeEnd", w.proposeEnd(msp)))
			}
			if atOnce {
				for _, proposal := range proposals {
					endorsed = append(endorsed, w.propose("manager", "decision:Approve", w.onDecision(proposal["id"])))
				}
				first, second := w.ledger.Commit(endorsed[0]), w.ledger.Commit(endorsed[1])
				if first != "VALID" || !strings.HasSuffix(second, "READ_CONFLICT") {
					t.Fatal(pair, first, second)
				}
			} else {
				w.agree(proposals[0])
			}
			w.refused("INVALID_ORGANISATIONS", "manager", "decision:Approve", w.onDecision(proposals[1]["id"]))
			if shops := w.must("auditor", "organisations:Show", object{})["shops"]; fmt.Sprint(shops) != fmt.Sprint(pair[1:]) {
				t.Fatal(pair, shops)
			}
			w.must("manager", "decision:Reject", w.because(object{"decision": proposals[1]["id"]}))
		}
	}
}

func TestTwoDecisionsOnOneOrganisationEndItOnce(t *testing.T) {
	w := newTown(t)
	w.nameOrganisation("KetenMSP", nil)
	first, second := w.must("clerk", "organisations:ProposeEnd", w.proposeEnd("KetenMSP")), w.must("clerk", "organisations:ProposeEnd", w.proposeEnd("KetenMSP"))
	w.agree(first)
	w.refused("CHANGE_STATE", "manager", "decision:Approve", w.onDecision(second["id"]))
	rejected := w.must("clerk", "decision:Reject", w.because(object{"decision": second["id"]}))
	if rejected["state"] != "rejected" || rejected["msp"] != "KetenMSP" {
		t.Fatal(rejected)
	}
	w.nameOrganisation("BazaarMSP", nil)
	late := w.must("clerk", "organisations:ProposeEnd", w.proposeEnd("BazaarMSP"))
	w.now += term
	w.refused("CHANGE_EXPIRED", "manager", "decision:Approve", w.onDecision(late["id"]))
}

func TestPaymentsInFlightAndTheEndOfAnOrganisation(t *testing.T) {
	w := newTown(t)
	chain := w.chain(nil)
	w.nameOrganisation("BazaarMSP", nil)
	paying := func(user, shop string) (*fakeledger.Simulation, string) {
		t.Helper()
		text := string(encodeJSON(t, w.holder().pay(w.id(), shop, w.now+60, clothing(500))))
		s := w.endorse(user, "payment:Pay", text, nil)
		if s.Response.GetStatus() != shim.OK {
			t.Fatal(s.Response.GetMessage())
		}
		return s, text
	}
	others, _ := paying("shop", w.shop)
	own, _ := paying("chain", chain)
	w.endOrganisation("KetenMSP")
	if a, b := w.ledger.Commit(others), w.ledger.Commit(own); a != "VALID" || b != "MVCC_READ_CONFLICT" {
		t.Fatal(a, b)
	}
	// The record of the first ones is read by all: a payment in flight is sent again, once.
	w.nameOrganisation("MarktMSP", object{"kind": "auditors"})
	others, text := paying("shop", w.shop)
	w.endOrganisation("AuditorMSP")
	if code := w.ledger.Commit(others); code != "MVCC_READ_CONFLICT" {
		t.Fatal(code)
	}
	if code := w.ledger.Commit(w.endorse("shop", "payment:Pay", text, nil)); code != "VALID" {
		t.Fatal(code)
	}
}

func TestAnOldRecordOfTheFirstOrganisationsTakesAnEnd(t *testing.T) {
	w := newTown(t)
	w.ledger.Put("organisations", []byte(`{"v":1,"municipality":"GemeenteMSP","shops":["WinkelsMSP"],"auditors":["AuditorMSP","RekenkamerMSP"]}`))
	w.endOrganisation("RekenkamerMSP")
	record := decodeJSON(t, w.ledger.Value("organisations"))
	if fmt.Sprintf("%v %v %v", record["v"], record["auditors"], record["ended"]) != "3 [AuditorMSP] [RekenkamerMSP]" || record["chaincode"] != nil {
		t.Fatal(record)
	}
	w.paid(w.holder(), clothing(500))
}

// Nobody of an organisation that has ended can act. The municipality brings out everything that its shops left, and pays them.
func TestTheMoneyOfAnEndedOrganisationsShopsHasAWayOut(t *testing.T) {
	for _, msp := range []string{"WinkelsMSP", "KetenMSP"} {
		w := newTown(t)
		w.refunding()
		shop, user := w.shop, "shop"
		w.nameOrganisation("BazaarMSP", nil)
		if msp == "KetenMSP" {
			shop, user = w.chain(object{"accounts": "ketenAccounts"}), "chain"
		}
		take := func(h holder, cents rules.Cents) string {
			t.Helper()
			id := w.id()
			w.must(user, "payment:Pay", h.pay(id, shop, w.now+60, clothing(cents)))
			return id
		}
		h := w.holder()
		asked, waits := take(h, 3_000), take(h, 2_000)
		held := w.id()
		w.must(user, "payment:Hold", h.hold(held, shop, w.now+60, w.now+60*60, clothing(400)))
		w.must(user, "shop:LimitRefunds", object{"request_id": w.id(), "shop": shop, "refund_alone_cents": 0})
		asking := w.must(user, "payment:Refund", w.refundOf(asked, clothing(100)))
		w.must(user, "shop:LimitRefunds", object{"request_id": w.id(), "shop": shop})
		w.closeToday()
		settled := w.must("clerk", "settlement:Draft", object{"request_id": w.id(), "scheme": w.scheme, "shop": shop})["id"]
		waiting := w.must(user, "payment:Refund", w.refundOf(waits, clothing(2_000)))
		if asking["state"] != "asked" || waiting["state"] != "waiting" {
			t.Fatal(asking["state"], waiting["state"])
		}

		w.endOrganisation(msp)
		w.refused("ROLE_REQUIRED", user, "payment:Refund", w.refundOf(asked, clothing(100)))
		w.refused("SHOP_STATE", "manager", "payment:RejectRefund", w.because(object{"refund": asking["id"]}))
		w.end(shop, 0)
		w.must("manager", "payment:RejectRefund", w.because(object{"refund": asking["id"]}))
		w.must("treasurer", "payment:EndorseRefund", w.decideRefund(object{"refund": waiting["id"]}))
		w.must("manager", "payment:ApproveRefund", w.decideRefund(object{"refund": waiting["id"]}))
		w.must("manager", "payment:Release", w.because(object{"payment": held}))
		w.terms(h.voucher, map[string]int64{"issued_cents": 10_000, "spent_cents": 5_000, "refunded_cents": 2_000, "available_cents": 7_000})
		w.must("manager", "settlement:Approve", w.onSettlement(settled.(string)))
		w.must("treasurer", "settlement:Export", w.export(settled.(string)))
		w.must("treasurer", "settlement:Book", w.onScheme(object{"settlement": settled, "outcome": "rejected", "reason": "account-closed"}))
		// Its account was closed: two persons of the municipality give another one.
		changed := w.must("clerk", "shop:ChangeAccount", w.because(object{"shop": shop}), accountAt(thirdIBAN))["account_change"].(object)["id"]
		w.must("manager", "shop:ApproveAccount", object{"request_id": w.id(), "shop": shop, "change": changed})
		if account := w.must("treasurer", "shop:Account", object{"shop": shop}); account["iban"] != thirdIBAN {
			t.Fatal(account)
		}
		w.now += aDay
		w.closeToday()
		again := w.must("clerk", "settlement:Draft", object{"request_id": w.id(), "scheme": w.scheme, "shop": shop})
		w.must("manager", "settlement:Approve", w.onSettlement(again["id"].(string)))
		w.must("treasurer", "settlement:Export", w.export(again["id"].(string)))
		w.must("treasurer", "settlement:Book", w.onScheme(object{"settlement": again["id"], "outcome": "paid"}))
		for _, key := range w.ledger.Keys() {
			kind, _, _ := strings.Cut(key, "/")
			if slices.Contains([]string{"unsettled", "live", "held", "waiting", "asked"}, kind) && strings.Contains(key, shop) {
				t.Fatalf("%s stays open", key)
			}
		}
		w.now += aDay
		if certificate := w.erase(w.orderAccounts("retention", shop)); certificate["state"] != "certified" {
			t.Fatal(certificate)
		}
		w.checkMoney()
	}
}
