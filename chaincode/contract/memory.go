package contract

import (
	"reflect"
	"sync"
)

// maxRemembered bounds the bytes that values are remembered for. When there are more, all are forgotten: the few that count are soon back.
const maxRemembered = 4 << 20

// memory keeps what was read from bytes, for transactions that come upon the same bytes. It may be lost at any time: the same bytes give
// the same value, so that peers answer alike whatever each of them remembers.
type memory struct {
	mutex  sync.RWMutex
	values map[source]any
	bytes  int
}

// source is what a value was read from, and its type.
type source struct {
	kind  reflect.Type
	bytes string
}

// remembered is what this process has read.
var remembered memory

// recall returns the value that read makes of some bytes. Each call gets a value of its own, but what that refers to is shared between
// transactions, and must be replaced instead of changed.
func recall[T any](data []byte, read func(*T) error) (*T, error) {
	kind := reflect.TypeFor[T]()
	remembered.mutex.RLock()
	known, found := remembered.values[source{kind, string(data)}].(*T)
	remembered.mutex.RUnlock()
	if !found {
		known = new(T)
		if err := read(known); err != nil {
			return known, err
		}
		remembered.keep(source{kind, string(data)}, known)
	}
	own := *known
	return &own, nil
}

// keep remembers a value. One that was read from very many bytes is not worth forgetting others for.
func (m *memory) keep(from source, value any) {
	if len(from.bytes) > maxRemembered/64 {
		return
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.values == nil || m.bytes+len(from.bytes) > maxRemembered {
		m.values, m.bytes = map[source]any{}, 0
	}
	if _, known := m.values[from]; !known {
		m.bytes += len(from.bytes)
	}
	m.values[from] = value
}
