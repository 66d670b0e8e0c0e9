"""Months as accounting periods, and the day on which the books have a movement.

A day is a calendar day in Europe/Amsterdam, a period a month of such days, `YYYY-MM`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass

from kindpakket.backoffice.books.errors import BooksError
from kindpakket.ledger.days import day_of

_YEAR = re.compile(r"[0-9]{4}")
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Span:
    """The periods from `first` to `last`, both included."""

    first: str
    last: str

    def __contains__(self, period: str) -> bool:
        return self.first <= period <= self.last

    def __str__(self) -> str:
        return self.first if self.first == self.last else f"{self.first} to {self.last}"

    @property
    def year(self) -> str:
        """The year, if all periods are of one; otherwise ""."""
        return self.first[:4] if self.first[:4] == self.last[:4] else ""

    def periods(self) -> list[str]:
        """All periods, in order."""
        found = [self.first]
        while found[-1] < self.last:
            found.append(next_period(found[-1]))
        return found


def read_span(text: str) -> Span:
    """A year (`2026`), a month (`2026-03`), or months from one to another (`2026-01:2026-06`).

    Raises:
        BooksError: it is something else.
    """
    if _YEAR.fullmatch(text):
        return Span(f"{text}-01", f"{text}-12")
    first, _, last = text.partition(":")
    last = last or first
    if not (_MONTH.fullmatch(first) and _MONTH.fullmatch(last)) or last < first or first < "0001":
        raise BooksError(
            f"{text!r} is not a period: write a year (2026), a month (2026-03), or two (2026-01:2026-06)"
        )
    return Span(first, last)


def is_period(text: str) -> bool:
    """Whether a text is a month, `YYYY-MM`."""
    return _MONTH.fullmatch(text) is not None


def period_of(day: str) -> str:
    """The period of a day."""
    return day[:7]


def next_period(period: str) -> str:
    """The period after."""
    year, month = int(period[:4]), int(period[5:])
    return f"{year + 1:04}-01" if month == 12 else f"{year:04}-{month + 1:02}"


def last_day(period: str) -> str:
    """The last day of a period."""
    year, month = int(period[:4]), int(period[5:])
    return f"{period}-{calendar.monthrange(year, month)[1]:02}"


@dataclass(frozen=True, slots=True)
class Booked:
    """Where a movement is in the books.

    Attributes:
        day: the day of its entry.
        late: its own day is in a period that had been closed before it was on the ledger.
    """

    day: str
    late: bool


class BookingDays:
    """On which day movements are booked.

    A movement has the day of its transaction. The ledger's order is not that of these days: a block may have
    transactions of an earlier day than the block before it. So a movement is late when its period was closed
    at an earlier block than its own; it is then booked on the first day after all periods that were closed.
    """

    def __init__(self, closed: Sequence[tuple[str, int]] = ()) -> None:
        """Make it of the closed periods, each with the last block that counted, in order."""
        self._closed = tuple(reversed(closed))
        self._days: dict[int, str] = {}

    def booked(self, time: int, block: int) -> Booked:
        """The day for a movement.

        Args:
            time: its transaction's time, in Unix seconds.
            block: the number of its block.
        """
        own = self._day(time)
        closed = next((period for period, last in self._closed if last < block), "")
        if period_of(own) > closed:
            return Booked(own, late=False)
        return Booked(f"{next_period(closed)}-01", late=True)

    def _day(self, time: int) -> str:
        # Amsterdam has been whole quarters of an hour away from UTC since 1940.
        quarter = time // 900
        day = self._days.get(quarter)
        if day is None:
            day = self._days[quarter] = day_of(time)
        return day
