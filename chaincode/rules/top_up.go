package rules

// TopUp is more money for one voucher.
type TopUp struct {
	Voucher     string `json:"voucher"`
	Entitlement string `json:"entitlement"`
	Preset      string `json:"preset"`
	Units       Number `json:"units"`
}

// CheckTopUps refuses too many top-ups, malformed ones, and a voucher or an entitlement that appears twice in the request.
func CheckTopUps(topUps []TopUp, most int) error {
	vouchers := make([]string, 0, len(topUps))
	for _, topUp := range topUps {
		vouchers = append(vouchers, topUp.Voucher)
	}
	if err := CheckIDs("top_ups", vouchers, most); err != nil {
		return err
	}
	entitlements := map[string]bool{}
	for _, t := range topUps {
		if err := FirstError(
			checkEntitledAmount("top_ups", t.Entitlement, t.Preset, t.Units), checkEntitlementOnce(t.Entitlement, entitlements[t.Entitlement]),
		); err != nil {
			return err
		}
		entitlements[t.Entitlement] = true
	}
	return nil
}

// TopUp adds the amount of a preset of these terms to a voucher, and returns its cents.
func (t *Terms) TopUp(voucher *Voucher, topUp TopUp, now Number) (Cents, error) {
	if err := voucher.checkTopUp(now); err != nil {
		return 0, err
	}
	if _, product := t.Products[topUp.Preset]; product {
		return 0, Refuse(PresetUnknown, Details{"preset": topUp.Preset}, "%s is a product: give a preset to top up a voucher", topUp.Preset)
	}
	cents, err := t.Amount(topUp.Preset, topUp.Units)
	if err != nil {
		return 0, err
	}
	if given := voucher.Issued + voucher.ToppedUp; cents > MaxAmount-given {
		return 0, Refuse(InvalidAmount, Details{"voucher": voucher.ID, "cents": cents, "given_cents": given, "most": MaxAmount},
			"voucher %s was given %d cents: adding %d would exceed the maximum of %d", voucher.ID, given, cents, MaxAmount)
	}
	if err := change(&voucher.ToppedUp, cents); err != nil {
		return 0, err
	}
	if err := change(&voucher.Available, cents); err != nil {
		return 0, err
	}
	return cents, voucher.settle()
}

// checkTopUp refuses a voucher that money cannot be added to.
func (v *Voucher) checkTopUp(now Number) error {
	if v.State == VoucherIsRevoked {
		return Refuse(VoucherRevoked, Details{"voucher": v.ID, "state": v.State}, "voucher %s is revoked", v.ID)
	}
	if _, err := voucherLife.next(v.ID, TopUpVoucher, v.State); err != nil {
		return err
	}
	if v.Product != "" {
		return Refuse(VoucherState, Details{"id": v.ID, "step": TopUpVoucher, "product": v.Product},
			"voucher %s is for product %s and cannot be topped up: issue another voucher", v.ID, v.Product)
	}
	if now >= v.EndsAt {
		return v.expired()
	}
	return nil
}
