package contract

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"kindpakket.eu/chaincode/rules"
)

// maxBatch is how many items a batch may have.
const maxBatch = 200

// batched are the operations that a batch may have, by their names. The same roles may do all of them.
var batched = map[string]reader{
	pay.name:            runs(pay, (*transaction).pay),
	capturePayment.name: runs(capturePayment, (*transaction).capture),
	refundPayment.name:  runs(refundPayment, (*transaction).makeRefund),
}

// batchRequest is many requests of other transactions. It has no id of its own: each of its items has one.
type batchRequest struct {
	Items []batchItem `json:"items"`
}

// batchItem is a transaction and its request, as it takes it alone.
type batchItem struct {
	Operation string         `json:"operation"`
	Request   jsontext.Value `json:"request"`
}

func (r *batchRequest) check() error {
	if err := rules.CheckCount("items", len(r.Items), maxBatch); err != nil {
		return err
	}
	for at, item := range r.Items {
		if batched[item.Operation] == nil {
			names := rules.Alternatives(slices.Sorted(maps.Keys(batched)))
			return ofItem(at, malformed("the operation is unknown: give %s", names))
		}
	}
	return nil
}

// singles checks the form of all items. Arguments stay on the ledger, so one that is malformed spoils the batch: it could be free text.
func (r *batchRequest) singles(c caller) ([]*single, error) {
	singles := make([]*single, len(r.Items))
	for at, item := range r.Items {
		single, err := batched[item.Operation](c, string(item.Request))
		if err != nil {
			return nil, ofItem(at, err)
		}
		singles[at] = single
	}
	return singles, nil
}

// ofItem says of a refusal which item it is about.
func ofItem(at int, err error) error {
	refusal, ok := errors.AsType[*rules.Refusal](err)
	if !ok {
		return err
	}
	details := rules.Details{"item": at}
	maps.Copy(details, refusal.Details)
	return &rules.Refusal{Code: refusal.Code, Sentence: fmt.Sprintf("item %d: %s", at, refusal.Sentence), Details: details}
}

// outcome is what became of an item.
type outcome string

const (
	itemDone    outcome = "done"
	itemExists  outcome = "exists"
	itemRefused outcome = "refused"
)

// batchAnswer is the answer to a batch: what became of each item, in order.
type batchAnswer struct {
	Items []itemAnswer `json:"items"`
}

type itemAnswer struct {
	RequestID string         `json:"request_id"`
	Outcome   outcome        `json:"outcome"`
	Answer    jsontext.Value `json:"answer,omitzero"`
	Refusal   *itemRefusal   `json:"refusal,omitzero"`
}

// itemRefusal is a refusal as an object, with the sentence that it has as a text.
type itemRefusal struct {
	Code    rules.Code    `json:"code"`
	Message string        `json:"message"`
	Details rules.Details `json:"details"`
}

// batchEvent is the payload of the event of a batch: the events that its items would emit alone, in order.
type batchEvent struct {
	Events []itemEvent `json:"events"`
}

type itemEvent struct {
	Name    string `json:"name"`
	Payload any    `json:"payload"`
}

var batch = operation{name: "payment:Batch", event: "PaymentsTaken", roles: sellers}

// Batch carries out many payments, captures and refunds, each as if it were sent alone, one after the other in one second. A refused one
// changes nothing and leaves the others as they are.
func (*PaymentContract) Batch(ctx *Context, text string) (string, error) {
	tx, err := begin(ctx)
	if err != nil {
		return "", err
	}
	singles, misread := readBatch(tx.caller, text)
	if misread == nil {
		if err := tx.foresee(singles, organisationsKey()); err != nil {
			return "", err
		}
	}
	if err := tx.authorise(batch); err != nil {
		return "", err
	}
	if misread != nil {
		return "", misread
	}
	answer, err := tx.runBatch(singles)
	if err != nil {
		return "", err
	}
	encoded, err := encode(answer)
	return string(encoded), err
}

// readBatch parses a batch and all its items. What is not the form of a batch is screened as a whole, its items one by one.
func readBatch(c caller, text string) ([]*single, error) {
	r := new(batchRequest)
	misread := decode([]byte(text), r)
	if misread == nil {
		misread = r.check()
	}
	if misread != nil {
		if err := inspect(text, "", false); err != nil {
			return nil, err
		}
		return nil, misread
	}
	return r.singles(c)
}

// runBatch carries out the items of a batch, and writes and emits if any of them was done.
func (tx *transaction) runBatch(singles []*single) (*batchAnswer, error) {
	folding := folding{transaction: tx, at: map[string]int{}}
	answer, event := &batchAnswer{Items: make([]itemAnswer, len(singles))}, batchEvent{}
	for at, single := range singles {
		ran, err := folding.run(single)
		if err != nil {
			return nil, err
		}
		answer.Items[at] = ran.describe(single.request.id())
		if answer.Items[at].Outcome == itemDone {
			event.Events = append(event.Events, itemEvent{Name: ran.name, Payload: ran.event})
		}
	}
	if len(event.Events) == 0 {
		return answer, nil
	}
	return answer, folding.finish(batch, event)
}

// describe says what became of an item with an id.
func (r *ran) describe(id string) itemAnswer {
	switch {
	case r.refusal != nil:
		sentence, details := r.refusal.Told()
		return itemAnswer{RequestID: id, Outcome: itemRefused, Refusal: &itemRefusal{Code: r.refusal.Code, Message: sentence, Details: details}}
	case r.repeated:
		return itemAnswer{RequestID: id, Outcome: itemExists, Answer: jsontext.Value(r.answer)}
	}
	return itemAnswer{RequestID: id, Outcome: itemDone, Answer: jsontext.Value(r.answer)}
}
