package rules

import (
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Cents is an amount of money in whole euro cents. From JSON it takes nothing but an integer.
type Cents int64

// Number is a whole number other than money: a count, a page, a version, an instant in Unix seconds (UTC).
type Number int64

// Bounds of money. Every amount of a request lies within them; sums are also checked for overflow.
const (
	MaxAmount Cents = 100_000_000
	MaxBudget Cents = 1_000_000_000_000
)

// UnmarshalJSONFrom reads an integer and refuses every other token with INVALID_AMOUNT.
func (c *Cents) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	value, err := readInteger(decoder, InvalidAmount, "an amount in whole cents")
	*c = Cents(value)
	return err
}

// UnmarshalJSONFrom reads an integer and refuses every other token with INVALID_NUMBER.
func (n *Number) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	value, err := readInteger(decoder, InvalidNumber, "a whole number")
	*n = Number(value)
	return err
}

func readInteger(decoder *jsontext.Decoder, code Code, wanted string) (int64, error) {
	token, err := decoder.ReadValue()
	if err != nil {
		return 0, err
	}
	value, err := strconv.ParseInt(string(token), 10, 64)
	if err != nil || token.Kind() != '0' {
		member := string(decoder.StackPointer())
		return 0, Refuse(code, Details{"member": member, "value": Excerpt(string(token))},
			"%s is %s: give %s, as a plain JSON integer", Excerpt(member), Excerpt(string(token)), wanted)
	}
	return value, nil
}

// CheckAmount refuses an amount outside 1 to MaxAmount cents.
func CheckAmount(member string, amount Cents) error {
	return checkCents(member, amount, MaxAmount)
}

// CheckBudget refuses a budget outside 1 to MaxBudget cents.
func CheckBudget(member string, amount Cents) error {
	return checkCents(member, amount, MaxBudget)
}

func checkCents(member string, amount, most Cents) error {
	if amount < 1 || amount > most {
		return Refuse(InvalidAmount, Details{"member": member, "cents": amount, "most": most},
			"%s is %d cents: give 1 to %d", member, amount, most)
	}
	return nil
}

// CheckNumber refuses a number outside its bounds.
func CheckNumber(member string, number, least, most Number) error {
	if number < least || number > most {
		return Refuse(InvalidNumber, Details{"member": member, "value": number, "least": least, "most": most},
			"%s is %d: give %d to %d", member, number, least, most)
	}
	return nil
}

var firstInstant, lastInstant = Day("2000-01-01").Start(), Day("2200-01-01").Start() - 1

// CheckInstant refuses an instant outside the years 2000 to 2199.
func CheckInstant(member string, instant Number) error {
	return CheckNumber(member, instant, firstInstant, lastInstant)
}

// CheckCount refuses a list of a request that has too few or too many items.
func CheckCount(member string, count, most int) error {
	if count < 1 || count > most {
		return Refuse(InvalidNumber, Details{"member": member, "value": count, "least": 1, "most": most},
			"%s has %d items: give 1 to %d", member, count, most)
	}
	return nil
}

// change adds to a term of a balance. A term never becomes negative or overflows 64 bits.
func change(term *Cents, by Cents) error {
	if *term < 0 || (by > 0 && *term > math.MaxInt64-by) || *term+by < 0 {
		return Refuse(LedgerInconsistent, Details{"term": *term, "by": by}, "a term of %d cents cannot change by %d", *term, by)
	}
	*term += by
	return nil
}

// move takes cents of one term of a balance to another.
func move(from, to *Cents, cents Cents) error {
	if err := change(from, -cents); err != nil {
		return err
	}
	return change(to, cents)
}

// sum adds terms that are not negative.
func sum(terms ...Cents) (Cents, error) {
	total := Cents(0)
	for _, term := range terms {
		if term < 0 {
			return 0, Refuse(LedgerInconsistent, Details{"term": term}, "a balance has a negative term of %d cents", term)
		}
		if err := change(&total, term); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// FirstError returns the first error of a list of checks. All of them have run by then: nothing that writes belongs in it.
func FirstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
