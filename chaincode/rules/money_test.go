package rules

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

func TestOnlyPlainIntegersAreAmounts(t *testing.T) {
	for _, token := range []string{
		`1.5`, `1e3`, `1.0`, `1E0`, `"+5"`, `""`, `null`, `"１２"`, `true`, `{}`, `[]`, `"5"`, `9223372036854775808`, `-9223372036854775809`,
		`18446744073709551616`, `1` + fmt.Sprintf("%0400d", 0),
	} {
		var line Line
		expect(t, InvalidAmount, unwrap(json.Unmarshal([]byte(`{"cents":`+token+`}`), &line)))
		var proof Proof
		expect(t, InvalidNumber, unwrap(json.Unmarshal([]byte(`{"version":`+token+`}`), &proof)))
		if line.Cents != 0 || proof.Version != 0 {
			t.Errorf("%s was refused and is %d cents, version %d", token, line.Cents, proof.Version)
		}
	}
	var nothing Cents
	if err := nothing.UnmarshalJSONFrom(jsontext.NewDecoder(strings.NewReader(""))); err == nil || nothing != 0 {
		t.Errorf("the end of a text is %d cents: %v", nothing, err)
	}
	for _, token := range []string{`0`, `-0`, `-1`, `100000001`, `9223372036854775807`, `-9223372036854775808`} {
		var line Line
		expect(t, "", json.Unmarshal([]byte(`{"cents":`+token+`}`), &line))
		expect(t, InvalidAmount, CheckAmount("cents", line.Cents))
	}
	for _, amount := range []Cents{1, 100_000_000} {
		expect(t, "", CheckAmount("cents", amount))
	}
	expect(t, "", CheckBudget("budget_cents", 1_000_000_000_000))
	expect(t, InvalidAmount, CheckBudget("budget_cents", 1_000_000_000_001))
}

// unwrap gives the refusal inside an error of the JSON library.
func unwrap(err error) error {
	if semantic, ok := err.(*json.SemanticError); ok {
		return semantic.Err
	}
	return err
}

func TestTermsNeverOverflowNorTurnNegative(t *testing.T) {
	for _, test := range []struct {
		term, by Cents
		code     Code
	}{
		{5, -5, ""}, {0, math.MaxInt64, ""}, {5, -6, LedgerInconsistent}, {1, math.MaxInt64, LedgerInconsistent},
		{math.MaxInt64, 1, LedgerInconsistent}, {0, math.MinInt64, LedgerInconsistent}, {-1, 1, LedgerInconsistent}, {-1, 2, LedgerInconsistent},
	} {
		term := test.term
		expect(t, test.code, change(&term, test.by))
	}
	for _, terms := range [][]Cents{{1, -1}, {math.MaxInt64, 1}} {
		total, err := sum(terms...)
		expect(t, LedgerInconsistent, err)
		if total != 0 {
			t.Errorf("%v add up to %d", terms, total)
		}
		total, err = sumOf(map[string]Cents{"books": terms[0], "clothing": terms[1]}, func(cents Cents) Cents { return cents })
		expect(t, LedgerInconsistent, err)
		if total != 0 {
			t.Errorf("%v by category add up to %d", terms, total)
		}
	}
}

func TestCountsAndNumbers(t *testing.T) {
	for _, test := range []struct {
		err  error
		code Code
	}{
		{CheckCount("lines", 0, 20), InvalidNumber}, {CheckCount("lines", 21, 20), InvalidNumber}, {CheckCount("lines", 20, 20), ""},
		{CheckNumber("limit", 0, 1, 500), InvalidNumber}, {CheckNumber("limit", 501, 1, 500), InvalidNumber}, {CheckNumber("limit", 1, 1, 500), ""},
		{CheckInstant("deadline", 0), InvalidNumber}, {CheckInstant("deadline", math.MaxInt64), InvalidNumber}, {CheckInstant("deadline", 1_773_140_400), ""},
		{CheckInstant("deadline", Day("2000-01-01").Start()), ""}, {CheckInstant("deadline", Day("2000-01-01").Start()-1), InvalidNumber},
		{CheckInstant("deadline", Day("2200-01-01").Start()-1), ""}, {CheckInstant("deadline", Day("2200-01-01").Start()), InvalidNumber},
	} {
		expect(t, test.code, test.err)
	}
}

func TestBudget(t *testing.T) {
	budget := NewBudget(1_000)
	expect(t, BudgetExceeded, budget.Allocate(1_001))
	expect(t, "", budget.Allocate(700))
	expect(t, BudgetExceeded, budget.Allocate(301))
	rest := budget
	expect(t, "", rest.Allocate(300))
	if want := (Budget{Budget: 1_000, Allocated: 700, Unallocated: 300}); budget != want {
		t.Fatalf("%+v", budget)
	}
	expect(t, "", budget.Issue(400))
	// What is not allocated is out of reach, however much of it there is.
	expect(t, LedgerInconsistent, budget.Issue(301))
	budget = Budget{Budget: 1_000, Issued: 400, Allocated: 300, Unallocated: 300}
	expect(t, "", budget.TopUp(200))
	expect(t, "", budget.Release(100))
	if want := (Budget{Budget: 1_000, Issued: 400, ToppedUp: 200, Unallocated: 400}); budget != want {
		t.Fatalf("%+v", budget)
	}
	budget = Budget{Budget: 1_000, Issued: 1_000}
	expect(t, "", budget.TakeBack(100, ToLapsed))
	expect(t, "", budget.TakeBack(50, ToRevoked))
	if want := (Budget{Budget: 1_000, Issued: 1_000, Lapsed: 100, Revoked: 50, Unallocated: 150}); budget != want {
		t.Fatalf("%+v", budget)
	}
	for _, broken := range []Budget{
		{Budget: -1, Unallocated: -1}, {Budget: -1, Lapsed: 1}, {Issued: 1, Lapsed: 2, Revoked: -1},
		{Budget: 1_000, Issued: 1_000, Lapsed: 100, Revoked: 50, Unallocated: 151},
		{Budget: 10, Allocated: 1, Unallocated: 10}, {Budget: 10, Allocated: -1, Unallocated: 11},
	} {
		expect(t, LedgerInconsistent, broken.Check())
	}
	expect(t, "", new(Budget).Check())
	err := (&Budget{Budget: 10, Issued: 7, Unallocated: 5, Lapsed: 1}).Check()
	expect(t, LedgerInconsistent, err)
	if detail(t, err, "terms_cents") != Cents(11) || !strings.Contains(err.Error(), "add up to 11 cents, but the budget is 10") {
		t.Error(err)
	}
}

func TestNoStepLeavesAnInconsistentBudget(t *testing.T) {
	for name, step := range map[string]func(*Budget) error{
		"allocate": func(b *Budget) error { return b.Allocate(1) },
		"release":  func(b *Budget) error { return b.Release(1) },
		"issue":    func(b *Budget) error { return b.Issue(1) },
		"top up":   func(b *Budget) error { return b.TopUp(1) },
		"lapse":    func(b *Budget) error { return b.TakeBack(1, ToLapsed) },
		"revoke":   func(b *Budget) error { return b.TakeBack(1, ToRevoked) },
		"more":     func(b *Budget) error { return b.Grow(1) },
		"less":     func(b *Budget) error { return b.Shrink(1) },
		"nothing":  func(b *Budget) error { return b.Check() },
	} {
		sound := Budget{Budget: 1_000, Allocated: 400, Unallocated: 600}
		spoilt := sound
		spoilt.Unallocated++
		if err := step(&sound); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := step(&spoilt); err == nil {
			t.Errorf("%s leaves a budget that does not add up", name)
		}
	}
}

func TestABudgetWithANegativeTermTakesNothingBack(t *testing.T) {
	for name, spoilt := range map[string]Budget{
		"lapsed": {Budget: 10, Unallocated: 9, Lapsed: -1}, "unallocated": {Budget: 10, Issued: 11, Unallocated: -1},
	} {
		if err := spoilt.TakeBack(2, ToLapsed); err == nil {
			t.Errorf("a budget with a negative term (%s) takes money back", name)
		} else {
			expect(t, LedgerInconsistent, err)
		}
	}
}
