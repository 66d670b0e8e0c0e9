// Package fakeledger is a ledger in memory for tests. It behaves as Fabric 3.1.1 does where a chaincode could notice: ledger_test.go
// states how, rule by rule. What Kindpakket has no use for is not there and panics.
package fakeledger

import (
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
	// TotalQueryLimit ends what one range or history query gives, without an error (ledger.state.totalQueryLimit); 0 means none.
	TotalQueryLimit int
	// Members names the MSPs of a collection that only its members may read and write; a collection that is left out is everybody's.
	Members map[string][]string
	// Peer is the MSP of the peer that endorses. A peer that is not a member of a collection knows only its hashes.
	Peer string
	// Committing are called with each valid simulation before it is applied, so that they see what its keys held until then.
	Committing []func(*Simulation)

	state map[string][]byte
	// keys are those of the state in order; nil when they have to be sorted anew.
	keys      []string
	versions  map[string]int
	private   map[string][]byte
	hashes    map[string]int
	history   map[string][]*queryresult.KeyModification
	ordered   map[string]bool
	commits   int
	proposals int
}

// New makes an empty ledger.
func New(chaincode shim.Chaincode) *Ledger {
	return &Ledger{
		Chaincode: chaincode, state: map[string][]byte{}, versions: map[string]int{}, private: map[string][]byte{}, hashes: map[string]int{},
		history: map[string][]*queryresult.KeyModification{}, ordered: map[string]bool{},
	}
}

// Clone returns a ledger that holds the same and goes its own way from now on. Nothing watches what it commits.
func (l *Ledger) Clone() *Ledger {
	other := *l
	other.Committing, other.keys = nil, nil
	other.state, other.versions = maps.Clone(l.state), maps.Clone(l.versions)
	other.private, other.hashes = maps.Clone(l.private), maps.Clone(l.hashes)
	other.history, other.ordered = maps.Clone(l.history), maps.Clone(l.ordered)
	return &other
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
	// Through is what the client called instead, when its call comes through another chaincode; nil when it called this one.
	Through *Proposed
}

// Proposed is what a client signed: the chaincode that it named, on which channel, and all arguments, the name of the transaction first.
type Proposed struct {
	Channel   string
	Chaincode string
	Arguments []string
}

// Simulation is an endorsed proposal: the transaction's name, its response, and what it read and would write. Keys of private data start
// with the collection and U+0000; nil is a deletion or a purge.
type Simulation struct {
	Name         string
	Response     *peer.Response
	Event        *peer.ChaincodeEvent
	TxID         string
	Reads        map[string]int
	Writes       map[string][]byte
	PrivateReads map[string]int
	PrivateWrite map[string][]byte
	// Exchanges counts the messages to the peer and back, and Loaded the transactions that it read from its blocks.
	Exchanges int
	Loaded    int

	now    int64
	ranges []*rangeRead
}

// rangeRead is what the peer remembers of a range query: the keys and versions that it read, and whether it came to the end.
type rangeRead struct {
	start, end string
	seen       []version
	exhausted  bool
}

type version struct {
	key    string
	commit int
}

func (r *rangeRead) add(l *Ledger, key string) {
	r.seen = append(r.seen, version{key, l.versions[key]})
}

// Ranged gives the keys that the ranges of a simulation read, one for each time.
func (s *Simulation) Ranged() (keys []string) {
	for _, read := range s.ranges {
		for _, seen := range read.seen {
			keys = append(keys, seen.key)
		}
	}
	return keys
}

// Simulate endorses a proposal against the committed state.
func (l *Ledger) Simulate(call Call) *Simulation {
	l.proposals++
	simulation := &Simulation{
		Name: call.Name, Reads: map[string]int{}, Writes: map[string][]byte{}, now: call.Now,
		PrivateReads: map[string]int{}, PrivateWrite: map[string][]byte{},
		TxID: fmt.Sprintf("%064x", l.proposals),
	}
	stub := &stub{ledger: l, call: call, simulation: simulation}
	simulation.Response = l.Chaincode.Invoke(stub)
	if stub.batch == nil {
		return simulation
	}
	if err := stub.FinishWriteBatch(); err != nil {
		simulation.Response = shim.Error("failed send batch: " + err.Error())
	}
	return simulation
}

// Commit validates a simulation as committing peers do and applies it. It gives the name of the validation code, or NOT_ENDORSED for a
// response with an error, which peers do not sign.
func (l *Ledger) Commit(s *Simulation) string {
	if s.Response.GetStatus() >= shim.ERRORTHRESHOLD {
		return "NOT_ENDORSED"
	}
	if l.ordered[s.TxID] {
		return "DUPLICATE_TXID"
	}
	l.ordered[s.TxID] = true
	if changed(s.Reads, l.versions) {
		return "MVCC_READ_CONFLICT"
	}
	for _, read := range s.ranges {
		if !slices.Equal(read.seen, l.repeat(read)) {
			return "PHANTOM_READ_CONFLICT"
		}
	}
	if changed(s.PrivateReads, l.hashes) {
		return "MVCC_READ_CONFLICT"
	}
	for _, watch := range l.Committing {
		watch(s)
	}
	l.commits++
	for _, key := range slices.Sorted(maps.Keys(s.Writes)) {
		l.apply(key, s.Writes[key], s)
	}
	for name, value := range s.PrivateWrite {
		set(l.private, l.hashes, name, value, l.commits)
	}
	return "VALID"
}

func changed(read, committed map[string]int) bool {
	for key, version := range read {
		if committed[key] != version {
			return true
		}
	}
	return false
}

// set writes or deletes a value. A key that was deleted has no version, as if it had never been there.
func set(values map[string][]byte, versions map[string]int, key string, value []byte, commit int) {
	if value == nil {
		delete(values, key)
		delete(versions, key)
		return
	}
	values[key], versions[key] = value, commit
}

func (l *Ledger) apply(key string, value []byte, s *Simulation) {
	_, before := l.state[key]
	set(l.state, l.versions, key, value, l.commits)
	if at, _ := slices.BinarySearch(l.keys, key); l.keys != nil && before != (value != nil) {
		if before {
			l.keys = slices.Delete(l.keys, at, at+1)
		} else {
			l.keys = slices.Insert(l.keys, at, key)
		}
	}
	change := &queryresult.KeyModification{
		TxId: s.TxID, Value: value, IsDelete: value == nil, Timestamp: &timestamppb.Timestamp{Seconds: s.now},
	}
	l.history[key] = append([]*queryresult.KeyModification{change}, l.history[key]...)
}

// Keys returns all keys in order.
func (l *Ledger) Keys() []string {
	return slices.Clone(l.sorted())
}

func (l *Ledger) sorted() []string {
	if l.keys == nil {
		l.keys = slices.Sorted(maps.Keys(l.state))
	}
	return l.keys
}

// Value returns what a key holds.
func (l *Ledger) Value(key string) []byte {
	return l.state[key]
}

// Put sets a key behind the chaincode's back.
func (l *Ledger) Put(key string, value []byte) {
	l.commits++
	set(l.state, l.versions, key, value, l.commits)
	l.keys = nil
}

// Private returns a private record.
func (l *Ledger) Private(collection, key string) []byte {
	return l.private[privateName(collection, key)]
}

func privateName(collection, key string) string { return collection + "\x00" + key }

// between returns the keys of a range, of keys in order, the end left out; an empty end means after the last key.
func between(keys []string, start, end string) []string {
	from, _ := slices.BinarySearch(keys, start)
	to, _ := slices.BinarySearch(keys, end)
	if end == "" {
		to = len(keys)
	}
	return keys[from:max(from, to)]
}

// repeat reads a range again. One that was not read to its end covers the keys up to the last one that was seen.
func (l *Ledger) repeat(read *rangeRead) []version {
	var found []version
	for _, key := range between(l.sorted(), read.start, read.end) {
		if !read.exhausted && (len(read.seen) == 0 || key > read.seen[len(read.seen)-1].key) {
			break
		}
		found = append(found, version{key, l.versions[key]})
	}
	return found
}
