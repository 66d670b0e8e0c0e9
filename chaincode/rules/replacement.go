package rules

// Replacement is an authorisation that waits for a second person, for a holder who lost the key or the booklet. ID is that of the
// request that proposed it.
type Replacement struct {
	ID            string        `json:"id"`
	Authorisation Authorisation `json:"authorisation"`
	SelfBlock     string        `json:"self_block,omitzero"`
	ProposedBy    string        `json:"proposed_by"`
	Reason        string        `json:"reason"`
}

// NextVersion gives the version that a replacement will have, and refuses a voucher that was never bound or is over.
func (v *Voucher) NextVersion() (Number, error) {
	if _, err := voucherLife.next(v.ID, ReplaceVoucher, v.State); err != nil {
		return 0, err
	}
	if v.Authorisation == nil || (v.State == VoucherIsBlocked && v.BlockedFrom != VoucherIsActive) {
		return 0, Refuse(VoucherState, Details{"id": v.ID, "step": ReplaceVoucher, "state": v.State, "blocked_from": v.BlockedFrom},
			"voucher %s was never activated, so there is nothing to replace: unblock and activate it", v.ID)
	}
	return v.Authorisation.Version + 1, nil
}

// Replace proposes another authorisation and blocks the voucher at once, because who prints booklets or replaces keys could spend. A
// further proposal takes the place of the one that waits. What the voucher is bound to cannot replace itself: pages that were
// used would pay again.
func (v *Voucher) Replace(replacement Replacement) error {
	if _, err := v.NextVersion(); err != nil {
		return err
	}
	if replacement.Authorisation.isSame(&v.Authorisation.Authorisation) {
		return invalidAuthorisation("same", "voucher %s is bound to this very authorisation: draw another", v.ID)
	}
	if v.State == VoucherIsActive {
		if err := v.Block(replacement.ProposedBy, replacement.Reason); err != nil {
			return err
		}
	}
	v.Replacement = &replacement
	return nil
}

// CheckReplacement refuses a replacement that is not the one that waits: what takes its place has to be looked at first.
func (v *Voucher) CheckReplacement(id string) error {
	if err := v.checkReplacement(); err != nil {
		return err
	}
	if v.Replacement.ID != id {
		return Refuse(ChangeNotFound, Details{"voucher": v.ID, "change": id}, "the authorisation %s of voucher %s does not wait for a decision", id, v.ID)
	}
	return nil
}

// ApproveReplacement binds the voucher to the authorisation that waits, by another person than who proposed it and than who blocked
// the voucher.
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

// RejectReplacement takes the authorisation that waits away. The voucher stays blocked.
func (v *Voucher) RejectReplacement() error {
	if err := v.checkReplacement(); err != nil {
		return err
	}
	v.Replacement = nil
	return nil
}

func (v *Voucher) checkReplacement() error {
	if v.Replacement == nil {
		return Refuse(ChangeNotFound, Details{"voucher": v.ID, "state": v.State}, "no other authorisation of voucher %s waits for a decision", v.ID)
	}
	return nil
}
