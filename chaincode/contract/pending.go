package contract

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"kindpakket.eu/chaincode/rules"
)

// This file keeps the list of what waits for a second person: a key for each, written when it begins to wait and deleted when it is
// decided, withdrawn or over. Receivables and refunds have lists of their own, which are read and not written a second time.

// waits is a record of something that may wait for a second person.
type waits interface {
	Pending() []rules.Pending
}

// putPending writes a record, and brings what waits because of it up to date with how the record was when the transaction read it.
func putPending[T any, P interface {
	*T
	waits
}](tx *transaction, key string, record P) error {
	var before []rules.Pending
	if data := tx.reads[key]; len(data) > 0 {
		earlier := P(new(T))
		if err := decodeRecord(key, data, earlier); err != nil {
			return err
		}
		before = listedByKey(earlier.Pending())
	}
	after := listedByKey(record.Pending())
	for _, pending := range before {
		if _, still := findPending(after, pending); !still {
			tx.delete(pendingKey(pending))
		}
	}
	for _, pending := range after {
		if known, still := findPending(before, pending); still && known == pending {
			continue
		}
		if pending.Since == 0 {
			pending.Since = tx.now
		}
		if err := tx.put(pendingKey(pending), pending); err != nil {
			return err
		}
	}
	return tx.put(key, record)
}

// listedByKey returns what of that which waits has a key that lists it.
func listedByKey(waiting []rules.Pending) []rules.Pending {
	return slices.DeleteFunc(waiting, func(pending rules.Pending) bool {
		_, other := ownLists[pending.Kind]
		return other
	})
}

func findPending(list []rules.Pending, sought rules.Pending) (rules.Pending, bool) {
	for _, pending := range list {
		if pending.Kind == sought.Kind && pending.ID == sought.ID {
			return pending, true
		}
	}
	return rules.Pending{}, false
}

type waitingRequest struct {
	Kind   rules.PendingKind `json:"kind,omitzero"`
	Scheme string            `json:"scheme,omitzero"`
	paging
}

func (r *waitingRequest) check() error {
	if err := rules.FirstError(rules.CheckPendingKind(r.Kind), r.paging.check()); err != nil || r.Scheme == "" {
		return err
	}
	return rules.CheckID("scheme", r.Scheme)
}

// parts are the ranges of keys that list what is asked for.
func (r *waitingRequest) parts() []part {
	var parts []part
	for _, kind := range rules.PendingKinds {
		if r.Kind != "" && r.Kind != kind {
			continue
		}
		list, members := pendingKind, []string{string(kind)}
		if own, has := ownLists[kind]; has {
			list, members = own, nil
		}
		if r.Scheme != "" {
			members = append(members, r.Scheme)
		}
		parts = append(parts, part{string(kind), list.prefix(members...)})
	}
	return parts
}

// waitingEntry is something that waits. Expired tells that it can no longer be approved, and stays until somebody rejects it.
type waitingEntry struct {
	rules.Pending
	Expired bool `json:"expired,omitzero"`
}

// listedPending is the value of a key that lists what waits. Those of lists of their own have only who wrote them, and find a record.
type listedPending struct {
	rules.Pending
	By     *mark `json:"by"`
	record string
}

// Waiting returns what waits for a second person, of all kinds or one, of all schemes or one.
func (*DecisionContract) Waiting(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *waitingRequest) (any, error) {
		var found []listedPending
		var records []string
		next, err := scanParts(tx, r.parts(), &r.paging, func(kind, key string, entry *listedPending) {
			if entry.Kind == "" {
				entry.record = recordOfList(rules.PendingKind(kind), key)
				records = append(records, entry.record)
			}
			found = append(found, *entry)
		})
		if err != nil {
			return nil, err
		}
		if err := tx.prefetch(records...); err != nil {
			return nil, err
		}
		page := listed[waitingEntry]{Items: []waitingEntry{}, Next: next}
		for _, entry := range found {
			waiting, err := tx.describe(&entry)
			if err != nil {
				return nil, err
			}
			for _, pending := range waiting {
				page.Items = append(page.Items, waitingEntry{Pending: pending, Expired: pending.IsExpired(tx.now)})
			}
		}
		return page, nil
	})
}

// recordOfList returns the key of the record that a key of a list of its own finds.
func recordOfList(kind rules.PendingKind, key string) string {
	if kind == rules.PendingRefund {
		return refundKey(lastMember(key))
	}
	return settlementKey(readSettlementKey(key))
}

// describe returns what waits by a key that lists it: what its value says, or the record that it finds.
func (tx *transaction) describe(entry *listedPending) ([]rules.Pending, error) {
	if entry.record == "" {
		return []rules.Pending{entry.Pending}, nil
	}
	data, err := tx.read(entry.record)
	if err != nil {
		return nil, err
	}
	pending, err := pendingOf(entry.record, data)
	if len(pending) > 0 && pending[0].ProposedBy == "" {
		pending[0].ProposedBy = tx.named(entry.By)
	}
	return pending, err
}

// named is who wrote a record, as records name persons.
func (tx *transaction) named(by *mark) string {
	switch {
	case by == nil:
		return ""
	case by.MSP == tx.organisations.Municipality:
		return by.Person
	}
	return by.MSP + keySeparator + by.Person
}

// pendingRecords makes records of things that may wait, by the name of their kind of key.
var pendingRecords = map[string]func() waits{
	organisationKind.name: func() waits { return new(rules.Organisation) },
	schemeKind.name:       func() waits { return new(rules.Scheme) },
	changeKind.name:       func() waits { return new(rules.Change) },
	decisionKind.name:     func() waits { return new(rules.Decision) },
	allocationKind.name:   func() waits { return new(rules.Allocation) },
	shopKind.name:         func() waits { return new(rules.Shop) },
	voucherKind.name:      func() waits { return new(rules.Voucher) },
	settlementKind.name:   func() waits { return new(rules.Settlement) },
	erasureKind.name:      func() waits { return new(rules.Erasure) },
	refundKind.name:       func() waits { return new(rules.Refund) },
}

// pendingOf returns what waits because of a record.
func pendingOf(key string, data []byte) ([]rules.Pending, error) {
	record := pendingRecords[firstMember(key)]()
	if err := decodeRecord(key, data, record); err != nil {
		return nil, err
	}
	return record.Pending(), nil
}

type indexPendingRequest struct {
	header
	Keys []string `json:"keys"`
}

func (r *indexPendingRequest) check() error {
	err := rules.FirstError(r.checkHeader(), rules.CheckCount("keys", len(r.Keys), maxBulk))
	for i := 0; err == nil && i < len(r.Keys); i++ {
		if err = checkKey(pendingRecordForm, r.Keys[i]); err == nil && slices.Contains(r.Keys[:i], r.Keys[i]) {
			err = rules.Refuse(rules.MalformedRequest, rules.Details{"key": r.Keys[i]}, "%s appears twice: name each key once", r.Keys[i])
		}
	}
	return err
}

func (r *indexPendingRequest) reads() []string { return r.Keys }

// pendingIndexed is the answer to listing what waited before, and its event: how many were not listed.
type pendingIndexed struct {
	Recorded int `json:"recorded"`
}

var indexPending = operation{name: "decision:Index", event: "DecisionsIndexed", roles: []role{issuer, treasurer}}

// Index lists what waits because of records from before there was the list. What is listed stays as it is, so it may be repeated.
func (*DecisionContract) Index(ctx *Context, text string) (string, error) {
	return write(ctx, indexPending, text, func(tx *transaction, r *indexPendingRequest) (any, error) {
		missing, err := tx.unlisted(r.Keys)
		if err != nil {
			return nil, err
		}
		answer := pendingIndexed{}
		for _, pending := range slices.Concat(missing...) {
			answer.Recorded++
			if err := tx.put(pendingKey(pending), pending); err != nil {
				return nil, err
			}
		}
		tx.event = answer
		return answer, nil
	})
}

// unlisted returns what waits because of each of some records and is not listed.
func (tx *transaction) unlisted(records []string) ([][]rules.Pending, error) {
	missing := make([][]rules.Pending, len(records))
	var keys []string
	for i, key := range records {
		data, err := tx.read(key)
		if err != nil {
			return nil, err
		}
		if len(data) == 0 {
			return nil, rules.Refuse(rules.InvalidKey, rules.Details{"key": key}, "there is no %s: list the keys with decision:Unindexed", key)
		}
		found, err := pendingOf(key, data)
		if err != nil {
			return nil, err
		}
		missing[i] = listedByKey(found)
		keys = append(keys, keysOf(missing[i], pendingKey)...)
	}
	if err := tx.prefetch(keys...); err != nil {
		return nil, err
	}
	for i := range missing {
		missing[i] = slices.DeleteFunc(missing[i], func(pending rules.Pending) bool { return len(tx.reads[pendingKey(pending)]) > 0 })
	}
	return missing, nil
}

// Unindexed returns the keys of the records of a page, of all kinds and schemes, because of which something waits that is not listed.
func (*DecisionContract) Unindexed(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *paging) (any, error) {
		var keys []string
		next, err := scanParts(tx, pendingRecordParts, r, func(_, key string, value *jsontext.Value) {
			keys = append(keys, key)
			tx.reads[key] = *value
		})
		if err != nil {
			return nil, err
		}
		page := listed[string]{Items: []string{}, Next: next}
		missing, err := tx.unlisted(keys)
		if err != nil {
			return nil, err
		}
		for i, key := range keys {
			if len(missing[i]) > 0 {
				page.Items = append(page.Items, key)
			}
		}
		return page, nil
	})
}
