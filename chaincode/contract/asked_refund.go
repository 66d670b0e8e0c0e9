package contract

import "kindpakket.eu/chaincode/rules"

// limitRefundsRequest names a shop and its limit of refunds by one person, in cents of a payment; without one, the limit is lifted.
type limitRefundsRequest struct {
	header
	Shop        string       `json:"shop"`
	RefundAlone *rules.Cents `json:"refund_alone_cents,omitzero"`
}

func (r *limitRefundsRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("shop", r.Shop), rules.CheckRefundAlone(r.RefundAlone))
}

func (r *limitRefundsRequest) reads() []string { return []string{shopKey(r.Shop)} }

var limitRefunds = operation{name: "shop:LimitRefunds", event: "RefundsLimited", roles: []role{shopkeeper}}

// LimitRefunds sets what of a payment a person of the shop refunds alone, or lifts the limit.
func (*ShopContract) LimitRefunds(ctx *Context, text string) (string, error) {
	return write(ctx, limitRefunds, text, func(tx *transaction, r *limitRefundsRequest) (any, error) {
		shop, err := tx.ownShop(r.Shop)
		if err != nil {
			return nil, err
		}
		shop.LimitRefunds(r.RefundAlone)
		tx.event = shopEvent{Shop: shop.ID, State: shop.State, RefundAlone: r.RefundAlone}
		return shop, tx.put(shopKey(shop.ID), shop)
	})
}

// askForRefund writes a refund that a second person of the shop has to confirm. Neither the payment nor the voucher changes.
func (tx *transaction) askForRefund(refund *rules.Refund, payment *rules.Payment) error {
	if err := payment.CheckRefund(refund.Lines); err != nil {
		return err
	}
	refund.Ask(tx.person(), string(tx.caller.role))
	tx.event, tx.eventName = refundEventOf(refund), "RefundAsked"
	// The second key lists the refund until it is decided on.
	return tx.putAll(map[string]any{refundKey(refund.ID): refund, askedKey(refund): finder{}})
}

var confirmRefund = operation{name: "payment:ConfirmRefund", event: refundPayment.event, roles: tills}

// ConfirmRefund lets a refund go on that another person of the shop asked for. All terms are looked at again: it returns the money, or waits.
func (*PaymentContract) ConfirmRefund(ctx *Context, text string) (string, error) {
	return write(ctx, confirmRefund, text, func(tx *transaction, r *refundDecision) (any, error) {
		refund, err := tx.refund(r.Refund)
		if err != nil {
			return nil, err
		}
		earlier, err := tx.earlierPayment(refund.Payment)
		if err != nil {
			return nil, err
		}
		if err := refund.Confirm(tx.person()); err != nil {
			return nil, err
		}
		if err := tx.caller.checkShopkeeper(role(refund.AskedRole)); err != nil {
			return nil, err
		}
		terms, err := tx.termsFor(earlier.scheme, earlier.voucher)
		if err != nil {
			return nil, err
		}
		tx.delete(askedKey(refund))
		return refund, tx.returnOrWait(refund, earlier, terms)
	})
}

// checkMayRejectAsked refuses who may not end a refund that was asked for: it may be a person of its shop, the acquirer who asked and, once
// the shop has ended and nobody of it may be left, an approver.
func (tx *transaction) checkMayRejectAsked(refund *rules.Refund) error {
	shop, err := tx.ownShop(refund.Shop)
	if err != nil {
		return err
	}
	c := tx.caller
	switch {
	case c.role == shopkeeper, c.role == cashier, c.role == acquirer && tx.person() == refund.AskedBy:
		return nil
	case c.role == approver:
		return shop.CheckEnded()
	}
	return rules.Refuse(rules.RoleRequired, rules.Details{"required": tills, "role": c.role, "msp": c.msp},
		"only the shop or who asked for the refund may do this, and an approver once the shop has ended; you are %s", c.describe())
}
