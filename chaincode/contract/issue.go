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

// issued is the answer to issuing, and its event.
type issued struct {
	Scheme      string      `json:"scheme"`
	Vouchers    []issuedOne `json:"vouchers"`
	IssuedCents rules.Cents `json:"issued_cents"`
}

type issuedOne struct {
	ID    string      `json:"id"`
	Cents rules.Cents `json:"cents"`
}

// entitlement tells which voucher an entitlement led to.
type entitlement struct {
	Scheme  string `json:"scheme"`
	Voucher string `json:"voucher"`
}

var issueVouchers = operation{name: "voucher:Issue", event: "VouchersIssued", roles: []role{issuer}}

// Issue makes vouchers out of a scheme's budget, all or none.
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
		if err := tx.checkNew(r); err != nil {
			return nil, err
		}
		answer, err := tx.issueAll(r, terms)
		if err != nil {
			return nil, err
		}
		budget, err := tx.budget(r.Scheme)
		if err != nil {
			return nil, err
		}
		if err := budget.Issue(answer.IssuedCents); err != nil {
			return nil, err
		}
		tx.event = answer
		return answer, tx.put(budgetKey(r.Scheme), budget)
	})
}

// checkNew refuses vouchers and entitlements that were seen before, and vouchers without a private case record.
func (tx *transaction) checkNew(r *issueRequest) error {
	keys := make([]string, 0, 2*len(r.Vouchers))
	for _, allocation := range r.Vouchers {
		keys = append(keys, voucherKey(r.Scheme, allocation.ID), entitlementKey(allocation.Entitlement))
	}
	if err := tx.prefetch(keys...); err != nil {
		return err
	}
	for _, allocation := range r.Vouchers {
		if err := tx.checkAllocation(r.Scheme, allocation); err != nil {
			return err
		}
	}
	return nil
}

func (tx *transaction) checkAllocation(scheme string, allocation rules.Allocation) error {
	before, err := get[entitlement](tx, entitlementKey(allocation.Entitlement))
	if err != nil {
		return err
	}
	if before != nil {
		return rules.Refuse(rules.AlreadyIssued, rules.Details{"entitlement": allocation.Entitlement, "voucher": before.Voucher},
			"entitlement %s led to voucher %s before", allocation.Entitlement, before.Voucher)
	}
	exists, err := tx.has(voucherKey(scheme, allocation.ID))
	if err != nil {
		return err
	}
	if exists {
		return rules.Refuse(rules.VoucherExists, rules.Details{"voucher": allocation.ID}, "voucher %s exists", allocation.ID)
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
		answer.Vouchers = append(answer.Vouchers, issuedOne{ID: voucher.ID, Cents: voucher.Issued})
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
