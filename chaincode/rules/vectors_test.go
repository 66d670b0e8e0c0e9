package rules

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const vectorsFile = "testdata/proof_vectors.json"

var update = flag.Bool("update", false, "write testdata/proof_vectors.json anew: go test ./rules -run Vectors -update")

// vectors are read by the tests of the Python library too.
type vectors struct {
	Channel   string        `json:"channel"`
	Chaincode string        `json:"chaincode"`
	Scheme    string        `json:"scheme"`
	Voucher   string        `json:"voucher"`
	Request   string        `json:"request_id"`
	Shop      string        `json:"shop"`
	Payment   string        `json:"payment"`
	Deadline  Number        `json:"deadline"`
	ExpiresAt Number        `json:"expires_at"`
	SelfBlock selfBlock     `json:"self_block"`
	Lines     []Line        `json:"lines"`
	Keys      []keyVector   `json:"keys"`
	Booklet   bookletVector `json:"booklet"`
}

// selfBlock is a self-block code and what a voucher keeps of it.
type selfBlock struct {
	Code string `json:"code"`
	Hash string `json:"hash"`
}

type keyVector struct {
	Private       string        `json:"private"`
	Authorisation Authorisation `json:"authorisation"`
	signedVectors
}

type bookletVector struct {
	Seeds         []string      `json:"seeds"`
	Authorisation Authorisation `json:"authorisation"`
	Paths         [][]string    `json:"paths"`
	signedVectors
}

// signedVectors are the messages of a holder. The replacement binds version 2, with the self-block hash.
type signedVectors struct {
	Activation        signedVector `json:"activation"`
	ActivationBlocked signedVector `json:"activation_with_self_block"`
	Replacement       signedVector `json:"replacement"`
	Payment           signedVector `json:"payment"`
	Hold              signedVector `json:"hold"`
	Release           signedVector `json:"release"`
	Allowance         signedVector `json:"allowance"`
	Digest            string       `json:"binding_digest"`
}

type signedVector struct {
	Message string `json:"message"`
	Proof   Proof  `json:"proof"`
}

func seed(name string) []byte {
	digest := sha256.Sum256([]byte("kindpakket test vector, " + name))
	return digest[:]
}

func base64Of(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }

// testBooklet builds the tree of a booklet as a printer does, independently of the code that verifies its paths.
type testBooklet struct {
	keys   []ed25519.PrivateKey
	levels [][][]byte
}

func newTestBooklet(pages int) testBooklet {
	width := 1
	for width < pages {
		width *= 2
	}
	leaves := make([][]byte, width)
	var keys []ed25519.PrivateKey
	for page := range leaves {
		leaves[page] = make([]byte, 32)
		if page >= pages {
			continue
		}
		key := ed25519.NewKeyFromSeed(seed(fmt.Sprintf("page %d", page)))
		keys = append(keys, key)
		text := "00" + fmt.Sprintf("%08x", page) + hex.EncodeToString(key.Public().(ed25519.PublicKey))
		raw, _ := hex.DecodeString(text)
		digest := sha256.Sum256(raw)
		leaves[page] = digest[:]
	}
	levels := [][][]byte{leaves}
	for len(levels[len(levels)-1]) > 1 {
		below := levels[len(levels)-1]
		var level [][]byte
		for i := 0; i < len(below); i += 2 {
			digest := sha256.Sum256(append([]byte{1}, append(append([]byte{}, below[i]...), below[i+1]...)...))
			level = append(level, digest[:])
		}
		levels = append(levels, level)
	}
	return testBooklet{keys: keys, levels: levels}
}

func (b testBooklet) authorisation() Authorisation {
	root := hex.EncodeToString(b.levels[len(b.levels)-1][0])
	return Authorisation{Kind: ProofByBooklet, Pages: Number(len(b.keys)), Root: root}
}

func (b testBooklet) path(page int) []string {
	var path []string
	for _, level := range b.levels[:len(b.levels)-1] {
		path = append(path, hex.EncodeToString(level[page^1]))
		page /= 2
	}
	return path
}

func (b testBooklet) proof(page int, message []byte) Proof { return b.proofOf(page, 1, message) }

func (b testBooklet) proofOf(page int, version Number, message []byte) Proof {
	number := Number(page)
	return Proof{
		Kind: ProofByBooklet, Version: version, Page: &number, Path: b.path(page),
		PublicKey: base64Of(b.keys[page].Public().(ed25519.PublicKey)), Signature: base64Of(ed25519.Sign(b.keys[page], message)),
	}
}

func keyAuthorisation(algorithm string, public []byte) Authorisation {
	return Authorisation{Kind: ProofByKey, Algorithm: algorithm, PublicKey: base64Of(public)}
}

func ed25519TestKey() (Authorisation, func([]byte) []byte) {
	key := ed25519.NewKeyFromSeed(seed("ed25519"))
	return keyAuthorisation(Ed25519, key.Public().(ed25519.PublicKey)), func(message []byte) []byte { return ed25519.Sign(key, message) }
}

// p256TestKey signs as RFC 6979 says, so that the vectors come out alike each time.
func p256TestKey() (Authorisation, func([]byte) []byte) {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed("p256"))
	if err != nil {
		panic(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return keyAuthorisation(P256, point), func(message []byte) []byte {
		digest := sha256.Sum256(message)
		signature, err := key.Sign(nil, digest[:], crypto.SHA256)
		if err != nil {
			panic(err)
		}
		return signature
	}
}

func makeVectors() vectors {
	v := vectors{
		Channel: "zuidhorn", Chaincode: "kindpakket", Scheme: "0123456789abcdef0123456789abcdef",
		Voucher: "11111111111111111111111111111111", Request: "22222222222222222222222222222222",
		Shop: "33333333333333333333333333333333", Payment: "55555555555555555555555555555555", Deadline: 1_800_000_000, ExpiresAt: 1_800_604_800,
		Lines: []Line{{Category: "clothing", Cents: 1_295}, {Category: "books", Cents: 400}},
	}
	domain := Domain{Channel: v.Channel, Chaincode: v.Chaincode}
	v.SelfBlock.Code = "44444444444444444444444444444444"
	v.SelfBlock.Hash = domain.SelfBlockHash(v.Scheme, v.Voucher, v.SelfBlock.Code)
	signed := func(authorisation Authorisation, sign func(page int, version Number, message []byte) Proof) signedVectors {
		made := func(page int, version Number, message []byte) signedVector {
			return signedVector{Message: hex.EncodeToString(message), Proof: sign(page, version, message)}
		}
		bind := func(operation string, version Number, selfBlock string) signedVector {
			return made(0, version, domain.ActivationMessage(operation, v.Scheme, v.Voucher, version, authorisation, selfBlock))
		}
		return signedVectors{
			Activation:        bind(OperationActivate, 1, ""),
			ActivationBlocked: bind(OperationActivate, 1, v.SelfBlock.Hash),
			Replacement:       bind(OperationReplace, 2, v.SelfBlock.Hash),
			Payment:           made(3, 1, domain.PaymentMessage(v.Scheme, v.Voucher, 1, v.Request, v.Shop, v.Deadline, v.Lines)),
			Hold:              made(4, 1, domain.HoldMessage(v.Scheme, v.Voucher, 1, v.Request, v.Shop, v.Deadline, v.ExpiresAt, v.Lines)),
			Release:           made(4, 1, domain.ReleaseMessage(v.Scheme, v.Voucher, 1, v.Request, v.Payment, v.Deadline)),
			Allowance:         made(3, 1, domain.AllowanceMessage(v.Scheme, v.Voucher, 1, v.Shop, v.Deadline)),
			Digest:            authorisation.Digest(),
		}
	}
	for _, algorithm := range []string{Ed25519, P256} {
		authorisation, sign := map[string]func() (Authorisation, func([]byte) []byte){Ed25519: ed25519TestKey, P256: p256TestKey}[algorithm]()
		v.Keys = append(v.Keys, keyVector{
			Private: hex.EncodeToString(seed(algorithm)), Authorisation: authorisation,
			signedVectors: signed(authorisation, func(_ int, version Number, message []byte) Proof {
				return Proof{Kind: ProofByKey, Version: version, Signature: base64Of(sign(message))}
			}),
		})
	}
	booklet := newTestBooklet(5)
	v.Booklet = bookletVector{Authorisation: booklet.authorisation(), signedVectors: signed(booklet.authorisation(), booklet.proofOf)}
	for page := range booklet.keys {
		v.Booklet.Seeds = append(v.Booklet.Seeds, hex.EncodeToString(seed(fmt.Sprintf("page %d", page))))
		v.Booklet.Paths = append(v.Booklet.Paths, booklet.path(page))
	}
	return v
}

func TestVectorsAreWhatTheRulesSay(t *testing.T) {
	made, err := json.Marshal(makeVectors(), json.Deterministic(true), jsontext.WithIndent(" "))
	if err != nil {
		t.Fatal(err)
	}
	made = append(made, '\n')
	if *update {
		if err := os.WriteFile(vectorsFile, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != string(made) {
		t.Fatalf("%s is not what the rules make: go test ./rules -run Vectors -update", vectorsFile)
	}
}

func TestVectorsVerify(t *testing.T) {
	data, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	verify := func(authorisation Authorisation, signed signedVectors) {
		t.Helper()
		expect(t, "", authorisation.CheckForm())
		message := func(vector signedVector) []byte {
			raw, _ := hex.DecodeString(vector.Message)
			return raw
		}
		for _, vector := range []signedVector{signed.Activation, signed.ActivationBlocked} {
			expect(t, "", authorisation.VerifyActivation(&vector.Proof, 1, message(vector)))
		}
		expect(t, "", authorisation.VerifyActivation(&signed.Replacement.Proof, 2, message(signed.Replacement)))
		bound := authorisation.Bind(1)
		shown := authorisation.Bind(1)
		expect(t, "", shown.VerifyPayment(&signed.Allowance.Proof, message(signed.Allowance)))
		for _, vector := range []signedVector{signed.Payment, signed.Hold} {
			expect(t, "", bound.VerifyPayment(&vector.Proof, message(vector)))
		}
		held := ProofUsed{Kind: authorisation.Kind, Version: 1, Page: signed.Hold.Proof.Page}
		expect(t, "", bound.VerifyRelease(&signed.Release.Proof, held, message(signed.Release)))
	}
	for _, key := range v.Keys {
		verify(key.Authorisation, key.signedVectors)
	}
	verify(v.Booklet.Authorisation, v.Booklet.signedVectors)
}
