package rules

import (
	"maps"
	"slices"
)

// State is the stage of life of a scheme, shop, voucher, payment or settlement.
type State string

// Step is what moves a thing from one state to another.
type Step string

// machine lists for each step from which state it leads to which. What it does not list cannot happen.
type machine struct {
	thing   string
	refusal Code
	steps   map[Step]map[State]State
}

// next returns the state after a step, or refuses the step with the states that it needs.
func (m machine) next(id string, step Step, from State) (State, error) {
	to, listed := m.steps[step][from]
	if !listed {
		needed := slices.Sorted(maps.Keys(m.steps[step]))
		return "", Refuse(m.refusal, Details{"id": id, "step": step, "state": from, "needed": needed},
			"%s %s is %s: the step %q needs it to be %s", m.thing, id, from, step, Alternatives(needed))
	}
	return to, nil
}
