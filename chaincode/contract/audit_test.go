package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"kindpakket.eu/chaincode/rules"
)

// pages walks a query to its end and gives what the pages hold under a member, and the pages.
func (w *world) pages(user, name, member string, request object) (all []any, pages []object) {
	w.t.Helper()
	asked := maps.Clone(request)
	for {
		page := w.must(user, name, asked)
		if limit, given := request["limit"].(int); given && len(page[member].([]any)) > limit {
			w.t.Fatalf("a page of %d holds %d", limit, len(page[member].([]any)))
		}
		all, pages = append(all, page[member].([]any)...), append(pages, page)
		if page["next"] == "" {
			return all, pages
		}
		if len(pages) > 1_000 {
			w.t.Fatal("the pages do not end")
		}
		asked["cursor"] = page["next"]
	}
}

func TestHistoryTellsWhoDidWhat(t *testing.T) {
	w := newTown(t)
	id := w.issue(1)[0]
	key := "voucher/" + w.scheme + "/" + id
	block := object{"request_id": w.id(), "scheme": w.scheme, "voucher": id, "reason": "lost"}
	w.must("clerk", "voucher:Block", block)
	entries, _ := w.pages("auditor", "audit:History", "entries", object{"key": key})
	newest, oldest := entries[0].(object), entries[1].(object)
	by := newest["by"].(object)
	if by["person"] != "p-clerk" || by["role"] != "issuer" || by["msp"] != "GemeenteMSP" || by["request"] != block["request_id"] {
		t.Fatal(by)
	}
	if newest["before"].(object)["state"] != "issued" || newest["value"].(object)["state"] != "blocked" || oldest["before"] != nil {
		t.Fatal(entries)
	}
	for limit := 1; limit <= 3; limit++ {
		paged, _ := w.pages("auditor", "audit:History", "entries", object{"key": key, "limit": limit})
		if fmt.Sprint(paged) != fmt.Sprint(entries) {
			t.Fatalf("in pages of %d: %v", limit, paged)
		}
	}
	// A deletion has no writer of its own, and what was before is what was deleted.
	payment := w.paid(w.holder(), clothing(500))
	w.must("shop", "payment:Cancel", object{"request_id": w.id(), "payment": payment, "reason": "x"})
	entries, _ = w.pages("auditor", "audit:History", "entries", object{"key": "unsettled/" + w.scheme + "/" + w.shop + "/2026-03-10/" + payment})
	deleted := entries[0].(object)
	if deleted["deleted"] != true || deleted["by"] != nil || deleted["value"] != nil || number(t, deleted["before"].(object)["cents"]) != 500 {
		t.Fatal(deleted)
	}
}

func TestHistoryOfLayout1HasNoWriter(t *testing.T) {
	w := newTown(t)
	key := "day/" + w.scheme
	w.write(key, `{"v":1,"closed_until":"2026-03-01"}`)
	w.must("clerk", "scheme:CloseDay", object{"request_id": w.id(), "scheme": w.scheme, "day": "2026-03-08"})
	entries, _ := w.pages("auditor", "audit:History", "entries", object{"key": key})
	if len(entries) != 3 || entries[1].(object)["by"] != nil || entries[0].(object)["before"].(object)["closed_until"] != "2026-03-01" {
		t.Fatal(entries)
	}
	w.write(key, `nonsense`)
	w.refused("LEDGER_INCONSISTENT", "auditor", "audit:History", object{"key": key})
}

// program is a chaincode that writes what the test wants.
type program func(stub shim.ChaincodeStubInterface) error

func (p program) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (p program) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	if err := p(stub); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(nil)
}

// write commits a value behind the chaincode's back, with a history.
func (w *world) write(key, value string) {
	w.t.Helper()
	ours := w.ledger.Chaincode
	w.ledger.Chaincode = program(func(stub shim.ChaincodeStubInterface) error { return stub.PutState(key, []byte(value)) })
	if code := w.ledger.Commit(w.endorse("clerk", "", "", nil)); code != "VALID" {
		w.t.Fatal(code)
	}
	w.ledger.Chaincode = ours
}

func TestAHistoryIsWalkedSoFarAndRefusedBeyond(t *testing.T) {
	w := newTown(t)
	key := "day/" + w.scheme
	for range 600 {
		w.write(key, `{"v":1,"closed_until":""}`)
	}
	page := w.must("auditor", "audit:History", object{"key": key, "limit": 10})
	if w.last.Loaded > 101 {
		t.Errorf("the peer loaded %d transactions for a page of 10", w.last.Loaded)
	}
	w.must("auditor", "audit:History", object{"key": key, "limit": 10, "cursor": page["next"]})
	for range maxHistory {
		w.write(key, `{"v":1,"closed_until":""}`)
	}
	cursor, read := "", 0
	for {
		page, code := w.send("auditor", "audit:History", object{"key": key, "limit": 500, "cursor": cursor})
		if code != "" {
			if code != "INVALID_CURSOR" || !strings.Contains(w.last.Response.GetMessage(), key) || w.last.Loaded > maxHistory+101 {
				t.Fatal(code, w.last.Response.GetMessage(), w.last.Loaded)
			}
			break
		}
		if read += len(page["entries"].([]any)); page["next"] == "" {
			t.Fatalf("%d changes passed for all", read)
		}
		cursor = page["next"].(string)
	}
	// A peer that gives no more than that ends the walk without a word.
	w.ledger.TotalQueryLimit = maxHistory
	w.refused("INVALID_CURSOR", "auditor", "audit:History", object{"key": key, "limit": 500, "cursor": cursor})
}

func TestKeysOfTheHistory(t *testing.T) {
	w := newTown(t)
	id := w.id()
	for _, key := range []string{
		"organisations", "request/" + id, "scheme/" + id, "rules/" + id + "/000001", "change/" + id + "/" + id, "budget/" + id, "day/" + id,
		"shop/" + id, "voucher/" + id + "/" + id, "entitlement/" + id, "payment/" + id, "refund/" + id,
		"unsettled/" + id + "/" + id + "/2026-03-10/" + id, "settlement/" + id + "/" + id, "erasure/" + id,
	} {
		w.must("auditor", "audit:History", object{"key": key})
	}
	for _, key := range []string{
		"case/" + id + "/" + id, "account/" + id, "organisations/" + id, "organisations/", "scheme", "scheme/", "scheme/" + id + "/", "scheme/" + id[:31],
		"rules/" + id + "/1", "unsettled/" + id + "/" + id + "/2026-3-1/" + id, "voucher/" + id, "scheme/" + strings.ToUpper(id) + "x", "scheme/" + id + "\n",
	} {
		w.refused("INVALID_KEY", "auditor", "audit:History", object{"key": key})
	}
}

func TestAVoucherStatementAddsUp(t *testing.T) {
	w := newTown(t)
	h := w.holder()
	payment := w.paid(h, clothing(500), books(700))
	w.must("shop", "payment:Refund", object{"request_id": w.id(), "payment": payment, "reason": "returned", "lines": []rules.Line{books(200)}})
	w.must("clerk", "voucher:Block", object{"request_id": w.id(), "scheme": w.scheme, "voucher": h.voucher, "reason": "lost"})
	entries, _ := w.pages("auditor", "audit:VoucherStatement", "entries", object{"scheme": w.scheme, "voucher": h.voucher, "limit": 2})
	var moves []string
	sums := map[string]int64{}
	for _, entry := range slices.Backward(entries) {
		line := entry.(object)
		for term, moved := range line["moved"].(object) {
			sums[term] += number(t, moved)
		}
		for term, value := range line["balance"].(object) {
			if number(t, value) != sums[term] {
				t.Errorf("%s is %v after moves that come to %d", term, value, sums[term])
			}
		}
		moves = append(moves, fmt.Sprint(line["by"].(object)["operation"], " ", line["state"], " ", line["moved"]))
	}
	if want := []string{
		"voucher:Issue issued map[available_cents:10000 issued_cents:10000]",
		"voucher:Activate active map[]",
		"payment:Pay active map[available_cents:-1200 spent_cents:1200]",
		"payment:Refund active map[available_cents:200 refunded_cents:200]",
		"voucher:Block blocked map[]",
	}; !slices.Equal(moves, want) {
		t.Errorf("%q", moves)
	}
	w.refused("VOUCHER_NOT_FOUND", "auditor", "audit:VoucherStatement", object{"scheme": w.scheme, "voucher": w.id()})
}

func TestASchemeStatementAddsUp(t *testing.T) {
	w := newTown(t)
	w.issue(2)
	w.issue(1)
	entries, _ := w.pages("clerk", "audit:SchemeStatement", "entries", object{"scheme": w.scheme, "limit": 1})
	if len(entries) != 5 {
		t.Fatal(entries)
	}
	newest, before := entries[0].(object), entries[1].(object)
	if fmt.Sprint(newest["moved"]) != "map[allocated_cents:-10000 issued_cents:10000]" || len(newest["balance"].(object)) != 7 ||
		number(t, newest["balance"].(object)["issued_cents"]) != 30_000 || newest["by"].(object)["operation"] != "voucher:Issue" {
		t.Fatal(newest)
	}
	if fmt.Sprint(before["moved"]) != "map[allocated_cents:10000 unallocated_cents:-10000]" || before["by"].(object)["operation"] != "allocation:Approve" {
		t.Fatal(before)
	}
	w.refused("SCHEME_NOT_FOUND", "auditor", "audit:SchemeStatement", object{"scheme": w.id()})
}

func TestAShopStatementAddsUp(t *testing.T) {
	w := newTown(t)
	w.settleEvery(0, 0)
	ours, rival := w.shop, w.admitShop("rival", "clothing")
	for i := range 6 {
		w.shop = []string{ours, rival}[i%2]
		w.owes("2026-03-10", i, 100+i)
	}
	w.closeToday()
	for _, shop := range []string{ours, rival} {
		w.must("clerk", "settlement:Draft", object{"request_id": w.id(), "scheme": w.scheme, "shop": shop})
	}
	w.shop = ours
	w.owes("2026-03-11", 90, 1_000)
	withdrawn := w.must("treasurer", "settlement:List", object{"scheme": w.scheme})["items"].([]any)
	for _, settlement := range withdrawn {
		if settlement.(object)["shop"] == ours {
			w.must("treasurer", "settlement:Withdraw", object{"request_id": w.id(), "scheme": w.scheme, "settlement": settlement.(object)["id"], "reason": "x"})
		}
	}
	w.must("clerk", "settlement:Draft", w.draft())
	w.owes("2026-03-11", 91, -400)
	w.owes("2026-03-12", 92, 7)
	for limit := 1; limit <= 9; limit++ {
		sums := map[string]int64{}
		entries, pages := w.pages("shop", "audit:ShopStatement", "entries", object{"scheme": w.scheme, "shop": ours, "limit": limit})
		for _, page := range pages {
			for name, value := range page["sums"].(object) {
				sums[name] += number(t, value)
			}
		}
		var kinds []string
		for _, entry := range entries {
			kinds = append(kinds, fmt.Sprint(entry.(object)["kind"], " ", entry.(object)["cents"]))
		}
		slices.Sort(kinds)
		if want := []string{"open -400", "open 1000", "open 7", "settlement 306", "settlement 306"}; !slices.Equal(kinds, want) {
			t.Errorf("in pages of %d: %v", limit, kinds)
		}
		if len(sums) != 9 || sums["unsettled_cents"] != 607 || sums["drafted_cents"] != 306 || sums["approved_cents"] != 0 {
			t.Errorf("in pages of %d: %v", limit, sums)
		}
	}
	w.refused("NOT_YOURS", "rival", "audit:ShopStatement", object{"scheme": w.scheme, "shop": ours})
	w.refused("SHOP_NOT_FOUND", "auditor", "audit:ShopStatement", object{"scheme": w.scheme, "shop": w.id()})
	w.refused("SCHEME_NOT_FOUND", "auditor", "audit:ShopStatement", object{"scheme": w.id(), "shop": ours})
	for _, bad := range []string{"x", "voucher/", "settlements/", "/", "2026-03-10/" + ours} {
		w.refused("INVALID_CURSOR", "auditor", "audit:ShopStatement", object{"scheme": w.scheme, "shop": ours, "cursor": bad})
	}
}

func TestASampleCanBeDrawnAgain(t *testing.T) {
	w := newTown(t)
	ids := w.issue(60)
	h := newHolder(w.scheme, ids[0])
	w.must("manager", "voucher:Activate", object{"request_id": w.id(), "scheme": w.scheme, "activations": []object{h.activation()}})
	payment := w.paid(h, clothing(500))
	w.closeToday()
	settlement := w.must("clerk", "settlement:Draft", w.draft())["id"]
	sample := func(kind, seed string, perMille, limit int) []any {
		t.Helper()
		items, _ := w.pages("auditor", "audit:Sample", "items", object{"scheme": w.scheme, "kind": kind, "seed": seed, "per_mille": perMille, "limit": limit})
		return items
	}
	var want []string
	for _, id := range ids {
		if draw := (rules.Draw{Seed: "c0ffee", PerMille: 300}); draw.Takes(id) {
			want = append(want, id)
		}
	}
	slices.Sort(want)
	for _, limit := range []int{1, 7, 500} {
		var got []string
		for _, voucher := range sample("voucher", "c0ffee", 300, limit) {
			got = append(got, voucher.(object)["id"].(string))
		}
		if !slices.Equal(got, want) || len(want) == 0 || len(want) == 60 {
			t.Fatalf("in pages of %d: %v", limit, got)
		}
	}
	if all := sample("voucher", "00", 1_000, 50); len(all) != 60 {
		t.Fatal(len(all))
	}
	if all := sample("payment", "00", 1_000, 50); len(all) != 1 || all[0].(object)["id"] != payment {
		t.Fatal(all)
	}
	if all := sample("settlement", "00", 1_000, 50); len(all) != 1 || all[0].(object)["id"] != settlement {
		t.Fatal(all)
	}
	other := object{"scheme": w.openScheme(schemeRules(), 5), "kind": "payment", "seed": "00", "per_mille": 1_000}
	if none := w.must("auditor", "audit:Sample", other)["items"].([]any); len(none) != 0 {
		t.Fatal(none)
	}
	for member, tests := range map[string]map[any]string{
		"kind":      {"": "INVALID_CODE", "shop": "INVALID_CODE"},
		"seed":      {"": "INVALID_ID", "C0FFEE": "INVALID_ID", "xyz": "INVALID_ID", strings.Repeat("a", 65): "INVALID_ID"},
		"per_mille": {0: "INVALID_NUMBER", 1_001: "INVALID_NUMBER", json.Number("1.5"): "INVALID_NUMBER"},
	} {
		for value, code := range tests {
			request := object{"scheme": w.scheme, "kind": "voucher", "seed": "00", "per_mille": 10}
			request[member] = value
			w.refused(code, "auditor", "audit:Sample", request)
		}
	}
}

func TestNoCursorLeavesItsPrefix(t *testing.T) {
	w := newTown(t)
	w.issue(3)
	other := w.openScheme(schemeRules(), 5)
	for _, cursor := range []string{"0", "zzz", "/", "-", "//", w.scheme + "/", "jan-jansen", "settlement", "open/jan", strings.Repeat("z", 100), strings.Repeat("0", 63)} {
		w.refused("INVALID_CURSOR", "auditor", "voucher:List", object{"scheme": other, "cursor": cursor})
	}
	for _, cursor := range []string{w.scheme, strings.Repeat("0", 32), strings.Repeat("f", 32), strings.Repeat("f", 64), "settlement/", "open/2026-03-10/" + w.scheme} {
		for _, request := range []object{
			{"name": "voucher:List", "scheme": other}, {"name": "audit:Totals", "scheme": other}, {"name": "settlement:List", "scheme": other},
			{"name": "audit:Sample", "scheme": other, "kind": "voucher", "seed": "00", "per_mille": 1_000},
		} {
			name := request["name"].(string)
			delete(request, "name")
			request["cursor"] = cursor
			page := w.must("auditor", name, request)
			if items, given := page["items"].([]any); page["next"] != "" || (given && len(items) > 0) || (!given && number(t, page["vouchers"]) != 0) {
				t.Errorf("%s at %s: %v", name, cursor, page)
			}
		}
	}
}
