"""The first row of a file: which of its columns are read as what, and what is wrong with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kindpakket.backoffice.intake.findings import Findings, Reason, letters
from kindpakket.backoffice.intake.mapping import ColumnMapping
from kindpakket.backoffice.intake.table import Row

_NUMBER = re.compile(r"\d{3}")
_LONGEST = 60
_KNOWN = 3  # no row with a child has as many of our headings
_WHAT_TO_DO = "remove it, or ignore it in the mapping"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file.

    Attributes:
        index: its place, from 0.
        heading: its name in the file; empty if it has none, or if it may be a personal value.
        name: which column of ours it is; None: it is not read.
        nameless: its cell in the first row is empty, so that its other cells must be empty too.
    """

    index: int
    heading: str
    name: str | None
    nameless: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file, in its order.

    Attributes:
        all: all columns.
        usable: whether every column that is needed is there once, so that rows can be read.
    """

    all: tuple[Column, ...]
    usable: bool

    def places(self) -> dict[str, int]:
        """The place of each column that is read."""
        return {column.name: column.index for column in self.all if column.name is not None}


def read_columns(header: Row, mapping: ColumnMapping, needed: Collection[str], findings: Findings) -> Columns:
    """Recognise the columns by the first row, and add what is wrong with it to the findings.

    A file without such a row has a child in its place: so an unknown name is shown only where other columns
    are recognised and it does not look like a value.
    """

    def add(column: int | None, reason: Reason) -> None:
        findings.add(header.number, header.line, column, reason)

    cells = [cell.strip() for cell in header.cells]
    if header.broken or not mapping.recognised(cells):
        reason = header.broken or "no known column is named here: the first row must name the columns"
        add(None, Reason("HEADER", reason, whole=True))
        return Columns((), usable=False)
    names = [mapping.column_of(cell) if cell else None for cell in cells]
    known = {name for name in names if name is not None}
    usable = True
    for missing in [column for column in needed if column not in known]:
        add(None, Reason("COLUMN_MISSING", f"column {_with_names(missing, mapping)} is missing", whole=True))
        usable = False
    shown = [cell if name or _showable(cell, known) else "" for cell, name in zip(cells, names, strict=True)]
    for index, (cell, name) in enumerate(zip(cells, names, strict=True)):
        if cell and name is None and not mapping.ignores(cell):
            heading = f"{shown[index]!r} " if shown[index] else f"{letters(index)} "
            add(
                index,
                Reason("COLUMN_UNKNOWN", f"column {heading}is unknown: {_WHAT_TO_DO}", whole=True),
            )
    counts = Counter(name for name in names if name is not None)
    for twice in [column for column, count in counts.items() if count > 1]:
        add(_last(names, twice), Reason("COLUMN_TWICE", f"column {twice} appears twice", whole=True))
        usable = False
    return Columns(
        tuple(Column(index, shown[index], name, not cells[index]) for index, name in enumerate(names)),
        usable=usable,
    )


def _with_names(name: str, mapping: ColumnMapping) -> str:
    """A column's name, with the names that a mapping gives it."""
    given = mapping.columns.get(name)
    return f"{name} ({' or '.join(repr(heading) for heading in given)})" if given else name


def _showable(heading: str, known: Collection[str]) -> bool:
    return len(known) >= _KNOWN and len(heading) <= _LONGEST and not _NUMBER.search(heading)


def _last(names: Sequence[str | None], name: str) -> int:
    return max(index for index, found in enumerate(names) if found == name)
