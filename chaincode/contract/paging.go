package contract

import (
	"fmt"
	"slices"
	"strings"

	"kindpakket.eu/chaincode/rules"
)

const (
	defaultLimit rules.Number = 100
	maxLimit     rules.Number = 500
)

// paging is what a request for a list carries: the cursor, which is the next of the previous page ("" at first), and the page size.
type paging struct {
	Cursor string        `json:"cursor,omitzero"`
	Limit  *rules.Number `json:"limit,omitzero"`
}

func (p *paging) check() error {
	if !cursorForm.MatchString(p.Cursor) {
		return rules.Refuse(rules.InvalidCursor, rules.Details{"cursor": rules.Excerpt(p.Cursor)}, "")
	}
	if p.Limit == nil {
		return nil
	}
	return rules.CheckNumber("limit", *p.Limit, 1, maxLimit)
}

func (p *paging) limit() int {
	if p.Limit == nil {
		return int(defaultLimit)
	}
	return int(*p.Limit)
}

// listed is a page of a list. Next is the cursor of the page that follows, "" at the end.
type listed[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// list reads a page of the records whose keys start with a prefix, in the order of their keys, with those keys. It never reads outside
// the prefix, whatever the cursor. Only queries may use it: Fabric does not protect paginated reads against phantoms.
func list[T any](tx *transaction, prefix string, page *paging) (*listed[T], []string, error) {
	result, keys := &listed[T]{}, []string{}
	next, err := scanPage(tx, prefix, page, func(key string, record *T) {
		result.Items, keys = append(result.Items, *record), append(keys, key)
	})
	result.Next = next
	return result, keys, err
}

// listWhere is list for the records of a page that keep selects. It reads at most the page's limit of records, so that a narrow
// selection does not read on: a page may be short or empty and still have a Next.
func listWhere[T any](tx *transaction, prefix string, page *paging, keep func(*T) bool) (*listed[T], error) {
	result := &listed[T]{}
	next, err := scanPage(tx, prefix, page, func(_ string, record *T) {
		if keep(record) {
			result.Items = append(result.Items, *record)
		}
	})
	result.Next = next
	return result, err
}

// scanPage passes the records of one page to visit. The next page starts where the peer says, which also holds when the
// peer returned fewer records than requested because its own limit is lower.
func scanPage[T any](tx *transaction, prefix string, page *paging, visit func(key string, record *T)) (next string, err error) {
	next, err = scanBetween(tx, keyAt(prefix, page.Cursor), endOf(prefix), page.limit(), visit)
	return cursorOf(prefix, next), err
}

// scanBetween passes at most limit records of a range to visit, and returns the key that the next page starts at, "" at the end.
func scanBetween[T any](tx *transaction, start, end string, limit int, visit func(key string, record *T)) (next string, err error) {
	iterator, answer, err := tx.stub.GetStateByRangeWithPagination(start, end, int32(limit), "") // #nosec G115 -- a limit is at most 500
	if err != nil {
		return "", fmt.Errorf("cannot list from %s: %w", start, err)
	}
	defer iterator.Close()
	for iterator.HasNext() {
		entry, err := iterator.Next()
		if err != nil {
			return "", fmt.Errorf("cannot list from %s: %w", start, err)
		}
		record := new(T)
		if err := decodeRecord(entry.GetKey(), entry.GetValue(), record); err != nil {
			return "", err
		}
		visit(entry.GetKey(), record)
	}
	return answer.GetBookmark(), nil
}

// part is one of the ranges of keys that a list goes through one after the other, and the name that its cursors start with.
type part struct{ name, prefix string }

// scanParts passes the records of one page of a list in parts to visit. Each page is read at one height and the next at another: what
// moved to an earlier part in between is not on any page.
func scanParts[T any](tx *transaction, parts []part, page *paging, visit func(part, key string, record *T)) (next string, err error) {
	name, rest, _ := strings.Cut(page.Cursor, keySeparator)
	at := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
	if page.Cursor == "" {
		at = 0
	}
	if at < 0 {
		return "", rules.Refuse(rules.InvalidCursor, rules.Details{"cursor": rules.Excerpt(page.Cursor)}, "")
	}
	left := page.limit()
	for _, p := range parts[at:] {
		if left == 0 {
			return p.name + keySeparator, nil
		}
		next, err := scanBetween(tx, keyAt(p.prefix, rest), endOf(p.prefix), left, func(key string, record *T) {
			left--
			visit(p.name, key, record)
		})
		if err != nil || next != "" {
			return p.name + keySeparator + cursorOf(p.prefix, next), err
		}
		rest = ""
	}
	return "", nil
}

// scanRange passes the records of a range to visit, in the order of their keys, until visit stops it. A peer silently
// ends a range at its own total limit, so the range after the last key is read again until it is empty.
func scanRange[T any](tx *transaction, start, end string, visit func(key string, record *T) (more bool, err error)) error {
	for start != "" {
		last, err := scanOnce(tx, start, end, visit)
		if err != nil {
			return err
		}
		start = last
	}
	return nil
}

// scanOnce passes the records of one read of a range to visit, and returns where the next read has to start: "" when none is needed.
func scanOnce[T any](tx *transaction, start, end string, visit func(key string, record *T) (more bool, err error)) (next string, err error) {
	iterator, err := tx.stub.GetStateByRange(start, end)
	if err != nil {
		return "", fmt.Errorf("cannot read from %s to %s: %w", start, end, err)
	}
	defer iterator.Close()
	for iterator.HasNext() {
		entry, err := iterator.Next()
		if err != nil {
			return "", fmt.Errorf("cannot read from %s to %s: %w", start, end, err)
		}
		record := new(T)
		if err := decodeRecord(entry.GetKey(), entry.GetValue(), record); err != nil {
			return "", err
		}
		if more, err := visit(entry.GetKey(), record); !more || err != nil {
			return "", err
		}
		next = keyAfter(entry.GetKey())
	}
	return next, nil
}
