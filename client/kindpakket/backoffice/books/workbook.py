"""The books as XLSX: a sheet for each table, and one that says what they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from kindpakket.backoffice.books.errors import BooksError
from kindpakket.backoffice.books.tables import BooksTable, Cents, TableCell
from kindpakket.extras import extra

with extra("backoffice"):
    import xlsxwriter

MAX_ROWS = 1 << 20
"""How many rows a sheet has."""
_ABOUT_WIDTHS = (18, 34, 90)
_CENTS = 100


def to_xlsx(tables: Sequence[BooksTable], about: Sequence[tuple[str, str]], day: str) -> bytes:
    """Write tables; texts are cells of text and never formulas, and amounts are numbers.

    Args:
        tables: the tables.
        about: names and values for the last sheet, with the block that the books stand for.
        day: the day, `YYYY-MM-DD`, that the document names as that of its creation, so that the same books
            give the same bytes.

    Raises:
        BooksError: a table has more rows than a sheet.
    """
    for table in tables:
        if len(table.rows) >= MAX_ROWS:
            raise BooksError(
                f"the {table.name} has {len(table.rows)} lines, and a sheet {MAX_ROWS}: "
                "choose fewer periods, entries with more in them (--per), or CSV"
            )
    content = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"created": datetime.fromisoformat(day or "2000-01-01")})
        bold = book.add_format({"bold": True})
        amount = book.add_format({"num_format": "#,##0.00"})
        for table in tables:
            _write(book.add_worksheet(table.name), table, bold, amount)
        _write_about(book.add_worksheet("about"), tables, about, bold)
    return content.getvalue()


def _write(sheet: Any, table: BooksTable, bold: Any, amount: Any) -> None:
    sheet.freeze_panes(1, 0)
    for column, (heading, width) in enumerate(zip(table.headings, table.widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, heading, bold)
    for number, row in enumerate(table.rows, 1):
        for column, cell in enumerate(row):
            _write_cell(sheet, number, column, cell, amount)
    sheet.autofilter(0, 0, len(table.rows), len(table.headings) - 1)


def _write_cell(sheet: Any, row: int, column: int, cell: TableCell, amount: Any) -> None:
    if isinstance(cell, Cents):
        # A number of a sheet is a binary fraction; sums up to 10^12 euros keep their cents.
        sheet.write_number(row, column, cell.cents / _CENTS, amount)
    elif isinstance(cell, int):
        sheet.write_number(row, column, cell)
    elif cell:
        sheet.write_string(row, column, cell)


def _write_about(
    sheet: Any, tables: Sequence[BooksTable], about: Sequence[tuple[str, str]], bold: Any
) -> None:
    for column, width in enumerate(_ABOUT_WIDTHS):
        sheet.set_column(column, column, width)
    row = 0
    for name, value in about:
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, value)
        row += 1
    for table in tables:
        row += 1
        for heading, meaning in zip(table.headings, table.dictionary, strict=True):
            sheet.write_string(row, 0, table.name)
            sheet.write_string(row, 1, heading, bold)
            sheet.write_string(row, 2, meaning)
            row += 1
