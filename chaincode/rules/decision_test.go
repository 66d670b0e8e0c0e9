package rules

import "testing"

func proposedDecision() *Decision {
	d := &Decision{ID: idA, Kind: DecideShopEnd, Shop: idB}
	d.Propose("p-clerk", 1_773_140_400)
	return d
}

func TestADecisionIsTakenByAnotherPersonWithinItsTerm(t *testing.T) {
	const proposedAt, term = 1_773_140_400, 30 * 86_400
	for name, test := range map[string]struct {
		person string
		at     Number
		code   Code
	}{
		"at once":       {"p-manager", proposedAt, ""},
		"on its last":   {"p-manager", proposedAt + term - 1, ""},
		"after":         {"p-manager", proposedAt + term, ChangeExpired},
		"alone":         {"p-clerk", proposedAt, SecondPersonRequired},
		"another's MSP": {"WinkelsMSP/p-clerk", proposedAt, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := proposedDecision()
			expect(t, test.code, d.Approve(test.person, test.at))
			if test.code != "" {
				if d.State != ChangeIsProposed || d.DecidedBy != "" {
					t.Fatalf("%+v", d)
				}
				return
			}
			if d.State != ChangeIsApproved || d.DecidedBy != test.person {
				t.Fatalf("%+v", d)
			}
			expect(t, ChangeState, d.Approve(test.person, test.at))
			expect(t, ChangeState, d.Reject(test.person, "late"))
		})
	}
	d := proposedDecision()
	expect(t, "", d.Reject("p-clerk", "mistake"))
	if d.State != ChangeIsRejected || d.DecidedBy != "p-clerk" || d.RejectReason != "mistake" {
		t.Fatalf("%+v", d)
	}
	expect(t, ChangeState, d.Approve("p-manager", proposedAt))
}
