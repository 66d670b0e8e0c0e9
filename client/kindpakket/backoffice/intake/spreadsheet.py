"""XLSX, ODS and XLS as a table, read by a process of its own with a limit on its memory."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any, BinaryIO, cast

from kindpakket.backoffice.intake import sheet_reader
from kindpakket.backoffice.intake.table import MAX_COLUMNS, Row, Source, TableError
from kindpakket.extras import extra

with extra("backoffice"):
    import python_calamine  # noqa: F401

_TOO_LARGE = (
    f"the sheet takes more than {sheet_reader.MEMORY >> 30} GB of memory: delete the empty rows and columns "
    "beyond the children, or save the sheet as CSV"
)


class SpreadsheetTable:
    """A sheet of a spreadsheet."""

    def __init__(self, file: BinaryIO, sheet: str = "") -> None:
        """Find out how a spreadsheet is to be read.

        Args:
            file: the file, which can be read again and again.
            sheet: the name of the sheet; empty: the only one that is not hidden.

        Raises:
            TableError: it is damaged or has a password, it takes too much memory, or there is no such sheet,
                or no one that could be meant.
        """
        self._file = file
        self._sheet = sheet
        self._row = 0
        self._begun: ExitStack | None = ExitStack()
        try:
            head, self._lines = self._begun.enter_context(self._answers())
            if not head["height"]:
                raise TableError(1, "the sheet is empty: its first row must name the columns")
        except BaseException:
            self.close()
            raise
        self._height: int = head["height"]
        self._source = Source(
            head["format"],
            sheet=head["sheet"],
            sheets=tuple(head["sheets"]),
            date_system=head["date_system"],
        )

    def close(self) -> None:
        """End the process, if it still runs."""
        if self._begun is not None:
            self._begun.close()
            self._begun = None

    @property
    def source(self) -> Source:
        """How the file is read."""
        return self._source

    def rows(self) -> Iterator[Row]:
        """All rows of the sheet; cells beyond the last one with content are left out."""
        self._row = 0
        # The process that said what the file is goes on with its rows; a second reading has its own.
        begun, self._begun = self._begun, None
        with begun or ExitStack() as stack:
            lines = self._lines if begun else stack.enter_context(self._answers())[1]
            for line in lines:
                for *texts, kinds in json.loads(line):
                    self._row += 1
                    yield _row(self._row, texts, kinds)

    def progress(self) -> tuple[int, int]:
        """Rows read, and rows in all."""
        return min(self._row, self._height), self._height

    @contextmanager
    def _answers(self) -> Iterator[tuple[dict[str, Any], Iterator[bytes]]]:
        """What the file is, and the lines with rows that follow."""
        with _descriptor(self._file) as standard_input:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", sheet_reader.__name__, self._sheet],
                stdin=standard_input,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a panic there may show what is in a cell
            )
        output = cast("IO[bytes]", process.stdout)
        try:
            first = output.readline()
            if not first:
                raise TableError(1, _ending(process.wait()))
            head = json.loads(first)
            if "wrong" in head:
                raise TableError(1, _wrong(head["wrong"]))
            if "choose" in head:
                raise TableError(1, _choice(self._sheet, head["choose"]))
            yield head, self._answered(process, output)
        finally:
            process.kill()
            process.wait()
            output.close()

    def _answered(self, process: subprocess.Popen[bytes], output: IO[bytes]) -> Iterator[bytes]:
        for line in output:
            if line.startswith(b"{"):
                raise TableError(self._row + 1, _wrong(json.loads(line)["wrong"]))
            yield line
        if process.wait() != 0:
            raise TableError(self._row + 1, _ending(process.returncode))


def _wrong(reason: str) -> str:
    return _TOO_LARGE if reason == sheet_reader.MEMORY_ENDS else f"the spreadsheet cannot be read: {reason}"


def _ending(code: int) -> str:
    """Why the process ended before its time: it aborts where memory ends."""
    if code < 0:
        return _TOO_LARGE
    return f"the spreadsheet cannot be read: the program that reads it ended with {code}; save it as CSV"


def _row(number: int, texts: list[str], kinds: str) -> Row:
    if any(texts[MAX_COLUMNS:]):
        return Row(number, number, (), kinds, broken=f"it has more than {MAX_COLUMNS} columns")
    return Row(number, number, texts[:MAX_COLUMNS], kinds[:MAX_COLUMNS])


@contextmanager
def _descriptor(file: BinaryIO) -> Iterator[BinaryIO]:
    """A file of the operating system with the content of a file, at its beginning."""
    file.seek(0)
    try:
        file.fileno()
    except io.UnsupportedOperation:
        # Content that never was in a file: it has no name on the disk, and goes when it is closed.
        with tempfile.TemporaryFile() as copy:
            copy.write(file.read())
            copy.seek(0)
            yield copy
    else:
        yield file


def _choice(given: str, sheets: list[str]) -> str:
    names = ", ".join(sheets) or "none"
    if given:
        return f"there is no sheet {given!r}: the sheets are {names}"
    return f"it has {len(sheets)} sheets: name one of {names}"
