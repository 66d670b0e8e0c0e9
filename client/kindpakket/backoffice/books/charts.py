"""Charts by period: costs may go to other accounts from a period on, and what was booked before stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from kindpakket.backoffice.books.chart import NAMED, Chart
from kindpakket.backoffice.books.errors import BooksError


@dataclass(frozen=True, slots=True)
class Charts:
    """One chart, or several that follow each other.

    Attributes:
        charts: the charts, the earliest first.
    """

    charts: tuple[Chart, ...]

    @classmethod
    def of(cls, charts: Iterable[Chart]) -> Charts:
        """Put charts in the order of their periods.

        Accounts of the balance sheet, accounts off it, and journals must be the same in all of them: what is
        on such an account would otherwise stay there.

        Raises:
            BooksError: two begin with the same period, or differ in such an account or journal.
        """
        ordered = tuple(sorted(charts, key=lambda chart: chart.starts))
        if not ordered:
            raise BooksError("give a mapping")
        problems: list[str] = []
        for before, after in pairwise(ordered):
            if before.starts == after.starts:
                problems.append(
                    f"two mappings begin with {after.starts or 'the first period'}: give one `from`"
                )
            for role in NAMED:
                old, new = before.accounts[role].code, after.accounts[role].code
                if old != new and role != "write_offs":
                    problems.append(
                        f"{role} is {old} before {after.starts} and {new} from then on: it must stay the same"
                    )
            for name, journal in before.journals.items():
                if journal != after.journals[name]:
                    problems.append(f"the journal {name} changes with {after.starts}: it must stay the same")
        if problems:
            raise BooksError("the mappings do not follow each other:" + "".join(f"\n  {p}" for p in problems))
        return cls(ordered)

    @property
    def newest(self) -> Chart:
        """The last chart."""
        return self.charts[-1]

    def at(self, period: str) -> Chart:
        """The chart for a period; before the first one begins, the first one."""
        return next((chart for chart in reversed(self.charts) if chart.starts <= period), self.charts[0])
