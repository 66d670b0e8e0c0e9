package rules

import (
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"testing"
)

const someRoot = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"

func proposedAllocation() *Allocation {
	return &Allocation{
		ID: idA, Scheme: idB, Use: AllocationToIssue, State: AllocationIsProposed, Vouchers: 3, Cents: 30_000, List: someRoot, Parts: 1,
		Reason: "intake", ProposedBy: "p-clerk", ProposedAt: noon, ExpiresAt: noon + 100,
	}
}

func approvedAllocation(t *testing.T) *Allocation {
	t.Helper()
	allocation := proposedAllocation()
	expect(t, "", allocation.Approve("p-manager", noon))
	return allocation
}

func TestTheFormOfAnAllocation(t *testing.T) {
	expect(t, "", proposedAllocation().CheckForm())
	for _, test := range []struct {
		code  Code
		spoil func(*Allocation)
	}{
		{InvalidCode, func(a *Allocation) { a.Use = "lapse" }},
		{InvalidCode, func(a *Allocation) { a.Use = "" }},
		{"", func(a *Allocation) { a.Use = AllocationToTopUp }},
		{InvalidNumber, func(a *Allocation) { a.Vouchers = 0 }},
		{"", func(a *Allocation) { a.Vouchers = 1 }},
		{"", func(a *Allocation) { a.Vouchers = 500 }},
		{InvalidNumber, func(a *Allocation) { a.Vouchers = 501 }},
		{InvalidNumber, func(a *Allocation) { a.Vouchers, a.Parts = 1, 2 }},
		{"", func(a *Allocation) { a.Vouchers, a.Parts = 2, 2 }},
		{"", func(a *Allocation) { a.Vouchers, a.Parts = 1_000, 2 }},
		{InvalidNumber, func(a *Allocation) { a.Vouchers, a.Parts = 1_001, 2 }},
		{InvalidNumber, func(a *Allocation) { a.Parts = 0 }},
		{InvalidNumber, func(a *Allocation) { a.Parts = -1 }},
		{"", func(a *Allocation) { a.Vouchers, a.Parts = 16_384, 16_384 }},
		{InvalidNumber, func(a *Allocation) { a.Vouchers, a.Parts = 16_385, 16_385 }},
		{InvalidNumber, func(a *Allocation) { a.Vouchers, a.Parts = math.MaxInt64, math.MaxInt64 }},
		{InvalidAmount, func(a *Allocation) { a.Cents = 0 }},
		{"", func(a *Allocation) { a.Cents = MaxBudget }},
		{InvalidAmount, func(a *Allocation) { a.Cents = MaxBudget + 1 }},
		{InvalidID, func(a *Allocation) { a.List = "" }},
		{"", func(a *Allocation) { a.File = someRoot }},
		{InvalidID, func(a *Allocation) { a.File = "kinderen.csv" }},
		{InvalidID, func(a *Allocation) { a.File = strings.ToUpper(someRoot) }},
		{InvalidNumber, func(a *Allocation) { a.ExpiresAt = 0 }},
	} {
		allocation := proposedAllocation()
		test.spoil(allocation)
		expect(t, test.code, allocation.CheckForm())
	}
	allocation := proposedAllocation()
	allocation.Parts = 0
	if err := allocation.CheckForm(); detail(t, err, "member") != "parts" {
		t.Error(err)
	}
}

func TestAnAllocationExpiresWithinAYear(t *testing.T) {
	for after, code := range map[Number]Code{-1: InvalidNumber, 0: InvalidNumber, 1: "", 366 * 86_400: "", 366*86_400 + 1: InvalidNumber} {
		allocation := proposedAllocation()
		allocation.ExpiresAt = noon + after
		expect(t, code, allocation.CheckTerm())
	}
}

func TestAnAllocationNeedsAnotherPersonInTime(t *testing.T) {
	allocation := proposedAllocation()
	expect(t, SecondPersonRequired, allocation.Approve("p-clerk", noon))
	expect(t, AllocationExpired, allocation.Approve("p-manager", noon+100))
	expect(t, AllocationState, allocation.CheckDrawable(AllocationToIssue, noon))
	if allocation.State != AllocationIsProposed || allocation.DecidedBy != "" || allocation.Reserved() != 0 {
		t.Fatalf("%+v", allocation)
	}
	expect(t, "", allocation.Approve("p-manager", noon+99))
	if allocation.State != AllocationIsApproved || allocation.DecidedBy != "p-manager" || allocation.Reserved() != 30_000 {
		t.Fatalf("%+v", allocation)
	}
	expect(t, AllocationState, allocation.Approve("p-second", noon))
	expect(t, AllocationState, allocation.Reject("p-second", "late"))
}

func TestARejectedAllocationIsOver(t *testing.T) {
	allocation := proposedAllocation()
	rest, err := allocation.Withdraw("p-clerk", "mistake")
	expect(t, AllocationState, err)
	if rest != 0 {
		t.Errorf("a proposal that is not withdrawn returns %d cents", rest)
	}
	expect(t, "", allocation.Reject("p-clerk", "mistake"))
	if allocation.State != AllocationIsRejected || allocation.DecidedBy != "p-clerk" || allocation.RejectReason != "mistake" {
		t.Fatalf("%+v", allocation)
	}
	expect(t, AllocationState, allocation.Approve("p-manager", noon))
	expect(t, AllocationState, allocation.CheckDrawable(AllocationToIssue, noon))
}

func TestDrawing(t *testing.T) {
	allocation := approvedAllocation(t)
	expect(t, "", allocation.CheckDrawable(AllocationToIssue, noon+99))
	expect(t, AllocationExpired, allocation.CheckDrawable(AllocationToIssue, noon+100))
	expect(t, AllocationMismatch, allocation.CheckDrawable(AllocationToTopUp, noon))
	expect(t, AllocationExceeded, allocation.Draw(4, 30_000))
	expect(t, AllocationExceeded, allocation.Draw(3, 30_001))
	expect(t, LedgerInconsistent, allocation.Draw(1, -1))
	expect(t, "", allocation.Draw(2, 25_000))
	if allocation.State != AllocationIsApproved || allocation.UsedVouchers != 2 || allocation.UsedCents != 25_000 || allocation.Reserved() != 5_000 {
		t.Fatalf("%+v", allocation)
	}
	expect(t, AllocationExceeded, allocation.Draw(2, 1))
	expect(t, AllocationExceeded, allocation.Draw(1, 5_001))
	expect(t, "", allocation.Draw(1, 5_000))
	if allocation.State != AllocationIsUsed || allocation.Reserved() != 0 {
		t.Fatalf("%+v", allocation)
	}
	expect(t, AllocationState, allocation.Draw(0, 0))
	_, err := allocation.Withdraw("p-clerk", "rest")
	expect(t, AllocationState, err)
}

func TestWithdrawingReturnsTheRest(t *testing.T) {
	for _, test := range []struct {
		vouchers Number
		cents    Cents
		rest     Cents
	}{{0, 0, 30_000}, {1, 10_000, 20_000}, {3, 29_000, 1_000}, {2, 30_000, 0}} {
		allocation := approvedAllocation(t)
		expect(t, "", allocation.Draw(test.vouchers, test.cents))
		rest, err := allocation.Withdraw("p-clerk", "moved-away")
		expect(t, "", err)
		if rest != test.rest || allocation.State != AllocationIsWithdrawn || allocation.WithdrawnBy != "p-clerk" || allocation.WithdrawReason != "moved-away" ||
			allocation.Reserved() != 0 {
			t.Fatalf("%d: %+v", rest, allocation)
		}
		expect(t, AllocationState, allocation.Draw(1, 1))
		_, err = allocation.Withdraw("p-clerk", "moved-away")
		expect(t, AllocationState, err)
	}
}

// listOf makes parts of one voucher each.
func listOf(parts int) (list [][]Issuance) {
	for i := range parts {
		list = append(list, []Issuance{{ID: strings.Repeat("0", 30) + string("0123456789abcdef"[i/16]) + string("0123456789abcdef"[i%16]), Entitlement: idA, Preset: "junior", Units: 1}})
	}
	return list
}

// testTree hashes digests of parts to a root as whoever proposes a list does, and gives the path of each part.
func testTree(t *testing.T, list [][]Issuance) (root string, paths [][]string) {
	t.Helper()
	width := 1 << depth(Number(len(list)))
	level := make([][]byte, width)
	for i := range level {
		level[i] = make([]byte, 32)
		if i < len(list) {
			digest, err := PartDigest(list[i])
			expect(t, "", err)
			level[i] = leafHash(Number(i), digest)
		}
	}
	paths = make([][]string, len(list))
	for above := 0; len(level) > 1; above++ {
		var next [][]byte
		for i := range paths {
			paths[i] = append(paths[i], hex.EncodeToString(level[i>>above^1]))
		}
		for i := 0; i < len(level); i += 2 {
			next = append(next, nodeHash(level[i], level[i+1]))
		}
		level = next
	}
	return hex.EncodeToString(level[0]), paths
}

func TestOnlyThePartsOfTheApprovedListMatch(t *testing.T) {
	for _, parts := range []int{1, 2, 3, 5, 8} {
		list := listOf(parts)
		root, paths := testTree(t, list)
		allocation := approvedAllocation(t)
		allocation.List, allocation.Parts = root, Number(parts)
		for i, part := range list {
			if paths[i] == nil {
				paths[i] = []string{}
			}
			expect(t, "", CheckPath(paths[i]))
			expect(t, "", allocation.CheckPart(Number(i), part, paths[i]))
			for _, changed := range []Issuance{
				{ID: idB, Entitlement: idA, Preset: "junior", Units: 1}, {ID: part[0].ID, Entitlement: idB, Preset: "junior", Units: 1},
				{ID: part[0].ID, Entitlement: idA, Preset: "senior", Units: 1}, {ID: part[0].ID, Entitlement: idA, Preset: "junior", Units: 2},
			} {
				expect(t, AllocationMismatch, allocation.CheckPart(Number(i), []Issuance{changed}, paths[i]))
			}
			expect(t, AllocationMismatch, allocation.CheckPart(Number(i), append(slices.Clone(part), part...), paths[i]))
			expect(t, AllocationMismatch, allocation.CheckPart(Number(i), []Issuance{}, paths[i]))
			expect(t, AllocationMismatch, allocation.CheckPart(Number(i), part, append(slices.Clone(paths[i]), someRoot)))
			for j := range list {
				if i != j {
					expect(t, AllocationMismatch, allocation.CheckPart(Number(j), part, paths[i]))
					expect(t, AllocationMismatch, allocation.CheckPart(Number(j), part, paths[j]))
				}
			}
		}
		expect(t, AllocationMismatch, allocation.CheckPart(Number(parts), list[0], paths[0]))
		expect(t, AllocationMismatch, allocation.CheckPart(-1, list[0], paths[0]))
	}
}

// Who proposes a list chooses its root, and could have hashed a part under any position.
func TestAListHasNoPartsBeforeTheFirst(t *testing.T) {
	for position, code := range map[Number]Code{0: "", -1: AllocationMismatch} {
		part := listOf(1)[0]
		digest, err := PartDigest(part)
		expect(t, "", err)
		allocation := approvedAllocation(t)
		allocation.List = hex.EncodeToString(leafHash(position, digest))
		expect(t, code, allocation.CheckPart(position, part, []string{}))
	}
}

// A part is hashed as canonical JSON, whatever the order in which the chaincode declares the members.
func TestThePartOfAListIsHashedInItsCanonicalForm(t *testing.T) {
	for want, lines := range map[string]any{
		// sha256sum of [{"entitlement":"bb…","id":"aa…","preset":"junior","units":2}], and the same with "voucher" for "id".
		"3854326e799746ae3335b3904755396d3bacb096747fbb477fc2ca13844a56dd": []Issuance{{ID: idA, Entitlement: idB, Preset: "junior", Units: 2}},
		"2d9f524af5df84019e17a43cd6725fb272aaaa3c1e292d88c2345597bbc7659c": []TopUp{{Voucher: idA, Entitlement: idB, Preset: "junior", Units: 2}},
	} {
		digest, err := PartDigest(lines)
		expect(t, "", err)
		if got := hex.EncodeToString(digest); got != want {
			t.Errorf("%v has the digest %s", lines, got)
		}
	}
}

func TestPathsOfParts(t *testing.T) {
	path := slices.Repeat([]string{someRoot}, 14)
	expect(t, "", CheckPath(path))
	expect(t, "", CheckPath([]string{}))
	for _, bad := range [][]string{nil, append(slices.Clone(path), someRoot), {"x"}, {strings.ToUpper(someRoot)}, {""}} {
		expect(t, InvalidID, CheckPath(bad))
	}
}
