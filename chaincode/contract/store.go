package contract

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"

	"kindpakket.eu/chaincode/rules"
)

// Stored records are JSON objects with the version of their layout as first member. Public ones name in their second who wrote them.
// Private ones keep layout 1, so that anyone who has one can compute its hash.
const (
	layout        = 3
	privateLayout = 1
)

// mark records who wrote a version of a record, by which request and why.
type mark struct {
	Operation string `json:"operation"`
	Request   string `json:"request"`
	Person    string `json:"person"`
	MSP       string `json:"msp"`
	Role      role   `json:"role"`
	Reason    string `json:"reason,omitzero"`
	Till      string `json:"till,omitzero"`
}

// publicStart are the members that the chaincode puts before those of a public record.
type publicStart struct {
	V  int   `json:"v"`
	By *mark `json:"by"`
}

// startOfPrivate is the start of all private records.
var startOfPrivate = fmt.Appendf(nil, `{"v":%d}`, privateLayout)

// earlier is a record whose members meant something else in layout 1.
type earlier interface {
	FromLayout1()
}

// change is one write of a transaction: a value, or nil to delete the key.
type change struct {
	collection string
	key        string
	value      []byte
	purge      bool
}

// encode returns the canonical form of a value: members of structs in order, maps sorted by key.
func encode(value any) ([]byte, error) {
	return json.Marshal(value, json.Deterministic(true))
}

// encodeRecord joins the members of a start, which was encoded, and of a record to one object.
func encodeRecord(start []byte, record any) ([]byte, error) {
	data, err := encode(record)
	if err != nil {
		return nil, err
	}
	if string(data) == "{}" {
		return bytes.Clone(start), nil
	}
	joined := append(make([]byte, 0, len(start)+len(data)-1), start[:len(start)-1]...)
	return append(append(joined, ','), data[1:]...), nil
}

func decodeRecord(key string, data []byte, into any) error {
	version, known := layoutOf(data)
	if !known {
		return rules.Refuse(rules.LedgerInconsistent, rules.Details{"key": key}, "record %s has an unknown layout", key)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return rules.Refuse(rules.LedgerInconsistent, rules.Details{"key": key}, "record %s cannot be read", key)
	}
	if old, ok := into.(earlier); ok && version == 1 {
		old.FromLayout1()
	}
	return nil
}

// layoutOf returns the version of a record's layout, and whether this chaincode knows it. What the chaincode wrote starts with it.
func layoutOf(data []byte) (int, bool) {
	rest, starts := bytes.CutPrefix(data, []byte(`{"v":`))
	if starts && len(rest) > 1 && '1' <= rest[0] && rest[0] <= '0'+layout && (rest[1] == ',' || rest[1] == '}') {
		return int(rest[0] - '0'), true
	}
	var start publicStart
	err := json.Unmarshal(data, &start)
	return start.V, err == nil && start.V >= 1 && start.V <= layout
}

// prefetch reads many keys in one exchange with the peer, and none of them twice. When its state database fails, the peer returns fewer
// values than keys, without an error and without recording the reads.
func (tx *transaction) prefetch(keys ...string) error {
	var missing []string
	for _, key := range keys {
		if _, known := tx.reads[key]; !known {
			tx.reads[key] = nil
			missing = append(missing, key)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	values, err := tx.stub.GetMultipleStates(missing...)
	if err != nil {
		return fmt.Errorf("cannot read %d keys: %w", len(missing), err)
	}
	if len(values) != len(missing) {
		return fmt.Errorf("the peer gave %d values for %d keys: its state database may be down", len(values), len(missing))
	}
	for i, key := range missing {
		tx.reads[key] = values[i]
	}
	return nil
}

// has reports whether a key has a value on the ledger. A transaction does not see its own writes, except by putVisibly.
func (tx *transaction) has(key string) (bool, error) {
	data, err := tx.read(key)
	return len(data) > 0, err
}

func (tx *transaction) read(key string) ([]byte, error) {
	if data, known := tx.visible[key]; known {
		return data, nil
	}
	if data, known := tx.reads[key]; known {
		return data, nil
	}
	data, err := tx.stub.GetState(key)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", key, err)
	}
	tx.reads[key] = data
	return data, nil
}

// get reads a record; nil when there is none.
func get[T any](tx *transaction, key string) (*T, error) {
	data, err := tx.read(key)
	if err != nil || len(data) == 0 {
		return nil, err
	}
	if ahead, ok := tx.peeked[key].(*peeked[T]); ok && bytes.Equal(ahead.data, data) {
		delete(tx.peeked, key)
		return ahead.record, nil
	}
	return readRecord[T](key, data)
}

// readRecord decodes a record. One that lasts is decoded once for many transactions.
func readRecord[T any](key string, data []byte) (*T, error) {
	if lasts(key) {
		return recall(data, func(record *T) error { return decodeRecord(key, data, record) })
	}
	record := new(T)
	return record, decodeRecord(key, data, record)
}

// peeked is a record that was looked at ahead of the one who may change it, and the bytes that it was read from.
type peeked[T any] struct {
	data   []byte
	record *T
}

// peek returns a record that has been read, and nil if it has not been, is not there or cannot be read: what needs it will say so. It is to
// be looked at only: whoever gets it first, owns it.
func peek[T any](tx *transaction, key string) *T {
	data := tx.reads[key]
	if len(data) == 0 {
		return nil
	}
	if ahead, ok := tx.peeked[key].(*peeked[T]); ok && bytes.Equal(ahead.data, data) {
		return ahead.record
	}
	record, err := readRecord[T](key, data)
	if err != nil {
		return nil
	}
	tx.peeked[key] = &peeked[T]{data, record}
	return record
}

// put writes a record once the transaction has ended without a refusal.
func (tx *transaction) put(key string, record any) error {
	start, err := tx.start()
	if err != nil {
		return err
	}
	return tx.write(change{key: key}, start, record)
}

// start returns the start of the public records that a request writes, which is encoded once for all of them.
func (tx *transaction) start() ([]byte, error) {
	if tx.started == nil || tx.startedBy != tx.mark {
		encoded, err := encode(publicStart{V: layout, By: &tx.mark})
		if err != nil {
			return nil, fmt.Errorf("cannot encode who writes: %w", err)
		}
		tx.started, tx.startedBy = encoded, tx.mark
	}
	return tx.started, nil
}

func (tx *transaction) write(change change, start []byte, record any) error {
	data, err := encodeRecord(start, record)
	if err != nil {
		return fmt.Errorf("cannot encode %s: %w", change.key, err)
	}
	change.value = data
	tx.changes = append(tx.changes, change)
	return nil
}

// putVisibly writes a record that later reads of the same transaction find, for a key that two parts of one request could claim.
func (tx *transaction) putVisibly(key string, record any) error {
	if err := tx.put(key, record); err != nil {
		return err
	}
	tx.visible[key] = tx.changes[len(tx.changes)-1].value
	return nil
}

// putAll writes several records.
func (tx *transaction) putAll(records map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(records)) {
		if err := tx.put(key, records[key]); err != nil {
			return err
		}
	}
	return nil
}

func (tx *transaction) delete(key string) {
	tx.changes = append(tx.changes, change{key: key})
}

// flush sends all writes to the peer, in one exchange where the peer supports it.
func (tx *transaction) flush() error {
	tx.stub.StartWriteBatch()
	for _, change := range tx.changes {
		if err := tx.apply(change); err != nil {
			return fmt.Errorf("cannot write %s: %w", change.key, err)
		}
	}
	if err := tx.stub.FinishWriteBatch(); err != nil {
		return fmt.Errorf("cannot write %d keys: %w", len(tx.changes), err)
	}
	return nil
}

func (tx *transaction) apply(change change) error {
	switch {
	case change.purge:
		return tx.stub.PurgePrivateData(change.collection, change.key)
	case change.value == nil:
		return tx.stub.DelState(change.key)
	case change.collection != "":
		return tx.stub.PutPrivateData(change.collection, change.key, change.value)
	}
	return tx.stub.PutState(change.key, change.value)
}

// writer returns who wrote a record, nil when the record does not say.
func writer(key string, data []byte) (*mark, error) {
	if data == nil {
		return nil, nil
	}
	var start publicStart
	err := decodeRecord(key, data, &start)
	return start.By, err
}

// find reads a record and refuses its absence.
func find[T any](tx *transaction, code rules.Code, thing, id, key string) (*T, error) {
	record, err := get[T](tx, key)
	if err == nil && record == nil {
		err = rules.Refuse(code, rules.Details{thing: id}, "there is no %s %s", thing, id)
	}
	return record, err
}
