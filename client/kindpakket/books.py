"""The auditor's own books: what a replay of the requests makes of schemes, vouchers, payments, settlements.

Amounts are euro cents, instants Unix seconds, days `YYYY-MM-DD` in Europe/Amsterdam.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from kindpakket.records import Authorisation, Item, Line, Rules

TERMS = ("issued", "topped_up", "spent", "refunded", "cancelled", "held", "available", "lapsed", "revoked")


@dataclass(slots=True)
class Terms:
    """The nine terms of a voucher, or their sums over vouchers."""

    issued: int = 0
    topped_up: int = 0
    spent: int = 0
    refunded: int = 0
    cancelled: int = 0
    held: int = 0
    available: int = 0
    lapsed: int = 0
    revoked: int = 0

    @property
    def net(self) -> int:
        """What stays spent after refunds and cancellations."""
        return self.spent - self.refunded - self.cancelled

    @property
    def balanced(self) -> bool:
        """No term is negative, and what was given is what was used and what is left."""
        given = self.issued + self.topped_up
        used = self.net + self.held + self.available + self.lapsed + self.revoked
        return given == used and min(getattr(self, term) for term in TERMS) >= 0

    def as_members(self) -> dict[str, int]:
        """The terms under the names that the ledger's records give them."""
        return {f"{term}_cents": getattr(self, term) for term in TERMS}

    @classmethod
    def sum(cls, parts: Iterable[Terms]) -> Terms:
        """The sums of several."""
        total = cls()
        for part in parts:
            for term in TERMS:
                setattr(total, term, getattr(total, term) + getattr(part, term))
        return total


@dataclass(slots=True)
class VoucherBook:
    """What became of a voucher."""

    id: str
    entitlement: str
    preset: str
    units: int
    ends_at: int
    terms: Terms
    state: str = "issued"
    by_category: Counter[str] = field(default_factory=Counter)
    day: str = ""
    day_cents: int = 0
    authorisation: Authorisation | None = None
    version: int = 0
    last_page: int = 0
    blocked_from: str = ""
    blocked_by: str = ""


@dataclass(slots=True)
class PaymentBook:
    """What became of a payment."""

    id: str
    scheme: str
    shop: str
    voucher: str
    lines: tuple[Line, ...]
    day: str
    at: int
    proof: dict[str, object]
    state: str = "paid"
    refunded: Counter[str] = field(default_factory=Counter)

    @property
    def cents(self) -> int:
        """What was paid."""
        return sum(line["cents"] for line in self.lines)

    @property
    def refunded_cents(self) -> int:
        """What was refunded so far."""
        return self.refunded.total()


@dataclass(slots=True)
class SettlementBook:
    """What became of a settlement."""

    id: str
    scheme: str
    shop: str
    items: tuple[Item, ...]
    through: str
    drafted_by: str
    state: str = "drafted"
    file_sha256: str = ""

    @property
    def cents(self) -> int:
        """Its net sum."""
        return sum(item["cents"] for item in self.items)


@dataclass(slots=True)
class ShopBook:
    """What became of a shop; `categories` maps a granted category to the day from which on."""

    id: str
    msp: str
    requested: tuple[str, ...]
    state: str = "applied"
    categories: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved between a voucher and a shop.

    Attributes:
        kind: `payment`, `refund` or `cancellation`.
        at: Unix seconds.
        scheme: id of the scheme.
        shop: id of the shop.
        category: what was bought.
        cents: positive for a payment, negative for the others.
    """

    kind: str
    at: int
    scheme: str
    shop: str
    category: str
    cents: int


@dataclass(frozen=True, slots=True)
class ShopStanding:
    """A shop's money under one scheme: net = unsettled + in settlements + paid out."""

    net: int
    unsettled: int
    drafted: int
    approved: int
    exported: int
    paid_out: int

    @property
    def balanced(self) -> bool:
        """Everything that was spent at the shop is somewhere on its way, once."""
        return self.net == self.unsettled + self.drafted + self.approved + self.exported + self.paid_out


@dataclass(slots=True)
class SchemeBook:
    """What became of a scheme. `unsettled` maps a shop to its open items, which map (day, id) to cents."""

    id: str
    rules: Rules
    budget: int
    drafted_by: str
    state: str = "draft"
    closed_until: str = ""
    lapsed: int = 0
    revoked: int = 0
    vouchers: dict[str, VoucherBook] = field(default_factory=dict)
    unsettled: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)

    @property
    def ends_at(self) -> int | None:
        """The instant that the rules give for the end; None when the last day ends it."""
        return self.rules.get("ends_at")

    def terms(self) -> Terms:
        """The sums over all vouchers."""
        return Terms.sum(voucher.terms for voucher in self.vouchers.values())

    def by_category(self) -> dict[str, int]:
        """Net cents by category; only categories that were spent in."""
        total: Counter[str] = Counter()
        for voucher in self.vouchers.values():
            total.update(voucher.by_category)
        return {category: cents for category, cents in sorted(total.items()) if cents}

    def budget_members(self) -> dict[str, int]:
        """The budget under the names that the ledger's record gives its terms."""
        issued = sum(voucher.terms.issued for voucher in self.vouchers.values())
        return {
            "budget_cents": self.budget,
            "issued_cents": issued,
            "topped_up_cents": 0,
            "lapsed_cents": self.lapsed,
            "revoked_cents": self.revoked,
            "unallocated_cents": self.budget - issued + self.lapsed + self.revoked,
        }


@dataclass(slots=True)
class Books:
    """Everything, by id.

    Attributes:
        schemes: the schemes with their vouchers.
        shops: the shops.
        payments: the payments.
        settlements: the settlements.
        movements: every line of every payment, refund and cancellation, in the order of the ledger.
    """

    schemes: dict[str, SchemeBook] = field(default_factory=dict)
    shops: dict[str, ShopBook] = field(default_factory=dict)
    payments: dict[str, PaymentBook] = field(default_factory=dict)
    settlements: dict[str, SettlementBook] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)

    def standing(self, scheme: str, shop: str) -> ShopStanding:
        """Where a shop's money under a scheme is."""
        sums: Counter[str] = Counter()
        for settlement in self.settlements.values():
            if (settlement.scheme, settlement.shop) == (scheme, shop):
                sums[settlement.state] += settlement.cents
        moved = (move.cents for move in self.movements if (move.scheme, move.shop) == (scheme, shop))
        return ShopStanding(
            net=sum(moved),
            unsettled=sum(self.schemes[scheme].unsettled.get(shop, {}).values()),
            drafted=sums["drafted"],
            approved=sums["approved"],
            exported=sums["exported"],
            paid_out=sums["paid"],
        )

    def standings(self) -> dict[tuple[str, str], ShopStanding]:
        """Where the money of every shop is, by scheme and shop."""
        pairs = sorted({(move.scheme, move.shop) for move in self.movements})
        return {pair: self.standing(*pair) for pair in pairs}
