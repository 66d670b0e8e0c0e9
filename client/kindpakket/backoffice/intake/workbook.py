"""The report of a check as XLSX: the file itself with its cells marked, and a list of all findings.

It contains the children's data by its nature, as the file does, so only its owner may read it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kindpakket.backoffice.intake.check import Check
from kindpakket.backoffice.intake.findings import Finding
from kindpakket.backoffice.intake.table import Row, Table
from kindpakket.extras import extra

with extra("backoffice"):
    import xlsxwriter

MAX_ROWS = 1 << 20
"""How many rows a sheet has."""
MAX_COMMENTS = 10_000
"""How many cells get a comment: spreadsheet programs open more very slowly. All are marked and listed."""
_LONGEST = 32_767  # characters that a cell can hold
_COMMENT = 1000
_OFTEN = 1000
_WIDTHS = (18, 60)


def write_report(
    path: Path, table: Table, check: Check, progress: Callable[[int, int], None] | None = None
) -> None:
    """Write the report; a file of that name is replaced once the report is whole.

    The sheet `file` has the file's rows and columns at the same addresses, with errors in red and notices in
    yellow and the reasons as comments. The sheet `findings` lists them with their rows, and `summary` counts
    them. Cells are written as text, never as formulas. What a sheet cannot hold is said in `summary`.

    Args:
        path: the report, which only its owner may read.
        table: the file, which is read once more.
        check: its check.
        progress: is called now and then with how much has been read, and how much there is.

    Raises:
        OSError: it cannot be written.
        TableError: the file cannot be read to its end.
    """
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        beside = Path(folder, path.name)
        os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        book = xlsxwriter.Workbook(str(beside), {"constant_memory": True, "tmpdir": folder})
        formats = {
            "error": book.add_format({"bg_color": "#F4B6B6"}),
            "notice": book.add_format({"bg_color": "#FFF2B3"}),
            "heading": book.add_format({"bold": True}),
        }
        written = _write_file(book.add_worksheet("file"), table, check, formats, progress)
        listed = _write_findings(book.add_worksheet("findings"), check, formats)
        _write_summary(book.add_worksheet("summary"), check, formats, written, listed)
        book.close()
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)


def _write_file(
    sheet: Any,
    table: Table,
    check: Check,
    formats: dict[str, Any],
    progress: Callable[[int, int], None] | None,
) -> int:
    """Write the file's own rows, and return how many there are."""
    findings = _by_row(check)
    number, found = next(findings, (0, []))
    comments = written = 0
    if check.header:
        sheet.freeze_panes(check.header, 0)
    for row in table.rows():
        written += 1
        if progress is not None and row.number % _OFTEN == 0:
            progress(*table.progress())
        here: list[Finding] = []
        if number == row.number:
            here = found
            number, found = next(findings, (0, []))
        if row.number <= MAX_ROWS:
            comments += _write_row(sheet, row, here, formats, MAX_COMMENTS - comments)
    return written


def _by_row(check: Check) -> Iterator[tuple[int, list[Finding]]]:
    number, found = 0, list[Finding]()
    for finding in check.findings:
        if finding.row != number and found:
            yield number, found
            found = []
        number = finding.row
        found.append(finding)
    if found:
        yield number, found


def _write_row(sheet: Any, row: Row, found: list[Finding], formats: dict[str, Any], comments: int) -> int:
    """Write a row, and return how many comments it has."""
    at: dict[int, list[Finding]] = {}
    for finding in found:
        at.setdefault(finding.column or 0, []).append(finding)
        if finding.column is None:
            for column in range(len(row.cells)):
                at.setdefault(column, [])
    last = max(len(row.cells), max(at, default=-1) + 1)
    for column in range(last):
        text = row.cells[column] if column < len(row.cells) else ""
        marks = at.get(column)
        if marks is None:
            if text:
                sheet.write_string(row.number - 1, column, text[:_LONGEST])
            continue
        severities = {finding.reason.severity for finding in marks or found}
        style = formats["error" if "error" in severities else "notice"]
        if text:
            sheet.write_string(row.number - 1, column, text[:_LONGEST], style)
        else:
            sheet.write_blank(row.number - 1, column, None, style)
    written = 0
    for column, marks in at.items():
        if marks and written < comments:
            comment = "\n".join(_sentence(finding) for finding in marks)
            sheet.write_comment(row.number - 1, column, comment[:_COMMENT])
            written += 1
    return written


def _write_findings(sheet: Any, check: Check, formats: dict[str, Any]) -> int:
    """List the findings, and return how many the sheet holds."""
    headings = ("severity", "cell", "row", "line", "column", "code", "what")
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, formats["heading"])
    sheet.set_column(5, 5, _WIDTHS[0])
    sheet.set_column(6, 6, _WIDTHS[1])
    sheet.freeze_panes(1, 0)
    listed = 0
    for finding in check.findings:
        listed += 1
        if listed >= MAX_ROWS:
            return MAX_ROWS - 1
        name = check.name_of(finding.column) if finding.column is not None else ""
        sheet.write_string(listed, 0, finding.reason.severity, formats[finding.reason.severity])
        sheet.write_string(listed, 1, finding.address)
        sheet.write_number(listed, 2, finding.row)
        sheet.write_number(listed, 3, finding.line)
        sheet.write_string(listed, 4, name)
        sheet.write_string(listed, 5, finding.reason.code)
        sheet.write_string(listed, 6, finding.text)
    return listed


def _write_summary(sheet: Any, check: Check, formats: dict[str, Any], written: int, listed: int) -> None:
    sheet.set_column(0, 0, _WIDTHS[0])
    sheet.set_column(3, 3, _WIDTHS[1])
    lines: list[tuple[str, str, int | str, str]] = [
        ("rows", "", check.rows, ""),
        ("without an error", "", check.children, ""),
        ("errors", "", check.findings.count("error"), ""),
        ("notices", "", check.findings.count("notice"), ""),
    ]
    if written > MAX_ROWS:
        lines.append(("rows that are not in the sheet file", "", written - MAX_ROWS, ""))
    if listed < len(check.findings):
        lines.append(("findings that are not in the sheet findings", "", len(check.findings) - listed, ""))
    lines += [
        (
            group.reason.severity,
            "" if group.column is None else check.name_of(group.column),
            group.count,
            group.reason.text.replace("{number}", "…"),
        )
        for group in check.findings.groups()
    ]
    for row, line in enumerate(lines):
        for column, value in enumerate(line):
            if isinstance(value, int):
                sheet.write_number(row, column, value)
            elif value:
                sheet.write_string(row, column, value, formats.get(value))


def _sentence(finding: Finding) -> str:
    return f"{finding.reason.severity}: {finding.text}"
