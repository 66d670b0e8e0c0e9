package contract

import "kindpakket.eu/chaincode/rules"

type freeRequest struct {
	header
	Scheme       string   `json:"scheme"`
	Entitlements []string `json:"entitlements"`
	because
}

func (r *freeRequest) check() error {
	return rules.FirstError(
		r.checkHeader(), rules.CheckID("scheme", r.Scheme), rules.CheckIDs("entitlements", r.Entitlements, maxBulk), r.checkReason(),
	)
}

var proposeFreeing = operation{name: "voucher:ProposeFreeing", event: "FreeingProposed", roles: proposers}

// ProposeFreeing asks for entitlements of vouchers that were revoked by mistake to be free again.
func (*VoucherContract) ProposeFreeing(ctx *Context, text string) (string, error) {
	return write(ctx, proposeFreeing, text, func(tx *transaction, r *freeRequest) (any, error) {
		if err := tx.checkFreeing(r.Scheme, r.Entitlements); err != nil {
			return nil, err
		}
		return tx.proposeDecision(&rules.Decision{
			ID: r.RequestID, Kind: rules.DecideFreeing, Scheme: r.Scheme, Entitlements: r.Entitlements, Reason: r.Reason,
		})
	})
}

// checkFreeing refuses entitlements that are not those of revoked vouchers of the scheme of which nothing remains spent.
func (tx *transaction) checkFreeing(scheme string, entitlements []string) error {
	keys := make([]string, len(entitlements))
	for i, id := range entitlements {
		keys[i] = entitlementKey(id)
	}
	if err := tx.prefetch(keys...); err != nil {
		return err
	}
	vouchers := make([]string, len(entitlements))
	for i, id := range entitlements {
		used, err := find[entitlement](tx, rules.EntitlementNotFound, "entitlement", id, keys[i])
		if err != nil {
			return err
		}
		if used.Scheme != scheme {
			return rules.Refuse(rules.EntitlementNotFound, rules.Details{"entitlement": id, "scheme": scheme},
				"entitlement %s is in use under another scheme than %s", id, scheme)
		}
		vouchers[i] = used.Voucher
	}
	if err := tx.prefetch(schemeAndVoucherKeys(scheme, vouchers)...); err != nil {
		return err
	}
	for _, id := range vouchers {
		voucher, err := tx.voucher(scheme, id)
		if err != nil {
			return err
		}
		if err := voucher.CheckFreeing(); err != nil {
			return err
		}
	}
	return nil
}

// free carries out a decision to free entitlements: a further voucher can be issued for them, or a voucher topped up.
func (tx *transaction) free(decision *rules.Decision) error {
	if err := tx.checkFreeing(decision.Scheme, decision.Entitlements); err != nil {
		return err
	}
	for _, id := range decision.Entitlements {
		tx.delete(entitlementKey(id))
	}
	return nil
}
