package rules

import "testing"

func proposed(kind ChangeKind) *Change {
	return &Change{ID: idB, Scheme: idA, Kind: kind, State: ChangeIsProposed, Reason: "council", ProposedBy: "p-clerk", Rules: goodTerms(), AppliesTo: ReachNew,
		ProposalTerm: NewProposalTerm(1_773_140_400), BaseVersion: 1}
}

func TestLifeOfChange(t *testing.T) {
	type step struct {
		do   func(*Change, *Scheme) error
		code Code
	}
	approve := func(c *Change, s *Scheme) error { return c.Approve(s, "p-manager", 1_773_140_400) }
	reject := func(c *Change, _ *Scheme) error { return c.Reject("p-manager", "too-dear") }
	for name, test := range map[string]struct {
		scheme State
		steps  []step
		then   State
	}{
		"approved":     {SchemeOpen, []step{{approve, ""}, {approve, ChangeState}, {reject, ChangeState}}, ChangeIsApproved},
		"rejected":     {SchemeOpen, []step{{reject, ""}, {approve, ChangeState}, {reject, ChangeState}}, ChangeIsRejected},
		"while paused": {SchemePaused, []step{{approve, ""}}, ChangeIsApproved},
		"before open":  {SchemeApproved, []step{{approve, ""}}, ChangeIsApproved},
		"in a draft":   {SchemeDraft, []step{{approve, SchemeState}}, ChangeIsProposed},
		"after all":    {SchemeClosed, []step{{approve, SchemeState}, {reject, ""}}, ChangeIsRejected},
		"own": {SchemeOpen, []step{
			{func(c *Change, s *Scheme) error { return c.Approve(s, "p-clerk", 0) }, SecondPersonRequired},
			{func(c *Change, _ *Scheme) error { return c.Reject("p-clerk", "mistake") }, ""},
		}, ChangeIsRejected},
	} {
		t.Run(name, func(t *testing.T) {
			change, scheme := proposed(ChangeOfRules), &Scheme{ID: idA, State: test.scheme, RulesVersion: 1}
			for _, step := range test.steps {
				expect(t, step.code, step.do(change, scheme))
			}
			if change.State != test.then {
				t.Fatal(change.State)
			}
		})
	}
}

func TestAChangeTakesEffectOnItsScheme(t *testing.T) {
	for name, test := range map[string]struct {
		kind  ChangeKind
		reach Reach
		then  Scheme
	}{
		"rules for new vouchers": {ChangeOfRules, ReachNew, Scheme{State: SchemeOpen, RulesVersion: 4, RulesFloor: 2}},
		"rules for all":          {ChangeOfRules, ReachAll, Scheme{State: SchemeOpen, RulesVersion: 4, RulesFloor: 4}},
		"budget":                 {ChangeOfBudget, "", Scheme{State: SchemeOpen, RulesVersion: 3, RulesFloor: 2}},
		"closing": {ChangeToClosing, "", Scheme{
			State: SchemeClosed, RulesVersion: 3, RulesFloor: 2, ClosedBy: "p-manager", CloseReason: "council", ClosedAt: 9,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			change, scheme := proposed(test.kind), &Scheme{State: SchemeOpen, RulesVersion: 3, RulesFloor: 2}
			change.AppliesTo, change.BaseVersion = test.reach, 3
			expect(t, "", change.Approve(scheme, "p-manager", 9))
			if *scheme != test.then {
				t.Fatalf("%+v", scheme)
			}
			if wanted := map[ChangeKind]Number{ChangeOfRules: 4}[test.kind]; change.Version != wanted || change.DecidedBy != "p-manager" {
				t.Fatalf("%+v", change)
			}
		})
	}
	expect(t, "", CheckReach(ReachNew))
	expect(t, "", CheckReach(ReachAll))
	expect(t, InvalidCode, CheckReach(""))
	expect(t, InvalidCode, CheckReach("some"))
}

func TestAChangeIsApprovedWithinItsTermOnly(t *testing.T) {
	const proposedAt = 1_773_140_400
	for _, test := range []struct {
		at   Number
		code Code
	}{{proposedAt, ""}, {proposedAt + 30*86_400 - 1, ""}, {proposedAt + 30*86_400, ChangeExpired}} {
		for _, kind := range []ChangeKind{ChangeOfRules, ChangeOfBudget, ChangeToClosing} {
			change := proposed(kind)
			expect(t, test.code, change.Approve(&Scheme{ID: idA, State: SchemeOpen, RulesVersion: 1}, "p-manager", test.at))
			if (change.State == ChangeIsApproved) != (test.code == "") {
				t.Error(change)
			}
		}
	}
	// One of before there was a term counts as expired, and can be rejected.
	before := proposed(ChangeOfBudget)
	before.ProposalTerm, before.BaseVersion = ProposalTerm{}, 0
	expect(t, ChangeExpired, before.Approve(&Scheme{ID: idA, State: SchemeOpen, RulesVersion: 1}, "p-manager", proposedAt))
	expect(t, "", before.Reject("p-manager", "old"))
}

func TestRulesThatWereWrittenAgainstEarlierOnesAreNotApproved(t *testing.T) {
	scheme := &Scheme{ID: idA, State: SchemeOpen, RulesVersion: 1}
	first, second := proposed(ChangeOfRules), proposed(ChangeOfRules)
	budget := proposed(ChangeOfBudget)
	expect(t, "", first.Approve(scheme, "p-manager", 1_773_140_401))
	expect(t, ChangeStale, second.Approve(scheme, "p-manager", 1_773_140_402))
	if second.State != ChangeIsProposed || scheme.RulesVersion != 2 {
		t.Fatalf("%+v", scheme)
	}
	expect(t, "", budget.Approve(scheme, "p-manager", 1_773_140_403))
}

func TestRulesThatCount(t *testing.T) {
	for _, test := range []struct{ issuedUnder, floor, counts Number }{{1, 0, 1}, {3, 0, 3}, {1, 2, 2}, {2, 2, 2}, {3, 2, 3}} {
		scheme := &Scheme{RulesVersion: 3, RulesFloor: test.floor}
		if got := scheme.VersionFor(test.issuedUnder); got != test.counts {
			t.Errorf("issued under %d with floor %d: %d", test.issuedUnder, test.floor, got)
		}
	}
}

func TestWhatEachStateOfASchemeAllows(t *testing.T) {
	for state, allows := range map[State]struct{ open, openOrClosed, notClosed, inForce bool }{
		SchemeDraft: {notClosed: true}, SchemeApproved: {notClosed: true, inForce: true}, SchemePaused: {notClosed: true, inForce: true},
		SchemeOpen: {open: true, openOrClosed: true, notClosed: true, inForce: true}, SchemeClosed: {openOrClosed: true},
	} {
		scheme := &Scheme{ID: idA, State: state}
		for _, check := range []struct {
			code Code
			may  bool
			got  error
		}{
			{SchemeNotOpen, allows.open, scheme.CheckOpen()}, {SchemeNotOpen, allows.openOrClosed, scheme.CheckOpenOrClosed()},
			{SchemeState, allows.notClosed, scheme.CheckNotClosed()}, {SchemeState, allows.inForce, scheme.CheckInForce()},
		} {
			if check.may {
				check.code = ""
			}
			expect(t, check.code, check.got)
		}
		if scheme.IsClosed() != (state == SchemeClosed) {
			t.Error(state)
		}
	}
}

func TestOpeningAfterAPauseNeedsAnotherPerson(t *testing.T) {
	scheme := &Scheme{ID: idA, State: SchemeApproved, DraftedBy: "p-clerk", ApprovedBy: "p-manager"}
	expect(t, "", scheme.Open("p-manager"))
	expect(t, "", scheme.Pause("p-manager", "fraud"))
	expect(t, SecondPersonRequired, scheme.Open("p-manager"))
	if scheme.State != SchemePaused || scheme.PauseReason != "fraud" {
		t.Fatalf("%+v", scheme)
	}
	expect(t, "", scheme.Open("p-clerk"))
	if scheme.PausedBy != "" || scheme.PauseReason != "" {
		t.Fatalf("%+v", scheme)
	}
}

func TestBudgetsGrowUpToTheirBound(t *testing.T) {
	budget := NewBudget(MaxBudget - 10)
	expect(t, "", budget.Allocate(5))
	expect(t, InvalidAmount, budget.Grow(11))
	expect(t, "", budget.Grow(10))
	expect(t, InvalidAmount, budget.Grow(1))
	if budget.Budget != MaxBudget || budget.Unallocated != MaxBudget-5 {
		t.Fatalf("%+v", budget)
	}
	expect(t, "", budget.Check())
}

func TestABudgetShrinksByWhatIsUnallocated(t *testing.T) {
	budget := Budget{Budget: 1_000, Issued: 300, Lapsed: 100, Allocated: 200, Unallocated: 600}
	shrink := func(cents Cents) error { return (&Change{Kind: ChangeOfBudget, RemoveCents: cents}).ApplyTo(&budget) }
	expect(t, BudgetExceeded, shrink(601))
	expect(t, BudgetExceeded, budget.CheckRemovable(601))
	expect(t, "", budget.CheckRemovable(600))
	expect(t, "", shrink(250))
	if want := (Budget{Budget: 750, Issued: 300, Lapsed: 100, Allocated: 200, Unallocated: 350}); budget != want {
		t.Fatalf("%+v", budget)
	}
	expect(t, "", shrink(350))
	expect(t, BudgetExceeded, shrink(1))
	expect(t, "", (&Change{Kind: ChangeOfBudget, AddCents: 5}).ApplyTo(&budget))
	if want := (Budget{Budget: 405, Issued: 300, Lapsed: 100, Allocated: 200, Unallocated: 5}); budget != want {
		t.Fatalf("%+v", budget)
	}
	empty := NewBudget(10)
	expect(t, "", empty.Shrink(10))
	expect(t, "", empty.Check())
}

func TestABudgetChangesByOneAmount(t *testing.T) {
	cents := func(value Cents) *Cents { return &value }
	for _, test := range []struct {
		add, remove *Cents
		code        Code
	}{
		{cents(1), nil, ""}, {nil, cents(1), ""}, {cents(MaxBudget), nil, ""}, {nil, cents(MaxBudget), ""},
		{nil, nil, InvalidAmount}, {cents(1), cents(1), InvalidAmount}, {cents(0), cents(1), InvalidAmount}, {cents(1), cents(0), InvalidAmount},
		{cents(0), nil, InvalidAmount}, {nil, cents(0), InvalidAmount}, {nil, cents(-1), InvalidAmount}, {nil, cents(MaxBudget + 1), InvalidAmount},
	} {
		expect(t, test.code, CheckBudgetChange(test.add, test.remove))
	}
}

func TestChangedRulesKeepTheFirstDay(t *testing.T) {
	next := goodTerms()
	next.EndsOn = "2027-12-31"
	expect(t, "", goodTerms().CheckNext(next))
	next.StartsOn = "2026-01-02"
	expect(t, InvalidRules, goodTerms().CheckNext(next))
}
