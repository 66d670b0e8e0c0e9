package rules

import (
	"fmt"
	"math"
	"testing"

	"github.com/go-json-experiment/json"
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
		{math.MaxInt64, 1, LedgerInconsistent}, {0, math.MinInt64, LedgerInconsistent},
	} {
		term := test.term
		expect(t, test.code, change(&term, test.by))
	}
	_, err := sum(1, -1)
	expect(t, LedgerInconsistent, err)
	_, err = sum(math.MaxInt64, 1)
	expect(t, LedgerInconsistent, err)
}

func TestCountsAndNumbers(t *testing.T) {
	for _, test := range []struct {
		err  error
		code Code
	}{
		{CheckCount("lines", 0, 20), InvalidNumber}, {CheckCount("lines", 21, 20), InvalidNumber}, {CheckCount("lines", 20, 20), ""},
		{CheckNumber("limit", 0, 1, 500), InvalidNumber}, {CheckNumber("limit", 501, 1, 500), InvalidNumber}, {CheckNumber("limit", 1, 1, 500), ""},
		{CheckInstant("deadline", 0), InvalidNumber}, {CheckInstant("deadline", math.MaxInt64), InvalidNumber}, {CheckInstant("deadline", 1_773_140_400), ""},
	} {
		expect(t, test.code, test.err)
	}
}

func TestBudget(t *testing.T) {
	budget := NewBudget(1_000)
	expect(t, "", budget.Issue(400))
	expect(t, BudgetExceeded, budget.Issue(601))
	expect(t, "", budget.Issue(600))
	expect(t, "", budget.TakeBack(100, ToLapsed))
	expect(t, "", budget.TakeBack(50, ToRevoked))
	if want := (Budget{Budget: 1_000, Issued: 1_000, Lapsed: 100, Revoked: 50, Unallocated: 150}); budget != want {
		t.Fatalf("%+v", budget)
	}
	broken := budget
	broken.Unallocated++
	expect(t, LedgerInconsistent, broken.Check())
	broken = Budget{Budget: -1, Unallocated: -1}
	expect(t, LedgerInconsistent, broken.Check())
}
