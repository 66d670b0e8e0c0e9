"""Tables as CSV, which Excel opens as it should be, with a description beside each file as CSVW has it.

Source: "Model for Tabular Data and Metadata on the Web", W3C Recommendation of 2015, for `…-metadata.json`.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from kindpakket.ledgerview.columns import Column, Value
from kindpakket.ledgerview.exports.description import Sheet
from kindpakket.ledgerview.moment import utc

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula, also in CSV (OWASP, "CSV Injection")."""
_BLOCK_BYTES = 1 << 20
_TYPES: dict[str, object] = {
    "text": "string",
    "cents": "integer",
    "number": "integer",
    "instant": "dateTimeStamp",
    "day": "date",
    "flag": "boolean",
    "json": "json",
}


def write_csv(path: Path, sheet: Sheet, name: str, delimiter: str, progress: Callable[[int], None]) -> int:
    """Write a table and return its number of rows.

    UTF-8 with a byte order mark, without which Excel misreads accents. Amounts are integer cents.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        count = _write(file, sheet, delimiter, progress)
    description = _description(sheet, name, delimiter, count, _sha256(path))
    _beside(path).write_text(json.dumps(description, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return count


def description_name(name: str) -> str:
    """The name of the file that describes a CSV file."""
    return f"{name}-metadata.json"


def _beside(path: Path) -> Path:
    return path.with_name(description_name(path.name))


def _write(file: IO[str], sheet: Sheet, delimiter: str, progress: Callable[[int], None]) -> int:
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
    columns = sheet.columns
    writer.writerow([column.name for column in columns])
    count = 0
    for row in _cells(columns, sheet.rows()):
        writer.writerow(row)
        count += 1
        progress(1)
    return count


def _cells(columns: Sequence[Column], rows: Iterator[Sequence[Value]]) -> Iterator[list[object]]:
    kinds = [column.kind for column in columns]
    for row in rows:
        yield [_cell(kind, value) for kind, value in zip(kinds, row, strict=True)]


def _cell(kind: str, value: Value) -> object:
    if value is None:
        return ""
    if kind == "instant":
        return utc(int(value))
    if kind == "flag":
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _description(sheet: Sheet, name: str, delimiter: str, rows: int, sha256: str) -> dict[str, Any]:
    described = [
        {
            "name": column.name,
            "titles": column.name,
            "datatype": _TYPES[column.kind],
            "dc:description": column.meaning,
            "required": False,
        }
        for column in sheet.columns
    ]
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": name,
        "dc:title": sheet.name,
        "dc:description": sheet.table.meaning,
        "dialect": {"delimiter": delimiter, "encoding": "utf-8", "header": True, "lineTerminators": ["\r\n"]},
        "tableSchema": {
            "columns": described,
            "primaryKey": [column.name for column in sheet.columns[: sheet.table.keys]],
        },
        "notes": [
            {
                **sheet.origin(),
                "row_count": rows,
                "sha256": sha256,
                "text": "Text that begins with = + - @, a tab or a line feed has an apostrophe before it.",
            }
        ],
    }


def _sha256(path: Path) -> str:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            hashed.update(block)
    return hashed.hexdigest()
