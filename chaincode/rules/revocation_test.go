package rules

import "testing"

func TestOnePersonRevokesOnlyWhatAnotherOneBlocked(t *testing.T) {
	for name, test := range map[string]struct {
		state     State
		blockedBy string
		code      Code
	}{
		"blocked by another":    {VoucherIsBlocked, "p-clerk", ""},
		"blocked by oneself":    {VoucherIsBlocked, "p-manager", SecondPersonRequired},
		"blocked by its holder": {VoucherIsBlocked, ByHolder, SecondPersonRequired},
		"active":                {VoucherIsActive, "", SecondPersonRequired},
		"issued":                {VoucherIsIssued, "", SecondPersonRequired},
		"revoked":               {VoucherIsRevoked, "", VoucherState},
		"lapsed":                {VoucherIsLapsed, "", VoucherState},
	} {
		t.Run(name, func(t *testing.T) {
			voucher := &Voucher{ID: idA, State: test.state, BlockedBy: test.blockedBy, Balance: Balance{Issued: 500, Available: 500}}
			cents, err := voucher.RevokeBlocked("p-manager")
			expect(t, test.code, err)
			if test.code == "" && (cents != 500 || voucher.State != VoucherIsRevoked || voucher.Revoked != 500) {
				t.Fatalf("%+v", voucher)
			}
			if test.code != "" && (cents != 0 || voucher.State != test.state) {
				t.Fatalf("%+v", voucher)
			}
		})
	}
}

func TestAnEntitlementIsFreedOnceNothingOfItsVoucherRemainsSpent(t *testing.T) {
	for name, test := range map[string]struct {
		state   State
		balance Balance
		code    Code
	}{
		"never spent":     {VoucherIsRevoked, Balance{Issued: 5, Revoked: 5}, ""},
		"refunded":        {VoucherIsRevoked, Balance{Issued: 5, Spent: 3, Refunded: 3, Revoked: 5}, ""},
		"cancelled":       {VoucherIsRevoked, Balance{Issued: 5, Spent: 3, Cancelled: 3, Revoked: 5}, ""},
		"a cent is spent": {VoucherIsRevoked, Balance{Issued: 5, Spent: 3, Refunded: 2, Revoked: 4}, VoucherState},
		"lapsed":          {VoucherIsLapsed, Balance{Issued: 5, Lapsed: 5}, VoucherState},
		"blocked":         {VoucherIsBlocked, Balance{Issued: 5, Available: 5}, VoucherState},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, test.code, (&Voucher{ID: idA, State: test.state, Balance: test.balance}).CheckFreeing())
		})
	}
}
