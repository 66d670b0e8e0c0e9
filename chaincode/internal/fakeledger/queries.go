package fakeledger

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// batchSize is how many records a peer sends at once of a query without pages. It reads one ahead.
const batchSize = 100

// simpleRange returns the bounds of a range of simple keys, which leaves out composite keys: those start with U+0000.
func simpleRange(start, end string) (string, string, error) {
	checkText(start, end)
	if strings.HasPrefix(start, "\x00") || strings.HasPrefix(end, "\x00") {
		return "", "", fmt.Errorf("first character of the key [%s] or [%s] contains a null character which is not allowed", start, end)
	}
	if start == "" {
		start = "\x01"
	}
	return start, end, nil
}

func (s *stub) GetStateByRange(start, end string) (shim.StateQueryIteratorInterface, error) {
	start, end, err := simpleRange(start, end)
	if err != nil {
		return nil, err
	}
	read := &rangeRead{start: start, end: end}
	s.simulation.ranges = append(s.simulation.ranges, read)
	keys := between(s.ledger.sorted(), start, end)
	found := &states{values: s.ledger.state, keys: keys, walk: walk{
		stub: s, length: len(keys),
		met: func(at int) { read.add(s.ledger, keys[at]) }, ended: func() { read.exhausted = true },
	}}
	found.fetch()
	return found, nil
}

// GetStateByRangeWithPagination returns one page, and where the next one starts. Fabric remembers what it read here too.
func (s *stub) GetStateByRangeWithPagination(start, end string, size int32, bookmark string) (
	shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error,
) {
	if size == 0 && bookmark == "" {
		iterator, err := s.GetStateByRange(start, end)
		return iterator, &peer.QueryResponseMetadata{}, err
	}
	start, end, err := simpleRange(start, end)
	if err != nil {
		return nil, nil, err
	}
	if s.written {
		return nil, nil, errors.New("paginated queries are supported only in a read-only transaction")
	}
	s.paged = true
	s.simulation.Exchanges++
	if bookmark != "" {
		start = bookmark
	}
	keys, most := between(s.ledger.sorted(), start, end), s.ledger.TotalQueryLimit
	if most == 0 || (size > 0 && int(size) < most) {
		most = int(size)
	}
	read := &rangeRead{start: start, end: end, exhausted: len(keys) < most}
	s.simulation.ranges = append(s.simulation.ranges, read)
	metadata := &peer.QueryResponseMetadata{}
	if len(keys) > most {
		keys, metadata.Bookmark = keys[:most], keys[most]
	}
	metadata.FetchedRecordsCount = int32(len(keys)) // #nosec G115 -- tests hold few records
	for _, key := range keys {
		read.add(s.ledger, key)
	}
	return &states{values: s.ledger.state, keys: keys, walk: walk{stub: s, ready: len(keys)}}, metadata, nil
}

// GetPrivateDataByRange returns the private records of a range. Nothing protects it against phantoms, so the peer takes no writes then.
func (s *stub) GetPrivateDataByRange(collection, start, end string) (shim.StateQueryIteratorInterface, error) {
	start, end, err := simpleRange(start, end)
	if err != nil {
		return nil, err
	}
	if s.written {
		return nil, errors.New("queries on pvt data is supported only in a read-only transaction")
	}
	s.privateQueried = true
	values := map[string][]byte{}
	for name, value := range s.ledger.private {
		if key, found := strings.CutPrefix(name, collection+"\x00"); found {
			values[key] = value
		}
	}
	keys := between(slices.Sorted(maps.Keys(values)), start, end)
	found := &states{values: values, keys: keys, walk: walk{stub: s, length: len(keys), met: func(int) {}, ended: func() {}}}
	found.fetch()
	return found, nil
}

// GetHistoryForKey returns the changes of a key, newest first. Each is read from the block of its transaction, and none is validated.
func (s *stub) GetHistoryForKey(key string) (shim.HistoryQueryIteratorInterface, error) {
	checkText(key)
	list := s.ledger.history[key]
	found := &changes{list: list, walk: walk{stub: s, length: len(list), met: func(int) { s.simulation.Loaded++ }, ended: func() {}}}
	found.fetch()
	return found, nil
}

// walk is how a query without pages comes from the peer: in batches, each with one record read ahead, up to the total limit.
type walk struct {
	stub   *stub
	length int
	met    func(at int)
	ended  func()
	// read counts the records that the peer read, ready those that it sent, and at those that the chaincode took.
	read, ready, at int
	more            bool
}

func (w *walk) fetch() {
	w.stub.simulation.Exchanges++
	limit := w.stub.ledger.TotalQueryLimit
	for w.more = false; ; w.read++ {
		switch {
		case limit > 0 && w.read >= limit:
			w.ready = w.read
			return
		case w.read == w.length:
			w.ready = w.read
			w.ended()
			return
		}
		w.met(w.read)
		if w.read-w.ready == batchSize {
			w.ready, w.more = w.read, true
			w.read++
			return
		}
	}
}

func (w *walk) HasNext() bool { return w.at < w.ready || w.more }

// next returns the number of the next record. With the last of a batch it asks the peer for the one after.
func (w *walk) next() (int, error) {
	if !w.HasNext() {
		return 0, errors.New("no such key")
	}
	w.at++
	if w.at == w.ready && w.more {
		w.fetch()
	}
	return w.at - 1, nil
}

func (w *walk) Close() error { return nil }

type states struct {
	walk
	values map[string][]byte
	keys   []string
}

func (i *states) Next() (*queryresult.KV, error) {
	at, err := i.next()
	if err != nil {
		return nil, err
	}
	return &queryresult.KV{Key: i.keys[at], Value: i.values[i.keys[at]]}, nil
}

type changes struct {
	walk
	list []*queryresult.KeyModification
}

func (i *changes) Next() (*queryresult.KeyModification, error) {
	at, err := i.next()
	if err != nil {
		return nil, err
	}
	return i.list[at], nil
}
