package contract

import "kindpakket.eu/chaincode/rules"

var blockVoucher = operation{name: "voucher:Block", event: "VoucherBlocked", roles: []role{issuer, approver}}

// Block stops the spending of a voucher.
func (*VoucherContract) Block(ctx *Context, text string) (string, error) {
	return write(ctx, blockVoucher, text, func(tx *transaction, r *reasonedVoucherRequest) (any, error) {
		return tx.changeVoucher(r.voucherRequest, r.Reason, func(voucher *rules.Voucher) error {
			return voucher.Block(tx.person(), r.Reason)
		})
	})
}

var unblockVoucher = operation{name: "voucher:Unblock", event: "VoucherUnblocked", roles: []role{approver}}

// Unblock returns a voucher to the state that another person blocked it in.
func (*VoucherContract) Unblock(ctx *Context, text string) (string, error) {
	return write(ctx, unblockVoucher, text, func(tx *transaction, r *reasonedVoucherRequest) (any, error) {
		return tx.changeVoucher(r.voucherRequest, r.Reason, func(voucher *rules.Voucher) error { return voucher.Unblock(tx.person()) })
	})
}

type selfBlockRequest struct {
	voucherRequest
	Code string `json:"code"`
}

// selfBlocked is the answer to a self-block: only what a till has to know.
type selfBlocked struct {
	Scheme  string      `json:"scheme"`
	Voucher string      `json:"voucher"`
	State   rules.State `json:"state"`
}

var selfBlockVoucher = operation{
	name: "voucher:SelfBlock", event: blockVoucher.event, roles: append([]role{issuer, approver}, sellers...),
}

// SelfBlock stops the spending of a voucher by the code that its holder keeps for that, at any shop or at the municipality.
func (*VoucherContract) SelfBlock(ctx *Context, text string) (string, error) {
	return write(ctx, selfBlockVoucher, text, func(tx *transaction, r *selfBlockRequest) (any, error) {
		domain := tx.domain()
		voucher, err := tx.voucher(r.Scheme, r.Voucher)
		if err != nil {
			return nil, err
		}
		if err := voucher.BlockByHolder(domain.SelfBlockHash(r.Scheme, r.Voucher, r.Code)); err != nil {
			return nil, err
		}
		tx.event = voucherEvent{Scheme: r.Scheme, Voucher: r.Voucher, State: voucher.State, Reason: voucher.BlockReason}
		answer := selfBlocked{Scheme: r.Scheme, Voucher: r.Voucher, State: voucher.State}
		return answer, tx.put(voucherKey(r.Scheme, r.Voucher), voucher)
	})
}
