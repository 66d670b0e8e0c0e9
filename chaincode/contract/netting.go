package contract

import "kindpakket.eu/chaincode/rules"

type netRequest struct {
	claimRequest
	Against string `json:"against"`
}

func (r *netRequest) check() error {
	if err := rules.FirstError(r.claimRequest.check(), rules.CheckID("against", r.Against)); err != nil {
		return err
	}
	if r.Against == r.Scheme {
		return rules.Refuse(rules.InvalidID, rules.Details{"member": "against", "value": r.Against},
			"against is the scheme itself: name another scheme, under which the shop is owed money")
	}
	return nil
}

// netted is the answer to netting, and its event: how many cents the shop's debt under a scheme went down, and what it is owed under
// another with it.
type netted struct {
	Netting string      `json:"netting"`
	Scheme  string      `json:"scheme"`
	Against string      `json:"against"`
	Shop    string      `json:"shop"`
	Cents   rules.Cents `json:"cents"`
}

var netSettlement = operation{name: "settlement:Net", event: "SettlementNetted", roles: []role{treasurer}}

// Net deducts what a shop owes under one scheme from what it is owed under another, by an item in each that cancel each other.
func (*SettlementContract) Net(ctx *Context, text string) (string, error) {
	return write(ctx, netSettlement, text, func(tx *transaction, r *netRequest) (any, error) {
		owes, err := tx.side(r.Scheme, r.Shop)
		if err != nil {
			return nil, err
		}
		owed, err := tx.side(r.Against, r.Shop)
		if err != nil {
			return nil, err
		}
		debt, credit, err := rules.Net(r.RequestID, r.Shop, tx.person(), r.Reason, owes, owed)
		if err != nil {
			return nil, err
		}
		for _, record := range []*rules.Settlement{debt, credit} {
			item := record.Netted()
			if err := tx.putOpen(record.Scheme, record.Shop, &item); err != nil {
				return nil, err
			}
			if err := tx.putFinders(record); err != nil {
				return nil, err
			}
			if err := tx.put(settlementKey(record.Scheme, record.ID), record); err != nil {
				return nil, err
			}
		}
		answer := netted{Netting: r.RequestID, Scheme: r.Scheme, Against: r.Against, Shop: r.Shop, Cents: credit.Cents}
		tx.event = answer
		return answer, nil
	})
}

// side takes the open items of a shop under one of the schemes of a netting.
func (tx *transaction) side(scheme, shop string) (*rules.Side, error) {
	owed, err := tx.owed(scheme, shop)
	if err != nil {
		return nil, err
	}
	if err := tx.takeAll(owed); err != nil {
		return nil, err
	}
	return &rules.Side{Scheme: scheme, Taken: owed.taken, Through: owed.closedUntil}, nil
}
