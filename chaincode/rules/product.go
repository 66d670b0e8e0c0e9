package rules

// bought reports whether the product that the voucher is for was bought and not given back.
func (v *Voucher) bought() bool {
	return v.Product != "" && v.Net() > 0
}

// checkUnused refuses a voucher for one product that was bought, or that a shop holds money for.
func (v *Voucher) checkUnused() error {
	if v.Redeemed {
		return v.redeemed()
	}
	if v.Product != "" {
		return v.checkNoHold()
	}
	return nil
}

func (v *Voucher) redeemed() error {
	return Refuse(VoucherRedeemed, Details{"voucher": v.ID, "product": v.Product}, "%s has already been bought with voucher %s", v.Product, v.ID)
}

// allows reports whether a voucher may be spent on a category of its terms: any for money, that of the product for a product.
func (v *Voucher) allows(terms *Terms, category string) bool {
	if v.Product == "" {
		return true
	}
	product, known := terms.Products[v.Product]
	return known && product.Category == category
}

// Limits returns the smallest and the largest payment of a voucher, regardless of its balance, in cents. For a product only its price counts.
func (t *Terms) Limits(voucher *Voucher) (least, most Cents) {
	if voucher.Product == "" {
		return t.PaymentMin, t.PaymentCap
	}
	return 1, t.Products[voucher.Product].MaxCents
}
