package rules

// Side is what a netting looks at in one of its two schemes: the shop's open items up to the last closed day.
type Side struct {
	Scheme  string
	Taken   *Taken
	Through Day
}

// settlement is the record of a netting in one of its schemes. Its cents are what it moved out of the open items there.
func (s *Side) settlement(id, shop, against, person, reason string, cents Cents) *Settlement {
	return &Settlement{
		ID: id, Scheme: s.Scheme, Shop: shop, State: SettlementNetted, Cents: cents, Through: s.Through, DraftedBy: person,
		Against: against, NetReason: reason,
	}
}

// Net deducts what a shop owes under one scheme from what it is owed under another, as far as that goes. The two records, of the scheme in
// which it owes first, have opposite cents, so that over both schemes nothing was made or lost.
func Net(id, shop, person, reason string, owes, owed *Side) (debt, credit *Settlement, err error) {
	if owes.Taken.Cents >= 0 {
		return nil, nil, Refuse(NothingToClaim, Details{"shop": shop, "scheme": owes.Scheme, "cents": owes.Taken.Cents, "closed_until": owes.Through},
			"shop %s owes nothing under scheme %s: its open items of closed days add up to %d cents", shop, owes.Scheme, owes.Taken.Cents)
	}
	if owed.Taken.Cents <= 0 {
		return nil, nil, Refuse(NothingToSettle, Details{"shop": shop, "scheme": owed.Scheme, "cents": owed.Taken.Cents, "closed_until": owed.Through},
			"shop %s is owed nothing under scheme %s: its open items of closed days add up to %d cents", shop, owed.Scheme, owed.Taken.Cents)
	}
	cents := min(-owes.Taken.Cents, owed.Taken.Cents)
	return owes.settlement(id, shop, owed.Scheme, person, reason, -cents), owed.settlement(id, shop, owes.Scheme, person, reason, cents), nil
}

// Netted is the open item that a netting leaves in the scheme of its record: what it gave or took there.
func (s *Settlement) Netted() Item {
	return Item{ID: s.ID, Day: s.Through, Cents: -s.Cents, Kind: ItemNetted}
}
