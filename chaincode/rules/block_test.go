package rules

import "testing"

func TestHoldersBlockByTheirCode(t *testing.T) {
	authorisation, _ := ed25519TestKey()
	v, err := goodTerms().Issue(idA, 1, Issuance{ID: idB, Entitlement: idA, Preset: "junior", Units: 1})
	expect(t, "", err)
	hash := testDomain.SelfBlockHash(idA, idB, idA)
	expect(t, SelfBlockInvalid, v.BlockByHolder(""))
	expect(t, SelfBlockInvalid, v.BlockByHolder(hash))
	expect(t, "", v.Activate(authorisation, hash, "p-manager"))
	expect(t, SelfBlockInvalid, v.BlockByHolder(""))
	expect(t, SelfBlockInvalid, v.BlockByHolder(testDomain.SelfBlockHash(idA, idB, idB)))
	expect(t, "", v.BlockByHolder(hash))
	if v.State != VoucherIsBlocked || v.BlockedBy != "holder" || v.BlockReason != "self-block" || v.BlockedFrom != VoucherIsActive || v.SelfBlock != "" {
		t.Fatalf("%+v", v)
	}
	expect(t, "", v.Unblock("p-a"))
	expect(t, SelfBlockInvalid, v.BlockByHolder(hash))
	// A voucher that is over says so only to who knows the code.
	for _, state := range []State{VoucherIsRevoked, VoucherIsLapsed} {
		v.State, v.SelfBlock = state, hash
		expect(t, SelfBlockInvalid, v.BlockByHolder("x"))
		expect(t, VoucherState, v.BlockByHolder(hash))
	}
}

func TestAHoldersBlockStaysWhenAnotherIsLifted(t *testing.T) {
	for name, lift := range map[string]func(*Voucher) error{
		"unblocked":            func(v *Voucher) error { return v.Unblock("p-b") },
		"replacement rejected": func(v *Voucher) error { return FirstError(v.RejectReplacement(), v.Unblock("p-b")) },
	} {
		t.Run(name, func(t *testing.T) {
			v := activeVoucher(t)
			v.SelfBlock = "hash"
			if name == "unblocked" {
				expect(t, "", v.Block("p-a", "lost"))
			} else {
				expect(t, "", v.Replace(Replacement{Authorisation: newTestBooklet(5).authorisation(), ProposedBy: "p-a", Reason: "lost"}))
			}
			expect(t, SelfBlockInvalid, v.BlockByHolder("x"))
			expect(t, "", v.BlockByHolder("hash"))
			expect(t, SelfBlockInvalid, v.BlockByHolder("hash"))
			if v.BlockedBy != "p-a" || v.BlockReason != "lost" || !v.HolderBlocked || v.SelfBlock != "" {
				t.Fatalf("%+v", v)
			}
			if name == "unblocked" {
				expect(t, SecondPersonRequired, v.Unblock("p-a"))
			}
			expect(t, "", lift(v))
			if v.State != VoucherIsBlocked || v.BlockedFrom != VoucherIsActive || v.BlockedBy != "holder" || v.BlockReason != "self-block" || v.HolderBlocked {
				t.Fatalf("%+v", v)
			}
			expect(t, "", v.Unblock("p-b"))
			if v.State != VoucherIsActive || v.BlockedFrom != "" || v.BlockedBy != "" {
				t.Fatalf("%+v", v)
			}
		})
	}
	// A replacement comes with a new code, and two persons approved it: it ends the holder's block of what was lost.
	v := activeVoucher(t)
	v.SelfBlock = "hash"
	expect(t, "", v.Replace(Replacement{Authorisation: newTestBooklet(5).authorisation(), SelfBlock: "other", ProposedBy: "p-a", Reason: "lost"}))
	expect(t, "", v.BlockByHolder("hash"))
	expect(t, "", v.ApproveReplacement("p-b"))
	if v.State != VoucherIsActive || v.HolderBlocked || v.SelfBlock != "other" {
		t.Fatalf("%+v", v)
	}
	v.HolderBlocked = true
	if _, err := v.Revoke(); err != nil || v.HolderBlocked {
		t.Fatalf("%v %+v", err, v)
	}
}

func TestReplacements(t *testing.T) {
	v := activeVoucher(t)
	old, other := v.Authorisation.Authorisation, newTestBooklet(5).authorisation()
	replacement := Replacement{ID: idA, Authorisation: other, SelfBlock: "hash", ProposedBy: "p-a", Reason: "lost"}
	expect(t, ChangeNotFound, v.CheckReplacement(idA))
	expect(t, ChangeNotFound, v.ApproveReplacement("p-b"))
	expect(t, ChangeNotFound, v.RejectReplacement())
	expect(t, AuthorisationUsed, v.Replace(Replacement{Authorisation: old, ProposedBy: "p-a"}))
	expect(t, "", v.Replace(replacement))
	expect(t, "", v.CheckReplacement(idA))
	if v.State != VoucherIsBlocked || v.BlockedBy != "p-a" || v.BlockReason != "lost" || v.Authorisation.Authorisation != old {
		t.Fatalf("%+v", v)
	}
	expect(t, VoucherState, v.Unblock("p-b"))
	expect(t, SecondPersonRequired, v.ApproveReplacement("p-a"))
	expect(t, "", v.RejectReplacement())
	expect(t, ChangeNotFound, v.ApproveReplacement("p-b"))
	if v.State != VoucherIsBlocked {
		t.Fatal(v.State)
	}
	replacement.ProposedBy = "p-c"
	expect(t, "", v.Replace(replacement))
	replacement.ID, replacement.ProposedBy = idB, "p-d"
	expect(t, "", v.Replace(replacement))
	expect(t, ChangeNotFound, v.CheckReplacement(idA))
	expect(t, "", v.CheckReplacement(idB))
	expect(t, SecondPersonRequired, v.ApproveReplacement("p-a"))
	expect(t, SecondPersonRequired, v.ApproveReplacement("p-d"))
	expect(t, "", v.ApproveReplacement("p-b"))
	bound := v.Authorisation
	if v.State != VoucherIsActive || bound.Version != 2 || bound.Authorisation != other || *bound.LastPage != 0 || v.SelfBlock != "hash" ||
		v.Replacement != nil || v.BlockedBy != "" {
		t.Fatalf("%+v", v)
	}
}

func TestWhatCannotBeReplaced(t *testing.T) {
	for name, set := range map[string]func(*Voucher){
		"issued":                  func(v *Voucher) { v.State, v.Authorisation = VoucherIsIssued, nil },
		"blocked before it began": func(v *Voucher) { v.State, v.BlockedFrom, v.Authorisation = VoucherIsBlocked, VoucherIsIssued, nil },
		"bound to nothing":        func(v *Voucher) { v.Authorisation = nil },
		"revoked":                 func(v *Voucher) { v.State = VoucherIsRevoked },
		"lapsed":                  func(v *Voucher) { v.State = VoucherIsLapsed },
	} {
		t.Run(name, func(t *testing.T) {
			v := activeVoucher(t)
			set(v)
			version, err := v.NextVersion()
			expect(t, VoucherState, err)
			if version != 0 {
				t.Error(version)
			}
			expect(t, VoucherState, v.Replace(Replacement{Authorisation: newTestBooklet(5).authorisation(), ProposedBy: "p-a"}))
		})
	}
}

func TestAReplacementThatOutlivesItsVoucherBindsNothing(t *testing.T) {
	v := activeVoucher(t)
	expect(t, "", v.Replace(Replacement{Authorisation: newTestBooklet(5).authorisation(), ProposedBy: "p-a", Reason: "lost"}))
	v.State = VoucherIsRevoked
	expect(t, VoucherState, v.ApproveReplacement("p-b"))
	if v.State != VoucherIsRevoked || v.Authorisation.Version != 1 {
		t.Fatalf("%+v", v)
	}
}
