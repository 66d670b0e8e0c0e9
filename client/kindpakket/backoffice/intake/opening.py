"""Opens a file of children as a table, by what it begins with."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from kindpakket.backoffice.intake.delimited import DelimitedTable
from kindpakket.backoffice.intake.mapping import ColumnMapping
from kindpakket.backoffice.intake.table import Table

_ARCHIVE = b"PK"  # XLSX and ODS
_COMPOUND = b"\xd0\xcf\x11\xe0"  # XLS, and XLSX with a password


@contextmanager
def open_table(file: Path | bytes, mapping: ColumnMapping | None = None) -> Iterator[Table]:
    """Open a file of children as a table.

    Args:
        file: the path of the file, or its content.
        mapping: how it is to be read, and the names of its columns, which tell the delimiter.

    Raises:
        TableError: it is not a table, or not as the mapping says.
        OSError: it cannot be read.
        MissingExtra: the packages for its kind are not installed.
    """
    mapping = mapping or ColumnMapping()
    opened: BinaryIO = io.BytesIO(file) if isinstance(file, bytes) else file.open("rb")
    with opened:
        head = opened.read(4)
        if head.startswith((_ARCHIVE, _COMPOUND)):
            from kindpakket.backoffice.intake.spreadsheet import SpreadsheetTable

            with closing(SpreadsheetTable(opened, mapping.sheet)) as table:
                yield table
        else:
            yield DelimitedTable(opened, mapping.recognised, mapping.encoding, mapping.delimiter)
