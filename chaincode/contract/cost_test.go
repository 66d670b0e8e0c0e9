package contract

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"kindpakket.eu/chaincode/rules"
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
	items := func(item string) string {
		return `{"items":[` + strings.TrimSuffix(strings.Repeat(item+",", maxBatch), ",") + `]}`
	}
	return map[string]string{
		"items of a batch":                   items(`{"operation":"payment:Pay","request":{"` + strings.Repeat("a", bytes/maxBatch-50) + `":0}}`),
		"items under a long name":            `{"items":[{"operation":"payment:Pay","request":{"` + name + `":{` + names("", half) + `}}}]}`,
		"more items than a batch":            `{"items":[` + many(`{}`) + `]}`,
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
	_, _ = readBatch(caller{}, text)
}

// proved is the environment variable that makes tests a proof, which repeats and measures more.
const proved = "KINDPAKKET_PROOF"

// bytesPerByte is how much memory reading a request may take for each byte of it, and baseBytes what reading any takes.
const (
	bytesPerByte = 200
	baseBytes    = 1 << 16
)

// allocated gives the memory that a function takes, which is the same on every machine.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What a request costs is measured by the memory that reading it takes.
func TestReadingARequestCostsInProportionToItsSize(t *testing.T) {
	for shape, text := range shapes(maxRequestBytes) {
		if !jsontext.Value(text).IsValid() {
			t.Fatalf("%s: not JSON", shape)
		}
		if spent := allocated(func() { read(text) }); spent > bytesPerByte*uint64(len(text)) {
			t.Errorf("%s: %d bytes of memory for each byte", shape, spent/uint64(len(text)))
		}
	}
}

// grown makes a large text of small parts: the first and the second are repeated, each up to so many bytes, and `#` in them is the number
// of the repetition. It takes two parts that grow to cost their product.
func grown(bytes int, start, first, middle, second, end string) string {
	var text strings.Builder
	repeat := func(part string) {
		for i := 0; part != "" && i*len(part) < bytes; i++ {
			text.WriteString(strings.ReplaceAll(part, "#", fmt.Sprintf("%06d", i)))
		}
	}
	text.WriteString(start)
	repeat(first)
	text.WriteString(middle)
	repeat(second)
	text.WriteString(end)
	return text.String()
}

// FuzzCost reads texts that are grown from small parts, as a request, as a query and as private records. None takes more memory than in
// proportion to its size; when the tests are a proof, none takes more time of the processor either.
func FuzzCost(f *testing.F) {
	for _, parts := range [][5]string{
		{`{"`, "a", `":[`, `"",`, `""]}`},
		{`{"`, "a", `":{`, `"#":0,`, `"":0}}`},
		{`{"`, "a", `":[`, `{"proof":0},`, `0]}`},
		{`{"activations":[`, `{"proof":0},`, ``, `{"proof":""},`, `0]}`},
		{`{"`, "a", `":[`, `null,`, `0]}`},
		{`{`, `"x#":0,`, ``, `"y#":0,`, `"":0}`},
		{`{"`, "a", `":{"b":{"c":{"d":{"e":{"f":[`, `"",`, `""]}}}}}}}`},
		{`{"a":"`, "1", ``, "2", `"}`},
		{`{"a":"`, " .-", ``, "9", `"}`},
		{`{"a":"`, "a@", ``, "a.", `"}`},
		{`{"a":[`, "0,", ``, "-1,", `0]}`},
		{`{"a":"`, `\u0041`, ``, `\"`, `"}`},
		{``, `{"a":`, ``, `[`, ``},
		{`{"items":[`, `{"operation":"payment:Pay","request":{}},`, ``, `{"operation":"","request":[""]},`, `0]}`},
		{`{"items":[{"operation":"payment:Refund","request":{"`, "a", `":[`, `"",`, `""]}}]}`},
		{`[`, `{"case":"","voucher":""},`, ``, `{"extra":0},`, `0]`},
	} {
		f.Add(parts[0], parts[1], parts[2], parts[3], parts[4])
	}
	f.Fuzz(func(t *testing.T, start, first, middle, second, end string) {
		if len(start)+len(first)+len(middle)+len(second)+len(end) > 1<<12 {
			t.Skip("the parts are small")
		}
		text := grown(1<<13, start, first, middle, second, end)
		limit := bytesPerByte*uint64(len(text)) + baseBytes
		for name, do := range map[string]func(){
			"a request": func() { read(text) },
			"a query":   func() { _ = parse(text, "", new(historyRequest)) },
			"accounts":  func() { _ = decode([]byte(text), new(rules.ShopAccount)) },
			"cases": func() {
				var cases []rules.CaseRecord
				if decode([]byte(text), &cases) == nil {
					_ = rules.CheckCases(cases, maxBulk)
				}
			},
			"screening": func() { _ = rules.PersonalDataIn(text) },
			"a cursor":  func() { _ = cursorForm.MatchString(text) },
		} {
			if spent := allocated(do); spent > limit {
				t.Errorf("%s of %d bytes takes %d bytes of memory", name, len(text), spent)
			}
		}
		if os.Getenv(proved) == "" {
			return
		}
		text = grown(1<<15, start, first, middle, second, end)
		if spent := processorTime(t, func() { read(text) }); spent > time.Duration(len(text))*timePerByte+baseTime {
			t.Errorf("a request of %d bytes takes the processor %s", len(text), spent)
		}
	})
}

// timePerByte is how long reading a request may take for each byte of it: many times what the slowest of the shapes takes, and far less
// than what takes time in proportion to the square of 32 KiB. baseTime is for what does not depend on the text.
const (
	timePerByte = 4_000 * time.Nanosecond
	baseTime    = 20 * time.Millisecond
)

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
