package rules

import "testing"

// bicycleTerms are terms with a product, whose category has a cap that does not count for it.
func bicycleTerms() *Terms {
	terms := goodTerms()
	terms.Products = map[string]Product{"bicycle": {Category: "books", MaxCents: 20_000}}
	return terms
}

func productPurchase(t *testing.T) *Purchase {
	t.Helper()
	terms := bicycleTerms()
	voucher, err := terms.Issue(idA, 1, Issuance{ID: idB, Entitlement: idA, Preset: "bicycle", Units: 1})
	expect(t, "", err)
	authorisation, _ := ed25519TestKey()
	expect(t, "", voucher.Activate(authorisation, "", "p-manager"))
	purchase := purchaseOf(voucher)
	purchase.Terms = terms
	return purchase
}

func TestProductsAreIssuedAtTheirPrice(t *testing.T) {
	v := productPurchase(t).Voucher
	if v.Product != "bicycle" || v.Preset != "bicycle" || v.Available != 20_000 {
		t.Fatalf("%+v", v)
	}
	_, err := bicycleTerms().Issue(idA, 1, Issuance{ID: idB, Entitlement: idA, Preset: "bicycle", Units: 2})
	expect(t, InvalidNumber, err)
	if money := activeVoucher(t); money.Product != "" {
		t.Fatalf("%+v", money)
	}
}

func TestWhatAProductVoucherBuys(t *testing.T) {
	for name, test := range map[string]struct {
		lines []Line
		by    ProofKind
		set   func(*Purchase)
		code  Code
	}{
		"all of it":                {lines: []Line{{"books", 20_000}}},
		"a cent":                   {lines: []Line{{"books", 1}}},
		"more":                     {lines: []Line{{"books", 20_001}}, code: InsufficientBalance},
		"another category":         {lines: []Line{{"clothing", 1_000}}, code: CategoryNotAllowed},
		"another category besides": {lines: []Line{{"books", 1_000}, {"clothing", 1_000}}, code: CategoryNotAllowed},
		"paper":                    {lines: []Line{{"books", 2_500}}, by: ProofByBooklet},
		"above paper's cap":        {lines: []Line{{"books", 2_501}}, by: ProofByBooklet, code: PaperCapExceeded},
		"not in the shop": {lines: []Line{{"books", 1_000}}, code: CategoryNotAllowed,
			set: func(p *Purchase) { p.Shop.Categories = p.Shop.Categories[:1] }},
		"not in the rules any more": {lines: []Line{{"books", 1_000}}, code: CategoryNotAllowed,
			set: func(p *Purchase) { p.Terms.Products = nil }},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range []func(*Purchase, ProofKind) error{
				func(p *Purchase, by ProofKind) error { return p.Take(test.lines, by) },
				func(p *Purchase, by ProofKind) error { return p.Hold(idA, test.lines, by, noon+60) },
			} {
				purchase := productPurchase(t)
				if test.set != nil {
					test.set(purchase)
				}
				by := test.by
				if by == "" {
					by = ProofByKey
				}
				expect(t, test.code, step(purchase, by))
			}
		})
	}
}

func TestAProductIsBoughtOnce(t *testing.T) {
	purchase := productPurchase(t)
	v, terms := purchase.Voucher, purchase.Terms
	lines := []Line{{"books", 18_000}}
	expect(t, "", purchase.Take(lines, ProofByKey))
	expect(t, VoucherRedeemed, v.CheckSpendable(terms, noon))
	if !v.Redeemed || purchase.Payable()["books"] != 2_000 {
		t.Fatalf("%+v", v)
	}
	paid := &Payment{ID: idA, Lines: lines, Cents: 18_000, Refunded: map[string]Cents{}, State: PaymentPaid, Day: "2026-03-10"}
	refund := func(cents Cents) {
		t.Helper()
		_, err := paid.Refund(v, terms, noon, []Line{{"books", cents}})
		expect(t, "", err)
	}
	refund(17_999)
	expect(t, VoucherRedeemed, v.CheckSpendable(terms, noon))
	refund(1)
	expect(t, "", v.CheckSpendable(terms, noon))
	if v.Redeemed || v.Available != 20_000 {
		t.Fatalf("%+v", v)
	}
	expect(t, "", purchase.Take(lines, ProofByKey))
	again := &Payment{ID: idB, Lines: lines, Cents: 18_000, Refunded: map[string]Cents{}, State: PaymentPaid, Day: "2026-03-10"}
	_, err := again.Cancel(v, terms, noon, "2026-03-10", "x")
	expect(t, "", err)
	expect(t, "", v.CheckSpendable(terms, noon))
}

func TestAHeldProductIsNoOthers(t *testing.T) {
	purchase := productPurchase(t)
	v, lines := purchase.Voucher, []Line{{"books", 18_000}}
	expect(t, "", purchase.Hold(idA, lines, ProofByKey, noon+60))
	expect(t, HoldLive, v.CheckSpendable(purchase.Terms, noon))
	hold := &Payment{ID: idA, State: PaymentHeld, HeldLines: lines, HeldCents: 18_000, HeldDay: "2026-03-10", ExpiresAt: noon + 60}
	expect(t, "", hold.Capture(v, []Line{{"books", 17_000}}, "2026-03-10", noon))
	expect(t, VoucherRedeemed, v.CheckSpendable(purchase.Terms, noon))
	cents, err := v.Lapse(&Scheme{ID: idA, State: SchemeOpen}, purchase.Terms, noon)
	expect(t, "", err)
	if cents != 3_000 || v.State != VoucherIsActive {
		t.Fatalf("%d %+v", cents, v)
	}
	expect(t, VoucherRedeemed, v.CheckSpendable(purchase.Terms, noon))
}

func TestLimits(t *testing.T) {
	product := productPurchase(t)
	if least, most := product.Terms.Limits(product.Voucher); least != 1 || most != 20_000 {
		t.Error(least, most)
	}
	if payable := product.Payable(); len(payable) != 1 || payable["books"] != 20_000 {
		t.Error(payable)
	}
	money := purchaseOf(activeVoucher(t))
	if least, most := money.Terms.Limits(money.Voucher); least != 50 || most != 8_000 {
		t.Error(least, most)
	}
}

func TestALapsedProductThatWasBoughtIsRedeemed(t *testing.T) {
	purchase := productPurchase(t)
	v, terms := purchase.Voucher, purchase.Terms
	expect(t, "", purchase.Take([]Line{{"books", 18_000}}, ProofByKey))
	_, err := v.Lapse(&Scheme{ID: idA, State: SchemeClosed}, terms, noon)
	expect(t, "", err)
	expect(t, VoucherRedeemed, v.CheckSpendable(terms, noon))
	other := productPurchase(t).Voucher
	_, err = other.Lapse(&Scheme{ID: idA, State: SchemeClosed}, terms, noon)
	expect(t, "", err)
	expect(t, VoucherExpired, other.CheckSpendable(terms, noon))
}
