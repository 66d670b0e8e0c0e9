package rules

import (
	"regexp"
	"strings"
)

// States of a settlement. Those from claimed on are of a receivable; carried and netted are of records that pay nobody.
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
	SettlementReopened   State = "reopened"
	SettlementCarried    State = "carried"
	SettlementNetted     State = "netted"
)

// Steps of a settlement: paid, rejected and returned are the bank's answers, as they are booked, and the last three end a receivable.
const (
	ApproveSettlement  Step = "approve"
	WithdrawSettlement Step = "withdraw"
	ExportSettlement   Step = "export"
	BookPaid           Step = "paid"
	BookRejected       Step = "rejected"
	BookReturned       Step = "returned"
	CollectSettlement  Step = "collect"
	WriteOffSettlement Step = "write off"
	ReopenSettlement   Step = "reopen"
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
	ReopenSettlement: {
		SettlementClaimed: SettlementReopened, SettlementCollected: SettlementReopened, SettlementWrittenOff: SettlementReopened,
	},
}}

// Settlement is one payment to a shop (uitbetaling): the net amount of its oldest open items up to a closed day, which are kept apart
// from it. One with negative cents is a receivable (vordering): what a shop owes that no later payment of its scheme will cover. First and
// Last bound its items in the order of the shop's items; a netting has none. CollectedCents is what was received of a receivable, ClaimedAt
// when it was claimed, Unix seconds, 0 when that was before it was kept.
// AccountSHA256 is the digest of the private record of the account that it is paid on.
type Settlement struct {
	ID             string `json:"id"`
	Scheme         string `json:"scheme"`
	Shop           string `json:"shop"`
	State          State  `json:"state"`
	ItemCount      Number `json:"item_count"`
	First          *Place `json:"first,omitzero"`
	Last           *Place `json:"last,omitzero"`
	Cents          Cents  `json:"cents"`
	Through        Day    `json:"through"`
	DraftedBy      string `json:"drafted_by"`
	ClaimReason    string `json:"claim_reason,omitzero"`
	ClaimedAt      Number `json:"claimed_at,omitzero"`
	ApprovedBy     string `json:"approved_by,omitzero"`
	WithdrawnBy    string `json:"withdrawn_by,omitzero"`
	WithdrawReason string `json:"withdraw_reason,omitzero"`
	ExportedBy     string `json:"exported_by,omitzero"`
	FileSHA256     string `json:"file_sha256,omitzero"`
	AccountSHA256  string `json:"account_sha256,omitzero"`
	BookedBy       string `json:"booked_by,omitzero"`
	BookReason     string `json:"book_reason,omitzero"`
	BankReference  string `json:"bank_reference,omitzero"`
	ValueDate      Day    `json:"value_date,omitzero"`
	CollectedCents Cents  `json:"collected_cents,omitzero"`
	ReopenedBy     string `json:"reopened_by,omitzero"`
	ReopenReason   string `json:"reopen_reason,omitzero"`
	Against        string `json:"against,omitzero"`
	NetReason      string `json:"net_reason,omitzero"`
}

// ItemKind says what an item is that is neither a payment nor a refund.
type ItemKind string

// Kinds of items: the sum of items that were carried over, the counterpart of a netting, and what was received of a receivable that
// was reopened.
const (
	ItemCarried   ItemKind = "carried"
	ItemNetted    ItemKind = "netted"
	ItemCollected ItemKind = "collected"
)

// Item is a payment, or a refund with negative cents, that a shop is owed; or an amount of another kind.
type Item struct {
	ID    string   `json:"id"`
	Day   Day      `json:"day"`
	Cents Cents    `json:"cents"`
	Kind  ItemKind `json:"kind,omitzero"`
}

// Place is where an item stands among those of its shop, which are in the order of their days and ids.
type Place struct {
	Day Day    `json:"day"`
	ID  string `json:"id"`
}

// NewSettlement makes a settlement of what was taken. A total that is not positive is refused, and the items stay open; but one that no
// later item could make positive is carried over: see Taken.IsStuck.
func NewSettlement(id string, scheme *Scheme, shop *Shop, person string, taken *Taken, through Day) (*Settlement, error) {
	state := SettlementDrafted
	switch {
	case taken.IsStuck(scheme, shop):
		state = SettlementCarried
	case taken.Cents <= 0:
		return nil, Refuse(NothingToSettle, Details{"shop": shop.ID, "items": len(taken.Items), "cents": taken.Cents, "closed_until": through},
			"shop %s has nothing to settle: its open items of closed days add up to %d cents", shop.ID, taken.Cents)
	}
	return taken.settlement(id, scheme, shop, state, person, through), nil
}

// settlement makes the record that holds what was taken.
func (t *Taken) settlement(id string, scheme *Scheme, shop *Shop, state State, person string, through Day) *Settlement {
	first, last := t.Items[0], t.Items[len(t.Items)-1]
	return &Settlement{
		ID: id, Scheme: scheme.ID, Shop: shop.ID, State: state, ItemCount: Number(len(t.Items)), First: &Place{first.Day, first.ID},
		Last: &Place{last.Day, last.ID}, Cents: t.Cents, Through: through, DraftedBy: person,
	}
}

// Carried is the item that takes the place of all items of a settlement that was carried over; nil when they come to nothing.
func (s *Settlement) Carried() *Item {
	if s.State != SettlementCarried || s.Cents == 0 {
		return nil
	}
	return &Item{ID: s.ID, Day: s.Last.Day, Cents: s.Cents, Kind: ItemCarried}
}

// IsLive reports whether somebody still has to do something about the settlement or receivable.
func (s *Settlement) IsLive() bool {
	switch s.State {
	case SettlementDrafted, SettlementApproved, SettlementExported, SettlementClaimed:
		return true
	}
	return false
}

// IsOwed reports whether the settlement is a receivable that the shop has not paid in full and nobody has ended.
func (s *Settlement) IsOwed() bool { return s.State == SettlementClaimed }

// HoldsItems reports whether the settlement keeps its items from other ones: it has not given them back.
func (s *Settlement) HoldsItems() bool {
	switch s.State {
	case SettlementWithdrawn, SettlementRejected, SettlementReturned, SettlementReopened, SettlementNetted:
		return false
	}
	return true
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

// Booking is the bank's answer: its reference and value date may be unknown.
type Booking struct {
	Outcome       Step   `json:"outcome"`
	Reason        string `json:"reason,omitzero"`
	BankReference string `json:"bank_reference,omitzero"`
	ValueDate     Day    `json:"value_date,omitzero"`
}

// Check refuses an outcome that no bank answers with, and a reason, reference or date that are not of their form. What was paid needs no
// reason.
func (b *Booking) Check() error {
	if err := CheckOutcome(b.Outcome); err != nil {
		return err
	}
	if b.Outcome != BookPaid || b.Reason != "" {
		if err := CheckCode("reason", b.Reason); err != nil {
			return err
		}
	}
	if b.BankReference != "" && !isBankReference(b.BankReference) {
		return Refuse(InvalidCode, Details{"member": "bank_reference", "value": Excerpt(b.BankReference)},
			"bank_reference is %q: give at most 35 letters, digits, hyphens and slashes, one of them a digit", Excerpt(b.BankReference))
	}
	if b.ValueDate == "" {
		return nil
	}
	return CheckDay("value_date", b.ValueDate)
}

var bankReference = regexp.MustCompile(`^[A-Za-z0-9/-]{1,35}$`)

// isBankReference asks for a digit, which every reference of a bank has and most names have not.
func isBankReference(value string) bool {
	return bankReference.MatchString(value) && strings.ContainsAny(value, "0123456789")
}

// Book records the bank's answer and reports whether the items must be reopened.
func (s *Settlement) Book(booking *Booking, person string) (reopen bool, err error) {
	state, err := settlementLife.next(s.ID, booking.Outcome, s.State)
	if err != nil {
		return false, err
	}
	s.State, s.BookedBy, s.BookReason = state, person, booking.Reason
	s.BankReference, s.ValueDate = booking.BankReference, booking.ValueDate
	return booking.Outcome != BookPaid, nil
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
