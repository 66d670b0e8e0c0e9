package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTerms(t *testing.T) {
	expect(t, "", goodTerms().Check())
	end := Day("2026-12-31").Start()
	for name, test := range map[string]struct {
		code  Code
		spoil func(*Terms)
	}{
		"name":               {InvalidCode, func(s *Terms) { s.Name = "Kindpakket 2026" }},
		"start":              {InvalidDate, func(s *Terms) { s.StartsOn = "2026" }},
		"end":                {InvalidDate, func(s *Terms) { s.EndsOn = "" }},
		"ends before start":  {InvalidRules, func(s *Terms) { s.EndsOn = "2025-12-31" }},
		"instant too early":  {InvalidRules, func(s *Terms) { s.EndsAt = &end }},
		"instant too late":   {InvalidRules, func(s *Terms) { s.EndsAt = pointer(end + 86_401) }},
		"last instant":       {"", func(s *Terms) { s.EndsAt = pointer(end + 86_400) }},
		"first instant":      {"", func(s *Terms) { s.EndsAt = pointer(end + 1) }},
		"no presets":         {InvalidNumber, func(s *Terms) { s.Presets = nil }},
		"preset's code":      {InvalidCode, func(s *Terms) { s.Presets["Junior"] = 5 }},
		"preset of nothing":  {InvalidAmount, func(s *Terms) { s.Presets["junior"] = 0 }},
		"no categories":      {InvalidNumber, func(s *Terms) { s.Categories = nil }},
		"category's code":    {InvalidCode, func(s *Terms) { s.Categories[0].Code = "" }},
		"category twice":     {InvalidRules, func(s *Terms) { s.Categories[0].Code = "books" }},
		"cap of nothing":     {InvalidAmount, func(s *Terms) { s.Categories[1].Cap = pointer(Cents(0)) }},
		"no minimum":         {InvalidAmount, func(s *Terms) { s.PaymentMin = 0 }},
		"no cap":             {InvalidAmount, func(s *Terms) { s.PaymentCap = 0 }},
		"no cap for the day": {InvalidAmount, func(s *Terms) { s.DayCap = MaxAmount + 1 }},
		"no cap on paper":    {InvalidAmount, func(s *Terms) { s.PaperCap = -1 }},
		"minimum above cap":  {InvalidRules, func(s *Terms) { s.PaymentMin = 8_001 }},
		"minimum above day":  {InvalidRules, func(s *Terms) { s.DayCap = 49 }},
		"minimum above page": {InvalidRules, func(s *Terms) { s.PaperCap = 49 }},
		"no paper, low cap":  {"", func(s *Terms) { s.PaperCap, s.Proofs = 49, []ProofKind{ProofByKey} }},
		"no proofs":          {InvalidRules, func(s *Terms) { s.Proofs = nil }},
		"unknown proof":      {InvalidRules, func(s *Terms) { s.Proofs = []ProofKind{"face"} }},
		"proof twice":        {InvalidRules, func(s *Terms) { s.Proofs = []ProofKind{ProofByKey, ProofByKey} }},
		"a single day":       {"", func(s *Terms) { s.StartsOn = s.EndsOn }},
		"minimum at the cap": {"", func(s *Terms) { s.PaymentMin, s.PaymentCap, s.DayCap, s.PaperCap = 60, 60, 60, 60 }},
		"most presets":       {"", func(s *Terms) { s.Presets = coded(50, Cents(5)) }},
		"too many presets":   {InvalidNumber, func(s *Terms) { s.Presets = coded(51, Cents(5)) }},
		"most categories":    {"", func(s *Terms) { s.Categories = categories(50) }},
		"too many":           {InvalidNumber, func(s *Terms) { s.Categories = categories(51) }},
		"a product":          {"", func(s *Terms) { s.Products = map[string]Product{"bicycle": {"books", 20_000}} }},
		"a product alone":    {"", func(s *Terms) { s.Presets, s.Products = nil, map[string]Product{"bicycle": {"books", 20_000}} }},
		"presets besides": {InvalidAmount, func(s *Terms) {
			s.Presets["junior"], s.Products = 0, map[string]Product{"bicycle": {"books", 20_000}}
		}},
		"most products":       {"", func(s *Terms) { s.Products = coded(50, Product{"books", 20_000}) }},
		"too many products":   {InvalidNumber, func(s *Terms) { s.Products = coded(51, Product{"books", 20_000}) }},
		"product's code":      {InvalidCode, func(s *Terms) { s.Products = map[string]Product{"Bicycle": {"books", 20_000}} }},
		"product of nothing":  {InvalidAmount, func(s *Terms) { s.Products = map[string]Product{"bicycle": {"books", 0}} }},
		"product of no shelf": {InvalidRules, func(s *Terms) { s.Products = map[string]Product{"bicycle": {"sport", 20_000}} }},
		"product and preset":  {InvalidRules, func(s *Terms) { s.Products = map[string]Product{"junior": {"books", 20_000}} }},
		"no hold days":        {InvalidNumber, func(s *Terms) { s.HoldDays = nil }},
		"a year of holds":     {"", func(s *Terms) { s.HoldDays = pointer(Number(366)) }},
		"longer holds":        {InvalidNumber, func(s *Terms) { s.HoldDays = pointer(Number(367)) }},
		"no extension days":   {InvalidNumber, func(s *Terms) { s.ExtensionDays = nil }},
		"a year more":         {"", func(s *Terms) { s.ExtensionDays = pointer(Number(366)) }},
		"longer than a year":  {InvalidNumber, func(s *Terms) { s.ExtensionDays = pointer(Number(367)) }},
		"an amount to settle": {"", func(s *Terms) { s.SettlementCents = pointer(Cents(1)) }},
		"settling nothing":    {InvalidAmount, func(s *Terms) { s.SettlementCents = pointer(Cents(0)) }},
		"retention from end":  {"", func(s *Terms) { s.RetentionFrom = RetentionFromEnd }},
		"from closing":        {"", func(s *Terms) { s.RetentionFrom = RetentionFromClosing }},
		"from whenever":       {InvalidRules, func(s *Terms) { s.RetentionFrom = "whenever" }},
		"paper of a day":      {"", func(s *Terms) { s.PaperDayCap = pointer(Cents(50)) }},
		"no paper of a day":   {InvalidAmount, func(s *Terms) { s.PaperDayCap = pointer(Cents(0)) }},
		"minimum above it":    {InvalidRules, func(s *Terms) { s.PaperDayCap = pointer(Cents(49)) }},
		"low, without paper":  {"", func(s *Terms) { s.PaperDayCap, s.Proofs = pointer(Cents(49)), []ProofKind{ProofByKey} }},
		"refunds of a day":    {"", func(s *Terms) { s.RefundDays = pointer(Number(0)) }},
		"refunds before":      {InvalidNumber, func(s *Terms) { s.RefundDays = pointer(Number(-1)) }},
		"refunds of a cent":   {"", func(s *Terms) { s.RefundDays, s.RefundLimit = pointer(Number(30)), pointer(Cents(1)) }},
		"refunds of nothing":  {InvalidAmount, func(s *Terms) { s.RefundDays, s.RefundLimit = pointer(Number(30)), pointer(Cents(0)) }},
		"a cent, and before":  {InvalidNumber, func(s *Terms) { s.RefundDays, s.RefundLimit = pointer(Number(-1)), pointer(Cents(1)) }},
		"a limit, no term":    {InvalidRules, func(s *Terms) { s.RefundLimit = pointer(Cents(1)) }},
		"no grace days":       {InvalidNumber, func(s *Terms) { s.RefundGraceDays = nil }},
		"negative days":       {InvalidNumber, func(s *Terms) { s.SettlementDays = pointer(Number(-1)) }},
		"too many days":       {InvalidNumber, func(s *Terms) { s.RetentionDays = pointer(Number(36_501)) }},
	} {
		t.Run(name, func(t *testing.T) {
			terms := goodTerms()
			test.spoil(terms)
			expect(t, test.code, terms.Check())
		})
	}
}

// coded gives so many things of one kind, each by a code.
func coded[T any](count int, thing T) map[string]T {
	things := map[string]T{}
	for i := range count {
		things[fmt.Sprintf("code-%d", i)] = thing
	}
	return things
}

// categories gives the categories of goodTerms and others, so many in all.
func categories(count int) []Category {
	all := goodTerms().Categories
	for i := len(all); i < count; i++ {
		all = append(all, Category{Code: fmt.Sprintf("code-%d", i)})
	}
	return all
}

func TestTermsOfLayout1AgreedOnNothingNew(t *testing.T) {
	terms := goodTerms()
	terms.HoldDays, terms.ExtensionDays = nil, nil
	terms.FromLayout1()
	for name, days := range map[string]*Number{
		"hold": terms.HoldDays, "extension": terms.ExtensionDays, "grace": terms.RefundGraceDays, "rhythm": terms.SettlementDays,
	} {
		if days == nil || *days != 0 {
			t.Errorf("%s: %v", name, days)
		}
	}
	if *terms.RetentionDays != 2_555 {
		t.Error("the retention term was in force and is lost")
	}
}

func TestEndOfTerms(t *testing.T) {
	terms := goodTerms()
	if terms.End() != instant(t, "2026-12-31T23:00:00Z") {
		t.Errorf("the last day counts whole: %d", terms.End())
	}
	terms.EndsAt = pointer(instant(t, "2026-12-31T17:00:00Z"))
	if terms.End() != *terms.EndsAt {
		t.Errorf("an instant ends the last day: %d", terms.End())
	}
}

func TestAmountOfVoucher(t *testing.T) {
	terms := bicycleTerms()
	for _, test := range []struct {
		preset string
		units  Number
		cents  Cents
		code   Code
	}{
		{"bicycle", 1, 20_000, ""}, {"bicycle", 2, 0, InvalidNumber}, {"junior", 1, 10_000, ""}, {"junior", 10_000, MaxAmount, ""}, {"junior", 10_001, 0, InvalidAmount}, {"senior", 1, 0, PresetUnknown},
	} {
		cents, err := terms.Amount(test.preset, test.units)
		expect(t, test.code, err)
		if cents != test.cents {
			t.Errorf("%d of %s are %d", test.units, test.preset, cents)
		}
	}
}

func TestCategoriesThatAShopSells(t *testing.T) {
	terms, shop := goodTerms(), approvedShop() // which also sells sport
	shop.Categories[0].From = "2026-03-10"
	for day, want := range map[Day][]string{
		"2025-12-31": {}, "2026-01-01": {"books"}, "2026-03-09": {"books"}, "2026-03-10": {"clothing", "books"},
	} {
		if got := terms.SoldBy(shop, day); got == nil || !slices.Equal(got, want) {
			t.Errorf("on %s it sells %v", day, got)
		}
	}
}

func TestLifeOfScheme(t *testing.T) {
	type step struct {
		do   func(*Scheme) error
		code Code
		then State
	}
	approve := func(s *Scheme) error { return s.Approve("p-manager") }
	open := func(s *Scheme) error { return s.Open("p-clerk") }
	pause := func(s *Scheme) error { return s.Pause("p-manager", "fraud") }
	end := func(s *Scheme) error { return s.close("p-manager", "council", noon) }
	scheme := &Scheme{ID: idA, State: SchemeDraft, DraftedBy: "p-clerk"}
	for i, step := range []step{
		{open, SchemeState, SchemeDraft}, {pause, SchemeState, SchemeDraft}, {end, SchemeState, SchemeDraft},
		{func(s *Scheme) error { return s.Approve("p-clerk") }, SecondPersonRequired, SchemeDraft},
		{approve, "", SchemeApproved}, {approve, SchemeState, SchemeApproved}, {pause, SchemeState, SchemeApproved},
		{open, "", SchemeOpen}, {open, SchemeState, SchemeOpen}, {pause, "", SchemePaused}, {pause, SchemeState, SchemePaused},
		{(*Scheme).CheckOpen, SchemeNotOpen, SchemePaused}, {open, "", SchemeOpen}, {(*Scheme).CheckOpen, "", SchemeOpen},
		{end, "", SchemeClosed}, {end, SchemeState, SchemeClosed}, {open, SchemeState, SchemeClosed}, {pause, SchemeState, SchemeClosed},
	} {
		expect(t, step.code, step.do(scheme))
		if scheme.State != step.then {
			t.Fatalf("after step %d the scheme is %s", i, scheme.State)
		}
	}
}

func TestLifeOfShop(t *testing.T) {
	shop := &Shop{ID: idA, State: ShopApplied}
	expect(t, ShopNotApproved, shop.CheckApproved())
	expect(t, ShopState, shop.Suspend("p-x", "fraud"))
	expect(t, "", shop.Approve("p-x", "hash", []ShopCategory{{Code: "books", From: "2026-03-10"}}))
	expect(t, ShopState, shop.Approve("p-x", "hash", nil))
	expect(t, "", shop.CheckApproved())
	expect(t, ShopState, shop.Reinstate("p-x", "sorry"))
	expect(t, "", shop.Suspend("p-x", "fraud"))
	expect(t, ShopNotApproved, shop.CheckApproved())
	expect(t, SecondPersonRequired, suspended(shop).Reinstate("p-x", "sorry"))
	expect(t, "", shop.Reinstate("p-y", "sorry"))
	for day, sells := range map[Day]bool{"2026-03-09": false, "2026-03-10": true, "2026-03-11": true} {
		if shop.Sells("books", day) != sells {
			t.Errorf("books on %s: %v", day, !sells)
		}
	}
	expect(t, "", CheckRequested([]string{"books"}))
	expect(t, InvalidNumber, CheckRequested(nil))
	expect(t, InvalidCode, CheckRequested([]string{"Books"}))
	expect(t, MalformedRequest, CheckRequested([]string{"books", "books"}))
	expect(t, InvalidNumber, CheckGranted(nil))
	expect(t, "", CheckGranted([]ShopCategory{{Code: "books", From: "2026-01-01"}, {Code: "clothing", From: "2026-02-01"}}))
	expect(t, InvalidDate, CheckGranted([]ShopCategory{{Code: "books"}}))
	expect(t, MalformedRequest, CheckGranted([]ShopCategory{{Code: "books", From: "2026-01-01"}, {Code: "books", From: "2026-02-01"}}))
}

func TestPrivateRecords(t *testing.T) {
	salt := idA
	account := ShopAccount{IBAN: "NL91ABNA0417164300", Holder: "De Tijd", KvK: "12345678", Contact: "x@example.nl", Salt: salt}
	expect(t, "", account.Check())
	for code, spoil := range map[Code]func(*ShopAccount){
		InvalidIBAN:      func(a *ShopAccount) { a.IBAN = "NL92ABNA0417164300" },
		InvalidKVK:       func(a *ShopAccount) { a.KvK = "1234567" },
		MalformedRequest: func(a *ShopAccount) { a.Holder = "" },
		SaltTooShort:     func(a *ShopAccount) { a.Salt = salt[:31] },
	} {
		spoiled := account
		spoil(&spoiled)
		expect(t, code, spoiled.Check())
	}
	for length, test := range map[int]struct{ holder, contact, salt Code }{
		32: {"", "", ""}, 128: {"", "", ""}, 129: {"", "", SaltTooShort}, 140: {"", "", SaltTooShort}, 141: {MalformedRequest, "", SaltTooShort},
		254: {MalformedRequest, "", SaltTooShort}, 255: {MalformedRequest, MalformedRequest, SaltTooShort}, 0: {MalformedRequest, MalformedRequest, SaltTooShort},
	} {
		text := strings.Repeat("é", length)
		holder, contact, salted := account, account, account
		holder.Holder, contact.Contact, salted.Salt = text, text, strings.Repeat("a", length)
		expect(t, test.holder, holder.Check())
		expect(t, test.contact, contact.Check())
		expect(t, test.salt, salted.Check())
		expect(t, test.holder, CheckCases([]CaseRecord{{Voucher: idA, Case: text, Salt: salt}}, 500))
	}
	for _, iban := range []string{"", "nl91abna0417164300", "NL91 ABNA 0417 1643 00", "0000", "NL9"} {
		spoiled := account
		spoiled.IBAN = iban
		expect(t, InvalidIBAN, spoiled.Check())
	}
	record := CaseRecord{Voucher: idA, Case: "2026/17", Salt: salt}
	expect(t, "", CheckCases([]CaseRecord{record}, 500))
	expect(t, InvalidNumber, CheckCases(nil, 500))
	expect(t, MalformedRequest, CheckCases([]CaseRecord{record, record}, 500))
	expect(t, InvalidID, CheckCases([]CaseRecord{{Case: "x", Salt: salt}}, 500))
	expect(t, MalformedRequest, CheckCases([]CaseRecord{{Voucher: idA, Salt: salt}}, 500))
	expect(t, SaltTooShort, CheckCases([]CaseRecord{{Voucher: idA, Case: "x", Salt: "zz" + salt[2:]}}, 500))
}
