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
	Deadline  Number        `json:"deadline"`
	Lines     []Line        `json:"lines"`
	Keys      []keyVector   `json:"keys"`
	Booklet   bookletVector `json:"booklet"`
}

type keyVector struct {
	Private       string        `json:"private"`
	Authorisation Authorisation `json:"authorisation"`
	Activation    signedVector  `json:"activation"`
	Payment       signedVector  `json:"payment"`
}

type bookletVector struct {
	Seeds         []string      `json:"seeds"`
	Authorisation Authorisation `json:"authorisation"`
	Paths         [][]string    `json:"paths"`
	Activation    signedVector  `json:"activation"`
	Payment       signedVector  `json:"payment"`
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

func (b testBooklet) proof(page int, message []byte) Proof {
	number := Number(page)
	return Proof{
		Kind: ProofByBooklet, Version: 1, Page: &number, Path: b.path(page),
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
		Shop: "33333333333333333333333333333333", Deadline: 1_800_000_000,
		Lines: []Line{{Category: "clothing", Cents: 1_295}, {Category: "books", Cents: 400}},
	}
	domain := Domain{Channel: v.Channel, Chaincode: v.Chaincode}
	payment := domain.PaymentMessage(v.Scheme, v.Voucher, 1, v.Request, v.Shop, v.Deadline, v.Lines)
	for _, algorithm := range []string{Ed25519, P256} {
		authorisation, sign := map[string]func() (Authorisation, func([]byte) []byte){Ed25519: ed25519TestKey, P256: p256TestKey}[algorithm]()
		signed := func(message []byte) signedVector {
			return signedVector{
				Message: hex.EncodeToString(message),
				Proof:   Proof{Kind: ProofByKey, Version: 1, Signature: base64Of(sign(message))},
			}
		}
		v.Keys = append(v.Keys, keyVector{
			Private: hex.EncodeToString(seed(algorithm)), Authorisation: authorisation,
			Activation: signed(domain.ActivationMessage(v.Scheme, v.Voucher, authorisation)), Payment: signed(payment),
		})
	}
	booklet := newTestBooklet(5)
	activation := domain.ActivationMessage(v.Scheme, v.Voucher, booklet.authorisation())
	v.Booklet = bookletVector{
		Authorisation: booklet.authorisation(),
		Activation:    signedVector{Message: hex.EncodeToString(activation), Proof: booklet.proof(0, activation)},
		Payment:       signedVector{Message: hex.EncodeToString(payment), Proof: booklet.proof(3, payment)},
	}
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
	verify := func(authorisation Authorisation, activation, payment signedVector) {
		t.Helper()
		allowed := []ProofKind{ProofByKey, ProofByBooklet}
		activationMessage, _ := hex.DecodeString(activation.Message)
		paymentMessage, _ := hex.DecodeString(payment.Message)
		if err := authorisation.Check(allowed); err != nil {
			t.Fatal(err)
		}
		if err := authorisation.VerifyActivation(&activation.Proof, activationMessage); err != nil {
			t.Fatal(err)
		}
		if err := authorisation.Bind(1).VerifyPayment(&payment.Proof, paymentMessage); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range v.Keys {
		verify(key.Authorisation, key.Activation, key.Payment)
	}
	verify(v.Booklet.Authorisation, v.Booklet.Activation, v.Booklet.Payment)
}
