"""Breaks as a sheet: XLSX, or CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from kindpakket.backoffice.bank.breaks import Break
from kindpakket.backoffice.booking.taking import UnusableFiles
from kindpakket.extras import extra

with extra("backoffice"):
    import xlsxwriter

_HEADINGS = ("break", "what", "line", "amount in euros", "since", "days", "what to do")
_WIDTHS = (18, 40, 18, 16, 12, 6, 100)
_XLSX, _CSV = ".xlsx", ".csv"
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""With what a text begins that a spreadsheet would calculate."""


def check_sheet(path: Path) -> None:
    """Check that a sheet can be written there.

    Raises:
        UnusableFiles: its name ends in neither .xlsx nor .csv, or it exists.
    """
    if path.suffix.lower() not in (_XLSX, _CSV):
        raise UnusableFiles(f"{path} ends in neither {_XLSX} nor {_CSV}: give it such a name")
    if path.exists():
        raise UnusableFiles(f"{path} already exists: give another file")


def write_breaks(path: Path, breaks: Sequence[Break]) -> None:
    """Write breaks to a new file, which only its owner can read.

    Raises:
        UnusableFiles: as `check_sheet`.
        OSError: it cannot be written.
    """
    check_sheet(path)
    path.touch(mode=0o600)
    if path.suffix.lower() == _CSV:
        _write_csv(path, breaks)
    else:
        _write_xlsx(path, breaks)


def _write_csv(path: Path, breaks: Sequence[Break]) -> None:
    # The mark lets spreadsheets see that it is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADINGS)
        for each in breaks:
            amount = "" if each.cents is None else _decimal(each.cents)
            since = each.since.isoformat() if each.since else ""
            age = "" if each.age is None else each.age
            texts = map(_harmless, (each.kind, each.what, each.line))
            writer.writerow([*texts, amount, since, age, _harmless(each.what_to_do)])


def _write_xlsx(path: Path, breaks: Sequence[Break]) -> None:
    options = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        day, wrapped = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"text_wrap": True})
        sheet = book.add_worksheet("breaks")
        for column, (heading, width) in enumerate(zip(_HEADINGS, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading, bold)
        sheet.freeze_panes(1, 0)
        for row, each in enumerate(breaks, 1):
            for column, text in enumerate((each.kind, each.what, each.line)):
                sheet.write_string(row, column, text)
            if each.cents is not None:
                # A spreadsheet has no other numbers; two decimals of a bank's amount are exact in them.
                sheet.write_number(row, 3, float(_decimal(each.cents)), money)
            if each.since is not None:
                sheet.write_datetime(row, 4, each.since, day)
            if each.age is not None:
                sheet.write_number(row, 5, each.age)
            sheet.write_string(row, 6, each.what_to_do, wrapped)


def _decimal(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text
