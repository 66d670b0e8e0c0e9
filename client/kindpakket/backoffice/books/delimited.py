"""The books as CSV, as spreadsheet programs and financial systems in the Netherlands read it."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Literal

from kindpakket.backoffice.books.amounts import decimals
from kindpakket.backoffice.books.errors import BooksError
from kindpakket.backoffice.books.source import Position
from kindpakket.backoffice.books.tables import BooksTable, Cents, TableCell

DecimalMark = Literal["comma", "point"]
_MARKS = {"comma": ",", "point": "."}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(
    table: BooksTable, position: Position, *, delimiter: str = ";", decimal: DecimalMark = "comma"
) -> bytes:
    """Write a table.

    UTF-8 with a byte order mark, lines that end with CR LF. Three last columns say which block the books
    stand for. A text that a spreadsheet program would take for a formula gets an apostrophe in front.

    Args:
        table: the table.
        position: the block.
        delimiter: what is between cells, one character.
        decimal: what is before the decimals.

    Raises:
        BooksError: the delimiter is the decimal mark.
    """
    mark = _MARKS[decimal]
    if delimiter == mark:
        raise BooksError(
            f"the delimiter is {delimiter!r}, which is before the decimals as well: choose another"
        )
    text = StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([*table.headings, "channel", "block", "block_hash"])
    stamp = (_text(position.channel), str(position.block), position.block_hash)
    for row in table.rows:
        writer.writerow([*(_cell(cell, mark) for cell in row), *stamp])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _cell(cell: TableCell, mark: str) -> str:
    if isinstance(cell, Cents):
        return decimals(cell.cents, mark)
    return _text(cell) if isinstance(cell, str) else str(cell)


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
