package rules

import (
	"encoding/base64"
	"errors"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// refused demands that an error is a refusal of its one form: a code, a sentence without a brace, and an object of details.
func refused(t *testing.T, err error) *Refusal {
	t.Helper()
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("not a refusal: %v", err)
	}
	text := refusal.Error()
	head, _, found := strings.Cut(text, ": ")
	brace := strings.Index(text, "{")
	var details map[string]any
	if !found || head != string(refusal.Code) || meanings[refusal.Code] == "" || brace < 0 || json.Unmarshal([]byte(text[brace:]), &details) != nil {
		t.Fatalf("a refusal of another form: %s", text)
	}
	return refusal
}

// FuzzNumber reads amounts and numbers from JSON. Only plain integers of 64 bits are taken, and they stay what they are.
func FuzzNumber(f *testing.F) {
	plain := regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	f.Fuzz(func(t *testing.T, token string) {
		var money struct {
			Value Cents `json:"value"`
		}
		var count struct {
			Value Number `json:"value"`
		}
		text := []byte(`{"value":` + token + `}`)
		moneyErr, countErr := json.Unmarshal(text, &money, json.RejectUnknownMembers(true)), json.Unmarshal(text, &count, json.RejectUnknownMembers(true))
		if (moneyErr == nil) != (countErr == nil) {
			t.Fatalf("%q: %v and %v", token, moneyErr, countErr)
		}
		want, err := strconv.ParseInt(strings.Trim(token, " \t\r\n"), 10, 64)
		isPlain := err == nil && plain.MatchString(strings.Trim(token, " \t\r\n"))
		if isPlain != (moneyErr == nil) {
			t.Fatalf("%q: %v", token, moneyErr)
		}
		if isPlain && (int64(money.Value) != want || int64(count.Value) != want) {
			t.Fatalf("%q became %d and %d", token, money.Value, count.Value)
		}
		for member, check := range map[Code]error{
			InvalidAmount: CheckAmount("a", money.Value), InvalidNumber: CheckNumber("n", count.Value, 1, 5),
		} {
			if check != nil && refused(t, check).Code != member {
				t.Fatal(check)
			}
		}
		var refusal *Refusal
		if errors.As(moneyErr, &refusal) && refused(t, moneyErr).Code != InvalidAmount {
			t.Fatal(moneyErr)
		}
	})
}

// FuzzIdentifiers compares the checks of ids, digests, codes and persons with what they claim, letter by letter.
func FuzzIdentifiers(f *testing.F) {
	only := func(text, letters string) bool { return strings.Trim(text, letters) == "" }
	const lower, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
	f.Fuzz(func(t *testing.T, text string) {
		isCode := func(most int) bool {
			return len(text) > 0 && len(text) <= most && strings.Contains(lower, text[:1]) && only(text, lower+digits+"-")
		}
		for name, test := range map[string]struct {
			err  error
			want bool
			code Code
		}{
			"id":     {CheckID("m", text), len(text) == 32 && only(text, "abcdef"+digits), InvalidID},
			"digest": {CheckDigest("m", text), len(text) == 64 && only(text, "abcdef"+digits), InvalidID},
			"code":   {CheckCode("m", text), isCode(32), InvalidCode},
		} {
			if (test.err == nil) != test.want {
				t.Fatalf("%q as %s: %v", text, name, test.err)
			}
			if test.err != nil && refused(t, test.err).Code != test.code {
				t.Fatal(test.err)
			}
		}
		if IsPerson(text) != isCode(64) {
			t.Fatalf("%q as person", text)
		}
	})
}

// FuzzDay holds that a date is the day of its own first instant, and the day before the next.
func FuzzDay(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		day := Day(text)
		if err := CheckDay("m", day); err != nil {
			if refused(t, err).Code != InvalidDate {
				t.Fatal(err)
			}
			return
		}
		if DayOf(day.Start()) != day || DayOf(day.Next().Start()-1) != day || day.Next() <= day || len(text) != 10 {
			t.Fatalf("%q starts at %d, and %q follows", text, day.Start(), day.Next())
		}
		if hours := (day.Next().Start() - day.Start()) / 3_600; hours < 23 || hours > 25 {
			t.Fatalf("%s has %d hours", text, hours)
		}
		if BookingDay(day.Start(), day) != day.Next() || CheckClosable(day, "", day.Start()) != nil {
			t.Fatalf("%s cannot be closed", text)
		}
	})
}

// FuzzScreening compares the screening with tests of its own. It never stops an id.
func FuzzScreening(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		kind := PersonalDataIn(text)
		bare := strings.NewReplacer(" ", "", ".", "", "-", "").Replace(text)
		if want := elevenTest(bare) || moduloTest(strings.ToUpper(bare)); want && kind == "" {
			t.Fatalf("%q passes", text)
		}
		if kind == "" {
			return
		}
		if kind == "bsn" && !elevenTest(bare) || kind == "iban" && !moduloTest(strings.ToUpper(bare)) || kind == "e-mail" && !strings.Contains(text, "@") {
			t.Fatalf("%q is not a %s", text, kind)
		}
		if CheckID("m", text) == nil {
			t.Fatalf("an id is stopped: %q", text)
		}
	})
}

func elevenTest(text string) bool {
	number, err := strconv.Atoi(text)
	if err != nil || len(text) != 9 || number <= 0 || text[0] == '+' {
		return false
	}
	sum := -(number % 10)
	for place := 2; place <= 9; place++ {
		number /= 10
		sum += place * (number % 10)
	}
	return sum%11 == 0
}

func moduloTest(text string) bool {
	if len(text) < 4 || ibanLengths[text[:2]] != len(text) || strings.Trim(text[2:4], "0123456789") != "" {
		return false
	}
	digits := ""
	for _, letter := range text[4:] + text[:4] {
		switch {
		case letter >= '0' && letter <= '9':
			digits += string(letter)
		case letter >= 'A' && letter <= 'Z':
			digits += strconv.Itoa(int(letter-'A') + 10)
		default:
			return false
		}
	}
	number, ok := new(big.Int).SetString(digits, 10)
	return ok && new(big.Int).Mod(number, big.NewInt(97)).Int64() == 1
}

// FuzzAuthorisation binds vouchers to anything. What is taken is a point, or a root, in its one form.
func FuzzAuthorisation(f *testing.F) {
	f.Fuzz(func(t *testing.T, kind, algorithm, publicKey, root string, pages int64) {
		a := Authorisation{Kind: ProofKind(kind), Algorithm: algorithm, PublicKey: publicKey, Root: root, Pages: Number(pages)}
		if err := a.CheckForm(); err != nil {
			if refused(t, err).Code != InvalidAuthorisation {
				t.Fatal(err)
			}
			return
		}
		switch a.Kind {
		case ProofByKey:
			raw, err := base64.StdEncoding.Strict().DecodeString(publicKey)
			if err != nil || base64.StdEncoding.EncodeToString(raw) != publicKey || root != "" || pages != 0 {
				t.Fatalf("%+v", a)
			}
			if want := map[string]int{Ed25519: 32, P256: 65}[algorithm]; len(raw) != want {
				t.Fatalf("a key of %d bytes", len(raw))
			}
		case ProofByBooklet:
			if CheckDigest("root", root) != nil || pages < 2 || pages > 256 || algorithm != "" || publicKey != "" {
				t.Fatalf("%+v", a)
			}
		default:
			t.Fatalf("%+v", a)
		}
		if again := a.Bind(FirstVersion); again.Authorisation != a || (again.LastPage != nil) != (a.Kind == ProofByBooklet) {
			t.Fatalf("%+v", again)
		}
	})
}

// FuzzProof proves with anything. Without the key nothing is ever proven, and the booklet stays where it was.
func FuzzProof(f *testing.F) {
	key, _ := ed25519TestKey()
	booklet := &Authorisation{Kind: ProofByBooklet, Pages: 5, Root: strings.Repeat("ab", 32)}
	f.Fuzz(func(t *testing.T, kind, signature, publicKey, path string, version, page int64, hasPage bool, message []byte) {
		proof := &Proof{Kind: ProofKind(kind), Version: Number(version), PublicKey: publicKey, Signature: signature}
		if path != "" {
			proof.Path = strings.Split(path, ",")
		}
		if hasPage {
			proof.Page = pointer(Number(page))
		}
		for _, authorisation := range []Authorisation{key, *booklet, {Kind: ProofByKey, Algorithm: P256, PublicKey: publicKey}} {
			bound := authorisation.Bind(FirstVersion)
			err := bound.VerifyPayment(proof, message)
			if err == nil {
				t.Fatalf("%+v proves %q", proof, message)
			}
			if refused(t, err).Code != HolderProofInvalid || bound.LastPage != nil && *bound.LastPage != 0 {
				t.Fatal(err)
			}
		}
		if raw, ok := decodeBase64(signature); ok && base64.StdEncoding.EncodeToString(raw) != signature {
			t.Fatalf("%q has another form", signature)
		}
	})
}

// FuzzRefusal holds that whatever a refusal is about, clients can read it.
func FuzzRefusal(f *testing.F) {
	f.Fuzz(func(t *testing.T, sentence, value string) {
		refusal := Refuse(InvalidID, Details{"value": Excerpt(value)}, "%s", sentence)
		if refused(t, refusal); len([]rune(Excerpt(value))) > 41 {
			t.Fatalf("%q is no excerpt", Excerpt(value))
		}
	})
}
