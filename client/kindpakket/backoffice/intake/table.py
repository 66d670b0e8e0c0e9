"""A file of children as rows of text, whatever wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["t", "n", "d", "b", "e"]
"""What a spreadsheet's cell holds: text, a number, a date or time, true or false, an error such as `#N/A`."""
DateSystem = Literal[1900, 1904]
"""The day from which Excel counts: 1900-01-01, or 1904-01-01 as old versions for the Mac did."""
MAX_COLUMNS = 256
"""How many columns a file may have: far more than any file of children needs."""


class TableError(ValueError):
    """The file cannot be read as a table.

    Attributes:
        line: the line where that shows.
        reason: what is wrong and what to do; it contains nothing of the file's cells.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file.

    Attributes:
        number: as a spreadsheet program numbers it, from 1.
        line: the line of the file on which it begins; of a spreadsheet the number.
        cells: the text of each cell. A number is written in full (`123456782`, `0.5`), a date as
            `2014-12-31`, with a time of day as `2014-12-31T08:30:00`.
        kinds: the kind of each cell, one letter each; empty: all are text.
        broken: why the row could not be read; empty: it could.
    """

    number: int
    line: int
    cells: Sequence[str]
    kinds: str = ""
    broken: str = ""

    def kind(self, column: int) -> str:
        """The kind of a cell."""
        return self.kinds[column] if self.kinds else "t"

    @property
    def blank(self) -> bool:
        """Whether all cells are empty."""
        return not self.broken and not any(cell and not cell.isspace() for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Source:
    """How a file was read, which is shown and can be overruled.

    Attributes:
        format: `CSV`, `XLSX`, `ODS` or `XLS`.
        encoding: of CSV, Python's name of its encoding.
        encoding_from: how the encoding is known.
        doubtful_line: of a guessed encoding, the first line that is not UTF-8; 0: the encoding is known.
        delimiter: of CSV, what separates the cells.
        delimiter_from: how the delimiter is known.
        sheet: of a spreadsheet, the name of the sheet.
        sheets: of a spreadsheet, the names of all sheets.
        date_system: of a spreadsheet, the day from which it counts; None: it does not say.
    """

    format: str
    encoding: str = ""
    encoding_from: str = ""
    doubtful_line: int = 0
    delimiter: str = ""
    delimiter_from: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    date_system: DateSystem | None = None

    @property
    def place(self) -> str:
        """What the rows are called: a line of CSV, a row of a spreadsheet."""
        return "line" if self.format == "CSV" else "row"


class Table(Protocol):
    """A file that can be read row by row, as often as is needed."""

    @property
    def source(self) -> Source:
        """How the file is read."""
        ...

    def rows(self) -> Iterator[Row]:
        """All rows from the first one on, blank ones included."""
        ...

    def progress(self) -> tuple[int, int]:
        """How much of the file has been read, and how much there is: bytes or rows."""
        ...
