package rules

import (
	"errors"
	"testing"
)

// expect checks that an error is a refusal with a code; "" stands for no error.
func expect(t *testing.T, code Code, err error) {
	t.Helper()
	var refusal *Refusal
	switch {
	case err == nil && code == "":
	case err == nil:
		t.Fatalf("not refused, expected %s", code)
	case !errors.As(err, &refusal):
		t.Fatalf("not a refusal: %v", err)
	case refusal.Code != code:
		t.Fatalf("expected %q, got %v", code, err)
	}
}

// noon of 2026-03-10 in Amsterdam.
const noon Number = 1_773_140_400

const (
	idA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	idB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	idC = "cccccccccccccccccccccccccccccccc"
)

func pointer[T any](value T) *T { return &value }

func goodTerms() *Terms {
	return &Terms{
		Name: "kindpakket", StartsOn: "2026-01-01", EndsOn: "2026-12-31",
		Presets:    map[string]Cents{"junior": 10_000},
		Categories: []Category{{Code: "clothing"}, {Code: "books", Cap: pointer(Cents(4_000))}},
		PaymentMin: 50, PaymentCap: 8_000, DayCap: 9_000, PaperCap: 2_500,
		Proofs: []ProofKind{ProofByKey, ProofByBooklet}, HoldDays: pointer(Number(14)), ExtensionDays: pointer(Number(90)), RefundGraceDays: pointer(Number(0)),
		SettlementDays: pointer(Number(7)), RetentionDays: pointer(Number(2555)),
	}
}

func activeVoucher(t *testing.T) *Voucher {
	t.Helper()
	voucher, err := goodTerms().Issue(idA, 1, Issuance{ID: idB, Entitlement: idA, Preset: "junior", Units: 1})
	expect(t, "", err)
	authorisation, _ := ed25519TestKey()
	expect(t, "", voucher.Activate(authorisation, "", "p-manager"))
	return voucher
}

func approvedShop() *Shop {
	return &Shop{ID: idA, MSP: "WinkelsMSP", State: ShopApproved, Categories: []ShopCategory{
		{Code: "clothing", From: "2026-01-01"}, {Code: "books", From: "2026-01-01"}, {Code: "sport", From: "2026-01-01"},
	}}
}

func purchaseOf(voucher *Voucher) *Purchase {
	return &Purchase{Voucher: voucher, Terms: goodTerms(), Shop: approvedShop(), Now: noon, Today: "2026-03-10", Booked: "2026-03-10"}
}

// detail gives a value that a refusal is about.
func detail(t *testing.T, err error, name string) any {
	t.Helper()
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("not a refusal: %v", err)
	}
	return refusal.Details[name]
}
