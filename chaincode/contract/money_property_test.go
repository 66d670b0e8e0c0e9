package contract

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kindpakket.eu/chaincode/rules"
)

// machine drives a town at random and keeps books of its own, in whole cents, by which it foretells what the chaincode must take
// and what it must refuse.
type machine struct {
	*town
	vouchers []*bookedVoucher
	payments []*bookedPayment
	drafted  []string
	closed   rules.Day
	budget   int64
	checks   int
}

type bookedVoucher struct {
	holder    holder
	state     string
	available int64
	spent     map[string]int64
	byDay     map[rules.Day]int64
}

type bookedPayment struct {
	id        string
	voucher   *bookedVoucher
	day       rules.Day
	paid      map[string]int64
	refunded  map[string]int64
	cancelled bool
}

func newMachine(t tester) *machine {
	m := &machine{town: newTown(t), budget: 10_000_000}
	for range 3 {
		m.add()
	}
	return m
}

func (m *machine) add() {
	m.vouchers = append(m.vouchers, &bookedVoucher{
		holder: m.holder(), state: "active", available: 10_000, spent: map[string]int64{}, byDay: map[rules.Day]int64{},
	})
	m.budget -= 10_000
}

func (m *machine) today() rules.Day {
	if today := rules.DayOf(rules.Number(m.now)); today > m.closed {
		return today
	}
	return m.closed.Next()
}

func (m *machine) lines(t *rapid.T) (lines []rules.Line, byCategory map[string]int64, total int64) {
	byCategory = map[string]int64{}
	for _, category := range []string{"clothing", "books"} {
		if cents := rapid.Int64Range(0, 4_500).Draw(t, category); cents > 0 {
			lines = append(lines, rules.Line{Category: category, Cents: rules.Cents(cents)})
			byCategory[category] = cents
			total += cents
		}
	}
	return lines, byCategory, total
}

func (m *machine) voucher(t *rapid.T) *bookedVoucher {
	return rapid.SampledFrom(m.vouchers).Draw(t, "voucher")
}

// expect sends a request and demands that it is taken or refused as foretold; what was taken is sent again and must change nothing.
func (m *machine) expect(may bool, user, name string, request object) object {
	m.t.Helper()
	answer, code := m.send(user, name, request)
	if may != (code == "") {
		m.t.Fatalf("%s %v: foretold %v, got %q", name, request, may, m.last.Response.GetMessage())
	}
	if may {
		m.must(user, name, request)
		if len(m.last.Writes) > 0 {
			m.t.Fatalf("%s sent again wrote %v", name, m.last.Writes)
		}
	}
	return answer
}

// Pay takes a payment of any size at any state.
func (m *machine) Pay(t *rapid.T) {
	v := m.voucher(t)
	lines, byCategory, total := m.lines(t)
	may := len(lines) > 0 && v.state == "active" && total >= 50 && total <= 8_000 && total <= v.available &&
		v.byDay[m.today()]+total <= 9_000 && v.spent["books"]+byCategory["books"] <= 4_000
	request := v.holder.pay(m.id(), m.shop, m.now+60, lines...)
	answer := m.expect(may, "shop", "payment:Pay", request)
	if !may {
		return
	}
	if answer["day"] != string(m.today()) {
		t.Fatalf("booked on %v and not on %s", answer["day"], m.today())
	}
	v.available -= total
	v.byDay[m.today()] += total
	for category, cents := range byCategory {
		v.spent[category] += cents
	}
	m.payments = append(m.payments, &bookedPayment{
		id: request["request_id"].(string), voucher: v, day: m.today(), paid: byCategory, refunded: map[string]int64{},
	})
}

func (m *machine) payment(t *rapid.T) *bookedPayment {
	if len(m.payments) == 0 {
		t.Skip("nothing was paid yet")
	}
	return rapid.SampledFrom(m.payments).Draw(t, "payment")
}

// Cancel takes a payment back on its booking day, and at other times tries to.
func (m *machine) Cancel(t *rapid.T) {
	p := m.payment(t)
	may := !p.cancelled && len(p.refunded) == 0 && p.day == m.today()
	m.expect(may, "shop", "payment:Cancel", object{"request_id": m.id(), "payment": p.id, "reason": "mistake"})
	if !may {
		return
	}
	p.cancelled = true
	for category, cents := range p.paid {
		p.voucher.available += cents
		p.voucher.spent[category] -= cents
		p.voucher.byDay[p.day] -= cents
	}
}

// Refund takes lines of a payment back, and more than that too.
func (m *machine) Refund(t *rapid.T) {
	p := m.payment(t)
	lines, byCategory, _ := m.lines(t)
	may := len(lines) > 0 && !p.cancelled
	for category, cents := range byCategory {
		may = may && cents <= p.paid[category]-p.refunded[category]
	}
	m.expect(may, "shop", "payment:Refund", object{"request_id": m.id(), "payment": p.id, "reason": "returned", "lines": lines})
	if !may {
		return
	}
	for category, cents := range byCategory {
		p.refunded[category] += cents
		p.voucher.available += cents
		p.voucher.spent[category] -= cents
	}
}

// Block blocks an active voucher or unblocks a blocked one.
func (m *machine) Block(t *rapid.T) {
	v := m.voucher(t)
	request := object{"request_id": m.id(), "scheme": m.scheme, "voucher": v.holder.voucher}
	if v.state == "blocked" {
		m.expect(true, "manager", "voucher:Unblock", request)
		v.state = "active"
		return
	}
	request["reason"] = "lost"
	m.expect(true, "clerk", "voucher:Block", request)
	v.state = "blocked"
}

// Issue adds a voucher.
func (m *machine) Issue(t *rapid.T) {
	if len(m.vouchers) > 6 {
		t.Skip("there are enough")
	}
	m.add()
}

// CloseDay closes today, once.
func (m *machine) CloseDay(*rapid.T) {
	today := rules.DayOf(rules.Number(m.now))
	may := today > m.closed
	m.expect(may, "treasurer", "scheme:CloseDay", object{"request_id": m.id(), "scheme": m.scheme, "day": today})
	if may {
		m.closed = today
	}
}

// Wait lets up to two days pass.
func (m *machine) Wait(t *rapid.T) {
	m.now += rapid.Int64Range(1, 172_800).Draw(t, "seconds")
}

// Draft drafts a settlement when anything positive is open.
func (m *machine) Draft(*rapid.T) {
	id := m.id()
	_, code := m.send("clerk", "settlement:Draft", object{"request_id": id, "scheme": m.scheme, "shop": m.shop})
	if code != "" && code != "NOTHING_TO_SETTLE" {
		m.t.Fatal(code)
	}
	if code == "" {
		m.drafted = append(m.drafted, id)
	}
}

// Settle tries any step on any settlement; the equations must hold whatever is taken.
func (m *machine) Settle(t *rapid.T) {
	if len(m.drafted) == 0 {
		t.Skip("nothing was drafted yet")
	}
	id := rapid.SampledFrom(m.drafted).Draw(t, "settlement")
	one := func() object { return object{"request_id": m.id(), "scheme": m.scheme, "settlement": id} }
	book := func(outcome string) object {
		request := one()
		request["outcome"], request["reason"] = outcome, "bank"
		return request
	}
	withdraw := one()
	withdraw["reason"] = "mistake"
	export := object{"request_id": m.id(), "scheme": m.scheme, "settlements": []string{id}, "file_sha256": id + id}
	steps := map[string]struct {
		user, name string
		request    object
	}{
		"approve": {"manager", "settlement:Approve", one()}, "withdraw": {"treasurer", "settlement:Withdraw", withdraw},
		"export": {"treasurer", "settlement:Export", export}, "paid": {"treasurer", "settlement:Book", book("paid")},
		"rejected": {"treasurer", "settlement:Book", book("rejected")}, "returned": {"treasurer", "settlement:Book", book("returned")},
	}
	step := steps[rapid.SampledFrom(slices.Sorted(maps.Keys(steps))).Draw(t, "step")]
	if _, code := m.send(step.user, step.name, step.request); code != "" && code != "SETTLEMENT_STATE" {
		m.t.Fatal(code)
	}
}

// Check compares the ledger with the books, and every few steps the equations over the whole of it.
func (m *machine) Check(t *rapid.T) {
	if m.checks++; m.checks%5 == 0 {
		m.checkMoney()
	}
	ledger := map[any]object{}
	for _, item := range m.must("auditor", "voucher:List", object{"scheme": m.scheme})["items"].([]any) {
		ledger[item.(object)["id"]] = item.(object)
	}
	for _, v := range m.vouchers {
		shown := ledger[v.holder.voucher]
		if cents(t, shown["available_cents"]) != v.available || shown["state"] != v.state {
			t.Fatalf("the books say %d and %s, the ledger %v", v.available, v.state, shown)
		}
		for category, spent := range v.spent {
			if got := fmt.Sprint(shown["spent_by_category"].(object)[category]); got != fmt.Sprint(spent) {
				t.Fatalf("the books say %d in %s, the ledger %s", spent, category, got)
			}
		}
	}
	budget := decodeJSON(t, m.ledger.Value("budget/"+m.scheme))
	if cents(t, budget["unallocated_cents"]) != m.budget {
		t.Fatalf("the books have %d unallocated, the ledger %v", m.budget, budget)
	}
}

func TestMoneyIsNeverLostNorMade(t *testing.T) {
	for part := range 2 {
		t.Run(fmt.Sprint("part ", part), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				m := newMachine(t)
				t.Repeat(map[string]func(*rapid.T){
					"": m.Check, "pay": m.Pay, "pay again": m.Pay, "cancel": m.Cancel, "refund": m.Refund, "block": m.Block, "issue": m.Issue,
					"close day": m.CloseDay, "wait": m.Wait, "draft": m.Draft, "settle": m.Settle,
				})
			})
		})
	}
}
