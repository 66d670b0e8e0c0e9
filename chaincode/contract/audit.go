package contract

import (
	"fmt"
	"regexp"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// AuditContract answers the questions of who checks the others. It only reads.
type AuditContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*AuditContract) GetEvaluateTransactions() []string { return []string{"History", "Totals"} }

var keyForm = regexp.MustCompile(`^[a-z]+(/[0-9a-z-]+){0,4}$`)

type historyRequest struct {
	Key string `json:"key"`
	paging
}

func (r *historyRequest) check() error {
	if !keyForm.MatchString(r.Key) {
		return rules.Refuse(rules.InvalidKey, rules.Details{"key": rules.Excerpt(r.Key)}, "")
	}
	return r.paging.check()
}

// historyEntry is one change of a key. Value is what the key held afterwards, null when it was deleted.
type historyEntry struct {
	TransactionID string         `json:"transaction_id"`
	At            int64          `json:"at"`
	Deleted       bool           `json:"deleted"`
	Value         jsontext.Value `json:"value"`
}

// history is a page of changes, newest first. Next is the transaction that the page after it starts with.
type history struct {
	Entries []historyEntry `json:"entries"`
	Next    string         `json:"next"`
}

// History gives the changes of a key, newest first.
func (*AuditContract) History(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *historyRequest) (any, error) {
		iterator, err := tx.stub.GetHistoryForKey(r.Key)
		if err != nil {
			return nil, fmt.Errorf("cannot read the history of %s: %w", r.Key, err)
		}
		defer iterator.Close()
		page, started, err := readHistory(iterator, &r.paging)
		if err != nil {
			return nil, fmt.Errorf("cannot read the history of %s: %w", r.Key, err)
		}
		if !started && r.Cursor != "" {
			return nil, rules.Refuse(rules.InvalidCursor, rules.Details{"cursor": rules.Excerpt(r.Cursor)}, "")
		}
		return page, nil
	})
}

// readHistory reads from the transaction that the cursor names on, and tells whether it met it.
func readHistory(iterator shim.HistoryQueryIteratorInterface, paging *paging) (page *history, started bool, err error) {
	page, started = &history{}, paging.Cursor == ""
	for iterator.HasNext() {
		change, err := iterator.Next()
		if err != nil {
			return nil, false, err
		}
		started = started || change.GetTxId() == paging.Cursor
		if !started {
			continue
		}
		if len(page.Entries) == paging.limit() {
			page.Next = change.GetTxId()
			break
		}
		entry := historyEntry{TransactionID: change.GetTxId(), At: change.GetTimestamp().GetSeconds(), Deleted: change.GetIsDelete()}
		if !entry.Deleted {
			entry.Value = change.GetValue()
		}
		page.Entries = append(page.Entries, entry)
	}
	return page, started, nil
}

// totals adds up the vouchers of one page; the caller adds the pages.
type totals struct {
	Vouchers int `json:"vouchers"`
	rules.Balance
	Next string `json:"next"`
}

// Totals adds up a page of a scheme's vouchers.
func (*AuditContract) Totals(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		page, _, err := list[rules.Voucher](tx, voucherPrefix(r.Scheme), &r.paging)
		if err != nil {
			return nil, err
		}
		answer := totals{Vouchers: len(page.Items), Next: page.Next}
		for i := range page.Items {
			if err := answer.Plus(&page.Items[i].Balance); err != nil {
				return nil, err
			}
		}
		return answer, nil
	})
}
