package contract

import "kindpakket.eu/chaincode/rules"

// closedDays is the record of the last closed day of a scheme; "" before the first.
type closedDays struct {
	ClosedUntil rules.Day `json:"closed_until"`
}

// storedTerms are the terms of a scheme as one version of its rules.
type storedTerms struct {
	Scheme  string       `json:"scheme"`
	Version rules.Number `json:"version"`
	rules.Terms
}

func (tx *transaction) scheme(id string) (*rules.Scheme, error) {
	return find[rules.Scheme](tx, rules.SchemeNotFound, "scheme", id, schemeKey(id))
}

func (tx *transaction) openScheme(id string) (*rules.Scheme, error) {
	scheme, err := tx.scheme(id)
	if err != nil {
		return nil, err
	}
	return scheme, scheme.CheckOpen()
}

func (tx *transaction) terms(scheme string, version rules.Number) (*storedTerms, error) {
	return find[storedTerms](tx, rules.LedgerInconsistent, "rules", scheme, rulesKey(scheme, version))
}

// termsFor returns the terms that count for a voucher: those it was issued under, or later ones that two persons applied to all.
func (tx *transaction) termsFor(scheme *rules.Scheme, voucher *rules.Voucher) (*storedTerms, error) {
	return tx.terms(scheme.ID, scheme.VersionFor(voucher.RulesVersion))
}

func (tx *transaction) change(scheme, id string) (*rules.Change, error) {
	return find[rules.Change](tx, rules.ChangeNotFound, "change", id, changeKey(scheme, id))
}

func (tx *transaction) decision(id string) (*rules.Decision, error) {
	return find[rules.Decision](tx, rules.ChangeNotFound, "decision", id, decisionKey(id))
}

func (tx *transaction) budget(scheme string) (*rules.Budget, error) {
	return find[rules.Budget](tx, rules.LedgerInconsistent, "budget", scheme, budgetKey(scheme))
}

func (tx *transaction) allocation(scheme, id string) (*rules.Allocation, error) {
	return find[rules.Allocation](tx, rules.AllocationNotFound, "allocation", id, allocationKey(scheme, id))
}

func (tx *transaction) closedUntil(scheme string) (rules.Day, error) {
	days, err := find[closedDays](tx, rules.LedgerInconsistent, "day", scheme, dayKey(scheme))
	if err != nil {
		return "", err
	}
	return days.ClosedUntil, nil
}

// bookingDay returns the day on which the transaction is booked.
func (tx *transaction) bookingDay(scheme string) (rules.Day, error) {
	closedUntil, err := tx.closedUntil(scheme)
	return rules.BookingDay(tx.now, closedUntil), err
}

func (tx *transaction) shop(id string) (*rules.Shop, error) {
	return find[rules.Shop](tx, rules.ShopNotFound, "shop", id, shopKey(id))
}

// ownShop finds a shop and refuses tills that are not its own.
func (tx *transaction) ownShop(id string) (*rules.Shop, error) {
	if err := tx.caller.checkShop(id); err != nil {
		return nil, err
	}
	shop, err := tx.shop(id)
	if err != nil {
		return nil, err
	}
	return shop, tx.caller.checkOwns(shop)
}

func (tx *transaction) voucher(scheme, id string) (*rules.Voucher, error) {
	return find[rules.Voucher](tx, rules.VoucherNotFound, "voucher", id, voucherKey(scheme, id))
}

// ownPayment finds a payment and its shop, and refuses tills of another shop.
func (tx *transaction) ownPayment(id string) (*rules.Payment, *rules.Shop, error) {
	payment, err := find[rules.Payment](tx, rules.PaymentNotFound, "payment", id, paymentKey(id))
	if err != nil {
		return nil, nil, err
	}
	shop, err := tx.ownShop(payment.Shop)
	return payment, shop, err
}

// settlement finds a settlement. Of one of layout 2 it counts the items, which its record holds.
func (tx *transaction) settlement(scheme, id string) (*storedSettlement, error) {
	stored, err := find[storedSettlement](tx, rules.SettlementNotFound, "settlement", id, settlementKey(scheme, id))
	if err != nil {
		return nil, err
	}
	stored.count()
	return stored, nil
}

func (tx *transaction) erasure(id string) (*rules.Erasure, error) {
	return find[rules.Erasure](tx, rules.ErasureNotFound, "erasure", id, erasureKey(id))
}

// domain returns the channel and the chaincode name of the client's call, which holders sign.
func (tx *transaction) domain() rules.Domain {
	return rules.Domain{Channel: tx.stub.GetChannelID(), Chaincode: tx.proposal.chaincode}
}
