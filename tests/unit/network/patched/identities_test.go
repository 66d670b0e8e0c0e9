package msp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"testing"

	"github.com/hyperledger/fabric-lib-go/bccsp"
	"github.com/hyperledger/fabric-lib-go/bccsp/sw"
	"github.com/hyperledger/fabric-lib-go/bccsp/utils"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
)

// counting is a provider of cryptography that counts what it verifies.
type counting struct {
	bccsp.BCCSP
	verified int
}

func (c *counting) Verify(key bccsp.Key, signature, digest []byte, options bccsp.SignerOpts) (bool, error) {
	c.verified++
	return c.BCCSP.Verify(key, signature, digest, options)
}

// signing is an identity whose signatures are verified by a provider, and who makes them.
func signing(t *testing.T, provider bccsp.BCCSP) (*identity, func([]byte) []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	key, err := provider.KeyImport(&private.PublicKey, &bccsp.ECDSAGoPublicKeyImportOpts{Temporary: true})
	if err != nil {
		t.Fatal(err)
	}
	own := &bccspmsp{bccsp: provider, cryptoConfig: &msp.FabricCryptoConfig{SignatureHashFamily: bccsp.SHA2}}
	certificate := &x509.Certificate{PublicKeyAlgorithm: x509.ECDSA, RawSubjectPublicKeyInfo: public}
	sign := func(message []byte) []byte {
		digest := sha256.Sum256(message)
		made, err := ecdsa.SignASN1(rand.Reader, private, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		low, err := utils.SignatureToLowS(&private.PublicKey, made)
		if err != nil {
			t.Fatal(err)
		}
		return low
	}
	return &identity{cert: certificate, pk: key, msp: own}, sign
}

func provider(t *testing.T) *counting {
	t.Helper()
	made, err := sw.NewDefaultSecurityLevelWithKeystore(sw.NewDummyKeyStore())
	if err != nil {
		t.Fatal(err)
	}
	return &counting{BCCSP: made}
}

func TestAValidSignatureIsVerifiedOnce(t *testing.T) {
	counted := provider(t)
	identity, sign := signing(t, counted)
	signature := sign([]byte("order"))
	for range 7 {
		if err := identity.Verify([]byte("order"), signature); err != nil {
			t.Fatal(err)
		}
	}
	if counted.verified != 1 {
		t.Fatalf("verified %d times", counted.verified)
	}
}

func TestAWrongSignatureIsRefusedEachTime(t *testing.T) {
	counted := provider(t)
	identity, sign := signing(t, counted)
	signature := sign([]byte("order"))
	if err := identity.Verify([]byte("order"), signature); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if identity.Verify([]byte("another order"), signature) == nil {
			t.Fatal("a signature of other bytes was accepted")
		}
		if identity.Verify([]byte("order"), signature[:len(signature)-1]) == nil {
			t.Fatal("a shortened signature was accepted")
		}
	}
	if counted.verified != 7 {
		t.Fatalf("verified %d times", counted.verified)
	}
}

func TestAnotherKeyIsNotBelieved(t *testing.T) {
	counted := provider(t)
	first, sign := signing(t, counted)
	second, _ := signing(t, counted)
	signature := sign([]byte("order"))
	if err := first.Verify([]byte("order"), signature); err != nil {
		t.Fatal(err)
	}
	if second.Verify([]byte("order"), signature) == nil {
		t.Fatal("a signature of another key was accepted")
	}
}

func TestNoPartPassesForAnother(t *testing.T) {
	seen := map[[sha256.Size]byte]bool{}
	for _, parts := range [][]string{{"ab", "c", "d"}, {"a", "bc", "d"}, {"a", "b", "cd"}, {"", "abc", "d"}, {"abcd", "", ""}} {
		digest := signatureDigest([]byte(parts[0]), []byte(parts[1]), []byte(parts[2]))
		if seen[digest] {
			t.Fatalf("%q has the digest of others", parts)
		}
		seen[digest] = true
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	remembered := verifiedSignatures{}
	digest := func(number int) (made [sha256.Size]byte) {
		made[0], made[1], made[2] = byte(number), byte(number>>8), byte(number>>16)
		return made
	}
	for number := range 5 * mostVerified {
		remembered.add(digest(number))
		if len(remembered.recent)+len(remembered.previous) > 2*mostVerified {
			t.Fatalf("more than %d after %d", 2*mostVerified, number)
		}
	}
	if !remembered.has(digest(4*mostVerified)) || remembered.has(digest(0)) {
		t.Fatal("the wrong ones are remembered")
	}
}
