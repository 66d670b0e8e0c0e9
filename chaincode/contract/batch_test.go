package contract

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"kindpakket.eu/chaincode/internal/fakeledger"
	"kindpakket.eu/chaincode/rules"
)

// item is one of a batch.
func item(operation string, request object) object {
	return object{"operation": operation, "request": request}
}

func paying(request object) object { return item("payment:Pay", request) }

func batchOf(items ...object) object { return object{"items": items} }

// batch sends a batch that is taken, and demands the outcomes of its items: done, exists, or the code of a refusal.
func (w *world) batch(user string, items []object, outcomes ...string) []object {
	w.t.Helper()
	answers := w.sendBatch(user, items)
	if got := outcomesOf(answers); !slices.Equal(got, outcomes) {
		w.t.Fatalf("the items are %v, and should be %v: %v", got, outcomes, answers)
	}
	return answers
}

// sendBatch sends a batch that is taken, and gives the answers to its items.
func (w *world) sendBatch(user string, items []object) (answers []object) {
	w.t.Helper()
	for i, entry := range w.must(user, "payment:Batch", batchOf(items...))["items"].([]any) {
		answers = append(answers, entry.(object))
		if id := items[i]["request"].(object)["request_id"]; answers[i]["request_id"] != id {
			w.t.Fatalf("item %d is %v, and answers %v", i, id, answers[i])
		}
	}
	return answers
}

func outcomesOf(answers []object) (outcomes []string) {
	for _, answer := range answers {
		outcome := answer["outcome"].(string)
		if outcome == "refused" {
			outcome = answer["refusal"].(object)["code"].(string)
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes
}

// twin is the town as it is now, on a ledger of its own.
func (w *world) twin() *world {
	other := *w
	other.ledger = w.ledger.Clone()
	if watched, is := other.ledger.Chaincode.(*recorder); is {
		other.ledger.Chaincode = watched.Chaincode
	}
	return &other
}

// state is all that a ledger holds.
func state(l *fakeledger.Ledger) map[string]string {
	held := map[string]string{}
	for _, key := range l.Keys() {
		held[key] = string(l.Value(key))
	}
	return held
}

// alone sends the items of a batch alone, one after the other, on a twin of the ledger, and gives what the batch should answer, emit and
// leave.
func (w *world) alone(user string, items []object) (answers []any, events []any, left map[string]string) {
	w.t.Helper()
	twin := w.twin()
	for _, one := range items {
		request := one["request"].(object)
		s := twin.propose(user, one["operation"].(string), request)
		twin.sameWithoutMemory(twin.call(user, one["operation"].(string), string(encodeJSON(w.t, request))), s)
		answer := object{"request_id": request["request_id"]}
		switch {
		case s.Response.GetStatus() != 200:
			answer["outcome"], answer["refusal"] = "refused", refusalIn(w.t, s.Response.GetMessage())
		case s.Event == nil:
			answer["outcome"], answer["answer"] = "exists", decodeJSON(w.t, s.Response.GetPayload())
		default:
			answer["outcome"], answer["answer"] = "done", decodeJSON(w.t, s.Response.GetPayload())
			events = append(events, object{"name": s.Event.GetEventName(), "payload": decodeJSON(w.t, s.Event.GetPayload())})
			if code := twin.ledger.Commit(s); code != "VALID" {
				w.t.Fatal(code)
			}
		}
		answers = append(answers, answer)
	}
	return answers, events, state(twin.ledger)
}

// refusalIn takes a refusal apart.
func refusalIn(t tester, message string) object {
	t.Helper()
	code := codeOf(t, message)
	rest := strings.TrimPrefix(message, code+": ")
	brace := strings.Index(rest, "{")
	return object{"code": code, "message": strings.TrimSpace(rest[:brace]), "details": decodeJSON(t, []byte(rest[brace:]))}
}

// checkBatch demands that a batch answers, emits and leaves what its items would one after the other, on a twin of the ledger, and gives its
// simulation.
func (w *world) checkBatch(user string, items []object) *fakeledger.Simulation {
	w.t.Helper()
	answers, events, left := w.alone(user, items)
	twin := w.twin()
	s := twin.propose(user, "payment:Batch", batchOf(items...))
	twin.sameWithoutMemory(twin.call(user, "payment:Batch", string(encodeJSON(w.t, batchOf(items...)))), s)
	if s.Response.GetStatus() != 200 {
		w.t.Fatalf("the batch is refused: %s", s.Response.GetMessage())
	}
	same(w.t, "answers", decodeJSON(w.t, s.Response.GetPayload())["items"], answers)
	if s.Event == nil {
		if len(events)+len(s.Writes) > 0 {
			w.t.Fatalf("no event, though %v", events)
		}
	} else {
		if s.Event.GetEventName() != "PaymentsTaken" {
			w.t.Fatal(s.Event)
		}
		same(w.t, "emits", decodeJSON(w.t, s.Event.GetPayload())["events"], events)
	}
	if code := twin.ledger.Commit(s); code != "VALID" {
		w.t.Fatal(code)
	}
	if got := state(twin.ledger); !maps.Equal(got, left) {
		for _, key := range slices.Sorted(maps.Keys(merged(got, left))) {
			if got[key] != left[key] {
				w.t.Fatalf("the batch leaves %s\n%s\nand its items\n%s", key, got[key], left[key])
			}
		}
	}
	return s
}

func merged(a, b map[string]string) map[string]string {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

func same(t tester, what string, got, want any) {
	t.Helper()
	if a, b := string(encodeJSON(t, got)), string(encodeJSON(t, want)); a != b {
		t.Fatalf("the batch %s\n%s\nand its items\n%s", what, a, b)
	}
}

func TestABatchIsItsItemsOneAfterTheOther(t *testing.T) {
	w := newTown(t)
	a, b, paper := w.holder(), w.holder(), w.booklet()
	held, before := w.held(a, clothing(1_000), books(200)), w.paid(b, clothing(900))
	known := a.pay(w.id(), w.shop, w.now+60, clothing(50))
	w.must("shop", "payment:Pay", known)
	twice := b.pay(w.id(), w.shop, w.now+60, books(300))
	other := maps.Clone(twice)
	other["receipt"] = strings.Repeat("5", 64)
	first := w.id()
	items := []object{
		paying(known),
		paying(a.pay(first, w.shop, w.now+60, clothing(700))),
		paying(a.pay(w.id(), w.shop, w.now+60, clothing(8_000))),
		paying(a.pay(w.id(), w.shop, w.now+60, clothing(80))),
		paying(twice), paying(twice), paying(other),
		item("payment:Capture", w.capture(held, clothing(400))),
		item("payment:Capture", w.capture(held, clothing(400))),
		item("payment:Refund", w.because(object{"payment": first, "lines": []rules.Line{clothing(100)}})),
		item("payment:Refund", w.because(object{"payment": before, "lines": []rules.Line{clothing(901)}})),
		item("payment:Refund", w.because(object{"payment": before, "lines": []rules.Line{clothing(900)}})),
		paying(paper.pay(2, w.id(), w.shop, w.now+60, clothing(100))),
		paying(paper.pay(2, w.id(), w.shop, w.now+60, clothing(100))),
		paying(b.pay(w.id(), w.shop, w.now-1, clothing(100))),
	}
	s := w.checkBatch("shop", items)
	w.batch("shop", items, "exists", "done", "DAY_CAP_EXCEEDED", "done", "done", "exists", "IDEMPOTENCY_CONFLICT", "done", "HOLD_NOT_OPEN", "done",
		"REFUND_EXCEEDS_PAYMENT", "done", "done", "HOLDER_PROOF_INVALID", "HOLDER_PROOF_EXPIRED")
	if events := decodeJSON(t, s.Event.GetPayload())["events"].([]any); len(events) != 7 {
		t.Fatal(events)
	}
	w.checkMoney()

	// The same batch again, and its items alone, are answered as before.
	again := w.batch("shop", items, "exists", "exists", "DAY_CAP_EXCEEDED", "exists", "exists", "exists", "IDEMPOTENCY_CONFLICT", "exists", "HOLD_NOT_OPEN",
		"exists", "REFUND_EXCEEDS_PAYMENT", "exists", "exists", "HOLDER_PROOF_INVALID", "HOLDER_PROOF_EXPIRED")
	if len(w.last.Writes) > 0 || w.last.Event != nil {
		t.Fatalf("nothing is done, and this is written: %v", w.last.Writes)
	}
	for i, answer := range again {
		if answer["outcome"] != "exists" {
			continue
		}
		same(t, "answers", answer["answer"], w.must("shop", items[i]["operation"].(string), items[i]["request"].(object)))
		if len(w.last.Writes) > 0 {
			t.Fatalf("item %d alone writes %v", i, w.last.Writes)
		}
	}
}

func TestAKeyOfABatchIsWrittenOnce(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	var items []object
	for range 5 {
		items = append(items, paying(h.pay(w.id(), w.shop, w.now+60, clothing(100))))
	}
	s := w.checkBatch("shop", items)
	last := items[4]["request"].(object)["request_id"]
	voucher := decodeJSON(t, s.Writes["voucher/"+w.scheme+"/"+h.voucher])
	if by := voucher["by"].(object); by["request"] != last || by["operation"] != "payment:Pay" || cents(t, voucher["available_cents"]) != 9_500 {
		t.Fatal(voucher)
	}
	if len(s.Writes) != 5*3+1 {
		t.Fatal(slices.Sorted(maps.Keys(s.Writes)))
	}
}

func TestExpiredHoldsAreReleasedOnceByABatch(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	held := w.held(h, clothing(1_000))
	w.now += 2 * aDay
	s := w.checkBatch("shop", []object{
		paying(h.pay(w.id(), w.shop, w.now+60, clothing(10_000))),
		paying(h.pay(w.id(), w.shop, w.now+60, clothing(5_000))),
		item("payment:Capture", w.capture(held, clothing(1))),
		paying(h.pay(w.id(), w.shop, w.now+60, clothing(4_000))),
	})
	events := decodeJSON(t, s.Event.GetPayload())["events"].([]any)
	if fmt.Sprint(events[0].(object)["payload"].(object)["released"]) != "["+held+"]" || events[1].(object)["payload"].(object)["released"] != nil {
		t.Fatal(events)
	}
}

func TestARefusedItemLeavesNothing(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	s := w.checkBatch("shop", []object{
		paying(h.pay(w.id(), w.shop, w.now+60, clothing(8_001))),
		paying(h.pay(w.id(), w.id(), w.now+60, clothing(100))),
		paying(newHolder(w.scheme, w.id()).pay(w.id(), w.shop, w.now+60, clothing(100))),
	})
	if s.Event != nil || len(s.Writes) > 0 {
		t.Fatal(s.Writes)
	}
	w.batch("shop", []object{paying(h.pay(w.id(), w.shop, w.now+60, clothing(8_001)))}, "PAYMENT_CAP_EXCEEDED")
}

func TestAVoidedRequestIsRefusedInABatch(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	request := h.pay(w.id(), w.shop, w.now+60, clothing(100))
	w.must("shop", "request:Void", object{"request_id": w.id(), "void": request["request_id"]})
	after := h.pay(w.id(), w.shop, w.now+60, clothing(100))
	w.checkBatch("shop", []object{paying(request), paying(after)})
	w.batch("shop", []object{paying(request), paying(after)}, "REQUEST_VOID", "done")
	w.refused("REQUEST_COMMITTED", "shop", "request:Void", object{"request_id": w.id(), "void": after["request_id"]})
}

// A batch that was endorsed before one of its requests was voided is not valid: what is void stays so.
func TestVoidingARequestStopsTheBatchThatItIsIn(t *testing.T) {
	w := newTown(t)
	a, b := w.holder(), w.holder()
	one, two := a.pay(w.id(), w.shop, w.now+60, clothing(100)), b.pay(w.id(), w.shop, w.now+60, clothing(100))
	s := w.propose("shop", "payment:Batch", batchOf(paying(one), paying(two)))
	w.must("shop", "request:Void", object{"request_id": w.id(), "void": one["request_id"]})
	if code := w.ledger.Commit(s); code != "MVCC_READ_CONFLICT" {
		t.Fatal(code)
	}
	w.batch("shop", []object{paying(one), paying(two)}, "REQUEST_VOID", "done")
}

func TestAnIDIsGoodForOneRequestAloneOrInABatch(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	request := h.pay(w.id(), w.shop, w.now+60, clothing(100))
	w.batch("shop", []object{paying(request)}, "done")
	w.must("shop", "payment:Pay", request)
	if len(w.last.Writes) > 0 {
		t.Fatal(w.last.Writes)
	}
	refund := w.because(object{"payment": request["request_id"], "lines": []rules.Line{clothing(10)}})
	refund["request_id"] = request["request_id"]
	w.batch("shop", []object{item("payment:Refund", refund)}, "IDEMPOTENCY_CONFLICT")
	w.enrol("till", "WinkelsMSP", "cashier", "p-till", w.shop)
	w.batch("till", []object{paying(request)}, "exists")
	w.admitShop("rival", "clothing")
	w.batch("rival", []object{paying(request)}, "IDEMPOTENCY_CONFLICT")
}

func TestAnAcquirersBatchIsForAllShopsThatMandatedIt(t *testing.T) {
	w := hostedTown(t)
	other, third := w.admitShop("second", "clothing"), w.admitShop("third", "clothing")
	w.must("shop", "shop:Mandate", w.mandate("p-acquirer"))
	w.must("second", "shop:Mandate", object{"request_id": w.id(), "shop": other, "acquirer": "p-acquirer", "reason": "contract"})
	h := w.holder()
	at := func(shop, till string) object {
		request := h.pay(w.id(), shop, w.now+60, clothing(100))
		request["till"], request["receipt"] = till, strings.Repeat("ab", 32)
		return paying(request)
	}
	items := []object{at(w.shop, "kassa-1"), at(third, "kassa-1"), at(other, "kassa-9"), at(w.shop, "kassa-2")}
	w.checkBatch("acquirer", items)
	answers := w.batch("acquirer", items, "done", "NOT_YOURS", "done", "done")
	for i, till := range map[int]string{0: "kassa-1", 2: "kassa-9", 3: "kassa-2"} {
		paid := answers[i]["answer"].(object)
		by := decodeJSON(t, w.ledger.Value("payment/"+paid["id"].(string)))["by"].(object)
		if paid["till"] != till || by["till"] != till || paid["receipt"] != strings.Repeat("ab", 32) {
			t.Fatal(paid, by)
		}
	}
	w.batch("rival", items, "IDEMPOTENCY_CONFLICT", "NOT_YOURS", "IDEMPOTENCY_CONFLICT", "IDEMPOTENCY_CONFLICT")
}

func TestARefundThatIsAskedForOrWaitsDoesSoInABatch(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	w.must("shop", "shop:LimitRefunds", w.aboutShop(object{"refund_alone_cents": 150}))
	payment := w.paid(h, clothing(500))
	back := func(cents rules.Cents) object {
		return item("payment:Refund", w.because(object{"payment": payment, "lines": []rules.Line{clothing(cents)}}))
	}
	s := w.checkBatch("shop", []object{back(100), back(100), back(50)})
	var names []any
	for _, event := range decodeJSON(t, s.Event.GetPayload())["events"].([]any) {
		names = append(names, event.(object)["name"])
	}
	if fmt.Sprint(names) != "[PaymentRefunded RefundAsked PaymentRefunded]" {
		t.Fatal(names)
	}
}

// Arguments stay on the ledger: what may hold free text or personal data does not get there with the payments of others.
func TestAMalformedItemSpoilsTheBatchAndIsNamed(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	good := func() object { return h.pay(w.id(), w.shop, w.now+60, clothing(100)) }
	spoilt := map[string]func(object){
		"MALFORMED_REQUEST":     func(r object) { r["name"] = "Jip" },
		"PERSONAL_DATA_REFUSED": func(r object) { r["receipt"] = "123456782" },
		"HOLDER_PROOF_MISSING":  func(r object) { delete(r, "proof") },
		"HOLDER_PROOF_INVALID":  func(r object) { r["proof"].(object)["page"] = 1 },
		"INVALID_AMOUNT":        func(r object) { r["lines"] = []object{{"category": "clothing", "cents": 0}} },
		"INVALID_ID":            func(r object) { r["request_id"] = "Jip" },
		"INVALID_CODE":          func(r object) { r["till"] = "kassa-1" },
		"INVALID_NUMBER":        func(r object) { r["deadline"] = 5 },
	}
	for code, spoil := range spoilt {
		bad := good()
		spoil(bad)
		alone := w.propose("shop", "payment:Pay", bad).Response.GetMessage()
		want := refusalIn(t, alone)
		want["details"].(object)["item"] = json.Number("1")
		want["message"] = "item 1: " + want["message"].(string)
		w.refused(code, "shop", "payment:Batch", batchOf(paying(good()), paying(bad), paying(good())))
		got := refusalIn(t, w.last.Response.GetMessage())
		same(t, "is refused with "+code, got, want)
		if code == "MALFORMED_REQUEST" && strings.Contains(fmt.Sprint(got), "Jip") || strings.Contains(fmt.Sprint(got), "123456782") {
			t.Errorf("the refusal repeats what must not be on record: %v", got)
		}
	}
	w.refused("MALFORMED_REQUEST", "shop", "payment:Batch", batchOf(paying(good()), item("payment:Cancel", good())))
	if details := refusalIn(t, w.last.Response.GetMessage())["details"].(object); fmt.Sprint(details["item"]) != "1" {
		t.Fatal(details)
	}
}

func TestAMalformedBatchIsRefused(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	one := string(encodeJSON(t, paying(h.pay(w.id(), w.shop, w.now+60, clothing(100)))))
	many := strings.TrimSuffix(strings.Repeat(one+",", maxBatch+1), ",")
	for text, code := range map[string]string{
		`{}`:               "INVALID_NUMBER",
		`{"items":[]}`:     "INVALID_NUMBER",
		`{"items":{}}`:     "MALFORMED_REQUEST",
		`{"items":null}`:   "INVALID_NUMBER",
		`{"items":[null]}`: "MALFORMED_REQUEST",
		`{"items":[{}]}`:   "MALFORMED_REQUEST",
		`{"items":[{"operation":"payment:Pay"}]}`:                    "MALFORMED_REQUEST",
		`{"items":[{"operation":"payment:Pay","request":null}]}`:     "MALFORMED_REQUEST",
		`{"items":[{"operation":"payment:Pay","request":[]}]}`:       "MALFORMED_REQUEST",
		`{"items":[{"operation":"payment:Batch","request":{}}]}`:     "MALFORMED_REQUEST",
		`{"items":[{"operation":"123456782","request":{}}]}`:         "PERSONAL_DATA_REFUSED",
		`{"items":[],"jip@example.nl":1}`:                            "PERSONAL_DATA_REFUSED",
		`{"items":[` + one + `],"request_id":"` + w.id() + `"}`:      "MALFORMED_REQUEST",
		`{"items":[` + one + `],"items":[]}`:                         "MALFORMED_REQUEST",
		`{"items":[` + one[:len(one)-1] + `,"x":1}]}`:                "MALFORMED_REQUEST",
		`{"items":[` + one + `]}x`:                                   "MALFORMED_REQUEST",
		`{"items":[` + many + `]}`:                                   "INVALID_NUMBER",
		`{"items":["` + strings.Repeat("x", maxRequestBytes) + `"]}`: "REQUEST_TOO_LARGE",
		`{"items":` + strings.Repeat("[", 10_001):                    "MALFORMED_REQUEST",
	} {
		w.refusedText(code, "shop", "payment:Batch", text)
	}
	w.refused("ROLE_REQUIRED", "clerk", "payment:Batch", batchOf())
	w.refused("ROLE_REQUIRED", "auditor", "payment:Batch", batchOf())
}

func TestTheRolesOfABatchAreThoseOfItsOperations(t *testing.T) {
	for _, entry := range catalogue {
		if batched[entry.name] != nil && !slices.Equal(entry.roles, batch.roles) {
			t.Errorf("%s is for %v, and a batch for %v", entry.name, entry.roles, batch.roles)
		}
	}
}

func TestABatchTouchesNothingThatOtherBatchesTouch(t *testing.T) {
	w := newTown(t)
	holders := w.many(40)
	var endorsed []*fakeledger.Simulation
	for group := range slices.Chunk(holders, 10) {
		var items []object
		for _, h := range group {
			items = append(items, paying(h.pay(w.id(), w.shop, w.now+60, clothing(100))))
		}
		endorsed = append(endorsed, w.propose("shop", "payment:Batch", batchOf(items...)))
	}
	for _, s := range endorsed {
		if code := w.ledger.Commit(s); code != "VALID" {
			t.Fatal(code)
		}
	}
	w.checkMoney()
}

// What a batch reads and writes is what its items do, each key once, in as many exchanges as one payment takes.
func TestABatchCostsWhatItsItemsShare(t *testing.T) {
	w := newTown(t)
	holders := w.many(maxBatch)
	shared := []string{
		"day/" + w.scheme, "organisations", "rules/" + w.scheme + "/000001", "scheme/" + w.scheme, "shop/" + w.shop,
	}
	if alone := w.propose("shop", "payment:Pay", holders[0].pay(w.id(), w.shop, w.now+60, clothing(100))); alone.Exchanges != 3 {
		t.Errorf("%d exchanges for one payment", alone.Exchanges)
	}
	for _, count := range []int{1, 10, maxBatch} {
		var pays, refunds, captures []object
		for _, h := range holders[:count] {
			pays = append(pays, paying(h.pay(w.id(), w.shop, w.now+60, clothing(100))))
			captures = append(captures, item("payment:Capture", w.capture(w.held(h, clothing(60)), clothing(50))))
		}
		s := w.checkBatch("shop", pays)
		if len(s.Reads) != len(shared)+2*count || len(s.Writes) != 4*count || s.Exchanges != 3 {
			t.Errorf("%d payments read %d keys and write %d in %d exchanges", count, len(s.Reads), len(s.Writes), s.Exchanges)
		}
		for _, key := range shared {
			if _, read := s.Reads[key]; !read {
				t.Errorf("%d payments do not read %s", count, key)
			}
		}
		w.must("shop", "payment:Batch", batchOf(pays...))
		for _, one := range pays {
			refunds = append(refunds, item("payment:Refund", w.because(object{
				"payment": one["request"].(object)["request_id"], "lines": []rules.Line{clothing(1)},
			})))
		}
		if s = w.checkBatch("shop", refunds); len(s.Reads) != len(shared)+3*count || len(s.Writes) != 5*count || s.Exchanges != 4 {
			t.Errorf("%d refunds read %d keys and write %d in %d exchanges", count, len(s.Reads), len(s.Writes), s.Exchanges)
		}
		if s = w.checkBatch("shop", captures); len(s.Reads) != len(shared)-1+3*count || len(s.Writes) != 5*count || s.Exchanges != 3 {
			t.Errorf("%d captures read %d keys and write %d in %d exchanges", count, len(s.Reads), len(s.Writes), s.Exchanges)
		}
	}
}

func TestAPeerWhoseDatabaseFailsEndsTheBatch(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	w.ledger.DatabaseDown = true
	s := w.propose("shop", "payment:Batch", batchOf(paying(h.pay(w.id(), w.shop, w.now+60, clothing(100)))))
	if s.Response.GetStatus() == 200 || len(s.Writes) > 0 {
		t.Fatal(s.Response)
	}
}

func BenchmarkBatch(b *testing.B) {
	for _, count := range []int{1, 10, 50, maxBatch} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			w := newTown(b)
			var items []object
			for _, h := range w.many(count) {
				items = append(items, paying(h.pay(w.id(), w.shop, w.now+60, clothing(1_000), books(500))))
			}
			call := w.call("shop", "payment:Batch", string(encodeJSON(b, batchOf(items...))))
			before := processTime(b)
			for b.Loop() {
				w.ledger.Simulate(call)
			}
			perPayment := func(spent time.Duration) float64 { return float64(spent.Nanoseconds()) / 1e3 / float64(b.N*count) }
			b.ReportMetric(perPayment(b.Elapsed()), "µs/payment")
			b.ReportMetric(perPayment(processTime(b)-before), "cpu-µs/payment")
		})
	}
}

// BenchmarkPayment is a payment alone.
func BenchmarkPayment(b *testing.B) {
	w := newTown(b)
	call := w.call("shop", "payment:Pay", string(encodeJSON(b, w.holder().pay(w.id(), w.shop, w.now+60, clothing(1_000), books(500)))))
	before := processTime(b)
	for b.Loop() {
		w.ledger.Simulate(call)
	}
	b.ReportMetric(float64((processTime(b)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/payment")
}

// BenchmarkSignature is what of a payment nothing but the signature takes.
func BenchmarkSignature(b *testing.B) {
	h := newHolder(idOf("scheme"), idOf("voucher"))
	message := testDomain.PaymentMessage(h.scheme, h.voucher, 1, idOf("request"), idOf("shop"), noon, []rules.Line{clothing(1_000), books(500)})
	signature, public := ed25519.Sign(h.key, message), h.key.Public().(ed25519.PublicKey)
	before := processTime(b)
	for b.Loop() {
		if !ed25519.Verify(public, message, signature) {
			b.Fatal("the signature does not match")
		}
	}
	b.ReportMetric(float64((processTime(b)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/payment")
}

// TestRandomBatchesAreTheirItems draws batches of a shop whose requests are mostly taken: a few vouchers that all items share, their holds,
// and payments of this batch that a later item of it refunds.
func TestRandomBatchesAreTheirItems(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 3))
	w := newTown(t)
	holders, paper := w.many(3), w.booklet()
	w.must("shop", "shop:LimitRefunds", w.aboutShop(object{"refund_alone_cents": 400}))
	var payments, holds []string
	page, outcomes := 1, map[string]int{}
	some := func(ids []string) string { return ids[max(r.IntN(len(ids)), r.IntN(len(ids)))] }
	lines := func(most int) []rules.Line {
		made := []rules.Line{clothing(rules.Cents(1 + r.IntN(most)))}
		if r.IntN(3) == 0 {
			made = append(made, books(rules.Cents(1+r.IntN(most))))
		}
		return made
	}
	draw := func() object {
		h := holders[r.IntN(len(holders))]
		switch r.IntN(10) {
		case 0, 1, 2, 3:
			payments = append(payments, w.id())
			return paying(h.pay(payments[len(payments)-1], w.shop, w.now+int64(r.IntN(920))-5, lines(900)...))
		case 4:
			page += r.IntN(2)
			return paying(paper.pay(min(page, 4), w.id(), w.shop, w.now+60, lines(500)...))
		case 5, 6:
			return item("payment:Capture", w.capture(some(holds), lines(200)...))
		}
		return item("payment:Refund", w.because(object{"payment": some(payments), "lines": lines(300)}))
	}
	for range 60 {
		for _, h := range holders {
			if held, code := w.send("shop", "payment:Hold", h.hold(w.id(), w.shop, w.now+60, w.now+int64(60+r.IntN(3_000)), clothing(300), books(100))); code == "" {
				holds = append(holds, held["id"].(string))
			}
			payments = append(payments, holds[max(0, len(holds)-1)])
		}
		var items []object
		for range 1 + r.IntN(20) {
			items = append(items, draw())
			if r.IntN(8) == 0 {
				items = append(items, items[r.IntN(len(items))])
			}
		}
		w.checkBatch("shop", items)
		for _, outcome := range outcomesOf(w.sendBatch("shop", items)) {
			outcomes[outcome]++
		}
		if w.now += int64(r.IntN(1_200)); r.IntN(5) == 0 {
			w.now += aDay / 2
		}
		if r.IntN(4) == 0 {
			w.must("clerk", "voucher:TopUp", w.toppingUp(object{"voucher": holders[0].voucher, "entitlement": w.id(), "preset": "junior", "units": 1}))
		}
	}
	w.checkMoney()
	for _, wanted := range []string{"done", "exists", "HOLD_EXCEEDED", "HOLD_NOT_OPEN", "INSUFFICIENT_BALANCE", "REFUND_EXCEEDS_PAYMENT",
		"HOLDER_PROOF_EXPIRED", "HOLDER_PROOF_INVALID"} {
		if outcomes[wanted] == 0 {
			t.Errorf("no item was %s: %v", wanted, outcomes)
		}
	}
}
