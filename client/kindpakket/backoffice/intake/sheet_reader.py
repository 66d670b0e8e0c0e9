"""The program that reads a spreadsheet for `spreadsheet.py`, in a process of its own.

A spreadsheet is an archive that somebody else made. Its cells are laid out in memory as a rectangle, so one
cell far away, or a page of zeros, can claim more than the machine has. Here that ends this process, which has
its own limit, and not the back office.

Standard input is the file; the argument is the sheet, or empty. Standard output is JSON, a line each: first
what the file is, then lists of rows. A row is its cells' texts, and last a string with a letter for each
cell's kind.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO
from xml.etree import ElementTree as ET

MEMORY = 2 << 30
"""Bytes of memory that reading a spreadsheet may take. With eight columns, 100,000 children took 107 MB, so a
million, which is what a sheet can hold, should take about half of it."""
MEMORY_ENDS = "memory"
"""What is said where that does not suffice."""
# The library does not say which, and has a limit of its own for cells that are repeated.
_UNREADABLE = (
    "it is damaged, has a password, claims too many cells, or is not a spreadsheet: save it again, or as CSV"
)
BATCH = 500
_CHUNK = 1 << 20
_ERRORS = 100_000
_WHOLE = 1e15  # floats below it hold every whole number
_CELL = re.compile(rb'<(?:\w+:)?c\s([^>]*\bt="e"[^>]*)>')
_ADDRESS = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_SHEETS_1904 = re.compile(rb'<(?:\w+:)?workbookPr[^>]*\bdate1904="(?:1|true)"')
_ODS_1904 = re.compile(rb'<table:null-date[^>]*\btable:date-value="1904-01-01"')
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def main() -> None:
    """Read standard input and write rows until the sheet ends, or one line that says what is wrong."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    memory = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
    resource.setrlimit(resource.RLIMIT_AS, (memory, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError
    from python_calamine import SheetVisibleEnum as Visible

    try:
        sys.stdin.buffer.seek(0)
        workbook = CalamineWorkbook.from_filelike(sys.stdin.buffer)
        visible = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible == Visible.Visible]
        name = sys.argv[1] or (visible[0] if len(visible) == 1 else "")
        if name not in workbook.sheet_names:
            _write({"choose": visible})
            return
        sheet = workbook.get_sheet_by_name(name)
        form, system, errors = _raw(sys.stdin.buffer, name)
        _write(
            {"format": form, "date_system": system, "sheet": name, "sheets": visible, "height": sheet.height}
        )
        left = sheet.start[1] if sheet.start else 0
        batch = []
        for number, cells in enumerate(sheet.iter_rows()):
            row = _row(cells, left)
            batch.append(_with_errors(row, errors[number]) if number in errors else row)
            if len(batch) == BATCH:
                _write(batch)
                batch = []
        _write(batch)
    except PasswordError:
        _write({"wrong": "it has a password: save it without one"})
    except MemoryError:
        _write({"wrong": MEMORY_ENDS})
    except (CalamineError, zipfile.BadZipFile, ET.ParseError, ValueError, KeyError):
        _write({"wrong": _UNREADABLE})


def _write(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


def _row(cells: list[Any], left: int) -> list[str]:
    texts, kinds = [""] * left, ["t"] * left
    for cell in cells:
        text, kind = _cell(cell)
        texts.append(text)
        kinds.append(kind)
    return [*texts, "".join(kinds)]


def _cell(cell: Any) -> tuple[str, str]:
    """A cell's text and kind."""
    match cell:
        case str():
            found = cell, "t"
        case bool():
            found = str(cell).upper(), "b"
        case int() | float():
            whole = abs(cell) < _WHOLE and cell == int(cell)
            found = (str(int(cell)) if whole else repr(cell)), "n"
        case datetime() if cell.time() == time():
            found = cell.date().isoformat(), "d"
        case date() | time():
            found = cell.isoformat(), "d"
        case timedelta():
            found = str(cell), "d"
        case _:
            found = "", "t"
    return found


def _with_errors(row: list[str], columns: set[int]) -> list[str]:
    """A row with the errors that the library leaves empty."""
    *texts, kinds = row
    marks = list(kinds)
    for column in columns:
        if column < len(texts):
            texts[column], marks[column] = "#", "e"
    return [*texts, "".join(marks)]


def _raw(file: BinaryIO, name: str) -> tuple[str, int | None, dict[int, set[int]]]:
    """What the library does not tell: format, day count, and cells with errors by row and column, from 0."""
    file.seek(0)
    if file.read(2) != b"PK":
        return "XLS", None, {}
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        if "xl/workbook.xml" in names:
            with archive.open("xl/workbook.xml") as book:
                content = book.read(_CHUNK)
            system = 1904 if _SHEETS_1904.search(content) else 1900
            return "XLSX", system, dict(_errors(archive, _part(archive, content, name)))
        if "content.xml" in names:
            with archive.open("content.xml") as content_file:
                return "ODS", 1904 if _ODS_1904.search(content_file.read(_CHUNK)) else 1900, {}
    return "XLSB", None, {}


def _part(archive: zipfile.ZipFile, book: bytes, name: str) -> str:
    """The file of a sheet inside the archive; empty if it is not where it usually is."""
    relations = "xl/_rels/workbook.xml.rels"
    if relations not in archive.namelist():
        return ""
    target = next(
        (
            sheet.get(_RELATION, "")
            for sheet in ET.fromstring(book).iter()  # noqa: S314
            if sheet.tag.endswith("}sheet") and sheet.get("name") == name
        ),
        "",
    )
    for relation in ET.fromstring(archive.read(relations)):  # noqa: S314
        if relation.get("Id") == target:
            path = relation.get("Target", "")
            return path.removeprefix("/") if path.startswith("/") else f"xl/{path}"
    return ""


def _errors(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[int, set[int]]]:
    if part not in archive.namelist():
        return
    found: dict[int, set[int]] = {}
    rest = b""
    with archive.open(part) as sheet:
        while chunk := sheet.read(_CHUNK):
            text = rest + chunk
            end = text.rfind(b"<")
            for cell in _CELL.finditer(text, 0, end):
                address = _ADDRESS.search(cell[1])
                if address and len(found) < _ERRORS:
                    found.setdefault(int(address[2]) - 1, set()).add(_column(address[1]))
            rest = text[end:]
    yield from found.items()


def _column(letters: bytes) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + letter - ord("A") + 1
    return column - 1


if __name__ == "__main__":
    main()
