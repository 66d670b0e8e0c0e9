package contract

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"kindpakket.eu/chaincode/internal/fakeledger"
	"kindpakket.eu/chaincode/rules"
)

// showReached is the environment variable that makes random histories print what they reached; `go test -v` shows it too.
const showReached = "KINDPAKKET_REACHED"

// reached counts what random histories did: how often each transaction was committed, and how often a record came to each state.
type reached struct {
	mutex  sync.Mutex
	counts map[string]int
}

// stages are what of a record counts besides its state: the state of a payout, of a mandate, of a debt that is paid in parts, and of the
// organisations when one of the first has ended.
type stages struct {
	State     rules.State `json:"state"`
	FrozenBy  string      `json:"payout_frozen_by"`
	Holder    bool        `json:"holder_blocked"`
	Acquirers []string    `json:"acquirers"`
	Collected int64       `json:"collected_cents"`
	Ended     []string    `json:"ended"`
}

func newReached() *reached { return &reached{counts: map[string]int{}} }

// count adds one to what has a name.
func (r *reached) count(name string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.counts[name]++
}

// watch counts what a ledger commits from now on, as long as that counts.
func (r *reached) watch(l *fakeledger.Ledger, counts func() bool) {
	l.Committing = append(l.Committing, func(s *fakeledger.Simulation) {
		if !counts() || len(s.Writes)+len(s.PrivateWrite) == 0 { // nothing is written by a request that was committed before
			return
		}
		r.count(s.Name)
		for key, value := range s.Writes {
			kind, _, _ := strings.Cut(key, "/")
			var before, after stages
			if value == nil || json.Unmarshal(value, &after) != nil {
				continue
			}
			_ = json.Unmarshal(l.Value(key), &before)
			for name, now := range after.named() {
				if now != before.named()[name] && now != "" {
					r.count(kind + " " + now)
				}
			}
		}
	})
}

// named gives each stage of a record its name, "" when the record is not there.
func (s *stages) named() map[string]string {
	given := func(yes bool, name string) string {
		if yes {
			return name
		}
		return ""
	}
	return map[string]string{
		"state": string(s.State), "payout": given(s.FrozenBy != "", "payout frozen"), "holder": given(s.Holder, "blocked by the holder as well"),
		"mandate":   given(len(s.Acquirers) > 0, "mandated"),
		"collected": given(s.Collected > 0 && s.State == rules.SettlementClaimed, "collected in part"),
		"ended":     given(len(s.Ended) > 0, "without one that has ended"),
	}
}

// further are the stages that histories have to reach and that no state machine lists.
var further = []string{
	"shop payout frozen", "shop mandated", "voucher blocked by the holder as well", "settlement collected in part",
	"organisations without one that has ended",
}

// never lists what was never reached, but for the exceptions.
func (r *reached) never(wanted []string, exceptions map[string]string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return r.counts[name] > 0 || exceptions[name] != "" })
}

// want fails for what was never reached, but for the exceptions, each with its reason. What was reached is shown.
func (r *reached) want(t *testing.T, wanted []string, exceptions map[string]string) {
	t.Helper()
	for name := range exceptions {
		if !slices.Contains(wanted, name) {
			t.Errorf("there is no %s to make an exception of", name)
		}
		if r.counts[name] > 0 {
			t.Errorf("%s is reached: it is not an exception any more", name)
		}
	}
	text := "reached, how often:"
	for _, name := range slices.Sorted(maps.Keys(r.counts)) {
		text += fmt.Sprintf("\n%6d  %s", r.counts[name], name)
	}
	if t.Log(text); os.Getenv(showReached) != "" {
		fmt.Println(t.Name(), text)
	}
	if never := r.never(wanted, exceptions); len(never) > 0 {
		t.Errorf("never reached, though the table next or a deed should lead there: %s", strings.Join(never, ", "))
	}
}

// writing lists the transactions of the catalogue that write.
func writing() (names []string) {
	for _, entry := range catalogue {
		if !entry.query {
			names = append(names, entry.name)
		}
	}
	return names
}

// records gives the kinds of keys whose records have the states whose constants start so.
var records = map[string][]string{
	"Allocation": {"allocation"}, "Change": {"change", "decision", "organisation"}, "Erasure": {"erasure"}, "Organisation": {"organisation"},
	"Payment": {"payment"}, "Refund": {"refund"}, "Scheme": {"scheme"}, "Settlement": {"settlement"}, "Shop": {"shop"}, "Voucher": {"voucher"},
}

// allStates lists the states of all records, as the source of the rules declares them.
func allStates(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("../rules/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(node ast.Node) bool {
			spec, is := node.(*ast.ValueSpec)
			if !is {
				return true
			}
			if kind, named := spec.Type.(*ast.Ident); named && kind.Name == "State" && len(spec.Values) == 1 {
				names = append(names, statesOf(t, spec)...)
			}
			return true
		})
	}
	return names
}

// statesOf gives the state that a constant declares, for each kind of record that has it.
func statesOf(t *testing.T, spec *ast.ValueSpec) (names []string) {
	t.Helper()
	literal, is := spec.Values[0].(*ast.BasicLit)
	if !is {
		return nil
	}
	state, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	for start, kinds := range records {
		if strings.HasPrefix(spec.Names[0].Name, start) {
			for _, kind := range kinds {
				names = append(names, kind+" "+state)
			}
		}
	}
	if len(names) == 0 {
		t.Fatalf("%s is a state of no record that this test knows: add its kind to records", spec.Names[0].Name)
	}
	return names
}
