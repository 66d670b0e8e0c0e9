package rules

const (
	// ByHolder is recorded instead of a person when the holder blocked a voucher.
	ByHolder = "holder"

	selfBlockReason = "self-block"
)

// Block stops spending.
func (v *Voucher) Block(person, reason string) error {
	state, err := voucherLife.next(v.ID, BlockVoucher, v.State)
	if err != nil {
		return err
	}
	v.BlockedFrom, v.State, v.BlockedBy, v.BlockReason = v.State, state, person, reason
	return nil
}

// BlockByHolder stops spending by the self-block code that was created with the holder's key or booklet; hash is that of the code, which
// works once. It also counts for a voucher that is blocked already, which then stays blocked when that block is lifted. A wrong code is
// refused in the same way whatever the voucher's state, so that guessing reveals nothing.
func (v *Voucher) BlockByHolder(hash string) error {
	if v.SelfBlock == "" || v.SelfBlock != hash {
		return Refuse(SelfBlockInvalid, Details{"voucher": v.ID}, "this code does not block voucher %s: check the code and the voucher", v.ID)
	}
	if v.State == VoucherIsBlocked {
		v.HolderBlocked = true
	} else if err := v.Block(ByHolder, selfBlockReason); err != nil {
		return err
	}
	v.SelfBlock = ""
	return nil
}

// Unblock lifts a block, by another person than who blocked the voucher, which returns to the state that it was blocked in. When its
// holder blocked it as well, that block remains, and is lifted like any other of a holder.
func (v *Voucher) Unblock(person string) error {
	if _, err := voucherLife.next(v.ID, UnblockVoucher, v.State); err != nil {
		return err
	}
	if v.Replacement != nil {
		return Refuse(VoucherState, Details{"id": v.ID, "step": UnblockVoucher, "proposed_by": v.Replacement.ProposedBy},
			"a replacement is proposed for voucher %s: approve or reject it first", v.ID)
	}
	if err := CheckSecondPerson(v.BlockedBy, person); err != nil {
		return err
	}
	if v.HolderBlocked {
		v.BlockedBy, v.BlockReason, v.HolderBlocked = ByHolder, selfBlockReason, false
		return nil
	}
	v.State = v.BlockedFrom
	v.clearBlock()
	return nil
}

func (v *Voucher) clearBlock() {
	v.BlockedFrom, v.BlockedBy, v.BlockReason, v.HolderBlocked = "", "", "", false
}
