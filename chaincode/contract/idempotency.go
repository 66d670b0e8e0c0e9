package contract

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"kindpakket.eu/chaincode/rules"
)

// committed is what a write stores under its request id.
type committed struct {
	Operation string         `json:"operation"`
	Digest    string         `json:"digest"`
	Answer    jsontext.Value `json:"answer,omitzero"`
}

// voiding is the operation on record for an id that was voided instead of used.
const voiding = "request:Void"

func (c *committed) isVoid() bool { return c.Operation == voiding && c.Digest == "" }

// once returns the stored answer of a request that was committed before, or performs the request and stores its answer under its id.
func (tx *transaction) once(op operation, text string, r request, private string, do func() (any, error)) (string, error) {
	answer, repeated, err := tx.perform(op, text, r, private, do)
	if repeated || err != nil {
		return answer, err
	}
	return answer, tx.finish(op)
}

// perform does what once does, and leaves it to its caller to write and to emit. It reports whether the answer is a stored one.
func (tx *transaction) perform(op operation, text string, r request, private string, do func() (any, error)) (string, bool, error) {
	id := r.id()
	tx.mark = tx.caller.mark(op.name, r)
	digest, err := digest(op.name, tx.caller.onWhoseBehalf(), text, private)
	if err != nil {
		return "", false, err
	}
	answer, err := tx.replay(op, id, digest)
	if answer != "" || err != nil {
		return answer, err == nil, err
	}
	result, err := do()
	if err != nil {
		return "", false, err
	}
	encoded, err := encode(result)
	if err != nil {
		return "", false, err
	}
	return string(encoded), false, tx.put(requestKey(id), committed{Operation: op.name, Digest: digest, Answer: encoded})
}

// privateRequest is what a write to private records leaves under its request id, in a private collection. Its hash tells whether the same
// request was committed before.
type privateRequest struct {
	Operation string `json:"operation"`
	Digest    string `json:"digest"`
}

// oncePrivately does the work of a write to private records and keeps its request, unless the same request was committed before.
func (tx *transaction) oncePrivately(op operation, text string, r request, work privateWork) error {
	digest, err := digest(op.name, tx.caller.onWhoseBehalf(), text, work.given)
	if err != nil {
		return err
	}
	if _, err := tx.replay(op, r.id(), digest); err != nil {
		return err
	}
	kept := privateRequest{Operation: op.name, Digest: digest}
	repeated, err := tx.wasDonePrivately(r.id(), kept)
	if err != nil || repeated {
		return err
	}
	if err := work.do(); err != nil {
		return err
	}
	if err := tx.putPrivate(citizens, requestKey(r.id()), kept); err != nil {
		return err
	}
	return tx.finish(op)
}

// wasDonePrivately reports whether a write to private records was committed, and refuses an id that another such write used.
func (tx *transaction) wasDonePrivately(id string, wanted privateRequest) (bool, error) {
	before, err := tx.privateHash(citizens, requestKey(id))
	if err != nil || before == "" {
		return false, err
	}
	same, err := recordHash(wanted)
	if err == nil && before != same {
		err = rules.Refuse(rules.IdempotencyConflict, rules.Details{"request": id},
			"id %s has already been used for a different request: draw a new id", id)
	}
	return true, err
}

// replay returns the answer to the same request, "" when the id is new, and a conflict when the id was used for a different request or by
// another organisation: its tills could claim the id of any shop, and the answer is only for that shop's own.
func (tx *transaction) replay(op operation, id, digest string) (string, error) {
	before, err := get[committed](tx, requestKey(id))
	if err != nil || before == nil {
		return "", err
	}
	by, err := writer(requestKey(id), tx.reads[requestKey(id)])
	if err != nil {
		return "", err
	}
	if before.isVoid() {
		return "", rules.Refuse(rules.RequestVoid, rules.Details{"request": id}, "request %s was voided: draw a new id", id)
	}
	foreign := by != nil && by.MSP != tx.caller.msp
	if foreign || before.Operation != op.name || before.Digest != digest {
		return "", rules.Refuse(rules.IdempotencyConflict, rules.Details{"request": id, "operation": before.Operation},
			"id %s has already been used for a different request: draw a new id", id)
	}
	return string(before.Answer), nil
}

// onWhoseBehalf names the shop of a till, or the acquirer, so that nobody else gets the answer to its requests; "" for others.
func (c caller) onWhoseBehalf() string {
	switch {
	case c.role == acquirer:
		return string(acquirer) + "/" + c.person
	case c.isSeller():
		return c.shop
	}
	return ""
}

// digest identifies a request: SHA-256 over the operation, on whose behalf it is, the request as canonical JSON
// (RFC 8785) without holders' proofs, and the digest of a private record if one travels along, joined by line feeds.
func digest(operation, behalf, text, private string) (string, error) {
	canonical, ok := readPlain(text, false)
	if !ok {
		var err error
		if canonical, err = canonicalWithoutProofs(text); err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256(bytes.Join([][]byte{[]byte(operation), []byte(behalf), canonical, []byte(private)}, []byte("\n")))
	return hex.EncodeToString(sum[:]), nil
}

// canonicalWithoutProofs reads any JSON as readPlain reads what is plain.
func canonicalWithoutProofs(text string) ([]byte, error) {
	var stripped bytes.Buffer
	decoder := jsontext.NewDecoder(strings.NewReader(text))
	encoder := jsontext.NewEncoder(&stripped)
	member := ""
	for {
		token, err := decoder.ReadToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, malformed("it is not JSON")
		}
		if token.Kind() == '"' && isName(decoder) {
			name := token.String()
			if decoder.StackDepth() == 1 {
				member = name
			}
			if isProof(name, member, decoder.StackDepth()) {
				if err := decoder.SkipValue(); err != nil {
					return nil, malformed("it is not JSON")
				}
				continue
			}
		}
		if err := encoder.WriteToken(token); err != nil {
			return nil, err
		}
	}
	canonical := jsontext.Value(bytes.TrimSpace(stripped.Bytes()))
	if err := canonical.Canonicalize(jsontext.CanonicalizeRawInts(false)); err != nil {
		return nil, err
	}
	return canonical, nil
}

// isProof reports whether a name is that of a holder's proof: of the request, or of one of its activations, which are at the third
// level of the member of that name. Elsewhere people chose the name, such as that of a preset.
func isProof(name, member string, depth int) bool {
	return name == "proof" && (depth == 1 || (depth == 3 && member == "activations"))
}
