package contract

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// AuditContract answers an auditor's questions. It only reads.
type AuditContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*AuditContract) GetEvaluateTransactions() []string {
	return []string{"History", "VoucherStatement", "SchemeStatement", "ShopStatement", "SchemeTotals", "Totals", "Sample"}
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

// Kinds of things that samples are drawn from.
const (
	ofVouchers    = "voucher"
	ofPayments    = "payment"
	ofSettlements = "settlement"
)

type sampleRequest struct {
	listOfSchemeRequest
	rules.Draw
	Kind string `json:"kind"`
}

func (r *sampleRequest) check() error {
	if err := rules.FirstError(r.listOfSchemeRequest.check(), r.Draw.Check()); err != nil {
		return err
	}
	switch r.Kind {
	case ofVouchers, ofPayments, ofSettlements:
		return nil
	}
	return rules.Refuse(rules.InvalidCode, rules.Details{"member": "kind", "value": rules.Excerpt(r.Kind)},
		"kind is %q: it must be %s, %s or %s", rules.Excerpt(r.Kind), ofVouchers, ofPayments, ofSettlements)
}

// Sample returns those of a page that a random draw takes, by a seed that the auditor chooses.
func (*AuditContract) Sample(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *sampleRequest) (any, error) {
		switch r.Kind {
		case ofVouchers:
			return listWhere(tx, voucherPrefix(r.Scheme), &r.paging, func(v *rules.Voucher) bool { return r.Takes(v.ID) })
		case ofPayments:
			return tx.listPayments(&r.paging, placesOfPayments(r.Scheme), r.Takes)
		}
		return tx.sampleSettlements(r)
	})
}

func (tx *transaction) sampleSettlements(r *sampleRequest) (any, error) {
	page := &listed[rules.Settlement]{}
	next, err := scanPage(tx, settlementPrefix(r.Scheme), &r.paging, func(_ string, stored *storedSettlement) {
		if stored.count(); r.Takes(stored.ID) {
			page.Items = append(page.Items, stored.Settlement)
		}
	})
	page.Next = next
	return page, err
}
