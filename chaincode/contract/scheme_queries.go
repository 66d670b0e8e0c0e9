package contract

import "kindpakket.eu/chaincode/rules"

type showSchemeRequest struct {
	Scheme string `json:"scheme"`
}

func (r *showSchemeRequest) check() error { return rules.CheckID("scheme", r.Scheme) }

// shownScheme is a scheme with its rules, its budget and its last closed day, "" before the first.
type shownScheme struct {
	Scheme      *rules.Scheme `json:"scheme"`
	Rules       *storedTerms  `json:"rules"`
	Budget      *rules.Budget `json:"budget"`
	ClosedUntil rules.Day     `json:"closed_until"`
}

// Show gives a scheme with all that belongs to it.
func (*SchemeContract) Show(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *showSchemeRequest) (any, error) {
		scheme, err := tx.scheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		terms, err := tx.terms(r.Scheme, scheme.RulesVersion)
		if err != nil {
			return nil, err
		}
		budget, err := tx.budget(r.Scheme)
		if err != nil {
			return nil, err
		}
		closedUntil, err := tx.closedUntil(r.Scheme)
		return shownScheme{Scheme: scheme, Rules: terms, Budget: budget, ClosedUntil: closedUntil}, err
	})
}

// List gives the schemes of the channel.
func (*SchemeContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *paging) (any, error) {
		schemes, _, err := list[rules.Scheme](tx, schemePrefix, r)
		return schemes, err
	})
}
