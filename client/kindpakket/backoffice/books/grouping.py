"""How movements become entries: which of them share one, and how entries are numbered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from kindpakket.backoffice.books.chart import COSTS, JOURNALS, Account, Chart, JournalName, Role
from kindpakket.backoffice.books.charts import Charts
from kindpakket.backoffice.books.entries import Entry, EntryLine
from kindpakket.backoffice.books.errors import BooksError
from kindpakket.backoffice.books.periods import Booked, last_day, period_of
from kindpakket.backoffice.books.postings import ORDER, POSTINGS, EntryKind
from kindpakket.ledger.movements import Movement

Grouping = Literal["period", "day", "settlement", "transaction"]
"""What shares an entry, within a scheme and a kind.

A period; a day; a settlement where money moves at the bank or between a shop's accounts, and else a day; or
a transaction, of a batch of payments one payment of it.
"""
_Place = tuple[int, int, str]
"""Block, position, and of a transaction the payment, of which a batch has several."""
_NOWHERE: _Place = (0, 0, "")
_WITH_CATEGORY: frozenset[Role] = frozenset({"costs", "accrued_costs"})
GROUPINGS: tuple[Grouping, ...] = ("period", "day", "settlement", "transaction")


@dataclass(frozen=True, slots=True)
class Accrued:
    """An amount that is accrued.

    Attributes:
        scheme: id of the scheme.
        debit, credit: the roles of the accounts.
        cents: the amount, above 0.
        shop: id of the shop that it is about, or "".
    """

    scheme: str
    debit: Role
    credit: Role
    cents: int
    shop: str = ""

    def reversed(self) -> Accrued:
        """The same the other way round."""
        return Accrued(self.scheme, self.credit, self.debit, self.cents, self.shop)


@dataclass(frozen=True, slots=True, order=True)
class _Key:
    """What entries are ordered by; `day` is the period's last one where a period shares an entry."""

    period: str
    journal: int
    day: str
    late: bool
    order: int
    scheme: str
    place: _Place
    reference: str


@dataclass(frozen=True, slots=True)
class _About:
    """What an amount is about."""

    period: str
    scheme: str
    category: str
    shop: str


@dataclass(slots=True)
class _Group:
    """The amounts of an entry: by role, category and shop, the debits and the credits apart."""

    day: str
    kind: EntryKind
    debits: Counter[tuple[Role, str, str]] = field(default_factory=Counter)
    credits: Counter[tuple[Role, str, str]] = field(default_factory=Counter)


class Groups:
    """Collects amounts, and makes entries of them."""

    def __init__(self, charts: Charts, grouping: Grouping) -> None:
        """Begin without amounts."""
        self._charts = charts
        self._grouping = grouping
        self._groups: dict[_Key, _Group] = {}
        self._needs: set[tuple[str, str, str]] = set()

    def add(self, movement: Movement, booked: Booked) -> None:
        """Add what a movement is in the books."""
        for posting in POSTINGS[movement.kind]:
            reference, place = self._reference(movement, posting.journal)
            group = self._group(posting.journal, movement.kind, movement.scheme, booked, reference, place)
            about = _About(period_of(booked.day), movement.scheme, movement.category, movement.shop)
            self._post(group.debits, posting.debit, about, movement.cents)
            self._post(group.credits, posting.credit, about, movement.cents)

    def accrue(self, kind: EntryKind, day: str, accrued: Accrued) -> None:
        """Add an amount to the accrual of a scheme, or to its reversal."""
        group = self._group("general", kind, accrued.scheme, Booked(day, late=False), "", _NOWHERE)
        about = _About(period_of(day), accrued.scheme, "", accrued.shop)
        self._post(group.debits, accrued.debit, about, accrued.cents)
        self._post(group.credits, accrued.credit, about, accrued.cents)

    def missing(self) -> list[tuple[str, str]]:
        """Schemes and categories for whose costs the mapping has no account."""
        return sorted(
            {
                (scheme, category)
                for period, scheme, category in self._needs
                if self._charts.at(period).costs_account(scheme, category) is None
            }
        )

    def entries(self) -> list[Entry]:
        """The entries, in the order of their periods and journals, numbered within both.

        Raises:
            BooksError: the mapping has no account for what is `missing`.
        """
        numbers: Counter[tuple[str, int]] = Counter()
        entries: list[Entry] = []
        for key in sorted(self._groups):
            group = self._groups[key]
            numbers[key.period, key.journal] += 1
            chart = self._charts.at(key.period)
            journal = chart.journals[JOURNALS[key.journal]]
            entries.append(
                Entry(
                    number=f"{key.period}-{journal.code}-{numbers[key.period, key.journal]:05}",
                    day=group.day,
                    journal=journal,
                    kind=group.kind,
                    scheme=key.scheme,
                    scheme_name=chart.name_of(key.scheme),
                    reference=key.reference,
                    late=key.late,
                    lines=_lines(chart, key.scheme, group),
                )
            )
        return entries

    def _post(self, side: Counter[tuple[Role, str, str]], role: Role, about: _About, cents: int) -> None:
        """Add to a side of an entry; a category or shop counts only where lines differ by it."""
        category = ""
        if role in _WITH_CATEGORY:
            category = about.category
            self._needs.add((about.period, about.scheme, category))
        apart = self._charts.at(about.period).party_of(role, about.shop)
        side[role, category, about.shop if apart else ""] += cents

    def _reference(self, movement: Movement, journal: JournalName) -> tuple[str, _Place]:
        """What an entry is about beside its scheme, kind and day, and its place on the ledger."""
        if self._grouping == "transaction":
            return movement.transaction_id, (movement.block, movement.position, movement.payment)
        if self._grouping == "settlement" and journal in ("bank", "general"):
            return movement.settlement, (movement.block, movement.position, "")
        return "", _NOWHERE

    def _group(
        self,
        journal: JournalName,
        kind: EntryKind,
        scheme: str,
        booked: Booked,
        reference: str,
        place: _Place,
    ) -> _Group:
        period = period_of(booked.day)
        day = last_day(period) if self._grouping == "period" else booked.day
        key = _Key(period, JOURNALS.index(journal), day, booked.late, ORDER[kind], scheme, place, reference)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(booked.day, kind)
        group.day = max(group.day, booked.day)
        return group


def _lines(chart: Chart, scheme: str, group: _Group) -> tuple[EntryLine, ...]:
    """The lines of an entry. Amounts on the same account and side, for the same party, are one line."""
    lines: dict[tuple[bool, Account, str, str, Role], int] = {}
    for is_credit, side in ((False, group.debits), (True, group.credits)):
        for (role, category, shop), cents in side.items():
            account = _account(chart, scheme, role, category)
            centre = chart.cost_centre_of(scheme) if role in COSTS else ""
            party = chart.party_of(role, shop)
            line = is_credit, account, centre, party, role
            lines[line] = lines.get(line, 0) + cents
    return tuple(
        EntryLine(account, role, centre, party, 0 if is_credit else cents, cents if is_credit else 0)
        for (is_credit, account, centre, party, role), cents in sorted(lines.items())
    )


def _account(chart: Chart, scheme: str, role: Role, category: str) -> Account:
    if role not in _WITH_CATEGORY:
        return chart.accounts[role]
    account = chart.costs_account(scheme, category)
    if account is None:
        raise BooksError(
            f"the mapping has no account for the costs of scheme {scheme}, category {category!r}"
        )
    return account
