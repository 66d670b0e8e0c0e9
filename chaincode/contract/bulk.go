package contract

import "kindpakket.eu/chaincode/rules"

// maxBulk is how many vouchers one request may carry.
const maxBulk = 500

// vouchersRequest names vouchers of a scheme, and says why.
type vouchersRequest struct {
	header
	Scheme   string   `json:"scheme"`
	Vouchers []string `json:"vouchers"`
	because
}

func (r *vouchersRequest) check() error {
	return rules.FirstError(
		r.checkHeader(), rules.CheckID("scheme", r.Scheme), rules.CheckIDs("vouchers", r.Vouchers, maxBulk), r.checkReason(),
	)
}

func (r *vouchersRequest) reads() []string { return schemeAndVoucherKeys(r.Scheme, r.Vouchers) }

// moved is the answer of a transaction that moves money of many vouchers, in the order of the request.
type moved struct {
	Scheme   string         `json:"scheme"`
	Vouchers []voucherCents `json:"vouchers"`
	Cents    rules.Cents    `json:"cents"`
}

// voucherCents are cents of one voucher.
type voucherCents struct {
	ID    string      `json:"id"`
	Cents rules.Cents `json:"cents"`
}

func (m *moved) add(voucher string, cents rules.Cents) {
	m.Vouchers = append(m.Vouchers, voucherCents{ID: voucher, Cents: cents})
	m.Cents += cents
}

// movedEvent is the payload of such events: the answer, and the holds that were released because they had expired.
type movedEvent struct {
	*moved
	Released []string `json:"released,omitzero"`
}

// takeBack releases the expired holds of each voucher, takes from it what a step says, and returns that to the budget, all or none. It
// returns what it moved.
func (tx *transaction) takeBack(
	scheme string, ids []string, as rules.Destination, step func(*rules.Voucher) (rules.Cents, error),
) (*movedEvent, error) {
	var vouchers []*rules.Voucher
	for _, id := range ids {
		voucher, err := tx.voucher(scheme, id)
		if err != nil {
			return nil, err
		}
		vouchers = append(vouchers, voucher)
	}
	released, err := tx.sweep(vouchers...)
	if err != nil {
		return nil, err
	}
	answer := &moved{Scheme: scheme}
	for _, voucher := range vouchers {
		cents, err := step(voucher)
		if err != nil {
			return nil, err
		}
		answer.add(voucher.ID, cents)
		if err := putPending(tx, voucherKey(scheme, voucher.ID), voucher); err != nil {
			return nil, err
		}
	}
	payments, err := tx.putReleased(released)
	if err != nil {
		return nil, err
	}
	return &movedEvent{moved: answer, Released: payments}, tx.giveToBudget(scheme, answer.Cents, as)
}

// giveToBudget returns cents to a scheme's budget. It leaves the budget alone when there are none.
func (tx *transaction) giveToBudget(scheme string, cents rules.Cents, as rules.Destination) error {
	if cents == 0 {
		return nil
	}
	return tx.changeBudget(scheme, func(budget *rules.Budget) error { return budget.TakeBack(cents, as) })
}

func (tx *transaction) changeBudget(scheme string, step func(*rules.Budget) error) error {
	budget, err := tx.budget(scheme)
	if err != nil {
		return err
	}
	if err := step(budget); err != nil {
		return err
	}
	return tx.put(budgetKey(scheme), budget)
}
