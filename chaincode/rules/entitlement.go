package rules

// CheckFreeing refuses to free an entitlement of a voucher that was not revoked, or that something remains spent of.
func (v *Voucher) CheckFreeing() error {
	if v.State != VoucherIsRevoked || v.Net() != 0 {
		return Refuse(VoucherState, Details{"id": v.ID, "step": "free", "state": v.State, "spent_cents": v.Net(), "needed": []State{VoucherIsRevoked}},
			"voucher %s is %s with %d cents spent: its entitlement can be freed once it is revoked and nothing of it remains spent", v.ID, v.State, v.Net())
	}
	return nil
}
