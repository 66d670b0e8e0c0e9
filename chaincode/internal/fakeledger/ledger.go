// Package fakeledger is a ledger in memory for tests. It behaves as Fabric does where a chaincode could notice: a transaction does
// not see its own writes, ranges come in the order of keys, private data leaves a public hash, pages cannot be followed by writes,
// and a committed read set is checked for keys that changed and ranges that grew.
package fakeledger

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Ledger is the committed state of a channel's chaincode.
type Ledger struct {
	Chaincode shim.Chaincode
	// DatabaseDown makes reads of many keys come back empty and without an error, as peers of Fabric 3.1.1 do.
	DatabaseDown bool
	// TotalQueryLimit ends what one range or history query gives, without an error; 0 stands for no limit.
	TotalQueryLimit int

	state     map[string][]byte
	versions  map[string]int
	private   map[string]map[string][]byte
	history   map[string][]*queryresult.KeyModification
	commits   int
	proposals int
}

// New makes an empty ledger.
func New(chaincode shim.Chaincode) *Ledger {
	return &Ledger{
		Chaincode: chaincode, state: map[string][]byte{}, versions: map[string]int{},
		private: map[string]map[string][]byte{}, history: map[string][]*queryresult.KeyModification{},
	}
}

// Call is a proposal.
type Call struct {
	Name      string
	Arguments []string
	Transient map[string][]byte
	Creator   []byte
	Now       int64
	Channel   string
	Chaincode string
}

// Simulation is an endorsed proposal: its response, and what it read and would write.
type Simulation struct {
	Response     *peer.Response
	Event        *peer.ChaincodeEvent
	TxID         string
	Reads        map[string]int
	Writes       map[string][]byte
	PrivateReads map[string]bool
	PrivateWrite map[string][]byte
	Exchanges    int

	now    int64
	ranges []rangeRead
}

type rangeRead struct {
	start, end string
	keys       []string
	exhausted  bool
}

// Simulate endorses a proposal against the committed state.
func (l *Ledger) Simulate(call Call) *Simulation {
	l.proposals++
	simulation := &Simulation{
		Reads: map[string]int{}, Writes: map[string][]byte{}, now: call.Now,
		PrivateReads: map[string]bool{}, PrivateWrite: map[string][]byte{},
		TxID: fmt.Sprintf("%064x", l.proposals),
	}
	simulation.Response = l.Chaincode.Invoke(&stub{ledger: l, call: call, simulation: simulation})
	return simulation
}

// Commit validates a simulation as committing peers do and applies it. It gives the name of the validation code.
func (l *Ledger) Commit(s *Simulation) string {
	for key, version := range s.Reads {
		if l.versions[key] != version {
			return "MVCC_READ_CONFLICT"
		}
	}
	for _, read := range s.ranges {
		if !slices.Equal(read.keys, l.scan(read)) {
			return "PHANTOM_READ_CONFLICT"
		}
	}
	l.commits++
	for _, key := range slices.Sorted(maps.Keys(s.Writes)) {
		l.apply(key, s.Writes[key], s)
	}
	for name, value := range s.PrivateWrite {
		collection, key, _ := bytes.Cut([]byte(name), []byte{0})
		if l.private[string(collection)] == nil {
			l.private[string(collection)] = map[string][]byte{}
		}
		l.private[string(collection)][string(key)] = value
	}
	return "VALID"
}

func (l *Ledger) apply(key string, value []byte, s *Simulation) {
	l.versions[key] = l.commits
	if value == nil {
		delete(l.state, key)
	} else {
		l.state[key] = value
	}
	change := &queryresult.KeyModification{
		TxId: s.TxID, Value: value, IsDelete: value == nil, Timestamp: &timestamppb.Timestamp{Seconds: s.now},
	}
	l.history[key] = append([]*queryresult.KeyModification{change}, l.history[key]...)
}

// Keys gives all keys in order.
func (l *Ledger) Keys() []string {
	return slices.Sorted(maps.Keys(l.state))
}

// Value gives what a key holds.
func (l *Ledger) Value(key string) []byte {
	return l.state[key]
}

// Put sets a key behind the chaincode's back.
func (l *Ledger) Put(key string, value []byte) {
	l.commits++
	l.versions[key] = l.commits
	l.state[key] = value
}

// Private gives a private record.
func (l *Ledger) Private(collection, key string) []byte {
	return l.private[collection][key]
}

func (l *Ledger) between(start, end string) []string {
	var keys []string
	for _, key := range l.Keys() {
		if key >= start && (end == "" || key < end) {
			keys = append(keys, key)
		}
	}
	return keys
}

// scan repeats a range read. One that was not read to its end covers the keys up to the last one that it saw.
func (l *Ledger) scan(read rangeRead) []string {
	keys := l.between(read.start, read.end)
	if !read.exhausted && len(read.keys) > 0 {
		last := read.keys[len(read.keys)-1]
		keys = slices.DeleteFunc(keys, func(key string) bool { return key > last })
	}
	return keys
}
