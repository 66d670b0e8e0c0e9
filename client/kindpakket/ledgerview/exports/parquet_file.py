"""Tables as Parquet, for programs: typed, and with the data dictionary inside of the file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path

from kindpakket.extras import extra
from kindpakket.ledgerview.columns import Column, Value
from kindpakket.ledgerview.exports.description import KINDS, Sheet

with extra("view"):
    import pyarrow as pa
    from pyarrow import parquet

_AT_ONCE = 20_000
"""Rows of a row group: what is in memory."""
_MILLISECONDS = 1_000
_EPOCH = date(1970, 1, 1)
ORIGIN = b"kindpakket"
"""The key of the file's metadata under which it says, in JSON, where it is from."""


def write_parquet(path: Path, sheet: Sheet, progress: Callable[[int], None]) -> int:
    """Write a table and return its number of rows. Amounts are integer cents; instants are UTC."""
    columns = sheet.columns
    schema = pa.schema(
        [
            pa.field(
                column.name,
                _type(column),
                metadata={"description": column.meaning, "kind": KINDS[column.kind]},
            )
            for column in columns
        ],
        metadata={ORIGIN: json.dumps(sheet.origin(), ensure_ascii=False).encode()},
    )
    count = 0
    rows = sheet.rows()
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while some := list(islice(rows, _AT_ONCE)):
            arrays = [
                pa.array(_values(column, some, place), _type(column)) for place, column in enumerate(columns)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            count += len(some)
            progress(len(some))
    return count


def _type(column: Column) -> pa.DataType:
    match column.kind:
        case "cents" | "number":
            return pa.int64()
        case "instant":
            return pa.timestamp("ms", tz="UTC")
        case "day":
            return pa.date32()
        case "flag":
            return pa.bool_()
    return pa.string()


def _values(column: Column, rows: Sequence[Sequence[Value]], place: int) -> Iterator[object]:
    for row in rows:
        value = row[place]
        if value is None:
            yield None
        elif column.kind == "instant":
            yield int(value) * _MILLISECONDS
        elif column.kind == "day":
            yield (date.fromisoformat(str(value)) - _EPOCH).days
        else:
            yield value
