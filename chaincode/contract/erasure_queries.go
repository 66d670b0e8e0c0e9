package contract

import "kindpakket.eu/chaincode/rules"

type erasureQuery struct {
	Erasure string `json:"erasure"`
}

func (r *erasureQuery) check() error { return rules.CheckID("erasure", r.Erasure) }

// Show returns an erasure; once it is certified, the certificate.
func (*ErasureContract) Show(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *erasureQuery) (any, error) {
		return tx.erasure(r.Erasure)
	})
}

// List returns the erasures of the channel.
func (*ErasureContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *paging) (any, error) {
		erasures, _, err := list[rules.Erasure](tx, erasurePrefix(), r)
		return erasures, err
	})
}

type dueRecordsRequest struct {
	privateRecords
	paging
}

func (r *dueRecordsRequest) check() error {
	return rules.FirstError(r.privateRecords.check(), r.paging.check())
}

// dueRecord is a voucher or shop whose private records have been due to be purged since a day.
type dueRecord struct {
	ID    string    `json:"id"`
	DueOn rules.Day `json:"due_on"`
}

// Due returns the vouchers or shops of a page whose retention term has passed and that still have a private record.
func (*ErasureContract) Due(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *dueRecordsRequest) (any, error) {
		if r.Collection == citizens {
			return tx.dueCases(r)
		}
		return tx.dueAccounts(r)
	})
}

func (tx *transaction) dueCases(r *dueRecordsRequest) (any, error) {
	scheme, err := tx.scheme(r.Scheme)
	if err != nil {
		return nil, err
	}
	vouchers, _, err := list[rules.Voucher](tx, voucherPrefix(r.Scheme), &r.paging)
	if err != nil {
		return nil, err
	}
	page := &listed[dueRecord]{Next: vouchers.Next}
	for i := range vouchers.Items {
		voucher := &vouchers.Items[i]
		terms, err := tx.termsFor(scheme, voucher)
		if err != nil {
			return nil, err
		}
		if err := tx.addDue(page, r.privateRecords, voucher.ID, terms.CaseTerm(scheme, voucher)); err != nil {
			return nil, err
		}
	}
	return page, nil
}

func (tx *transaction) dueAccounts(r *dueRecordsRequest) (any, error) {
	shops, _, err := list[rules.Shop](tx, shopPrefix(), &r.paging)
	if err != nil {
		return nil, err
	}
	page := &listed[dueRecord]{Next: shops.Next}
	for i := range shops.Items {
		if err := tx.addDue(page, r.privateRecords, shops.Items[i].ID, shops.Items[i].AccountTerm()); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// addDue adds a voucher or shop to a page when its term has passed and a record is left.
func (tx *transaction) addDue(page *listed[dueRecord], p privateRecords, id string, term rules.Term) error {
	if !term.HasPassed(tx.now) {
		return nil
	}
	left, err := tx.recordsOf(p, id)
	if err == nil && len(left) > 0 {
		page.Items = append(page.Items, dueRecord{ID: id, DueOn: term.DueOn()})
	}
	return err
}

// unusedCase is a voucher-to-be whose case was recorded and that was never issued, and the day from which its record may be erased, "" while
// that is not known.
type unusedCase struct {
	ID    string    `json:"id"`
	DueOn rules.Day `json:"due_on"`
	IsDue bool      `json:"is_due"`
}

// UnusedCases returns the case records of a page that led to no voucher, from a peer that holds the collection. A page may be short, and
// others may follow it.
func (*ErasureContract) UnusedCases(ctx *Context, text string) (string, error) {
	return query(ctx, municipal, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		scheme, err := tx.scheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		ids, next, err := tx.privateKeys(citizens, casePrefix(r.Scheme), &r.paging)
		if err != nil {
			return nil, err
		}
		if err := tx.prefetch(schemeAndVoucherKeys(r.Scheme, ids)...); err != nil {
			return nil, err
		}
		page := &listed[unusedCase]{Next: next}
		for _, id := range ids {
			issued, err := tx.has(voucherKey(r.Scheme, id))
			if err != nil {
				return nil, err
			}
			if issued {
				continue
			}
			term, err := tx.caseTerm(scheme, id)
			if err != nil {
				return nil, err
			}
			page.Items = append(page.Items, unusedCase{ID: id, DueOn: term.DueOn(), IsDue: term.HasPassed(tx.now)})
		}
		return page, nil
	})
}
