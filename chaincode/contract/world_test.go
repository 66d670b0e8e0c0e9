package contract

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"

	"kindpakket.eu/chaincode/internal/fakeledger"
	"kindpakket.eu/chaincode/rules"
)

const (
	channelName   = "zuidhorn"
	chaincodeName = "kindpakket"
)

type object = map[string]any

// tester is what tests and property tests have in common.
type tester interface {
	Helper()
	Fatal(arguments ...any)
	Fatalf(format string, arguments ...any)
}

// world is a ledger with the people who use it.
type world struct {
	t      tester
	ledger *fakeledger.Ledger
	now    int64
	users  map[string][]byte
	drawn  int
	// last is the latest simulation.
	last *fakeledger.Simulation
}

var testKey = func() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}()

// noon of 2026-03-10 in Amsterdam.
const noon = 1773140400

func newWorld(t tester) *world {
	t.Helper()
	chaincode, err := New()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, ledger: fakeledger.New(chaincode), now: noon, users: map[string][]byte{}}
	w.enrol("clerk", "GemeenteMSP", "issuer", "p-clerk", "")
	w.enrol("manager", "GemeenteMSP", "approver", "p-manager", "")
	w.enrol("manager2", "GemeenteMSP", "approver", "p-second", "")
	w.enrol("treasurer", "GemeenteMSP", "treasurer", "p-treasurer", "")
	w.enrol("treasurer2", "GemeenteMSP", "treasurer", "p-cash", "")
	w.enrol("auditor", "AuditorMSP", "auditor", "p-auditor", "")
	w.enrol("admin", "GemeenteMSP", "", "", "")
	return w
}

// enrol makes a certificate as a Fabric CA does, with the attributes in its extension.
func (w *world) enrol(user, mspID, role, person, shop string) {
	attributes := map[string]string{}
	for name, value := range map[string]string{"role": role, "person": person, "shop": shop} {
		if value != "" {
			attributes["kindpakket."+name] = value
		}
	}
	w.users[user] = creator(w.t, mspID, user, attributes)
}

func creator(t tester, mspID, name string, attributes map[string]string) []byte {
	t.Helper()
	extension, err := json.Marshal(object{"attrs": attributes})
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Unix(noon, 0), NotAfter: time.Unix(noon+86400, 0),
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}, Value: extension}},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &testKey.PublicKey, testKey)
	if err != nil {
		t.Fatal(err)
	}
	identity, err := proto.Marshal(&msp.SerializedIdentity{
		Mspid: mspID, IdBytes: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

// id draws an id that no test has seen.
func (w *world) id() string {
	w.drawn++
	return idOf("drawn", w.drawn)
}

func idOf(parts ...any) string {
	digest := sha256.Sum256([]byte(fmt.Sprint(parts...)))
	return hex.EncodeToString(digest[:16])
}

func (w *world) endorse(user, name, text string, transient map[string][]byte) *fakeledger.Simulation {
	call := w.call(user, name, text)
	call.Transient = transient
	w.last = w.ledger.Simulate(call)
	w.checkMemory(w.last)
	return w.last
}

func (w *world) call(user, name, text string) fakeledger.Call {
	return fakeledger.Call{
		Name: name, Arguments: []string{text}, Creator: w.users[user], Now: w.now, Channel: channelName, Chaincode: chaincodeName,
	}
}

// propose has a request endorsed, with what travels in the transient map.
func (w *world) propose(user, name string, request object, private ...object) *fakeledger.Simulation {
	w.t.Helper()
	var transient map[string][]byte
	for _, part := range private {
		transient = map[string][]byte{}
		for key, value := range part {
			transient[key] = encodeJSON(w.t, value)
		}
	}
	return w.endorse(user, name, string(encodeJSON(w.t, request)), transient)
}

// send endorses and commits, and gives the answer or the refusal's code.
func (w *world) send(user, name string, request object, private ...object) (object, string) {
	w.t.Helper()
	s := w.propose(user, name, request, private...)
	if s.Response.GetStatus() != 200 {
		return nil, codeOf(w.t, s.Response.GetMessage())
	}
	if code := w.ledger.Commit(s); code != "VALID" {
		w.t.Fatalf("%s was committed as %s", name, code)
	}
	w.checkMetadata(name, request, s.Response.GetPayload())
	return decodeJSON(w.t, s.Response.GetPayload()), ""
}

// must sends what has to succeed. A request without an id gets one, unless it is a query.
func (w *world) must(user, name string, request object, private ...object) object {
	w.t.Helper()
	answer, code := w.send(user, name, request, private...)
	if code != "" {
		w.t.Fatalf("%s was refused: %s", name, w.last.Response.GetMessage())
	}
	return answer
}

// refused sends what has to be refused with a code.
func (w *world) refused(code, user, name string, request object, private ...object) {
	w.t.Helper()
	answer, got := w.send(user, name, request, private...)
	if got == "" {
		w.t.Fatalf("%s was not refused with %s but gave %v", name, code, answer)
	}
	if got != code {
		w.t.Fatalf("%s was not refused with %s but: %s", name, code, w.last.Response.GetMessage())
	}
}

// codeOf reads a refusal in its one form.
func codeOf(t tester, message string) string {
	t.Helper()
	code, rest, found := strings.Cut(message, ": ")
	brace := strings.Index(rest, "{")
	if !found || brace < 0 {
		t.Fatalf("not a refusal: %s", message)
	}
	var details object
	if err := json.Unmarshal([]byte(rest[brace:]), &details); err != nil || details == nil {
		t.Fatalf("the details of a refusal are no object: %s", message)
	}
	return code
}

func encodeJSON(t tester, value any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decodeJSON(t tester, data []byte) object {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value object
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("not a JSON object: %q", data)
	}
	return value
}

func cents(t tester, value any) int64 {
	t.Helper()
	number, err := value.(json.Number).Int64()
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// holder signs for a voucher with an Ed25519 key drawn from its id and the version of its authorisation.
type holder struct {
	scheme, voucher string
	version         int
	key             ed25519.PrivateKey
}

func newHolder(scheme, voucher string) holder { return holderOf(scheme, voucher, 1) }

func holderOf(scheme, voucher string, version int) holder {
	seed := sha256.Sum256(fmt.Appendf(nil, "holder %d of %s", version, voucher))
	return holder{scheme: scheme, voucher: voucher, version: version, key: ed25519.NewKeyFromSeed(seed[:])}
}

func (h holder) authorisation() rules.Authorisation {
	public := base64.StdEncoding.EncodeToString(h.key.Public().(ed25519.PublicKey))
	return rules.Authorisation{Kind: rules.ProofByKey, Algorithm: rules.Ed25519, PublicKey: public}
}

var testDomain = rules.Domain{Channel: channelName, Chaincode: chaincodeName}

func (h holder) activation() object {
	message := testDomain.ActivationMessage(rules.OperationActivate, h.scheme, h.voucher, 1, h.authorisation(), "")
	return object{"voucher": h.voucher, "authorisation": h.authorisation(), "proof": h.proof(message)}
}

func (h holder) proof(message []byte) object {
	signature := base64.StdEncoding.EncodeToString(ed25519.Sign(h.key, message))
	return object{"kind": "key", "version": h.version, "signature": signature}
}

func (h holder) pay(request, shop string, deadline int64, lines ...rules.Line) object {
	message := testDomain.PaymentMessage(h.scheme, h.voucher, rules.Number(h.version), request, shop, rules.Number(deadline), lines)
	return object{
		"request_id": request, "scheme": h.scheme, "voucher": h.voucher, "shop": shop,
		"lines": lines, "deadline": deadline, "proof": h.proof(message),
	}
}

// booklet signs with the pages of paper.
type booklet struct {
	scheme, voucher string
	keys            []ed25519.PrivateKey
	levels          [][][]byte
}

func newBooklet(scheme, voucher string, pages int) booklet {
	b := booklet{scheme: scheme, voucher: voucher}
	var leaves [][]byte
	for page := range pages {
		seed := sha256.Sum256(fmt.Appendf(nil, "page %d of %s", page, voucher))
		b.keys = append(b.keys, ed25519.NewKeyFromSeed(seed[:]))
		leaves = append(leaves, leafOf(page, b.keys[page].Public().(ed25519.PublicKey)))
	}
	b.levels = merkle(leaves)
	return b
}

func (b booklet) authorisation() rules.Authorisation {
	root := hex.EncodeToString(b.levels[len(b.levels)-1][0])
	return rules.Authorisation{Kind: rules.ProofByBooklet, Pages: rules.Number(len(b.keys)), Root: root}
}

func (b booklet) proof(page int, message []byte) object {
	return object{
		"kind": "booklet", "version": 1, "page": page, "path": pathIn(b.levels, page),
		"public_key": base64.StdEncoding.EncodeToString(b.keys[page].Public().(ed25519.PublicKey)),
		"signature":  base64.StdEncoding.EncodeToString(ed25519.Sign(b.keys[page], message)),
	}
}

func (b booklet) activation() object {
	message := testDomain.ActivationMessage(rules.OperationActivate, b.scheme, b.voucher, 1, b.authorisation(), "")
	return object{"voucher": b.voucher, "authorisation": b.authorisation(), "proof": b.proof(0, message)}
}

func (b booklet) pay(page int, request, shop string, deadline int64, lines ...rules.Line) object {
	message := testDomain.PaymentMessage(b.scheme, b.voucher, 1, request, shop, rules.Number(deadline), lines)
	return object{
		"request_id": request, "scheme": b.scheme, "voucher": b.voucher, "shop": shop,
		"lines": lines, "deadline": deadline, "proof": b.proof(page, message),
	}
}

func (b booklet) hold(page int, request, shop string, deadline, expiresAt int64, lines ...rules.Line) object {
	message := testDomain.HoldMessage(b.scheme, b.voucher, 1, request, shop, rules.Number(deadline), rules.Number(expiresAt), lines)
	return object{
		"request_id": request, "scheme": b.scheme, "voucher": b.voucher, "shop": shop,
		"lines": lines, "deadline": deadline, "expires_at": expiresAt, "proof": b.proof(page, message),
	}
}

func (b booklet) ask(page int, shop string, deadline int64) object {
	message := testDomain.AllowanceMessage(b.scheme, b.voucher, 1, shop, rules.Number(deadline))
	return object{"scheme": b.scheme, "voucher": b.voucher, "shop": shop, "deadline": deadline, "proof": b.proof(page, message)}
}

func (b booklet) release(page int, request, payment string, deadline int64) object {
	message := testDomain.ReleaseMessage(b.scheme, b.voucher, 1, request, payment, rules.Number(deadline))
	return object{"request_id": request, "payment": payment, "deadline": deadline, "proof": b.proof(page, message)}
}
