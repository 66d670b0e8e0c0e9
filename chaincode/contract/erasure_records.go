package contract

import "kindpakket.eu/chaincode/rules"

// privateRecords names a collection of private records; of the citizens' those of one scheme.
type privateRecords struct {
	Collection string `json:"collection"`
	Scheme     string `json:"scheme,omitzero"`
}

func recordsIn(erasure *rules.Erasure) privateRecords {
	return privateRecords{Collection: erasure.Collection, Scheme: erasure.Scheme}
}

func (p privateRecords) check() error {
	switch {
	case p.Collection == citizens:
		return rules.CheckID("scheme", p.Scheme)
	case p.Collection == shopAccounts && p.Scheme != "":
		return rules.Refuse(rules.MalformedRequest, rules.Details{"member": "scheme"}, "accounts of shops do not belong to a scheme: leave out scheme")
	case p.Collection == shopAccounts:
		return nil
	}
	return rules.Refuse(rules.InvalidCode, rules.Details{"member": "collection", "value": rules.Excerpt(p.Collection)},
		"collection is %q: it must be %s or %s", rules.Excerpt(p.Collection), citizens, shopAccounts)
}

// owners returns the keys of what an erasure for a reason has to look at: the shops, or the scheme and, for their term, the vouchers.
func (p privateRecords) owners(ids []string, reason string) []string {
	var keys []string
	if p.Collection == citizens {
		keys = append(keys, schemeKey(p.Scheme))
	}
	for _, id := range ids {
		switch {
		case p.Collection == shopAccounts:
			keys = append(keys, shopKey(id))
		case reason == rules.ForRetention:
			keys = append(keys, voucherKey(p.Scheme, id))
		}
	}
	return keys
}

func (p privateRecords) missing(id string) error {
	if p.Collection == citizens {
		return rules.Refuse(rules.CaseRecordMissing, rules.Details{"voucher": id}, "voucher %s has no private case record", id)
	}
	return rules.Refuse(rules.AccountMissing, rules.Details{"shop": id}, "shop %s has no private account record", id)
}

// checkErasable refuses shops that have not ended and, when the reason is retention, records whose term has not passed.
func (tx *transaction) checkErasable(p privateRecords, ids []string, reason string) error {
	if err := tx.prefetch(p.owners(ids, reason)...); err != nil {
		return err
	}
	if p.Collection == shopAccounts {
		return tx.checkEnded(ids, reason)
	}
	scheme, err := tx.scheme(p.Scheme)
	if err != nil || reason != rules.ForRetention {
		return err
	}
	for _, id := range ids {
		term, err := tx.caseTerm(scheme, id)
		if err != nil {
			return err
		}
		if err := term.Check(id, tx.now); err != nil {
			return err
		}
	}
	return nil
}

// caseTerm returns how long a case record is kept: by the terms of the voucher that it led to, or by those of its scheme when it led to none.
func (tx *transaction) caseTerm(scheme *rules.Scheme, id string) (rules.Term, error) {
	voucher, err := get[rules.Voucher](tx, voucherKey(scheme.ID, id))
	if err != nil {
		return rules.Term{}, err
	}
	if voucher == nil {
		terms, err := tx.terms(scheme.ID, scheme.RulesVersion)
		if err != nil {
			return rules.Term{}, err
		}
		return terms.UnusedCaseTerm(scheme), nil
	}
	terms, err := tx.termsFor(scheme, voucher)
	if err != nil {
		return rules.Term{}, err
	}
	return terms.CaseTerm(scheme, voucher), nil
}

func (tx *transaction) checkEnded(shops []string, reason string) error {
	for _, id := range shops {
		shop, err := tx.shop(id)
		if err != nil {
			return err
		}
		if err := shop.CheckEnded(); err != nil {
			return err
		}
		if reason != rules.ForRetention {
			continue
		}
		if err := shop.AccountTerm().Check(id, tx.now); err != nil {
			return err
		}
	}
	return tx.checkNothingOpen(shops)
}

// checkNothingOpen refuses shops with money that is still open under any scheme: without its account, a shop could not be paid.
func (tx *transaction) checkNothingOpen(shops []string) error {
	var schemes []string
	err := scanRange(tx, schemePrefix(), endOf(schemePrefix()), func(key string, _ *finder) (bool, error) {
		schemes = append(schemes, lastMember(key))
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, shop := range shops {
		for _, scheme := range schemes {
			for _, prefix := range []string{unsettledPrefix(scheme, shop), liveKind.prefix(scheme, shop)} {
				first, err := tx.firstFrom(prefix, endOf(prefix))
				if err != nil {
					return err
				}
				if first != "" {
					return rules.Refuse(rules.MoneyOpen, rules.Details{"shop": shop, "scheme": scheme, "key": first},
						"shop %s still has money open under scheme %s: pay, net or claim it before its account is erased", shop, scheme)
				}
			}
		}
	}
	return nil
}

// recordsOf returns the private records of a voucher or shop that are there, with their hashes.
func (tx *transaction) recordsOf(p privateRecords, id string) ([]rules.ErasedRecord, error) {
	if p.Collection == citizens {
		return tx.present(p, []rules.ErasedRecord{{ID: id, Key: caseKey(p.Scheme, id)}})
	}
	shop, err := tx.shop(id)
	if err != nil {
		return nil, err
	}
	var records []rules.ErasedRecord
	for _, change := range shop.AllAccounts() {
		records = append(records, rules.ErasedRecord{ID: id, Key: accountKey(id, change)})
	}
	return tx.present(p, records)
}

// remaining returns the records of an erasure that are still there.
func (tx *transaction) remaining(erasure *rules.Erasure) ([]rules.ErasedRecord, error) {
	return tx.present(recordsIn(erasure), erasure.Records)
}

// present returns those of private records that are still there, with the hashes that they have now.
func (tx *transaction) present(p privateRecords, records []rules.ErasedRecord) ([]rules.ErasedRecord, error) {
	var present []rules.ErasedRecord
	for _, record := range records {
		collection, err := tx.collectionOf(p, record.ID)
		if err != nil {
			return nil, err
		}
		hash, err := tx.privateHash(collection, record.Key)
		if err != nil {
			return nil, err
		}
		if hash != "" {
			record.SHA256 = hash
			present = append(present, record)
		}
	}
	return present, nil
}

// collectionOf names the collection that the private records of a voucher or shop are in.
func (tx *transaction) collectionOf(p privateRecords, id string) (string, error) {
	if p.Collection == citizens {
		return citizens, nil
	}
	shop, err := tx.shop(id)
	if err != nil {
		return "", err
	}
	return tx.accountsOf(shop)
}
