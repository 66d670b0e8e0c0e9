package main

import (
	"slices"
	"strings"
	"testing"
)

const source = `package x

var lengths = map[string]int{"NL": 18}

func f(a, b int) error {
	if a < 1 && ok(b) {
		return refuse()
	}
	a += 2
	note(a)
	return FirstError(first(), second())
}

func ok(b int) bool {
	return b != 3
}
`

func TestMutants(t *testing.T) {
	all, err := mutants("x.go", source)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range all {
		lines = append(lines, strings.TrimSpace(m.After))
		if m.Before == m.After || strings.Count(m.whole, "\n") != strings.Count(source, "\n") {
			t.Errorf("%s at %d: %s", m.Operator, m.Line, m.After)
		}
	}
	for _, line := range []string{
		"if a <= 1 && ok(b) {", "if a >= 1 && ok(b) {", "if a < 1 || ok(b) {", "if a < 1 && !ok(b) {", "if a < 2 && ok(b) {", "if a < 0 && ok(b) {",
		"return nil", "a -= 2", "_ = 2", "a += 3", "", "return FirstError(first(), nil)", "return b == 3", "return true", "return false",
	} {
		if !slices.Contains(lines, line) {
			t.Errorf("no mutant has the line %q", line)
		}
	}
	if slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, "NL") }) {
		t.Error("a table of numbers is mutated")
	}
}
