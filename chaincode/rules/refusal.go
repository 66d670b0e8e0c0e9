// Package rules holds the rules of Kindpakket: what a scheme, a shop, a voucher, a payment and a settlement are, what may happen
// to them, and where their money goes. It knows neither Fabric nor a clock: its callers supply the time, the person and the
// records.
package rules

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
)

//go:embed refusals.json
var table []byte

var meanings = readTable()

// Code is the stable name of a refusal; refusals.json lists all of them.
type Code string

// Details are the values that a refusal is about: ids, cents, states.
type Details map[string]any

// Refusal is the answer to a request that the rules do not allow.
type Refusal struct {
	Code     Code
	Sentence string
	Details  Details
}

// Refuse makes a refusal. An empty format means the meaning of the code in refusals.json.
func Refuse(code Code, details Details, format string, values ...any) *Refusal {
	sentence := fmt.Sprintf(format, values...)
	if format == "" {
		sentence = meanings[code]
	}
	return &Refusal{Code: code, Sentence: sentence, Details: details}
}

// Error returns the refusal as clients parse it: `CODE: sentence {details}`. The sentence never holds a brace.
func (r *Refusal) Error() string {
	sentence, details := r.Told()
	encoded, err := json.Marshal(details, json.Deterministic(true))
	if err != nil {
		encoded = []byte(`{}`)
	}
	return fmt.Sprintf("%s: %s %s", r.Code, sentence, encoded)
}

// Told returns the sentence and the details as clients get them: without a brace in the sentence, and with details that may be empty.
func (r *Refusal) Told() (string, Details) {
	details := r.Details
	if details == nil {
		details = Details{}
	}
	return strings.ReplaceAll(strings.ToValidUTF8(r.Sentence, "?"), "{", "("), details
}

// Alternatives lists values that are allowed, for a sentence: "a, b or c".
func Alternatives[T ~string](values []T) string {
	list := ""
	for i, value := range values {
		switch {
		case i == 0:
		case i == len(values)-1:
			list += " or "
		default:
			list += ", "
		}
		list += string(value)
	}
	return list
}

// Excerpt shortens a text of a caller for the details of a refusal.
func Excerpt(text string) string {
	letters := []rune(strings.ToValidUTF8(text, "?"))
	if len(letters) > 40 {
		return string(letters[:40]) + "…"
	}
	return string(letters)
}

func readTable() map[Code]string {
	var rows []struct {
		Code    Code   `json:"code"`
		Meaning string `json:"meaning"`
	}
	if err := json.Unmarshal(table, &rows); err != nil {
		panic(fmt.Sprintf("rules/refusals.json: %v", err))
	}
	meanings := make(map[Code]string, len(rows))
	for _, row := range rows {
		meanings[row.Code] = row.Meaning
	}
	return meanings
}
