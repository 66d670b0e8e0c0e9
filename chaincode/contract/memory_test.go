package contract

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"kindpakket.eu/chaincode/internal/fakeledger"
	"kindpakket.eu/chaincode/rules"
)

// forget makes memory as it is in a process that has just started.
func (m *memory) forget() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.values, m.bytes = nil, 0
}

// of gives what is remembered of some bytes, whatever its type.
func (m *memory) of(data []byte) []any {
	m.mutex.RLock()
	defer m.mutex.RUnlock()
	var known []any
	for _, kind := range []reflect.Type{
		reflect.TypeFor[storedOrganisations](), reflect.TypeFor[rules.Organisation](), reflect.TypeFor[rules.Scheme](), reflect.TypeFor[storedTerms](),
		reflect.TypeFor[closedDays](), reflect.TypeFor[rules.Shop](),
	} {
		if value, found := m.values[source{kind, string(data)}]; found {
			known = append(known, value)
		}
	}
	return known
}

// checkMemory demands that of what a simulation read, nothing else is remembered than what its bytes say: a transaction that changes what
// others share would be seen by all of them.
func (w *world) checkMemory(s *fakeledger.Simulation) {
	w.t.Helper()
	for key := range s.Reads {
		data := w.ledger.Value(key)
		if !lasts(key) || len(data) == 0 {
			continue
		}
		for _, known := range remembered.of(data) {
			fresh := reflect.New(reflect.TypeOf(known).Elem()).Interface()
			if err := decodeRecord(key, data, fresh); err != nil || !reflect.DeepEqual(known, fresh) {
				w.t.Fatalf("%s is remembered as %+v after %s, and is %+v (%v)", key, known, s.Name, fresh, err)
			}
		}
	}
}

// sameWithoutMemory demands that a process which has just started endorses the same.
func (w *world) sameWithoutMemory(call fakeledger.Call, warm *fakeledger.Simulation) {
	w.t.Helper()
	remembered.forget()
	cold := w.ledger.Simulate(call)
	event := func(s *fakeledger.Simulation) string {
		return s.Event.GetEventName() + string(s.Event.GetPayload())
	}
	switch {
	case !bytes.Equal(cold.Response.GetPayload(), warm.Response.GetPayload()) || cold.Response.GetMessage() != warm.Response.GetMessage():
		w.t.Fatalf("%s answers %v, and %v when nothing is remembered", call.Name, warm.Response, cold.Response)
	case event(cold) != event(warm):
		w.t.Fatalf("%s emits %s, and %s when nothing is remembered", call.Name, event(warm), event(cold))
	case !maps.EqualFunc(cold.Writes, warm.Writes, bytes.Equal):
		w.t.Fatalf("%s writes %q, and %q when nothing is remembered", call.Name, warm.Writes, cold.Writes)
	case !maps.Equal(cold.Reads, warm.Reads) || cold.Exchanges != warm.Exchanges:
		w.t.Fatalf("%s reads %v, and %v when nothing is remembered", call.Name, warm.Reads, cold.Reads)
	}
}

func TestWhatIsReadTwiceIsDecodedOnce(t *testing.T) {
	decoded := 0
	read := func(shop *rules.Shop) error {
		decoded++
		shop.ID = "a"
		return nil
	}
	data := []byte("read twice " + t.Name())
	first, _ := recall(data, read)
	first.ID = "changed"
	if second, _ := recall(data, read); second.ID != "a" || decoded != 1 {
		t.Fatal(second, decoded)
	}
	if other, _ := recall(data, func(scheme *rules.Scheme) error { decoded++; return nil }); other.ID != "" || decoded != 2 {
		t.Fatal("another type of the same bytes is taken for them")
	}
	failing := func(*rules.Shop) error { return fmt.Errorf("not a shop") }
	for range 2 {
		if _, err := recall([]byte("failing "+t.Name()), failing); err == nil {
			t.Fatal("an error is not told")
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var m memory
	long := strings.Repeat("x", maxRemembered/100)
	for i := range 1_000 {
		m.keep(source{reflect.TypeFor[rules.Shop](), fmt.Sprint(i, long)}, new(rules.Shop))
		if m.bytes > maxRemembered {
			t.Fatalf("%d bytes are remembered", m.bytes)
		}
	}
	sum := 0
	for from := range m.values {
		sum += len(from.bytes)
	}
	if sum != m.bytes || len(m.values) < 10 {
		t.Fatalf("%d values of %d bytes, counted as %d", len(m.values), sum, m.bytes)
	}
	m.forget()
	m.keep(source{reflect.TypeFor[rules.Shop](), strings.Repeat("x", maxRemembered/2)}, new(rules.Shop))
	if len(m.values) != 0 {
		t.Fatal("one value takes half of the memory")
	}
}

// A peer calls the chaincode for many clients at once.
func TestTransactionsShareMemoryAtTheSameTime(t *testing.T) {
	w := newTown(t)
	var calls []fakeledger.Call
	for _, h := range w.many(8) {
		calls = append(calls, w.call("shop", "payment:Pay", string(encodeJSON(t, h.pay(w.id(), w.shop, w.now+60, clothing(100))))))
	}
	var waiting sync.WaitGroup
	simulations := make([]*fakeledger.Simulation, len(calls))
	for i, call := range calls {
		twin := w.ledger.Clone()
		waiting.Go(func() {
			for range 20 {
				simulations[i] = twin.Simulate(call)
			}
		})
	}
	waiting.Wait()
	for i, call := range calls {
		if simulations[i].Response.GetStatus() != 200 {
			t.Fatal(simulations[i].Response)
		}
		w.sameWithoutMemory(call, simulations[i])
	}
}

func TestTheVoucherOfARefusedItemIsReadAnew(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	held := w.held(h, clothing(1_000))
	w.now += 2 * aDay
	// The first releases the expired hold in memory before it is refused for its amount.
	items := []object{
		paying(h.pay(w.id(), w.shop, w.now+60, clothing(10_000))),
		paying(h.pay(w.id(), w.shop, w.now+60, clothing(4_000))),
	}
	s := w.checkBatch("shop", items)
	released := decodeJSON(t, s.Event.GetPayload())["events"].([]any)[0].(object)["payload"].(object)["released"]
	if !slices.Equal(released.([]any), []any{held}) {
		t.Fatal(released)
	}
}
