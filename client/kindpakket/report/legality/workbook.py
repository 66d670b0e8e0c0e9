"""The report as a workbook: a sheet for each table. The same report gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime

from kindpakket.extras import extra
from kindpakket.report.legality.model import Table
from kindpakket.report.legality.words import Words

with extra("report"):
    from xlsxwriter import Workbook

_WIDTHS = {"text": 30, "code": 36, "cents": 14, "number": 12, "day": 12}
_CHARACTERS = 32_767
"""Characters of a cell, as Excel has it."""
_ROWS = 1_048_576
"""Rows of a sheet, as Excel has it."""


def workbook_of(tables: Iterable[Table], title: str, until: int, words: Words) -> bytes:
    """The workbook.

    Amounts are euros. All text is text, also what looks like a formula.

    Args:
        tables: the tables, each with a name.
        title: the workbook's title.
        until: the instant of the last block, in Unix seconds: what the workbook says it was made at.
        words: the language, for the names of sheets.
    """
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(content, options) as workbook:
        workbook.set_properties({"title": title, "created": datetime.fromtimestamp(until, UTC)})
        bold, wrapped = workbook.add_format({"bold": True}), workbook.add_format({"text_wrap": True})
        formats = {
            "cents": workbook.add_format({"num_format": "#,##0.00"}),
            "number": workbook.add_format({"num_format": "0"}),
        }
        for table in tables:
            for part, start in enumerate(range(0, max(len(table.rows), 1), _ROWS - 1)):
                name = words(f"sheets.{table.name}")
                sheet = workbook.add_worksheet(f"{name} {part + 1}" if part else name)
                for place, column in enumerate(table.columns):
                    sheet.set_column(place, place, _WIDTHS[column.kind])
                    sheet.write_string(0, place, column.heading, bold)
                sheet.freeze_panes(1, 1)
                for at, row in enumerate(table.rows[start : start + _ROWS - 1], 1):
                    for place, (column, value) in enumerate(zip(table.columns, row, strict=True)):
                        if isinstance(value, int):
                            number = value / 100 if column.kind == "cents" else value
                            sheet.write_number(at, place, number, formats.get(column.kind))
                        elif value:
                            text = str(value)[:_CHARACTERS]
                            sheet.write_string(at, place, text, wrapped if "\n" in text else None)
    return content.getvalue()
