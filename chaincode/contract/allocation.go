package contract

import (
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"kindpakket.eu/chaincode/rules"
)

// AllocationContract proposes, approves, rejects and withdraws allocations, without which nothing is issued or topped up.
type AllocationContract struct{ contractapi.Contract }

// GetEvaluateTransactions names the queries.
func (*AllocationContract) GetEvaluateTransactions() []string {
	return []string{"Show", "List"}
}

// allocationEvent is the payload of the events of an allocation.
type allocationEvent struct {
	Scheme     string              `json:"scheme"`
	Allocation string              `json:"allocation"`
	Use        rules.AllocationUse `json:"use"`
	State      rules.State         `json:"state"`
	Vouchers   rules.Number        `json:"vouchers"`
	Cents      rules.Cents         `json:"cents"`
}

type proposeAllocationRequest struct {
	schemeRequest
	Use       rules.AllocationUse `json:"use"`
	Vouchers  rules.Number        `json:"vouchers"`
	Cents     rules.Cents         `json:"cents"`
	List      string              `json:"list_sha256"`
	Parts     rules.Number        `json:"parts"`
	File      string              `json:"file_commitment,omitzero"`
	ExpiresAt rules.Number        `json:"expires_at"`
	because
}

func (r *proposeAllocationRequest) check() error {
	return rules.FirstError(r.schemeRequest.check(), r.allocation().CheckForm(), r.checkReason())
}

func (r *proposeAllocationRequest) reads() []string {
	return []string{schemeKey(r.Scheme), budgetKey(r.Scheme)}
}

func (r *proposeAllocationRequest) allocation() *rules.Allocation {
	return &rules.Allocation{
		ID: r.RequestID, Scheme: r.Scheme, Use: r.Use, State: rules.AllocationIsProposed, Vouchers: r.Vouchers, Cents: r.Cents, List: r.List,
		Parts: r.Parts, File: r.File, ExpiresAt: r.ExpiresAt, Reason: r.Reason,
	}
}

var proposeAllocation = operation{name: "allocation:Propose", event: "AllocationProposed", roles: []role{issuer}}

// Propose asks for vouchers, or for top-ups, of a list. It reserves nothing, but is refused at once when the budget has too little left.
func (*AllocationContract) Propose(ctx *Context, text string) (string, error) {
	return write(ctx, proposeAllocation, text, func(tx *transaction, r *proposeAllocationRequest) (any, error) {
		if _, err := tx.schemeInForce(r.Scheme); err != nil {
			return nil, err
		}
		allocation := r.allocation()
		allocation.ProposedBy, allocation.ProposedAt = tx.person(), tx.now
		budget, err := tx.budget(r.Scheme)
		if err != nil {
			return nil, err
		}
		if err := rules.FirstError(allocation.CheckTerm(), budget.CheckUnallocated(r.Cents)); err != nil {
			return nil, err
		}
		return tx.putAllocation(allocation)
	})
}

type allocationRequest struct {
	schemeRequest
	Allocation string `json:"allocation"`
}

func (r *allocationRequest) check() error {
	return rules.FirstError(r.schemeRequest.check(), rules.CheckID("allocation", r.Allocation))
}

func (r *allocationRequest) reads() []string {
	return []string{schemeKey(r.Scheme), allocationKey(r.Scheme, r.Allocation), budgetKey(r.Scheme)}
}

var approveAllocation = operation{name: "allocation:Approve", event: "AllocationApproved", roles: []role{approver}}

// Approve reserves the money of an allocation that another person proposed.
func (*AllocationContract) Approve(ctx *Context, text string) (string, error) {
	return write(ctx, approveAllocation, text, func(tx *transaction, r *allocationRequest) (any, error) {
		if _, err := tx.schemeInForce(r.Scheme); err != nil {
			return nil, err
		}
		allocation, err := tx.allocation(r.Scheme, r.Allocation)
		if err != nil {
			return nil, err
		}
		if err := allocation.Approve(tx.person(), tx.now); err != nil {
			return nil, err
		}
		if err := tx.changeBudget(r.Scheme, func(budget *rules.Budget) error { return budget.Allocate(allocation.Cents) }); err != nil {
			return nil, err
		}
		return tx.putAllocation(allocation)
	})
}

// reasonedAllocationRequest names an allocation and says why.
type reasonedAllocationRequest struct {
	allocationRequest
	because
}

func (r *reasonedAllocationRequest) check() error {
	return rules.FirstError(r.allocationRequest.check(), r.checkReason())
}

var rejectAllocation = operation{name: "allocation:Reject", event: "AllocationRejected", roles: []role{issuer, approver}}

// Reject ends a proposed allocation. Approvers may do so, and the issuer who proposed it.
func (*AllocationContract) Reject(ctx *Context, text string) (string, error) {
	return write(ctx, rejectAllocation, text, func(tx *transaction, r *reasonedAllocationRequest) (any, error) {
		allocation, err := tx.allocation(r.Scheme, r.Allocation)
		if err != nil {
			return nil, err
		}
		if err := tx.checkDecider(approver, allocation.ProposedBy); err != nil {
			return nil, err
		}
		if err := allocation.Reject(tx.person(), r.Reason); err != nil {
			return nil, err
		}
		return tx.putAllocation(allocation)
	})
}

var withdrawAllocation = operation{name: "allocation:Withdraw", event: "AllocationWithdrawn", roles: municipal}

// Withdraw ends what is left of an approved allocation and returns it to the budget, at any time and in every state of the scheme.
func (*AllocationContract) Withdraw(ctx *Context, text string) (string, error) {
	return write(ctx, withdrawAllocation, text, func(tx *transaction, r *reasonedAllocationRequest) (any, error) {
		allocation, err := tx.allocation(r.Scheme, r.Allocation)
		if err != nil {
			return nil, err
		}
		rest, err := allocation.Withdraw(tx.person(), r.Reason)
		if err != nil {
			return nil, err
		}
		if err := tx.changeBudget(r.Scheme, func(budget *rules.Budget) error { return budget.Release(rest) }); err != nil {
			return nil, err
		}
		return tx.putAllocation(allocation)
	})
}

// putAllocation writes an allocation and sets its event.
func (tx *transaction) putAllocation(allocation *rules.Allocation) (any, error) {
	tx.event = allocationEvent{
		Scheme: allocation.Scheme, Allocation: allocation.ID, Use: allocation.Use, State: allocation.State, Vouchers: allocation.Vouchers,
		Cents: allocation.Cents,
	}
	return allocation, putPending(tx, allocationKey(allocation.Scheme, allocation.ID), allocation)
}

type allocationQuery struct {
	schemeQuery
	Allocation string `json:"allocation"`
}

func (r *allocationQuery) check() error {
	return rules.FirstError(r.schemeQuery.check(), rules.CheckID("allocation", r.Allocation))
}

// Show returns an allocation.
func (*AllocationContract) Show(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *allocationQuery) (any, error) {
		return tx.allocation(r.Scheme, r.Allocation)
	})
}

// List returns the allocations of a scheme.
func (*AllocationContract) List(ctx *Context, text string) (string, error) {
	return query(ctx, readers, text, func(tx *transaction, r *listOfSchemeRequest) (any, error) {
		allocations, _, err := list[rules.Allocation](tx, allocationPrefix(r.Scheme), &r.paging)
		return allocations, err
	})
}
