package contract

import "kindpakket.eu/chaincode/rules"

type issueRequest struct {
	header
	Scheme   string           `json:"scheme"`
	Vouchers []rules.Issuance `json:"vouchers"`
	drawing
}

func (r *issueRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("scheme", r.Scheme), rules.CheckIssuances(r.Vouchers, maxBulk), r.checkDrawing())
}

func (r *issueRequest) reads() []string {
	keys := []string{schemeKey(r.Scheme), budgetKey(r.Scheme), allocationKey(r.Scheme, r.Allocation)}
	for _, issuance := range r.Vouchers {
		keys = append(keys, voucherKey(r.Scheme, issuance.ID), entitlementKey(issuance.Entitlement))
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

// Issue makes the vouchers of a part of an approved list, all or none.
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
		allocation, err := tx.drawable(r.Scheme, &r.drawing, rules.AllocationToIssue, r.Vouchers)
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
		tx.event = answer
		return answer, tx.draw(allocation, len(r.Vouchers), answer.IssuedCents, func(budget *rules.Budget) error {
			return budget.Issue(answer.IssuedCents)
		})
	})
}

// checkNew refuses vouchers and entitlements that were seen before, and vouchers without a private case record.
func (tx *transaction) checkNew(r *issueRequest) error {
	for _, issuance := range r.Vouchers {
		if err := tx.checkIssuance(r.Scheme, issuance); err != nil {
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

func (tx *transaction) checkIssuance(scheme string, issuance rules.Issuance) error {
	if err := tx.checkEntitlement(issuance.Entitlement); err != nil {
		return err
	}
	exists, err := tx.has(voucherKey(scheme, issuance.ID))
	if err != nil {
		return err
	}
	if exists {
		return rules.Refuse(rules.VoucherExists, rules.Details{"voucher": issuance.ID}, "voucher %s already exists: draw a new id", issuance.ID)
	}
	hash, err := tx.privateHash(citizens, caseKey(scheme, issuance.ID))
	if err == nil && hash == "" {
		err = rules.Refuse(rules.CaseRecordMissing, rules.Details{"voucher": issuance.ID},
			"voucher %s has no private case record: record its case first", issuance.ID)
	}
	return err
}

func (tx *transaction) issueAll(r *issueRequest, terms *storedTerms) (*issued, error) {
	answer := &issued{Scheme: r.Scheme}
	for _, issuance := range r.Vouchers {
		voucher, err := terms.Issue(r.Scheme, terms.Version, issuance)
		if err != nil {
			return nil, err
		}
		voucher.IssuedBy = tx.person()
		answer.Vouchers = append(answer.Vouchers, voucherCents{ID: voucher.ID, Cents: voucher.Issued})
		answer.IssuedCents += voucher.Issued
		if err := tx.put(voucherKey(r.Scheme, voucher.ID), voucher); err != nil {
			return nil, err
		}
		if err := tx.put(entitlementKey(issuance.Entitlement), entitlement{Scheme: r.Scheme, Voucher: voucher.ID}); err != nil {
			return nil, err
		}
	}
	return answer, nil
}
