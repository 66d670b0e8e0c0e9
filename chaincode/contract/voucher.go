package contract

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// VoucherContract records cases, issues vouchers, activates and blocks them.
type VoucherContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*VoucherContract) GetEvaluateTransactions() []string {
	return []string{"Show", "List", "Allowance"}
}

type activateRequest struct {
	header
	Scheme      string       `json:"scheme"`
	Activations []activation `json:"activations"`
}

type activation struct {
	Voucher       string              `json:"voucher"`
	Authorisation rules.Authorisation `json:"authorisation"`
	Proof         *rules.Proof        `json:"proof"`
}

func (r *activateRequest) check() error {
	vouchers := make([]string, 0, len(r.Activations))
	for _, activation := range r.Activations {
		vouchers = append(vouchers, activation.Voucher)
	}
	return rules.FirstError(r.checkHeader(), rules.CheckID("scheme", r.Scheme), rules.CheckIDs("activations", vouchers, maxBulk))
}

func (r *activateRequest) reads() []string {
	keys := make([]string, 0, len(r.Activations))
	for _, activation := range r.Activations {
		keys = append(keys, voucherKey(r.Scheme, activation.Voucher))
	}
	return keys
}

// activated is the answer to activating, and its event.
type activated struct {
	Scheme   string   `json:"scheme"`
	Vouchers []string `json:"vouchers"`
}

var activateVouchers = operation{name: "voucher:Activate", event: "VouchersActivated", roles: []role{issuer}}

// Activate binds vouchers to the keys or booklets of their holders, who prove that they have them. All or none.
func (*VoucherContract) Activate(ctx *Context, text string) (string, error) {
	return write(ctx, activateVouchers, text, func(tx *transaction, r *activateRequest) (any, error) {
		scheme, err := tx.scheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		if err := scheme.CheckNotClosed(); err != nil {
			return nil, err
		}
		domain, err := tx.domain()
		if err != nil {
			return nil, err
		}
		answer := activated{Scheme: r.Scheme}
		for _, activation := range r.Activations {
			if err := tx.activate(scheme, domain, activation); err != nil {
				return nil, err
			}
			answer.Vouchers = append(answer.Vouchers, activation.Voucher)
		}
		tx.event = answer
		return answer, nil
	})
}

func (tx *transaction) activate(scheme *rules.Scheme, domain rules.Domain, a activation) error {
	voucher, err := tx.voucher(scheme.ID, a.Voucher)
	if err != nil {
		return err
	}
	terms, err := tx.termsFor(scheme, voucher)
	if err != nil {
		return err
	}
	if err := a.Authorisation.Check(terms.Proofs); err != nil {
		return err
	}
	message := domain.ActivationMessage(rules.OperationActivate, scheme.ID, a.Voucher, rules.FirstVersion, a.Authorisation, "")
	if err := a.Authorisation.VerifyActivation(a.Proof, rules.FirstVersion, message); err != nil {
		return err
	}
	if err := voucher.Activate(a.Authorisation); err != nil {
		return err
	}
	return tx.put(voucherKey(scheme.ID, a.Voucher), voucher)
}

type unblockRequest struct {
	header
	Scheme  string `json:"scheme"`
	Voucher string `json:"voucher"`
}

func (r *unblockRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("scheme", r.Scheme), rules.CheckID("voucher", r.Voucher))
}

type blockRequest struct {
	unblockRequest
	Reason string `json:"reason"`
}

func (r *blockRequest) check() error {
	return rules.FirstError(r.unblockRequest.check(), rules.CheckCode("reason", r.Reason))
}

// voucherEvent is the payload of blocking and unblocking.
type voucherEvent struct {
	Scheme  string      `json:"scheme"`
	Voucher string      `json:"voucher"`
	State   rules.State `json:"state"`
	Reason  string      `json:"reason,omitzero"`
}

var blockVoucher = operation{name: "voucher:Block", event: "VoucherBlocked", roles: []role{issuer, approver}}

// Block stops the spending of a voucher.
func (*VoucherContract) Block(ctx *Context, text string) (string, error) {
	return write(ctx, blockVoucher, text, func(tx *transaction, r *blockRequest) (any, error) {
		return tx.turnVoucher(r.unblockRequest, func(voucher *rules.Voucher) error { return voucher.Block(tx.caller.person, r.Reason) })
	})
}

var unblockVoucher = operation{name: "voucher:Unblock", event: "VoucherUnblocked", roles: []role{approver}}

// Unblock returns a voucher to the state that another person blocked it in.
func (*VoucherContract) Unblock(ctx *Context, text string) (string, error) {
	return write(ctx, unblockVoucher, text, func(tx *transaction, r *unblockRequest) (any, error) {
		return tx.turnVoucher(*r, func(voucher *rules.Voucher) error { return voucher.Unblock(tx.caller.person) })
	})
}

func (tx *transaction) turnVoucher(r unblockRequest, step func(*rules.Voucher) error) (any, error) {
	voucher, err := tx.voucher(r.Scheme, r.Voucher)
	if err != nil {
		return nil, err
	}
	if err := step(voucher); err != nil {
		return nil, err
	}
	tx.event = voucherEvent{Scheme: r.Scheme, Voucher: r.Voucher, State: voucher.State, Reason: voucher.BlockReason}
	return voucher, tx.put(voucherKey(r.Scheme, r.Voucher), voucher)
}
