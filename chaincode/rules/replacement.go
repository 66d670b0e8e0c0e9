package rules

// Replacement is a proposed authorisation, for a holder who lost the key or the booklet, that awaits a second person. ID is that of
// the request that proposed it.
type Replacement struct {
	ID            string        `json:"id"`
	Authorisation Authorisation `json:"authorisation"`
	SelfBlock     string        `json:"self_block,omitzero"`
	ProposedBy    string        `json:"proposed_by"`
	Reason        string        `json:"reason"`
}

// NextVersion returns the version that a replacement will have, and refuses a voucher that was never bound or is over.
func (v *Voucher) NextVersion() (Number, error) {
	if _, err := voucherLife.next(v.ID, ReplaceVoucher, v.State); err != nil {
		return 0, err
	}
	if v.Authorisation == nil || (v.State == VoucherIsBlocked && v.BlockedFrom != VoucherIsActive) {
		return 0, Refuse(VoucherState, Details{"id": v.ID, "step": ReplaceVoucher, "state": v.State, "blocked_from": v.BlockedFrom},
			"voucher %s was never activated, so there is nothing to replace: unblock and activate it instead", v.ID)
	}
	return v.Authorisation.Version + 1, nil
}

// Replace proposes another authorisation and blocks the voucher immediately, because whoever prints booklets or replaces keys could
// spend from it. A new proposal replaces an undecided one.
func (v *Voucher) Replace(replacement Replacement) error {
	if _, err := v.NextVersion(); err != nil {
		return err
	}
	if replacement.Authorisation.Digest() == v.Authorisation.Digest() {
		return replacement.Authorisation.RefuseUsed(v.Scheme, v.ID)
	}
	if v.State == VoucherIsActive {
		if err := v.Block(replacement.ProposedBy, replacement.Reason); err != nil {
			return err
		}
	}
	v.Replacement = &replacement
	return nil
}

// CheckReplacement refuses a replacement that is not the one awaiting a decision: the new one has to be looked at first.
func (v *Voucher) CheckReplacement(id string) error {
	if err := v.checkReplacement(); err != nil {
		return err
	}
	if v.Replacement.ID != id {
		return Refuse(ChangeNotFound, Details{"voucher": v.ID, "change": id},
			"replacement %s of voucher %s is not awaiting a decision: look at the voucher again", id, v.ID)
	}
	return nil
}

// ApproveReplacement binds the voucher to the proposed authorisation. The person must be neither the one who proposed it nor the one
// who blocked the voucher.
func (v *Voucher) ApproveReplacement(person string) error {
	if err := v.checkReplacement(); err != nil {
		return err
	}
	if err := FirstError(CheckSecondPerson(v.Replacement.ProposedBy, person), CheckSecondPerson(v.BlockedBy, person)); err != nil {
		return err
	}
	version, err := v.NextVersion()
	if err != nil {
		return err
	}
	v.State, v.Authorisation, v.SelfBlock = VoucherIsActive, v.Replacement.Authorisation.Bind(version), v.Replacement.SelfBlock
	v.Replacement = nil
	v.clearBlock()
	return nil
}

// RejectReplacement drops the proposed authorisation. The voucher stays blocked.
func (v *Voucher) RejectReplacement() error {
	if err := v.checkReplacement(); err != nil {
		return err
	}
	v.Replacement = nil
	return nil
}

func (v *Voucher) checkReplacement() error {
	if v.Replacement == nil {
		return Refuse(ChangeNotFound, Details{"voucher": v.ID, "state": v.State}, "voucher %s has no replacement awaiting a decision", v.ID)
	}
	return nil
}
