"""A town whose vouchers, payments and settlements move money as the ledger allows, for tests of the books.

It keeps sums of its own, apart from those of the books. Every choice comes from a random generator, so a seed
is a history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from kindpakket.backoffice.books.books import Books, keep_books
from kindpakket.backoffice.books.chart import Chart
from kindpakket.backoffice.books.charts import Charts
from kindpakket.backoffice.books.closings import Closings
from kindpakket.backoffice.books.grouping import Grouping
from kindpakket.backoffice.books.source import Position
from kindpakket.ledger.days import first_instant
from kindpakket.ledger.movements import Movement, MovementKind

CATEGORIES = ("books", "clothes", "sport")
HOUR = 3600


def an_id(number: int) -> str:
    """An id as the ledger makes them."""
    return f"{number:032x}"


SCHEMES = (an_id(0xA1), an_id(0xA2))
SHOPS = tuple(an_id(0x50 + number) for number in range(3))


@dataclass
class Voucher:
    scheme: str
    id: str
    available: int = 0
    ended: MovementKind | None = None
    holds: list[int] = field(default_factory=list)


@dataclass
class Payment:
    voucher: Voucher
    shop: str
    id: str
    category: str
    left: int


@dataclass
class Settlement:
    scheme: str
    shop: str
    id: str
    cents: int
    state: str
    recovered: int = 0


@dataclass
class Sums:
    """What a scheme should come to."""

    committed: int = 0
    spent: int = 0
    payable: int = 0
    receivable: int = 0
    bank: int = 0


class Town:
    """Movements in the order of the ledger, and the sums that they should come to."""

    def __init__(self, seed: int, first_day: str = "2025-11-20", hours: int = 60) -> None:
        """Begin on a day; steps are up to so many hours apart."""
        self.random = Random(seed)
        self.time = first_instant(first_day)
        self.hours = hours
        self.block = 0
        self.position = 0
        self.line = 0
        self.ids = 0x1000
        self.movements: list[Movement] = []
        self.vouchers: list[Voucher] = []
        self.payments: list[Payment] = []
        self.settlements: list[Settlement] = []
        self.unsettled: Counter[tuple[str, str]] = Counter()
        self.sums = {scheme: Sums() for scheme in SCHEMES}

    def live(self, steps: int) -> Town:
        """Do so many things, of those that are possible."""
        doings = [self.issue, self.pay, self.pay, self.hold, self.capture, self.refund, self.cancel]
        doings += [self.end, self.draft, self.draft, self.step, self.step, self.step, self.claim]
        doings += [self.receivable, self.net]
        for _ in range(steps):
            self.next_transaction()
            self.random.choice(doings)()
        return self

    def next_transaction(self) -> None:
        self.line = 0
        self.position += 1
        if self.random.random() < 0.6:
            self.block += self.random.randint(1, 3)
            self.position = 0
        self.time += self.random.randint(0, self.hours) * HOUR

    def move(
        self,
        kind: MovementKind,
        scheme: str,
        cents: int,
        *,
        voucher: str = "",
        shop: str = "",
        payment: str = "",
        settlement: str = "",
        category: str = "",
    ) -> None:
        # Blocks are not in the order of their transactions' times.
        late = self.random.choice((0, 0, 0, 1, 30)) * HOUR
        self.movements.append(
            Movement(
                block=self.block,
                position=self.position,
                line=self.line,
                transaction_id=f"{self.block:032x}{self.position:032x}",
                time=self.time - late,
                kind=kind,
                scheme=scheme,
                cents=cents,
                voucher=voucher,
                shop=shop,
                payment=payment,
                settlement=settlement,
                category=category,
            )
        )
        self.line += 1

    def new_id(self) -> str:
        self.ids += 1
        return an_id(self.ids)

    def issue(self) -> None:
        scheme = self.random.choice(SCHEMES)
        cents = self.random.randint(1, 30_000)
        again = [voucher for voucher in self.vouchers if voucher.scheme == scheme and not voucher.ended]
        if again and self.random.random() < 0.3:
            voucher, kind = self.random.choice(again), "topped_up"
        else:
            voucher, kind = Voucher(scheme, self.new_id()), "issued"
            self.vouchers.append(voucher)
        voucher.available += cents
        self.sums[scheme].committed += cents
        self.move("topped_up" if kind == "topped_up" else "issued", scheme, cents, voucher=voucher.id)

    def pay(self) -> None:
        voucher = self.a_voucher()
        if voucher is not None:
            self.spend(
                voucher, self.random.randint(1, voucher.available), self.random.choice(SHOPS), self.new_id()
            )

    def spend(self, voucher: Voucher, cents: int, shop: str, payment: str) -> None:
        """Spend in one category or two."""
        parts = [cents]
        if cents > 1 and self.random.random() < 0.3:
            part = self.random.randint(1, cents - 1)
            parts = [part, cents - part]
        for part, category in zip(parts, self.random.sample(CATEGORIES, len(parts)), strict=True):
            voucher.available -= part
            self.unsettled[voucher.scheme, shop] += part
            self.payments.append(Payment(voucher, shop, payment, category, part))
            sums = self.sums[voucher.scheme]
            sums.committed -= part
            sums.spent += part
            sums.payable += part
            about = {"voucher": voucher.id, "shop": shop, "payment": payment, "category": category}
            self.move("spent", voucher.scheme, part, **about)

    def hold(self) -> None:
        voucher = self.a_voucher()
        if voucher is not None:
            cents = self.random.randint(1, voucher.available)
            voucher.available -= cents
            voucher.holds.append(cents)
            self.move("held", voucher.scheme, cents, voucher=voucher.id)

    def capture(self) -> None:
        holding = [voucher for voucher in self.vouchers if voucher.holds]
        if not holding:
            return
        voucher = self.random.choice(holding)
        cents = voucher.holds.pop()
        captured = self.random.randint(0, cents)
        voucher.available += cents
        if captured:
            self.move("captured", voucher.scheme, captured, voucher=voucher.id)
            self.spend(voucher, captured, self.random.choice(SHOPS), self.new_id())
        if cents - captured:
            self.move("released", voucher.scheme, cents - captured, voucher=voucher.id)

    def refund(self) -> None:
        paid = [payment for payment in self.payments if payment.left]
        if paid:
            payment = self.random.choice(paid)
            self.give_back("refunded", payment, self.random.randint(1, payment.left))

    def cancel(self) -> None:
        paid = [payment for payment in self.payments if payment.left and not payment.voucher.ended]
        if paid:
            payment = self.random.choice(paid)
            self.give_back("cancelled", payment, payment.left)

    def give_back(self, kind: MovementKind, payment: Payment, cents: int) -> None:
        voucher = payment.voucher
        payment.left -= cents
        self.unsettled[voucher.scheme, payment.shop] -= cents
        sums = self.sums[voucher.scheme]
        sums.spent -= cents
        sums.payable -= cents
        about = {"voucher": voucher.id, "shop": payment.shop, "payment": payment.id}
        self.move(kind, voucher.scheme, cents, category=payment.category, **about)
        if voucher.ended:
            self.move(voucher.ended, voucher.scheme, cents, voucher=voucher.id)
        else:
            voucher.available += cents
            sums.committed += cents

    def end(self) -> None:
        live = [voucher for voucher in self.vouchers if not voucher.ended and not voucher.holds]
        if not live or self.random.random() < 0.5:
            return
        voucher = self.random.choice(live)
        kinds: tuple[MovementKind, ...] = ("lapsed", "revoked")
        voucher.ended = kind = self.random.choice(kinds)
        cents, voucher.available = voucher.available, 0
        self.sums[voucher.scheme].committed -= cents
        if cents:
            self.move(kind, voucher.scheme, cents, voucher=voucher.id)

    def draft(self) -> None:
        self.take("drafted", 1)

    def claim(self) -> None:
        self.take("claimed", -1)

    def take(self, kind: MovementKind, sign: int) -> None:
        places = [place for place, cents in sorted(self.unsettled.items()) if cents * sign > 0]
        if not places:
            return
        scheme, shop = self.random.choice(places)
        cents = self.unsettled.pop((scheme, shop)) * sign
        settlement = Settlement(scheme, shop, self.new_id(), cents, kind)
        self.settlements.append(settlement)
        if kind == "claimed":
            self.sums[scheme].payable += cents
            self.sums[scheme].receivable += cents
        self.settle(settlement, kind, cents)

    def step(self) -> None:
        """Take a settlement a step further, or back."""
        after: dict[str, tuple[MovementKind, ...]] = {
            "drafted": ("approved", "approved", "withdrawn"),
            "approved": ("exported", "exported", "withdrawn"),
            "exported": ("paid", "paid", "rejected"),
            "paid": ("returned",),
        }
        open_ones = [settlement for settlement in self.settlements if settlement.state in after]
        if not open_ones:
            return
        settlement = self.random.choice(open_ones)
        kind = self.random.choice(after[settlement.state])
        sums = self.sums[settlement.scheme]
        if kind == "paid":
            sums.payable -= settlement.cents
            sums.bank -= settlement.cents
        elif kind == "returned":
            sums.payable += settlement.cents
            sums.bank += settlement.cents
        if kind in ("withdrawn", "rejected", "returned"):
            self.unsettled[settlement.scheme, settlement.shop] += settlement.cents
        settlement.state = kind
        self.settle(settlement, kind, settlement.cents)

    def receivable(self) -> None:
        """Recover a receivable, give it up, or reopen it."""
        claims = [claim for claim in self.settlements if claim.state in ("claimed", "written_off")]
        if not claims:
            return
        claim = self.random.choice(claims)
        sums = self.sums[claim.scheme]
        left = claim.cents - claim.recovered
        doing = self.random.choice(("recover", "write off", "reopen"))
        if doing == "recover" and claim.state == "claimed" and left:
            cents = self.random.randint(1, left)
            claim.recovered += cents
            sums.receivable -= cents
            sums.bank += cents
            self.settle(claim, "recovered", cents)
        elif doing == "write off" and claim.state == "claimed" and left:
            claim.state = "written_off"
            sums.receivable -= left
            self.settle(claim, "written_off", left)
        elif doing == "reopen":
            self.reopen(claim, sums, left)

    def reopen(self, claim: Settlement, sums: Sums, left: int) -> None:
        reversed_cents = self.random.randint(0, claim.recovered)
        if claim.state == "written_off":
            sums.receivable += left
            self.settle(claim, "write_off_reversed", left)
        claim.recovered -= reversed_cents
        if reversed_cents:
            sums.receivable += reversed_cents
            sums.bank -= reversed_cents
            self.settle(claim, "recovery_reversed", reversed_cents)
        claim.state = "reopened"
        if left + reversed_cents:
            sums.receivable -= left + reversed_cents
            sums.payable -= left + reversed_cents
            self.unsettled[claim.scheme, claim.shop] -= left + reversed_cents
            self.settle(claim, "claim_reopened", left + reversed_cents)

    def net(self) -> None:
        for shop in SHOPS:
            for debtor, creditor in (SCHEMES, SCHEMES[::-1]):
                cents = min(-self.unsettled[debtor, shop], self.unsettled[creditor, shop])
                if cents > 0:
                    self.unsettled[debtor, shop] += cents
                    self.unsettled[creditor, shop] -= cents
                    self.sums[debtor].payable += cents
                    self.sums[creditor].payable -= cents
                    netting = self.new_id()
                    self.move("netted_in", debtor, cents, shop=shop, settlement=netting)
                    self.move("netted_out", creditor, cents, shop=shop, settlement=netting)
                    return

    def settle(self, settlement: Settlement, kind: MovementKind, cents: int) -> None:
        self.move(kind, settlement.scheme, cents, shop=settlement.shop, settlement=settlement.id)

    def a_voucher(self) -> Voucher | None:
        spendable = [voucher for voucher in self.vouchers if voucher.available and not voucher.ended]
        return self.random.choice(spendable) if spendable else None


@dataclass(frozen=True)
class Movements:
    """Movements as a source."""

    made: list[Movement]
    channel: str = "zuidhorn"

    def position(self, until_block: int | None = None) -> Position:
        last = self.made[-1].block if self.made else 0
        block = last if until_block is None else until_block
        return Position(self.channel, block, f"{block:064x}")

    def movements(self, until_block: int | None = None) -> Iterator[Movement]:
        return (m for m in self.made if until_block is None or m.block <= until_block)


def keep(
    source: Movements,
    *charts: Chart,
    grouping: Grouping = "period",
    until_block: int | None = None,
    closings: Closings | None = None,
    through: str = "",
) -> Books:
    """Books with these charts."""
    return keep_books(
        source,
        Charts.of(charts),
        grouping=grouping,
        until_block=until_block,
        closings=closings,
        through=through,
    )
