package contract

import "kindpakket.eu/chaincode/rules"

type replaceRequest struct {
	reasonedVoucherRequest
	binding
}

func (r *replaceRequest) check() error {
	return rules.FirstError(r.reasonedVoucherRequest.check(), r.checkBinding())
}

func (r *replaceRequest) reads() []string {
	return append(r.reasonedVoucherRequest.reads(), boundKey(r.Authorisation.Digest()))
}

var replaceVoucher = operation{name: "voucher:Replace", event: "ReplacementProposed", roles: []role{issuer}}

// Replace proposes another key or booklet for a voucher, and blocks it immediately.
func (*VoucherContract) Replace(ctx *Context, text string) (string, error) {
	return write(ctx, replaceVoucher, text, func(tx *transaction, r *replaceRequest) (any, error) {
		scheme, err := tx.scheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		domain := tx.domain()
		return tx.changeVoucher(r.voucherRequest, r.Reason, func(voucher *rules.Voucher) error {
			version, err := voucher.NextVersion()
			if err != nil {
				return err
			}
			if err := tx.verifyBinding(scheme, domain, voucher, rules.OperationReplace, version, r.binding); err != nil {
				return err
			}
			if err := voucher.Replace(rules.Replacement{
				ID: r.RequestID, Authorisation: r.Authorisation, SelfBlock: r.SelfBlock, ProposedBy: tx.person(), Reason: r.Reason,
			}); err != nil {
				return err
			}
			return tx.checkUnbound(&r.Authorisation)
		})
	})
}

type replacementRequest struct {
	voucherRequest
	Change string `json:"change"`
}

func (r *replacementRequest) check() error {
	return rules.FirstError(r.voucherRequest.check(), rules.CheckID("change", r.Change))
}

var approveReplacement = operation{name: "voucher:ApproveReplacement", event: "ReplacementApproved", roles: []role{approver}}

// ApproveReplacement binds a voucher to the proposed key or booklet, if it is the one that the approver saw, and lets it be spent again.
// What it was bound to is recorded as used, if that was not done when it was bound (before layout 3).
func (*VoucherContract) ApproveReplacement(ctx *Context, text string) (string, error) {
	return write(ctx, approveReplacement, text, func(tx *transaction, r *replacementRequest) (any, error) {
		return tx.changeVoucher(r.voucherRequest, "", func(voucher *rules.Voucher) error {
			if err := voucher.CheckReplacement(r.Change); err != nil {
				return err
			}
			replaced, proposed := voucher.Authorisation, voucher.Replacement.Authorisation
			if err := voucher.ApproveReplacement(tx.person()); err != nil {
				return err
			}
			if _, _, err := tx.recordBound(r.Scheme, r.Voucher, replaced.Digest()); err != nil {
				return err
			}
			return tx.bind(r.Scheme, r.Voucher, &proposed)
		})
	})
}

type rejectReplacementRequest struct {
	replacementRequest
	because
}

func (r *rejectReplacementRequest) check() error {
	return rules.FirstError(r.replacementRequest.check(), r.checkReason())
}

var rejectReplacement = operation{name: "voucher:RejectReplacement", event: "ReplacementRejected", roles: []role{issuer, approver}}

// RejectReplacement drops the proposed key or booklet; the voucher stays blocked.
func (*VoucherContract) RejectReplacement(ctx *Context, text string) (string, error) {
	return write(ctx, rejectReplacement, text, func(tx *transaction, r *rejectReplacementRequest) (any, error) {
		return tx.changeVoucher(r.voucherRequest, r.Reason, func(voucher *rules.Voucher) error {
			if err := voucher.CheckReplacement(r.Change); err != nil {
				return err
			}
			return voucher.RejectReplacement()
		})
	})
}
