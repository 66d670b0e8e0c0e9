package contract

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kindpakket.eu/chaincode/rules"
)

// checkItems verifies that every item is open or in one settlement, not in two places, that none is lost, and that each settlement has the
// items that it counts, which come to its cents, and is found while it is live.
func (w *town) checkItems(count int) {
	w.t.Helper()
	places, sums, counts, live, owed := map[string]string{}, map[string]int64{}, map[string]int64{}, map[string]bool{}, map[string]bool{}
	for _, key := range w.ledger.Keys() {
		parts := strings.Split(key, "/")
		switch parts[0] {
		case "unsettled", "sold":
			item := decodeJSON(w.t, w.ledger.Value(key))
			if parts[0] == "sold" {
				settlement := item["settlement"].(string)
				sums[settlement], counts[settlement] = sums[settlement]+number(w.t, item["cents"]), counts[settlement]+1
			}
			if item["kind"] != nil {
				count++
			}
			if before, twice := places[parts[4]]; twice {
				w.t.Fatalf("item %s is in %s and in %s", parts[4], before, key)
			}
			places[parts[4]] = key
		case "live":
			live[parts[3]] = true
		case "receivable":
			owed[parts[3]] = true
		}
	}
	for _, key := range w.ledger.Keys() {
		if !strings.HasPrefix(key, "settlement/") {
			continue
		}
		settlement := decodeJSON(w.t, w.ledger.Value(key))
		id, state := settlement["id"].(string), settlement["state"]
		if live[id] != slices.Contains([]any{"drafted", "approved", "exported", "claimed"}, state) {
			w.t.Fatalf("%v: found as live %v", settlement, live[id])
		}
		if owed[id] != (state == "claimed") {
			w.t.Fatalf("%v: found as a receivable %v", settlement, owed[id])
		}
		if slices.Contains([]any{"withdrawn", "rejected", "returned", "reopened", "netted"}, state) {
			if counts[id] > 0 {
				w.t.Fatalf("%v still holds %d items", settlement, counts[id])
			}
			continue
		}
		negative := settlement["claim_reason"] != nil || state == "carried"
		if number(w.t, settlement["cents"]) != sums[id] || number(w.t, settlement["item_count"]) != counts[id] || (sums[id] > 0) == negative {
			w.t.Fatalf("%v has %d items of %d cents", settlement, counts[id], sums[id])
		}
	}
	if len(places) != count {
		w.t.Fatalf("%d items are in %d places", count, len(places))
	}
}

// An item is never paid twice nor lost, whatever is drafted, claimed, withdrawn, paid, rejected and returned in whatever order.
func TestAnItemIsInOnePlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newTown(t)
		w.settleEvery(0, 0)
		var made []string
		count := 0
		step := func(user, name string, request object) {
			request["request_id"], request["scheme"] = w.id(), w.scheme
			if _, code := w.send(user, name, request); code == "" && (name == "settlement:Draft" || name == "settlement:Claim") {
				made = append(made, request["request_id"].(string))
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { w.checkItems(count) },
			"items": func(t *rapid.T) {
				day := rules.DayOf(rules.Number(w.now))
				for _, cents := range rapid.SliceOfN(rapid.IntRange(-500, 500), 1, 6).Draw(t, "items") {
					if cents != 0 {
						count++
						w.owes(day, count, cents)
					}
				}
				w.closeToday()
				w.now += 86_400
			},
			"draft": func(t *rapid.T) {
				step(rapid.SampledFrom([]string{"clerk", "treasurer", "shop"}).Draw(t, "drafter"), "settlement:Draft", object{"shop": w.shop})
			},
			"claim": func(*rapid.T) {
				step("treasurer", "settlement:Claim", object{"shop": w.shop, "reason": "ended"})
			},
			"end": func(t *rapid.T) {
				w.force("shop/"+w.shop, "state", rapid.SampledFrom([]string{"approved", "ended"}).Draw(t, "state"))
			},
			"settle": func(t *rapid.T) {
				if len(made) == 0 {
					t.Skip("nothing was drafted yet")
				}
				id := rapid.SampledFrom(made).Draw(t, "settlement")
				switch name := rapid.SampledFrom([]string{"Approve", "Withdraw", "Export", "paid", "rejected", "returned", "Collect", "WriteOff", "Reopen"}).Draw(t, "step"); name {
				case "Approve":
					step("manager", "settlement:Approve", object{"settlement": id})
				case "Export":
					step("treasurer", "settlement:Export", object{"settlements": []string{id}, "file_sha256": id + id})
				case "paid", "rejected", "returned":
					step("treasurer", "settlement:Book", object{"settlement": id, "outcome": name, "reason": "bank"})
				case "WriteOff", "Reopen":
					step("manager", "settlement:"+name, object{"settlement": id, "reason": "bankrupt"})
				case "Collect":
					request := object{"settlement": id, "reason": "paid"}
					if part := rapid.IntRange(0, 400).Draw(t, "part"); part > 0 {
						request["cents"] = part
					}
					step("treasurer2", "settlement:Collect", request)
				default:
					step("treasurer", "settlement:"+name, object{"settlement": id, "reason": "x"})
				}
			},
		})
	})
}
