package rules

import (
	"fmt"
	"testing"
)

func TestAShopMandatesEachAcquirerOnce(t *testing.T) {
	shop := approvedShop()
	expect(t, MandateState, shop.WithdrawMandate("p-a"))
	expect(t, "", shop.Mandate("p-a"))
	expect(t, MandateState, shop.Mandate("p-a"))
	expect(t, "", shop.Mandate("p-b"))
	if !shop.HasMandated("p-a") || !shop.HasMandated("p-b") || shop.HasMandated("p-c") {
		t.Fatal(shop.Acquirers)
	}
	expect(t, "", shop.WithdrawMandate("p-a"))
	if shop.HasMandated("p-a") || !shop.HasMandated("p-b") || len(shop.Acquirers) != 1 {
		t.Fatal(shop.Acquirers)
	}
	expect(t, "", shop.WithdrawMandate("p-b"))
	if shop.Acquirers != nil {
		t.Fatalf("%v is left", shop.Acquirers)
	}
}

func TestAShopHasAFewMandates(t *testing.T) {
	shop := approvedShop()
	for i := range maxAcquirers {
		expect(t, "", shop.Mandate(fmt.Sprint("p-", i)))
	}
	expect(t, MandateState, shop.Mandate("p-more"))
	expect(t, "", shop.WithdrawMandate("p-0"))
	expect(t, "", shop.Mandate("p-more"))
}

func TestAnEndedShopMandatesNobody(t *testing.T) {
	shop := approvedShop()
	expect(t, "", shop.Mandate("p-a"))
	shop.State = ShopEnded
	expect(t, ShopState, shop.Mandate("p-b"))
	expect(t, "", shop.WithdrawMandate("p-a"))
}
