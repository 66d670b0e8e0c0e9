"""Tables as a workbook: where it is from, the data dictionary, and a sheet for each table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kindpakket.extras import extra
from kindpakket.ledger.days import AMSTERDAM
from kindpakket.ledgerview.columns import Column, Value
from kindpakket.ledgerview.exports.description import KINDS, Sheet

with extra("view"):
    from xlsxwriter import Workbook

_ROWS = 1_048_576
"""Rows of a sheet, as Excel has it; a longer table goes on in another sheet."""
_CHARACTERS = 32_767
"""Characters of a cell, as Excel has it."""
_TOO_LONG = "(too long for a spreadsheet: export CSV or Parquet)"
_WIDTHS = {"text": 34, "json": 34, "instant": 19, "day": 11, "cents": 14, "number": 12, "flag": 8}
_FORMATS = {"instant": "yyyy-mm-dd hh:mm:ss", "day": "yyyy-mm-dd", "cents": "#,##0.00", "number": "0"}
_KINDS = {**KINDS, "cents": "an amount in euros", "instant": "a time in Europe/Amsterdam"}
_CENTS = 100
_EPOCH = datetime.fromtimestamp(0, UTC)


def write_xlsx(path: Path, sheets: Sequence[Sheet], progress: Callable[[int], None]) -> dict[str, int]:
    """Write tables to one workbook, row by row, and return their numbers of rows.

    Amounts are euros, and times are those of Amsterdam. All text is text, also what looks like a formula.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(path, options) as workbook:
        made = _Book(workbook, progress)
        time = sheets[0].snapshot.moment.time
        workbook.set_properties(
            {
                "title": f"Kindpakket: {sheets[0].snapshot.moment}",
                "created": _EPOCH if time is None else datetime.fromtimestamp(time, UTC),
            }
        )
        about, dictionary = workbook.add_worksheet("about"), workbook.add_worksheet("dictionary")
        counts = {sheet.name: made.table(sheet) for sheet in sheets}
        made.about(about, sheets[0], counts)
        made.dictionary(dictionary, sheets)
    return counts


def heading(column: Column) -> str:
    """The heading of a column, whose amounts are euros here."""
    if column.kind != "cents":
        return column.name
    return f"{column.name.removesuffix('_cents') if column.name != 'cents' else 'amount'} (€)"


class _Book:
    def __init__(self, workbook: Any, progress: Callable[[int], None]) -> None:
        self._workbook = workbook
        self._progress = progress
        self._bold = workbook.add_format({"bold": True})
        self._formats = {kind: workbook.add_format({"num_format": shown}) for kind, shown in _FORMATS.items()}

    def table(self, sheet: Sheet) -> int:
        columns = sheet.columns
        worksheet, at, count, number = self._begin(sheet.name, columns), 0, 0, 1
        for row in sheet.rows():
            if at == _ROWS - 1:
                number += 1
                worksheet, at = self._begin(f"{sheet.name} {number}", columns), 0
            at += 1
            count += 1
            for place, (column, value) in enumerate(zip(columns, row, strict=True)):
                self._cell(worksheet, at, place, column.kind, value)
            self._progress(1)
        return count

    def about(self, worksheet: Any, sheet: Sheet, counts: dict[str, int]) -> None:
        worksheet.set_column(0, 0, 18)
        worksheet.set_column(1, 1, 80)
        origin = {name: value for name, value in sheet.origin().items() if name not in ("table", "meaning")}
        rows = [*origin.items(), ("", ""), ("table", "rows"), *counts.items()]
        for at, (name, value) in enumerate(rows):
            worksheet.write_string(at, 0, name, self._bold)
            worksheet.write_string(at, 1, "" if value is None else str(value))

    def dictionary(self, worksheet: Any, sheets: Sequence[Sheet]) -> None:
        for place, (name, width) in enumerate((("table", 14), ("column", 24), ("is", 34), ("means", 100))):
            worksheet.set_column(place, place, width)
            worksheet.write_string(0, place, name, self._bold)
        worksheet.freeze_panes(1, 0)
        at = 1
        for sheet in sheets:
            entries = [("", "", sheet.table.meaning)]
            entries += [(heading(column), _KINDS[column.kind], column.meaning) for column in sheet.columns]
            for entry in entries:
                for place, value in enumerate((sheet.name, *entry)):
                    worksheet.write_string(at, place, value)
                at += 1

    def _begin(self, name: str, columns: Sequence[Column]) -> Any:
        worksheet = self._workbook.add_worksheet(name)
        for place, column in enumerate(columns):
            worksheet.set_column(place, place, _WIDTHS[column.kind])
        for place, column in enumerate(columns):
            worksheet.write_string(0, place, heading(column), self._bold)
        worksheet.freeze_panes(1, 0)
        return worksheet

    def _cell(self, worksheet: Any, row: int, place: int, kind: str, value: Value) -> None:
        if value is None:
            return
        shown = self._formats.get(kind)
        match kind:
            case "cents":
                worksheet.write_number(row, place, int(value) / _CENTS, shown)
            case "number":
                worksheet.write_number(row, place, int(value), shown)
            case "flag":
                worksheet.write_boolean(row, place, bool(value))
            case "instant":
                local = datetime.fromtimestamp(int(value), AMSTERDAM).replace(tzinfo=None)
                worksheet.write_datetime(row, place, local, shown)
            case "day":
                worksheet.write_datetime(row, place, date.fromisoformat(str(value)), shown)
            case _:
                text = str(value)
                worksheet.write_string(row, place, text if len(text) <= _CHARACTERS else _TOO_LONG)
