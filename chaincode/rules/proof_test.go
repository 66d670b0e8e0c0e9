package rules

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var testDomain = Domain{Channel: "zuidhorn", Chaincode: "kindpakket"}

func TestMessagesAreFramed(t *testing.T) {
	if got := hex.EncodeToString(Message("a", "", "bé")); got != "00000001610000000000000003"+"62c3a9" {
		t.Fatal(got)
	}
	if slices.Equal(Message("ab", "c"), Message("a", "bc")) {
		t.Fatal("fields run into each other")
	}
}

func TestEveryFieldIsSigned(t *testing.T) {
	lines := []Line{{"clothing", 100}, {"books", 200}}
	base := testDomain.PaymentMessage(idA, idB, 1, idA, idB, 1_800_000_000, lines)
	for name, other := range map[string][]byte{
		"channel":   Domain{"eemsdelta", "kindpakket"}.PaymentMessage(idA, idB, 1, idA, idB, 1_800_000_000, lines),
		"chaincode": Domain{"zuidhorn", "other"}.PaymentMessage(idA, idB, 1, idA, idB, 1_800_000_000, lines),
		"scheme":    testDomain.PaymentMessage(idB, idB, 1, idA, idB, 1_800_000_000, lines),
		"voucher":   testDomain.PaymentMessage(idA, idA, 1, idA, idB, 1_800_000_000, lines),
		"version":   testDomain.PaymentMessage(idA, idB, 2, idA, idB, 1_800_000_000, lines),
		"request":   testDomain.PaymentMessage(idA, idB, 1, idB, idB, 1_800_000_000, lines),
		"shop":      testDomain.PaymentMessage(idA, idB, 1, idA, idA, 1_800_000_000, lines),
		"deadline":  testDomain.PaymentMessage(idA, idB, 1, idA, idB, 1_800_000_001, lines),
		"amount":    testDomain.PaymentMessage(idA, idB, 1, idA, idB, 1_800_000_000, []Line{{"clothing", 101}, {"books", 200}}),
		"category":  testDomain.PaymentMessage(idA, idB, 1, idA, idB, 1_800_000_000, []Line{{"sport", 100}, {"books", 200}}),
		"order":     testDomain.PaymentMessage(idA, idB, 1, idA, idB, 1_800_000_000, []Line{lines[1], lines[0]}),
		"lines":     testDomain.PaymentMessage(idA, idB, 1, idA, idB, 1_800_000_000, lines[:1]),
	} {
		if slices.Equal(base, other) {
			t.Errorf("%s is not signed", name)
		}
	}
}

func TestNoMessagePassesForAnother(t *testing.T) {
	key, _ := ed25519TestKey()
	lines := []Line{{"clothing", 100}}
	hash := testDomain.SelfBlockHash(idA, idB, idA)
	activation := func(operation string, version Number, authorisation Authorisation, selfBlock string) []byte {
		return testDomain.ActivationMessage(operation, idA, idB, version, authorisation, selfBlock)
	}
	messages := map[string][]byte{
		"payment":     testDomain.PaymentMessage(idA, idB, 1, idB, idB, 1_800_000_000, lines),
		"hold":        testDomain.HoldMessage(idA, idB, 1, idB, idB, 1_800_000_000, 1_800_000_100, lines),
		"longer hold": testDomain.HoldMessage(idA, idB, 1, idB, idB, 1_800_000_000, 1_800_000_101, lines),
		"activation":  activation(OperationActivate, 1, key, ""),
		"self-block":  activation(OperationActivate, 1, key, hash),
		"replacement": activation(OperationReplace, 1, key, ""),
		"version":     activation(OperationReplace, 2, key, ""),
		"booklet":     activation(OperationActivate, 1, newTestBooklet(5).authorisation(), ""),
	}
	seen := map[string]string{}
	for name, message := range messages {
		if other, found := seen[string(message)]; found {
			t.Errorf("%s and %s are the same message", name, other)
		}
		seen[string(message)] = name
	}
	for name, other := range map[string]string{
		"channel":   Domain{"eemsdelta", "kindpakket"}.SelfBlockHash(idA, idB, idA),
		"chaincode": Domain{"zuidhorn", "other"}.SelfBlockHash(idA, idB, idA),
		"scheme":    testDomain.SelfBlockHash(idB, idB, idA),
		"voucher":   testDomain.SelfBlockHash(idA, idA, idA),
		"code":      testDomain.SelfBlockHash(idA, idB, idB),
	} {
		if other == hash {
			t.Errorf("%s does not count into the self-block hash", name)
		}
	}
}

func TestProofsByKey(t *testing.T) {
	message := []byte("a message")
	for _, newKey := range map[string]func() (Authorisation, func([]byte) []byte){Ed25519: ed25519TestKey, P256: p256TestKey} {
		authorisation, sign := newKey()
		for flaw, spoil := range map[string]func(*Proof){
			"":          func(*Proof) {},
			"kind":      func(p *Proof) { p.Kind = "face" },
			"page":      func(p *Proof) { p.Kind = ProofByBooklet },
			"version":   func(p *Proof) { p.Version = 2 },
			"encoding":  func(p *Proof) { p.Signature = "!" },
			"signature": func(p *Proof) { p.Signature = base64Of(sign([]byte("another"))) },
		} {
			proof := Proof{Kind: ProofByKey, Version: 1, Signature: base64Of(sign(message))}
			spoil(&proof)
			err := authorisation.Bind(1).VerifyPayment(&proof, message)
			expectWhy(t, flaw, err)
			expectWhy(t, flaw, authorisation.VerifyActivation(&proof, 1, message))
		}
		withPage := Proof{Kind: ProofByKey, Version: 1, Signature: base64Of(sign(message)), Page: pointer(Number(1))}
		expectWhy(t, "kind", authorisation.Bind(1).VerifyPayment(&withPage, message))
		for _, spoil := range []func(*Proof){
			func(p *Proof) { p.PublicKey = authorisation.PublicKey }, func(p *Proof) { p.Path = []string{idA + idB} },
		} {
			withPart := Proof{Kind: ProofByKey, Version: 1, Signature: base64Of(sign(message))}
			spoil(&withPart)
			expectWhy(t, "kind", authorisation.Bind(1).VerifyPayment(&withPart, message))
		}
		newline := Proof{Kind: ProofByKey, Version: 1, Signature: base64Of(sign(message))[:8] + "\n" + base64Of(sign(message))[8:]}
		expectWhy(t, "encoding", authorisation.Bind(1).VerifyPayment(&newline, message))
		for _, signature := range [][]byte{sign(message)[1:], make([]byte, 64)} {
			short := Proof{Kind: ProofByKey, Version: 1, Signature: base64Of(signature)}
			expectWhy(t, "signature", authorisation.Bind(1).VerifyPayment(&short, message))
		}
		for _, length := range []int{8, 72} {
			bounds := Proof{Kind: ProofByKey, Version: 1, Signature: base64Of(make([]byte, length))}
			expectWhy(t, "", bounds.CheckForm())
		}
		for _, signature := range [][]byte{nil, sign(message)[:7], make([]byte, 73), make([]byte, 1<<16)} {
			long := Proof{Kind: ProofByKey, Version: 1, Signature: base64Of(signature)}
			expectWhy(t, "encoding", long.CheckForm())
			expectWhy(t, "encoding", authorisation.Bind(1).VerifyPayment(&long, message))
		}
		page := newTestBooklet(5).proof(1, message)
		expectWhy(t, "kind", authorisation.Bind(1).VerifyPayment(&page, message))
	}
	authorisation, _ := ed25519TestKey()
	expect(t, HolderProofMissing, authorisation.VerifyActivation(nil, 1, message))
}

func expectWhy(t *testing.T, why string, err error) {
	t.Helper()
	if why == "" {
		expect(t, "", err)
		return
	}
	expect(t, HolderProofInvalid, err)
	if got := err.(*Refusal).Details["why"]; got != why {
		t.Fatalf("refused for %v and not for %s: %v", got, why, err)
	}
}

func TestProofsByBooklet(t *testing.T) {
	booklet := newTestBooklet(5)
	message := []byte("a message")
	for name, test := range map[string]struct {
		why   string
		last  Number
		page  int
		spoil func(*Proof)
	}{
		"next page":        {"", 0, 1, nil},
		"skipped pages":    {"", 0, 4, nil},
		"used page":        {"page", 2, 2, nil},
		"page before":      {"page", 2, 1, nil},
		"activation page":  {"page", 0, 0, nil},
		"no page":          {"page", 0, 1, func(p *Proof) { p.Page = nil }},
		"another page":     {"path", 0, 1, func(p *Proof) { p.Page = pointer(Number(2)) }},
		"page of padding":  {"path", 0, 1, func(p *Proof) { p.Page = pointer(Number(5)) }},
		"page beyond":      {"page", 0, 1, func(p *Proof) { p.Page = pointer(Number(1 << 33)) }},
		"negative page":    {"page", 0, 1, func(p *Proof) { p.Page = pointer(Number(-1)) }},
		"short path":       {"path", 0, 1, func(p *Proof) { p.Path = p.Path[1:] }},
		"long path":        {"path", 0, 1, func(p *Proof) { p.Path = append(p.Path, p.Path[0]) }},
		"another path":     {"path", 0, 1, func(p *Proof) { p.Path = booklet.path(2) }},
		"malformed path":   {"path", 0, 1, func(p *Proof) { p.Path[0] = "xyz" }},
		"another key":      {"path", 0, 1, func(p *Proof) { p.PublicKey = booklet.proof(2, message).PublicKey }},
		"no key":           {"encoding", 0, 1, func(p *Proof) { p.PublicKey = "" }},
		"malformed key":    {"encoding", 0, 1, func(p *Proof) { p.PublicKey = "x" }},
		"long key":         {"encoding", 0, 1, func(p *Proof) { p.PublicKey = base64Of(make([]byte, 33)) }},
		"long signature":   {"encoding", 0, 1, func(p *Proof) { p.Signature = base64Of(make([]byte, 65)) }},
		"path of names":    {"path", 0, 1, func(p *Proof) { p.Path = slices.Repeat([]string{"jan-jansen"}, 3) }},
		"endless path":     {"path", 0, 1, func(p *Proof) { p.Path = slices.Repeat(p.Path[:1], 9) }},
		"another's word":   {"signature", 0, 1, func(p *Proof) { p.Signature = booklet.proof(2, message).Signature }},
		"another kind":     {"kind", 0, 1, func(p *Proof) { p.Kind = ProofByKey }},
		"another version":  {"version", 0, 1, func(p *Proof) { p.Version = 0 }},
		"inner node's key": {"path", 0, 1, func(p *Proof) { p.Path = p.Path[:2] }},
	} {
		t.Run(name, func(t *testing.T) {
			bound := booklet.authorisation().Bind(1)
			*bound.LastPage = test.last
			proof := booklet.proof(test.page, message)
			if test.spoil != nil {
				test.spoil(&proof)
			}
			expectWhy(t, test.why, bound.VerifyPayment(&proof, message))
			if test.why == "" && *bound.LastPage != Number(test.page) {
				t.Fatalf("the last page is %d", *bound.LastPage)
			}
		})
	}
	authorisation := booklet.authorisation()
	zero, one := booklet.proof(0, message), booklet.proof(1, message)
	expect(t, "", authorisation.VerifyActivation(&zero, 1, message))
	expectWhy(t, "page", authorisation.VerifyActivation(&one, 1, message))
	bound := authorisation.Bind(1)
	bound.LastPage = nil
	expect(t, LedgerInconsistent, bound.VerifyPayment(&one, message))
}

// The form is all that a repeated request is checked by.
func TestTheFormOfAProof(t *testing.T) {
	message := []byte("a message")
	for name, test := range map[string]struct {
		why   string
		spoil func(*Proof)
	}{
		"a page":             {"", func(*Proof) {}},
		"the last page":      {"", func(p *Proof) { p.Page = pointer(Number(255)) }},
		"beyond the last":    {"page", func(p *Proof) { p.Page = pointer(Number(256)) }},
		"before the first":   {"page", func(p *Proof) { p.Page = pointer(Number(-1)) }},
		"no page":            {"page", func(p *Proof) { p.Page = nil }},
		"the longest path":   {"", func(p *Proof) { p.Path = slices.Repeat(p.Path[:1], 8) }},
		"a longer one":       {"path", func(p *Proof) { p.Path = slices.Repeat(p.Path[:1], 9) }},
		"a path of no use":   {"path", func(p *Proof) { p.Path[0] = strings.ToUpper(p.Path[0]) }},
		"an unknown kind":    {"kind", func(p *Proof) { p.Kind = "face" }},
		"no kind":            {"kind", func(p *Proof) { p.Kind = "" }},
		"a key with a page":  {"kind", func(p *Proof) { p.Kind = ProofByKey }},
		"a key's page alone": {"", func(p *Proof) { *p = Proof{Kind: ProofByKey, Signature: p.Signature} }},
	} {
		t.Run(name, func(t *testing.T) {
			proof := newTestBooklet(5).proof(1, message)
			test.spoil(&proof)
			err := proof.CheckForm()
			expectWhy(t, test.why, err)
			if test.why == "page" && !strings.Contains(err.Error(), "0 to 255") {
				t.Error(err)
			}
		})
	}
}

func TestReleasesByTheHolder(t *testing.T) {
	message, other := []byte("a message"), []byte("another")
	key, sign := ed25519TestKey()
	proof := Proof{Kind: ProofByKey, Version: 1, Signature: base64Of(sign(message))}
	expect(t, "", key.Bind(1).VerifyRelease(&proof, ProofUsed{Kind: ProofByKey, Version: 1}, message))
	expectWhy(t, "signature", key.Bind(1).VerifyRelease(&proof, ProofUsed{Kind: ProofByKey, Version: 1}, other))
	expectWhy(t, "version", key.Bind(2).VerifyRelease(&proof, ProofUsed{Kind: ProofByKey, Version: 1}, message))
	booklet := newTestBooklet(5)
	for name, test := range map[string]struct {
		why  string
		page int
		held ProofUsed
	}{
		"the page of the hold":         {"", 2, ProofUsed{ProofByBooklet, 2, pointer(Number(2))}},
		"the page before":              {"page", 1, ProofUsed{ProofByBooklet, 2, pointer(Number(2))}},
		"the page after":               {"page", 3, ProofUsed{ProofByBooklet, 2, pointer(Number(2))}},
		"a page of the booklet before": {"page", 2, ProofUsed{ProofByBooklet, 1, pointer(Number(2))}},
		"the key before":               {"page", 2, ProofUsed{ProofByKey, 1, nil}},
		"no page":                      {"page", 2, ProofUsed{ProofByBooklet, 2, nil}},
	} {
		t.Run(name, func(t *testing.T) {
			bound := booklet.authorisation().Bind(2)
			*bound.LastPage = 2
			proof := booklet.proofOf(test.page, 2, message)
			expectWhy(t, test.why, bound.VerifyRelease(&proof, test.held, message))
			expectWhy(t, "signature", bound.VerifyRelease(&proof, test.held, other))
			if *bound.LastPage != 2 {
				t.Errorf("a release leaves page %d as the last that was used", *bound.LastPage)
			}
		})
	}
}

func TestProofsOfAKindThatTheTermsAllow(t *testing.T) {
	terms := goodTerms()
	expect(t, "", terms.CheckProofKind(ProofByKey))
	expect(t, "", terms.CheckProofKind(ProofByBooklet))
	terms.Proofs = []ProofKind{ProofByKey}
	expect(t, "", terms.CheckProofKind(ProofByKey))
	expectWhy(t, "kind", terms.CheckProofKind(ProofByBooklet))
}

// Who prints a booklet chooses its root, and could have grown a larger tree than the booklet says.
func TestABookletHasNoPagesBeyondItsNumber(t *testing.T) {
	message := []byte("a message")
	for name, test := range map[string]struct {
		grown, said, page int
		why               string
	}{
		"the last":             {8, 5, 4, ""},
		"one after the last":   {8, 5, 5, "path"},
		"the last of the tree": {8, 5, 7, "path"},
		"a level higher":       {4, 2, 1, "path"},
	} {
		booklet := newTestBooklet(test.grown)
		authorisation := booklet.authorisation()
		authorisation.Pages = Number(test.said)
		proof := booklet.proof(test.page, message)
		if err := authorisation.Bind(1).VerifyPayment(&proof, message); (err == nil) != (test.why == "") {
			t.Errorf("%s: %v", name, err)
		} else {
			expectWhy(t, test.why, err)
		}
	}
}

func TestBookletsOfEverySize(t *testing.T) {
	message := []byte("a message")
	for _, pages := range []int{2, 3, 4, 5, 8, 9, 255, 256} {
		booklet := newTestBooklet(pages)
		for _, page := range []int{1, pages / 2, pages - 1} {
			proof := booklet.proof(page, message)
			expect(t, "", booklet.authorisation().Bind(1).VerifyPayment(&proof, message))
		}
	}
}

func TestAuthorisations(t *testing.T) {
	ed, _ := ed25519TestKey()
	p256, _ := p256TestKey()
	paper := newTestBooklet(5).authorisation()
	for _, good := range []Authorisation{ed, p256, paper, newTestBooklet(2).authorisation(), newTestBooklet(256).authorisation()} {
		expect(t, "", good.CheckForm())
	}
	spoiled := func(a Authorisation, spoil func(*Authorisation)) Authorisation {
		spoil(&a)
		return a
	}
	bad := []Authorisation{
		{}, {Kind: "face"},
		spoiled(ed, func(a *Authorisation) { a.Algorithm = P256 }),
		spoiled(ed, func(a *Authorisation) { a.Algorithm = "rsa" }),
		spoiled(ed, func(a *Authorisation) { a.PublicKey = a.PublicKey[:8] }),
		spoiled(ed, func(a *Authorisation) { a.PublicKey = strings.TrimRight(a.PublicKey, "=") }),
		spoiled(ed, func(a *Authorisation) { a.Pages = 5 }),
		spoiled(p256, func(a *Authorisation) { a.PublicKey = base64Of(slices.Concat([]byte{4}, make([]byte, 64))) }),
		spoiled(p256, func(a *Authorisation) { a.Algorithm = Ed25519 }),
		spoiled(paper, func(a *Authorisation) { a.Pages = 1 }),
		spoiled(paper, func(a *Authorisation) { a.Pages = 257 }),
		spoiled(paper, func(a *Authorisation) { a.Root = strings.ToUpper(a.Root) }),
		spoiled(paper, func(a *Authorisation) { a.Root = a.Root[:32] }),
		spoiled(paper, func(a *Authorisation) { a.PublicKey = ed.PublicKey }),
	}
	for _, encoded := range smallOrder {
		raw, _ := hex.DecodeString(encoded)
		bad = append(bad, keyAuthorisation(Ed25519, raw))
		raw[31] |= 0x80
		bad = append(bad, keyAuthorisation(Ed25519, raw))
	}
	for _, authorisation := range bad {
		expect(t, InvalidAuthorisation, authorisation.CheckForm())
	}
	expect(t, InvalidAuthorisation, paper.CheckKind([]ProofKind{ProofByKey}))
	for why, authorisation := range map[string]Authorisation{
		"algorithm":  spoiled(ed, func(a *Authorisation) { a.Algorithm = "rsa" }),
		"public_key": spoiled(ed, func(a *Authorisation) { a.Algorithm = P256 }),
		"root":       spoiled(paper, func(a *Authorisation) { a.Root = "" }),
	} {
		if err := authorisation.CheckForm(); detail(t, err, "why") != why {
			t.Error(err)
		}
	}
}

func TestDeadlines(t *testing.T) {
	for ahead, code := range map[Number]Code{0: "", 1: "", 900: "", 901: HolderProofExpired, -1: HolderProofExpired} {
		expect(t, code, CheckDeadline(1_800_000_000+ahead, 1_800_000_000))
	}
}

func TestBytesHaveOneTextInBase64(t *testing.T) {
	r, taken, alphabet := rand.New(rand.NewPCG(17, 6)), 0, "AAQg/+z0==\n\r-_ "
	for range 200_000 {
		text := make([]byte, r.IntN(13))
		for i := range text {
			text[i] = alphabet[r.IntN(len(alphabet))]
		}
		raw, ok := decodeBase64(string(text))
		lax, err := base64.StdEncoding.DecodeString(string(text))
		if wanted := err == nil && base64.StdEncoding.EncodeToString(lax) == string(text); ok != wanted || (ok && !bytes.Equal(raw, lax)) {
			t.Fatalf("%q is %q: %v", text, raw, ok)
		}
		if ok && len(raw) > 0 {
			taken++
		}
	}
	if taken < 1_000 {
		t.Fatalf("only %d texts are base64", taken)
	}
}
