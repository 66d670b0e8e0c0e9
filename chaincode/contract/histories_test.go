package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"kindpakket.eu/chaincode/rules"
)

// The auditor's replay in Python must make of a ledger what the chaincode makes of it, and find what the chaincode refuses. This test
// drives schemes at random and writes what was asked, what was refused and what the ledger held in the end for
// tests/unit/test_replay_of_histories.py, which replays it.
const (
	historiesFile = "KINDPAKKET_HISTORIES"
	histories     = 12
	historySteps  = 450
)

// asked is a write that reached the chaincode; Refused is the code of its refusal, "" when it was committed.
type asked struct {
	Operation string          `json:"operation"`
	Request   json.RawMessage `json:"request"`
	At        int64           `json:"at"`
	MSP       string          `json:"msp"`
	Role      string          `json:"role"`
	Person    string          `json:"person"`
	Shop      string          `json:"shop"`
	Till      string          `json:"till"`
	Refused   string          `json:"refused"`
}

type history struct {
	Asked []asked                    `json:"asked"`
	State map[string]json.RawMessage `json:"state"`
}

// recorder is the chaincode with a note of every write.
type recorder struct {
	shim.Chaincode
	t     tester
	asked []asked
}

func (r *recorder) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	response := r.Chaincode.Invoke(stub)
	name, arguments := stub.GetFunctionAndParameters()
	if !slices.ContainsFunc(catalogue, func(d described) bool { return d.name == name && !d.query }) {
		return response
	}
	at, _ := stub.GetTxTimestamp()
	by := identify(stub)
	made := asked{
		Operation: name, Request: json.RawMessage(arguments[0]), At: at.GetSeconds(), MSP: by.msp, Role: string(by.role), Person: by.person,
		Shop: by.shop, Till: by.till,
	}
	if response.GetStatus() != shim.OK {
		made.Refused = codeOf(r.t, response.GetMessage())
	}
	r.asked = append(r.asked, made)
	return response
}

func TestHistoriesForTheAuditor(t *testing.T) {
	path := os.Getenv(historiesFile)
	if path == "" {
		t.Skipf("%s names no file", historiesFile)
	}
	var all []history
	for seed := range histories {
		all = append(all, newStoryteller(t, uint64(seed)).tell(historySteps))
	}
	if err := os.WriteFile(path, encodeJSON(t, all), 0o600); err != nil {
		t.Fatal(err)
	}
}

// storyteller draws requests that might be taken, by people who might send them.
type storyteller struct {
	*world
	*rand.Rand
	recorder *recorder
	scheme   string
	shops    []string
	things   map[string][]string
	// other is another scheme, with things of its own.
	other       string
	otherThings map[string][]string
	sent        []sent
}

type sent struct {
	user, name string
	request    object
	private    []object
}

func newStoryteller(t tester, seed uint64) *storyteller {
	w := newWorld(t)
	s := &storyteller{world: w, Rand: rand.New(rand.NewPCG(seed, 1)), things: map[string][]string{}, otherThings: map[string][]string{}}
	s.recorder = &recorder{Chaincode: w.ledger.Chaincode, t: t}
	w.ledger.Chaincode = s.recorder
	w.initialise()
	w.enrol("promoted", "GemeenteMSP", "approver", "p-clerk", "")
	w.enrol("clerk2", "GemeenteMSP", "issuer", "p-clerk2", "")
	s.scheme = w.openScheme(s.rules(), 250_000)
	s.shops = []string{w.admitShop("shop", "clothing", "books"), w.admitShop("rival", "clothing", "sport")}
	w.enrol("chain", "KetenMSP", "shopkeeper", "p-chain", idOf("shop of the chain"))
	w.enrol("impostor", "KetenMSP", "cashier", "p-impostor", s.shops[0])
	w.users["till"] = creator(t, "WinkelsMSP", "till", map[string]string{
		"kindpakket.role": "cashier", "kindpakket.person": "p-till", "kindpakket.shop": s.shops[0], "kindpakket.till": "till-1",
	})
	for range 6 {
		s.issue()
	}
	s.other = w.openScheme(s.rules(), 250_000)
	s.turn()
	s.issue()
	s.issue()
	s.turn()
	return s
}

// turn makes the other scheme the one that the story is about.
func (s *storyteller) turn() {
	s.scheme, s.other, s.things, s.otherThings = s.other, s.scheme, s.otherThings, s.things
}

// rules are those of a scheme of a few days, in which everything can happen.
func (s *storyteller) rules() object {
	terms := schemeRules()
	terms["ends_on"], terms["hold_days"], terms["retention_days"] = s.oneOf("2026-03-11", "2026-03-13"), s.IntN(4), s.IntN(4)
	terms["extension_days"], terms["refund_grace_days"], terms["settlement_days"] = s.IntN(8), s.IntN(4), s.IntN(4)
	terms["products"] = object{"bicycle": object{"category": s.oneOf("clothing", "books"), "max_cents": 12_000}}
	terms["paper_cap_cents"] = 1_000 + s.IntN(4_000)
	switch s.IntN(6) {
	case 0:
		terms["settlement_cents"] = 3_000
	case 1:
		terms["retention_from"] = "closing"
	case 2:
		terms["proofs"] = []string{"key"}
	case 3:
		delete(terms, "products")
	case 4:
		terms["presets"] = object{}
	}
	return terms
}

func (s *storyteller) oneOf(choices ...string) string { return choices[s.IntN(len(choices))] }

// thing gives one of those of a kind that there are, and now and then one that is not there.
func (s *storyteller) thing(kind string) string {
	if known := s.things[kind]; len(known) > 0 && s.IntN(40) > 0 {
		return known[max(s.IntN(len(known)), s.IntN(len(known)))]
	}
	return s.id()
}

// try sends a request, with an id and a reason, and keeps what it made.
func (s *storyteller) try(kind, user, name string, request object, private ...object) bool {
	if request["request_id"] == nil {
		request["request_id"] = s.id()
	}
	_, code := s.send(user, name, request, private...)
	if code == "" && kind != "" {
		s.things[kind] = append(s.things[kind], request["request_id"].(string))
	}
	s.sent = append(s.sent, sent{user, name, request, private})
	return code == ""
}

func (s *storyteller) tell(steps int) history {
	for range steps {
		if s.now += s.Int64N(500); s.IntN(60) == 0 {
			s.now += s.Int64N(aDay)
		}
		back := s.Int64N(120) * int64(s.IntN(2))
		s.now -= back
		s.step()
		s.now += back
	}
	state := map[string]json.RawMessage{}
	for _, key := range s.ledger.Keys() {
		state[key] = s.ledger.Value(key)
	}
	return history{Asked: s.recorder.asked, State: state}
}

func (s *storyteller) step() {
	if s.IntN(5) == 0 {
		s.turn()
		defer s.turn()
	}
	switch kind := s.IntN(100); {
	case kind < 40:
		s.pay()
	case kind < 60:
		s.payBack()
	case kind < 72:
		s.voucher()
	case kind < 84:
		s.settle()
	case kind < 89:
		s.change()
	case kind < 91:
		s.organisation()
	case kind < 93:
		s.shop()
	case kind < 96:
		s.erase()
	default:
		s.again()
	}
}

func (s *storyteller) lines() []rules.Line {
	var lines []rules.Line
	for _, category := range []string{"clothing", "books", "sport"} {
		if s.IntN(5) < 2 {
			lines = append(lines, rules.Line{Category: category, Cents: rules.Cents(s.IntN(3_000))})
		}
	}
	if len(lines) == 0 {
		lines = append(lines, clothing(rules.Cents(1+s.IntN(6_000))))
	}
	return lines
}

func (s *storyteller) till() (user, shop string) {
	at := s.IntN(2)
	if s.IntN(20) == 0 {
		return s.oneOf("shop", "rival", "clerk"), s.shops[at]
	}
	return [][]string{{"shop", "till"}, {"rival", "rival"}}[at][s.IntN(2)], s.shops[at]
}

// bound gives the version of what a voucher is bound to, and whether that is a booklet.
func (s *storyteller) bound(voucher string) (version int, paper bool) {
	var record rules.Voucher
	if data := s.ledger.Value("voucher/" + s.scheme + "/" + voucher); data == nil || json.Unmarshal(data, &record) != nil {
		return 1, false
	}
	if record.Authorisation == nil {
		return 1, false
	}
	return int(record.Authorisation.Version), record.Authorisation.Kind == rules.ProofByBooklet
}

func (s *storyteller) pay() {
	user, shop := s.till()
	voucher, id, lines := s.thing("voucher"), s.id(), s.lines()
	version, paper := s.bound(voucher)
	h := holderOf(s.scheme, voucher, version)
	deadline := s.now + s.Int64N(950) - 10
	switch {
	case paper:
		s.try("payment", user, "payment:Pay", newBooklet(s.scheme, voucher, 5).pay(1+s.IntN(4), id, shop, deadline, lines...))
	case s.IntN(4) == 0:
		s.try("payment", user, "payment:Hold", h.hold(id, shop, deadline, s.now+s.Int64N(3*aDay), lines...))
	default:
		s.try("payment", user, "payment:Pay", h.pay(id, shop, deadline, lines...))
	}
}

func (s *storyteller) payBack() {
	var record rules.Payment
	one, user := object{"payment": s.thing("payment")}, s.oneOf("shop", "rival")
	if data := s.ledger.Value("payment/" + one["payment"].(string)); data != nil && json.Unmarshal(data, &record) == nil && s.IntN(12) > 0 {
		user = map[string]string{s.shops[0]: "till", s.shops[1]: "rival"}[record.Shop]
	}
	name := s.oneOf("payment:Cancel", "payment:Refund", "payment:Refund", "payment:Refund", "payment:Capture", "payment:Release")
	if record.State == rules.PaymentHeld && s.IntN(8) > 0 {
		name = s.oneOf("payment:Capture", "payment:Capture", "payment:Release")
	}
	if name == "payment:Refund" || name == "payment:Capture" {
		one["lines"] = s.linesOf(&record)
	}
	if name == "payment:Release" && s.IntN(3) == 0 {
		user = "treasurer"
	}
	if name != "payment:Capture" {
		one["reason"] = "returned"
	}
	s.try("", user, name, one)
}

// linesOf gives the lines that a payment or hold has, or others.
func (s *storyteller) linesOf(payment *rules.Payment) []rules.Line {
	lines := slices.Concat(payment.Lines, payment.HeldLines)
	if len(lines) == 0 || s.IntN(5) == 0 {
		return s.lines()
	}
	if one := &lines[s.IntN(len(lines))]; s.IntN(2) == 0 {
		one.Cents = one.Cents/2 + 1
	}
	return lines
}

// issue records a case, issues a voucher for it and activates that.
func (s *storyteller) issue() {
	vouchers, cases := allocations(s.world, 1)
	id := vouchers[0]["id"].(string)
	vouchers[0]["preset"] = s.oneOf("junior", "junior", "bicycle")
	if s.IntN(10) == 0 {
		vouchers[0]["entitlement"] = s.thing("entitlement")
	}
	s.try("", "clerk", "voucher:RecordCases", object{"scheme": s.scheme}, object{"cases": cases})
	if !s.try("", "clerk", "voucher:Issue", object{"scheme": s.scheme, "vouchers": vouchers}) {
		return
	}
	s.things["voucher"] = append(s.things["voucher"], id)
	s.things["entitlement"] = append(s.things["entitlement"], vouchers[0]["entitlement"].(string))
	s.activate(id)
}

func (s *storyteller) activate(voucher string) {
	activation := newHolder(s.scheme, voucher).activationWithCode()
	if s.IntN(4) == 0 {
		activation = newBooklet(s.scheme, voucher, 5).activation()
	}
	if s.IntN(8) > 0 {
		s.try("", "clerk", "voucher:Activate", object{"scheme": s.scheme, "activations": []object{activation}})
	}
}

// again sends what was sent before, as it was, with other content, or voids it.
func (s *storyteller) again() {
	before := s.sent[s.IntN(len(s.sent))]
	request := maps.Clone(before.request)
	switch s.IntN(4) {
	case 0:
		request["reason"] = "other"
	case 1:
		s.try("", s.oneOf("clerk", "till", "auditor"), "request:Void", object{"void": s.oneOf(request["request_id"].(string), s.id())})
		return
	case 2:
		fresh := s.id()
		if s.try("", "clerk", "request:Void", object{"void": fresh}) {
			request["request_id"] = fresh
		}
	}
	s.send(before.user, before.name, request, before.private...)
}

func (s *storyteller) because(request object) object {
	request["scheme"], request["reason"] = s.scheme, s.oneOf("decided", "expired")
	return request
}

func (s *storyteller) today() rules.Day {
	return rules.DayOf(rules.Number(s.now)).Plus(rules.Number(s.IntN(4) - 2))
}

func (s *storyteller) accountOf(kind string) object {
	made := account()
	made["account"].(object)["salt"] = strings.Repeat(fmt.Sprintf("%02x", s.IntN(256)), 16)
	made["account"].(object)["holder"] = kind
	return made
}
