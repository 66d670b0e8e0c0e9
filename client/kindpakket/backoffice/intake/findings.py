"""What a check of a file found: errors and notices, each with its cell, and never with a personal value."""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "notice"]
"""An error keeps the file from being used; a notice says how a cell was read, or what looks odd."""
_WHOLE_ROW = -1


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a cell, a row or a column is pointed out.

    Attributes:
        code: what programs recognise it by, such as `BSN_SCIENTIFIC`.
        text: a sentence that contains nothing of the cell; `{number}` is replaced by the finding's number.
        severity: error or notice.
        whole: the text is a whole sentence; otherwise it goes on from the column's name, as `is empty` does.
    """

    code: str
    text: str
    severity: Severity = "error"
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason at one place of the file.

    Attributes:
        row: the row as a spreadsheet program numbers it, from 1.
        line: the line of the file in a text editor; of a spreadsheet the row.
        column: the column, from 0; None: the whole row.
        reason: the reason.
        number: another row, a count, or nothing, as the reason's text says.
    """

    row: int
    line: int
    column: int | None
    reason: Reason
    number: int = 0

    @property
    def address(self) -> str:
        """The cell as a spreadsheet program calls it, such as `C5`; of a whole row its number."""
        return str(self.row) if self.column is None else f"{letters(self.column)}{self.row}"

    @property
    def text(self) -> str:
        """The reason as a sentence."""
        return self.reason.text.replace("{number}", str(self.number))


@dataclass(frozen=True, slots=True)
class Group:
    """All findings with one reason in one column.

    Attributes:
        reason: the reason.
        column: the column, from 0; None: whole rows.
        count: how many there are.
        first: the first one's row.
    """

    reason: Reason
    column: int | None
    count: int
    first: int


class Findings:
    """All findings of a file, in little memory: twenty bytes each.

    They are in the order in which they were added until `sort` puts them into the order of the file.
    """

    def __init__(self) -> None:
        self._rows = array("I")
        self._lines = array("I")
        self._columns = array("h")
        self._reasons = array("H")
        self._numbers = array("Q")
        self._known: dict[Reason, int] = {}
        self._order: list[Reason] = []
        self._counts: Counter[tuple[Reason, int]] = Counter()
        self._first: dict[tuple[Reason, int], int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Finding]:
        for row, line, column, reason, number in zip(
            self._rows, self._lines, self._columns, self._reasons, self._numbers, strict=True
        ):
            place = None if column == _WHOLE_ROW else column
            yield Finding(row, line, place, self._order[reason], number)

    def add(self, row: int, line: int, column: int | None, reason: Reason, number: int = 0) -> None:
        """Add a finding; the arguments are the members of `Finding`."""
        index = self._known.get(reason)
        if index is None:
            index = self._known[reason] = len(self._order)
            self._order.append(reason)
        place = _WHOLE_ROW if column is None else column
        self._rows.append(row)
        self._lines.append(line)
        self._columns.append(place)
        self._reasons.append(index)
        self._numbers.append(number)
        self._counts[reason, place] += 1
        self._first[reason, place] = min(row, self._first.get((reason, place), row))

    def sort(self, ordered: int = 0) -> None:
        """Put the findings into the order of the file: by row, then by column.

        Args:
            ordered: how many of the first findings are in order already; sorting millions takes much memory.
        """
        rows, columns = self._rows, self._columns

        def place(index: int) -> tuple[int, int]:
            return rows[index], columns[index]

        late = sorted(range(ordered, len(rows)), key=place)
        order = array("I", heapq.merge(range(ordered), late, key=place))
        for name in ("_rows", "_lines", "_columns", "_reasons", "_numbers"):
            values = getattr(self, name)
            setattr(self, name, array(values.typecode, map(values.__getitem__, order)))

    def count(self, severity: Severity) -> int:
        """How many findings are errors, or notices."""
        return sum(count for (reason, _), count in self._counts.items() if reason.severity == severity)

    def groups(self) -> list[Group]:
        """The findings by reason and column; errors first, and the most frequent first."""
        found = [
            Group(reason, None if column == _WHOLE_ROW else column, count, self._first[reason, column])
            for (reason, column), count in self._counts.items()
        ]
        return sorted(found, key=lambda group: (group.reason.severity != "error", -group.count))


def letters(column: int) -> str:
    """A column's letters as a spreadsheet program shows them: 0 is `A`, 26 is `AA`."""
    name = ""
    rest = column + 1
    while rest:
        rest, place = divmod(rest - 1, 26)
        name = chr(ord("A") + place) + name
    return name
