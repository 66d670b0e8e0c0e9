"""Who buys what where, and what is brought back: drawn with a seed, within every limit of the scheme."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Literal, TypeVar

from kindpakket.ledger.records import Line
from kindpakket_demo.schemes import CATEGORY_CAPS, PAPER_CAP_CENTS
from kindpakket_demo.town import Store
from kindpakket_demo.wallets import PAGES

How = Literal["pay", "hold"]
_Due = TypeVar("_Due")

LEAST_CENTS = 200
_MEDIAN_CENTS = 2_000
_SPREAD = 0.6
_HELD = 0.02
_CANCELLED = 0.005
_RETURNED = 0.02
_LONGEST_HOLD_DAYS = 6
_LONGEST_RETURN_DAYS = 14
# A shop's share of the customers falls with its place in the row, as those of real shops do.
_POPULARITY = 0.8


@dataclass(slots=True)
class Purse:
    """What a child's voucher can still pay.

    Attributes:
        on_paper: whether it is paid from with the pages of a booklet.
        available: cents.
        by_category: cents spent, by category.
        pages: how many pages are left.
    """

    on_paper: bool
    available: int
    by_category: dict[str, int] = field(default_factory=dict)
    pages: int = PAGES

    def room(self, category: str) -> int:
        """The cents that one payment in a category may have."""
        cap = CATEGORY_CAPS.get(category, self.available)
        room = min(self.available, cap - self.by_category.get(category, 0))
        return min(room, PAPER_CAP_CENTS) if self.on_paper else room

    def move(self, lines: Sequence[Line], sign: int) -> None:
        """Count lines as spent with +1, as given back with -1."""
        for line in lines:
            self.available -= sign * line["cents"]
            spent = self.by_category.get(line["category"], 0)
            self.by_category[line["category"]] = spent + sign * line["cents"]


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase, and what becomes of it.

    Attributes:
        number: its place in the year, from 0.
        child: whose voucher pays, by place.
        shop: where, by place.
        lines: what for.
        how: paid at once, or held first and captured in full later.
        cancelled: whether the shop cancels it on the same day.
    """

    number: int
    child: int
    shop: int
    lines: list[Line]
    how: How
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Day:
    """What happens on a day: first what was held is captured, and what is brought back refunded."""

    day: date
    captures: list[Purchase]
    refunds: list[tuple[Purchase, list[Line]]]
    purchases: list[Purchase]


class Shopping:
    """The year's purchases. A voucher buys once a day at most, so that no two payments meet."""

    def __init__(self, purses: Sequence[Purse], shops: Sequence[Store], seed: int) -> None:
        """Draw with a seed; the purses are counted down as the days are asked for."""
        self._purses = purses
        self._shops = shops
        self._random = Random(seed)
        self._weights = list(accumulate((place + 1) ** -_POPULARITY for place in range(len(shops))))
        self._captures: dict[date, list[Purchase]] = {}
        self._refunds: dict[date, list[tuple[Purchase, list[Line]]]] = {}
        self._number = 0

    def year(self, days: Sequence[date], counts: Sequence[int]) -> Iterator[Day]:
        """The days in their order, each with as many purchases as the vouchers' money allows.

        What falls due after the last day is due on the last day.
        """
        for day, count in zip(days, counts, strict=True):
            last = day == days[-1]
            captures = _due(self._captures, day, all_of_them=last)
            refunds = _due(self._refunds, day, all_of_them=last)
            for purchase, lines in refunds:
                self._purses[purchase.child].move(lines, -1)
            busy = {purchase.child for purchase in captures} | {purchase.child for purchase, _ in refunds}
            yield Day(day, captures, refunds, self._purchases(day, count, busy, days[-1]))

    def _purchases(self, day: date, count: int, busy: set[int], last: date) -> list[Purchase]:
        free = [child for child in range(len(self._purses)) if child not in busy and self._can_buy(child)]
        found = []
        for child in self._random.sample(free, min(count, len(free))):
            if purchase := self._purchase(child, day, last):
                found.append(purchase)
        return found

    def _can_buy(self, child: int) -> bool:
        purse = self._purses[child]
        return purse.available >= LEAST_CENTS and (not purse.on_paper or purse.pages > 0)

    def _purchase(self, child: int, day: date, last: date) -> Purchase | None:
        purse, random = self._purses[child], self._random
        shop = random.choices(range(len(self._shops)), cum_weights=self._weights)[0]
        category = random.choice(self._shops[shop].categories)
        cents = min(round(_MEDIAN_CENTS * random.lognormvariate(0, _SPREAD)), purse.room(category))
        if cents < LEAST_CENTS:
            return None
        lines: list[Line] = [{"category": category, "cents": cents}]
        held = random.random() < _HELD and day < last
        cancelled = not held and random.random() < _CANCELLED
        purchase = Purchase(self._number, child, shop, lines, "hold" if held else "pay", cancelled)
        self._number += 1
        purse.pages -= purse.on_paper
        if not cancelled:
            purse.move(lines, 1)
        if held:
            due = min(day + timedelta(random.randint(1, _LONGEST_HOLD_DAYS)), last)
            self._captures.setdefault(due, []).append(purchase)
        elif not cancelled and random.random() < _RETURNED and day < last:
            due = min(day + timedelta(random.randint(1, _LONGEST_RETURN_DAYS)), last)
            back: list[Line] = [{"category": category, "cents": random.choice((cents, max(1, cents // 3)))}]
            self._refunds.setdefault(due, []).append((purchase, back))
        return purchase


def _due(waiting: dict[date, list[_Due]], day: date, *, all_of_them: bool) -> list[_Due]:
    days = sorted(waiting) if all_of_them else [day]
    return [due for each in days for due in waiting.pop(each, [])]
