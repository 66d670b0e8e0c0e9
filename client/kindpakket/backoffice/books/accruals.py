"""What is accrued at 31 December and reversed on 1 January."""

from __future__ import annotations

from collections import Counter

from kindpakket.backoffice.books.charts import Charts
from kindpakket.backoffice.books.grouping import Accrued, Groups
from kindpakket.backoffice.books.postings import POSTINGS, UNSETTLED
from kindpakket.ledger.movements import Movement

_WHOLE = 10_000


class Accruals:
    """Collects what accruals are made of, by the day on which it is booked."""

    def __init__(self, charts: Charts) -> None:
        """Begin without amounts."""
        self._charts = charts
        self._unsettled: Counter[tuple[str, str, str]] = Counter()
        self._spendable: Counter[tuple[str, str]] = Counter()

    def add(self, movement: Movement, day: str) -> None:
        """Add a movement, which is booked on a day."""
        year = day[:4]
        sign = UNSETTLED.get(movement.kind, 0)
        if sign:
            self._unsettled[year, movement.scheme, movement.shop] += sign * movement.cents
        for posting in POSTINGS[movement.kind]:
            if posting.journal == "commitments":
                committed = movement.cents if posting.credit == "commitments" else -movement.cents
                self._spendable[year, movement.scheme] += committed

    def book(self, groups: Groups, through: str) -> None:
        """Book the accruals of all years that are over on a day, and their reversals.

        Args:
            groups: gets them.
            through: the last day of the books.
        """
        years = {year for year, *_ in (*self._unsettled, *self._spendable)}
        if not years:
            return
        for number in range(int(min(years)), int(through[:4]) + 1):
            year = f"{number:04}"
            if f"{year}-12-31" > through:
                return
            first = f"{number + 1:04}-01-01"
            for accrued in self._at_the_end_of(year):
                groups.accrue("accrual", f"{year}-12-31", accrued)
                if first <= through:
                    groups.accrue("accrual_reversed", first, accrued.reversed())

    def _at_the_end_of(self, year: str) -> list[Accrued]:
        """What is accrued at the end of a year."""
        found: list[Accrued] = []
        chart = self._charts.at(f"{year}-12")
        if chart.accrue_unsettled:
            shops: Counter[tuple[str, str]] = Counter()
            for (other, scheme, shop), cents in self._unsettled.items():
                if other <= year:
                    shops[scheme, shop] += cents
            # What one shop owes does not reduce what another one is owed.
            for (scheme, shop), cents in shops.items():
                if cents > 0:
                    found.append(Accrued(scheme, "payables", "accrued_liabilities", cents, shop))
                elif cents < 0:
                    found.append(Accrued(scheme, "accrued_assets", "payables", -cents, shop))
        spendable: Counter[str] = Counter()
        for (other, scheme), cents in self._spendable.items():
            if other <= year:
                spendable[scheme] += cents
        for scheme, cents in spendable.items():
            # Half a cent is rounded up.
            used = (cents * chart.expected_use_of(scheme) + _WHOLE // 2) // _WHOLE
            if used > 0:
                found.append(Accrued(scheme, "accrued_costs", "accrued_liabilities", used))
        return found
