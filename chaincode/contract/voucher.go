package contract

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// VoucherContract records cases, issues vouchers, activates, tops up, extends, blocks, replaces, revokes and lapses them.
type VoucherContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*VoucherContract) GetEvaluateTransactions() []string {
	return []string{"Show", "List", "Binding", "Allowance", "Lapsable"}
}

// voucherRequest names a voucher.
type voucherRequest struct {
	header
	Scheme  string `json:"scheme"`
	Voucher string `json:"voucher"`
}

func (r *voucherRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("scheme", r.Scheme), rules.CheckID("voucher", r.Voucher))
}

func (r *voucherRequest) reads() []string { return schemeAndVoucherKeys(r.Scheme, []string{r.Voucher}) }

// reasonedVoucherRequest names a voucher and says why.
type reasonedVoucherRequest struct {
	voucherRequest
	because
}

func (r *reasonedVoucherRequest) check() error {
	return rules.FirstError(r.voucherRequest.check(), r.checkReason())
}

// voucherEvent is the payload of what changes the state of one voucher.
type voucherEvent struct {
	Scheme  string      `json:"scheme"`
	Voucher string      `json:"voucher"`
	State   rules.State `json:"state"`
	Reason  string      `json:"reason,omitzero"`
}

// schemeAndVoucherKeys returns the key of a scheme and those of some of its vouchers.
func schemeAndVoucherKeys(scheme string, vouchers []string) []string {
	keys := []string{schemeKey(scheme)}
	for _, id := range vouchers {
		keys = append(keys, voucherKey(scheme, id))
	}
	return keys
}

// changeVoucher takes a voucher one step further, for a reason.
func (tx *transaction) changeVoucher(r voucherRequest, reason string, step func(*rules.Voucher) error) (any, error) {
	voucher, err := tx.voucher(r.Scheme, r.Voucher)
	if err != nil {
		return nil, err
	}
	if err := step(voucher); err != nil {
		return nil, err
	}
	tx.event = voucherEvent{Scheme: r.Scheme, Voucher: r.Voucher, State: voucher.State, Reason: reason}
	return voucher, putPending(tx, voucherKey(r.Scheme, r.Voucher), voucher)
}
