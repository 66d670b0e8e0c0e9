package contract

import (
	"encoding/json"
	"maps"
	"slices"
)

// batch sends as one batch what tills would send alone, mostly that of one of them, with some of what was sent before. First it holds what
// the batch would do against what its items would do one after the other.
func (s *storyteller) batch() {
	s.gathered = []sent{}
	for range 2 + s.IntN(12) {
		s.pay()
		s.payBack()
	}
	gathered := s.gathered
	s.gathered = nil
	if len(gathered) == 0 {
		return
	}
	user, items := gathered[s.IntN(len(gathered))].user, []object{}
	for _, one := range gathered {
		if one.user == user || s.IntN(8) == 0 {
			items = append(items, item(one.name, one.request))
		}
	}
	items = s.wellFormed(user, s.withFormer(items))
	if len(items) == 0 {
		return
	}
	if s.IntN(5) == 0 {
		s.try("", s.oneOf("clerk", "till"), "request:Void", object{"void": items[s.IntN(len(items))]["request"].(object)["request_id"]})
	}
	s.checkBatch(user, items)
	s.reached.count("batch checked")
	s.try("", user, "payment:Batch", batchOf(items...))
}

// withFormer adds items again, some with other content, and some of what was sent before.
func (s *storyteller) withFormer(items []object) []object {
	for _, one := range slices.Clone(items) {
		if s.IntN(10) > 0 {
			continue
		}
		request := maps.Clone(one["request"].(object))
		if s.IntN(3) == 0 {
			request["receipt"] = s.id() + s.id()
		}
		items = append(items, item(one["operation"].(string), request))
	}
	for range s.IntN(4) {
		if former := s.sent[s.IntN(len(s.sent))]; batched[former.name] != nil {
			items = append(items, item(former.name, former.request))
		}
	}
	return items
}

// wellFormed takes out of a batch what it is refused for as a whole. Each of that is refused alone, for the same.
func (s *storyteller) wellFormed(user string, items []object) []object {
	for len(items) > 0 {
		response := s.propose(user, "payment:Batch", batchOf(items...)).Response
		if response.GetStatus() == 200 {
			break
		}
		refusal := refusalIn(s.t, response.GetMessage())
		details := refusal["details"].(object)
		number, about := details["item"].(json.Number)
		if !about {
			return nil // who sends it may not
		}
		at, err := number.Int64()
		if err != nil {
			s.t.Fatal(err)
		}
		delete(details, "item")
		refusal["message"] = refusal["message"].(string)[len("item : ")+len(number):]
		alone := s.twin().propose(user, items[at]["operation"].(string), items[at]["request"].(object))
		same(s.t, "is refused for an item with", refusal, refusalIn(s.t, alone.Response.GetMessage()))
		s.reached.count("batch malformed")
		items = slices.Delete(items, int(at), int(at)+1)
	}
	return items
}

// countOutcomes counts the outcomes of a batch that was sent.
func (s *storyteller) countOutcomes() {
	for _, outcome := range outcomesIn(s.t, s.last.Response.GetPayload()) {
		s.reached.count("batch item: " + outcome)
	}
}

// outcomesIn reads the outcomes of the items of a batch off its answer.
func outcomesIn(t tester, answer []byte) []string {
	var answers []object
	for _, entry := range decodeJSON(t, answer)["items"].([]any) {
		answers = append(answers, entry.(object))
	}
	return outcomesOf(answers)
}
