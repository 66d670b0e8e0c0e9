package rules

// NewReceivable makes a claim of what was taken from a shop that will sell no more under the scheme: it has ended, or the scheme is
// closed. A total that is not negative is refused, and the items stay open.
func NewReceivable(
	id string, scheme *Scheme, shop *Shop, person, reason string, taken *Taken, through Day, now Number,
) (*Settlement, error) {
	if !isEnding(scheme, shop) {
		return nil, Refuse(ShopState, Details{"id": shop.ID, "step": "claim", "state": shop.State, "needed": []State{ShopEnded}},
			"shop %s is %s: what it owes is deducted from its next settlements, and can be claimed only once it has ended or the scheme is closed",
			shop.ID, shop.State)
	}
	if taken.Cents >= 0 {
		return nil, Refuse(NothingToClaim, Details{"shop": shop.ID, "items": len(taken.Items), "cents": taken.Cents, "closed_until": through},
			"shop %s owes nothing: its open items of closed days add up to %d cents", shop.ID, taken.Cents)
	}
	receivable := taken.settlement(id, scheme, shop, SettlementClaimed, person, through)
	receivable.ClaimReason, receivable.ClaimedAt = reason, now
	return receivable, nil
}

// Collect records that a shop has paid a receivable, or a part of it, in cents; 0 means what is left of it. Once nothing is left, the
// receivable has ended. Another person than who claimed it does so.
func (s *Settlement) Collect(cents Cents, person, reason string) error {
	state, err := settlementLife.next(s.ID, CollectSettlement, s.State)
	if err != nil {
		return err
	}
	if err := CheckSecondPerson(s.DraftedBy, person); err != nil {
		return err
	}
	left := -s.Cents - s.CollectedCents
	if cents == 0 {
		cents = left
	}
	if cents > left {
		return Refuse(InvalidAmount, Details{"member": "cents", "cents": cents, "left_cents": left},
			"%d cents cannot be collected: %d are left of receivable %s", cents, left, s.ID)
	}
	s.CollectedCents += cents
	s.BookedBy, s.BookReason = person, reason
	if cents == left {
		s.State = state
	}
	return nil
}

// WriteOff ends a receivable of which nobody will pay the rest, by another person than who claimed it.
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

// Collected returns what was received of a receivable. One that was collected before parts could be has no sum: all of it.
func (s *Settlement) Collected() Cents {
	if s.State == SettlementCollected && s.CollectedCents == 0 {
		return -s.Cents
	}
	return s.CollectedCents
}

// Reopen ends a receivable by another person than who claimed it, and than who collected it or wrote it off. The caller reopens its
// items, and makes the returned one open: received of what was collected, which stays the shop's payment. It is nil when that is nothing.
func (s *Settlement) Reopen(received *Cents, person, reason string) (*Item, error) {
	state, err := settlementLife.next(s.ID, ReopenSettlement, s.State)
	if err != nil {
		return nil, err
	}
	if err := FirstError(CheckSecondPerson(s.DraftedBy, person), CheckSecondPerson(s.BookedBy, person)); err != nil {
		return nil, err
	}
	kept := s.Collected()
	if received != nil {
		if *received < 0 || *received > kept {
			return nil, Refuse(InvalidAmount, Details{"member": "received_cents", "cents": *received, "collected_cents": kept},
				"received_cents is %d: of receivable %s, 0 to %d were collected", *received, s.ID, kept)
		}
		kept = *received
	}
	s.State, s.CollectedCents, s.ReopenedBy, s.ReopenReason = state, kept, person, reason
	if kept == 0 {
		return nil, nil
	}
	return &Item{ID: s.ID, Day: s.Through, Cents: kept, Kind: ItemCollected}, nil
}
