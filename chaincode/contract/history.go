package contract

import (
	"regexp"

	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"

	"kindpakket.eu/chaincode/rules"
)

// maxHistory is how many changes of a key are read at most. It does not exceed the default limit of a peer
// (ledger.state.totalQueryLimit; 100 000 in Fabric's sample): a peer silently stops there, which would look like the end of the
// history.
const maxHistory = 10_000

type historyRequest struct {
	Key string `json:"key"`
	paging
}

func (r *historyRequest) check() error {
	return rules.FirstError(checkKey(publicKeyForm, r.Key), r.paging.check())
}

func checkKey(form *regexp.Regexp, key string) error {
	if !form.MatchString(key) {
		return rules.Refuse(rules.InvalidKey, rules.Details{"key": rules.Excerpt(key)}, "")
	}
	return nil
}

// historyEntry is one change of a key, with who made it, what the key held until then and what it held afterwards. By is null for a
// deletion and for a record of layout 1, Before when the key held nothing, and Value when it was deleted.
type historyEntry struct {
	entryHead
	Deleted bool           `json:"deleted"`
	Before  jsontext.Value `json:"before"`
	Value   jsontext.Value `json:"value"`
}

// entryHead is the part of a change that all statements show.
type entryHead struct {
	TransactionID string `json:"transaction_id"`
	At            int64  `json:"at"`
	By            *mark  `json:"by"`
}

// entries is a page of changes, newest first. Next is the transaction that the page after it starts with.
type entries[T any] struct {
	Entries []T    `json:"entries"`
	Next    string `json:"next"`
}

// History returns the changes of a key, newest first.
func (*AuditContract) History(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *historyRequest) (any, error) {
		return statement(tx, r.Key, &r.paging, func(head entryHead, value, before []byte) (historyEntry, error) {
			return historyEntry{entryHead: head, Deleted: value == nil, Before: before, Value: value}, nil
		})
	})
}

// statement turns a page of a key's changes into entries. What the key held is nil before its first value and after its deletion.
func statement[T any](tx *transaction, key string, page *paging, entry func(head entryHead, value, before []byte) (T, error)) (*entries[T], error) {
	changes, next, err := tx.changesOf(key, page)
	if err != nil {
		return nil, err
	}
	answer := &entries[T]{Next: next}
	for i, change := range changes[:min(len(changes), page.limit())] {
		var before []byte
		if i+1 < len(changes) {
			before = heldAfter(changes[i+1])
		}
		head := entryHead{TransactionID: change.GetTxId(), At: change.GetTimestamp().GetSeconds()}
		if head.By, err = writer(key, heldAfter(change)); err != nil {
			return nil, err
		}
		made, err := entry(head, heldAfter(change), before)
		if err != nil {
			return nil, err
		}
		answer.Entries = append(answer.Entries, made)
	}
	return answer, nil
}

// changesOf returns the changes of a page, newest first, and the one before them when there is one, which the next page starts with.
//
// Fabric does not paginate histories: reading always starts at the newest change, and the peer reads each change from the block of its
// transaction, a hundred ahead. So the page that starts at change n costs the peer n block reads; nothing before the page is decoded,
// and reading ends with it. Changes beyond maxHistory are refused: a view of the ledger has them.
func (tx *transaction) changesOf(key string, page *paging) (changes []*queryresult.KeyModification, next string, err error) {
	iterator, err := tx.stub.GetHistoryForKey(key)
	if err != nil {
		return nil, "", fmt.Errorf("cannot read the history of %s: %w", key, err)
	}
	defer iterator.Close()
	started := page.Cursor == ""
	for walked := 1; iterator.HasNext(); walked++ {
		change, err := iterator.Next()
		if err != nil {
			return nil, "", fmt.Errorf("cannot read the history of %s: %w", key, err)
		}
		started = started || change.GetTxId() == page.Cursor
		if started {
			changes = append(changes, change)
		}
		if len(changes) > page.limit() {
			return changes, change.GetTxId(), nil
		}
		if walked == maxHistory {
			return nil, "", rules.Refuse(rules.InvalidCursor, rules.Details{"key": key, "most": maxHistory},
				"%s has changed more than %d times, which is as far as a history goes back: follow it in the blocks", key, maxHistory)
		}
	}
	if !started {
		return nil, "", rules.Refuse(rules.InvalidCursor, rules.Details{"cursor": rules.Excerpt(page.Cursor)}, "")
	}
	return changes, "", nil
}

// heldAfter returns what a key held after a change, nil when it was deleted.
func heldAfter(change *queryresult.KeyModification) []byte {
	if change.GetIsDelete() {
		return nil
	}
	return change.GetValue()
}
