"""How long shops wait for their money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

from kindpakket.extras import extra
from kindpakket.ledgerview.layout import table
from kindpakket.ledgerview.schema import SQL
from kindpakket.ledgerview.snapshot import Snapshot

with extra("view"):
    from sqlalchemy import and_, func, select

_ITEMS, _SETTLEMENTS = SQL["items"].c, SQL["settlements"].c
_MEDIAN, _NINE_OF_TEN = 50, 90


@dataclass(frozen=True, slots=True)
class Payout:
    """How many days passed from the booking day of a payment to the day on which the bank paid its shop.

    Attributes:
        scheme: the scheme's id.
        paid: how many payments were paid out and not returned.
        median_days: half of them were paid within so many days; None without any.
        nine_of_ten_days: nine of ten were paid within so many days.
        longest_days: the longest wait of them.
        waiting: how many payments have not been paid out.
        waiting_cents: what shops are still owed, net of refunds, in cents; may be below zero.
        oldest: the booking day of the oldest payment that has not been paid out; "" without any.
    """

    scheme: str
    paid: int
    median_days: int | None
    nine_of_ten_days: int | None
    longest_days: int | None
    waiting: int
    waiting_cents: int
    oldest: str

    def as_json(self) -> dict[str, Any]:
        """The members for programs."""
        return {
            "paid_payments": self.paid,
            "median_days": self.median_days,
            "p90_days": self.nine_of_ten_days,
            "longest_days": self.longest_days,
            "waiting_payments": self.waiting,
            "waiting_cents": self.waiting_cents,
            "oldest_waiting_day": self.oldest or None,
        }


def payouts(snapshot: Snapshot, schemes: Sequence[str]) -> Iterator[Payout]:
    """How long shops waited, for each of these schemes."""
    days: dict[str, Counter[int]] = {scheme: Counter() for scheme in schemes}
    for scheme, booked, paid_on, count in snapshot.connection.execute(_paid(snapshot)):
        if scheme in days:
            # A bank's value date may be before the day of a payment that was booked on the next one.
            wait = (date.fromisoformat(paid_on) - date.fromisoformat(booked)).days
            days[scheme][max(wait, 0)] += count
    waits = {row.scheme: row for row in snapshot.connection.execute(_waiting(snapshot, payments=True))}
    owed = {row.scheme: row for row in snapshot.connection.execute(_waiting(snapshot, payments=False))}
    for scheme, waited in days.items():
        yield Payout(
            scheme,
            paid=waited.total(),
            median_days=percentile(waited, _MEDIAN),
            nine_of_ten_days=percentile(waited, _NINE_OF_TEN),
            longest_days=max(waited, default=None),
            waiting=waits[scheme].items if scheme in waits else 0,
            waiting_cents=int(owed[scheme].cents) if scheme in owed else 0,
            oldest=waits[scheme].oldest if scheme in waits else "",
        )


def percentile(counts: Counter[int], percent: int) -> int | None:
    """The least value that is not exceeded by so many percent of what was counted (nearest rank)."""
    wanted = ceil(counts.total() * percent / 100)
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= wanted:
            return value
    return None


def _of_settlement(snapshot: Snapshot) -> Any:
    """The settlement of an item, as at the block. A netting has one id in two schemes."""
    return and_(
        _SETTLEMENTS.id == _ITEMS.settlement,
        _SETTLEMENTS.scheme == _ITEMS.scheme,
        snapshot.within(table("settlements")),
    )


def _paid(snapshot: Snapshot) -> Any:
    """Payments that were paid out, by scheme, booking day and day of payment."""
    kept = (_ITEMS.scheme, _ITEMS.day, _SETTLEMENTS.paid_on)
    return (
        select(*kept, func.count())
        .select_from(SQL["items"].join(SQL["settlements"], _of_settlement(snapshot)))
        .where(
            snapshot.within(table("items")),
            _ITEMS.kind.is_(None),
            _ITEMS.cents > 0,
            _SETTLEMENTS.state == "paid",
        )
        .group_by(*kept)
    )


def _waiting(snapshot: Snapshot, *, payments: bool) -> Any:
    """What has not been paid out: number and oldest day of the payments, or the sum of all items."""
    ended = ("paid", "claimed", "collected", "written-off", "carried")
    chosen = (
        select(
            _ITEMS.scheme,
            func.count().label("items"),
            func.min(_ITEMS.day).label("oldest"),
            func.sum(_ITEMS.cents).label("cents"),
        )
        .select_from(SQL["items"].outerjoin(SQL["settlements"], _of_settlement(snapshot)))
        .where(
            snapshot.within(table("items")), _SETTLEMENTS.state.is_(None) | _SETTLEMENTS.state.not_in(ended)
        )
        .group_by(_ITEMS.scheme)
    )
    return chosen.where(_ITEMS.kind.is_(None), _ITEMS.cents > 0) if payments else chosen
