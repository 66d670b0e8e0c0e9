package contract

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// PaymentContract takes payments, cancels and refunds them.
type PaymentContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*PaymentContract) GetEvaluateTransactions() []string { return []string{"Show", "Unsettled"} }

type payRequest struct {
	header
	Scheme   string       `json:"scheme"`
	Voucher  string       `json:"voucher"`
	Shop     string       `json:"shop"`
	Lines    []rules.Line `json:"lines"`
	Deadline rules.Number `json:"deadline"`
	Proof    *rules.Proof `json:"proof"`
}

func (r *payRequest) check() error {
	if err := rules.FirstError(
		r.checkHeader(),
		rules.CheckID("scheme", r.Scheme),
		rules.CheckID("voucher", r.Voucher),
		rules.CheckID("shop", r.Shop),
		rules.CheckLines(r.Lines),
		rules.CheckInstant("deadline", r.Deadline),
	); err != nil {
		return err
	}
	if r.Proof == nil {
		return rules.Refuse(rules.HolderProofMissing, rules.Details{"voucher": r.Voucher}, "")
	}
	return nil
}

func (r *payRequest) reads() []string {
	return []string{schemeKey(r.Scheme), dayKey(r.Scheme), shopKey(r.Shop), voucherKey(r.Scheme, r.Voucher)}
}

// unsettled is a key's value of an item that no live settlement holds.
type unsettled struct {
	Cents rules.Cents `json:"cents"`
}

// paymentEvent is the payload of a payment's events. Refund and ReturnedTo say what a cancellation or refund did.
type paymentEvent struct {
	Payment    string            `json:"payment"`
	Refund     string            `json:"refund,omitzero"`
	Scheme     string            `json:"scheme"`
	Shop       string            `json:"shop"`
	Voucher    string            `json:"voucher"`
	Cents      rules.Cents       `json:"cents"`
	Day        rules.Day         `json:"day"`
	ReturnedTo rules.Destination `json:"returned_to,omitzero"`
}

var pay = operation{name: "payment:Pay", event: "PaymentTaken", roles: tills}

// Pay spends from a voucher at the caller's shop, with the holder's proof.
func (*PaymentContract) Pay(ctx *Context, text string) (string, error) {
	return write(ctx, pay, text, func(tx *transaction, r *payRequest) (any, error) {
		purchase, err := tx.judge(r)
		if err != nil {
			return nil, err
		}
		if err := tx.verify(r, purchase.Voucher); err != nil {
			return nil, err
		}
		if err := purchase.Take(r.Lines, r.Proof.Kind); err != nil {
			return nil, err
		}
		payment := &rules.Payment{
			ID: r.RequestID, Scheme: r.Scheme, Shop: r.Shop, Voucher: r.Voucher,
			Lines: r.Lines, Cents: rules.Total(r.Lines), Refunded: map[string]rules.Cents{}, State: rules.PaymentPaid,
			Day: purchase.Booked, At: tx.now,
			Proof: rules.ProofUsed{Kind: r.Proof.Kind, Version: r.Proof.Version, Page: r.Proof.Page},
		}
		tx.event = paymentEvent{
			Payment: payment.ID, Scheme: r.Scheme, Shop: r.Shop, Voucher: r.Voucher, Cents: payment.Cents, Day: payment.Day,
		}
		return payment, tx.putAll(map[string]any{
			voucherKey(r.Scheme, r.Voucher):                         purchase.Voucher,
			paymentKey(payment.ID):                                  payment,
			unsettledKey(r.Scheme, r.Shop, payment.Day, payment.ID): unsettled{Cents: payment.Cents},
		})
	})
}

// judge finds what a payment is about and refuses it by shop, scheme and voucher, in this order.
func (tx *transaction) judge(r *payRequest) (*rules.Purchase, error) {
	if err := tx.caller.checkShop(r.Shop); err != nil {
		return nil, err
	}
	scheme, err := tx.openScheme(r.Scheme)
	if err != nil {
		return nil, err
	}
	shop, err := tx.ownShop(r.Shop)
	if err != nil {
		return nil, err
	}
	if err := shop.CheckApproved(); err != nil {
		return nil, err
	}
	voucher, err := tx.voucher(r.Scheme, r.Voucher)
	if err != nil {
		return nil, err
	}
	purchase, err := tx.purchase(scheme, voucher, shop)
	if err != nil {
		return nil, err
	}
	return purchase, purchase.Check(scheme, tx.now)
}

// purchase brings together what a payment of now is judged by.
func (tx *transaction) purchase(scheme *rules.Scheme, voucher *rules.Voucher, shop *rules.Shop) (*rules.Purchase, error) {
	terms, err := tx.termsFor(scheme, voucher)
	if err != nil {
		return nil, err
	}
	booked, err := tx.bookingDay(voucher.Scheme)
	if err != nil {
		return nil, err
	}
	return &rules.Purchase{Voucher: voucher, Terms: &terms.Terms, Shop: shop, Today: rules.DayOf(tx.now), Booked: booked}, nil
}

// verify refuses a payment that the voucher's holder did not agree to, or not for now.
func (tx *transaction) verify(r *payRequest, voucher *rules.Voucher) error {
	domain, err := tx.domain()
	if err != nil {
		return err
	}
	bound := voucher.Authorisation
	if bound == nil {
		return rules.Refuse(rules.LedgerInconsistent, rules.Details{"voucher": r.Voucher}, "active voucher %s is bound to nothing", r.Voucher)
	}
	message := domain.PaymentMessage(r.Scheme, r.Voucher, bound.Version, r.RequestID, r.Shop, r.Deadline, r.Lines)
	if err := bound.VerifyPayment(r.Proof, message); err != nil {
		return err
	}
	return rules.CheckDeadline(r.Deadline, tx.now)
}
