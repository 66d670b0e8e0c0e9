package contract

import "kindpakket.eu/chaincode/rules"

type issueRequest struct {
	header
	Scheme   string             `json:"scheme"`
	Vouchers []rules.Allocation `json:"vouchers"`
}

func (r *issueRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("scheme", r.Scheme), rules.CheckAllocations(r.Vouchers, maxBulk))
}

func (r *issueRequest) reads() []string {
	keys := []string{schemeKey(r.Scheme), budgetKey(r.Scheme)}
	for _, allocation := range r.Vouchers {
		keys = append(keys, voucherKey(r.Scheme, allocation.ID), entitlementKey(allocation.Entitlement))
	}
	return keys
}

// issued is the answer to issuing, and its event.
type issued struct {
	Scheme      string         `json:"scheme"`
	Vouchers    []voucherCents `json:"vouchers"`
	IssuedCents rules.Cents    `json:"issued_cents"`
}

// entitlement is the record of the voucher that was issued for an entitlement.
type entitlement struct {
	Scheme  string `json:"scheme"`
	Voucher string `json:"voucher"`
}

var issueVouchers = operation{name: "voucher:Issue", event: "VouchersIssued", roles: []role{issuer}}

// Issue makes vouchers from a scheme's budget, all or none.
func (*VoucherContract) Issue(ctx *Context, text string) (string, error) {
	return write(ctx, issueVouchers, text, func(tx *transaction, r *issueRequest) (any, error) {
		scheme, err := tx.openScheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		terms, err := tx.terms(r.Scheme, scheme.RulesVersion)
		if err != nil {
			return nil, err
		}
		if err := terms.CheckIssuable(tx.now); err != nil {
			return nil, err
		}
		if err := tx.checkNew(r); err != nil {
			return nil, err
		}
		answer, err := tx.issueAll(r, terms)
		if err != nil {
			return nil, err
		}
		tx.event = answer
		return answer, tx.changeBudget(r.Scheme, func(budget *rules.Budget) error { return budget.Issue(answer.IssuedCents) })
	})
}

// checkNew refuses vouchers and entitlements that were seen before, and vouchers without a private case record.
func (tx *transaction) checkNew(r *issueRequest) error {
	for _, allocation := range r.Vouchers {
		if err := tx.checkAllocation(r.Scheme, allocation); err != nil {
			return err
		}
	}
	return nil
}

// checkEntitlement refuses an entitlement that has been used before.
func (tx *transaction) checkEntitlement(id string) error {
	before, err := get[entitlement](tx, entitlementKey(id))
	if err == nil && before != nil {
		err = rules.Refuse(rules.AlreadyIssued, rules.Details{"entitlement": id, "voucher": before.Voucher},
			"entitlement %s has already been used for voucher %s", id, before.Voucher)
	}
	return err
}

func (tx *transaction) checkAllocation(scheme string, allocation rules.Allocation) error {
	if err := tx.checkEntitlement(allocation.Entitlement); err != nil {
		return err
	}
	exists, err := tx.has(voucherKey(scheme, allocation.ID))
	if err != nil {
		return err
	}
	if exists {
		return rules.Refuse(rules.VoucherExists, rules.Details{"voucher": allocation.ID}, "voucher %s already exists: draw a new id", allocation.ID)
	}
	hash, err := tx.privateHash(citizens, caseKey(scheme, allocation.ID))
	if err == nil && hash == "" {
		err = rules.Refuse(rules.CaseRecordMissing, rules.Details{"voucher": allocation.ID},
			"voucher %s has no private case record: record its case first", allocation.ID)
	}
	return err
}

func (tx *transaction) issueAll(r *issueRequest, terms *storedTerms) (*issued, error) {
	answer := &issued{Scheme: r.Scheme}
	for _, allocation := range r.Vouchers {
		voucher, err := terms.Issue(r.Scheme, terms.Version, allocation)
		if err != nil {
			return nil, err
		}
		answer.Vouchers = append(answer.Vouchers, voucherCents{ID: voucher.ID, Cents: voucher.Issued})
		answer.IssuedCents += voucher.Issued
		if err := tx.put(voucherKey(r.Scheme, voucher.ID), voucher); err != nil {
			return nil, err
		}
		if err := tx.put(entitlementKey(allocation.Entitlement), entitlement{Scheme: r.Scheme, Voucher: voucher.ID}); err != nil {
			return nil, err
		}
	}
	return answer, nil
}
