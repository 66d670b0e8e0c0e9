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

	"kindpakket.eu/chaincode/internal/fakeledger"
	"kindpakket.eu/chaincode/rules"
)

// The auditor's replay in Python must make of a ledger what the chaincode makes of it, and find what the chaincode refuses. These tests
// drive schemes at random. What is endorsed is sometimes held back, and committed later and in another order, if nothing that it read has
// changed. After every block the equations of money hold, and each history can be wound up. Taken together, the histories commit every
// transaction and reach every state.
//
// With KINDPAKKET_HISTORIES they write what was asked, what was refused, what was written and what the ledger held in the end to a file.
// tests/unit/test_replay_of_histories.py replays it, and test_view_of_histories.py makes a ledger view of it.
const (
	historiesFile = "KINDPAKKET_HISTORIES"
	histories     = 12
	// moreHistories is how many are told at most, as long as something was never reached.
	moreHistories = 36
	historySteps  = 450
)

// asked is a write that reached the chaincode; Refused is the code of its refusal, "" when it was committed. Writes are the public keys that it
// wrote then, with null for those that it deleted.
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

	Writes map[string]json.RawMessage `json:"writes,omitempty"`
	// Answer is that of a batch, which says what became of its items.
	Answer json.RawMessage `json:"answer,omitempty"`
}

type history struct {
	Asked []asked                    `json:"asked"`
	State map[string]json.RawMessage `json:"state"`
}

// recorder is the chaincode with a note of every write that was refused, when it was, or committed, when it was.
type recorder struct {
	shim.Chaincode
	t       tester
	asked   []asked
	reached *reached
	// endorsed are those that may be committed, by the id of their transaction.
	endorsed map[string]asked
	// tape is all that the ledger was asked, in order.
	tape []taped
}

func (r *recorder) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	response := r.Chaincode.Invoke(stub)
	name, arguments := stub.GetFunctionAndParameters()
	r.tape = append(r.tape, proposed(r.t, stub, response))
	if !slices.ContainsFunc(catalogue, func(d described) bool { return d.name == name && !d.query }) {
		return response
	}
	at, _ := stub.GetTxTimestamp()
	by := identify(stub)
	made := asked{
		Operation: name, Request: json.RawMessage(arguments[0]), At: at.GetSeconds(), MSP: by.msp, Role: string(by.role), Person: by.person,
		Shop: by.shop, Till: by.till,
	}
	if by.role == acquirer {
		made.Till, _ = decodeJSON(r.t, []byte(arguments[0]))["till"].(string)
	}
	if response.GetStatus() != shim.OK {
		made.Refused = codeOf(r.t, response.GetMessage())
		r.asked = append(r.asked, made)
		r.reached.count("refused: " + name + " " + made.Refused)
		return response
	}
	if name == batch.name {
		made.Answer = response.GetPayload()
	}
	r.endorsed[stub.GetTxID()] = made
	return response
}

// commit notes what is committed.
func (r *recorder) commit(s *fakeledger.Simulation) {
	r.tape = append(r.tape, taped{committed: s.TxID})
	if made, writes := r.endorsed[s.TxID]; writes {
		made.Writes = map[string]json.RawMessage{}
		for key, value := range s.Writes {
			made.Writes[key] = value
		}
		r.asked = append(r.asked, made)
	}
}

// neverInHistories are the transactions and states that no history reaches, and why.
var neverInHistories = map[string]string{}

func TestHistoriesForTheAuditor(t *testing.T) {
	t.Parallel()
	r, wanted := newReached(), slices.Concat(writing(), allStates(t), further, []string{
		"held back: VALID", "held back: MVCC_READ_CONFLICT", "held back: PHANTOM_READ_CONFLICT", "overtaken",
		"batch checked", "batch malformed", "batch item: done", "batch item: exists", "batch item: IDEMPOTENCY_CONFLICT", "batch item: REQUEST_VOID",
		"batch item: INSUFFICIENT_BALANCE", "batch item: HOLDER_PROOF_EXPIRED", "batch item: NOT_YOURS", "batch item: REFUND_EXCEEDS_PAYMENT",
	})
	var all []history
	for len(all) < histories || len(all) < moreHistories && len(r.never(wanted, neverInHistories)) > 0 {
		told := make([]history, 6)
		t.Run("tell", func(t *testing.T) {
			for i := range told {
				seed := len(all) + i
				t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
					t.Parallel()
					told[i] = newStoryteller(t, uint64(seed), r).tell(historySteps)
				})
			}
		})
		if t.Failed() {
			return
		}
		all = append(all, told...)
	}
	r.want(t, wanted, neverInHistories)
	if path := os.Getenv(historiesFile); path != "" {
		if err := os.WriteFile(path, encodeJSON(t, all), 0o600); err != nil {
			t.Fatal(err)
		}
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
	lists    map[string]agreedList
	// other is another scheme, with things of its own.
	other       string
	otherThings map[string][]string
	sent        []sent
	// gathered are what would be sent alone and goes into a batch instead; nil while nothing is gathered.
	gathered []sent
	reached  *reached
	// late is what was endorsed and held back, in the order of its endorsements; telling says that it may be.
	late    []heldBack
	telling bool
	// over says that the story has been told and is wound up, which counts for nothing that it has to reach.
	over bool
	// newest is the latest transaction of those that were held back and are valid.
	newest string
}

// heldBack is an endorsed transaction that nobody has sent to the orderer yet.
type heldBack struct {
	simulation *fakeledger.Simulation
	kept       func()
}

// agreedList is the list of an allocation, and the members of a request that draws on it.
type agreedList struct {
	use     string
	lines   []object
	drawing object
}

type sent struct {
	user, name string
	request    object
	private    []object
}

func newStoryteller(t tester, seed uint64, r *reached) *storyteller {
	w := newWorld(t)
	s := &storyteller{
		world: w, Rand: rand.New(rand.NewPCG(seed, 1)), things: map[string][]string{}, lists: map[string]agreedList{}, otherThings: map[string][]string{},
		reached: r,
	}
	s.recorder = &recorder{Chaincode: w.ledger.Chaincode, t: t, reached: r, endorsed: map[string]asked{}}
	w.ledger.Chaincode = s.recorder
	w.ledger.Committing = append(w.ledger.Committing, s.recorder.commit)
	r.watch(w.ledger, func() bool { return !s.over })
	holdTheEquations(t, w.ledger)
	w.initialise()
	w.enrol("acquirer", "WinkelsMSP", "acquirer", "p-acquirer", "")
	w.enrol("acquirer2", "WinkelsMSP", "acquirer", "p-hosted", "")
	w.enrol("promoted", "GemeenteMSP", "approver", "p-clerk", "")
	w.enrol("clerk2", "GemeenteMSP", "issuer", "p-clerk2", "")
	w.enrol("treasurer2", "GemeenteMSP", "treasurer", "p-manager", "")
	s.scheme = w.openScheme(s.rules(), 250_000)
	s.shops = []string{w.admitShop("shop", "clothing", "books"), w.admitShop("rival", "clothing", "sport")}
	// The replay expects the rules of this layout from the first request on that only this layout has.
	rival := func() object { return object{"request_id": w.id(), "shop": s.shops[1], "reason": "inquiry"} }
	w.must("manager", "shop:FreezePayout", rival())
	w.must("manager2", "shop:ReleasePayout", rival())
	w.enrol("chain", "KetenMSP", "shopkeeper", "p-chain", idOf("shop of the chain"))
	w.enrol("keeper", "WinkelsMSP", "shopkeeper", "p-keeper", s.shops[0])
	w.enrol("rival-till", "WinkelsMSP", "cashier", "p-rival-till", s.shops[1])
	w.must("shop", "shop:Mandate", object{"request_id": w.id(), "shop": s.shops[0], "acquirer": "p-hosted", "reason": "contract"})
	w.enrol("impostor", "KetenMSP", "cashier", "p-impostor", s.shops[0])
	w.users["till"] = creator(t, "WinkelsMSP", "till", map[string]string{
		"kindpakket.role": "cashier", "kindpakket.person": "p-till", "kindpakket.shop": s.shops[0], "kindpakket.till": "till-1",
	})
	for tries := 0; tries < 20 && len(s.things["voucher"]) < 6; tries++ {
		s.issue()
	}
	s.try("", "clerk", "voucher:RecordBindings", object{"scheme": s.scheme, "vouchers": []object{{"voucher": s.things["voucher"][0]}}})
	s.other = w.openScheme(s.rules(), 250_000)
	s.turn()
	s.issue()
	s.issue()
	s.turn()
	s.telling = true
	return s
}

// turn makes the other scheme the one that the story is about.
func (s *storyteller) turn() {
	s.scheme, s.other, s.things, s.otherThings = s.other, s.scheme, s.otherThings, s.things
}

// rules are those of a scheme of a few days, in which everything can happen.
func (s *storyteller) rules() object {
	terms := schemeRules()
	terms["ends_on"], terms["hold_days"], terms["retention_days"] = s.oneOf("2026-03-11", "2026-03-13", "2026-03-14"), s.IntN(4), s.IntN(4)
	terms["extension_days"], terms["refund_grace_days"], terms["settlement_days"] = s.IntN(8), s.IntN(4), s.IntN(4)
	terms["products"] = object{"bicycle": object{"category": s.oneOf("clothing", "books"), "max_cents": 12_000}}
	terms["paper_cap_cents"] = 1_000 + s.IntN(4_000)
	if s.IntN(2) == 0 {
		terms["paper_day_cap_cents"] = 2_000 + s.IntN(4_000)
	}
	if s.IntN(3) > 0 {
		terms["refund_days"], terms["refund_limit_cents"] = s.IntN(3), 1+s.IntN(3_000)
	}
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

// try sends a request, with an id and a reason, and keeps what it made. Now and then it holds back what was endorsed.
func (s *storyteller) try(kind, user, name string, request object, private ...object) bool {
	if request["request_id"] == nil && name != batch.name {
		request["request_id"] = s.id()
	}
	if s.gathered != nil {
		if batched[name] != nil {
			s.gathered = append(s.gathered, sent{user, name, request, private})
		}
		return false
	}
	s.sent = append(s.sent, sent{user, name, request, private})
	if s.telling && s.IntN(10) == 0 {
		s.holdBack(kind, user, name, request, private...)
		return false
	}
	_, code := s.send(user, name, request, private...)
	if code == "" {
		if name == batch.name {
			s.countOutcomes()
		}
		s.keeping(kind, name, request)()
	}
	return code == ""
}

// holdBack has a request endorsed that is committed later, if at all.
func (s *storyteller) holdBack(kind, user, name string, request object, private ...object) {
	if made := s.propose(user, name, request, private...); made.Response.GetStatus() == shim.OK {
		s.late = append(s.late, heldBack{made, s.keeping(kind, name, request)})
	}
}

// keeping gives what keeps the things that a request makes, among those of the scheme that the story is about now.
func (s *storyteller) keeping(kind, name string, request object) func() {
	things := s.things
	return func() {
		if kind != "" {
			things[kind] = append(things[kind], request["request_id"].(string))
		}
		if name == batch.name {
			for _, one := range request["items"].([]object) {
				if kind := map[any]string{"payment:Pay": "payment", "payment:Refund": "refund"}[one["operation"]]; kind != "" {
					things[kind] = append(things[kind], one["request"].(object)["request_id"].(string))
				}
			}
		}
		if name == "voucher:Issue" {
			for _, line := range request["vouchers"].([]object) {
				things["voucher"] = append(things["voucher"], line["id"].(string))
				things["entitlement"] = append(things["entitlement"], line["entitlement"].(string))
			}
		}
	}
}

// deliver commits some of what was held back, or all of it, in any order. What read a key that has changed is not valid.
func (s *storyteller) deliver(all bool) {
	s.Shuffle(len(s.late), func(i, j int) { s.late[i], s.late[j] = s.late[j], s.late[i] })
	s.late = slices.DeleteFunc(s.late, func(late heldBack) bool {
		if !all && s.IntN(6) > 0 {
			return false
		}
		code := s.ledger.Commit(late.simulation)
		if s.reached.count("held back: " + code); code != "VALID" {
			return true
		}
		if late.kept(); late.simulation.TxID < s.newest {
			s.reached.count("overtaken")
		}
		s.newest = max(s.newest, late.simulation.TxID)
		return true
	})
}

// live goes so many steps on, and commits what is still held back at their end.
func (s *storyteller) live(steps int) {
	for at := range steps {
		if s.now += s.Int64N(500); s.IntN(60) == 0 {
			s.now += s.Int64N(aDay)
		}
		back := s.Int64N(120) * int64(s.IntN(2))
		s.now -= back
		s.step(100 * at / steps)
		s.now += back
		s.deliver(false)
	}
	s.deliver(true)
}

func (s *storyteller) tell(steps int) history {
	s.live(steps)
	state := map[string]json.RawMessage{}
	for _, key := range s.ledger.Keys() {
		state[key] = s.ledger.Value(key)
	}
	told := history{Asked: s.recorder.asked, State: state}
	s.windUp()
	return told
}

// deeds are what a story may go on with, and how often each of them is drawn.
var deeds = []struct {
	weight int
	deed   func(*storyteller)
}{
	{40, (*storyteller).pay},
	{16, (*storyteller).payBack},
	{4, (*storyteller).decideRefund},
	{3, (*storyteller).confirmRefund},
	{12, (*storyteller).voucher},
	{14, (*storyteller).goOn},
	{11, (*storyteller).settle},
	{4, (*storyteller).owe},
	{3, (*storyteller).recover},
	{3, (*storyteller).allocation},
	{3, (*storyteller).change},
	{3, (*storyteller).organisation},
	{3, (*storyteller).shop},
	{2, (*storyteller).mandate},
	{3, (*storyteller).erase},
	{4, (*storyteller).again},
	{4, (*storyteller).batch},
}

// step goes on with the story, of which so many per cent have been told.
func (s *storyteller) step(told int) {
	if s.IntN(5) == 0 {
		s.turn()
		defer s.turn()
	}
	s.end(told)
	weights := 0
	for _, d := range deeds {
		weights += d.weight
	}
	drawn := s.IntN(weights)
	for _, d := range deeds {
		if drawn -= d.weight; drawn < 0 {
			d.deed(s)
			return
		}
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
	switch s.IntN(20) {
	case 0:
		return s.oneOf("shop", "rival", "clerk"), s.shops[at]
	case 1, 2, 3, 4, 5:
		if s.mandated(s.shops[at]) || s.IntN(8) == 0 {
			return s.oneOf("acquirer", "acquirer", "acquirer2"), s.shops[at]
		}
	}
	return [][]string{{"shop", "till"}, {"rival", "rival"}}[at][s.IntN(2)], s.shops[at]
}

// mandated says whether a shop lets others take payments for it.
func (s *storyteller) mandated(shop string) bool {
	var record rules.Shop
	data := s.ledger.Value("shop/" + shop)
	return data != nil && json.Unmarshal(data, &record) == nil && len(record.Acquirers) > 0
}

// hosted names the till in the request of an acquirer, mostly, and now and then in that of somebody else, who may not.
func (s *storyteller) hosted(user string, request object) object {
	if named := strings.HasPrefix(user, "acquirer"); named && s.IntN(8) > 0 || s.IntN(60) == 0 {
		request["till"] = s.oneOf("kassa-1", "kassa-2")
	}
	return request
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
	voucher, id, lines := s.voucherThat(rules.VoucherIsActive), s.id(), s.lines()
	version, paper := s.bound(voucher)
	h := holderOf(s.scheme, voucher, version)
	deadline := s.now + s.Int64N(950) - 10
	hold := s.IntN(4) == 0
	var request object
	switch expires := s.now + s.Int64N(3*aDay); {
	case paper && hold:
		request = newBooklet(s.scheme, voucher, 5).hold(1+s.IntN(4), id, shop, deadline, expires, lines...)
	case paper:
		request = newBooklet(s.scheme, voucher, 5).pay(1+s.IntN(4), id, shop, deadline, lines...)
	case hold:
		request = h.hold(id, shop, deadline, expires, lines...)
	default:
		request = h.pay(id, shop, deadline, lines...)
	}
	if request = s.hosted(user, s.receipted(request)); hold {
		s.hold(user, request)
		return
	}
	s.try("payment", user, "payment:Pay", request)
}

// hold holds, and delivers some parts of what was ordered, so that not all of them are drawn after everything has changed.
func (s *storyteller) hold(user string, request object) {
	if !s.try("payment", user, "payment:Hold", request) {
		return
	}
	id := request["request_id"].(string)
	for range 1 + s.IntN(3) {
		s.now += s.Int64N(aDay / 8)
		s.capturePart(user, s.record(id), id)
	}
	switch s.IntN(6) {
	case 0:
		lines := s.linesOf(s.record(id))
		s.try("", user, "payment:Capture", s.hosted(user, s.receipted(object{"payment": id, "lines": lines})))
	case 1:
		s.try("", user, "payment:Release", s.hosted(user, object{"payment": id, "reason": "returned"}))
	case 2:
		s.letGo(s.record(id))
	}
}

// record gives a payment as it is on the ledger; an empty one if it is not there.
func (s *storyteller) record(id string) *rules.Payment {
	record := &rules.Payment{}
	if data := s.ledger.Value("payment/" + id); data == nil || json.Unmarshal(data, record) != nil {
		return &rules.Payment{}
	}
	return record
}

func (s *storyteller) payBack() {
	one, user := object{"payment": s.payment()}, s.oneOf("shop", "rival")
	record := s.record(one["payment"].(string))
	if record.ID != "" && s.IntN(12) > 0 {
		user = s.oneOf(map[string][]string{s.shops[0]: {"till", "till", "shop", "acquirer2"}, s.shops[1]: {"rival", "rival-till"}}[record.Shop]...)
	}
	if s.IntN(6) == 0 {
		user = s.oneOf("acquirer", "acquirer", "acquirer2")
	}
	name := s.oneOf("payment:Cancel", "payment:Refund", "payment:Refund", "payment:Refund", "payment:Capture", "payment:CapturePart", "payment:Release")
	if record.State == rules.PaymentHeld && s.IntN(8) > 0 {
		name = s.oneOf("payment:Capture", "payment:CapturePart", "payment:CapturePart", "payment:Release", "payment:ReleaseByHolder")
	}
	if name == "payment:ReleaseByHolder" || record.State != "" && s.IntN(30) == 0 {
		s.letGo(record)
		return
	}
	if name == "payment:CapturePart" {
		s.capturePart(user, record, one["payment"].(string))
		return
	}
	if name == "payment:Refund" || name == "payment:Capture" {
		one["lines"] = s.linesOf(record)
		s.receipted(one)
	}
	if name == "payment:Release" && s.IntN(3) == 0 {
		user = s.oneOf("treasurer", "manager", "manager2")
	}
	if name != "payment:Capture" {
		one["reason"] = "returned"
	}
	s.try(map[string]string{"payment:Refund": "refund"}[name], user, name, s.hosted(user, one))
}

// capturePart takes a part of a hold, and now and then all or more than it has left.
func (s *storyteller) capturePart(user string, hold *rules.Payment, id string) {
	lines := s.linesOf(hold)
	if one := &lines[s.IntN(len(lines))]; s.IntN(4) > 0 {
		one.Cents = one.Cents/3 + 1
	}
	s.try("payment", user, "payment:CapturePart", s.hosted(user, s.receipted(object{"hold": id, "lines": lines})))
}

// receipted gives a request the receipt of its till, or not.
func (s *storyteller) receipted(request object) object {
	return s.maybe(request, "receipt", s.id()+s.id())
}

// payment gives a payment, and now and then looks for one that is held.
func (s *storyteller) payment() string {
	id := s.thing("payment")
	for tries := 20 * s.IntN(2); tries > 0; tries-- {
		var record rules.Payment
		data := s.ledger.Value("payment/" + id)
		if data != nil && json.Unmarshal(data, &record) == nil && record.State == rules.PaymentHeld {
			break
		}
		id = s.thing("payment")
	}
	return id
}

// letGo releases a hold, or tries to, as its holder.
func (s *storyteller) letGo(payment *rules.Payment) {
	version, paper := s.bound(payment.Voucher)
	request, deadline := s.id(), s.now+s.Int64N(950)-10
	user := s.oneOf("till", "rival", "clerk", "acquirer")
	if paper {
		page := 1 + s.IntN(4)
		if payment.Proof.Page != nil && s.IntN(3) > 0 {
			page = int(*payment.Proof.Page)
		}
		s.try("", user, "payment:ReleaseByHolder", newBooklet(s.scheme, payment.Voucher, 5).release(page, request, payment.ID, deadline))
		return
	}
	s.try("", user, "payment:ReleaseByHolder", holderOf(s.scheme, payment.Voucher, version).release(request, payment.ID, deadline))
}

// decideRefund draws what becomes of refunds that wait.
func (s *storyteller) decideRefund() {
	one := object{"refund": s.thing("refund")}
	for _, key := range s.ledger.Keys() {
		if waiting, found := strings.CutPrefix(key, "waiting/"+s.scheme+"/"); found && s.IntN(4) > 0 {
			one["refund"] = waiting
		}
	}
	switch s.IntN(5) {
	case 0, 1:
		s.try("", s.oneOf("clerk", "treasurer"), "payment:EndorseRefund", one)
	case 2, 3:
		s.try("", s.oneOf("manager", "promoted"), "payment:ApproveRefund", one)
	default:
		one["reason"] = "unknown"
		s.try("", s.oneOf("clerk", "treasurer", "manager"), "payment:RejectRefund", one)
	}
}

// confirmRefund draws what the persons of a shop make of refunds that were asked for, and what others try.
func (s *storyteller) confirmRefund() {
	one, users := object{"refund": s.thing("refund")}, []string{"shop", "keeper", "till", "rival", "rival-till"}
	for _, key := range s.ledger.Keys() {
		found, isAsked := strings.CutPrefix(key, "asked/"+s.scheme+"/")
		if isAsked && s.IntN(3) > 0 {
			one["refund"] = lastMember(found)
			users = map[string][]string{s.shops[0]: {"shop", "keeper", "till", "acquirer2"}, s.shops[1]: {"rival", "rival-till"}}[found[:32]]
		}
	}
	if s.IntN(12) == 0 {
		users = []string{"shop", "rival", "clerk", "manager", "treasurer"}
	}
	if s.IntN(5) > 0 {
		s.try("", s.oneOf(users...), "payment:ConfirmRefund", one)
		return
	}
	one["reason"] = "mistake"
	s.try("", s.oneOf(append(users, "manager")...), "payment:RejectRefund", one)
}

// linesOf gives the lines that a payment has or a hold has left, or others.
func (s *storyteller) linesOf(payment *rules.Payment) []rules.Line {
	lines := slices.Clone(payment.Lines)
	for _, line := range payment.HeldLines {
		if line.Cents -= payment.Captured[line.Category]; line.Cents > 0 {
			lines = append(lines, line)
		}
	}
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
	vouchers, cases := issuances(s.world, 1)
	vouchers[0]["preset"] = s.oneOf("junior", "junior", "bicycle")
	if s.IntN(10) == 0 {
		vouchers[0]["entitlement"] = s.thing("entitlement")
	}
	s.try("", "clerk", "voucher:RecordCases", object{"scheme": s.scheme}, object{"cases": cases})
	s.draw(s.allocate("issue", vouchers))
}

// allocate proposes an allocation for a list, sometimes too small or for a short time, and mostly has it approved.
func (s *storyteller) allocate(use string, lines []object) agreedList {
	request, drawings := s.proposing(s.scheme, use, lines)
	id := request["request_id"].(string)
	switch s.IntN(12) {
	case 0:
		request["cents"] = request["cents"].(int64)/2 + 1
	case 1:
		request["cents"] = request["cents"].(int64) + 500
	case 2:
		request["expires_at"] = s.now + s.Int64N(2_000) - 100
	case 3:
		request["use"] = s.oneOf("issue", "top-up")
	}
	s.lists[id] = agreedList{use, lines, drawings[0]}
	s.try("allocation", s.oneOf("clerk", "clerk2"), "allocation:Propose", s.maybe(request, "file_commitment", s.id()+s.id()))
	if s.IntN(8) > 0 {
		s.try("", s.oneOf("manager", "manager2", "promoted"), "allocation:Approve", object{"scheme": s.scheme, "allocation": id})
	}
	return s.lists[id]
}

// draw issues or tops up a list, now and then with other lines than were approved.
func (s *storyteller) draw(list agreedList) {
	lines := list.lines
	if s.IntN(20) == 0 {
		other := maps.Clone(lines[0])
		other["units"] = 2
		lines = []object{other}
	}
	request := object{"scheme": s.scheme}
	maps.Copy(request, list.drawing)
	if list.use == "top-up" {
		request["top_ups"], request["reason"] = lines, "hardship"
		s.try("", s.oneOf("clerk", "clerk2"), "voucher:TopUp", request)
		return
	}
	request["vouchers"] = lines
	if s.try("", s.oneOf("clerk", "clerk2"), "voucher:Issue", request) {
		s.activate(lines[0]["id"].(string))
	}
}

// allocation draws what becomes of allocations that were proposed before.
func (s *storyteller) allocation() {
	id := s.thing("allocation")
	one := object{"scheme": s.scheme, "allocation": id}
	switch s.IntN(6) {
	case 0:
		s.try("", s.oneOf("manager", "manager2", "promoted"), "allocation:Approve", one)
	case 1:
		s.try("", s.oneOf("manager", "clerk", "clerk2"), "allocation:Reject", s.because(one))
	case 2, 3:
		s.try("", s.oneOf("manager", "clerk", "treasurer"), "allocation:Withdraw", s.because(one))
	default:
		if list, known := s.lists[id]; known {
			s.draw(list)
		}
	}
}

func (s *storyteller) activate(voucher string) {
	activation := newHolder(s.scheme, voucher).activationWithCode()
	if s.IntN(4) == 0 {
		activation = newBooklet(s.scheme, voucher, 5).activation()
	}
	if s.IntN(8) > 0 {
		s.try("", s.oneOf("manager", "manager2", "clerk"), "voucher:Activate", object{"scheme": s.scheme, "activations": []object{activation}})
	}
}

// again sends what was sent before, as it was, with other content, or voids it.
func (s *storyteller) again() {
	before := s.sent[s.IntN(len(s.sent))]
	if before.name == batch.name {
		s.try("", before.user, before.name, before.request)
		return
	}
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
