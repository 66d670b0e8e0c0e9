package contract

import (
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"kindpakket.eu/chaincode/rules"
)

const (
	maxRequestBytes = 1 << 20
	maxDepth        = 8
)

// header is what every request that writes carries.
type header struct {
	RequestID string `json:"request_id"`
}

func (h header) id() string         { return h.RequestID }
func (h header) checkHeader() error { return rules.CheckID("request_id", h.RequestID) }

// request is a parsed request that writes.
type request interface {
	id() string
	check() error
}

// reading is a request that knows beforehand which keys its transaction reads.
type reading interface {
	reads() []string
}

// reasoned is a request that gives its reason as a code.
type reasoned interface {
	reason() string
}

// hosted is a request that an acquirer makes at a till of a shop.
type hosted interface {
	till() string
}

// atTill is the member of a request that names the till for which an acquirer acts.
type atTill struct {
	Till string `json:"till,omitzero"`
}

func (a atTill) till() string { return a.Till }

// because is the member of a request that has to say why.
type because struct {
	Reason string `json:"reason"`
}

func (b because) reason() string     { return b.Reason }
func (b because) checkReason() error { return rules.CheckCode("reason", b.Reason) }

// parse reads a request strictly into a struct: one JSON object, no unknown, duplicate or differently cased members, plain
// integers. Public texts are screened for personal data, and refused for that before their form is. private names a member that may
// only travel in the transient map.
func parse(text, private string, into any) error {
	misread := decode([]byte(text), into)
	if err := inspect(text, private, misread == nil); err != nil {
		return err
	}
	return misread
}

// decode reads a JSON object into a struct. Its refusals name no member that the struct does not have: the name may be personal.
func decode(data []byte, into any) error {
	err := json.Unmarshal(data, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	if refusal, ok := errors.AsType[*rules.Refusal](err); ok {
		return refusal
	}
	semantic, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case !ok:
		return malformed("it is not a JSON object")
	case errors.Is(semantic, json.ErrUnknownName):
		return malformed("%s has a member that is unknown", place(semantic.JSONPointer.Parent()))
	}
	return malformed("%s has the wrong type", place(semantic.JSONPointer))
}

// place names a member of a request, or the request itself, for a sentence.
func place(member jsontext.Pointer) string {
	if member == "" {
		return "the object"
	}
	return rules.Excerpt(string(member))
}

// inspect walks over all tokens of a request. known tells that all its members are: a name that is not may itself be personal, so no
// refusal repeats it. The place of a token is looked up for a refusal only, because that takes as long as the names above it are.
func inspect(text, private string, known bool) error {
	if private == "" || !strings.Contains(text, private) {
		if _, ok := readPlain(text, true); ok {
			return nil
		}
	}
	decoder := jsontext.NewDecoder(strings.NewReader(text))
	if decoder.PeekKind() != '{' {
		return malformed("it is not a JSON object in UTF-8")
	}
	for {
		token, err := decoder.ReadToken()
		if errors.Is(err, io.EOF) && decoder.StackDepth() == 0 {
			return nil
		}
		if err != nil {
			return malformed("it is not a single JSON object in UTF-8 with unique members (error at byte %d)", decoder.InputOffset())
		}
		if decoder.StackDepth() > maxDepth {
			return malformed("it is nested more than %d levels deep", maxDepth)
		}
		if token.Kind() != '"' {
			continue
		}
		name, value := isName(decoder), token.String()
		if private != "" && name && decoder.StackDepth() == 1 && value == private {
			return rules.Refuse(rules.TransientRequired, rules.Details{"transient": private},
				"%s is private: put it in the transient map, not in the request, which is kept by everyone on the channel", private)
		}
		if kind := rules.PersonalDataIn(value); kind != "" {
			return rules.RefusePersonalData(screened(decoder, name, known), kind)
		}
	}
}

// screened names the member that the token just read belongs to, or the request when not all its members are known.
func screened(decoder *jsontext.Decoder, name, known bool) string {
	member := decoder.StackPointer()
	switch {
	case !known:
		member = ""
	case name:
		member = member.Parent()
	}
	return place(member)
}

// checkNoNull refuses null, which would otherwise be read as a member that was left out: a request has only one form. The request has been
// parsed before.
func checkNoNull(text string) error {
	if !strings.Contains(text, "null") {
		return nil
	}
	decoder := jsontext.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return malformed("it is not JSON")
		}
		if token.Kind() == 'n' {
			return malformed("%s is null: leave out a member that has no value", rules.Excerpt(string(decoder.StackPointer())))
		}
	}
}

// isName reports whether the token just read is the name of a member.
func isName(decoder *jsontext.Decoder) bool {
	kind, count := decoder.StackIndex(decoder.StackDepth())
	return kind == '{' && count%2 == 1
}

func malformed(format string, values ...any) error {
	return rules.Refuse(rules.MalformedRequest, nil, "the request cannot be read: "+format, values...)
}

func tooLarge(bytes int) error {
	return rules.Refuse(rules.RequestTooLarge, rules.Details{"bytes": bytes, "most": maxRequestBytes},
		"%d bytes were sent: send at most %d", bytes, maxRequestBytes)
}
