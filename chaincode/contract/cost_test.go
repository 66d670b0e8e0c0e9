package contract

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// shapes are requests of about that many bytes whose reading once took, or could take, more than time in proportion to their size.
func shapes(bytes int) map[string]string {
	half := bytes / 2
	name := strings.Repeat("a", half)
	many := func(item string) string { return strings.TrimSuffix(strings.Repeat(item+",", half/(len(item)+1)), ",") }
	names := func(start string, room int) string {
		var members []string
		for i := 0; i < room/(len(start)+12); i++ {
			members = append(members, fmt.Sprintf(`"%s%07d":0`, start, i))
		}
		return strings.Join(members, ",")
	}
	deep := ""
	for range maxDepth - 1 {
		deep += `{"` + strings.Repeat("a", half/(maxDepth-1)) + `":`
	}
	return map[string]string{
		"strings under a long name":          `{"` + name + `":[` + many(`""`) + `]}`,
		"names under a long name":            `{"` + name + `":{` + names("", half) + `}}`,
		"proofs under a long name":           `{"` + name + `":[` + many(`{"proof":0}`) + `]}`,
		"proofs of activations":              `{"activations":[` + many(`{"proof":0}`) + "," + many(`{"proof":""}`) + `]}`,
		"nulls under a long name":            `{"` + name + `":[` + many(`null`) + `]}`,
		"many names":                         `{` + names("x", bytes) + `}`,
		"strings under long names of levels": deep + `[` + many(`""`) + `]` + strings.Repeat("}", maxDepth-1),
		"one long string":                    `{"a":"` + strings.Repeat("1", bytes) + `"}`,
		"a long string of separators":        `{"a":"` + strings.Repeat(" .-", bytes/3) + `"}`,
		"almost an address":                  `{"a":"` + strings.Repeat("a@", bytes/2) + `"}`,
		"many small numbers":                 `{"a":[` + many("0") + `]}`,
		"escapes":                            `{"a":"` + strings.Repeat(`\u0041`, bytes/6) + `"}`,
	}
}

// read does with a request everything that happens before it is known what it is about.
func read(text string) {
	_ = parse(text, transientCases, new(activateRequest))
	_ = checkNoNull(text)
	_, _ = digest("voucher:Activate", "", text, "")
}

// What a request costs is measured by the memory that reading it takes, which is the same on every machine.
func TestReadingARequestCostsInProportionToItsSize(t *testing.T) {
	for shape, text := range shapes(maxRequestBytes) {
		if !jsontext.Value(text).IsValid() {
			t.Fatalf("%s: not JSON", shape)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		read(text)
		runtime.ReadMemStats(&after)
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 200*uint64(len(text)) {
			t.Errorf("%s: %d bytes of memory for each byte", shape, spent/uint64(len(text)))
		}
	}
}

func BenchmarkReadingARequest(b *testing.B) {
	for _, bytes := range []int{maxRequestBytes / 8, maxRequestBytes} {
		for shape, text := range shapes(bytes) {
			b.Run(fmt.Sprintf("%s/%d", strings.ReplaceAll(shape, " ", "-"), bytes), func(b *testing.B) {
				for b.Loop() {
					read(text)
				}
			})
		}
	}
}

func TestWhoCallsIsLookedAtBeforeTheRequest(t *testing.T) {
	w := newTown(t)
	w.enrol("nobody", "GemeenteMSP", "", "", "")
	for shape, text := range shapes(maxRequestBytes / 2) {
		for _, name := range []string{"voucher:Issue", "voucher:List", "audit:History"} {
			w.refusedText("ROLE_REQUIRED", "nobody", name, text)
		}
		w.refusedText("MALFORMED_REQUEST", "clerk", "voucher:Issue", text)
		if message := w.last.Response.GetMessage(); strings.Contains(message, "aaaaaaaa") {
			t.Errorf("%s: the refusal repeats the name of a member: %s", shape, message)
		}
	}
}
