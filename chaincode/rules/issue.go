package rules

// Allocation is one voucher of a request to issue.
type Allocation struct {
	ID          string `json:"id"`
	Entitlement string `json:"entitlement"`
	Preset      string `json:"preset"`
	Units       Number `json:"units"`
}

// CheckIssuable refuses to issue vouchers that could no longer be spent.
func (t *Terms) CheckIssuable(now Number) error {
	if now >= t.End() {
		return Refuse(SchemeNotOpen, Details{"ends_on": t.EndsOn, "ends_at": t.End(), "now": now},
			"the scheme ended on %s: no more vouchers can be issued", t.EndsOn)
	}
	return nil
}

// Issue makes the voucher of an allocation under a version of a scheme's terms: money by a preset, or one product.
func (t *Terms) Issue(scheme string, version Number, allocation Allocation) (*Voucher, error) {
	cents, err := t.Amount(allocation.Preset, allocation.Units)
	if err != nil {
		return nil, err
	}
	voucher := &Voucher{
		ID: allocation.ID, Scheme: scheme, RulesVersion: version, State: VoucherIsIssued,
		Entitlement: allocation.Entitlement, Preset: allocation.Preset, Units: allocation.Units,
		Balance: Balance{Issued: cents, Available: cents}, SpentByCategory: map[string]Cents{}, EndsAt: t.End(),
	}
	if _, product := t.Products[allocation.Preset]; product {
		voucher.Product = allocation.Preset
	}
	return voucher, voucher.Check()
}

// CheckAllocations refuses too many vouchers, malformed ones, and a voucher or an entitlement that appears twice in the request.
func CheckAllocations(allocations []Allocation, most int) error {
	if err := CheckCount("vouchers", len(allocations), most); err != nil {
		return err
	}
	vouchers, entitlements := map[string]bool{}, map[string]bool{}
	for _, a := range allocations {
		if err := FirstError(
			CheckID("vouchers.id", a.ID),
			checkEntitledAmount("vouchers", a.Entitlement, a.Preset, a.Units),
			checkEntitlementOnce(a.Entitlement, entitlements[a.Entitlement]),
		); err != nil {
			return err
		}
		if vouchers[a.ID] {
			return Refuse(VoucherExists, Details{"voucher": a.ID}, "voucher %s appears twice in the request: name each voucher once", a.ID)
		}
		vouchers[a.ID], entitlements[a.Entitlement] = true, true
	}
	return nil
}

// checkEntitledAmount refuses malformed members of an amount that is issued or added for an entitlement.
func checkEntitledAmount(member, entitlement, preset string, units Number) error {
	return FirstError(
		CheckID(member+".entitlement", entitlement),
		CheckCode(member+".preset", preset),
		CheckNumber(member+".units", units, 1, Number(MaxAmount)),
	)
}

func checkEntitlementOnce(entitlement string, twice bool) error {
	if twice {
		return Refuse(AlreadyIssued, Details{"entitlement": entitlement}, "entitlement %s appears twice in the request: name each entitlement once", entitlement)
	}
	return nil
}
