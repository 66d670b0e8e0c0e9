package rules

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// ProofKind is how a holder authorises: with their own key, or with the pages of a paper booklet.
type ProofKind string

// Kinds of proof.
const (
	ProofByKey     ProofKind = "key"
	ProofByBooklet ProofKind = "booklet"
)

// Algorithms of a holder's own key.
const (
	Ed25519 = "ed25519"
	P256    = "p256"
)

const (
	minPages = 2
	maxPages = 256
)

// Authorisation is what a voucher is bound to: a public key in padded base64 (Ed25519: 32 bytes; P-256: the 65-byte uncompressed
// point), or a booklet's number of pages and the Merkle root over their keys in hexadecimal.
type Authorisation struct {
	Kind      ProofKind `json:"kind"`
	Algorithm string    `json:"algorithm,omitzero"`
	PublicKey string    `json:"public_key,omitzero"`
	Pages     Number    `json:"pages,omitzero"`
	Root      string    `json:"root,omitzero"`
}

// BoundAuthorisation is an authorisation on the ledger: its version, and for a booklet the last page that was used.
type BoundAuthorisation struct {
	Authorisation
	Version  Number  `json:"version"`
	LastPage *Number `json:"last_page,omitzero"`
}

// CheckForm refuses an authorisation that no proof could match.
func (a *Authorisation) CheckForm() error {
	switch a.Kind {
	case ProofByBooklet:
		return a.checkBooklet()
	case ProofByKey:
		return a.checkKey()
	}
	return invalidAuthorisation("kind", "kind is %q: it must be %s or %s", Excerpt(string(a.Kind)), ProofByKey, ProofByBooklet)
}

// CheckKind refuses an authorisation of a kind that the scheme does not allow.
func (a *Authorisation) CheckKind(allowed []ProofKind) error {
	if !slices.Contains(allowed, a.Kind) {
		return invalidAuthorisation("kind", "kind is %q: the scheme accepts %s", Excerpt(string(a.Kind)), Alternatives(allowed))
	}
	return nil
}

func (a *Authorisation) checkBooklet() error {
	if a.Algorithm != "" || a.PublicKey != "" {
		return invalidAuthorisation("kind", "a booklet must not have algorithm or public_key: give only pages and root")
	}
	if a.Pages < minPages || a.Pages > maxPages {
		return invalidAuthorisation("pages", "the booklet has %d pages: it must have %d to %d", a.Pages, minPages, maxPages)
	}
	if !isHex(a.Root, 64) {
		return invalidAuthorisation("root", "root is %q: give 64 lower-case hexadecimal characters", Excerpt(a.Root))
	}
	return nil
}

func (a *Authorisation) checkKey() error {
	if a.Pages != 0 || a.Root != "" {
		return invalidAuthorisation("kind", "a key must not have pages or root: give only algorithm and public_key")
	}
	raw, ok := decodeBase64(a.PublicKey)
	if !ok {
		return invalidAuthorisation("public_key", "public_key is not valid base64: give it with padding")
	}
	switch {
	case a.Algorithm == Ed25519 && isEd25519Key(raw):
		return nil
	case a.Algorithm == P256 && isP256Key(raw):
		return nil
	case a.Algorithm != Ed25519 && a.Algorithm != P256:
		return invalidAuthorisation("algorithm", "algorithm is %q: it must be %s or %s", Excerpt(a.Algorithm), Ed25519, P256)
	}
	return invalidAuthorisation("public_key", "public_key is not a usable %s key: give 32 bytes for %s, or the uncompressed point of 65 bytes for %s", a.Algorithm, Ed25519, P256)
}

// Digest identifies a key or booklet on the channel, in hexadecimal. A booklet is identified by its root alone, whatever its number of
// pages.
func (a *Authorisation) Digest() string {
	fields := []string{boundDomain, string(ProofByBooklet), a.Root}
	if a.Kind == ProofByKey {
		fields = []string{boundDomain, string(ProofByKey), a.Algorithm, a.PublicKey}
	}
	digest := sha256.Sum256(Message(fields...))
	return hex.EncodeToString(digest[:])
}

// RefuseUsed refuses a key or booklet that a voucher is or was bound to: used pages, whose seeds tills have seen, would pay again, and
// a signature or a page for one voucher would do for another.
func (a *Authorisation) RefuseUsed(scheme, voucher string) error {
	return Refuse(AuthorisationUsed, Details{"scheme": scheme, "voucher": voucher},
		"this %s has already been bound to voucher %s: create a new one", a.Kind, voucher)
}

// Bind returns the authorisation as the ledger keeps it. Page 0 of a booklet is used by binding.
func (a Authorisation) Bind(version Number) *BoundAuthorisation {
	bound := &BoundAuthorisation{Authorisation: a, Version: version}
	if a.Kind == ProofByBooklet {
		bound.LastPage = new(Number)
	}
	return bound
}

// fields are those of the authorisation in the message that its holder signs to bind it.
func (a *Authorisation) fields() []string {
	if a.Kind == ProofByBooklet {
		return []string{string(ProofByBooklet), decimal(a.Pages), a.Root}
	}
	return []string{string(ProofByKey), a.Algorithm, a.PublicKey}
}

// verify reports whether a signature over a message was made with the key that the authorisation names.
func (a *Authorisation) verify(message, signature []byte) bool {
	key, _ := decodeBase64(a.PublicKey)
	if a.Algorithm == Ed25519 {
		return verifyEd25519(key, message, signature)
	}
	point, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key)
	if err != nil {
		return false
	}
	digest := sha256.Sum256(message)
	return ecdsa.VerifyASN1(point, digest[:], signature)
}

func verifyEd25519(key, message, signature []byte) bool {
	return isEd25519Key(key) && len(signature) == ed25519.SignatureSize && ed25519.Verify(key, message, signature)
}

func isP256Key(raw []byte) bool {
	_, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	return err == nil
}

// isEd25519Key leaves out the points of small order (RFC 7748 and RFC 8032, all encodings), under which forged
// signatures would verify.
func isEd25519Key(raw []byte) bool {
	if len(raw) != ed25519.PublicKeySize {
		return false
	}
	unsigned := bytes.Clone(raw)
	unsigned[31] &= 0x7f
	return !slices.Contains(smallOrder, hex.EncodeToString(unsigned))
}

// smallOrder lists the y coordinates of the points of small order, little-endian, without the sign: 0, 1, −1, the two of order
// eight, and p and p+1, which are other encodings of 0 and 1.
var smallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

var strictBase64 = base64.StdEncoding.Strict()

// decodeBase64 takes standard, padded base64 in its one canonical form, in which there are no ends of lines: the decoder would skip them.
func decodeBase64(text string) ([]byte, bool) {
	raw, err := strictBase64.DecodeString(text)
	return raw, err == nil && !strings.ContainsAny(text, "\r\n")
}

func invalidAuthorisation(why, format string, values ...any) error {
	return Refuse(InvalidAuthorisation, Details{"why": why}, format, values...)
}
