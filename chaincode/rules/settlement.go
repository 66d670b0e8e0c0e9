package rules

// States of a settlement.
const (
	SettlementDrafted   State = "drafted"
	SettlementApproved  State = "approved"
	SettlementWithdrawn State = "withdrawn"
	SettlementExported  State = "exported"
	SettlementPaid      State = "paid"
	SettlementRejected  State = "rejected"
	SettlementReturned  State = "returned"
)

// Steps of a settlement. The last three are the bank's answers, as they are booked.
const (
	ApproveSettlement  Step = "approve"
	WithdrawSettlement Step = "withdraw"
	ExportSettlement   Step = "export"
	BookPaid           Step = "paid"
	BookRejected       Step = "rejected"
	BookReturned       Step = "returned"
)

var settlementLife = machine{thing: "settlement", refusal: SettlementState, steps: map[Step]map[State]State{
	ApproveSettlement:  {SettlementDrafted: SettlementApproved},
	WithdrawSettlement: {SettlementDrafted: SettlementWithdrawn, SettlementApproved: SettlementWithdrawn},
	ExportSettlement:   {SettlementApproved: SettlementExported},
	BookPaid:           {SettlementExported: SettlementPaid},
	BookRejected:       {SettlementExported: SettlementRejected},
	BookReturned:       {SettlementPaid: SettlementReturned},
}}

// MaxItems is how many items a settlement holds at most.
const MaxItems = 500

// Settlement is what a shop is paid at once (uitbetaling): its oldest open items up to a closed day, netted.
type Settlement struct {
	ID             string `json:"id"`
	Scheme         string `json:"scheme"`
	Shop           string `json:"shop"`
	State          State  `json:"state"`
	Items          []Item `json:"items"`
	Cents          Cents  `json:"cents"`
	Through        Day    `json:"through"`
	DraftedBy      string `json:"drafted_by"`
	ApprovedBy     string `json:"approved_by,omitzero"`
	WithdrawnBy    string `json:"withdrawn_by,omitzero"`
	WithdrawReason string `json:"withdraw_reason,omitzero"`
	ExportedBy     string `json:"exported_by,omitzero"`
	FileSHA256     string `json:"file_sha256,omitzero"`
	BookedBy       string `json:"booked_by,omitzero"`
	BookReason     string `json:"book_reason,omitzero"`
}

// Item is a payment, or a refund with negative cents, that a shop is owed.
type Item struct {
	ID    string `json:"id"`
	Day   Day    `json:"day"`
	Cents Cents  `json:"cents"`
}

// NewSettlement nets the items of a shop. A total that is not positive is refused, and the items stay open.
func NewSettlement(id, scheme, shop, person string, items []Item, through Day) (*Settlement, error) {
	if len(items) > MaxItems {
		return nil, Refuse(LedgerInconsistent, Details{"items": len(items)}, "a settlement holds at most %d items", MaxItems)
	}
	positive, negative := Cents(0), Cents(0)
	for _, item := range items {
		term, cents := &positive, item.Cents
		if cents < 0 {
			term, cents = &negative, -cents
		}
		if err := change(term, cents); err != nil {
			return nil, err
		}
	}
	if net := positive - negative; net <= 0 {
		return nil, Refuse(NothingToSettle, Details{"shop": shop, "items": len(items), "cents": net, "closed_until": through},
			"the %d open items of the closed days come to %d cents", len(items), net)
	}
	return &Settlement{
		ID: id, Scheme: scheme, Shop: shop, State: SettlementDrafted,
		Items: items, Cents: positive - negative, Through: through, DraftedBy: person,
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

// Withdraw ends a settlement before it was exported; its items are to be opened again.
func (s *Settlement) Withdraw(person, reason string) error {
	state, err := settlementLife.next(s.ID, WithdrawSettlement, s.State)
	if err != nil {
		return err
	}
	s.State, s.WithdrawnBy, s.WithdrawReason = state, person, reason
	return nil
}

// Export marks a settlement as part of a payment file.
func (s *Settlement) Export(person, fileSHA256 string) error {
	state, err := settlementLife.next(s.ID, ExportSettlement, s.State)
	if err != nil {
		return err
	}
	s.State, s.ExportedBy, s.FileSHA256 = state, person, fileSHA256
	return nil
}

// Book enters the bank's answer and tells whether the items are to be opened again.
func (s *Settlement) Book(outcome Step, person, reason string) (reopen bool, err error) {
	state, err := settlementLife.next(s.ID, outcome, s.State)
	if err != nil {
		return false, err
	}
	s.State, s.BookedBy, s.BookReason = state, person, reason
	return outcome != BookPaid, nil
}

// CheckOutcome refuses what is no answer of a bank.
func CheckOutcome(outcome Step) error {
	switch outcome {
	case BookPaid, BookRejected, BookReturned:
		return nil
	}
	return Refuse(InvalidCode, Details{"member": "outcome", "value": Excerpt(string(outcome))},
		"outcome is %s, %s or %s", BookPaid, BookRejected, BookReturned)
}
