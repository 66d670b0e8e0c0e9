"""CSV as a table: in any encoding and with any delimiter, record by record."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from kindpakket.backoffice.intake.encodings import Encoding, encoding_of
from kindpakket.backoffice.intake.table import MAX_COLUMNS, Row, Source, TableError

_CANDIDATES = ";,\t|"
_HEAD = 1 << 16
_STATED = "sep="  # Excel's own first line, which names the delimiter
_NAMES = {"\t": "tab", " ": "space"}


class DelimitedTable:
    """A CSV file.

    A record that breaks the rules of quotes is a row that says so, and reading goes on with the next line.
    """

    def __init__(
        self,
        file: BinaryIO,
        recognised: Callable[[Sequence[str]], int],
        encoding: str = "",
        delimiter: str = "",
    ) -> None:
        """Find out how a file is to be read.

        Args:
            file: the file, which can be read again and again.
            recognised: how many known columns a row of headings has; the delimiter with which it has most is
                the file's.
            encoding: overrules what would be found.
            delimiter: overrules what would be found.

        Raises:
            TableError: it is not text in the encoding, or empty.
        """
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        self._read = 0
        found = encoding_of(file, encoding)
        self._encoding = found.name
        with self._text() as text:
            head = text.read(_HEAD)
        if not head.strip():
            raise TableError(1, "the file is empty: the first line must name the columns")
        self._stated = _stated(head)
        self._delimiter, origin = _delimiter(head, self._stated, delimiter, recognised)
        self._source = _source(found, self._delimiter, origin)

    @property
    def source(self) -> Source:
        """How the file is read."""
        return self._source

    def rows(self) -> Iterator[Row]:
        """All records, each with the line on which it begins."""
        with self._text() as text:
            reader = csv.reader(text, delimiter=self._delimiter, strict=True)
            number = 0
            while True:
                line = reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    number += 1
                    yield Row(number, line, (), broken=f"not CSV: {error}; look at the quotes from here on")
                    continue
                number += 1
                if len(cells) > MAX_COLUMNS:
                    reason = f"it has {len(cells)} columns, more than {MAX_COLUMNS}"
                    yield Row(number, line, (), broken=reason)
                elif not (number == 1 and self._stated):
                    yield Row(number, line, cells)

    def progress(self) -> tuple[int, int]:
        """Bytes read, and bytes in all."""
        return min(self._file.tell(), self._size), self._size

    @contextmanager
    def _text(self) -> Iterator[io.TextIOWrapper]:
        """The file from its beginning as text; it stays open afterwards."""
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, self._encoding, newline="")
        try:
            yield text
        finally:
            text.detach()


def _stated(head: str) -> str:
    first = head.lstrip("\ufeff").splitlines()[0].strip('"')
    return first[len(_STATED)] if first.lower().startswith(_STATED) and len(first) == len(_STATED) + 1 else ""


def _delimiter(
    head: str, stated: str, given: str, recognised: Callable[[Sequence[str]], int]
) -> tuple[str, str]:
    if given:
        if len(given) != 1 or given in '\r\n"':
            raise TableError(1, f"{given!r} cannot be a delimiter: give one character, such as ;")
        return given, "as given"
    if stated:
        return stated, "the first line says so"
    ranked = []
    for candidate in _CANDIDATES:
        try:
            first = next(
                (row for row in csv.reader(io.StringIO(head, newline=""), delimiter=candidate) if row), []
            )
        except csv.Error:
            first = []
        ranked.append((recognised(first), len(first), candidate))
    known, width, best = max(ranked, key=lambda rank: rank[:2])
    if known:
        return best, f"it gives {known} columns with known names"
    return best, f"guessed: it gives {width} columns, none with a known name"


def _source(encoding: Encoding, delimiter: str, origin: str) -> Source:
    return Source(
        "CSV",
        encoding=encoding.name,
        encoding_from=encoding.known_from,
        doubtful_line=encoding.doubtful_line,
        delimiter=_NAMES.get(delimiter, delimiter),
        delimiter_from=origin,
    )
