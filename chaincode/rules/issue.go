package rules

// Issuance is one voucher of a request to issue.
type Issuance struct {
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

// Issue makes a voucher under a version of a scheme's terms: money by a preset, or one product.
func (t *Terms) Issue(scheme string, version Number, issuance Issuance) (*Voucher, error) {
	cents, err := t.Amount(issuance.Preset, issuance.Units)
	if err != nil {
		return nil, err
	}
	voucher := &Voucher{
		ID: issuance.ID, Scheme: scheme, RulesVersion: version, State: VoucherIsIssued,
		Entitlement: issuance.Entitlement, Preset: issuance.Preset, Units: issuance.Units,
		Balance: Balance{Issued: cents, Available: cents}, SpentByCategory: map[string]Cents{}, EndsAt: t.End(),
	}
	if _, product := t.Products[issuance.Preset]; product {
		voucher.Product = issuance.Preset
	}
	return voucher, voucher.Check()
}

// CheckIssuances refuses too many vouchers, malformed ones, and a voucher or an entitlement that appears twice in the request.
func CheckIssuances(issuances []Issuance, most int) error {
	if err := CheckCount("vouchers", len(issuances), most); err != nil {
		return err
	}
	vouchers, entitlements := map[string]bool{}, map[string]bool{}
	for _, i := range issuances {
		if err := FirstError(
			CheckID("vouchers.id", i.ID),
			checkEntitledAmount("vouchers", i.Entitlement, i.Preset, i.Units),
			checkEntitlementOnce(i.Entitlement, entitlements[i.Entitlement]),
		); err != nil {
			return err
		}
		if vouchers[i.ID] {
			return Refuse(VoucherExists, Details{"voucher": i.ID}, "voucher %s appears twice in the request: name each voucher once", i.ID)
		}
		vouchers[i.ID], entitlements[i.Entitlement] = true, true
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
