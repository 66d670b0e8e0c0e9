package rules

import (
	"slices"
	"strings"
	"testing"
)

func TestLifeOfErasure(t *testing.T) {
	steps := map[string]func(*Erasure) error{
		"approve":        func(e *Erasure) error { return e.Approve("p-manager") },
		"approve alone":  func(e *Erasure) error { return e.Approve("p-clerk") },
		"withdraw":       func(e *Erasure) error { return e.Withdraw("p-clerk", "mistake", 1) },
		"withdraw late":  func(e *Erasure) error { return e.Withdraw("p-clerk", "mistake", 0) },
		"purge":          (*Erasure).CheckPurgeable,
		"certify":        func(e *Erasure) error { return e.Certify("p-clerk", 9, 0) },
		"certify rashly": func(e *Erasure) error { return e.Certify("p-clerk", 9, 1) },
	}
	type outcome struct {
		code Code
		then State
	}
	for from, leads := range map[State]map[string]outcome{
		ErasureIsOrdered: {
			"approve": {"", ErasureIsApproved}, "approve alone": {SecondPersonRequired, ""}, "withdraw": {"", ErasureIsWithdrawn},
			"withdraw late": {"", ErasureIsWithdrawn},
		},
		ErasureIsApproved: {
			"withdraw": {"", ErasureIsWithdrawn}, "purge": {"", ErasureIsApproved}, "certify": {"", ErasureIsCertified},
			"certify rashly": {ErasureIncomplete, ""},
		},
		ErasureIsWithdrawn: {}, ErasureIsCertified: {},
	} {
		for name, step := range steps {
			erasure := &Erasure{ID: idA, State: from, OrderedBy: "p-clerk"}
			expected, listed := leads[name]
			if !listed {
				expected.code = ErasureState
			}
			if expected.then == "" {
				expected.then = from
			}
			expect(t, expected.code, step(erasure))
			if erasure.State != expected.then {
				t.Errorf("%s leads from %s to %s", name, from, erasure.State)
			}
		}
	}
}

func TestOwnersOfErasedRecords(t *testing.T) {
	erasure := &Erasure{Records: []ErasedRecord{{ID: idA, Key: "1"}, {ID: idA, Key: "2"}, {ID: idB, Key: "3"}}}
	if !slices.Equal(erasure.IDs(), []string{idA, idB}) || (&Erasure{}).IDs() != nil {
		t.Error(erasure.IDs())
	}
}

func TestRetentionTerms(t *testing.T) {
	midnight := Day("2027-01-01").Start()
	evening := instant(t, "2026-12-31T17:00:00Z")
	for name, test := range map[string]struct {
		term  Term
		due   Day
		first Number
	}{
		"a year after the last day":   {Term{midnight, 365}, "2028-01-01", Day("2028-01-01").Start()},
		"at once":                     {Term{midnight, 0}, "2027-01-01", midnight},
		"at once, in the evening":     {Term{evening, 0}, "2026-12-31", evening},
		"a day later, by the day":     {Term{evening, 1}, "2027-01-01", midnight},
		"over the change of the hour": {Term{Day("2026-03-28").Start(), 2}, "2026-03-30", Day("2026-03-30").Start()},
	} {
		t.Run(name, func(t *testing.T) {
			if due := test.term.DueOn(); due != test.due {
				t.Error(due)
			}
			err := test.term.Check(idA, test.first-1)
			expect(t, ErasureNotDue, err)
			if !strings.Contains(err.Error(), "may be erased from "+string(test.due)) {
				t.Error(err)
			}
			expect(t, "", test.term.Check(idA, test.first))
			expect(t, "", test.term.Check(idA, test.first+86_400*400))
		})
	}
	if unknown := (Term{Days: 0}); unknown.DueOn() != "" || unknown.HasPassed(midnight) {
		t.Error("a term that has not started has passed")
	}
	err := Term{Days: 0}.Check(idA, midnight)
	expect(t, ErasureNotDue, err)
	if !strings.Contains(err.Error(), "has not started yet") {
		t.Error(err)
	}
}

func TestWhatATermIsCountedFrom(t *testing.T) {
	terms, voucher := goodTerms(), &Voucher{EndsAt: Day("2027-01-01").Start()}
	closed := &Scheme{State: SchemeClosed, ClosedAt: instant(t, "2027-05-01T09:00:00Z")}
	for start, due := range map[RetentionStart]Day{"": "2034-01-01", RetentionFromEnd: "2034-01-01", RetentionFromClosing: "2034-05-01"} {
		terms.RetentionFrom, terms.RetentionDays = start, pointer(Number(2_557))
		if got := terms.CaseTerm(closed, voucher).DueOn(); got != due {
			t.Errorf("from %q: %s", start, got)
		}
	}
	terms.RetentionFrom = RetentionFromClosing
	if got := terms.CaseTerm(&Scheme{State: SchemeOpen}, voucher).DueOn(); got != "" {
		t.Errorf("an open scheme's term has begun: %s", got)
	}
	shop := &Shop{ID: idA, State: ShopApproved}
	expect(t, ShopState, shop.CheckEnded())
	if got := shop.AccountTerm(); got != (Term{}) {
		t.Error(got)
	}
	expect(t, "", shop.End("p-x", "bankrupt", "2026-03-10", 30))
	expect(t, "", shop.CheckEnded())
	if got := shop.AccountTerm().DueOn(); got != "2026-04-09" {
		t.Error(got)
	}
}
