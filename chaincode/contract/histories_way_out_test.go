package contract

import (
	"encoding/json"
	"slices"
	"strings"

	"kindpakket.eu/chaincode/rules"
)

// windUp takes whatever a story came to and leads it out: by steps of the people who are there nothing stays open and nothing is owed.
func (s *storyteller) windUp() {
	s.t.Helper()
	s.telling, s.over, s.now = false, true, s.now+400*aDay
	// By now every hold, and every term of what was proposed, is over. What two persons have to lift is lifted first.
	s.each("shop", func(f found) {
		s.anyOf("shop:ReleasePayout", object{"shop": f.id(), "reason": "over"}, "manager", "manager2")
		if f.State == rules.ShopSuspended {
			s.anyOf("shop:Reinstate", object{"shop": f.id(), "reason": "over"}, "manager", "manager2")
		}
	})
	s.each("refund", func(f found) { s.anyOf("payment:RejectRefund", object{"refund": f.id(), "reason": "over"}, "manager") })
	schemes := []string{s.scheme, s.other}
	for _, s.scheme = range schemes {
		closing := object{"request_id": s.id(), "scheme": s.scheme, "reason": "over"}
		if s.anyOf("scheme:ProposeClosing", closing, "clerk") {
			s.anyOf("scheme:ApproveChange", object{"scheme": s.scheme, "change": closing["request_id"]}, "manager")
		}
	}
	s.each("allocation", func(f found) {
		s.anyOf("allocation:Withdraw", object{"scheme": f.parts[0], "allocation": f.id(), "reason": "over"}, "clerk", "manager")
	})
	s.each("voucher", func(f found) {
		s.anyOf("voucher:Lapse", object{"scheme": f.parts[0], "vouchers": []string{f.id()}, "reason": "over"}, "treasurer")
	})
	for _, s.scheme = range schemes {
		s.anyOf("scheme:CloseDay", object{"scheme": s.scheme, "day": rules.DayOf(rules.Number(s.now))}, "clerk")
	}
	s.settleAll()
	s.each("shop", func(f found) {
		for at, scheme := range schemes {
			s.anyOf("settlement:Net", object{"scheme": scheme, "against": schemes[1-at], "shop": f.id(), "reason": "over"}, "treasurer")
		}
		for _, scheme := range schemes {
			for s.anyOf("settlement:Draft", object{"scheme": scheme, "shop": f.id()}, "clerk") {
			}
			for s.anyOf("settlement:Claim", object{"scheme": scheme, "shop": f.id(), "reason": "over"}, "treasurer") {
			}
		}
	})
	s.settleAll()
	s.each("shop", func(f found) {
		end := object{"request_id": s.id(), "shop": f.id(), "reason": "over", "retention_days": 0}
		if s.anyOf("shop:ProposeEnd", end, "clerk") {
			s.anyOf("decision:Approve", object{"decision": end["request_id"]}, "manager")
		}
	})
	// What a shop has asked for and nobody of it confirms, an approver rejects, as its organisation may have ended.
	s.each("refund", func(f found) { s.anyOf("payment:RejectRefund", object{"refund": f.id(), "reason": "over"}, "manager") })
	s.checkNothingIsOpen()
}

// settleAll takes every settlement and receivable to its end: it is paid, or collected.
func (s *storyteller) settleAll() {
	s.each("settlement", func(f found) {
		about := func(members object) object {
			members["scheme"], members["settlement"] = f.parts[0], f.id()
			return members
		}
		s.anyOf("settlement:Approve", about(object{}), "manager", "manager2")
		s.anyOf("settlement:Export", object{"scheme": f.parts[0], "settlements": []string{f.id()}, "file_sha256": f.id() + f.id()}, "treasurer", "treasurer2")
		s.anyOf("settlement:Book", about(object{"outcome": "paid"}), "treasurer")
		s.anyOf("settlement:Collect", about(object{"reason": "over"}), "treasurer", "treasurer2")
	})
}

// each calls a function with every record of a kind, as they are before the first call.
func (s *storyteller) each(kind string, do func(found)) {
	var all []found
	for _, key := range s.ledger.Keys() {
		if rest, is := strings.CutPrefix(key, kind+"/"); is {
			f := found{parts: strings.Split(rest, "/")}
			if err := json.Unmarshal(s.ledger.Value(key), &f); err != nil {
				s.t.Fatalf("%s: %v", key, err)
			}
			all = append(all, f)
		}
	}
	for _, f := range all {
		do(f)
	}
}

// anyOf sends a request as the first of the users whose request is taken, and says whether one was.
func (s *storyteller) anyOf(name string, request object, users ...string) bool {
	if request["request_id"] == nil {
		request["request_id"] = s.id()
	}
	return slices.ContainsFunc(users, func(user string) bool {
		_, code := s.send(user, name, request)
		return code == ""
	})
}

// checkNothingIsOpen fails if something is open, is owed, waits or may still be spent.
func (s *storyteller) checkNothingIsOpen() {
	s.t.Helper()
	for _, key := range s.ledger.Keys() {
		kind, _, _ := strings.Cut(key, "/")
		var left struct {
			Available int64       `json:"available_cents"`
			Held      int64       `json:"held_cents"`
			Allocated int64       `json:"allocated_cents"`
			State     rules.State `json:"state"`
		}
		if err := json.Unmarshal(s.ledger.Value(key), &left); err != nil {
			s.t.Fatalf("%s: %v", key, err)
		}
		switch {
		case slices.Contains([]string{"unsettled", "live", "held", "waiting", "asked"}, kind),
			kind == "voucher" && left.Available+left.Held > 0, kind == "budget" && left.Allocated > 0, kind == "shop" && left.State != rules.ShopEnded, kind == "scheme" && left.State != rules.SchemeClosed:
			s.t.Fatalf("%s stays open: %s", key, s.ledger.Value(key))
		}
	}
}
