package contract

import (
	"fmt"
	"testing"
)

func TestAShopLearnsWhatASchemeMeansForIt(t *testing.T) {
	w := newTown(t)
	ask := func(user string) object {
		t.Helper()
		return w.must(user, "shop:Terms", object{"shop": w.shop, "scheme": w.scheme})
	}
	before := ask("shop")
	if before["state"] != "open" || before["closed_until"] != "" || before["booking_day"] != "2026-03-10" || fmt.Sprint(before["categories"]) != "[clothing books]" {
		t.Fatal(before)
	}
	if terms := before["rules"].(object); cents(t, terms["payment_cap_cents"]) != int64(schemeRules()["payment_cap_cents"].(int)) || cents(t, terms["version"]) != 1 {
		t.Fatal(terms)
	}
	w.closeToday()
	if after := ask("clerk"); after["closed_until"] != "2026-03-10" || after["booking_day"] != "2026-03-11" {
		t.Fatal(after)
	}
	w.must("manager", "shop:Suspend", w.aboutShop(object{"reason": "fraud"}))
	if stopped := ask("auditor"); fmt.Sprint(stopped["categories"]) != "[]" {
		t.Fatal(stopped)
	}
	w.admitShop("rival", "clothing")
	w.refused("NOT_YOURS", "rival", "shop:Terms", object{"shop": w.shop, "scheme": w.scheme})
	w.refused("SCHEME_NOT_FOUND", "shop", "shop:Terms", object{"shop": w.shop, "scheme": w.id()})
}
