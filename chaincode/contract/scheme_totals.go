package contract

import "kindpakket.eu/chaincode/rules"

// maxAddedUp is how many records one query adds up. While a query reads, its peer commits no block; 100,000 records take a few seconds.
const maxAddedUp = 100_000

// schemeTotals is all money of a scheme at one height.
type schemeTotals struct {
	Scheme      string         `json:"scheme"`
	ClosedUntil rules.Day      `json:"closed_until"`
	Vouchers    int            `json:"vouchers"`
	Balance     rules.Balance  `json:"balance"`
	Budget      *rules.Budget  `json:"budget"`
	Settlements int            `json:"settlements"`
	OpenItems   int            `json:"open_items"`
	Shops       rules.ShopSums `json:"shops"`
}

// SchemeTotals adds up the vouchers, settlements and open items of a scheme as they are at one height: a query sees one.
func (*AuditContract) SchemeTotals(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *schemeQuery) (any, error) {
		if _, err := tx.scheme(r.Scheme); err != nil {
			return nil, err
		}
		budget, err := tx.budget(r.Scheme)
		if err != nil {
			return nil, err
		}
		closedUntil, err := tx.closedUntil(r.Scheme)
		if err != nil {
			return nil, err
		}
		answer, room := &schemeTotals{Scheme: r.Scheme, ClosedUntil: closedUntil, Budget: budget}, maxAddedUp
		return answer, rules.FirstError(
			addUp(tx, voucherPrefix(r.Scheme), &room, func(v *rules.Voucher) error {
				answer.Vouchers++
				return answer.Balance.Plus(&v.Balance)
			}),
			addUp(tx, settlementPrefix(r.Scheme), &room, func(s *rules.Settlement) error {
				answer.Settlements++
				answer.Shops.Add(s)
				return nil
			}),
			addUp(tx, unsettledKind.prefix(r.Scheme), &room, func(u *unsettled) error {
				answer.OpenItems++
				answer.Shops.Unsettled += u.Cents
				return nil
			}),
		)
	})
}

// addUp passes all records of a prefix to add, as long as there is room for them.
func addUp[T any](tx *transaction, prefix string, room *int, add func(*T) error) error {
	return scanRange(tx, prefix, endOf(prefix), func(_ string, record *T) (bool, error) {
		if *room--; *room < 0 {
			return false, rules.Refuse(rules.SchemeTooLarge, rules.Details{"most": maxAddedUp},
				"the scheme has more than %d vouchers, settlements and open items: add up its pages by audit:Totals", maxAddedUp)
		}
		return true, add(record)
	})
}
