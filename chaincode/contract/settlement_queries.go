package contract

import "kindpakket.eu/chaincode/rules"

type showSettlementRequest struct {
	Scheme     string `json:"scheme"`
	Settlement string `json:"settlement"`
}

func (r *showSettlementRequest) check() error {
	return rules.FirstError(rules.CheckID("scheme", r.Scheme), rules.CheckID("settlement", r.Settlement))
}

// Show gives a settlement; to shops their own.
func (*SettlementContract) Show(ctx *Context, text string) (string, error) {
	return query(ctx, everybody, text, func(tx *transaction, r *showSettlementRequest) (any, error) {
		settlement, err := tx.settlement(r.Scheme, r.Settlement)
		if err != nil {
			return nil, err
		}
		_, err = tx.ownShop(settlement.Shop)
		return settlement, err
	})
}

// List gives the settlements of a scheme.
func (*SettlementContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		settlements, _, err := list[rules.Settlement](tx, settlementPrefix(r.Scheme), &r.paging)
		return settlements, err
	})
}
