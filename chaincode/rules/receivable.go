package rules

// NewReceivable makes a claim of what was taken from a shop that has ended. A total that is not negative is refused, and the items
// stay open.
func NewReceivable(id, scheme string, shop *Shop, person, reason string, taken *Taken, through Day) (*Settlement, error) {
	if shop.State != ShopEnded {
		return nil, Refuse(ShopState, Details{"id": shop.ID, "step": "claim", "state": shop.State, "needed": []State{ShopEnded}},
			"shop %s is %s: what it owes is deducted from its next settlements, and can be claimed only once it has ended", shop.ID, shop.State)
	}
	if taken.Cents >= 0 {
		return nil, Refuse(NothingToClaim, Details{"shop": shop.ID, "items": len(taken.Items), "cents": taken.Cents, "closed_until": through},
			"shop %s owes nothing: its open items of closed days add up to %d cents", shop.ID, taken.Cents)
	}
	return &Settlement{
		ID: id, Scheme: scheme, Shop: shop.ID, State: SettlementClaimed,
		Items: taken.Items, Cents: taken.Cents, Through: through, DraftedBy: person, ClaimReason: reason,
	}, nil
}

// Collect ends a receivable that the shop has paid, by another person than who claimed it.
func (s *Settlement) Collect(person, reason string) error {
	state, err := settlementLife.next(s.ID, CollectSettlement, s.State)
	if err != nil {
		return err
	}
	if err := CheckSecondPerson(s.DraftedBy, person); err != nil {
		return err
	}
	s.State, s.BookedBy, s.BookReason = state, person, reason
	return nil
}

// WriteOff ends a receivable that nobody will pay, by another person than who claimed it.
func (s *Settlement) WriteOff(person, reason string) error {
	state, err := settlementLife.next(s.ID, WriteOffSettlement, s.State)
	if err != nil {
		return err
	}
	if err := CheckSecondPerson(s.DraftedBy, person); err != nil {
		return err
	}
	s.State, s.BookedBy, s.BookReason = state, person, reason
	return nil
}
