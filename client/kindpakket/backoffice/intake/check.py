"""Checks a whole file of children: every cell, and what only shows between rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from kindpakket.backoffice.ages import Ages
from kindpakket.backoffice.intake.child import Child
from kindpakket.backoffice.intake.columns import Columns, read_columns
from kindpakket.backoffice.intake.doubles import Doubles
from kindpakket.backoffice.intake.findings import Finding, Findings, Reason, letters
from kindpakket.backoffice.intake.mapping import PRESET, REQUIRED, ColumnMapping
from kindpakket.backoffice.intake.outliers import Spread
from kindpakket.backoffice.intake.reading import ReadRow, RowReader
from kindpakket.backoffice.intake.table import Row, Source, Table
from kindpakket.ledger.records import Rules

_OFTEN = 1000
_NO_HEADER = Reason("HEADER", "the file is empty: the first line must name the columns", whole=True)
_NO_CHILDREN = Reason("NO_CHILDREN", "the file has no children: add a line for each", whole=True)


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of a check.

    Attributes:
        source: how the file was read.
        columns: what its columns are; empty if the first row does not name them.
        header: the number of the row that names the columns.
        rows: rows with children, or what should be children.
        children: rows without an error of their own.
        findings: all findings, in the order of the file.
    """

    source: Source
    columns: Columns
    header: int
    rows: int
    children: int
    findings: Findings

    def sentence(self, finding: Finding) -> str:
        """A finding as a sentence with the name of its column."""
        return self.describe(finding.reason, finding.column, finding.text)

    def describe(self, reason: Reason, column: int | None, text: str = "") -> str:
        """A reason as a sentence with the name of a column; `text` has its numbers filled in."""
        text = text or reason.text.replace("{number}", "…")
        return text if reason.whole or column is None else f"{self.name_of(column)} {text}"

    def name_of(self, column: int) -> str:
        """What a column is called: our name, the file's, or its letters."""
        found = next((one for one in self.columns.all if one.index == column), None)
        return (found and (found.name or found.heading)) or f"column {letters(column)}"

    @property
    def passed(self) -> bool:
        """Whether there is no error; notices are none."""
        return self.findings.count("error") == 0


def check_table(
    table: Table,
    mapping: ColumnMapping | None = None,
    *,
    ages: Ages | None = None,
    rules: Rules | None = None,
    accept: Callable[[Child], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Check:
    """Check a file from its first row to its last.

    The file is read row by row. Of each child, some hundred bytes stay in memory, and of each finding twenty.

    Args:
        table: the file.
        mapping: the names of its columns.
        ages: gives the preset if `regeling_preset` is empty or missing; default: each row must have one.
        rules: the scheme's rules: presets must be in them, and an amount must be what they give.
        accept: takes each child without an error of its own. Only the check as a whole says whether the file
            may be used: it may have the same child again.
        progress: is called now and then with how much has been read, and how much there is.

    Raises:
        TableError: the file cannot be read to its end.
    """
    mapping = mapping or ColumnMapping()
    findings = Findings()
    rows = table.rows()
    header = next((row for row in rows if not row.blank), None)
    if header is None:
        findings.add(1, 1, None, _NO_HEADER)
        return Check(table.source, Columns((), usable=False), 0, 0, 0, findings)
    needed = [name for name in REQUIRED if ages is None or name != PRESET]
    columns = read_columns(header, mapping, needed, findings)
    if not columns.usable:
        return Check(table.source, columns, header.number, 0, 0, findings)
    reader = RowReader(
        columns,
        dates_from=table.source.date_system or mapping.dates_from,
        today=date.today(),
        ages=ages,
        rules=rules,
    )
    across = _Across(columns, table.source.place)
    count = children = 0
    found: list[tuple[int | None, Reason, int]] = []

    def add(column: int | None, reason: Reason, number: int) -> None:
        found.append((column, reason, number))

    for row in rows:
        if progress is not None and row.number % _OFTEN == 0:
            progress(*table.progress())
        if row.blank:
            continue
        count += 1
        read = reader.read(row, add)
        for column, reason, number in sorted(found, key=_by_column):
            findings.add(row.number, row.line, column, reason, number)
        found.clear()
        across.add(read, row)
        if read.child is not None:
            children += 1
            if accept is not None:
                accept(read.child)
    ordered = len(findings)
    if not count:
        findings.add(header.number, header.line, None, _NO_CHILDREN)
    across.report(findings)
    findings.sort(ordered)
    if progress is not None:
        progress(*table.progress())
    return Check(table.source, columns, header.number, count, children, findings)


def _by_column(found: tuple[int | None, Reason, int]) -> int:
    return -1 if found[0] is None else found[0]


class _Across:
    """What shows between rows: doubles, and values far from the others'."""

    def __init__(self, columns: Columns, place: str) -> None:
        places = columns.places()
        self._doubles = Doubles(place, places["bsn"])
        self._units = Spread(places["eenheden"], "units") if "eenheden" in places else None
        self._amounts = Spread(places["bedrag"], "amounts") if "bedrag" in places else None

    def add(self, read: ReadRow, row: Row) -> None:
        if read.bsn:
            self._doubles.add(read.bsn, read.household, read.child, row.number, row.line)
        if read.child is None:
            return
        if self._units is not None:
            self._units.add(read.child.units, read.child.preset, row.number, row.line)
        if self._amounts is not None and read.cents:
            self._amounts.add(read.cents, read.child.preset, row.number, row.line)

    def report(self, findings: Findings) -> None:
        for source in (self._doubles, self._units, self._amounts):
            for finding in source.findings() if source is not None else ():
                findings.add(finding.row, finding.line, finding.column, finding.reason, finding.number)
