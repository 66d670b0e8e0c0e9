package rules

// States of a settlement. The last three are those of a receivable.
const (
	SettlementDrafted    State = "drafted"
	SettlementApproved   State = "approved"
	SettlementWithdrawn  State = "withdrawn"
	SettlementExported   State = "exported"
	SettlementPaid       State = "paid"
	SettlementRejected   State = "rejected"
	SettlementReturned   State = "returned"
	SettlementClaimed    State = "claimed"
	SettlementCollected  State = "collected"
	SettlementWrittenOff State = "written-off"
)

// Steps of a settlement: paid, rejected and returned are the bank's answers, as they are booked, and the last two end a receivable.
const (
	ApproveSettlement  Step = "approve"
	WithdrawSettlement Step = "withdraw"
	ExportSettlement   Step = "export"
	BookPaid           Step = "paid"
	BookRejected       Step = "rejected"
	BookReturned       Step = "returned"
	CollectSettlement  Step = "collect"
	WriteOffSettlement Step = "write off"
)

var settlementLife = machine{thing: "settlement", refusal: SettlementState, steps: map[Step]map[State]State{
	ApproveSettlement:  {SettlementDrafted: SettlementApproved},
	WithdrawSettlement: {SettlementDrafted: SettlementWithdrawn, SettlementApproved: SettlementWithdrawn},
	ExportSettlement:   {SettlementApproved: SettlementExported},
	BookPaid:           {SettlementExported: SettlementPaid},
	BookRejected:       {SettlementExported: SettlementRejected},
	BookReturned:       {SettlementPaid: SettlementReturned},
	CollectSettlement:  {SettlementClaimed: SettlementCollected},
	WriteOffSettlement: {SettlementClaimed: SettlementWrittenOff},
}}

// Settlement is one payment to a shop (uitbetaling): the net amount of its oldest open items up to a closed day. One with negative cents
// is a receivable (vordering): what a shop that has ended still owes. AccountSHA256 is the digest of the private record of the account that
// it is paid on.
type Settlement struct {
	ID             string `json:"id"`
	Scheme         string `json:"scheme"`
	Shop           string `json:"shop"`
	State          State  `json:"state"`
	Items          []Item `json:"items"`
	Cents          Cents  `json:"cents"`
	Through        Day    `json:"through"`
	DraftedBy      string `json:"drafted_by"`
	ClaimReason    string `json:"claim_reason,omitzero"`
	ApprovedBy     string `json:"approved_by,omitzero"`
	WithdrawnBy    string `json:"withdrawn_by,omitzero"`
	WithdrawReason string `json:"withdraw_reason,omitzero"`
	ExportedBy     string `json:"exported_by,omitzero"`
	FileSHA256     string `json:"file_sha256,omitzero"`
	AccountSHA256  string `json:"account_sha256,omitzero"`
	BookedBy       string `json:"booked_by,omitzero"`
	BookReason     string `json:"book_reason,omitzero"`
}

// Item is a payment, or a refund with negative cents, that a shop is owed.
type Item struct {
	ID    string `json:"id"`
	Day   Day    `json:"day"`
	Cents Cents  `json:"cents"`
}

// NewSettlement makes a settlement of what was taken. A total that is not positive is refused, and the items stay open.
func NewSettlement(id, scheme, shop, person string, taken *Taken, through Day) (*Settlement, error) {
	if taken.Cents <= 0 {
		return nil, Refuse(NothingToSettle, Details{"shop": shop, "items": len(taken.Items), "cents": taken.Cents, "closed_until": through},
			"shop %s has nothing to settle: its open items of closed days add up to %d cents", shop, taken.Cents)
	}
	return &Settlement{
		ID: id, Scheme: scheme, Shop: shop, State: SettlementDrafted,
		Items: taken.Items, Cents: taken.Cents, Through: through, DraftedBy: person,
	}, nil
}

// Approve allows a settlement that another person drafted to be paid.
func (s *Settlement) Approve(person string) error {
	state, err := settlementLife.next(s.ID, ApproveSettlement, s.State)
	if err != nil {
		return err
	}
	if err := CheckSecondPerson(s.DraftedBy, person); err != nil {
		return err
	}
	s.State, s.ApprovedBy = state, person
	return nil
}

// Withdraw ends a settlement that has not been exported. The caller reopens its items.
func (s *Settlement) Withdraw(person, reason string) error {
	state, err := settlementLife.next(s.ID, WithdrawSettlement, s.State)
	if err != nil {
		return err
	}
	s.State, s.WithdrawnBy, s.WithdrawReason = state, person, reason
	return nil
}

// Export marks a settlement that another person approved as part of a payment file. accountSHA256 is the digest of the private record of the
// shop's account, "" when there is none.
func (s *Settlement) Export(shop *Shop, person, fileSHA256, accountSHA256 string) error {
	state, err := settlementLife.next(s.ID, ExportSettlement, s.State)
	if err != nil {
		return err
	}
	if err := FirstError(CheckSecondPerson(s.ApprovedBy, person), shop.CheckPayout()); err != nil {
		return err
	}
	if accountSHA256 == "" {
		return Refuse(AccountMissing, Details{"shop": s.Shop, "settlement": s.ID},
			"settlement %s cannot be paid: the private record of the account of shop %s is missing", s.ID, s.Shop)
	}
	s.State, s.ExportedBy, s.FileSHA256, s.AccountSHA256 = state, person, fileSHA256, accountSHA256
	return nil
}

// Book records the bank's answer and reports whether the items must be reopened.
func (s *Settlement) Book(outcome Step, person, reason string) (reopen bool, err error) {
	state, err := settlementLife.next(s.ID, outcome, s.State)
	if err != nil {
		return false, err
	}
	s.State, s.BookedBy, s.BookReason = state, person, reason
	return outcome != BookPaid, nil
}

// CheckOutcome refuses anything but a bank's answer.
func CheckOutcome(outcome Step) error {
	switch outcome {
	case BookPaid, BookRejected, BookReturned:
		return nil
	}
	return Refuse(InvalidCode, Details{"member": "outcome", "value": Excerpt(string(outcome))},
		"outcome is %q: it must be %s, %s or %s", Excerpt(string(outcome)), BookPaid, BookRejected, BookReturned)
}
