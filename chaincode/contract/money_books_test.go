package contract

import (
	"maps"

	"kindpakket.eu/chaincode/rules"
)

// bookedVoucher is what the machine's books say of a voucher, in whole cents.
type bookedVoucher struct {
	holder   holder
	product  bool
	state    string
	endsAt   int64
	terms    map[string]int64 // available, held, lapsed, revoked, grace
	spent    map[string]int64
	reserved map[string]int64
	byDay    map[rules.Day]int64
	holds    map[string]*bookedHold
	// byHolder says that its holder's block is the one that is lifted next, and blockedAgain that the holder's follows another's.
	byHolder, blockedAgain, codeUsed bool
}

// bookedAllocation is an allocation for one line, proposed, approved, drawn with a rest that is left, used or withdrawn.
type bookedAllocation struct {
	use       string
	line      object
	drawing   object
	voucher   *bookedVoucher
	cents     int64
	left      int64
	expiresAt int64
	state     string
}

type bookedHold struct {
	id        string
	voucher   *bookedVoucher
	day       rules.Day
	expiresAt int64
	cents     map[string]int64
}

type bookedPayment struct {
	id        string
	voucher   *bookedVoucher
	day       rules.Day
	countedOn rules.Day
	paid      map[string]int64
	refunded  map[string]int64
	confirmed int64 // what two persons of the shop agreed to of it
	cancelled bool
}

// bookedRefund is one that was asked for.
type bookedRefund struct {
	id, by  string
	payment *bookedPayment
	cents   map[string]int64
}

// mayRefund foretells whether so much can be refunded.
func (p *bookedPayment) mayRefund(byCategory map[string]int64) bool {
	for category, cents := range byCategory {
		if cents > p.paid[category]-p.refunded[category] {
			return false
		}
	}
	return !p.cancelled
}

func newBookedVoucher(h holder, product bool, cents, endsAt int64) *bookedVoucher {
	return &bookedVoucher{
		holder: h, product: product, state: "active", endsAt: endsAt, terms: map[string]int64{"available": cents}, spent: map[string]int64{},
		reserved: map[string]int64{}, byDay: map[rules.Day]int64{}, holds: map[string]*bookedHold{},
	}
}

// swept gives a copy of the voucher whose expired holds are released.
func (v *bookedVoucher) swept(now int64) *bookedVoucher {
	c := *v
	c.terms, c.spent, c.reserved = maps.Clone(v.terms), maps.Clone(v.spent), maps.Clone(v.reserved)
	c.byDay, c.holds = maps.Clone(v.byDay), maps.Clone(v.holds)
	for _, hold := range v.holds {
		if now >= hold.expiresAt {
			c.unhold(hold)
		}
	}
	return &c
}

func (v *bookedVoucher) unhold(hold *bookedHold) {
	total := sumUp(hold.cents)
	delete(v.holds, hold.id)
	v.terms["held"] -= total
	v.terms["available"] += total
	v.byDay[hold.day] -= total
	for category, cents := range hold.cents {
		v.reserved[category] -= cents
	}
}

func (v *bookedVoucher) hold(hold *bookedHold) {
	total := sumUp(hold.cents)
	v.holds[hold.id] = hold
	v.terms["held"] += total
	v.terms["available"] -= total
	v.byDay[hold.day] += total
	for category, cents := range hold.cents {
		v.reserved[category] += cents
	}
}

// pay books a payment that counts into the cap of a day.
func (v *bookedVoucher) pay(byCategory map[string]int64, countedOn rules.Day, overdue bool) {
	total := sumUp(byCategory)
	v.terms["available"] -= total
	v.byDay[countedOn] += total
	if overdue {
		v.terms["grace"] -= total
	}
	for category, cents := range byCategory {
		v.spent[category] += cents
	}
}

func (v *bookedVoucher) graceEnd() int64 {
	return int64(rules.DayOf(rules.Number(v.endsAt - 1)).Plus(graceDays).Next().Start())
}

// spendable gives what the voucher may spend at an instant.
func (v *bookedVoucher) spendable(now int64) int64 {
	switch {
	case v.state != "active" || now >= v.graceEnd():
		return 0
	case now >= v.endsAt:
		return v.terms["grace"]
	}
	return v.terms["available"]
}

func (v *bookedVoucher) redeemed() bool { return v.product && sumUp(v.spent) > 0 }

func (v *bookedVoucher) over() bool { return v.state == "revoked" || v.state == "lapsed" }

// mayTake foretells whether a payment or hold of these cents is taken, on a day. The voucher is swept.
func (v *bookedVoucher) mayTake(byCategory map[string]int64, day rules.Day, now int64) bool {
	total := sumUp(byCategory)
	if total == 0 || total > v.spendable(now) {
		return false
	}
	if v.product {
		return byCategory["clothing"] == total && !v.redeemed() && len(v.holds) == 0
	}
	return total >= 50 && total <= 8_000 && v.byDay[day]+total <= 9_000 && v.spent["books"]+v.reserved["books"]+byCategory["books"] <= 4_000
}

// giveBack books returned money, and tells what of it goes to the budget.
func (v *bookedVoucher) giveBack(byCategory map[string]int64, now int64) int64 {
	total := sumUp(byCategory)
	for category, cents := range byCategory {
		v.spent[category] -= cents
	}
	switch {
	case v.state == "revoked":
		v.terms["revoked"] += total
	case v.state == "lapsed" || now >= v.graceEnd():
		v.terms["lapsed"] += total
	default:
		v.terms["available"] += total
		if now >= v.endsAt {
			v.terms["grace"] += total
		}
		return 0
	}
	return total
}

func sumUp(byCategory map[string]int64) (total int64) {
	for _, cents := range byCategory {
		total += cents
	}
	return total
}
