package contract

import "kindpakket.eu/chaincode/rules"

type schemeQuery struct {
	Scheme string `json:"scheme"`
}

func (r *schemeQuery) check() error { return rules.CheckID("scheme", r.Scheme) }

// shownScheme is a scheme with its rules, its budget and its last closed day, "" before the first.
type shownScheme struct {
	Scheme      *rules.Scheme `json:"scheme"`
	Rules       *storedTerms  `json:"rules"`
	Budget      *rules.Budget `json:"budget"`
	ClosedUntil rules.Day     `json:"closed_until"`
}

// Show returns a scheme with all that belongs to it.
func (*SchemeContract) Show(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *schemeQuery) (any, error) {
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

// List returns the schemes of the channel.
func (*SchemeContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *paging) (any, error) {
		schemes, _, err := list[rules.Scheme](tx, schemePrefix(), r)
		return schemes, err
	})
}

type rulesQuery struct {
	schemeQuery
	Version rules.Number `json:"version"`
}

// Rules returns one version of a scheme's rules.
func (*SchemeContract) Rules(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *rulesQuery) (any, error) {
		scheme, err := tx.scheme(r.Scheme)
		if err != nil {
			return nil, err
		}
		if err := rules.CheckNumber("version", r.Version, firstRulesVersion, scheme.RulesVersion); err != nil {
			return nil, err
		}
		return tx.terms(r.Scheme, r.Version)
	})
}

// Changes returns the changes that were proposed for a scheme.
func (*SchemeContract) Changes(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		changes, _, err := list[rules.Change](tx, changePrefix(r.Scheme), &r.paging)
		return changes, err
	})
}

// listOfSchemeRequest asks for a page of what belongs to a scheme.
type listOfSchemeRequest struct {
	Scheme string `json:"scheme"`
	paging
}

func (r *listOfSchemeRequest) check() error {
	return rules.FirstError(rules.CheckID("scheme", r.Scheme), r.paging.check())
}
