package rules

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
)

const (
	messageDomain   = "kindpakket/authorisation/1"
	selfBlockDomain = "kindpakket/self-block/1"
	boundDomain     = "kindpakket/bound/1"

	// OperationActivate and the other operations are part of the messages that holders sign, so that none can pass for another.
	OperationActivate  = "voucher:Activate"
	OperationReplace   = "voucher:Replace"
	OperationAllowance = "voucher:Allowance"
	OperationPay       = "payment:Pay"
	OperationHold      = "payment:Hold"
	OperationRelease   = "payment:ReleaseByHolder"

	// MaxDeadline is how far ahead of a payment its deadline may lie, in seconds.
	MaxDeadline Number = 900
	// FirstVersion is the version of the authorisation that a voucher is activated with.
	FirstVersion Number = 1

	// A signature for P-256 is a DER sequence of two integers of 1 to 33 bytes each; one for Ed25519 has 64 bytes.
	minSignature = 8
	maxSignature = 72
)

// Proof is the holder's agreement: a signature in padded base64 by the voucher's key, or by a page of its booklet with the page's
// Ed25519 key and its Merkle path.
type Proof struct {
	Kind      ProofKind `json:"kind"`
	Version   Number    `json:"version"`
	Page      *Number   `json:"page,omitzero"`
	PublicKey string    `json:"public_key,omitzero"`
	Path      []string  `json:"path,omitzero"`
	Signature string    `json:"signature"`
}

// Domain is the chaincode on the channel that a proof is made for. It counts nowhere else.
type Domain struct {
	Channel   string
	Chaincode string
}

// Message frames fields for signing: each as its length in four bytes, big-endian, and its bytes in UTF-8.
func Message(fields ...string) []byte {
	size := 0
	for _, field := range fields {
		size += 4 + len(field)
	}
	message := make([]byte, 0, size)
	for _, field := range fields {
		message = binary.BigEndian.AppendUint32(message, uint32(len(field))) // #nosec G115 -- a field is part of a request, of at most 1 MiB
		message = append(message, field...)
	}
	return message
}

// ActivationMessage is what a holder signs to bind a voucher to a key or a booklet: to activate it (version 1), or to replace what
// it is bound to (the version that this makes). selfBlock is the hash of the self-block code, "" for none.
func (d Domain) ActivationMessage(operation, scheme, voucher string, version Number, authorisation Authorisation, selfBlock string) []byte {
	fields := append(d.fields(operation, scheme, voucher, version, voucher), authorisation.fields()...)
	if selfBlock != "" {
		fields = append(fields, "self-block", selfBlock)
	}
	return Message(fields...)
}

// PaymentMessage is what a holder signs to pay; version is that of the voucher's authorisation, deadline an instant.
func (d Domain) PaymentMessage(scheme, voucher string, version Number, request, shop string, deadline Number, lines []Line) []byte {
	fields := append(d.fields(OperationPay, scheme, voucher, version, request), shop, decimal(deadline))
	return Message(append(fields, fieldsOf(lines)...)...)
}

// HoldMessage is what a holder signs to have money held for a shop until an instant.
func (d Domain) HoldMessage(
	scheme, voucher string, version Number, request, shop string, deadline, expiresAt Number, lines []Line,
) []byte {
	fields := append(d.fields(OperationHold, scheme, voucher, version, request), shop, decimal(deadline), decimal(expiresAt))
	return Message(append(fields, fieldsOf(lines)...)...)
}

// ReleaseMessage is what a holder signs to have a hold released: payment is the hold.
func (d Domain) ReleaseMessage(scheme, voucher string, version Number, request, payment string, deadline Number) []byte {
	return Message(append(d.fields(OperationRelease, scheme, voucher, version, request), payment, decimal(deadline))...)
}

// AllowanceMessage is what a holder signs to show a shop what the voucher may still buy there. A query has no request id: the voucher's id
// stands in its place.
func (d Domain) AllowanceMessage(scheme, voucher string, version Number, shop string, deadline Number) []byte {
	return Message(append(d.fields(OperationAllowance, scheme, voucher, version, voucher), shop, decimal(deadline))...)
}

// SelfBlockHash is what a voucher keeps of the code by which its holder may block it, in hexadecimal.
func (d Domain) SelfBlockHash(scheme, voucher, code string) string {
	digest := sha256.Sum256(Message(selfBlockDomain, d.Channel, d.Chaincode, scheme, voucher, code))
	return hex.EncodeToString(digest[:])
}

// fields are those that every message of a holder starts with.
func (d Domain) fields(operation, scheme, voucher string, version Number, request string) []string {
	return []string{messageDomain, d.Channel, d.Chaincode, operation, scheme, voucher, decimal(version), request}
}

// fieldsOf returns the lines of a payment or hold as fields: their number, and category and cents of each.
func fieldsOf(lines []Line) []string {
	fields := []string{strconv.Itoa(len(lines))}
	for _, line := range lines {
		fields = append(fields, line.Category, strconv.FormatInt(int64(line.Cents), 10))
	}
	return fields
}

// VerifyActivation refuses a proof that was not made with the key, or with page 0 of the booklet, that is being bound.
func (a *Authorisation) VerifyActivation(proof *Proof, version Number, message []byte) error {
	if proof == nil {
		return Refuse(HolderProofMissing, nil, "")
	}
	if err := a.checkProof(proof, version, message); err != nil {
		return err
	}
	if a.Kind == ProofByBooklet && *proof.Page != 0 {
		return invalidProof("page", "the proof is by page %d: a booklet is activated with page 0", *proof.Page)
	}
	return nil
}

// VerifyPayment refuses a proof that does not match the message, or whose page is not after the last used page. It records the page
// of the proof as used.
func (b *BoundAuthorisation) VerifyPayment(proof *Proof, message []byte) error {
	if err := b.checkProof(proof, b.Version, message); err != nil {
		return err
	}
	if b.Kind == ProofByKey {
		return nil
	}
	if b.LastPage == nil {
		return Refuse(LedgerInconsistent, nil, "the voucher's booklet has no last used page")
	}
	if *proof.Page <= *b.LastPage {
		return invalidProof("page", "page %d can no longer be used: give one after page %d, the last that was used", *proof.Page, *b.LastPage)
	}
	b.LastPage = proof.Page
	return nil
}

// VerifyRelease refuses a proof that does not match the message by which a holder releases a hold. By a booklet, it is the page that the
// hold was agreed with: no page is used up, and a till that sees it learns nothing that can pay.
func (b *BoundAuthorisation) VerifyRelease(proof *Proof, held ProofUsed, message []byte) error {
	if err := b.checkProof(proof, b.Version, message); err != nil {
		return err
	}
	if b.Kind == ProofByKey {
		return nil
	}
	if held.Page == nil || held.Version != b.Version {
		return invalidProof("page", "the hold was not agreed with this booklet: ask the shop or the municipality to release it")
	}
	if *proof.Page != *held.Page {
		return invalidProof("page", "the proof is by page %d: give the page that the hold was agreed with, %d", *proof.Page, *held.Page)
	}
	return nil
}

// CheckProofKind refuses a proof of a kind that the terms do not allow, even if the voucher was bound to it under earlier terms.
func (t *Terms) CheckProofKind(kind ProofKind) error {
	if !slices.Contains(t.Proofs, kind) {
		return invalidProof("kind", "the proof is by %q: the scheme accepts %s", Excerpt(string(kind)), Alternatives(t.Proofs))
	}
	return nil
}

// CheckDeadline refuses a payment after the deadline that its holder signed, and a deadline that is too far ahead.
func CheckDeadline(deadline, now Number) error {
	if now > deadline || deadline-now > MaxDeadline {
		return Refuse(HolderProofExpired, Details{"deadline": deadline, "now": now, "most_ahead": MaxDeadline},
			"the deadline is %d: it must be from now (%d) to %d seconds ahead", deadline, now, MaxDeadline)
	}
	return nil
}

// CheckForm refuses a proof that could not be one of its kind. Every request with a proof is checked by it, also one that is repeated:
// whatever else it contained would stay on the ledger.
func (p *Proof) CheckForm() error {
	switch p.Kind {
	case ProofByKey:
		return p.checkKeyForm()
	case ProofByBooklet:
		return p.checkPageForm()
	}
	return invalidProof("kind", "the kind of the proof is %q: it must be %s or %s", Excerpt(string(p.Kind)), ProofByKey, ProofByBooklet)
}

func (p *Proof) checkKeyForm() error {
	if p.Page != nil || p.PublicKey != "" || len(p.Path) != 0 {
		return invalidProof("kind", "a proof by key must not have page, public_key or path: leave them out")
	}
	if signature, ok := decodeBase64(p.Signature); !ok || len(signature) < minSignature || len(signature) > maxSignature {
		return invalidProof("encoding", "the signature is not valid: give %d bytes for %s, or the DER form for %s, in base64 with padding",
			ed25519.SignatureSize, Ed25519, P256)
	}
	return nil
}

func (p *Proof) checkPageForm() error {
	if p.Page == nil || *p.Page < 0 || *p.Page >= maxPages {
		return invalidProof("page", "a proof by booklet must name its page, 0 to %d", maxPages-1)
	}
	if key, ok := decodeBase64(p.PublicKey); !ok || len(key) != ed25519.PublicKeySize {
		return invalidProof("encoding", "the page's public_key is not valid: give %d bytes in base64 with padding", ed25519.PublicKeySize)
	}
	if signature, ok := decodeBase64(p.Signature); !ok || len(signature) != ed25519.SignatureSize {
		return invalidProof("encoding", "the page's signature is not valid: give %d bytes in base64 with padding", ed25519.SignatureSize)
	}
	if !isPath(p.Path, maxPages) {
		return invalidProof("path", "the path is not valid: give at most %d digests of 64 lower-case hexadecimal characters", depth(maxPages))
	}
	return nil
}

func (a *Authorisation) checkProof(proof *Proof, version Number, message []byte) error {
	if err := proof.CheckForm(); err != nil {
		return err
	}
	if proof.Kind != a.Kind {
		return invalidProof("kind", "the proof is by %s, but the voucher is bound to a %s", proof.Kind, a.Kind)
	}
	if proof.Version != version {
		return invalidProof("version", "the proof is for version %d of the authorisation: it must be for version %d", proof.Version, version)
	}
	signature, _ := decodeBase64(proof.Signature)
	if a.Kind == ProofByBooklet {
		return a.checkPage(proof, message, signature)
	}
	if !a.verify(message, signature) {
		return invalidProof("signature", "the signature does not match this request and the voucher's key")
	}
	return nil
}

func (a *Authorisation) checkPage(proof *Proof, message, signature []byte) error {
	key, _ := decodeBase64(proof.PublicKey)
	if !isLeafOf(a.Root, a.Pages, *proof.Page, key, proof.Path) {
		return invalidProof("path", "the key does not belong to page %d of the voucher's booklet", *proof.Page)
	}
	if !verifyEd25519(key, message, signature) {
		return invalidProof("signature", "the signature does not match this request and the page's key")
	}
	return nil
}

func invalidProof(why, format string, values ...any) error {
	return Refuse(HolderProofInvalid, Details{"why": why}, format, values...)
}

func decimal(number Number) string {
	return strconv.FormatInt(int64(number), 10)
}
