package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kindpakket.eu/chaincode/rules"
)

const (
	graceDays      = 3
	holdDays       = 2
	lastExtension  = rules.Day("2026-03-17")
	bicycleCents   = 12_000
	propertyEndsAt = noon - aDay/2 + 2*aDay // the end of 2026-03-11
)

// machine drives a town at random and keeps books of its own, in whole cents, by which it foretells what the chaincode must take
// and what it must refuse. Its scheme ends after a few days, so that vouchers expire, get grace, are extended and lapse.
type machine struct {
	*town
	vouchers    []*bookedVoucher
	payments    []*bookedPayment
	holds       []*bookedHold
	allocations []*bookedAllocation
	asked       []*bookedRefund
	alone       int64 // what a person of the shop refunds alone of a payment, -1 when there is no limit
	drafted     []string
	closed      rules.Day
	budget      int64 // what is unallocated
	allocated   int64
	checks      int
	// mandated says whether the shop lets an acquirer take its payments, and frozenBy who froze its payouts, "" for nobody.
	mandated bool
	frozenBy string
}

func newMachine(t tester) *machine {
	m := &machine{town: newTown(t), budget: 10_000_000, alone: -1}
	m.enrol("till", "WinkelsMSP", "cashier", "p-till", m.shop)
	m.enrol("keeper", "WinkelsMSP", "shopkeeper", "p-keeper", m.shop)
	m.enrol("promoted", "GemeenteMSP", "approver", "p-clerk", "")
	m.enrol("acquirer", "WinkelsMSP", "acquirer", "p-acquirer", "")
	terms := schemeRules()
	terms["ends_on"], terms["extension_days"], terms["hold_days"], terms["refund_grace_days"] = "2026-03-11", 6, holdDays, graceDays
	terms["products"] = object{"bicycle": object{"category": "clothing", "max_cents": bicycleCents}}
	m.scheme = m.openScheme(terms, m.budget)
	m.add("junior", 10_000)
	m.add("junior", 10_000)
	m.add("bicycle", bicycleCents)
	return m
}

// add has a voucher approved, issued and activated.
func (m *machine) add(preset string, cents int64) {
	m.t.Helper()
	a := m.proposeOne("issue", m.newLine(preset), nil, cents, aDay)
	m.approve(a, "manager")
	m.draw(a, a.line)
}

// newLine gives a voucher to issue whose case has been recorded.
func (m *machine) newLine(preset string) object {
	m.t.Helper()
	vouchers, cases := issuances(m.world, 1)
	m.must("clerk", "voucher:RecordCases", object{"request_id": m.id(), "scheme": m.scheme}, object{"cases": cases})
	vouchers[0]["preset"] = preset
	return vouchers[0]
}

// proposeOne proposes an allocation for a list of one line, that lasts so many seconds.
func (m *machine) proposeOne(use string, line object, v *bookedVoucher, cents, seconds int64) *bookedAllocation {
	m.t.Helper()
	request, drawings := m.proposing(m.scheme, use, []object{line})
	request["cents"], request["expires_at"] = cents, m.now+seconds
	a := &bookedAllocation{use: use, line: line, drawing: drawings[0], voucher: v, cents: cents, expiresAt: m.now + seconds, state: "proposed"}
	if m.expect(cents <= m.budget, "clerk", "allocation:Propose", request); cents <= m.budget {
		m.allocations = append(m.allocations, a)
	}
	return a
}

// approve tries to approve an allocation.
func (m *machine) approve(a *bookedAllocation, user string) {
	m.t.Helper()
	may := a.state == "proposed" && m.now < a.expiresAt && user == "manager" && a.cents <= m.budget
	m.expect(may, user, "allocation:Approve", m.onScheme(object{"allocation": a.drawing["allocation"]}))
	if may {
		a.state, m.budget, m.allocated = "approved", m.budget-a.cents, m.allocated+a.cents
	}
}

// draw issues or tops up under an allocation, with the line that was approved or with another one.
func (m *machine) draw(a *bookedAllocation, line object) {
	m.t.Helper()
	price := m.price(m.scheme, a.line)
	may := a.state == "approved" && m.now < a.expiresAt && maps.Equal(line, a.line) && price <= a.cents
	request := m.because(object{"scheme": m.scheme})
	maps.Copy(request, a.drawing)
	if a.use == "issue" {
		delete(request, "reason")
		request["vouchers"] = []object{line}
		may = may && m.now < propertyEndsAt
		m.expect(may, "clerk", "voucher:Issue", request)
	} else {
		request["top_ups"] = []object{line}
		may = may && !a.voucher.over() && !a.voucher.product && m.now < a.voucher.endsAt
		m.expect(may, "clerk", "voucher:TopUp", request)
	}
	if !may {
		return
	}
	m.allocated, a.left = m.allocated-price, a.cents-price
	if a.left == 0 {
		a.state = "used"
	} else {
		a.state = "drawn"
	}
	if a.use == "top-up" {
		a.voucher.terms["available"] += price
		return
	}
	h := newHolder(m.scheme, line["id"].(string))
	activate := object{"request_id": m.id(), "scheme": m.scheme, "activations": []object{h.activationWithCode()}}
	m.expect(false, "clerk", "voucher:Activate", activate)
	m.expect(true, "manager", "voucher:Activate", activate)
	m.vouchers = append(m.vouchers, newBookedVoucher(h, line["preset"] == "bicycle", price, propertyEndsAt))
}

func (m *machine) today() rules.Day {
	if today := rules.DayOf(rules.Number(m.now)); today > m.closed {
		return today
	}
	return m.closed.Next()
}

func (m *machine) lines(t *rapid.T) (lines []rules.Line, byCategory map[string]int64) {
	byCategory = map[string]int64{}
	for _, category := range []string{"clothing", "books"} {
		if cents := rapid.Int64Range(-1_500, 4_500).Draw(t, category); cents > 0 {
			lines = append(lines, rules.Line{Category: category, Cents: rules.Cents(cents)})
			byCategory[category] = cents
		}
	}
	return lines, byCategory
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
func (m *machine) Pay(t *rapid.T) { m.payFrom(t, m.voucher(t)) }

func (m *machine) payFrom(t *rapid.T, v *bookedVoucher) {
	lines, byCategory := m.lines(t)
	swept, day := v.swept(m.now), m.today()
	user := rapid.SampledFrom([]string{"shop", "shop", "acquirer"}).Draw(t, "user")
	may := swept.mayTake(byCategory, day, m.now) && (user == "shop" || m.mandated)
	request := v.holder.pay(m.id(), m.shop, m.now+60, lines...)
	answer := m.expect(may, user, "payment:Pay", request)
	if !may {
		return
	}
	if answer["day"] != string(day) {
		t.Fatalf("booked on %v and not on %s", answer["day"], day)
	}
	*v = *swept
	v.pay(byCategory, day, m.now >= v.endsAt)
	m.payments = append(m.payments, &bookedPayment{
		id: request["request_id"].(string), voucher: v, day: day, countedOn: day, paid: byCategory, refunded: map[string]int64{},
	})
}

// Hold holds any amount for any time.
func (m *machine) Hold(t *rapid.T) {
	v := m.voucher(t)
	lines, byCategory := m.lines(t)
	expiresAt := m.now + rapid.Int64Range(0, holdDays*aDay+600).Draw(t, "seconds")
	swept, day := v.swept(m.now), m.today()
	may := swept.mayTake(byCategory, day, m.now) && m.now < v.endsAt && expiresAt > m.now && expiresAt <= min(m.now+holdDays*aDay, v.endsAt)
	request := v.holder.hold(m.id(), m.shop, m.now+60, expiresAt, lines...)
	m.expect(may, "shop", "payment:Hold", request)
	if !may {
		return
	}
	*v = *swept
	hold := &bookedHold{id: request["request_id"].(string), voucher: v, day: day, expiresAt: expiresAt, cents: byCategory}
	v.hold(hold)
	m.holds = append(m.holds, hold)
}

func (m *machine) heldOne(t *rapid.T) *bookedHold {
	if len(m.holds) == 0 {
		t.Skip("nothing was held yet")
	}
	return rapid.SampledFrom(m.holds).Draw(t, "hold")
}

// Capture takes lines of a hold, and more than that too.
func (m *machine) Capture(t *rapid.T) {
	hold := m.heldOne(t)
	lines, byCategory := m.lines(t)
	if rapid.Bool().Draw(t, "all of it") {
		lines, byCategory = nil, hold.cents
		for _, category := range slices.Sorted(maps.Keys(hold.cents)) {
			if cents := hold.cents[category]; cents > 0 {
				lines = append(lines, rules.Line{Category: category, Cents: rules.Cents(cents)})
			}
		}
	}
	v := hold.voucher
	may := v.holds[hold.id] != nil && v.state != "blocked" && m.now < hold.expiresAt && len(lines) > 0
	for category, cents := range byCategory {
		may = may && cents <= hold.cents[category]
	}
	day := m.today()
	m.expect(may, "shop", "payment:Capture", m.capture(hold.id, lines...))
	if !may {
		return
	}
	v.unhold(hold)
	v.pay(byCategory, hold.day, false)
	m.payments = append(m.payments, &bookedPayment{
		id: hold.id, voucher: v, day: day, countedOn: hold.day, paid: byCategory, refunded: map[string]int64{},
	})
}

// CapturePart takes some of what a hold has left, and now and then all of it or more.
func (m *machine) CapturePart(t *rapid.T) {
	hold := m.heldOne(t)
	lines, byCategory := m.lines(t)
	if rapid.Bool().Draw(t, "some of it") {
		lines, byCategory = nil, map[string]int64{}
		for _, category := range slices.Sorted(maps.Keys(hold.cents)) {
			if cents := rapid.Int64Range(0, hold.cents[category]).Draw(t, category); cents > 0 {
				byCategory[category] = cents
				lines = append(lines, rules.Line{Category: category, Cents: rules.Cents(cents)})
			}
		}
	}
	v := hold.voucher
	may := v.holds[hold.id] != nil && v.state != "blocked" && m.now < hold.expiresAt && len(lines) > 0 && !v.product && sumUp(byCategory) < sumUp(hold.cents)
	for category, cents := range byCategory {
		may = may && cents <= hold.cents[category]
	}
	day, request := m.today(), m.part(hold.id, lines...)
	m.expect(may, "shop", "payment:CapturePart", request)
	if !may {
		return
	}
	v.unhold(hold)
	hold.cents = maps.Clone(hold.cents)
	for category, cents := range byCategory {
		hold.cents[category] -= cents
	}
	v.hold(hold)
	v.pay(byCategory, hold.day, false)
	m.payments = append(m.payments, &bookedPayment{
		id: request["request_id"].(string), voucher: v, day: day, countedOn: hold.day, paid: byCategory, refunded: map[string]int64{},
	})
}

// Release gives a hold back, by its holder, by the shop, or by the municipality, which has to wait for its end or for a block.
func (m *machine) Release(t *rapid.T) {
	hold := m.heldOne(t)
	user := rapid.SampledFrom([]string{"shop", "treasurer", "manager", "holder"}).Draw(t, "user")
	may := hold.voucher.holds[hold.id] != nil && (user == "shop" || user == "holder" || m.now >= hold.expiresAt ||
		(user == "manager" && hold.voucher.state == "blocked"))
	if user == "holder" {
		m.expect(may, "treasurer", "payment:ReleaseByHolder", hold.voucher.holder.release(m.id(), hold.id, m.now+60))
	} else {
		m.expect(may, user, "payment:Release", m.because(object{"payment": hold.id}))
	}
	if may {
		hold.voucher.unhold(hold)
	}
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
	m.expect(may, "shop", "payment:Cancel", m.because(object{"payment": p.id}))
	if !may {
		return
	}
	p.cancelled = true
	p.voucher.byDay[p.countedOn] -= sumUp(p.paid)
	m.budget += p.voucher.giveBack(p.paid, m.now)
}

// Refund takes lines of a payment back, all that is left of it, and more than that too.
func (m *machine) Refund(t *rapid.T) { m.refundOf(t, m.payment(t)) }

// Late refunds a payment after the end of its voucher, and pays from what grace leaves.
func (m *machine) Late(t *rapid.T) {
	p := m.payment(t)
	if p.cancelled || p.voucher.state != "active" || m.now >= p.voucher.graceEnd() {
		t.Skip("it is too late")
	}
	m.now = max(m.now, p.voucher.endsAt)
	m.refundOf(t, p)
	m.payFrom(t, p.voucher)
}

func (m *machine) refundOf(t *rapid.T, p *bookedPayment) {
	lines, byCategory := m.lines(t)
	if rapid.Bool().Draw(t, "all of it") {
		lines, byCategory = nil, map[string]int64{}
		for _, category := range slices.Sorted(maps.Keys(p.paid)) {
			if left := p.paid[category] - p.refunded[category]; left > 0 {
				lines, byCategory[category] = append(lines, rules.Line{Category: category, Cents: rules.Cents(left)}), left
			}
		}
	}
	may, user := len(lines) > 0 && p.mayRefund(byCategory), rapid.SampledFrom([]string{"shop", "till"}).Draw(t, "user")
	request := m.because(object{"payment": p.id, "lines": lines})
	answer := m.expect(may, user, "payment:Refund", request)
	if !may {
		return
	}
	if asks := m.alone >= 0 && sumUp(p.refunded)-p.confirmed+sumUp(byCategory) > m.alone; asks != (answer["state"] == "asked") {
		t.Fatalf("with a limit of %d: %v", m.alone, answer)
	} else if asks {
		m.asked = append(m.asked, &bookedRefund{request["request_id"].(string), user, p, byCategory})
		return
	}
	m.giveBack(p, byCategory)
}

func (m *machine) giveBack(p *bookedPayment, byCategory map[string]int64) {
	for category, cents := range byCategory {
		p.refunded[category] += cents
	}
	m.budget += p.voucher.giveBack(byCategory, m.now)
}

// LimitRefunds sets what a person of the shop refunds alone, or lifts the limit.
func (m *machine) LimitRefunds(t *rapid.T) {
	m.alone = max(rapid.Int64Range(-1_000, 2_500).Draw(t, "limit"), -1)
	m.limitRefunds(int(m.alone))
}

func (m *machine) askedOne(t *rapid.T) (*bookedRefund, string) {
	if len(m.asked) == 0 {
		t.Skip("no refund was asked for")
	}
	return rapid.SampledFrom(m.asked).Draw(t, "refund"), rapid.SampledFrom([]string{"shop", "till", "keeper"}).Draw(t, "user")
}

// ConfirmRefund confirms a refund that was asked for, also as the person who asked.
func (m *machine) ConfirmRefund(t *rapid.T) { m.confirm(m.askedOne(t)) }

func (m *machine) confirm(r *bookedRefund, user string) {
	m.t.Helper()
	may := user != r.by && r.payment.mayRefund(r.cents)
	m.expect(may, user, "payment:ConfirmRefund", object{"request_id": m.id(), "refund": r.id})
	if may {
		r.payment.confirmed += sumUp(r.cents)
		m.giveBack(r.payment, r.cents)
		m.decided(r)
	}
}

// RejectRefund ends a refund that was asked for.
func (m *machine) RejectRefund(t *rapid.T) {
	r, user := m.askedOne(t)
	m.expect(true, user, "payment:RejectRefund", m.because(object{"refund": r.id}))
	m.decided(r)
}

func (m *machine) decided(r *bookedRefund) {
	m.asked = slices.DeleteFunc(m.asked, func(asked *bookedRefund) bool { return asked == r })
}

// Mandate lets an acquirer take payments for the shop, or does no longer.
func (m *machine) Mandate(*rapid.T) {
	about := func() object { return m.aboutShop(object{"acquirer": "p-acquirer", "reason": "contract"}) }
	m.expect(!m.mandated, "shop", "shop:Mandate", about())
	if m.mandated {
		m.expect(true, "shop", "shop:WithdrawMandate", about())
	}
	m.mandated = !m.mandated
}

// Freeze freezes the payouts of the shop, or tries to release them as anybody who may.
func (m *machine) Freeze(t *rapid.T) {
	user := rapid.SampledFrom([]string{"manager", "manager2"}).Draw(t, "user")
	if m.frozenBy == "" {
		m.expect(false, user, "shop:ReleasePayout", m.aboutShop(object{"reason": "inquiry"}))
		m.expect(true, user, "shop:FreezePayout", m.aboutShop(object{"reason": "inquiry"}))
		m.frozenBy = user
		return
	}
	m.expect(m.frozenBy != user, user, "shop:ReleasePayout", m.aboutShop(object{"reason": "inquiry"}))
	if m.frozenBy != user {
		m.frozenBy = ""
	}
}

// SelfBlock blocks a voucher as its holder, whose code works once.
func (m *machine) SelfBlock(t *rapid.T) {
	v := m.voucher(t)
	may := !v.codeUsed && !v.over()
	m.expect(may, "shop", "voucher:SelfBlock", m.onScheme(object{"voucher": v.holder.voucher, "code": selfBlockCode}))
	if !may {
		return
	}
	v.codeUsed, v.blockedAgain, v.byHolder = true, v.state == "blocked", v.byHolder || v.state != "blocked"
	v.state = "blocked"
}

// Block blocks an active voucher or unblocks a blocked one, which stays blocked if its holder blocked it as well.
func (m *machine) Block(t *rapid.T) {
	v := m.voucher(t)
	if v.state == "blocked" {
		m.expect(true, "manager", "voucher:Unblock", m.of(v.holder))
		if v.byHolder = v.blockedAgain; !v.blockedAgain {
			v.state = "active"
		}
		v.blockedAgain = false
		return
	}
	m.expect(!v.over(), "clerk", "voucher:Block", m.of(v.holder))
	if !v.over() {
		v.state = "blocked"
	}
}

// Revoke takes a voucher away, unless money of it is held. It happens less often than it is drawn, so that others have vouchers left.
func (m *machine) Revoke(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "rarely") > 0 {
		t.Skip("not now")
	}
	v := m.voucher(t)
	swept := v.swept(m.now)
	may := !v.over() && len(swept.holds) == 0
	if v.state == "blocked" {
		may = may && !v.byHolder // a holder is not the second person of the municipality
		m.expect(may, "manager", "voucher:Revoke", m.all(v.holder.voucher))
	} else {
		m.expect(false, "manager", "voucher:Revoke", m.all(v.holder.voucher))
		proposal := m.all(v.holder.voucher)
		m.expect(!v.over(), "clerk", "voucher:ProposeRevocation", proposal)
		m.expect(may, "manager", "decision:Approve", object{"request_id": m.id(), "decision": proposal["request_id"]})
	}
	if !may {
		return
	}
	*v = *swept
	m.budget += v.terms["available"]
	v.terms["revoked"] += v.terms["available"]
	v.state, v.terms["available"], v.terms["grace"] = "revoked", 0, 0
}

// Lapse takes what can no longer be spent.
func (m *machine) Lapse(t *rapid.T) {
	v := m.voucher(t)
	swept := v.swept(m.now)
	wholly := m.now >= v.graceEnd()
	may := !v.over() && len(swept.holds) == 0 && (v.redeemed() || m.now >= v.endsAt)
	m.expect(may, "treasurer", "voucher:Lapse", m.all(v.holder.voucher))
	if !may {
		return
	}
	*v = *swept
	if wholly {
		v.state = "lapsed"
	}
	if wholly || v.redeemed() {
		v.terms["grace"] = 0
	}
	cents := v.terms["available"] - v.terms["grace"]
	v.terms["available"] -= cents
	v.terms["lapsed"] += cents
	m.budget += cents
}

// Allocate proposes an allocation that may be too small, and may have it approved.
func (m *machine) Allocate(t *rapid.T) {
	var a *bookedAllocation
	seconds := rapid.Int64Range(1, 2*aDay).Draw(t, "seconds")
	by := rapid.Int64Range(-1, 1).Draw(t, "more or less") * rapid.Int64Range(0, 5_000).Draw(t, "cents")
	if rapid.Bool().Draw(t, "top up") {
		v := m.voucher(t)
		line := object{"voucher": v.holder.voucher, "entitlement": m.id(), "preset": "junior", "units": 1}
		a = m.proposeOne("top-up", line, v, 10_000+by, seconds)
	} else {
		preset := rapid.SampledFrom([]string{"junior", "bicycle"}).Draw(t, "preset")
		a = m.proposeOne("issue", m.newLine(preset), nil, map[string]int64{"junior": 10_000, "bicycle": bicycleCents}[preset]+by, seconds)
	}
	if rapid.Bool().Draw(t, "at once") {
		m.approve(a, "manager")
	}
}

func (m *machine) allocation(t *rapid.T) *bookedAllocation {
	if len(m.allocations) == 0 {
		t.Skip("nothing was proposed yet")
	}
	return rapid.SampledFrom(m.allocations).Draw(t, "allocation")
}

// Approve tries to approve an allocation, also as the person who proposed it.
func (m *machine) Approve(t *rapid.T) {
	m.approve(m.allocation(t), rapid.SampledFrom([]string{"manager", "manager", "promoted"}).Draw(t, "user"))
}

// Draw issues or tops up under an allocation, and tries other lines than were approved.
func (m *machine) Draw(t *rapid.T) {
	a := m.allocation(t)
	if a.use == "issue" && len(m.vouchers) > 9 {
		t.Skip("there are enough")
	}
	line := maps.Clone(a.line)
	if rapid.IntRange(0, 3).Draw(t, "other") == 0 {
		line["units"] = 2
	}
	m.draw(a, line)
}

// Withdraw ends what is left of an allocation, at any time.
func (m *machine) Withdraw(t *rapid.T) {
	if rapid.IntRange(0, 2).Draw(t, "rarely") > 0 {
		t.Skip("not now")
	}
	a := m.allocation(t)
	left := a.cents
	if a.state == "drawn" {
		left = a.left
	}
	may := a.state == "approved" || a.state == "drawn"
	user := rapid.SampledFrom([]string{"clerk", "manager", "treasurer"}).Draw(t, "user")
	m.expect(may, user, "allocation:Withdraw", m.because(object{"scheme": m.scheme, "allocation": a.drawing["allocation"]}))
	if may {
		a.state, m.budget, m.allocated = "withdrawn", m.budget+left, m.allocated-left
	}
}

// Budget gives the scheme more money or takes some away, and tries to take what is not unallocated.
func (m *machine) Budget(t *rapid.T) {
	cents := rapid.Int64Range(1, 2_000_000).Draw(t, "cents")
	member, may := "add_cents", true
	if rapid.IntRange(0, 3).Draw(t, "less") > 0 {
		member = "remove_cents"
		switch rapid.IntRange(0, 7).Draw(t, "how much") {
		case 0:
			cents = max(1, m.budget)
		case 1:
			cents = m.budget + 1
		}
		may = cents <= m.budget
	}
	proposal := m.because(object{"scheme": m.scheme, member: cents})
	if m.expect(may, "clerk", "scheme:ProposeBudget", proposal); !may {
		return
	}
	spent := rapid.Bool().Draw(t, "spent meanwhile")
	if spent && member == "remove_cents" {
		a := m.proposeOne("issue", m.newLine("junior"), nil, 10_000, aDay)
		m.approve(a, "manager")
		may = cents <= m.budget
	}
	approval := object{"scheme": m.scheme, "change": proposal["request_id"], "request_id": m.id()}
	if m.expect(may, "manager", "scheme:ApproveChange", approval); !may {
		return
	}
	if member == "remove_cents" {
		cents = -cents
	}
	m.budget += cents
}

// Extend moves the end of a voucher, and tries to move it too far or back.
func (m *machine) Extend(t *rapid.T) {
	v, today := m.voucher(t), rules.DayOf(rules.Number(m.now))
	to := today.Plus(rules.Number(rapid.IntRange(0, 6).Draw(t, "days")))
	may := !v.over() && to > today && to > rules.DayOf(rules.Number(v.endsAt-1)) && to <= lastExtension
	m.expect(may, "manager", "voucher:Extend", m.because(object{"scheme": m.scheme, "vouchers": []string{v.holder.voucher}, "ends_on": to}))
	if may {
		v.endsAt, v.terms["grace"] = int64(to.Next().Start()), 0
	}
}

// Issue adds a voucher for money or for a product.
func (m *machine) Issue(t *rapid.T) {
	if len(m.vouchers) > 7 {
		t.Skip("there are enough")
	}
	if rapid.Bool().Draw(t, "product") {
		m.add("bicycle", bicycleCents)
		return
	}
	m.add("junior", 10_000)
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

// Wait lets up to a day pass.
func (m *machine) Wait(t *rapid.T) {
	m.now += rapid.Int64Range(1, aDay).Draw(t, "seconds")
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
	_, code := m.send(step.user, step.name, step.request)
	frozen := m.frozenBy != "" && step.name == "settlement:Export"
	if code != "" && code != "SETTLEMENT_STATE" && !(frozen && code == "PAYOUT_FROZEN") || code == "" && frozen {
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
		m.compare(t, v, ledger[v.holder.voucher])
	}
	budget := decodeJSON(t, m.ledger.Value("budget/"+m.scheme))
	if cents(t, budget["unallocated_cents"]) != m.budget || cents(t, budget["allocated_cents"]) != m.allocated {
		t.Fatalf("the books have %d unallocated and %d allocated, the ledger %v", m.budget, m.allocated, budget)
	}
}

// WindUp ends the scheme by steps that may be taken from any state: in the end no voucher has money left, nothing is held, and the shop is
// owed nothing and owes nothing.
func (m *machine) WindUp() {
	m.t.Helper()
	m.now += 400 * aDay
	if m.frozenBy != "" {
		other := map[string]string{"manager": "manager2", "manager2": "manager"}[m.frozenBy]
		m.expect(true, other, "shop:ReleasePayout", m.aboutShop(object{"reason": "over"}))
	}
	for _, r := range slices.Clone(m.asked) {
		if m.confirm(r, "keeper"); slices.Contains(m.asked, r) {
			m.expect(true, "till", "payment:RejectRefund", m.because(object{"refund": r.id}))
		}
	}
	m.windUp()
	for _, v := range m.vouchers {
		if _, code := m.send("treasurer", "voucher:Lapse", m.all(v.holder.voucher)); code != "" && code != "VOUCHER_STATE" {
			m.t.Fatal(code)
		}
		shown := m.shown(v.holder.voucher)
		if number(m.t, shown["available_cents"]) != 0 || number(m.t, shown["held_cents"]) != 0 {
			m.t.Fatalf("%v has money left", shown)
		}
	}
	m.closeToday()
	finish := func() {
		for _, id := range m.drafted {
			m.send("manager", "settlement:Approve", m.onScheme(object{"settlement": id}))
			m.send("treasurer", "settlement:Export", m.onScheme(object{"settlements": []string{id}, "file_sha256": id + id}))
			m.send("treasurer", "settlement:Book", m.onScheme(object{"settlement": id, "outcome": "paid"}))
			m.send("treasurer2", "settlement:Collect", m.onScheme(object{"settlement": id, "reason": "paid"}))
		}
	}
	finish()
	for _, name := range []string{"settlement:Draft", "settlement:Claim"} {
		request := m.onScheme(object{"shop": m.shop})
		if name == "settlement:Claim" {
			request["reason"] = "over"
		}
		if _, code := m.send("treasurer", name, request); code == "" {
			m.drafted = append(m.drafted, request["request_id"].(string))
		}
	}
	finish()
	for _, key := range m.ledger.Keys() {
		if kind, _, _ := strings.Cut(key, "/"); slices.Contains([]string{"unsettled", "live", "held", "asked", "waiting"}, kind) {
			m.t.Fatalf("%s stays: %s", key, m.ledger.Value(key))
		}
	}
	m.checkMoney()
	m.checkFound()
}

func (m *machine) compare(t *rapid.T, v *bookedVoucher, shown object) {
	t.Helper()
	for _, name := range []string{"available", "held", "lapsed", "revoked", "grace"} {
		got, found := shown[name+"_cents"]
		if !found && v.terms[name] == 0 {
			continue
		}
		if cents(t, got) != v.terms[name] {
			t.Fatalf("the books say %d %s, the ledger %v", v.terms[name], name, shown)
		}
	}
	if shown["state"] != v.state || cents(t, shown["ends_at"]) != v.endsAt || (shown["redeemed"] == true) != v.redeemed() {
		t.Fatalf("the books say %s until %d, redeemed %v, the ledger %v", v.state, v.endsAt, v.redeemed(), shown)
	}
	day := shown["day"].(object)
	if counted := v.byDay[rules.Day(day["date"].(string))]; cents(t, day["cents"]) != counted {
		t.Fatalf("the books count %d on the day, the ledger %v", counted, day)
	}
	for category, spent := range v.spent {
		if got := fmt.Sprint(shown["spent_by_category"].(object)[category]); got != fmt.Sprint(spent) {
			t.Fatalf("the books say %d in %s, the ledger %s", spent, category, got)
		}
	}
}

func TestMoneyIsNeverLostNorMade(t *testing.T) {
	for part := range 2 {
		t.Run(fmt.Sprint("part ", part), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				m := newMachine(t)
				t.Repeat(map[string]func(*rapid.T){
					"": m.Check, "pay": m.Pay, "pay again": m.Pay, "hold": m.Hold, "hold again": m.Hold, "capture": m.Capture, "capture part": m.CapturePart,
					"capture part again": m.CapturePart, "release": m.Release,
					"cancel": m.Cancel, "refund": m.Refund, "refund again": m.Refund, "limit refunds": m.LimitRefunds,
					"confirm refund": m.ConfirmRefund, "reject refund": m.RejectRefund, "block": m.Block, "revoke": m.Revoke, "lapse": m.Lapse, "allocate": m.Allocate,
					"approve": m.Approve, "draw": m.Draw, "draw again": m.Draw, "withdraw": m.Withdraw, "budget": m.Budget,
					"extend": m.Extend, "issue": m.Issue, "close day": m.CloseDay, "wait": m.Wait, "late": m.Late, "draft": m.Draft, "settle": m.Settle,
					"mandate": m.Mandate, "freeze": m.Freeze, "self-block": m.SelfBlock,
				})
				m.checkFound()
				m.WindUp()
			})
		})
	}
}
