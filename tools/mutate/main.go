// Mutate measures what tests notice: it puts small faults (mutants) into Go files, one at a time, and runs the tests. If a mutant
// survives, a test is missing or the fault has no effect.
//
//	mutate [-then PACKAGE] [-out FOLDER] [-sample N -seed S] FILE ...
//
// It runs in the module's folder and changes nothing there: each mutant is compiled with an overlay. The tests of the mutant's
// package run first; those of -then run on the mutants that survive them. A mutant that does not compile is not counted. A mutant
// whose tests time out counts as killed.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const killed, timedOut, survived, uncompiled = "killed", "timed out", "survived", "not compiled"

var (
	then    = flag.String("then", "", "the `package` whose tests run on the mutants that survive their own package's tests")
	out     = flag.String("out", "mutation", "the `folder` for mutants.json and for passing files")
	sample  = flag.Int("sample", 0, "try only `N` mutants, drawn at random")
	seed    = flag.Uint64("seed", 1, "the random `seed` of the draw")
	workers = flag.Int("workers", 2, "the `number` of mutants to try at a time")

	// suites holds the flags for the tests of each package: their time limit, and what keeps rapid short and stops it writing files.
	suites = map[string][]string{}

	// interrupted ends the run. The mutants decided by then are reported.
	interrupted context.Context
)

func main() {
	log.SetFlags(0)
	flag.Parse()
	*out = absolute(*out)
	check(os.MkdirAll(*out, 0o755))
	var all []*mutant
	for _, name := range flag.Args() {
		if source, err := os.ReadFile(name); !strings.HasSuffix(name, "_test.go") {
			check(err)
			ofFile, err := mutants(name, string(source))
			check(err)
			all = append(all, ofFile...)
		}
	}
	if *sample > 0 && *sample < len(all) {
		random := rand.New(rand.NewPCG(*seed, 0))
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:*sample]
	}
	for _, m := range all {
		for _, pkg := range stages(m) {
			if suites[pkg] == nil {
				suites[pkg] = measure(pkg)
			}
		}
	}
	var stop context.CancelFunc
	interrupted, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	queue := make(chan *mutant)
	var group sync.WaitGroup
	for worker := range *workers {
		group.Go(func() {
			for m := range queue {
				try(fmt.Sprintf("%s/worker%d", *out, worker), m)
			}
		})
	}
	for i, m := range all {
		if interrupted.Err() != nil {
			log.Printf("interrupted: only the first %d of %d mutants count", i, len(all))
			break
		}
		if queue <- m; i%50 == 49 {
			log.Printf("mutant %d of %d", i+1, len(all))
		}
	}
	close(queue)
	group.Wait()
	report(slices.DeleteFunc(all, func(m *mutant) bool { return m.Status == "" }))
}

// stages lists the packages whose tests run on a mutant, in order.
func stages(m *mutant) []string {
	return slices.DeleteFunc(slices.Compact([]string{"./" + filepath.Dir(m.File), *then}), func(pkg string) bool { return pkg == "" })
}

// measure runs a package's tests without a fault, checks that they pass and how long they take, and returns the flags to run them with.
func measure(pkg string) []string {
	binary, flags := *out+"/measure.test", []string{"-test.failfast"}
	if output, err := compile(pkg, binary, ""); err != nil {
		log.Fatalf("mutate: the tests of %s do not compile:\n%s", pkg, output)
	}
	if help, _ := run(pkg, binary, "-help"); strings.Contains(help, "-rapid.checks") {
		flags = append(flags, "-rapid.checks=10", "-rapid.seed=1", "-rapid.shrinktime=1ms", "-rapid.nofailfile")
	}
	start := time.Now()
	if output, err := run(pkg, binary, flags...); err != nil {
		log.Fatalf("mutate: the tests of %s fail without a fault:\n%s", pkg, output)
	}
	taken := time.Since(start)
	log.Printf("the tests of %s take %s", pkg, taken.Round(time.Millisecond))
	return append(flags, fmt.Sprint("-test.timeout=", max(30*time.Second, 10*taken)))
}

// try runs the tests on one mutant and records its status.
func try(worker string, m *mutant) {
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{absolute(m.File): worker + ".go"}})
	check(err)
	check(os.WriteFile(worker+".go", []byte(m.whole), 0o600))
	check(os.WriteFile(worker+".json", overlay, 0o600))
	status := ""
	for _, pkg := range stages(m) {
		if status, err = attempt(pkg, worker); err != nil {
			m.By = pkg
			break
		}
	}
	if interrupted.Err() == nil {
		m.Status = status
	}
}

// attempt runs one package's tests on a mutant. The error says how the mutant was noticed.
func attempt(pkg, worker string) (string, error) {
	if _, err := compile(pkg, worker+".test", worker+".json"); err != nil {
		return uncompiled, err
	}
	output, err := run(pkg, worker+".test", suites[pkg]...)
	switch {
	case err == nil:
		return survived, nil
	case strings.Contains(output, "panic: test timed out"):
		return timedOut, err
	}
	return killed, err
}

func compile(pkg, binary, overlay string) (string, error) {
	output, err := exec.Command("go", "test", "-c", "-p=1", "-ldflags=-s -w", "-gcflags=./...=-dwarf=false", "-overlay="+overlay, "-o", binary, pkg).CombinedOutput()
	return string(output), err
}

// run runs compiled tests in their folder, with a limit on memory, because a fault might use it all.
func run(pkg, binary string, flags ...string) (string, error) {
	command := exec.Command("sh", append([]string{"-c", `ulimit -v 4194304; exec "$0" "$@"`, binary}, flags...)...)
	command.Dir = pkg
	output, err := command.CombinedOutput()
	return string(output), err
}

// report writes all mutants to a file, and prints the survivors and a line of totals for each source file.
func report(all []*mutant) {
	slices.SortStableFunc(all, func(a, b *mutant) int {
		if a.File != b.File {
			return strings.Compare(a.File, b.File)
		}
		return a.start - b.start
	})
	data, err := json.MarshalIndent(all, "", "  ")
	check(err)
	check(os.WriteFile(*out+"/mutants.json", append(data, '\n'), 0o644))
	counts, names := map[string]map[string]int{"all": {}}, []string{}
	for _, m := range all {
		if counts[m.File] == nil {
			counts[m.File], names = map[string]int{}, append(names, m.File)
		}
		counts[m.File][m.Status]++
		counts["all"][m.Status]++
		if m.Status == survived {
			before, after := strings.ReplaceAll(m.Before, "\n", "\n-"), strings.ReplaceAll(m.After, "\n", "\n+")
			fmt.Printf("\n%s:%d %s\n-%s\n+%s\n", m.File, m.Line, m.Operator, before, after)
		}
	}
	fmt.Printf("\n%-34s %6s %8s %9s %8s %12s\n", "", "score", killed, timedOut, survived, uncompiled)
	for _, name := range append(names, "all") {
		c := counts[name]
		noticed := c[killed] + c[timedOut]
		score := 100 * float64(noticed) / float64(max(1, noticed+c[survived]))
		fmt.Printf("%-34s %5.1f%% %8d %9d %8d %12d\n", name, score, c[killed], c[timedOut], c[survived], c[uncompiled])
	}
}

func absolute(path string) string {
	path, err := filepath.Abs(path)
	check(err)
	return path
}

func check(err error) {
	if err != nil {
		log.Fatal("mutate: ", err)
	}
}
