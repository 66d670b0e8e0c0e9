package contract

import (
	"encoding/json"
	"strings"

	"kindpakket.eu/chaincode/internal/fakeledger"
	"kindpakket.eu/chaincode/rules"
)

// equations holds the equations of money after every block, over a whole ledger: it keeps the sums that they are about and adds to them
// what each block changes. It reads nothing but the records.
type equations struct {
	t tester
	// terms are the sums under each scheme: those of its vouchers, those that its budget has, and what its allocations reserve.
	vouchers, budgets map[string]map[string]int64
	reserved          map[string]int64
	// earned is what each shop sold under each scheme, and onItsWay what its open items and settlements come to.
	earned, onItsWay map[string]int64
	netted           int64
}

// money is what the equations read of a record, whatever it is.
type money struct {
	Scheme        string      `json:"scheme"`
	Shop          string      `json:"shop"`
	State         rules.State `json:"state"`
	Cents         int64       `json:"cents"`
	UsedCents     int64       `json:"used_cents"`
	RefundedCents int64       `json:"refunded_cents"`
	Collected     int64       `json:"collected_cents"`
}

// holdTheEquations makes a ledger's next blocks hold them.
func holdTheEquations(t tester, l *fakeledger.Ledger) {
	e := &equations{
		t: t, vouchers: map[string]map[string]int64{}, budgets: map[string]map[string]int64{}, reserved: map[string]int64{},
		earned: map[string]int64{}, onItsWay: map[string]int64{},
	}
	for _, key := range l.Keys() {
		e.add(key, l.Value(key), 1)
	}
	e.check("before")
	l.Committing = append(l.Committing, func(s *fakeledger.Simulation) {
		for key, value := range s.Writes {
			e.add(key, l.Value(key), -1)
			e.add(key, value, 1)
		}
		e.check(s.Name)
	})
}

// add adds what a record counts for, or takes it away again.
func (e *equations) add(key string, record []byte, sign int64) {
	e.t.Helper()
	parts := strings.Split(key, "/")
	if record == nil {
		return
	}
	var m money
	read := func(into any) {
		if err := json.Unmarshal(record, into); err != nil {
			e.t.Fatalf("%s: %v", key, err)
		}
	}
	switch parts[0] {
	case "voucher":
		var terms map[string]any
		read(&terms)
		e.voucher(parts[1], terms, sign)
	case "budget":
		var terms map[string]any
		read(&terms)
		e.budgets[parts[1]] = sums(e.budgets[parts[1]], terms, sign)
	case "allocation":
		if read(&m); m.State == rules.AllocationIsApproved {
			e.reserved[parts[1]] += sign * (m.Cents - m.UsedCents)
		}
	case "payment":
		if read(&m); m.State != rules.PaymentCancelled {
			e.earned[m.Scheme+"/"+m.Shop] += sign * (m.Cents - m.RefundedCents)
		}
	case "unsettled":
		read(&m)
		e.onItsWay[parts[1]+"/"+parts[2]] += sign * m.Cents
	case "settlement":
		read(&m)
		switch m.State {
		case rules.SettlementReopened:
			m.Cents = -m.Collected
		case rules.SettlementWithdrawn, rules.SettlementRejected, rules.SettlementReturned, rules.SettlementCarried:
			m.Cents = 0
		case rules.SettlementNetted:
			e.netted += sign * m.Cents
		}
		e.onItsWay[m.Scheme+"/"+m.Shop] += sign * m.Cents
	}
}

// voucher adds the terms of a voucher, of which none is ever negative and which always add up.
func (e *equations) voucher(scheme string, terms map[string]any, sign int64) {
	e.t.Helper()
	e.vouchers[scheme] = sums(e.vouchers[scheme], terms, sign)
	of := sums(nil, terms, 1)
	for name, cents := range of {
		if cents < 0 {
			e.t.Fatalf("%s of a voucher is %d: %v", name, cents, terms)
		}
	}
	if of["issued_cents"]+of["topped_up_cents"] != of["spent_cents"]-of["refunded_cents"]-of["cancelled_cents"]+of["held_cents"]+
		of["available_cents"]+of["lapsed_cents"]+of["revoked_cents"] {
		e.t.Fatalf("a voucher does not add up: %v", terms)
	}
}

// sums adds the members of a record that are cents.
func sums(to map[string]int64, record map[string]any, sign int64) map[string]int64 {
	if to == nil {
		to = map[string]int64{}
	}
	for name, value := range record {
		if cents, is := value.(float64); is && strings.HasSuffix(name, "_cents") {
			to[name] += sign * int64(cents)
		}
	}
	return to
}

// check fails if the sums do not agree after a transaction.
func (e *equations) check(after string) {
	e.t.Helper()
	for scheme, budget := range e.budgets {
		vouchers := e.vouchers[scheme]
		for _, term := range []string{"issued_cents", "topped_up_cents", "lapsed_cents", "revoked_cents"} {
			if budget[term] != vouchers[term] {
				e.t.Fatalf("after %s: %s of the budget are %d, of the vouchers %d", after, term, budget[term], vouchers[term])
			}
		}
		if budget["allocated_cents"] != e.reserved[scheme] || budget["unallocated_cents"] < 0 {
			e.t.Fatalf("after %s: allocations reserve %d cents of the budget %v", after, e.reserved[scheme], budget)
		}
		if budget["budget_cents"] != budget["issued_cents"]+budget["topped_up_cents"]-budget["lapsed_cents"]-budget["revoked_cents"]+
			budget["allocated_cents"]+budget["unallocated_cents"] {
			e.t.Fatalf("after %s: a budget does not add up: %v", after, budget)
		}
		earned := int64(0)
		for place, cents := range e.earned {
			if strings.HasPrefix(place, scheme+"/") {
				earned += cents
			}
		}
		if spent := vouchers["spent_cents"] - vouchers["refunded_cents"] - vouchers["cancelled_cents"]; spent != earned {
			e.t.Fatalf("after %s: vouchers spent %d cents, and shops earned %d", after, spent, earned)
		}
	}
	for _, places := range []map[string]int64{e.earned, e.onItsWay} {
		for place := range places {
			if e.onItsWay[place] != e.earned[place] {
				e.t.Fatalf("after %s: %d cents were earned, and %d are on their way: %s", after, e.earned[place], e.onItsWay[place], place)
			}
		}
	}
	if e.netted != 0 {
		e.t.Fatalf("after %s: the netted sums come to %d", after, e.netted)
	}
}
