package rules

import (
	"maps"
	"slices"
)

// Terms are what a scheme's vouchers may do, as two persons agreed it. Amounts are cents; dates are inclusive.
type Terms struct {
	Name            string             `json:"name"`
	StartsOn        Day                `json:"starts_on"`
	EndsOn          Day                `json:"ends_on"`
	EndsAt          *Number            `json:"ends_at,omitzero"`
	Presets         map[string]Cents   `json:"presets"`
	Products        map[string]Product `json:"products,omitzero"`
	Categories      []Category         `json:"categories"`
	PaymentMin      Cents              `json:"payment_min_cents"`
	PaymentCap      Cents              `json:"payment_cap_cents"`
	DayCap          Cents              `json:"day_cap_cents"`
	Proofs          []ProofKind        `json:"proofs"`
	PaperCap        Cents              `json:"paper_cap_cents"`
	PaperDayCap     *Cents             `json:"paper_day_cap_cents,omitzero"`
	HoldDays        *Number            `json:"hold_days"`
	ExtensionDays   *Number            `json:"extension_days"`
	RefundGraceDays *Number            `json:"refund_grace_days"`
	RefundDays      *Number            `json:"refund_days,omitzero"`
	RefundLimit     *Cents             `json:"refund_limit_cents,omitzero"`
	SettlementDays  *Number            `json:"settlement_days"`
	SettlementCents *Cents             `json:"settlement_cents,omitzero"`
	RetentionDays   *Number            `json:"retention_days"`
	RetentionFrom   RetentionStart     `json:"retention_from,omitzero"`
}

// Product is a single thing that a voucher may be issued for, in a category of the scheme and up to a price in cents.
type Product struct {
	Category string `json:"category"`
	MaxCents Cents  `json:"max_cents"`
}

// RetentionStart is what the retention term of a case record is counted from.
type RetentionStart string

// Starts of a retention term: the end of the voucher (also when none is given), or the closing of the scheme.
const (
	RetentionFromEnd     RetentionStart = "end"
	RetentionFromClosing RetentionStart = "closing"
)

// FromLayout1 makes terms mean what they did in layout 1, where there were no holds, extensions or products, and where grace and
// rhythm were on record and had no effect.
func (t *Terms) FromLayout1() {
	zero := func() *Number { return new(Number) }
	t.HoldDays, t.ExtensionDays, t.RefundGraceDays, t.SettlementDays = zero(), zero(), zero(), zero()
}

// Category is what money may be spent on; a cap holds per voucher.
type Category struct {
	Code string `json:"code"`
	Cap  *Cents `json:"cap_cents,omitzero"`
}

const (
	maxPresets    = 50
	maxCategories = 50
	maxDays       = 36_500
	maxYear       = 366
)

// Check refuses terms that are malformed (by their member) or that contradict each other (INVALID_RULES).
func (t *Terms) Check() error {
	if err := FirstError(
		CheckCode("name", t.Name),
		CheckDay("starts_on", t.StartsOn),
		CheckDay("ends_on", t.EndsOn),
		t.checkCategories(),
		t.checkPresets(),
		t.checkProducts(),
		CheckAmount("payment_min_cents", t.PaymentMin),
		CheckAmount("payment_cap_cents", t.PaymentCap),
		CheckAmount("day_cap_cents", t.DayCap),
		CheckAmount("paper_cap_cents", t.PaperCap),
		t.checkPaperDayCap(),
		t.checkProofs(),
		checkDays("hold_days", t.HoldDays, maxYear),
		checkDays("extension_days", t.ExtensionDays, maxYear),
		checkDays("refund_grace_days", t.RefundGraceDays, maxDays),
		t.checkRefunds(),
		checkDays("settlement_days", t.SettlementDays, maxDays),
		t.checkSettlementCents(),
		checkDays("retention_days", t.RetentionDays, maxDays),
		t.checkRetentionFrom(),
	); err != nil {
		return err
	}
	lastInstant := t.EndsOn.Next().Start()
	switch {
	case t.StartsOn > t.EndsOn:
		return Refuse(InvalidRules, Details{"starts_on": t.StartsOn, "ends_on": t.EndsOn},
			"starts_on is %s: it must not be after ends_on (%s)", t.StartsOn, t.EndsOn)
	case t.EndsAt != nil && (*t.EndsAt <= t.EndsOn.Start() || *t.EndsAt > lastInstant):
		return Refuse(InvalidRules, Details{"ends_at": *t.EndsAt, "ends_on": t.EndsOn, "after": t.EndsOn.Start(), "until": lastInstant},
			"ends_at is %d: it must be within the last day, after %d and no later than %d", *t.EndsAt, t.EndsOn.Start(), lastInstant)
	case t.PaymentMin > t.PaymentCap, t.PaymentMin > t.DayCap:
		return Refuse(InvalidRules, Details{"payment_min_cents": t.PaymentMin, "payment_cap_cents": t.PaymentCap, "day_cap_cents": t.DayCap},
			"payment_min_cents is %d: it must not exceed payment_cap_cents (%d) or day_cap_cents (%d)", t.PaymentMin, t.PaymentCap, t.DayCap)
	case slices.Contains(t.Proofs, ProofByBooklet) && t.PaymentMin > t.PaperCap:
		return Refuse(InvalidRules, Details{"payment_min_cents": t.PaymentMin, "paper_cap_cents": t.PaperCap},
			"payment_min_cents is %d: it must not exceed paper_cap_cents (%d)", t.PaymentMin, t.PaperCap)
	case t.PaperDayCap != nil && slices.Contains(t.Proofs, ProofByBooklet) && t.PaymentMin > *t.PaperDayCap:
		return Refuse(InvalidRules, Details{"payment_min_cents": t.PaymentMin, "paper_day_cap_cents": *t.PaperDayCap},
			"payment_min_cents is %d: it must not exceed paper_day_cap_cents (%d)", t.PaymentMin, *t.PaperDayCap)
	}
	return nil
}

// CheckNext refuses terms that cannot follow these: vouchers may have been spent from the first day on.
func (t *Terms) CheckNext(next *Terms) error {
	if next.StartsOn != t.StartsOn {
		return Refuse(InvalidRules, Details{"starts_on": next.StartsOn, "needed": t.StartsOn},
			"starts_on is %s: it must stay %s", next.StartsOn, t.StartsOn)
	}
	return nil
}

// End returns the first instant at which a voucher of these terms can no longer be spent, in Unix seconds.
func (t *Terms) End() Number {
	if t.EndsAt != nil {
		return *t.EndsAt
	}
	return t.EndsOn.Next().Start()
}

// Category finds a category by its code.
func (t *Terms) Category(code string) (Category, bool) {
	at := slices.IndexFunc(t.Categories, func(c Category) bool { return c.Code == code })
	if at < 0 {
		return Category{}, false
	}
	return t.Categories[at], true
}

// SoldBy returns the codes of the categories that a shop has on a day, in the order of the terms.
func (t *Terms) SoldBy(shop *Shop, day Day) []string {
	codes := []string{}
	for _, category := range t.Categories {
		if shop.Sells(category.Code, day) {
			codes = append(codes, category.Code)
		}
	}
	return codes
}

// Amount returns the cents of a voucher: a preset times its units, or what a product costs at most.
func (t *Terms) Amount(preset string, units Number) (Cents, error) {
	perUnit, known := t.Presets[preset]
	if product, found := t.Products[preset]; found {
		if units != 1 {
			return 0, Refuse(InvalidNumber, Details{"member": "units", "value": units, "least": 1, "most": 1},
				"units is %d: a voucher for product %s has exactly 1", units, preset)
		}
		return product.MaxCents, nil
	}
	if !known {
		return 0, Refuse(PresetUnknown, Details{"preset": preset, "presets": slices.Sorted(maps.Keys(t.Presets))},
			"the scheme has no preset %s: give one of its presets or products", preset)
	}
	if perUnit > MaxAmount/Cents(units) {
		return 0, Refuse(InvalidAmount, Details{"preset": preset, "units": units, "most": MaxAmount},
			"%d units of %s exceed the %d cents that a voucher may hold", units, preset, MaxAmount)
	}
	return perUnit * Cents(units), nil
}

func (t *Terms) checkPresets() error {
	if len(t.Presets) == 0 && len(t.Products) > 0 {
		return nil
	}
	if err := CheckCount("presets", len(t.Presets), maxPresets); err != nil {
		return err
	}
	for _, code := range slices.Sorted(maps.Keys(t.Presets)) {
		if err := FirstError(CheckCode("presets", code), CheckAmount("presets."+code, t.Presets[code])); err != nil {
			return err
		}
	}
	return nil
}

func (t *Terms) checkProducts() error {
	if len(t.Products) == 0 {
		return nil
	}
	if err := CheckCount("products", len(t.Products), maxPresets); err != nil {
		return err
	}
	for _, code := range slices.Sorted(maps.Keys(t.Products)) {
		product := t.Products[code]
		if err := FirstError(CheckCode("products", code), CheckAmount("products."+code, product.MaxCents)); err != nil {
			return err
		}
		if _, known := t.Category(product.Category); !known {
			return Refuse(InvalidRules, Details{"product": code, "category": Excerpt(product.Category)},
				"product %s is in category %q, which the scheme does not have", code, Excerpt(product.Category))
		}
		if _, twice := t.Presets[code]; twice {
			return Refuse(InvalidRules, Details{"product": code}, "%s is both a preset and a product: use different codes", code)
		}
	}
	return nil
}

func (t *Terms) checkPaperDayCap() error {
	if t.PaperDayCap == nil {
		return nil
	}
	return CheckAmount("paper_day_cap_cents", *t.PaperDayCap)
}

func (t *Terms) checkRefunds() error {
	switch {
	case t.RefundDays == nil && t.RefundLimit == nil:
		return nil
	case t.RefundDays == nil:
		return Refuse(InvalidRules, Details{"refund_limit_cents": *t.RefundLimit}, "refund_limit_cents has no refund_days beside it: give both")
	case t.RefundLimit == nil:
		return checkDays("refund_days", t.RefundDays, maxDays)
	}
	return FirstError(checkDays("refund_days", t.RefundDays, maxDays), CheckAmount("refund_limit_cents", *t.RefundLimit))
}

func (t *Terms) checkSettlementCents() error {
	if t.SettlementCents == nil {
		return nil
	}
	return CheckBudget("settlement_cents", *t.SettlementCents)
}

func (t *Terms) checkRetentionFrom() error {
	switch t.RetentionFrom {
	case "", RetentionFromEnd, RetentionFromClosing:
		return nil
	}
	return Refuse(InvalidRules, Details{"retention_from": Excerpt(string(t.RetentionFrom))},
		"retention_from is %q: it must be %s or %s", Excerpt(string(t.RetentionFrom)), RetentionFromEnd, RetentionFromClosing)
}

func (t *Terms) checkCategories() error {
	if err := CheckCount("categories", len(t.Categories), maxCategories); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, category := range t.Categories {
		if err := CheckCode("categories.code", category.Code); err != nil {
			return err
		}
		if seen[category.Code] {
			return Refuse(InvalidRules, Details{"category": category.Code}, "category %s appears twice: name each category once", category.Code)
		}
		seen[category.Code] = true
		if category.Cap == nil {
			continue
		}
		if err := CheckAmount("categories.cap_cents", *category.Cap); err != nil {
			return err
		}
	}
	return nil
}

func (t *Terms) checkProofs() error {
	for i, kind := range t.Proofs {
		if (kind != ProofByKey && kind != ProofByBooklet) || slices.Contains(t.Proofs[:i], kind) {
			return Refuse(InvalidRules, Details{"proofs": Excerpt(string(kind))},
				"proofs has %q, which is unknown or appears twice: give %s, %s or both", Excerpt(string(kind)), ProofByKey, ProofByBooklet)
		}
	}
	if len(t.Proofs) == 0 {
		return Refuse(InvalidRules, Details{"proofs": []string{}}, "proofs is empty: give %s, %s or both", ProofByKey, ProofByBooklet)
	}
	return nil
}

func checkDays(member string, days *Number, most Number) error {
	if days == nil {
		return Refuse(InvalidNumber, Details{"member": member}, "%s is missing: give a number of days", member)
	}
	return CheckNumber(member, *days, 0, most)
}
