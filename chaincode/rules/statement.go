package rules

// What a statement of a voucher or a budget calls the terms, in the order of terms.
var (
	balanceTerms = []string{
		"issued_cents", "topped_up_cents", "spent_cents", "refunded_cents", "cancelled_cents", "held_cents", "available_cents", "lapsed_cents",
		"revoked_cents",
	}
	budgetTerms = []string{
		"budget_cents", "issued_cents", "topped_up_cents", "lapsed_cents", "revoked_cents", "allocated_cents", "unallocated_cents",
	}
)

// Moved returns the terms that differ from an earlier balance, with the difference in cents.
func (b *Balance) Moved(before *Balance) map[string]Cents {
	return moved(balanceTerms, b.terms(), before.terms())
}

// Moved returns the terms that differ from an earlier budget, with the difference in cents.
func (b *Budget) Moved(before *Budget) map[string]Cents {
	return moved(budgetTerms, b.statedTerms(), before.statedTerms())
}

func (b *Budget) statedTerms() []*Cents {
	return []*Cents{&b.Budget, &b.Issued, &b.ToppedUp, &b.Lapsed, &b.Revoked, &b.Allocated, &b.Unallocated}
}

func moved(names []string, after, before []*Cents) map[string]Cents {
	changes := map[string]Cents{}
	for i, name := range names {
		if by := *after[i] - *before[i]; by != 0 {
			changes[name] = by
		}
	}
	return changes
}

// ShopSums is where the money of a shop is, in cents: what no live settlement holds, what settlements hold, by their states, and what
// nettings moved to another scheme. Settlements that were withdrawn, rejected or returned hold nothing, and of those that were carried
// over the sum is an open item again.
type ShopSums struct {
	Unsettled  Cents `json:"unsettled_cents"`
	Drafted    Cents `json:"drafted_cents"`
	Approved   Cents `json:"approved_cents"`
	Exported   Cents `json:"exported_cents"`
	Paid       Cents `json:"paid_cents"`
	Claimed    Cents `json:"claimed_cents"`
	Collected  Cents `json:"collected_cents"`
	WrittenOff Cents `json:"written_off_cents"`
	Netted     Cents `json:"netted_cents"`
}

// Add counts a settlement by its state, and what was received of a receivable as collected.
func (s *ShopSums) Add(settlement *Settlement) {
	received := settlement.Collected()
	s.Collected -= received
	term, live := map[State]*Cents{
		SettlementDrafted: &s.Drafted, SettlementApproved: &s.Approved, SettlementExported: &s.Exported, SettlementPaid: &s.Paid,
		SettlementClaimed: &s.Claimed, SettlementCollected: &s.Collected, SettlementWrittenOff: &s.WrittenOff, SettlementNetted: &s.Netted,
	}[settlement.State]
	if live {
		*term += settlement.Cents + received
	}
}
