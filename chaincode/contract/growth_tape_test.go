package contract

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"kindpakket.eu/chaincode/internal/fakeledger"
)

// What a random history asked of a ledger is asked again of ledgers that hold the payments of many years. Each of them answers alike and
// at the same cost, be it a transaction or a query, but for those that give a page of what there is or add it all up.

// taped is something that a ledger was asked: to endorse a call, as transaction tx, or to commit a transaction, which was valid.
type taped struct {
	call      fakeledger.Call
	tx        string
	committed string
	// endorsed says that the call was not refused.
	endorsed bool
}

// proposed puts on tape what a chaincode was called with, and whether it took it.
func proposed(t tester, stub shim.ChaincodeStubInterface, response *peer.Response) taped {
	name, arguments := stub.GetFunctionAndParameters()
	creator, noCreator := stub.GetCreator()
	transient, noTransient := stub.GetTransient()
	at, noTime := stub.GetTxTimestamp()
	if noCreator != nil || noTransient != nil || noTime != nil {
		t.Fatalf("%v, %v, %v", noCreator, noTransient, noTime)
	}
	return taped{tx: stub.GetTxID(), endorsed: response.GetStatus() == shim.OK, call: fakeledger.Call{
		Name: name, Arguments: slices.Clone(arguments), Transient: transient, Creator: creator, Now: at.GetSeconds(),
		Channel: channelName, Chaincode: chaincodeName,
	}}
}

// taken names what was endorsed.
func (r *recorder) taken() (names []string) {
	for _, entry := range r.tape {
		if entry.endorsed {
			names = append(names, entry.call.Name)
		}
	}
	return names
}

// answering gives each call of a history, in order, what it cost, and what the ledger answered.
type answering func(call fakeledger.Call, cost cost, status int32, answer string)

// play asks an empty ledger all that is on a tape. After the first so many entries it holds as many payments of the past as are wanted.
func play(t *testing.T, tape []taped, begun, payments int, schemes [2]string, shop string, each answering) {
	t.Helper()
	ledger := newWorld(t).ledger
	simulated := map[string]*fakeledger.Simulation{}
	for at, entry := range tape {
		if at == begun {
			years(t, ledger, payments, schemes, shop)
		}
		if entry.committed != "" {
			if code := ledger.Commit(simulated[entry.committed]); code != "VALID" {
				t.Fatalf("%s is %s among payments of the past", simulated[entry.committed].Name, code)
			}
			continue
		}
		s := ledger.Simulate(entry.call)
		if s.TxID != entry.tx {
			t.Fatalf("%s is transaction %s, and was %s", s.Name, s.TxID, entry.tx)
		}
		simulated[s.TxID] = s
		each(entry.call, costOf(ledger, s), s.Response.GetStatus(), s.Response.GetMessage()+string(s.Response.GetPayload()))
	}
}

// askEverything sends each query of the catalogue, as somebody who is answered if there is such a person.
func (s *storyteller) askEverything() {
	for _, entry := range catalogue {
		if !entry.query {
			continue
		}
		for _, user := range []string{"auditor", "treasurer", "clerk", "shop"} {
			if _, refused := s.send(user, entry.name, s.asking(entry)); refused == "" {
				break
			}
		}
	}
}

// asking fills in a query's request by the names of its members.
func (s *storyteller) asking(entry described) object {
	newest := func(kind string) string {
		if known := s.things[kind]; len(known) > 0 {
			return known[len(known)-1]
		}
		return s.id()
	}
	known := object{
		"scheme": s.scheme, "shop": s.shops[0], "version": 1, "day": "2026-03-10", "seed": "00", "per_mille": 100, "collection": "citizens",
		"key": "budget/" + s.scheme, "request": s.things["voucher"][0],
	}
	for _, kind := range []string{"voucher", "payment", "settlement", "refund", "decision", "erasure", "allocation"} {
		known[kind] = newest(kind)
	}
	if entry.name == "audit:Sample" {
		known["kind"] = "payment"
	}
	request := object{}
	for _, field := range reflect.VisibleFields(entry.request) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if value, given := known[name]; given {
			request[name] = value
		}
	}
	return request
}

// ofThePast are the queries whose answer is a page of what a ledger holds of the past, and addedUp those that add it up.
var (
	ofThePast = []string{"audit:Sample", "decision:Unindexed", "payment:List", "payment:Unindexed", "settlement:List"}
	addedUp   = []string{"audit:SchemeTotals"}
)

// mostOfAll keeps the dearest of the calls of each name.
type mostOfAll map[string]cost

func (m mostOfAll) add(name string, c cost) {
	most := m[name]
	m[name] = cost{max(most.read, c.read), max(most.written, c.written), max(most.bytes, c.bytes)}
}

func TestNothingCostsMoreAmongThePaymentsOfManyYears(t *testing.T) {
	t.Parallel()
	sizes, path := []int{100, 2_000}, os.Getenv(growthFile)
	if path != "" {
		sizes = []int{100, 10_000, 100_000}
	}
	most := make([]mostOfAll, len(sizes))
	for i := range sizes {
		most[i] = mostOfAll{}
	}
	missing := map[string]bool{}
	for _, entry := range catalogue {
		missing[entry.name] = true
	}
	for seed := uint64(500); seed < 560 && len(missing) > 0; seed++ {
		s := newStoryteller(t, seed, newReached())
		begun, schemes := len(s.recorder.tape), [2]string{s.scheme, s.other}
		for range 3 {
			s.live(historySteps / 3)
			s.askEverything()
		}
		found := slices.DeleteFunc(s.recorder.taken(), func(name string) bool { return !missing[name] })
		if len(found) == 0 {
			continue
		}
		for _, name := range found {
			delete(missing, name)
		}
		compare(t, sizes, most, func(size int, each answering) {
			play(t, s.recorder.tape, begun, size, schemes, s.shops[0], each)
		})
	}
	if len(missing) > 0 {
		t.Errorf("never measured, though a history or asking should get there: %s", strings.Join(slices.Sorted(maps.Keys(missing)), ", "))
	}
	var lines []string
	for _, entry := range catalogue {
		line := "| `" + entry.name + "` |"
		for i := range sizes {
			c := most[i][entry.name]
			line += fmt.Sprintf(" %d | %d | %d |", c.read, c.written, c.bytes)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	if path != "" {
		writeTable(t, path+".all", lines)
	}
}

// compare plays a history among as many payments of the past as each of the sizes says, and keeps the dearest calls of each.
func compare(t *testing.T, sizes []int, most []mostOfAll, playing func(size int, each answering)) {
	t.Helper()
	type told struct {
		cost
		answer string
	}
	var few []told
	for i, size := range sizes {
		at := 0
		playing(size, func(call fakeledger.Call, c cost, status int32, answer string) {
			if status == shim.OK {
				most[i].add(call.Name, c)
			}
			if i == 0 {
				few = append(few, told{c, answer})
			}
			first := few[at]
			at++
			if slices.Contains(addedUp, call.Name) {
				return
			}
			if slices.Contains(ofThePast, call.Name) {
				if c.read > 350 || c.written > 0 {
					t.Errorf("%s costs %+v among %d payments, more than a page", call.Name, c, size)
				}
				return
			}
			if c.read != first.read || c.written != first.written || c.bytes > first.bytes+200 || answer != first.answer {
				t.Errorf("%s %s costs %+v and gives %s among %d payments, and %+v and %s among %d",
					call.Name, call.Arguments, c, answer, size, first.cost, first.answer, sizes[0])
			}
		})
	}
}
