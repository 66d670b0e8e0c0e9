package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestCodesAreThoseOfTheTable(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []Code
	ast.Inspect(file, func(node ast.Node) bool {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, _ := strconv.Unquote(literal.Value)
			declared = append(declared, Code(text))
		}
		return true
	})
	slices.Sort(declared)
	if listed := slices.Sorted(maps.Keys(meanings)); !slices.Equal(declared, listed) {
		t.Fatalf("codes.go has\n%v\nand refusals.json\n%v", declared, listed)
	}
}

func TestRefusalsHaveOneForm(t *testing.T) {
	for _, test := range []struct {
		refusal *Refusal
		want    string
	}{
		{Refuse(VoucherExpired, Details{"voucher": "3f", "at": 5}, "voucher %s expired", "3f"),
			`VOUCHER_EXPIRED: voucher 3f expired {"at":5,"voucher":"3f"}`},
		{Refuse(NotInitialised, nil, ""), `NOT_INITIALISED: The organisations of the channel have not been named yet. {}`},
		{Refuse(InvalidCode, Details{"h": 8, "b": 2, "d": 4, "a": 1, "f": 6, "c": 3, "g": 7, "e": 5}, "in order"),
			`INVALID_CODE: in order {"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8}`},
		{Refuse(InvalidCode, Details{}, "not %q", "{x"), `INVALID_CODE: not "(x" {}`},
		{Refuse(InvalidCode, Details{"x": "a\xffb"}, "\xff"), `INVALID_CODE: ? {}`},
	} {
		if got := test.refusal.Error(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func TestAlternativesReadAsASentence(t *testing.T) {
	for want, states := range map[string][]State{"": nil, "open": {"open"}, "open or paused": {"open", "paused"}, "draft, open or paused": {"draft", "open", "paused"}} {
		if got := Alternatives(states); got != want {
			t.Errorf("%v reads %q", states, got)
		}
	}
}

func TestExcerptsAreShortAndValid(t *testing.T) {
	for text, want := range map[string]string{
		"short": "short", strings.Repeat("é", 40): strings.Repeat("é", 40), "a\xffb": "a?b", strings.Repeat("é", 41): strings.Repeat("é", 40) + "…",
	} {
		if got := Excerpt(text); got != want {
			t.Errorf("the excerpt of %q is %q", text, got)
		}
	}
}
