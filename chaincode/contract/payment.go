package contract

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// PaymentContract takes payments and holds, captures and releases holds, cancels and refunds payments, and decides on refunds
// that wait.
type PaymentContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*PaymentContract) GetEvaluateTransactions() []string {
	return []string{"Show", "ShowRefund", "List", "OfDay", "Holds", "Unsettled", "Unindexed", "WaitingRefunds"}
}

type purchaseRequest struct {
	header
	Scheme   string       `json:"scheme"`
	Voucher  string       `json:"voucher"`
	Shop     string       `json:"shop"`
	Lines    []rules.Line `json:"lines"`
	Deadline rules.Number `json:"deadline"`
	Proof    *rules.Proof `json:"proof"`
	atTill
	withReceipt
}

func (r *purchaseRequest) check() error {
	return rules.FirstError(r.checkForm(), r.checkProven())
}

func (r *purchaseRequest) checkForm() error {
	return rules.FirstError(
		r.checkHeader(),
		rules.CheckID("scheme", r.Scheme),
		rules.CheckID("voucher", r.Voucher),
		rules.CheckID("shop", r.Shop),
		rules.CheckLines(r.Lines),
		rules.CheckInstant("deadline", r.Deadline),
		r.checkReceipt(),
	)
}

func (r *purchaseRequest) checkProven() error {
	if r.Proof == nil {
		return rules.Refuse(rules.HolderProofMissing, rules.Details{"voucher": r.Voucher}, "")
	}
	return r.Proof.CheckForm()
}

func (r *purchaseRequest) reads() []string {
	return []string{schemeKey(r.Scheme), dayKey(r.Scheme), shopKey(r.Shop), voucherKey(r.Scheme, r.Voucher)}
}

// next gives the rules that count for the voucher and the payments of its expired holds.
func (r *purchaseRequest) next(tx *transaction) []string {
	scheme, voucher := peek[rules.Scheme](tx, schemeKey(r.Scheme)), peek[rules.Voucher](tx, voucherKey(r.Scheme, r.Voucher))
	if scheme == nil || voucher == nil {
		return nil
	}
	keys := []string{rulesKey(scheme.ID, scheme.VersionFor(voucher.RulesVersion))}
	for _, id := range voucher.ExpiredHolds(tx.now) {
		keys = append(keys, paymentKey(id))
	}
	return keys
}

// payment returns the record that the request makes, before any money moved.
func (r *purchaseRequest) payment(tx *transaction) *rules.Payment {
	return &rules.Payment{
		ID: r.RequestID, Scheme: r.Scheme, Shop: r.Shop, Voucher: r.Voucher, Lines: []rules.Line{}, Refunded: map[string]rules.Cents{},
		At: tx.now, Proof: rules.ProofUsed{Kind: r.Proof.Kind, Version: r.Proof.Version, Page: r.Proof.Page}, Till: tx.mark.Till,
		Receipt: r.Receipt,
	}
}

// paymentEvent is the payload of a payment's events. Refund and ReturnedTo say what a cancellation or refund did, Hold what a part was
// captured of, Released which holds of the voucher were released because they had expired.
type paymentEvent struct {
	Payment    string            `json:"payment"`
	Refund     string            `json:"refund,omitzero"`
	Hold       string            `json:"hold,omitzero"`
	Scheme     string            `json:"scheme"`
	Shop       string            `json:"shop"`
	Voucher    string            `json:"voucher"`
	Cents      rules.Cents       `json:"cents"`
	Day        rules.Day         `json:"day"`
	ReturnedTo rules.Destination `json:"returned_to,omitzero"`
	Released   []string          `json:"released,omitzero"`
}

func paymentEventOf(payment *rules.Payment, cents rules.Cents, day rules.Day) paymentEvent {
	return paymentEvent{
		Payment: payment.ID, Scheme: payment.Scheme, Shop: payment.Shop, Voucher: payment.Voucher, Cents: cents, Day: day,
	}
}

var pay = operation{name: rules.OperationPay, event: "PaymentTaken", roles: sellers}

// Pay spends from a voucher at the caller's shop, with the holder's proof.
func (*PaymentContract) Pay(ctx *Context, text string) (string, error) {
	return write(ctx, pay, text, (*transaction).pay)
}

func (tx *transaction) pay(r *purchaseRequest) (any, error) {
	purchase, released, err := tx.judge(r)
	if err != nil {
		return nil, err
	}
	err = tx.verify(r, purchase, func(domain rules.Domain, version rules.Number) []byte {
		return domain.PaymentMessage(r.Scheme, r.Voucher, version, r.RequestID, r.Shop, r.Deadline, r.Lines)
	})
	if err != nil {
		return nil, err
	}
	if err := purchase.Take(r.Lines, r.Proof.Kind); err != nil {
		return nil, err
	}
	payment := r.payment(tx)
	payment.State, payment.Lines, payment.Cents, payment.Day = rules.PaymentPaid, r.Lines, rules.Total(r.Lines), purchase.Booked
	event := paymentEventOf(payment, payment.Cents, payment.Day)
	if event.Released, err = tx.putReleased(released); err != nil {
		return nil, err
	}
	tx.event = event
	if err := tx.putPayment(payment, purchase.Voucher); err != nil {
		return nil, err
	}
	return payment, tx.putItem(payment)
}

// judge finds the records that a payment or hold concerns and checks shop, scheme and voucher, in this order. It releases the voucher's
// expired holds, in memory, and returns their payments.
func (tx *transaction) judge(r *purchaseRequest) (*rules.Purchase, []*rules.Payment, error) {
	if err := tx.caller.checkShop(r.Shop); err != nil {
		return nil, nil, err
	}
	scheme, err := tx.openScheme(r.Scheme)
	if err != nil {
		return nil, nil, err
	}
	shop, err := tx.ownShop(r.Shop)
	if err != nil {
		return nil, nil, err
	}
	if err := shop.CheckApproved(); err != nil {
		return nil, nil, err
	}
	voucher, err := tx.voucher(r.Scheme, r.Voucher)
	if err != nil {
		return nil, nil, err
	}
	released, err := tx.sweep(voucher)
	if err != nil {
		return nil, nil, err
	}
	purchase, err := tx.purchase(scheme, voucher, shop)
	if err != nil {
		return nil, nil, err
	}
	return purchase, released, purchase.Check(scheme)
}

// purchase collects the records that a payment made now is checked against.
func (tx *transaction) purchase(scheme *rules.Scheme, voucher *rules.Voucher, shop *rules.Shop) (*rules.Purchase, error) {
	terms, err := tx.termsFor(scheme, voucher)
	if err != nil {
		return nil, err
	}
	booked, err := tx.bookingDay(voucher.Scheme)
	if err != nil {
		return nil, err
	}
	return &rules.Purchase{
		Voucher: voucher, Terms: &terms.Terms, Shop: shop, Now: tx.now, Today: rules.DayOf(tx.now), Booked: booked,
	}, nil
}

// verify refuses a payment or hold that the voucher's holder did not agree to, or whose deadline has passed or is too far ahead. message
// returns what the holder had to sign.
func (tx *transaction) verify(r *purchaseRequest, purchase *rules.Purchase, message func(rules.Domain, rules.Number) []byte) error {
	bound := purchase.Voucher.Authorisation
	if bound == nil {
		return notBound(r.Voucher)
	}
	if err := purchase.Terms.CheckProofKind(r.Proof.Kind); err != nil {
		return err
	}
	if err := bound.VerifyPayment(r.Proof, message(tx.domain(), bound.Version)); err != nil {
		return err
	}
	return rules.CheckDeadline(r.Deadline, tx.now)
}

// notBound is for a voucher that is spent from without ever having been activated.
func notBound(voucher string) error {
	return rules.Refuse(rules.LedgerInconsistent, rules.Details{"voucher": voucher}, "voucher %s was spent from, but is not bound to a key or booklet", voucher)
}

// putPayment writes a payment and its voucher.
func (tx *transaction) putPayment(payment *rules.Payment, voucher *rules.Voucher) error {
	if err := tx.put(paymentKey(payment.ID), payment); err != nil {
		return err
	}
	return tx.put(voucherKey(voucher.Scheme, voucher.ID), voucher)
}
