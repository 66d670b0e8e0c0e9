package contract

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// DecisionContract decides what one person of the municipality proposed and no single person may do. The proposals are made by the
// transactions of the things that they are about.
type DecisionContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*DecisionContract) GetEvaluateTransactions() []string {
	return []string{"Show", "List", "Waiting", "Unindexed"}
}

// proposers are who may propose a decision; approvers decide.
var proposers = []role{issuer, approver}

// decisionEvent is the payload of the events of a decision: what it is about and, once it is approved, what it moved.
type decisionEvent struct {
	Decision     string             `json:"decision"`
	Kind         rules.DecisionKind `json:"kind"`
	State        rules.State        `json:"state"`
	Scheme       string             `json:"scheme,omitzero"`
	Shop         string             `json:"shop,omitzero"`
	MSP          string             `json:"msp,omitzero"`
	Entitlements []string           `json:"entitlements,omitzero"`
	Vouchers     []voucherCents     `json:"vouchers,omitzero"`
	Cents        rules.Cents        `json:"cents,omitzero"`
	Released     []string           `json:"released,omitzero"`
}

// proposeDecision writes a decision that another person has to take.
func (tx *transaction) proposeDecision(decision *rules.Decision) (any, error) {
	decision.Propose(tx.person(), tx.now)
	return decision, tx.putDecision(decision, nil)
}

// putDecision writes a decision and sets its event.
func (tx *transaction) putDecision(decision *rules.Decision, moved *movedEvent) error {
	event := decisionEvent{
		Decision: decision.ID, Kind: decision.Kind, State: decision.State, Scheme: decision.Scheme, Shop: decision.Shop, MSP: decision.MSP,
		Entitlements: decision.Entitlements,
	}
	if moved != nil {
		event.Vouchers, event.Cents, event.Released = moved.Vouchers, moved.Cents, moved.Released
	}
	tx.event = event
	return putPending(tx, decisionKey(decision.ID), decision)
}

type decisionRequest struct {
	header
	Decision string `json:"decision"`
}

func (r *decisionRequest) check() error {
	return rules.FirstError(r.checkHeader(), rules.CheckID("decision", r.Decision))
}

func (r *decisionRequest) reads() []string { return []string{decisionKey(r.Decision)} }

// decided is the answer to approving: the decision, and the cents that went back to the budget.
type decided struct {
	*rules.Decision
	Cents rules.Cents `json:"cents"`
}

var approveDecision = operation{name: "decision:Approve", event: "DecisionApproved", roles: []role{approver}}

// Approve decides for what another person proposed, and carries it out.
func (*DecisionContract) Approve(ctx *Context, text string) (string, error) {
	return write(ctx, approveDecision, text, func(tx *transaction, r *decisionRequest) (any, error) {
		decision, err := tx.decision(r.Decision)
		if err != nil {
			return nil, err
		}
		if err := decision.Approve(tx.person(), tx.now); err != nil {
			return nil, err
		}
		moved, err := tx.carryOutDecision(decision)
		if err != nil {
			return nil, err
		}
		answer := decided{Decision: decision}
		if moved != nil {
			answer.Cents = moved.Cents
		}
		return answer, tx.putDecision(decision, moved)
	})
}

// carryOutDecision writes what an approved decision does, and returns the money that it moved, nil when its kind moves none.
func (tx *transaction) carryOutDecision(decision *rules.Decision) (*movedEvent, error) {
	switch decision.Kind {
	case rules.DecideRevocation:
		return tx.revoke(decision)
	case rules.DecideShopEnd:
		return nil, tx.endShop(decision)
	case rules.DecideOrganisationEnd:
		return nil, tx.endOrganisation(decision)
	case rules.DecideFreeing:
		return nil, tx.free(decision)
	}
	return nil, rules.Refuse(rules.LedgerInconsistent, rules.Details{"decision": decision.ID}, "decision %s is of an unknown kind", decision.ID)
}

type rejectDecisionRequest struct {
	decisionRequest
	because
}

func (r *rejectDecisionRequest) check() error {
	return rules.FirstError(r.decisionRequest.check(), r.checkReason())
}

var rejectDecision = operation{name: "decision:Reject", event: "DecisionRejected", roles: proposers}

// Reject ends a proposed decision without effect. Approvers may do so, and the issuer who proposed it.
func (*DecisionContract) Reject(ctx *Context, text string) (string, error) {
	return write(ctx, rejectDecision, text, func(tx *transaction, r *rejectDecisionRequest) (any, error) {
		decision, err := tx.decision(r.Decision)
		if err != nil {
			return nil, err
		}
		if err := tx.checkDecider(approver, decision.ProposedBy); err != nil {
			return nil, err
		}
		if err := decision.Reject(tx.person(), r.Reason); err != nil {
			return nil, err
		}
		return decision, tx.putDecision(decision, nil)
	})
}

type decisionQuery struct {
	Decision string `json:"decision"`
}

func (r *decisionQuery) check() error { return rules.CheckID("decision", r.Decision) }

// Show returns a decision.
func (*DecisionContract) Show(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *decisionQuery) (any, error) { return tx.decision(r.Decision) })
}

// List returns the decisions of the channel.
func (*DecisionContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *paging) (any, error) {
		decisions, _, err := list[rules.Decision](tx, decisionPrefix(), r)
		return decisions, err
	})
}
