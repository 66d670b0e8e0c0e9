package contract

import "kindpakket.eu/chaincode/rules"

// drawing is the part of a request that names the approved list which its vouchers or top-ups are a part of: the allocation, the number of
// the part, and the path from the part to the root of the list.
type drawing struct {
	Allocation string        `json:"allocation"`
	Part       *rules.Number `json:"part"`
	Path       []string      `json:"path"`
}

// isAbsent reports whether the request is from before there were allocations. When it was committed then, it is answered as it was.
func (d *drawing) isAbsent() bool { return d.Allocation == "" && d.Part == nil && d.Path == nil }

func (d *drawing) checkDrawing() error {
	if d.isAbsent() {
		return nil
	}
	if err := rules.CheckID("allocation", d.Allocation); err != nil {
		return err
	}
	if d.Part == nil {
		return rules.Refuse(rules.InvalidNumber, rules.Details{"member": "part"}, "part is missing: give the number of the part, from 0")
	}
	return rules.FirstError(rules.CheckNumber("part", *d.Part, 0, rules.MaxParts-1), rules.CheckPath(d.Path))
}

// drawable finds the allocation, and refuses it unless it may be drawn on now for this use and with these lines.
func (tx *transaction) drawable(scheme string, d *drawing, use rules.AllocationUse, lines any) (*rules.Allocation, error) {
	if d.isAbsent() {
		return nil, rules.CheckID("allocation", "")
	}
	allocation, err := tx.allocation(scheme, d.Allocation)
	if err != nil {
		return nil, err
	}
	if err := allocation.CheckDrawable(use, tx.now); err != nil {
		return nil, err
	}
	return allocation, allocation.CheckPart(*d.Part, lines, d.Path)
}

// draw takes vouchers and cents from an allocation, and moves the cents within the budget.
func (tx *transaction) draw(allocation *rules.Allocation, vouchers int, cents rules.Cents, step func(*rules.Budget) error) error {
	if err := allocation.Draw(rules.Number(vouchers), cents); err != nil {
		return err
	}
	if err := tx.put(allocationKey(allocation.Scheme, allocation.ID), allocation); err != nil {
		return err
	}
	return tx.changeBudget(allocation.Scheme, step)
}
