"""The auditor's own books: schemes, vouchers, payments and settlements, recomputed from the requests.

Amounts are euro cents, instants Unix seconds, days `YYYY-MM-DD` in Europe/Amsterdam.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, MutableMapping, MutableSet, Sequence
from dataclasses import dataclass, field
from typing import Protocol, overload

from kindpakket.auditor.books.allocations import AllocationBook
from kindpakket.auditor.books.decisions import DecisionBook, expiry
from kindpakket.auditor.books.organisations import OrganisationBook
from kindpakket.auditor.books.payments import PaymentBook, RefundBook, SettlementBook, total
from kindpakket.auditor.books.schemes import ChangeBook, SchemeBook, agreed, end_of, is_layout_1
from kindpakket.auditor.books.shops import ErasureBook, ShopBook
from kindpakket.auditor.books.terms import TERMS, Terms
from kindpakket.auditor.books.vouchers import HOLDER, VoucherBook, amounts
from kindpakket.ledger.records import Line, Organisations

__all__ = [
    "HOLDER",
    "TERMS",
    "AllocationBook",
    "Books",
    "ChangeBook",
    "DecisionBook",
    "ErasureBook",
    "Movement",
    "Movements",
    "OrganisationBook",
    "PaymentBook",
    "RefundBook",
    "SchemeBook",
    "SettlementBook",
    "ShopBalance",
    "ShopBook",
    "Terms",
    "VoucherBook",
    "agreed",
    "amounts",
    "end_of",
    "expiry",
    "is_layout_1",
    "total",
]


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved between a voucher and a shop.

    Attributes:
        kind: `payment`, `refund` or `cancellation`; a captured hold is a payment.
        at: the transaction's timestamp, in Unix seconds.
        scheme: id of the scheme.
        shop: id of the shop.
        category: code of the category.
        cents: positive for a payment, negative for a refund or cancellation.
    """

    kind: str
    at: int
    scheme: str
    shop: str
    category: str
    cents: int


class Movements(Protocol):
    """All movements, in the order of the ledger: a list, or rows of a file."""

    def extend(self, movements: Iterable[Movement], /) -> None:
        """Add movements."""

    def __len__(self) -> int:
        """How many there are."""

    def __iter__(self) -> Iterator[Movement]:
        """Each of them, the first one first."""

    @overload
    def __getitem__(self, index: int, /) -> Movement: ...
    @overload
    def __getitem__(self, index: slice, /) -> list[Movement]: ...


@dataclass(frozen=True, slots=True)
class ShopBalance:
    """A shop's money under one scheme, in cents.

    net = unsettled + in settlements + paid out + receivables + netted. Below zero may be only `net`,
    `unsettled`, `netted`, what nettings moved to other schemes, and the receivables, which are `claimed`,
    `collected` or `written_off`.
    """

    net: int
    unsettled: int
    drafted: int
    approved: int
    exported: int
    paid_out: int
    claimed: int
    collected: int
    written_off: int
    netted: int

    @property
    def receivables(self) -> int:
        """What the shop owed for good, collected or not, in cents; zero or below."""
        return self.claimed + self.collected + self.written_off

    @property
    def balanced(self) -> bool:
        """Whether everything spent at the shop is accounted for, once."""
        live = self.drafted + self.approved + self.exported + self.paid_out
        return self.net == self.unsettled + live + self.receivables + self.netted


@dataclass(slots=True)
class Books:
    """Everything, by id.

    Attributes:
        organisations: the MSP ids that were named at first, by role or as ended; None before that.
        later_organisations: organisations proposed after that, by MSP id.
        layout: the layout of the ledger, as far as the requests so far tell.
        schemes: the schemes with their vouchers and changes.
        entitlements: maps an entitlement to the voucher issued for it.
        bindings: maps the digest of a key or booklet to the voucher that was first bound to it.
        shops: the shops.
        payments: the payments, holds included.
        refunds: all refunds, those that wait included.
        settlements: the settlements, receivables included.
        erasures: orders to purge private records.
        decisions: decisions of two persons.
        voided: ids of void requests, which must not be committed.
        movements: every line of every payment, refund and cancellation, in the order of the ledger.
        net: the sums of those lines, in cents, by scheme and shop.
    """

    organisations: Organisations | None = None
    later_organisations: MutableMapping[str, OrganisationBook] = field(default_factory=dict)
    layout: int = 1
    schemes: MutableMapping[str, SchemeBook] = field(default_factory=dict)
    entitlements: MutableMapping[str, str] = field(default_factory=dict)
    bindings: MutableMapping[str, str] = field(default_factory=dict)
    shops: MutableMapping[str, ShopBook] = field(default_factory=dict)
    payments: MutableMapping[str, PaymentBook] = field(default_factory=dict)
    refunds: MutableMapping[str, RefundBook] = field(default_factory=dict)
    settlements: MutableMapping[str, SettlementBook] = field(default_factory=dict)
    erasures: MutableMapping[str, ErasureBook] = field(default_factory=dict)
    decisions: MutableMapping[str, DecisionBook] = field(default_factory=dict)
    voided: MutableSet[str] = field(default_factory=set)
    movements: Movements = field(default_factory=list[Movement])
    net: MutableMapping[tuple[str, str], int] = field(default_factory=dict)

    def organisations_in_force(self) -> Organisations | None:
        """The first organisations and the approved later ones, now; None before the first are named."""
        if self.organisations is None:
            return None
        later = sorted((book.id, book.kind) for book in self.later_organisations.values() if book.approved)
        return {
            "municipality": self.organisations["municipality"],
            "shops": self.organisations["shops"] + [msp for msp, kind in later if kind == "shops"],
            "auditors": self.organisations["auditors"] + [msp for msp, kind in later if kind == "auditors"],
            "ended": self.organisations.get("ended", [])
            + sorted(book.id for book in self.later_organisations.values() if book.ended),
        }

    def move(self, kind: str, at: int, payment: PaymentBook, lines: Sequence[Line]) -> None:
        """Record what a payment, refund or cancellation moves; only a payment is positive."""
        sign = 1 if kind == "payment" else -1
        moved = [
            Movement(kind, at, payment.scheme, payment.shop, line["category"], sign * line["cents"])
            for line in lines
        ]
        self.movements.extend(moved)
        place = payment.scheme, payment.shop
        self.net[place] = self.net.get(place, 0) + sum(move.cents for move in moved)

    def shop_balance(self, scheme: str, shop: str) -> ShopBalance:
        """A shop's money under a scheme."""
        return self.shop_balances()[scheme, shop]

    def shop_balances(self) -> dict[tuple[str, str], ShopBalance]:
        """The money of every shop, by scheme and shop."""
        sums: Counter[tuple[str, str, str]] = Counter()
        for settlement in self.settlements.values():
            received = settlement.collected_cents
            sums[settlement.scheme, settlement.shop, settlement.state] += settlement.cents + received
            sums[settlement.scheme, settlement.shop, "collected"] -= received
        return {
            (scheme.id, shop): ShopBalance(
                net=self.net.get((scheme.id, shop), 0),
                unsettled=scheme.unsettled_cents(shop),
                drafted=sums[scheme.id, shop, "drafted"],
                approved=sums[scheme.id, shop, "approved"],
                exported=sums[scheme.id, shop, "exported"],
                paid_out=sums[scheme.id, shop, "paid"],
                claimed=sums[scheme.id, shop, "claimed"],
                collected=sums[scheme.id, shop, "collected"],
                written_off=sums[scheme.id, shop, "written-off"],
                netted=sums[scheme.id, shop, "netted"],
            )
            for scheme in self.schemes.values()
            for shop in self.shops
        }
