package contract

import (
	"slices"

	"kindpakket.eu/chaincode/rules"
)

// refundWaits says why a refund waits. It looks whether a settlement holds the payment only if that matters.
func (tx *transaction) refundWaits(earlier *earlierPayment, terms *rules.Terms, lines []rules.Line) (rules.WhyItWaits, error) {
	payment, open := earlier.payment, true
	if looksAtItem(payment, earlier.shop, terms) {
		var err error
		if open, err = tx.has(itemKey(payment)); err != nil {
			return "", err
		}
	}
	return terms.RefundWaits(payment, earlier.shop, lines, earlier.booked, open), nil
}

// looksAtItem reports whether it matters to a refund of a payment whether a settlement holds it.
func looksAtItem(payment *rules.Payment, shop *rules.Shop, terms *rules.Terms) bool {
	return payment.Day != "" && (terms.RefundLimit != nil || shop.CheckApproved() != nil)
}

// proposeRefund writes a refund that waits. Neither the payment nor the voucher changes.
func (tx *transaction) proposeRefund(refund *rules.Refund, payment *rules.Payment) error {
	if err := payment.CheckRefund(refund.Lines); err != nil {
		return err
	}
	event := refundEventOf(refund)
	event.Waits = refund.Waits
	tx.event, tx.eventName = event, "RefundProposed"
	// The second key lists the refund until it is decided on.
	return tx.putAll(map[string]any{
		refundKey(refund.ID): refund, waitingKey(refund.Scheme, refund.ID): struct{}{},
	})
}

// refundEvent is the payload of events of a refund that is asked for or waits, as long as it moves nothing.
type refundEvent struct {
	Refund  string           `json:"refund"`
	Payment string           `json:"payment"`
	Scheme  string           `json:"scheme"`
	Shop    string           `json:"shop"`
	Voucher string           `json:"voucher"`
	Cents   rules.Cents      `json:"cents"`
	State   rules.State      `json:"state"`
	Waits   rules.WhyItWaits `json:"waits,omitzero"`
	Reason  string           `json:"reason,omitzero"`
}

func refundEventOf(refund *rules.Refund) refundEvent {
	return refundEvent{
		Refund: refund.ID, Payment: refund.Payment, Scheme: refund.Scheme, Shop: refund.Shop, Voucher: refund.Voucher,
		Cents: refund.Cents, State: refund.State,
	}
}

// refundDecision names a refund that waits.
type refundDecision struct {
	header
	Refund string `json:"refund"`
}

func (r *refundDecision) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("refund", r.Refund))
}

func (r *refundDecision) reads() []string { return []string{refundKey(r.Refund)} }

// reasonedRefundDecision names a refund and says why.
type reasonedRefundDecision struct {
	refundDecision
	because
	atTill
}

func (r *reasonedRefundDecision) check() error {
	return rules.FirstError(r.refundDecision.check(), r.checkReason())
}

func (tx *transaction) refund(id string) (*rules.Refund, error) {
	return find[rules.Refund](tx, rules.RefundNotFound, "refund", id, refundKey(id))
}

var endorseRefund = operation{name: "payment:EndorseRefund", event: "RefundEndorsed", roles: []role{issuer, treasurer}}

// EndorseRefund is the first of two decisions on a refund that waits.
func (*PaymentContract) EndorseRefund(ctx *Context, text string) (string, error) {
	return write(ctx, endorseRefund, text, func(tx *transaction, r *refundDecision) (any, error) {
		refund, err := tx.refund(r.Refund)
		if err != nil {
			return nil, err
		}
		if err := refund.Endorse(tx.person()); err != nil {
			return nil, err
		}
		tx.event = refundEventOf(refund)
		return refund, tx.put(refundKey(refund.ID), refund)
	})
}

var approveRefund = operation{name: "payment:ApproveRefund", event: refundPayment.event, roles: []role{approver}}

// ApproveRefund returns the money of a refund that another person endorsed.
func (*PaymentContract) ApproveRefund(ctx *Context, text string) (string, error) {
	return write(ctx, approveRefund, text, func(tx *transaction, r *refundDecision) (any, error) {
		refund, err := tx.refund(r.Refund)
		if err != nil {
			return nil, err
		}
		earlier, err := tx.earlierPayment(refund.Payment)
		if err != nil {
			return nil, err
		}
		terms, err := tx.termsFor(earlier.scheme, earlier.voucher)
		if err != nil {
			return nil, err
		}
		err = refund.Approve(tx.person(), earlier.payment, earlier.voucher, &terms.Terms, tx.now, earlier.booked)
		if err != nil {
			return nil, err
		}
		tx.delete(waitingKey(refund.Scheme, refund.ID))
		return refund, tx.putRefund(refund, earlier)
	})
}

var rejectRefund = operation{name: "payment:RejectRefund", event: "RefundRejected", roles: append(slices.Clone(municipal), sellers...)}

// RejectRefund ends a refund that waits, by the municipality, or one that was asked for, by its shop; nothing was moved.
func (*PaymentContract) RejectRefund(ctx *Context, text string) (string, error) {
	return write(ctx, rejectRefund, text, func(tx *transaction, r *reasonedRefundDecision) (any, error) {
		refund, err := tx.refund(r.Refund)
		if err != nil {
			return nil, err
		}
		key, reject := waitingKey(refund.Scheme, refund.ID), refund.Reject
		if tx.caller.isSeller() || refund.State == rules.RefundAsked {
			if err := tx.checkMayRejectAsked(refund); err != nil {
				return nil, err
			}
			key, reject = askedKey(refund), refund.RejectAsked
		}
		if err := reject(tx.person(), r.Reason); err != nil {
			return nil, err
		}
		event := refundEventOf(refund)
		event.Reason = r.Reason
		tx.event = event
		tx.delete(key)
		return refund, tx.put(refundKey(refund.ID), refund)
	})
}

// waitingRefundsRequest names a scheme and, if only its refunds are asked for, a shop.
type waitingRefundsRequest struct{ holdsRequest }

// WaitingRefunds returns the refunds of a scheme that somebody has to decide on: first those that were asked for, then those that wait for the
// municipality; shops may ask only for themselves. What waits is not listed by shop, so that a page for one may be short and still have a Next.
func (*PaymentContract) WaitingRefunds(ctx *Context, text string) (string, error) {
	return query(ctx, ofAShop, text, func(tx *transaction, r *waitingRefundsRequest) (any, error) {
		asked, ofOne := askedKind.prefix(r.Scheme), r.Shop != "" || tx.caller.isSeller()
		if ofOne {
			if _, err := tx.ownShop(r.Shop); err != nil {
				return nil, err
			}
			asked = askedKind.prefix(r.Scheme, r.Shop)
		}
		var ids []string
		parts := []part{{askedKind.name, asked}, {waitingKind.name, waitingPrefix(r.Scheme)}}
		next, err := scanParts(tx, parts, &r.paging, func(_, key string, _ *finder) { ids = append(ids, lastMember(key)) })
		if err != nil {
			return nil, err
		}
		if err := tx.prefetch(keysOf(ids, refundKey)...); err != nil {
			return nil, err
		}
		page := listed[rules.Refund]{Items: []rules.Refund{}, Next: next}
		for _, id := range ids {
			refund, err := tx.refund(id)
			if err != nil {
				return nil, err
			}
			if !ofOne || refund.Shop == r.Shop {
				page.Items = append(page.Items, *refund)
			}
		}
		return page, nil
	})
}
