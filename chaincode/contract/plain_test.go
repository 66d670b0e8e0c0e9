package contract

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// slowly reads a text as if nothing were plain.
func slowly(text string) (string, error) {
	canonical, err := canonicalWithoutProofs(text)
	return string(canonical), err
}

// checkPlain demands that what is plain is what all of JSON says that it is, and free of what would be refused.
func checkPlain(t *testing.T, text string) bool {
	t.Helper()
	for _, screened := range []bool{false, true} {
		canonical, ok := readPlain(text, screened)
		if !ok {
			if screened {
				return false
			}
			continue
		}
		if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") || !jsontext.Value(text).IsValid() || strings.Contains(text, "\\") {
			t.Fatalf("%q is plain", text)
		}
		if wanted, err := slowly(text); err != nil || wanted != string(canonical) {
			t.Fatalf("%q is read as %q, and is %q (%v)", text, canonical, wanted, err)
		}
		if err := checkNoNull(text + " "); err != nil {
			t.Fatalf("%q is plain: %v", text, err)
		}
		// A member that is not plain, behind the rest, makes the whole be read by the long way.
		end := strings.LastIndex(text, "}")
		joined := text[:end] + `,"\u00e9":0}`
		if strings.TrimSpace(text[strings.Index(text, "{")+1:end]) == "" {
			joined = `{"\u00e9":0}`
		}
		if err := inspect(joined, "", true); screened && err != nil {
			t.Fatalf("%q is plain: %v", text, err)
		}
	}
	return true
}

func TestWhatIsPlain(t *testing.T) {
	for text, is := range map[string]bool{
		`{}`: true, " {\t}\r\n": true, `{"a":1}`: true, `{"b":1,"a":[true,false,-12,0,"x"]}`: true, `{"proof":{"b":[1]},"a":{"d":"","c":{}}}`: true,
		`{"activations":[{"v":1,"proof":2},{"proof":{},"v":[]}],"z":{"proof":1}}`: true, `{"a":123456789012345678901234567890}`: true,
		`{"a":{"proof":1},"b":[[{"proof":1}]]}`: true, `{"a":"~ !"}`: true, `{"proof":1,"a":2}`: true, `{"a":2,"proof":1}`: true,
		`{"a":[[[[[[[1]]]]]]]}`: true, `{"a":[[[[[[[[1]]]]]]]]}`: false,
		``: false, `[]`: false, `1`: false, `{`: false, `{"a"`: false, `{"a":`: false, `{"a":1`: false, `{"a":1,}`: false, `{,}`: false, `{"a" 1}`: false,
		`{"a":1 "b":2}`: false, `{"a":1}{}`: false, `{"a":1} x`: false, "{\"a\":1}\x00": false, `{"a":01}`: false, `{"a":-0}`: false, `{"a":-}`: false,
		`{"a":1.0}`: false, `{"a":1e2}`: false, `{"a":+1}`: false, `{"a":null}`: false, `{"a":nul}`: false, `{"a":truex}`: false, `{"a":tru}`: false,
		`{"a":"\n"}`: false, "{\"a\":\"\n\"}": false, `{"a":"é"}`: false, "{\"a\":\"\x7f\"}": false, `{"a":"x}`: false, `{"a":1,"a":2}`: false,
		`{"a":1,"b":2,"a":3}`: false, `{"proof":1,"proof":2}`: false, `{"proof":1,"a":1,"proof":2}`: false, `{"a":[1,]}`: false, `{"a":[,1]}`: false,
		`{"a":[1 2]}`: false, `{"a":]}`: false, `{a:1}`: false, `{"a":'x'}`: false, `{"proof":{"x":}}`: false, `{"proof":nul}`: false,
		`{"a":"123456782"}`: false, `{"123456782":1}`: false, `{"a":"NL91 ABNA 0417 1643 00"}`: false, `{"a":"a@b.nl"}`: false,
	} {
		if checkPlain(t, text) != is {
			t.Errorf("%q: plain is %v", text, !is)
		}
	}
}

// TestPlainTextsAreReadAsAllOfJSONIs draws objects, mostly plain ones, and spoils some.
func TestPlainTextsAreReadAsAllOfJSONIs(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 5))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	space := func() string { return pick("", "", "", " ", "\n", "\t ") }
	var value func(depth int) string
	object := func(depth int) string {
		var members []string
		for range r.IntN(5) {
			name := pick("a", "b", "proof", "activations", "shop", "cents", "A", "aa", "_", "", "é", `\u0061`, "123456782")
			if r.IntN(8) > 0 {
				name = pick("a", "b", "proof", "activations", "shop", "cents", "A", "aa", "_", "")
			}
			members = append(members, space()+`"`+name+`"`+space()+":"+value(depth+1))
		}
		return "{" + strings.Join(members, ",") + space() + "}"
	}
	value = func(depth int) string {
		made := pick(`"x"`, `""`, "0", "1", "-7", "900719925474099300", "true", "false", `"0123456789abcdef0123456789abcdef"`)
		switch kind := r.IntN(12); {
		case kind < 3 && depth < 9:
			made = object(depth)
		case kind == 3 && depth < 9:
			var items []string
			for range r.IntN(4) {
				items = append(items, value(depth+1))
			}
			made = "[" + strings.Join(items, ",") + space() + "]"
		case kind == 4 && r.IntN(6) == 0:
			made = pick("null", "1.5", "1E3", "-0", "01", `"\n"`, `"é"`, `"a@b.nl"`, "tru", `"`, "")
		}
		return space() + made + space()
	}
	is, count := 0, 20_000
	for range count {
		text := space() + object(1) + space()
		if r.IntN(10) == 0 {
			at := r.IntN(len(text))
			text = text[:at] + pick("", "}", "{", ",", ":", `"`, "]", "1", " ") + text[at+r.IntN(2):]
		}
		if checkPlain(t, text) {
			is++
		}
	}
	if is < count/3 || is > count*9/10 {
		t.Fatalf("%d of %d texts are plain", is, count)
	}
}

func FuzzPlain(f *testing.F) {
	for _, text := range []string{`{}`, `{"b":1,"a":[true,-12,"x"],"proof":{"c":0}}`, `{"activations":[{"proof":1,"v":2}]}`, `{"a":1,"a":2}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { checkPlain(t, text) })
}

// What clients send is plain, so that the short way is the usual one.
func TestRequestsAreUsuallyPlain(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	for _, request := range []object{
		h.pay(w.id(), w.shop, w.now+60, clothing(700)), w.capture(w.held(h, clothing(400)), clothing(1)), w.because(object{"payment": w.id()}),
	} {
		if !checkPlain(t, string(encodeJSON(t, request))) {
			t.Errorf("%v is not plain", request)
		}
	}
}
