package contract

import (
	"errors"

	"kindpakket.eu/chaincode/rules"
)

// single is a transaction that is run as a part of another one, and leaves what it would leave alone.
type single struct {
	op      operation
	text    string
	request request
	do      func(tx *transaction) (any, error)
}

// reader makes singles of one operation out of their requests.
type reader func(c caller, text string) (*single, error)

// runs lets an operation be run as a part of another.
func runs[R any, P interface {
	*R
	request
}](op operation, do func(tx *transaction, r P) (any, error)) reader {
	return func(c caller, text string) (*single, error) {
		r := P(new(R))
		if err := c.readRequest(op, text, r); err != nil {
			return nil, err
		}
		return &single{op: op, text: text, request: r, do: func(tx *transaction) (any, error) { return do(tx, r) }}, nil
	}
}

// foreseeing is a request that knows from what has been read which keys its transaction reads next.
type foreseeing interface {
	next(tx *transaction) []string
}

// foresee reads some keys and what singles will need, all in one exchange with the peer, and then what that makes them read, in another.
func (tx *transaction) foresee(singles []*single, keys ...string) error {
	for _, s := range singles {
		keys = append(keys, keysReadBy(s.request)...)
	}
	for {
		before := len(tx.reads)
		if err := tx.prefetch(keys...); err != nil || len(tx.reads) == before {
			return err
		}
		keys = keys[:0]
		for _, s := range singles {
			if known, ok := s.request.(foreseeing); ok {
				keys = append(keys, known.next(tx)...)
			}
		}
	}
}

// folding runs singles one after the other. Each reads what the ones before it wrote, and what they write is written once for each key, as
// the last of them wrote it. They must not read ranges of keys, which are read from the ledger.
type folding struct {
	*transaction
	changes []change
	at      map[string]int
}

// ran is what became of a single: its answer and whether it is a stored one, or a refusal. The event is that of one that was carried out.
type ran struct {
	answer   string
	repeated bool
	refusal  *rules.Refusal
	event    any
	name     string
}

// run carries out a single, unless it is refused: then nothing of it is left. What is no refusal ends the whole transaction.
func (f *folding) run(s *single) (*ran, error) {
	tx := f.transaction
	tx.changes, tx.event, tx.eventName = tx.changes[:0], nil, s.op.event
	answer, repeated, err := tx.perform(s.op, s.text, s.request, "", func() (any, error) { return s.do(tx) })
	clear(tx.visible)
	if refusal, ok := errors.AsType[*rules.Refusal](err); ok {
		return &ran{refusal: refusal}, nil
	}
	if err != nil {
		return nil, err
	}
	if !repeated {
		f.keep()
	}
	return &ran{answer: answer, repeated: repeated, event: tx.event, name: tx.eventName}, nil
}

// keep lets later singles read what one wrote, and adds it to what is to be written.
func (f *folding) keep() {
	for _, made := range f.transaction.changes {
		f.reads[made.key] = made.value
		if at, known := f.at[made.key]; known {
			f.changes[at] = made
			continue
		}
		f.at[made.key] = len(f.changes)
		f.changes = append(f.changes, made)
	}
}

// finish writes what was kept, and emits.
func (f *folding) finish(op operation, event any) error {
	tx := f.transaction
	tx.changes, tx.event, tx.eventName = f.changes, event, op.event
	return tx.finish(op)
}
