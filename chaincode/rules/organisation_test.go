package rules

import (
	"fmt"
	"slices"
	"testing"
)

func proposedOrganisation() *Organisation {
	return &Organisation{
		MSP: "KetenMSP", Kind: OrganisationOfShops, State: ChangeIsProposed, Change: idA, Reason: "new-chain", ProposedBy: "p-clerk",
		ProposalTerm: NewProposalTerm(1_773_140_400),
	}
}

func TestLifeOfAFurtherOrganisation(t *testing.T) {
	type step struct {
		do   func(*Organisation) error
		code Code
	}
	approve := func(o *Organisation) error { return o.Approve("p-manager", 1_773_140_400) }
	reject := func(o *Organisation) error { return o.Reject("p-manager", "unknown") }
	for name, test := range map[string]struct {
		steps []step
		then  State
	}{
		"approved": {[]step{{approve, ""}, {approve, ChangeState}, {reject, ChangeState}}, ChangeIsApproved},
		"rejected": {[]step{{reject, ""}, {approve, ChangeState}, {reject, ChangeState}}, ChangeIsRejected},
		"late": {[]step{
			{func(o *Organisation) error { return o.Approve("p-manager", 1_773_140_400+30*86_400) }, ChangeExpired}, {reject, ""},
		}, ChangeIsRejected},
		"own": {[]step{
			{func(o *Organisation) error { return o.Approve("p-clerk", 1_773_140_400) }, SecondPersonRequired},
			{func(o *Organisation) error { return o.Reject("p-clerk", "mistake") }, ""},
		}, ChangeIsRejected},
	} {
		t.Run(name, func(t *testing.T) {
			organisation := proposedOrganisation()
			for _, step := range test.steps {
				expect(t, step.code, step.do(organisation))
			}
			if organisation.State != test.then || organisation.IsNamed() != (test.then == ChangeIsApproved) {
				t.Fatal(organisation.State)
			}
		})
	}
}

func TestOnlyWhatIsNotNamedCanBeProposed(t *testing.T) {
	first := &Organisations{Municipality: "GemeenteMSP", Shops: []string{"WinkelsMSP"}, Auditors: []string{"AuditorMSP"}}
	named, rejected := *proposedOrganisation(), *proposedOrganisation()
	expect(t, "", named.Approve("p-manager", 1_773_140_400))
	expect(t, "", rejected.Reject("p-manager", "unknown"))
	for _, msp := range []string{"GemeenteMSP", "WinkelsMSP", "AuditorMSP"} {
		expect(t, OrganisationNamed, first.CheckNext(nil, msp))
	}
	expect(t, OrganisationNamed, first.CheckNext([]Organisation{named}, "KetenMSP"))
	expect(t, "", first.CheckNext([]Organisation{rejected}, "KetenMSP"))
	expect(t, "", first.CheckNext([]Organisation{*proposedOrganisation()}, "KetenMSP"))
	many := make([]Organisation, 0, 100)
	for i := range 96 {
		many = append(many, Organisation{MSP: fmt.Sprintf("M%dMSP", i)})
	}
	expect(t, "", first.CheckNext(many, "KetenMSP"))
	many = append(many, *proposedOrganisation())
	expect(t, InvalidOrganisations, first.CheckNext(many, "NogEenMSP"))
	expect(t, "", first.CheckNext(many, "KetenMSP"))
	slices.Reverse(many)
	expect(t, "", first.CheckNext(many, "KetenMSP"))
}

func TestWhatHasEndedKeepsItsPlace(t *testing.T) {
	first := &Organisations{
		Municipality: "GemeenteMSP", Shops: []string{"WinkelsMSP", "MarktMSP"}, Auditors: []string{"AuditorMSP"},
	}
	ended := *proposedOrganisation()
	expect(t, "", ended.Approve("p-manager", 1_773_140_400))
	ended.End("p-manager")
	first.End("MarktMSP")
	for _, msp := range []string{"MarktMSP", "KetenMSP"} {
		expect(t, OrganisationNamed, first.CheckNext([]Organisation{ended}, msp))
	}
	if ended.State != OrganisationEnded || ended.IsNamed() || ended.EndedBy != "p-manager" || !first.Has("MarktMSP") {
		t.Fatal(ended, first)
	}
	all := first.With(ended)
	if !slices.Equal(all.Shops, []string{"WinkelsMSP"}) || !slices.Equal(all.Ended, []string{"MarktMSP", "KetenMSP"}) || len(first.Ended) != 1 {
		t.Fatal(all)
	}
	many := []Organisation{ended}
	for i := range 95 {
		many = append(many, Organisation{MSP: fmt.Sprintf("M%dMSP", i)})
	}
	expect(t, InvalidOrganisations, first.CheckNext(many, "NogEenMSP"))
	expect(t, "", first.CheckNext(many[:95], "NogEenMSP"))
}

func TestWhichOrganisationCanEnd(t *testing.T) {
	first := &Organisations{Municipality: "GemeenteMSP", Shops: []string{"WinkelsMSP"}, Auditors: []string{"AuditorMSP"}}
	proposed, named := *proposedOrganisation(), *proposedOrganisation()
	expect(t, "", named.Approve("p-manager", 1_773_140_400))
	ended, rejected := named, *proposedOrganisation()
	ended.End("p-manager")
	expect(t, "", rejected.Reject("p-manager", "unknown"))
	for _, test := range []struct {
		name    string
		further []Organisation
		msp     string
		code    Code
	}{
		{"the municipality", nil, "GemeenteMSP", InvalidOrganisations},
		{"the last shops", nil, "WinkelsMSP", InvalidOrganisations},
		{"the last auditors", []Organisation{named}, "AuditorMSP", InvalidOrganisations},
		{"the last shops beside proposed ones", []Organisation{proposed}, "WinkelsMSP", InvalidOrganisations},
		{"the last shops beside ended ones", []Organisation{ended}, "WinkelsMSP", InvalidOrganisations},
		{"first shops", []Organisation{named}, "WinkelsMSP", ""},
		{"further shops", []Organisation{named}, "KetenMSP", ""},
		{"proposed shops", []Organisation{proposed}, "KetenMSP", ChangeState},
		{"rejected shops", []Organisation{rejected}, "KetenMSP", ChangeNotFound},
		{"ended shops", []Organisation{ended}, "KetenMSP", ChangeState},
		{"nobody", nil, "NiemandMSP", ChangeNotFound},
	} {
		t.Run(test.name, func(t *testing.T) { expect(t, test.code, first.CheckEndable(test.further, test.msp)) })
	}
}

func TestOnlyTheLatestProposalOfAnOrganisationIsDecided(t *testing.T) {
	organisation := proposedOrganisation()
	expect(t, "", organisation.CheckWaiting(idA))
	expect(t, ChangeNotFound, organisation.CheckWaiting(idB))
	expect(t, ChangeNotFound, organisation.CheckWaiting(""))
}

func TestRolesCountInWhatWasApproved(t *testing.T) {
	first := &Organisations{Municipality: "GemeenteMSP", Shops: []string{"WinkelsMSP"}, Auditors: []string{"AuditorMSP"}}
	shops, auditors := proposedOrganisation(), proposedOrganisation()
	auditors.MSP, auditors.Kind = "RekenkamerMSP", OrganisationOfAuditors
	if all := first.With(*shops, *auditors); all.Has("KetenMSP") || all.Has("RekenkamerMSP") {
		t.Fatal(all)
	}
	expect(t, "", shops.Approve("p-manager", 1_773_140_400))
	expect(t, "", auditors.Approve("p-manager", 1_773_140_400))
	all := first.With(*shops, *auditors)
	if !slices.Equal(all.Shops, []string{"WinkelsMSP", "KetenMSP"}) || !slices.Equal(all.Auditors, []string{"AuditorMSP", "RekenkamerMSP"}) {
		t.Fatal(all)
	}
	if first.Has("KetenMSP") {
		t.Fatal("the first organisations were changed")
	}
}

func TestFormOfAFurtherOrganisation(t *testing.T) {
	for _, test := range []struct {
		kind     OrganisationKind
		accounts string
		code     Code
	}{
		{OrganisationOfShops, "", ""},
		{OrganisationOfShops, "ketenAccounts", ""},
		{OrganisationOfAuditors, "", ""},
		{OrganisationOfAuditors, "ketenAccounts", InvalidOrganisations},
		{OrganisationOfShops, "_implicit_org_GemeenteMSP", InvalidOrganisations},
		{OrganisationOfShops, "keten/accounts", InvalidOrganisations},
		{"municipality", "", InvalidCode},
		{"", "", InvalidCode},
	} {
		expect(t, test.code, CheckOrganisationKind(test.kind, test.accounts))
	}
	for _, msp := range []string{"", "1MSP", "Keten MSP", "Keten/MSP", "org_implicit"} {
		expect(t, InvalidOrganisations, CheckMSP(msp))
	}
	expect(t, "", CheckMSP("KetenMSP"))
}
