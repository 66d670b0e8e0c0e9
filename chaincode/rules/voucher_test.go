package rules

import "testing"

func TestLifeOfVoucher(t *testing.T) {
	authorisation, _ := ed25519TestKey()
	voucher, err := goodTerms().Issue(idA, 1, Issuance{ID: idB, Entitlement: idA, Preset: "junior", Units: 2})
	expect(t, "", err)
	if voucher.Issued != 20_000 || voucher.Available != 20_000 || voucher.State != VoucherIsIssued {
		t.Fatalf("%+v", voucher)
	}
	expect(t, VoucherNotActive, voucher.CheckSpendable(goodTerms(), noon))
	expect(t, VoucherState, voucher.Unblock("p-b"))
	expect(t, "", voucher.Block("p-a", "lost"))
	expect(t, VoucherBlocked, voucher.CheckSpendable(goodTerms(), noon))
	expect(t, VoucherState, voucher.Activate(authorisation, "", "p-manager"))
	expect(t, VoucherState, voucher.Block("p-a", "lost"))
	expect(t, SecondPersonRequired, voucher.Unblock("p-a"))
	expect(t, "", voucher.Unblock("p-b"))
	if voucher.BlockedFrom != "" || voucher.BlockedBy != "" || voucher.BlockReason != "" {
		t.Fatalf("%+v", voucher)
	}
	expect(t, VoucherNotActive, voucher.CheckSpendable(goodTerms(), noon))
	voucher.IssuedBy = "p-clerk"
	expect(t, SecondPersonRequired, voucher.Activate(authorisation, "", "p-clerk"))
	expect(t, "", voucher.Activate(authorisation, "", "p-manager"))
	expect(t, VoucherState, voucher.Activate(authorisation, "", "p-manager"))
	expect(t, "", voucher.CheckSpendable(goodTerms(), noon))
	expect(t, "", voucher.Block("p-a", "lost"))
	expect(t, "", voucher.Unblock("p-b"))
	expect(t, "", voucher.CheckSpendable(goodTerms(), voucher.EndsAt-1))
	expect(t, VoucherExpired, voucher.CheckSpendable(goodTerms(), voucher.EndsAt))
	voucher.State = VoucherIsRevoked
	expect(t, VoucherRevoked, voucher.CheckSpendable(goodTerms(), noon))
}

func TestIssuances(t *testing.T) {
	one := Issuance{ID: idA, Entitlement: idA, Preset: "junior", Units: 1}
	two := Issuance{ID: idB, Entitlement: idB, Preset: "junior", Units: 1}
	expect(t, "", CheckIssuances([]Issuance{one, two}, 500))
	expect(t, InvalidNumber, CheckIssuances(nil, 500))
	expect(t, InvalidNumber, CheckIssuances([]Issuance{one, two}, 1))
	for _, test := range []struct {
		code  Code
		spoil func(*Issuance)
	}{
		{VoucherExists, func(i *Issuance) { i.ID = idA }},
		{AlreadyIssued, func(i *Issuance) { i.Entitlement = idA }},
		{InvalidID, func(i *Issuance) { i.ID = "x" }},
		{InvalidID, func(i *Issuance) { i.Entitlement = "" }},
		{InvalidCode, func(i *Issuance) { i.Preset = "" }},
		{InvalidNumber, func(i *Issuance) { i.Units = 0 }},
		{InvalidNumber, func(i *Issuance) { i.Units = -1 }},
	} {
		spoiled := two
		test.spoil(&spoiled)
		expect(t, test.code, CheckIssuances([]Issuance{one, spoiled}, 500))
	}
}

func TestBalances(t *testing.T) {
	balance := Balance{Issued: 100, ToppedUp: 10, Spent: 60, Refunded: 20, Cancelled: 5, Held: 5, Available: 50, Lapsed: 12, Revoked: 8}
	expect(t, "", balance.Check())
	for _, term := range balance.terms() {
		*term++
		expect(t, LedgerInconsistent, balance.Check())
		*term--
	}
	for _, term := range balance.terms() {
		kept := *term
		*term = -1
		expect(t, LedgerInconsistent, balance.Check())
		*term = kept
	}
	double := balance
	expect(t, "", double.Plus(&balance))
	if double.Spent != 120 || double.Revoked != 16 {
		t.Fatalf("%+v", double)
	}
	expect(t, LedgerInconsistent, double.Plus(&Balance{Issued: -1_000}))
}

func TestCategoriesAddUpToWhatWasSpent(t *testing.T) {
	voucher := activeVoucher(t)
	expect(t, "", purchaseOf(voucher).Take([]Line{{"clothing", 500}}, ProofByKey))
	voucher.SpentByCategory["clothing"]++
	expect(t, LedgerInconsistent, voucher.Check())
	voucher.SpentByCategory["clothing"] = -1
	expect(t, LedgerInconsistent, voucher.Check())
}

func TestVouchersThatDoNotAddUpAreInconsistent(t *testing.T) {
	for name, spoil := range map[string]func(*Voucher){
		"balance":            func(v *Voucher) { v.Available++ },
		"negative category":  func(v *Voucher) { v.SpentByCategory["clothing"], v.SpentByCategory["books"] = -1, 1 },
		"negative hold":      func(v *Voucher) { v.Holds = map[string]Hold{idA: {Cents: -1}, idB: {Cents: 1}} },
		"negative held":      func(v *Voucher) { v.HeldByCategory = map[string]Cents{"books": -1, "clothing": 1} },
		"negative day":       func(v *Voucher) { v.Day.Cents = -1 },
		"spent and not told": func(v *Voucher) { v.Spent, v.Available = 1, v.Available-1 },
	} {
		v := activeVoucher(t)
		expect(t, "", v.Check())
		spoil(v)
		if err := v.Check(); err == nil {
			t.Errorf("%s passes", name)
		} else {
			expect(t, LedgerInconsistent, err)
		}
	}
}

// Whatever moves money of a voucher checks what it leaves: a record that was spoilt before stops it.
func TestNoStepLeavesAnInconsistentVoucher(t *testing.T) {
	closed := &Scheme{ID: idA, State: SchemeClosed}
	line := []Line{{"clothing", 100}}
	for name, step := range map[string]func(p *Purchase, paid, held *Payment) error{
		"pay":     func(p *Purchase, _, _ *Payment) error { return p.Take(line, ProofByKey) },
		"hold":    func(p *Purchase, _, _ *Payment) error { return p.Hold("other", line, ProofByKey, noon+60) },
		"capture": func(p *Purchase, _, held *Payment) error { return held.Capture(p.Voucher, line, p.Booked, noon) },
		"release": func(p *Purchase, _, held *Payment) error { return held.Release(p.Voucher, "x") },
		"refund": func(p *Purchase, paid, _ *Payment) error {
			_, err := paid.Refund(p.Voucher, p.Terms, noon, line)
			return err
		},
		"cancel": func(p *Purchase, paid, _ *Payment) error {
			_, err := paid.Cancel(p.Voucher, p.Terms, noon, p.Booked, "x")
			return err
		},
		"top up": func(p *Purchase, _, _ *Payment) error {
			_, err := p.Terms.TopUp(p.Voucher, TopUp{idB, idB, "junior", 1}, noon)
			return err
		},
		"extend": func(p *Purchase, _, _ *Payment) error { return p.Voucher.Extend(p.Terms, "2027-01-31", noon) },
		"lapse": func(p *Purchase, _, held *Payment) error {
			if err := held.Release(p.Voucher, "x"); err != nil {
				return err
			}
			p.Voucher.SpentByCategory["books"]++
			_, err := p.Voucher.Lapse(closed, p.Terms, noon)
			return err
		},
		"revoke": func(p *Purchase, _, held *Payment) error {
			if err := held.Release(p.Voucher, "x"); err != nil {
				return err
			}
			p.Voucher.SpentByCategory["books"]++
			_, err := p.Voucher.Revoke()
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			for spoilt, spoil := range map[string]func(*Voucher){
				"":         func(*Voucher) {},
				"category": func(v *Voucher) { v.SpentByCategory["clothing"]++ },
				"balance":  func(v *Voucher) { v.Available++ },
				"negative": func(v *Voucher) { v.Spent = -1 },
			} {
				purchase := purchaseOf(activeVoucher(t))
				paid, held := payment(t, purchase.Voucher), held(t, purchase, idB)
				spoil(purchase.Voucher)
				code := Code("")
				if spoilt != "" || name == "lapse" || name == "revoke" {
					code = LedgerInconsistent
				}
				expect(t, code, step(purchase, paid, held))
			}
		})
	}
}

func TestMoneyReturnsOnlyFromWhereItWent(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*Voucher, *Payment)
		step  func(*Voucher, *Payment, *Payment) error
	}{
		"less was held in the category": {
			func(v *Voucher, _ *Payment) { v.HeldByCategory = map[string]Cents{"clothing": 999, "books": 501} },
			func(v *Voucher, _, held *Payment) error { return held.Release(v, "x") },
		},
		"nothing was held in a category": {
			func(v *Voucher, _ *Payment) { v.HeldByCategory = nil },
			func(v *Voucher, _, held *Payment) error { return held.Release(v, "x") },
		},
		"nothing was held": {
			func(v *Voucher, _ *Payment) { v.Held, v.Available = 0, v.Available+v.Held },
			func(v *Voucher, _, held *Payment) error { return held.Release(v, "x") },
		},
		"nothing was held in a category, of a capture": {
			func(v *Voucher, _ *Payment) { v.HeldByCategory = nil },
			func(v *Voucher, _, held *Payment) error {
				return held.Capture(v, []Line{{"clothing", 1}}, "2026-03-10", noon)
			},
		},
		"nothing was held in a category, of a part": {
			func(v *Voucher, _ *Payment) { v.HeldByCategory = nil },
			func(v *Voucher, _, held *Payment) error {
				_, err := held.CapturePart(v, "part", []Line{{"clothing", 1}}, "2026-03-10", noon)
				return err
			},
		},
		"less was spent in the category": {
			func(v *Voucher, _ *Payment) { v.SpentByCategory = map[string]Cents{"clothing": 999, "books": 501} },
			func(v *Voucher, paid, _ *Payment) error {
				_, err := paid.Refund(v, goodTerms(), noon, []Line{{"clothing", 1_000}})
				return err
			},
		},
		"less was used on the day": {
			func(v *Voucher, _ *Payment) { v.Day.Cents = 1_499 },
			func(v *Voucher, paid, _ *Payment) error {
				_, err := paid.Cancel(v, goodTerms(), noon, "2026-03-10", "x")
				return err
			},
		},
		"the payment has a negative term": {
			func(_ *Voucher, paid *Payment) { paid.RefundedCents = -1 },
			func(v *Voucher, paid, _ *Payment) error {
				_, err := paid.Refund(v, goodTerms(), noon, []Line{{"clothing", 1_000}})
				return err
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			purchase := purchaseOf(activeVoucher(t))
			v := purchase.Voucher
			paid, held := payment(t, v), held(t, purchase, idB)
			test.spoil(v, paid)
			expect(t, LedgerInconsistent, test.step(v, paid, held))
		})
	}
}

func TestWhenVouchersMayBeIssued(t *testing.T) {
	terms := goodTerms()
	expect(t, "", terms.CheckIssuable(terms.End()-1))
	expect(t, SchemeNotOpen, terms.CheckIssuable(terms.End()))
	expect(t, SchemeNotOpen, terms.CheckIssuable(terms.End()+1))
	terms.EndsAt = pointer(terms.End() - 3_600)
	expect(t, "", terms.CheckIssuable(*terms.EndsAt-1))
	expect(t, SchemeNotOpen, terms.CheckIssuable(*terms.EndsAt))
	// Rules that nobody could have agreed on issue nothing.
	terms.Presets = map[string]Cents{"junior": -1}
	_, err := terms.Issue(idA, 1, Issuance{ID: idB, Entitlement: idA, Preset: "junior", Units: 1})
	expect(t, LedgerInconsistent, err)
}
