package contract

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// SchemeContract drafts, approves, opens, pauses, changes and closes schemes, and closes their days.
type SchemeContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*SchemeContract) GetEvaluateTransactions() []string {
	return []string{"Show", "List", "Rules", "Changes"}
}

// schemeEvent is the payload of a scheme's events.
type schemeEvent struct {
	Scheme      string      `json:"scheme"`
	State       rules.State `json:"state"`
	BudgetCents rules.Cents `json:"budget_cents,omitzero"`
}

const firstRulesVersion rules.Number = 1

type draftSchemeRequest struct {
	header
	Rules  rules.Terms `json:"rules"`
	Budget rules.Cents `json:"budget_cents"`
}

func (r *draftSchemeRequest) check() error {
	return rules.FirstError(r.checkHeader(), r.Rules.Check(), rules.CheckBudget("budget_cents", r.Budget))
}

var draftScheme = operation{name: "scheme:Draft", event: "SchemeDrafted", roles: []role{issuer}}

// Draft proposes a scheme: its rules and its budget.
func (*SchemeContract) Draft(ctx *Context, text string) (string, error) {
	return write(ctx, draftScheme, text, func(tx *transaction, r *draftSchemeRequest) (any, error) {
		scheme := &rules.Scheme{ID: r.RequestID, State: rules.SchemeDraft, RulesVersion: firstRulesVersion, DraftedBy: tx.person()}
		tx.event = schemeEvent{Scheme: scheme.ID, State: scheme.State, BudgetCents: r.Budget}
		if err := putPending(tx, schemeKey(scheme.ID), scheme); err != nil {
			return nil, err
		}
		return scheme, tx.putAll(map[string]any{
			rulesKey(scheme.ID, firstRulesVersion): storedTerms{Scheme: scheme.ID, Version: firstRulesVersion, Terms: r.Rules},
			budgetKey(scheme.ID):                   rules.NewBudget(r.Budget),
			dayKey(scheme.ID):                      closedDays{},
		})
	})
}

type schemeRequest struct {
	header
	Scheme string `json:"scheme"`
}

func (r *schemeRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("scheme", r.Scheme))
}

// reasonedSchemeRequest names a scheme and says why.
type reasonedSchemeRequest struct {
	schemeRequest
	because
}

func (r *reasonedSchemeRequest) check() error {
	return rules.FirstError(r.schemeRequest.check(), r.checkReason())
}

var approveScheme = operation{name: "scheme:Approve", event: "SchemeApproved", roles: []role{approver}}

// Approve accepts a draft of another person.
func (*SchemeContract) Approve(ctx *Context, text string) (string, error) {
	return write(ctx, approveScheme, text, func(tx *transaction, r *schemeRequest) (any, error) {
		return tx.changeScheme(r.Scheme, func(scheme *rules.Scheme) error { return scheme.Approve(tx.person()) })
	})
}

var openScheme = operation{name: "scheme:Open", event: "SchemeOpened", roles: []role{issuer, approver}}

// Open opens an approved scheme, or one that another person paused.
func (*SchemeContract) Open(ctx *Context, text string) (string, error) {
	return write(ctx, openScheme, text, func(tx *transaction, r *schemeRequest) (any, error) {
		return tx.changeScheme(r.Scheme, func(scheme *rules.Scheme) error { return scheme.Open(tx.person()) })
	})
}

var pauseScheme = operation{name: "scheme:Pause", event: "SchemePaused", roles: []role{approver}}

// Pause stops issuing and paying under a scheme until another person opens it again.
func (*SchemeContract) Pause(ctx *Context, text string) (string, error) {
	return write(ctx, pauseScheme, text, func(tx *transaction, r *reasonedSchemeRequest) (any, error) {
		return tx.changeScheme(r.Scheme, func(scheme *rules.Scheme) error { return scheme.Pause(tx.person(), r.Reason) })
	})
}

func (tx *transaction) changeScheme(id string, step func(*rules.Scheme) error) (any, error) {
	scheme, err := tx.scheme(id)
	if err != nil {
		return nil, err
	}
	if err := step(scheme); err != nil {
		return nil, err
	}
	tx.event = schemeEvent{Scheme: id, State: scheme.State}
	return scheme, putPending(tx, schemeKey(id), scheme)
}

type closeDayRequest struct {
	schemeRequest
	Day rules.Day `json:"day"`
}

func (r *closeDayRequest) check() error {
	return rules.FirstError(r.schemeRequest.check(), rules.CheckDay("day", r.Day))
}

// dayClosed is the answer to closing a day, and its event.
type dayClosed struct {
	Scheme      string    `json:"scheme"`
	ClosedUntil rules.Day `json:"closed_until"`
}

var closeDay = operation{name: "scheme:CloseDay", event: "DayClosed", roles: []role{issuer, treasurer}}

// CloseDay ends the bookings of a day and of all days before it. Payments that were endorsed before and ordered after it fail.
func (*SchemeContract) CloseDay(ctx *Context, text string) (string, error) {
	return write(ctx, closeDay, text, func(tx *transaction, r *closeDayRequest) (any, error) {
		if _, err := tx.scheme(r.Scheme); err != nil {
			return nil, err
		}
		closedUntil, err := tx.closedUntil(r.Scheme)
		if err != nil {
			return nil, err
		}
		if err := rules.CheckClosable(r.Day, closedUntil, tx.now); err != nil {
			return nil, err
		}
		answer := dayClosed{Scheme: r.Scheme, ClosedUntil: r.Day}
		tx.event = answer
		return answer, tx.put(dayKey(r.Scheme), closedDays{ClosedUntil: r.Day})
	})
}
