package contract

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"kindpakket.eu/chaincode/rules"
)

// found is a record that a story goes on with: its kind, the parts of its key after that, its state and shop.
type found struct {
	parts []string
	State rules.State `json:"state"`
	Shop  string      `json:"shop"`
	// Change is the latest proposal of an organisation.
	Change string `json:"change"`
	// Entitlement is what a voucher was issued for.
	Entitlement string `json:"entitlement"`
}

// id is the last part of the record's key.
func (f found) id() string { return f.parts[len(f.parts)-1] }

// next lists, for each kind of record and state, the steps that may follow. A story draws a record in one of these states and one of its
// steps, so that it reaches what random requests would seldom reach. A state that is new gets its row here, unless a deed leads on from it.
var next = map[string][]func(*storyteller, found){
	"settlement drafted": {
		settlementStep("settlement:Approve", nil, "manager", "manager2", "promoted"), settlementStep("settlement:Approve", nil, "manager", "manager2"),
		settlementStep("settlement:Withdraw", nil, "treasurer"),
	},
	"settlement approved": {export, export, export, settlementStep("settlement:Withdraw", nil, "treasurer")},
	"settlement exported": {book("paid"), book("paid"), book("rejected")},
	"settlement paid":     {book("returned")},
	"settlement claimed": {
		settlementStep("settlement:Collect", nil, "treasurer", "treasurer2"), collectPart, collectPart,
		settlementStep("settlement:WriteOff", nil, "manager", "manager2"), settlementStep("settlement:Reopen", nil, "manager", "manager2"),
	},
	"settlement collected":   {settlementStep("settlement:Reopen", nil, "manager", "manager2")},
	"settlement written-off": {settlementStep("settlement:Reopen", nil, "manager", "manager2")},
	"refund waiting":         {decision("refund", "payment:EndorseRefund", "clerk", "treasurer"), refusal("refund", "payment:RejectRefund", "treasurer", "manager")},
	"refund endorsed":        {decision("refund", "payment:ApproveRefund", "manager", "promoted"), refusal("refund", "payment:RejectRefund", "clerk", "manager")},
	"erasure ordered":        {decision("erasure", "erasure:Approve", "manager", "promoted"), refusal("erasure", "erasure:Withdraw", "clerk", "manager")},
	"erasure approved": {
		decision("erasure", "erasure:Purge", "manager", "clerk"), decision("erasure", "erasure:Certify", "manager", "clerk"),
	},
	"organisation proposed": {organisation("organisations:Approve"), organisation("organisations:Approve"), organisation("organisations:Reject")},
	"organisation approved": {func(s *storyteller, f found) {
		if s.IntN(6) == 0 {
			s.try("decision", s.oneOf("clerk", "manager"), "organisations:ProposeEnd", object{"msp": f.id(), "reason": "left"})
		}
	}},
	"decision proposed": {
		decision("decision", "decision:Approve", "manager", "manager2", "promoted"), decision("decision", "decision:Approve", "manager", "manager2"),
		refusal("decision", "decision:Reject", "manager", "clerk"),
	},
	"allocation proposed": {allocation("allocation:Reject"), allocation("allocation:Approve")},
	"allocation approved": {allocation("allocation:Withdraw")},
	"payment held": {
		func(s *storyteller, f found) {
			var payment rules.Payment
			if json.Unmarshal(s.ledger.Value(paymentKey(f.id())), &payment) == nil {
				s.letGo(&payment)
			}
		},
	},
	"voucher issued":  {func(s *storyteller, f found) { s.activate(f.id()) }},
	"voucher blocked": {selfBlock, selfBlock, voucherStep("voucher:Unblock"), voucherStep("voucher:Unblock"), revoke},
	"voucher revoked": {func(s *storyteller, f found) {
		s.try("decision", "clerk", "voucher:ProposeFreeing", s.because(object{"entitlements": []string{f.Entitlement}}))
	}},
	"change proposed": {func(s *storyteller, f found) {
		s.try("", s.oneOf("manager", "clerk"), "scheme:RejectChange", s.because(object{"change": f.id()}))
	}},
	"scheme paused": {func(s *storyteller, f found) {
		s.try("", s.oneOf("manager", "manager2"), "scheme:Open", object{"scheme": f.id()})
	}},
}

// goOn draws a kind of record and state that some record is in, and takes one of its steps.
func (s *storyteller) goOn() {
	records := map[string][]found{}
	for _, key := range s.ledger.Keys() {
		kind, rest, _ := strings.Cut(key, "/")
		f := found{parts: strings.Split(rest, "/")}
		if value := s.ledger.Value(key); json.Unmarshal(value, &f) != nil || f.State == "" {
			continue
		}
		if name := kind + " " + string(f.State); next[name] != nil && (len(f.parts) == 1 || f.parts[0] == s.scheme) {
			records[name] = append(records[name], f)
		}
	}
	if len(records) == 0 {
		return
	}
	name := s.oneOf(slices.Sorted(maps.Keys(records))...)
	next[name][s.IntN(len(next[name]))](s, records[name][s.IntN(len(records[name]))])
}

func settlementStep(name string, members func(*storyteller) object, users ...string) func(*storyteller, found) {
	return func(s *storyteller, f found) {
		request := object{"scheme": s.scheme, "settlement": f.id()}
		if name != "settlement:Approve" {
			request["reason"] = "decided"
		}
		if members != nil {
			maps.Copy(request, members(s))
		}
		s.try("", s.oneOf(users...), name, request)
	}
}

func book(outcome string) func(*storyteller, found) {
	return settlementStep("settlement:Book", func(*storyteller) object { return object{"outcome": outcome} }, "treasurer")
}

func collectPart(s *storyteller, f found) {
	cents := func(s *storyteller) object { return object{"cents": 1 + s.IntN(600)} }
	settlementStep("settlement:Collect", cents, "treasurer", "treasurer2")(s, f)
}

func export(s *storyteller, f found) {
	s.try("", s.oneOf("treasurer", "treasurer2"), "settlement:Export", object{
		"scheme": s.scheme, "settlements": []string{f.id()}, "file_sha256": f.id() + f.id(),
	})
}

// decision takes a step that names nothing but what it is about.
func decision(member, name string, users ...string) func(*storyteller, found) {
	return func(s *storyteller, f found) { s.try("", s.oneOf(users...), name, object{member: f.id()}) }
}

func refusal(member, name string, users ...string) func(*storyteller, found) {
	return func(s *storyteller, f found) {
		s.try("", s.oneOf(users...), name, object{member: f.id(), "reason": "mistake"})
	}
}

func allocation(name string) func(*storyteller, found) {
	return func(s *storyteller, f found) {
		request := object{"scheme": s.scheme, "allocation": f.id()}
		if name != "allocation:Approve" {
			request["reason"] = "mistake"
		}
		s.try("", s.oneOf("manager", "manager2"), name, request)
	}
}

func organisation(name string) func(*storyteller, found) {
	return func(s *storyteller, f found) {
		request := object{"msp": f.id(), "change": f.Change}
		if name == "organisations:Reject" {
			request["reason"] = "unknown"
		}
		s.try("", s.oneOf("clerk", "manager", "manager2"), name, request)
	}
}

func selfBlock(s *storyteller, f found) {
	s.try("", s.oneOf("till", "clerk"), "voucher:SelfBlock", object{"scheme": s.scheme, "voucher": f.id(), "code": selfBlockCode})
}

func revoke(s *storyteller, f found) {
	s.try("", s.oneOf("manager", "manager2", "promoted"), "voucher:Revoke", s.because(object{"vouchers": []string{f.id()}}))
}

func voucherStep(name string) func(*storyteller, found) {
	return func(s *storyteller, f found) {
		s.try("", s.oneOf("manager", "manager2", "promoted"), name, s.because(object{"voucher": f.id()}))
	}
}
