package contract

import (
	"fmt"
	"regexp"
	"strings"

	"kindpakket.eu/chaincode/rules"
)

const (
	defaultLimit rules.Number = 100
	maxLimit     rules.Number = 500
)

var cursorForm = regexp.MustCompile(`^[0-9a-z/-]{0,100}$`)

// paging is what a request for a list carries: the next of the page before ("" at first), and how many items to give.
type paging struct {
	Cursor string        `json:"cursor"`
	Limit  *rules.Number `json:"limit"`
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

// list reads a page of the records whose keys start with a prefix, in the order of their keys. It never reads outside the prefix,
// whatever the cursor says. Only queries may call it: Fabric does not protect pages against phantoms.
func list[T any](tx *transaction, prefix string, page *paging) (*listed[T], []string, error) {
	iterator, _, err := tx.stub.GetStateByRangeWithPagination(prefix+page.Cursor, endOf(prefix), int32(page.limit()+1), "")
	if err != nil {
		return nil, nil, fmt.Errorf("cannot list %s: %w", prefix, err)
	}
	defer iterator.Close()
	result, keys := &listed[T]{}, []string{}
	for iterator.HasNext() {
		entry, err := iterator.Next()
		if err != nil {
			return nil, nil, fmt.Errorf("cannot list %s: %w", prefix, err)
		}
		name := strings.TrimPrefix(entry.GetKey(), prefix)
		if len(keys) == page.limit() {
			result.Next = name
			break
		}
		var record T
		if err := decodeRecord(entry.GetKey(), entry.GetValue(), &record); err != nil {
			return nil, nil, err
		}
		result.Items, keys = append(result.Items, record), append(keys, name)
	}
	return result, keys, nil
}
