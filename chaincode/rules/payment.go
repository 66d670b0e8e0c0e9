package rules

import "slices"

// States of a payment.
const (
	PaymentHeld           State = "held"
	PaymentReleased       State = "released"
	PaymentPaid           State = "paid"
	PaymentPartlyRefunded State = "partly-refunded"
	PaymentRefunded       State = "refunded"
	PaymentCancelled      State = "cancelled"
)

// Steps of a payment. Whether a refund is partial follows from its cents.
const (
	CancelPayment Step = "cancel"
	RefundPayment Step = "refund"
)

var paymentLife = machine{thing: "payment", refusal: PaymentState, steps: map[Step]map[State]State{
	CancelPayment: {PaymentPaid: PaymentCancelled},
	RefundPayment: {
		PaymentPaid: PaymentPartlyRefunded, PaymentPartlyRefunded: PaymentPartlyRefunded, PaymentRefunded: PaymentRefunded,
	},
}}

const maxLines = 20

// Line is what a payment or refund moves in one category.
type Line struct {
	Category string `json:"category"`
	Cents    Cents  `json:"cents"`
}

// Payment is what a voucher paid a shop, or what is held for one. Day is its booking day, At its timestamp in Unix seconds. A hold has
// no lines, cents or day until it is captured; members that start with Held keep what was held, and Captured is what payments of their
// own took of it, each of which names it as its Hold and counts on its HeldDay. Receipt is a digest of the till's own number of its
// receipt, "" for none.
type Payment struct {
	ID            string           `json:"id"`
	Scheme        string           `json:"scheme"`
	Shop          string           `json:"shop"`
	Voucher       string           `json:"voucher"`
	Lines         []Line           `json:"lines"`
	Cents         Cents            `json:"cents"`
	Refunded      map[string]Cents `json:"refunded"`
	RefundedCents Cents            `json:"refunded_cents"`
	State         State            `json:"state"`
	Day           Day              `json:"day"`
	At            Number           `json:"at"`
	Proof         ProofUsed        `json:"proof"`
	CancelReason  string           `json:"cancel_reason,omitzero"`
	Till          string           `json:"till,omitzero"`
	Receipt       string           `json:"receipt,omitzero"`
	Hold          string           `json:"hold,omitzero"`
	HeldLines     []Line           `json:"held_lines,omitzero"`
	HeldCents     Cents            `json:"held_cents,omitzero"`
	HeldDay       Day              `json:"held_day,omitzero"`
	Captured      map[string]Cents `json:"captured,omitzero"`
	ExpiresAt     Number           `json:"expires_at,omitzero"`
	CapturedAt    Number           `json:"captured_at,omitzero"`
	ReleaseReason string           `json:"release_reason,omitzero"`
	// RefundedConfirmed is what a second person of the shop agreed to of RefundedCents.
	RefundedConfirmed Cents `json:"refunded_confirmed_cents,omitzero"`
}

// ProofUsed is the kind of proof that a payment was authorised with.
type ProofUsed struct {
	Kind    ProofKind `json:"kind"`
	Version Number    `json:"version"`
	Page    *Number   `json:"page,omitzero"`
}

// Refund is money of a payment that returned, or that is still to be: then it has a state and no day yet. One that a second person of its shop
// had to confirm names who asked, in which role, and one that waits says why.
type Refund struct {
	ID         string      `json:"id"`
	Payment    string      `json:"payment"`
	Scheme     string      `json:"scheme"`
	Shop       string      `json:"shop"`
	Voucher    string      `json:"voucher"`
	Lines      []Line      `json:"lines"`
	Cents      Cents       `json:"cents"`
	Day        Day         `json:"day"`
	At         Number      `json:"at"`
	Reason     string      `json:"reason"`
	ReturnedTo Destination `json:"returned_to"`
	Receipt    string      `json:"receipt,omitzero"`

	State        State      `json:"state,omitzero"`
	AskedBy      string     `json:"asked_by,omitzero"`
	AskedRole    string     `json:"asked_role,omitzero"`
	ConfirmedBy  string     `json:"confirmed_by,omitzero"`
	Waits        WhyItWaits `json:"waits,omitzero"`
	EndorsedBy   string     `json:"endorsed_by,omitzero"`
	DecidedBy    string     `json:"decided_by,omitzero"`
	RejectReason string     `json:"reject_reason,omitzero"`
}

// CheckLines refuses lines of the wrong number or form, or with a category in two of them.
func CheckLines(lines []Line) error {
	if err := CheckCount("lines", len(lines), maxLines); err != nil {
		return err
	}
	for i, line := range lines {
		twice := slices.ContainsFunc(lines[:i], func(l Line) bool { return l.Category == line.Category })
		if err := FirstError(CheckAmount("lines.cents", line.Cents), checkCategoryOnce(line.Category, twice)); err != nil {
			return err
		}
	}
	return nil
}

// centsIn returns what lines move in a category.
func centsIn(lines []Line, category string) Cents {
	at := slices.IndexFunc(lines, func(l Line) bool { return l.Category == category })
	if at < 0 {
		return 0
	}
	return lines[at].Cents
}

// Total adds up lines that were checked.
func Total(lines []Line) Cents {
	total := Cents(0)
	for _, line := range lines {
		total += line.Cents
	}
	return total
}
