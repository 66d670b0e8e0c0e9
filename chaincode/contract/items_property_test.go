package contract

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kindpakket.eu/chaincode/rules"
)

// checkItems verifies that every item is open or in one live settlement, not in two places, and that none is lost.
func (w *town) checkItems(count int) {
	w.t.Helper()
	places := map[string]string{}
	hold := func(item, place string) {
		if before, twice := places[item]; twice {
			w.t.Fatalf("item %s is in %s and in %s", item, before, place)
		}
		places[item] = place
	}
	for _, key := range w.ledger.Keys() {
		parts := strings.Split(key, "/")
		switch parts[0] {
		case "unsettled":
			hold(parts[4], key)
		case "settlement":
			settlement := decodeJSON(w.t, w.ledger.Value(key))
			if slices.Contains([]any{"withdrawn", "rejected", "returned"}, settlement["state"]) {
				continue
			}
			sum := int64(0)
			for _, item := range settlement["items"].([]any) {
				hold(item.(object)["id"].(string), key)
				sum += number(w.t, item.(object)["cents"])
			}
			if negative := settlement["claim_reason"] != nil; number(w.t, settlement["cents"]) != sum || (sum > 0) == negative {
				w.t.Fatalf("%v comes to %d", settlement, sum)
			}
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
		w.enrol("treasurer2", "GemeenteMSP", "treasurer", "p-cash", "")
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
				switch name := rapid.SampledFrom([]string{"Approve", "Withdraw", "Export", "paid", "rejected", "returned", "Collect", "WriteOff"}).Draw(t, "step"); name {
				case "Approve":
					step("manager", "settlement:Approve", object{"settlement": id})
				case "Export":
					step("treasurer", "settlement:Export", object{"settlements": []string{id}, "file_sha256": id + id})
				case "paid", "rejected", "returned":
					step("treasurer", "settlement:Book", object{"settlement": id, "outcome": name, "reason": "bank"})
				case "Collect":
					step("treasurer2", "settlement:Collect", object{"settlement": id, "reason": "x"})
				case "WriteOff":
					step("manager", "settlement:WriteOff", object{"settlement": id, "reason": "bankrupt"})
				default:
					step("treasurer", "settlement:"+name, object{"settlement": id, "reason": "x"})
				}
			},
		})
	})
}
