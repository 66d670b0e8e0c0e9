"""Amounts and units that are far from the others' in a file."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator

from kindpakket.backoffice.intake.findings import Finding, Reason

FACTOR = 3
"""A value is far from the others if it is more than this many times their median, or less than the median
divided by it. It is meant for slips such as a misplaced comma. Values are compared within their preset only.
"""
AT_LEAST = 10
"""How many values there must be for a median to say something."""


class Spread:
    """Remembers a column's values, and knows at the end which are far from the others with their preset."""

    def __init__(self, column: int, what: str) -> None:
        """Remember nothing yet.

        Args:
            column: the place of the column.
            what: what the values are called in the sentence, such as `amount`.
        """
        self._column = column
        self._counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._presets: dict[str, int] = {}
        self._values = array("Q")
        self._groups = array("I")
        self._rows = array("I")
        self._lines = array("I")
        self._reason = Reason(
            "FAR_FROM_OTHERS",
            f"is more than {FACTOR} times the usual {what} of this preset, or less than a third: compare it",
            "notice",
        )

    def add(self, value: int, preset: str, row: int, line: int) -> None:
        """Remember a value, which is above zero, and where it is."""
        self._counts[preset][value] += 1
        self._values.append(value)
        self._groups.append(self._presets.setdefault(preset, len(self._presets)))
        self._rows.append(row)
        self._lines.append(line)

    def findings(self) -> Iterator[Finding]:
        """Each value that is far from the others."""
        medians = [_median(self._counts[preset]) for preset in self._presets]
        for value, group, row, line in zip(self._values, self._groups, self._rows, self._lines, strict=True):
            median = medians[group]
            if median and not median <= value * FACTOR <= median * FACTOR * FACTOR:
                yield Finding(row, line, self._column, self._reason)


def _median(counts: Counter[int]) -> int:
    """The lower median; 0 if there are too few values."""
    total = counts.total()
    if total < AT_LEAST:
        return 0
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen * 2 >= total:
            break
    return value
