"""Files of children as municipalities send them, and as nobody should."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from xml.sax.saxutils import escape

import xlsxwriter

HEADINGS = (
    "bsn",
    "voornamen",
    "achternaam",
    "geboortedatum",
    "huishouden",
    "zaaknummer",
    "regeling_preset",
    "eenheden",
)
FENNA = ("999990019", "Fenna", "Dijkstra", "2015-04-02", "h-1", "Z-0001", "child", "1")
DAAN = ("123456782", "Daan", "van der Bakker", "2014-12-31", "h-2", "Z-0002", "child", "1")
# Leading zero: 012345672 passes the eleven-test.
NOOR = ("012345672", "Noor", "Zoëlker", "2016-02-29", "h-3", "Z-0003", "child", "2")
SECRETS = ("999990019", "Fenna", "Dijkstra", "123456782", "Daan", "Bakker", "012345672", "Noor", "Zoëlker")
Cell = str | int | float | date | bool | None


def csv_of(*rows: Sequence[str], delimiter: str = ";", end: str = "\n") -> str:
    """Rows as CSV, without quotes."""
    return "".join(delimiter.join(row) + end for row in rows)


def xlsx_of(
    *rows: Sequence[Cell],
    date_1904: bool = False,
    sheets: Sequence[str] = ("kinderen",),
    at: tuple[int, int] = (0, 0),
) -> bytes:
    """Rows as the first sheet of an XLSX file."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"date_1904": date_1904, "in_memory": True})
    days = book.add_format({"num_format": "dd-mm-yyyy"})
    for name in sheets:
        sheet = book.add_worksheet(name)
        for row, cells in enumerate(rows if name == sheets[0] else ()):
            for column, cell in enumerate(cells):
                place = (row + at[0], column + at[1])
                if isinstance(cell, date):
                    sheet.write_datetime(*place, cell, days)
                elif isinstance(cell, str):
                    sheet.write_string(*place, cell)
                else:
                    sheet.write(*place, cell)
    book.close()
    return content.getvalue()


def with_sheet(content: bytes, change: Callable[[str], str]) -> bytes:
    """An XLSX file with the XML of its first sheet changed."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = change(part.decode()).encode()
            new.writestr(name, part)
    return changed.getvalue()


def with_rows(content: bytes, rows: str) -> bytes:
    """An XLSX file with further rows, as XML, at the end of its first sheet."""
    return with_sheet(content, lambda xml: xml.replace("</sheetData>", f"{rows}</sheetData>"))


def with_dimension(content: bytes, reference: str) -> bytes:
    """An XLSX file that claims another extent of its first sheet."""
    return with_sheet(
        content, lambda xml: re.sub(r'<dimension ref="[^"]*"/>', f'<dimension ref="{reference}"/>', xml)
    )


def ods_of(*rows: Sequence[Cell], more: str = "", settings: str = "") -> bytes:
    """Rows as an ODS file; `more` is XML of further rows, `settings` of the workbook's settings."""
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    space = "urn:oasis:names:tc:opendocument:xmlns"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>',
        )
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{space}:office:1.0" xmlns:table="{space}:table:1.0" '
            f'xmlns:text="{space}:text:1.0"><office:body><office:spreadsheet>{settings}'
            f'<table:table table:name="kinderen">{lines}{more}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return content.getvalue()


def _ods_cell(cell: Cell) -> str:
    if isinstance(cell, date):
        attributes, text = (
            f'office:value-type="date" office:date-value="{cell.isoformat()}"',
            f"{cell:%d-%m-%y}",
        )
    elif isinstance(cell, int | float):
        attributes, text = f'office:value-type="float" office:value="{cell}"', f"{cell:.2E}"
    else:
        attributes, text = 'office:value-type="string"', escape(cell or "")
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"
