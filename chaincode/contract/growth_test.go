package contract

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"kindpakket.eu/chaincode/internal/fakeledger"
	"kindpakket.eu/chaincode/rules"
)

// growthFile names the file that the table of docs/growth.md is written to; KINDPAKKET_GROWTH names how many payments at most.
const growthFile = "KINDPAKKET_GROWTH"

// cost is what one call reads and writes: keys, ranges included, and bytes of what it reads, writes and answers.
type cost struct{ read, written, bytes int }

func costOf(l *fakeledger.Ledger, s *fakeledger.Simulation) cost {
	ranged := s.Ranged()
	c := cost{read: len(s.Reads) + len(ranged), written: len(s.Writes), bytes: len(s.Response.GetPayload())}
	for _, key := range ranged {
		c.bytes += len(key) + len(l.Value(key))
	}
	for key := range s.Reads {
		c.bytes += len(key) + len(l.Value(key))
	}
	for key, value := range s.Writes {
		c.bytes += len(key) + len(value)
	}
	return c
}

// years fills a ledger with as many payments as some years leave: settled ones, of many shops and of two schemes. The first settlement is
// that of a given shop under the first scheme.
func years(t tester, l *fakeledger.Ledger, payments int, schemes [2]string, own string) (settlement string) {
	const perSettlement = 100
	put := func(key string, record object) { l.Put(key, encodeJSON(t, record)) }
	for i := range payments / perSettlement {
		scheme, shop := schemes[i%2], idOf("shop of the past", i%50)
		if i == 0 {
			shop = own
		}
		id := idOf("settlement of the past", i)
		day := rules.Day("2020-01-01").Plus(rules.Number(i % 2_000))
		var first, last string
		for j := range perSettlement {
			payment := idOf("payment of the past", i, j)
			record := object{
				"v": 2, "id": payment, "scheme": scheme, "shop": shop, "voucher": idOf("voucher of the past", i), "lines": []rules.Line{clothing(500)}, "cents": 500,
				"refunded": object{}, "refunded_cents": 0, "state": "paid", "day": day, "at": noon, "proof": object{"kind": "key", "version": 1},
			}
			put(paymentKey(payment), record)
			put(soldKey(scheme, shop, day, payment), object{"v": 2, "settlement": id, "cents": 500})
			if first == "" || payment < first {
				first = payment
			}
			last = max(last, payment)
		}
		record := object{
			"v": 2, "id": id, "scheme": scheme, "shop": shop, "state": "paid", "item_count": perSettlement, "cents": 500 * perSettlement, "through": day,
			"first": object{"day": day, "id": first}, "last": object{"day": day, "id": last}, "drafted_by": "p-clerk",
		}
		put(settlementKey(scheme, id), record)
		put(fmt.Sprintf("shop-settlement/%s/%s/%s/%s", scheme, shop, day, id), object{"v": 2})
		if i == 0 {
			settlement = id
		}
	}
	return settlement
}

// costs measures each transaction of tills and of settlements, and the queries beside them, on a ledger with so many payments of the past.
func costs(t *testing.T, payments int) map[string]cost {
	w := newTown(t)
	w.settleEvery(0, 0)
	old := years(t, w.ledger, payments, [2]string{w.scheme, w.openScheme(schemeRules(), 1_000)}, w.shop)
	measured := map[string]cost{}
	call := func(user, name string, request object) object {
		t.Helper()
		answer := w.must(user, name, request)
		measured[name] = costOf(w.ledger, w.last)
		return answer
	}
	h := w.holder()
	day := func(name string, members object) {
		members["scheme"], members["shop"] = w.scheme, w.shop
		call("shop", name, members)
	}
	ids := make([]string, 5)
	for i := range ids {
		ids[i] = w.id()
		call("shop", "payment:Pay", h.pay(ids[i], w.shop, w.now+60, clothing(500)))
	}
	call("shop", "payment:Cancel", w.because(object{"payment": ids[4]}))
	call("shop", "payment:Refund", w.because(object{"payment": ids[0], "lines": []rules.Line{clothing(100)}}))
	for _, name := range []string{"payment:Release", "payment:Capture"} {
		held := w.id()
		call("shop", "payment:Hold", h.hold(held, w.shop, w.now+60, w.now+600, clothing(500)))
		if name == "payment:Release" {
			call("shop", name, w.because(object{"payment": held}))
			continue
		}
		day("payment:Holds", object{})
		call("shop", "payment:CapturePart", w.part(held, clothing(50)))
		call("shop", name, w.capture(held, clothing(400)))
	}
	day("payment:OfDay", object{"day": "2026-03-10"})
	w.closeToday()
	day("settlement:Due", object{})
	call("treasurer", "settlement:DueList", object{"scheme": w.scheme})
	drafted := call("shop", "settlement:Draft", w.draft())["id"].(string)
	about := func(members object) object {
		members["settlement"] = drafted
		return w.onScheme(members)
	}
	call("treasurer", "settlement:Withdraw", about(object{"reason": "mistake"}))
	drafted = w.must("shop", "settlement:Draft", w.draft())["id"].(string)
	call("manager", "settlement:Approve", about(object{}))
	call("treasurer", "settlement:Live", object{"scheme": w.scheme})
	call("treasurer", "settlement:Export", w.onScheme(object{"settlements": []string{drafted}, "file_sha256": drafted + drafted}))
	call("treasurer", "settlement:Book", about(object{"outcome": "paid"}))
	call("auditor", "settlement:List", object{"scheme": w.scheme})
	call("auditor", "settlement:Show", object{"scheme": w.scheme, "settlement": old})
	call("auditor", "settlement:Items", object{"scheme": w.scheme, "settlement": old})
	call("auditor", "payment:List", object{"scheme": w.scheme})
	call("auditor", "audit:Sample", object{"scheme": w.scheme, "kind": "payment", "seed": "00", "per_mille": 100})
	day("audit:ShopStatement", object{})
	day("payment:Unsettled", object{})
	call("shop", "payment:Show", object{"payment": ids[0]})
	call("auditor", "audit:Totals", object{"scheme": w.scheme})
	w.endShop(0)
	call("clerk", "erasure:Order", w.orderAccounts("request", w.shop))
	w.owes("2026-03-10", 1, -500)
	call("treasurer", "settlement:Claim", w.onScheme(object{"shop": w.shop, "reason": "over"}))
	call("treasurer", "settlement:Receivables", object{})
	call("treasurer", "decision:Waiting", object{})
	return measured
}

// Nothing that a call does for one payment, shop or page depends on how many payments there were before.
func TestNothingThatShouldBeConstantGrows(t *testing.T) {
	sizes := []int{100, 10_000}
	path := os.Getenv(growthFile)
	if path != "" {
		sizes = append(sizes, 100_000)
	}
	var tables []map[string]cost
	for _, size := range sizes {
		tables = append(tables, costs(t, size))
	}
	var names []string
	for name := range tables[0] {
		names = append(names, name)
	}
	slices.Sort(names)
	page := map[string]bool{"settlement:List": true, "payment:List": true, "audit:Sample": true}
	var lines []string
	for _, name := range names {
		line := "| `" + name + "` |"
		for _, table := range tables {
			c := table[name]
			line += fmt.Sprintf(" %d | %d | %d |", c.read, c.written, c.bytes)
			if first := tables[0][name]; !page[name] && (c.read != first.read || c.written != first.written || c.bytes > first.bytes+200) {
				t.Errorf("%s costs %+v, and on a small ledger %+v", name, c, first)
			}
			if c.read > 350 || c.bytes > 150_000 {
				t.Errorf("%s costs %+v, more than a page", name, c)
			}
		}
		lines = append(lines, line)
	}
	writeTable(t, path, lines)
}

func writeTable(t *testing.T, path string, lines []string) {
	t.Helper()
	if path == "" {
		return
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A payment reads and writes the keys of its own, and a hold one more.
func TestWhatAPaymentWrites(t *testing.T) {
	measured := costs(t, 100)
	for name, want := range map[string]int{
		"payment:Pay": 4, "payment:Hold": 4, "payment:Capture": 5, "payment:CapturePart": 5, "payment:Release": 5, "payment:Refund": 5, "payment:Cancel": 5,
	} {
		if measured[name].written != want {
			t.Errorf("%s writes %d keys", name, measured[name].written)
		}
	}
}

// An export of as many settlements as a request may name is far from what a block may hold, however many items they have.
func TestAFullExportIsSmall(t *testing.T) {
	w := newTown(t)
	var ids []string
	for i := range maxBulk {
		id := idOf("settlement", i)
		w.ledger.Put(settlementKey(w.scheme, id), encodeJSON(t, object{
			"v": 2, "id": id, "scheme": w.scheme, "shop": w.shop, "state": "approved", "item_count": 5_000, "cents": 100_000, "through": "2026-03-10",
			"first": object{"day": "2026-03-10", "id": id}, "last": object{"day": "2026-03-10", "id": id}, "drafted_by": "p-clerk", "approved_by": "p-manager",
		}))
		ids = append(ids, id)
	}
	w.must("treasurer", "settlement:Export", w.onScheme(object{"settlements": ids, "file_sha256": ids[0] + ids[1]}))
	if c := costOf(w.ledger, w.last); c.written != 2*maxBulk+1 || c.bytes > 1_000_000 {
		t.Fatalf("%+v", c)
	}
}

// The list of what waits costs what it answers, however much was decided before, and whatever else there is.
func TestWhatWaitsCostsWhatItAnswers(t *testing.T) {
	measure := func(decided int) (c cost) {
		w := newTown(t)
		for i := range decided {
			change, decision, settlement := idOf("change", i), idOf("decision", i), idOf("settlement", i)
			w.ledger.Put(changeKey(w.scheme, change), encodeJSON(t, object{
				"v": 3, "id": change, "scheme": w.scheme, "kind": "budget", "state": "approved", "reason": "x", "proposed_by": "p-clerk", "add_cents": 5,
			}))
			w.ledger.Put(decisionKey(decision), encodeJSON(t, object{"v": 3, "id": decision, "kind": "shop-end", "state": "rejected", "shop": w.shop}))
			w.ledger.Put(settlementKey(w.scheme, settlement), encodeJSON(t, object{
				"v": 3, "id": settlement, "scheme": w.scheme, "shop": w.shop, "state": "exported", "item_count": 1, "cents": 5, "through": "2026-03-10",
			}))
			w.ledger.Put("live/"+w.scheme+"/"+w.shop+"/"+settlement, encodeJSON(t, object{"v": 3}))
		}
		for range 5 {
			w.must("clerk", "scheme:ProposeBudget", w.onScheme(object{"add_cents": 5, "reason": "council"}))
		}
		if items := w.must("auditor", "decision:Waiting", object{})["items"].([]any); len(items) != 5 {
			t.Fatal(items)
		}
		return costOf(w.ledger, w.last)
	}
	few, many := measure(1), measure(1_000)
	if few != many || many.read != 6 || many.written != 0 {
		t.Fatalf("%+v, and %+v after 1,000 decisions", few, many)
	}
}
