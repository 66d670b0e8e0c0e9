package contract

import "kindpakket.eu/chaincode/rules"

// binding is what a voucher is to be bound to, with the proof that its holder has it. SelfBlock is the hash of the holder's self-block
// code, "" for none.
type binding struct {
	Authorisation rules.Authorisation `json:"authorisation"`
	SelfBlock     string              `json:"self_block,omitzero"`
	Proof         *rules.Proof        `json:"proof"`
}

func (b *binding) checkBinding() error {
	if b.SelfBlock != "" {
		if err := rules.CheckDigest("self_block", b.SelfBlock); err != nil {
			return err
		}
	}
	if err := b.Authorisation.CheckForm(); err != nil {
		return err
	}
	if b.Proof == nil {
		return nil
	}
	return b.Proof.CheckForm()
}

type activation struct {
	Voucher string `json:"voucher"`
	binding
}

type activateRequest struct {
	header
	Scheme      string       `json:"scheme"`
	Activations []activation `json:"activations"`
}

func (r *activateRequest) check() error {
	err := rules.FirstError(r.checkHeader(), rules.CheckID("scheme", r.Scheme), rules.CheckIDs("activations", r.vouchers(), maxBulk))
	for i := 0; err == nil && i < len(r.Activations); i++ {
		err = r.Activations[i].checkBinding()
	}
	return err
}

func (r *activateRequest) reads() []string {
	keys := schemeAndVoucherKeys(r.Scheme, r.vouchers())
	for _, activation := range r.Activations {
		keys = append(keys, boundKey(activation.Authorisation.Digest()))
	}
	return keys
}

func (r *activateRequest) vouchers() []string {
	vouchers := make([]string, 0, len(r.Activations))
	for _, activation := range r.Activations {
		vouchers = append(vouchers, activation.Voucher)
	}
	return vouchers
}

// activated is the answer to activating, and its event.
type activated struct {
	Scheme   string   `json:"scheme"`
	Vouchers []string `json:"vouchers"`
}

var activateVouchers = operation{name: rules.OperationActivate, event: "VouchersActivated", roles: []role{issuer, approver}}

// Activate binds vouchers to the keys or booklets of their holders, who prove that they have them, all or none. Who issued a voucher cannot
// activate it.
func (*VoucherContract) Activate(ctx *Context, text string) (string, error) {
	return write(ctx, activateVouchers, text, func(tx *transaction, r *activateRequest) (any, error) {
		scheme, err := tx.scheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		if err := scheme.CheckNotClosed(); err != nil {
			return nil, err
		}
		domain := tx.domain()
		for _, activation := range r.Activations {
			if err := tx.activate(scheme, domain, activation); err != nil {
				return nil, err
			}
		}
		answer := activated{Scheme: r.Scheme, Vouchers: r.vouchers()}
		tx.event = answer
		return answer, nil
	})
}

func (tx *transaction) activate(scheme *rules.Scheme, domain rules.Domain, a activation) error {
	voucher, err := tx.voucher(scheme.ID, a.Voucher)
	if err != nil {
		return err
	}
	if err := tx.verifyBinding(scheme, domain, voucher, rules.OperationActivate, rules.FirstVersion, a.binding); err != nil {
		return err
	}
	if err := voucher.Activate(a.Authorisation, a.SelfBlock, tx.person()); err != nil {
		return err
	}
	if err := tx.bind(scheme.ID, a.Voucher, &a.Authorisation); err != nil {
		return err
	}
	return tx.put(voucherKey(scheme.ID, a.Voucher), voucher)
}

// verifyBinding refuses an authorisation that the voucher's terms do not allow, and one without proof that the holder has it.
func (tx *transaction) verifyBinding(
	scheme *rules.Scheme, domain rules.Domain, voucher *rules.Voucher, operation string, version rules.Number, b binding,
) error {
	terms, err := tx.termsFor(scheme, voucher)
	if err != nil {
		return err
	}
	if err := b.Authorisation.CheckKind(terms.Proofs); err != nil {
		return err
	}
	message := domain.ActivationMessage(operation, scheme.ID, voucher.ID, version, b.Authorisation, b.SelfBlock)
	return b.Authorisation.VerifyActivation(b.Proof, version, message)
}
