"""Writes tables to a folder: all of them as they are as at one block, or nothing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from kindpakket.ledgerview.errors import ViewError
from kindpakket.ledgerview.exports.csv_file import description_name, write_csv
from kindpakket.ledgerview.exports.description import Sheet
from kindpakket.ledgerview.layout import TableLayout
from kindpakket.ledgerview.snapshot import Snapshot

ExportFormat: TypeAlias = Literal["csv", "xlsx", "parquet"]
FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
_WORKBOOK = "ledger-view.xlsx"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        files: the files, in the order of the tables.
        rows: number of rows by table.
    """

    files: tuple[Path, ...]
    rows: dict[str, int]


def export(
    snapshot: Snapshot,
    folder: Path,
    kind: ExportFormat,
    tables: Sequence[TableLayout],
    *,
    history: bool = False,
    delimiter: str = ";",
    overwrite: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Exported:
    """Write tables as at the snapshot's block. The same block gives the same bytes.

    Rows are read and written one after another, so that memory does not grow with them. The files take their
    names when all of them are whole. They hold pseudonymous data, and are readable for their owner only.

    Args:
        snapshot: the view.
        folder: where to; it is made if it does not exist.
        kind: one file for each table, or one workbook (`xlsx`).
        tables: the tables.
        history: of things, every version up to the block instead of those that were current then.
        delimiter: between the cells of CSV.
        overwrite: whether files that exist are replaced.
        progress: told how many rows have been written.

    Raises:
        ViewError: a file exists already.
        OSError: a file cannot be written.
    """
    sheets = [Sheet(snapshot, table, history) for table in tables]
    names = [_WORKBOOK] if kind == "xlsx" else [f"{table.name}.{kind}" for table in tables]
    all_names = [*names, *(map(description_name, names) if kind == "csv" else ())]
    if not overwrite and (there := [name for name in all_names if (folder / name).exists()]):
        raise ViewError(f"{folder / there[0]} exists already: name another folder, or give --overwrite")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=folder) as beside:
        made = Path(beside)
        if kind == "xlsx":
            from kindpakket.ledgerview.exports.xlsx_file import write_xlsx  # noqa: PLC0415 - may be missing

            rows = write_xlsx(made / _WORKBOOK, sheets, progress)
        else:
            rows = {
                sheet.name: _write(made / name, sheet, kind, delimiter, progress)
                for sheet, name in zip(sheets, names, strict=True)
            }
        for name in all_names:
            (made / name).chmod(0o600)
            os.replace(made / name, folder / name)  # noqa: PTH105
    return Exported(tuple(folder / name for name in all_names), rows)


def _write(path: Path, sheet: Sheet, kind: str, delimiter: str, progress: Callable[[int], None]) -> int:
    if kind == "csv":
        return write_csv(path, sheet, path.name, delimiter, progress)
    from kindpakket.ledgerview.exports.parquet_file import write_parquet  # noqa: PLC0415 - may be missing

    return write_parquet(path, sheet, progress)
