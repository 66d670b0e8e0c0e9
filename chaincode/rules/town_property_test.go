package rules

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// How many random histories of a town are tried, of how many steps, and how many when a proof is asked for, unless the command line says
// otherwise.
const (
	sequences         = "1000"
	sequencesOfAProof = "10000"
	steps             = "100"
	proof             = "KINDPAKKET_PROOF"
)

// ledger is a town by the rules alone: one scheme with two shops, without Fabric and without signatures. Every step may be refused; what is
// taken must leave the three equations of money as they are.
type ledger struct {
	now         Number
	scheme      *Scheme
	terms       *Terms
	budget      Budget
	allocations []*Allocation
	shops       []*Shop
	vouchers    []*Voucher
	payments    []*Payment
	closed      Day
	drawn       int
	// granted is what two persons gave to the budget, counted apart from it.
	granted Cents
	// open holds the items of each shop that no live settlement has, in the order of the ledger's keys.
	open        map[string][]Item
	settlements []*Settlement
	// asked are refunds that a second person of their shop has to confirm, and confirmed is what was returned of each payment after that.
	asked, waiting []*Refund
	confirmed      map[string]Cents
	// held are the items of each settlement, by its id.
	held map[string][]Item
}

func newLedger(t *rapid.T) *ledger {
	terms := goodTerms()
	terms.Products = map[string]Product{"swimming": {Category: "clothing", MaxCents: 12_000}}
	terms.RefundGraceDays, terms.HoldDays = pointer(Number(60)), pointer(Number(rapid.IntRange(0, 20).Draw(t, "hold days")))
	terms.SettlementDays = pointer(Number(rapid.IntRange(0, 4).Draw(t, "rhythm")))
	terms.RefundDays, terms.RefundLimit = pointer(Number(rapid.IntRange(0, 5).Draw(t, "refund days"))), pointer(Cents(1_000))
	terms.PaperDayCap = pointer(Cents(3_000))
	l := &ledger{
		now: terms.EndsOn.Start() - Number(rapid.IntRange(1, 10).Draw(t, "days before the end"))*86_400, terms: terms, budget: NewBudget(100_000), granted: 100_000, open: map[string][]Item{}, held: map[string][]Item{}, confirmed: map[string]Cents{},
		scheme: &Scheme{ID: idA, State: SchemeOpen, RulesVersion: 1},
	}
	for _, id := range []string{"shop-1", "shop-2"} {
		shop := approvedShop()
		shop.ID = id
		l.shops = append(l.shops, shop)
	}
	l.allocate(AllocationToIssue, 5, 60_000, 40*86_400, "p-manager")
	for range 3 {
		l.Issue(t)
	}
	return l
}

// taken applies a step to copies and keeps them when nothing refused it, as a transaction does.
func taken[T any](things []*T, at int, step func(thing *T) error) bool {
	copied := *things[at]
	thing := clone(&copied)
	if step(thing) != nil {
		return false
	}
	things[at] = thing
	return true
}

// clone copies what a step could change behind the back of the original.
func clone[T any](thing *T) *T {
	switch v := any(thing).(type) {
	case *Voucher:
		v.SpentByCategory, v.HeldByCategory, v.Holds = maps.Clone(v.SpentByCategory), maps.Clone(v.HeldByCategory), maps.Clone(v.Holds)
	case *Payment:
		v.Refunded, v.Captured = maps.Clone(v.Refunded), maps.Clone(v.Captured)
	}
	return thing
}

func (l *ledger) id() string {
	l.drawn++
	return fmt.Sprintf("%06d", l.drawn)
}

func (l *ledger) booked() Day { return BookingDay(l.now, l.closed) }

func (l *ledger) pick(t *rapid.T, name string, of int) int {
	if of == 0 {
		t.Skip("there is none")
	}
	return rapid.IntRange(0, of-1).Draw(t, name)
}

func (l *ledger) lines(t *rapid.T) []Line {
	var lines []Line
	for _, category := range []string{"clothing", "books"} {
		if cents := rapid.Int64Range(0, 4_500).Draw(t, category); cents > 0 {
			lines = append(lines, Line{Category: category, Cents: Cents(cents)})
		}
	}
	if CheckLines(lines) != nil {
		t.Skip("no line")
	}
	return lines
}

// Allocate proposes money for vouchers or top-ups and has it approved, by one person or by two.
func (l *ledger) Allocate(t *rapid.T) {
	l.allocate(
		rapid.SampledFrom([]AllocationUse{AllocationToIssue, AllocationToTopUp}).Draw(t, "use"), Number(rapid.IntRange(1, 4).Draw(t, "vouchers")),
		Cents(rapid.IntRange(1, 50_000).Draw(t, "cents")), Number(rapid.IntRange(0, 30*86_400).Draw(t, "term")),
		rapid.SampledFrom([]string{"p-clerk", "p-manager", "p-manager", "p-manager"}).Draw(t, "person"),
	)
}

func (l *ledger) allocate(use AllocationUse, vouchers Number, cents Cents, term Number, person string) {
	allocation := &Allocation{
		ID: l.id(), Scheme: l.scheme.ID, State: AllocationIsProposed, Use: use, Vouchers: vouchers, Cents: cents,
		ProposedBy: "p-clerk", ProposedAt: l.now, ExpiresAt: l.now + term,
	}
	budget := l.budget
	err := FirstError(allocation.CheckTerm(), l.scheme.CheckInForce(), allocation.Approve(person, l.now), budget.Allocate(allocation.Cents))
	if err == nil {
		l.budget, l.allocations = budget, append(l.allocations, allocation)
	}
}

// Withdraw ends what is left of an allocation, whatever became of it and of the scheme.
func (l *ledger) Withdraw(t *rapid.T) {
	budget := l.budget
	if taken(l.allocations, l.pick(t, "allocation", len(l.allocations)), func(a *Allocation) error {
		rest, err := a.Withdraw("p-treasurer", "rest")
		if err != nil {
			return err
		}
		return budget.Release(rest)
	}) {
		l.budget = budget
	}
}

// draw takes one voucher's cents from one of the allocations.
func (l *ledger) draw(t *rapid.T, use AllocationUse, cents Cents, step func(*Budget, Cents) error) bool {
	budget := l.budget
	return taken(l.allocations, l.pick(t, "allocation", len(l.allocations)), func(a *Allocation) error {
		if err := FirstError(a.CheckDrawable(use, l.now), a.Draw(1, cents)); err != nil {
			return err
		}
		if err := step(&budget, cents); err != nil {
			t.Fatalf("the budget has not what the allocation has: %v", err)
		}
		l.budget = budget
		return nil
	})
}

// Issue gives a new voucher, for money or for a product.
func (l *ledger) Issue(t *rapid.T) {
	preset := rapid.SampledFrom([]string{"junior", "swimming"}).Draw(t, "preset")
	voucher, err := l.terms.Issue(l.scheme.ID, 1, Issuance{ID: l.id(), Entitlement: l.id(), Preset: preset, Units: 1})
	if err != nil {
		t.Fatal(err)
	}
	if l.scheme.CheckOpen() != nil || !l.draw(t, AllocationToIssue, voucher.Issued, (*Budget).Issue) {
		return
	}
	voucher.IssuedBy = "p-clerk"
	authorisation, _ := ed25519TestKey()
	if voucher.Activate(authorisation, "hash", "p-clerk") == nil {
		t.Fatal("who issued a voucher activated it")
	}
	if err := voucher.Activate(authorisation, "hash", "p-manager"); err != nil {
		t.Fatal(err)
	}
	l.vouchers = append(l.vouchers, voucher)
}

// TopUp adds a preset to a voucher.
func (l *ledger) TopUp(t *rapid.T) {
	at := l.pick(t, "voucher", len(l.vouchers))
	if l.scheme.CheckOpen() != nil {
		return
	}
	taken(l.vouchers, at, func(v *Voucher) error {
		cents, err := l.terms.TopUp(v, TopUp{Voucher: v.ID, Preset: "junior", Units: 1}, l.now)
		if err == nil && !l.draw(t, AllocationToTopUp, cents, (*Budget).TopUp) {
			err = Refuse(AllocationExceeded, nil, "")
		}
		return err
	})
}

// release frees the expired holds of a voucher, as every transaction that spends or ends it does.
func (l *ledger) release(v *Voucher) error {
	for _, id := range v.ExpiredHolds(l.now) {
		at := slices.IndexFunc(l.payments, func(p *Payment) bool { return p.ID == id })
		if err := l.payments[at].Release(v, HoldExpired); err != nil {
			return err
		}
	}
	return nil
}

// purchase pays or holds.
func (l *ledger) purchase(t *rapid.T, hold bool) {
	at, shop := l.pick(t, "voucher", len(l.vouchers)), l.shops[l.pick(t, "shop", len(l.shops))]
	by := rapid.SampledFrom([]ProofKind{ProofByKey, ProofByBooklet}).Draw(t, "proof")
	lines, expires := l.lines(t), l.now+Number(rapid.IntRange(-1, 25*86_400).Draw(t, "seconds"))
	if len(l.vouchers[at].ExpiredHolds(l.now)) > 0 {
		if !taken(l.vouchers, at, l.release) {
			t.Fatal("an expired hold could not be released")
		}
	}
	payment := &Payment{
		ID: l.id(), Shop: shop.ID, Voucher: l.vouchers[at].ID, Refunded: map[string]Cents{}, State: PaymentPaid,
		Lines: lines, Cents: Total(lines), Day: l.booked(), At: l.now, Proof: ProofUsed{Kind: by},
	}
	if !taken(l.vouchers, at, func(v *Voucher) error {
		p := &Purchase{Voucher: v, Terms: l.terms, Shop: shop, Now: l.now, Today: DayOf(l.now), Booked: l.booked()}
		if err := p.Check(l.scheme); err != nil {
			return err
		}
		if !hold {
			return p.Take(lines, by)
		}
		payment.State, payment.HeldLines, payment.HeldCents, payment.HeldDay, payment.ExpiresAt = PaymentHeld, lines, Total(lines), l.booked(), expires
		payment.Lines, payment.Cents, payment.Day = nil, 0, ""
		if err := p.CheckHold(expires); err != nil {
			return err
		}
		return p.Hold(payment.ID, lines, by, expires)
	}) {
		return
	}
	l.payments = append(l.payments, payment)
	if !hold {
		l.add(shop.ID, Item{ID: payment.ID, Day: payment.Day, Cents: payment.Cents})
	}
}

// Pay takes a payment.
func (l *ledger) Pay(t *rapid.T) { l.purchase(t, false) }

// Hold keeps money for a later payment.
func (l *ledger) Hold(t *rapid.T) { l.purchase(t, true) }

func (l *ledger) add(shop string, item Item) {
	if l.closed >= item.Day {
		panic("an item was booked on a closed day")
	}
	l.reopen(shop, item)
}

// reopen makes items open, in the order of the ledger's keys.
func (l *ledger) reopen(shop string, items ...Item) {
	l.open[shop] = append(l.open[shop], items...)
	slices.SortFunc(l.open[shop], func(a, b Item) int {
		if a.Day != b.Day {
			return 2*b2i(a.Day > b.Day) - 1
		}
		return 2*b2i(a.ID > b.ID) - 1
	})
}

func b2i(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// change applies a step to a payment and its voucher, both or none.
func (l *ledger) change(t *rapid.T, step func(p *Payment, v *Voucher) error) (*Payment, bool) {
	at := l.pick(t, "payment", len(l.payments))
	of := slices.IndexFunc(l.vouchers, func(v *Voucher) bool { return v.ID == l.payments[at].Voucher })
	payment := *l.payments[at]
	clone(&payment)
	if !taken(l.vouchers, of, func(v *Voucher) error { return step(&payment, v) }) {
		return nil, false
	}
	l.payments[at] = &payment
	return &payment, true
}

// Capture turns a hold into a payment, of all or of some.
func (l *ledger) Capture(t *rapid.T) {
	lines := l.lines(t)
	if payment, ok := l.change(t, func(p *Payment, v *Voucher) error {
		if err := l.scheme.CheckOpenOrClosed(); err != nil {
			return err
		}
		return p.Capture(v, lines, l.booked(), l.now)
	}); ok {
		l.add(payment.Shop, Item{ID: payment.ID, Day: payment.Day, Cents: payment.Cents})
	}
}

// CapturePart makes a payment of a part of a hold.
func (l *ledger) CapturePart(t *rapid.T) {
	lines := l.lines(t)
	if rapid.Bool().Draw(t, "one line") {
		lines = lines[:1]
	}
	var part *Payment
	if _, ok := l.change(t, func(p *Payment, v *Voucher) (err error) {
		if err := l.scheme.CheckOpenOrClosed(); err != nil {
			return err
		}
		part, err = p.CapturePart(v, l.id(), lines, l.booked(), l.now)
		return err
	}); ok {
		l.payments = append(l.payments, part)
		l.add(part.Shop, Item{ID: part.ID, Day: part.Day, Cents: part.Cents})
	}
}

// Release gives a hold back.
func (l *ledger) Release(t *rapid.T) {
	l.change(t, func(p *Payment, v *Voucher) error { return p.Release(v, "changed-mind") })
}

// giveBack books what a cancellation or refund returned to the budget.
func (l *ledger) giveBack(cents Cents, to Destination) {
	if to != ToAvailable {
		if err := l.budget.TakeBack(cents, to); err != nil {
			panic(err)
		}
	}
}

// Cancel takes a payment back.
func (l *ledger) Cancel(t *rapid.T) {
	var to Destination
	if payment, ok := l.change(t, func(p *Payment, v *Voucher) (err error) {
		to, err = p.Cancel(v, l.terms, l.now, l.booked(), "mistake")
		return err
	}); ok {
		l.giveBack(payment.Cents, to)
		l.open[payment.Shop] = slices.DeleteFunc(l.open[payment.Shop], func(i Item) bool { return i.ID == payment.ID })
	}
}

// LimitRefunds sets what a person of a shop refunds alone, or lifts the limit.
func (l *ledger) LimitRefunds(t *rapid.T) {
	limit := pointer(Cents(rapid.Int64Range(-1_000, 3_000).Draw(t, "limit")))
	if *limit < 0 {
		limit = nil
	}
	l.shops[l.pick(t, "shop", len(l.shops))].LimitRefunds(limit)
}

func (l *ledger) shopOf(p *Payment) *Shop {
	return l.shops[slices.IndexFunc(l.shops, func(s *Shop) bool { return s.ID == p.Shop })]
}

// Refund takes some of a payment back, or asks for it when that is more than a person of its shop refunds alone.
func (l *ledger) Refund(t *rapid.T) {
	var to Destination
	lines := l.lines(t)
	if payment, ok := l.change(t, func(p *Payment, v *Voucher) (err error) {
		shop := l.shopOf(p)
		if shop.NeedsConfirmation(p, lines) {
			if err := p.CheckRefund(lines); err != nil {
				return err
			}
			refund := &Refund{ID: l.id(), Payment: p.ID, Lines: lines, Cents: Total(lines)}
			refund.Ask("WinkelsMSP/p-till", "cashier")
			l.asked = append(l.asked, refund)
			return Refuse(RefundState, nil, "it was only asked for")
		}
		to, err = p.Refund(v, l.terms, l.now, lines)
		if alone := p.RefundedCents - p.RefundedConfirmed; err == nil && shop.RefundAlone != nil && alone > *shop.RefundAlone {
			t.Fatalf("%d cents were refunded alone, and the limit is %d", alone, *shop.RefundAlone)
		}
		return err
	}); ok {
		l.giveBack(Total(lines), to)
		l.add(payment.Shop, Item{ID: l.id(), Day: l.booked(), Cents: -Total(lines)})
	}
}

// End revokes a voucher or lets it lapse.
func (l *ledger) End(t *rapid.T) {
	at, revoke, budget := l.pick(t, "voucher", len(l.vouchers)), rapid.Bool().Draw(t, "revoke"), l.budget
	taken(l.vouchers, at, l.release)
	if taken(l.vouchers, at, func(v *Voucher) (err error) {
		to, cents := ToRevoked, Cents(0)
		if revoke {
			cents, err = v.Revoke()
		} else {
			to = ToLapsed
			cents, err = v.Lapse(l.scheme, l.terms, l.now)
		}
		if err != nil {
			return err
		}
		return budget.TakeBack(cents, to)
	}) {
		l.budget = budget
	}
}

// Turn blocks, unblocks or extends a voucher.
func (l *ledger) Turn(t *rapid.T) {
	at := l.pick(t, "voucher", len(l.vouchers))
	switch rapid.IntRange(0, 3).Draw(t, "turn") {
	case 0:
		taken(l.vouchers, at, func(v *Voucher) error { return v.Block("p-clerk", "lost") })
	case 1:
		taken(l.vouchers, at, func(v *Voucher) error { return v.Unblock("p-manager") })
	case 2:
		taken(l.vouchers, at, func(v *Voucher) error { return v.BlockByHolder("hash") })
	default:
		day := l.terms.EndsOn.Plus(Number(rapid.IntRange(0, 100).Draw(t, "days")))
		taken(l.vouchers, at, func(v *Voucher) error { return v.Extend(l.terms, day, l.now) })
	}
}

// Decide pauses, opens or closes the scheme, or gives it more budget or less.
func (l *ledger) Decide(t *rapid.T) {
	switch rapid.IntRange(0, 19).Draw(t, "decision") {
	case 0:
		_ = l.scheme.close("p-manager", "over", l.now)
	case 1, 2:
		_ = l.scheme.Pause("p-manager", "fire")
	case 3, 4, 5, 6, 7, 8:
		_ = l.scheme.Open("p-second")
	case 9, 10, 11:
		budget, cents := l.budget, Cents(rapid.IntRange(1, 60_000).Draw(t, "cents"))
		err := budget.Shrink(cents)
		if (err == nil) != (cents <= l.budget.Unallocated) {
			t.Fatalf("%d cents were removed from %+v: %v", cents, l.budget, err)
		}
		if err == nil {
			l.budget, l.granted = budget, l.granted-cents
		}
	default:
		if l.budget.Grow(10_000) == nil {
			l.granted += 10_000
		}
	}
}

// Wait lets some seconds or weeks pass, beyond the end of the scheme.
func (l *ledger) Wait(t *rapid.T) {
	if rapid.IntRange(0, 14).Draw(t, "leap") == 0 {
		l.now += Number(rapid.IntRange(0, 160*86_400).Draw(t, "seconds"))
	}
	l.now += Number(rapid.IntRange(0, 2*86_400).Draw(t, "seconds"))
}

// CloseDay closes today or an earlier day.
func (l *ledger) CloseDay(t *rapid.T) {
	day := DayOf(l.now - Number(rapid.IntRange(0, 3).Draw(t, "days ago"))*86_400)
	if CheckClosable(day, l.closed, l.now) == nil {
		l.closed = day
	}
}

// EndShop ends a shop.
func (l *ledger) EndShop(t *rapid.T) {
	if rapid.IntRange(0, 9).Draw(t, "end") == 0 {
		_ = l.shops[l.pick(t, "shop", len(l.shops))].End("p-manager", "bankrupt", DayOf(l.now), 30)
	}
}

// AskRefund asks for a refund that has to wait.
func (l *ledger) AskRefund(t *rapid.T) {
	lines, at := l.lines(t), l.pick(t, "payment", len(l.payments))
	p := l.payments[at]
	if l.whyItWaits(p, lines) == "" {
		return
	}
	if p.CheckRefund(lines) == nil {
		l.waiting = append(l.waiting, &Refund{ID: l.id(), Payment: p.ID, Lines: lines, Cents: Total(lines), State: RefundWaiting})
	}
}

func (l *ledger) whyItWaits(p *Payment, lines []Line) WhyItWaits {
	open := slices.ContainsFunc(l.open[p.Shop], func(i Item) bool { return i.ID == p.ID })
	return l.terms.RefundWaits(p, l.shopOf(p), lines, l.booked(), open)
}

// ConfirmRefund confirms or rejects a refund that was asked for, as the person who asked or as another one.
func (l *ledger) ConfirmRefund(t *rapid.T) {
	r := *l.asked[l.pick(t, "refund", len(l.asked))]
	person := rapid.SampledFrom([]string{"WinkelsMSP/p-till", "WinkelsMSP/p-shop", "WinkelsMSP/p-shop"}).Draw(t, "person")
	if rapid.IntRange(0, 4).Draw(t, "decision") == 0 {
		if err := r.RejectAsked(person, "decided"); err != nil {
			t.Fatal(err)
		}
		l.decided(&r)
		return
	}
	if err := r.Confirm(person); (err == nil) != (person != r.AskedBy) {
		t.Fatal(err)
	} else if err != nil {
		return
	}
	at := slices.IndexFunc(l.payments, func(p *Payment) bool { return p.ID == r.Payment })
	of := slices.IndexFunc(l.vouchers, func(v *Voucher) bool { return v.ID == l.payments[at].Voucher })
	payment := *l.payments[at]
	if why := l.whyItWaits(clone(&payment), r.Lines); why != "" {
		if payment.CheckRefund(r.Lines) == nil {
			r.Wait(why)
			l.decided(&r)
			l.waiting = append(l.waiting, &r)
		}
		return
	}
	if taken(l.vouchers, of, func(v *Voucher) error { return r.Return(&payment, v, l.terms, l.now, l.booked()) }) {
		l.decided(&r)
		l.returned(&r, at, &payment)
	}
}

// decided takes a refund off those that were asked for.
func (l *ledger) decided(r *Refund) {
	l.asked = slices.DeleteFunc(l.asked, func(asked *Refund) bool { return asked.ID == r.ID })
}

// returned books a refund that somebody had to agree to.
func (l *ledger) returned(r *Refund, at int, payment *Payment) {
	l.payments[at] = payment
	if r.ConfirmedBy != "" {
		l.confirmed[payment.ID] += r.Cents
	}
	l.giveBack(r.Cents, r.ReturnedTo)
	l.add(payment.Shop, Item{ID: r.ID, Day: r.Day, Cents: -r.Cents})
}

// DecideRefund endorses, approves or rejects a refund that waits.
func (l *ledger) DecideRefund(t *rapid.T) {
	r := l.waiting[l.pick(t, "refund", len(l.waiting))]
	switch rapid.IntRange(0, 3).Draw(t, "decision") {
	case 0, 1:
		_ = r.Endorse("p-clerk")
	case 2:
		_ = r.Reject("p-clerk", "decided")
	}
	at := slices.IndexFunc(l.payments, func(p *Payment) bool { return p.ID == r.Payment })
	of := slices.IndexFunc(l.vouchers, func(v *Voucher) bool { return v.ID == l.payments[at].Voucher })
	payment, decided := *l.payments[at], *r
	clone(&payment)
	if taken(l.vouchers, of, func(v *Voucher) error {
		return decided.Approve("p-manager", &payment, v, l.terms, l.now, l.booked())
	}) {
		*r = decided
		l.returned(r, at, &payment)
	}
}

// Draft drafts a settlement or claims a debt.
func (l *ledger) Draft(t *rapid.T) { l.draft(t, l.shops[l.pick(t, "shop", len(l.shops))]) }

func (l *ledger) draft(t *rapid.T, shop *Shop) (*Settlement, error) {
	found := &Taken{}
	for _, item := range l.open[shop.ID] {
		if item.Day > l.closed {
			break
		}
		if err := found.Add(item); err != nil {
			t.Fatal(err)
		}
	}
	settlement, err := NewSettlement(l.id(), l.scheme, shop, "p-clerk", found, l.closed)
	if err == nil && settlement.IsLive() {
		err = l.terms.CheckDue(found, l.closed, l.scheme, shop)
	} else if err != nil {
		settlement, err = NewReceivable(l.id(), l.scheme, shop, "p-treasurer", "debt", found, l.closed, l.now)
	}
	if err != nil {
		return nil, err
	}
	l.settlements, l.open[shop.ID] = append(l.settlements, settlement), l.open[shop.ID][len(found.Items):]
	l.held[settlement.ID] = found.Items
	if carried := settlement.Carried(); carried != nil {
		l.reopen(shop.ID, *carried)
	}
	return settlement, nil
}

// Settle tries any step on any settlement.
func (l *ledger) Settle(t *rapid.T) {
	s := l.settlements[l.pick(t, "settlement", len(l.settlements))]
	steps := []string{"approve", "withdraw", "export", "paid", "rejected", "returned", "collect", "write off", "reopen"}
	l.settle(t, s, rapid.SampledFrom(steps).Draw(t, "step"))
}

func (l *ledger) settle(t *rapid.T, s *Settlement, step string) {
	reopen := false
	book := func(outcome Step) {
		again, err := s.Book(&Booking{Outcome: outcome, Reason: "bank"}, "p-treasurer")
		reopen = err == nil && again
	}
	switch step {
	case "approve":
		_ = s.Approve("p-manager")
	case "withdraw":
		reopen = s.Withdraw("p-treasurer", "mistake") == nil
	case "export":
		_ = s.Export(l.shops[slices.IndexFunc(l.shops, func(shop *Shop) bool { return shop.ID == s.Shop })], "p-treasurer", "hash", "account")
	case "paid", "rejected", "returned":
		book(Step(step))
	case "collect":
		_ = s.Collect(Cents(rapid.Int64Range(0, 3_000).Draw(t, "collected")), "p-manager", "paid")
	case "write off":
		_ = s.WriteOff("p-manager", "bankrupt")
	case "reopen":
		var received *Cents
		if rapid.Bool().Draw(t, "by mistake") {
			received = pointer(Cents(rapid.Int64Range(0, 1_000).Draw(t, "received")))
		}
		kept, err := s.Reopen(received, "p-manager", "mistake")
		if reopen = err == nil; kept != nil {
			l.reopen(s.Shop, *kept)
		}
	}
	if reopen {
		l.reopen(s.Shop, l.held[s.ID]...)
		delete(l.held, s.ID)
	}
}

// Check holds the three equations against the books, the last of them counted from the payments one by one.
func (l *ledger) Check(t *rapid.T) {
	var total Balance
	for _, v := range l.vouchers {
		if err := v.Check(); err != nil {
			t.Fatal(err)
		}
		if v.Day.Paper < 0 || v.Day.Paper > min(v.Day.Cents, *l.terms.PaperDayCap) {
			t.Fatalf("%d cents by booklet on %s, when all paid is %d", v.Day.Paper, v.Day.Date, v.Day.Cents)
		}
		if v.SelfBlock == "" && v.State == VoucherIsActive && v.HolderBlocked {
			t.Fatal("the block of a holder was forgotten")
		}
		if err := total.Plus(&v.Balance); err != nil {
			t.Fatal(err)
		}
	}
	if err := FirstError(total.Check(), l.budget.Check()); err != nil {
		t.Fatal(err)
	}
	reserved := Cents(0)
	for _, a := range l.allocations {
		reserved += a.Reserved()
	}
	b := l.budget
	if b.Budget != l.granted || b.Issued != total.Issued || b.ToppedUp != total.ToppedUp || b.Lapsed != total.Lapsed || b.Revoked != total.Revoked ||
		b.Allocated != reserved || b.Unallocated < 0 {
		t.Fatalf("the budget is %+v, the vouchers are %+v, %d cents were granted, %d are reserved", b, total, l.granted, reserved)
	}
	spent := map[string]Cents{}
	for _, p := range l.payments {
		if p.RefundedConfirmed != l.confirmed[p.ID] || p.RefundedConfirmed > p.RefundedCents {
			t.Fatalf("two persons agreed to %d cents of payment %+v", l.confirmed[p.ID], p)
		}
		if p.State != PaymentCancelled {
			spent[p.Shop] += p.Cents - p.RefundedCents
		}
		if v := l.vouchers[slices.IndexFunc(l.vouchers, func(v *Voucher) bool { return v.ID == p.Voucher })]; p.State == PaymentHeld && v.Holds[p.ID].Cents != p.Left() {
			t.Fatalf("voucher %+v does not hold what is left of %+v", v, p)
		}
	}
	for _, shop := range l.shops {
		var sums ShopSums
		for _, item := range l.open[shop.ID] {
			sums.Unsettled += item.Cents
		}
		for _, s := range l.settlements {
			if s.Shop == shop.ID {
				sums.Add(s)
			}
		}
		if way := sums.total(); way != spent[shop.ID] {
			t.Fatalf("%d cents were spent at %s, and %d are on their way: %+v", spent[shop.ID], shop.ID, way, sums)
		}
	}
}

func (s *ShopSums) total() Cents {
	return s.Unsettled + s.Drafted + s.Approved + s.Exported + s.Paid + s.Claimed + s.Collected + s.WrittenOff + s.Netted
}

// WindUp ends the town by steps that its rules allow in any state: in the end no voucher has money left, and no shop is owed or owes any.
func (l *ledger) WindUp(t *rapid.T) {
	if l.scheme.State != SchemeClosed {
		if err := l.scheme.close("p-manager", "over", l.now); err != nil {
			t.Fatal(err)
		}
	}
	l.now += 400 * 86_400
	for at, v := range l.vouchers {
		if !taken(l.vouchers, at, l.release) {
			t.Fatalf("a hold of %s stays", v.ID)
		}
		taken(l.vouchers, at, func(v *Voucher) error {
			cents, err := v.Lapse(l.scheme, l.terms, l.now)
			if err != nil {
				return err
			}
			return l.budget.TakeBack(cents, ToLapsed)
		})
		if v := l.vouchers[at]; v.Available != 0 || v.Held != 0 {
			t.Fatalf("voucher %+v has money left", v)
		}
	}
	l.closed = DayOf(l.now)
	for _, s := range l.settlements {
		for _, step := range []string{"approve", "export", "paid", "write off"} {
			l.settle(t, s, step)
		}
	}
	for _, shop := range l.shops {
		for range 3 {
			if len(l.open[shop.ID]) == 0 {
				break
			}
			settlement, err := l.draft(t, shop)
			if err != nil {
				t.Fatal(err)
			}
			for _, step := range []string{"approve", "export", "paid", "write off"} {
				l.settle(t, settlement, step)
			}
		}
		if left := l.open[shop.ID]; len(left) > 0 {
			t.Fatalf("%v stay open at %s", left, shop.ID)
		}
	}
	for _, s := range l.settlements {
		if s.IsLive() {
			t.Fatalf("%+v waits", s)
		}
	}
	l.Check(t)
}

// atLeast sets a flag of rapid that still has its default, until the test ends.
func atLeast(t *testing.T, name, value string) {
	found := flag.Lookup(name)
	if before := found.Value.String(); before == found.DefValue {
		if err := found.Value.Set(value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = found.Value.Set(before) })
	}
}

func TestTheThreeEquationsHoldWhateverHappens(t *testing.T) {
	wanted := sequences
	if os.Getenv(proof) != "" {
		wanted = sequencesOfAProof
	}
	atLeast(t, "rapid.checks", wanted)
	atLeast(t, "rapid.steps", steps)
	rapid.Check(t, func(t *rapid.T) {
		l := newLedger(t)
		t.Repeat(map[string]func(*rapid.T){
			"": l.Check, "pay": l.Pay, "pay again": l.Pay, "pay once more": l.Pay, "refund again": l.Refund, "hold": l.Hold, "capture": l.Capture, "capture part": l.CapturePart, "capture part again": l.CapturePart, "release": l.Release, "cancel": l.Cancel,
			"refund": l.Refund, "allocate": l.Allocate, "withdraw": l.Withdraw, "issue": l.Issue, "top up": l.TopUp, "end": l.End, "turn": l.Turn, "decide": l.Decide, "wait": l.Wait,
			"close day": l.CloseDay, "end shop": l.EndShop, "draft": l.Draft, "settle": l.Settle, "ask refund": l.AskRefund, "decide refund": l.DecideRefund,
			"limit refunds": l.LimitRefunds, "confirm refund": l.ConfirmRefund, "confirm another refund": l.ConfirmRefund,
		})
		l.WindUp(t)
	})
}
