"""Exports of the ledger view: people and programs can read each file, and it says what it is."""

from __future__ import annotations

import csv
import hashlib
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile

import pytest
from ledger_blocks import CHAINCODE, CHANNEL, Asked, peer_of
from pyarrow import parquet
from python_calamine import CalamineWorkbook
from small_town import SmallTown

from kindpakket.ledger.days import AMSTERDAM
from kindpakket.ledgerview import TABLES, LedgerView, Snapshot, ViewError, catch_up, table
from kindpakket.ledgerview.columns import Column, Value
from kindpakket.ledgerview.exports import FORMATS, ExportFormat, export
from kindpakket.ledgerview.exports.xlsx_file import heading

ODD = {
    "=1+1": "'=1+1",
    "+31": "'+31",
    "-5": "'-5",
    "@x": "'@x",
    'é;"\n': 'é;"\n',
    "\tx": "'\tx",
    "0012": "0012",
}
"""Texts that a spreadsheet might take for something else, as they are in CSV."""


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerView]:
    town = SmallTown(Random(7))
    odd = [
        Asked(
            "settlement:Book",
            {"request_id": f"{number:032x}"},
            {
                f"settlement/{'a' * 32}/{number:032x}": {
                    "id": f"{number:032x}",
                    "scheme": "a" * 32,
                    "shop": "b" * 32,
                    "state": "carried",
                    "cents": 0,
                    "through": "2026-03-10",
                    "drafted_by": "p-clerk",
                    "bank_reference": text,
                }
            },
        )
        for number, text in enumerate(ODD, 10**6)
    ]
    where = tmp_path_factory.mktemp("view") / "view.db"
    with LedgerView(where, channel=CHANNEL, chaincode=CHAINCODE) as made:
        catch_up(made, peer_of([*town.begin(), *town.steps(400), *odd]))
        yield made


@pytest.fixture
def snapshot(view: LedgerView) -> Iterator[Snapshot]:
    with view.reading() as opened:
        yield opened


def shown(snapshot: Snapshot, name: str, *, history: bool = False) -> list[dict[str, Value]]:
    columns = [column.name for column in snapshot.columns(table(name), history=history)]
    return [dict(zip(columns, row, strict=True)) for row in snapshot.rows(table(name), history=history)]


def as_csv(column: Column, value: Value) -> str:
    if value is None:
        return ""
    if column.kind == "instant":
        return datetime.fromtimestamp(int(value), UTC).isoformat().replace("+00:00", "Z")
    return ODD.get(value, value) if isinstance(value, str) else str(value)


@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize(("delimiter", "name"), [(";", "semicolon"), (",", "comma"), ("\t", "tab")])
def test_csv_has_every_cell_and_a_description(
    snapshot: Snapshot, tmp_path: Path, history: bool, delimiter: str, name: str
) -> None:
    done = export(snapshot, tmp_path, "csv", TABLES, history=history, delimiter=delimiter)
    assert len(done.files) == 2 * len(TABLES)
    for layout in TABLES:
        path = tmp_path / f"{layout.name}.csv"
        assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "Excel needs the byte order mark"
        columns = snapshot.columns(layout, history=history)
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=delimiter))
        expected = shown(snapshot, layout.name, history=history)
        assert rows == [
            {column.name: as_csv(column, row[column.name]) for column in columns} for row in expected
        ]
        described = json.loads((tmp_path / f"{layout.name}.csv-metadata.json").read_text())
        assert described["@context"] == "http://www.w3.org/ns/csvw"
        assert (described["url"], described["dialect"]["delimiter"]) == (path.name, delimiter)
        assert [column["name"] for column in described["tableSchema"]["columns"]] == [
            column.name for column in columns
        ]
        (note,) = described["notes"]
        assert note["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert (note["row_count"], done.rows[layout.name]) == (len(expected), len(expected))
        check_origin(note, snapshot)


def check_origin(said: dict[str, Any], snapshot: Snapshot) -> None:
    moment = snapshot.moment
    assert (said["channel"], said["block"], said["height"]) == (CHANNEL, moment.block, moment.block + 1)
    assert said["hash"] == moment.hash
    assert said["time"].endswith("Z")


def test_xlsx_has_typed_cells_and_nothing_that_is_calculated(snapshot: Snapshot, tmp_path: Path) -> None:
    export(snapshot, tmp_path, "xlsx", TABLES)
    book = CalamineWorkbook.from_path(tmp_path / "ledger-view.xlsx")
    assert book.sheet_names == ["about", "dictionary", *(layout.name for layout in TABLES)]
    about: dict[str, Any] = {
        str(row[0]): row[1] for row in book.get_sheet_by_name("about").to_python() if row[0]
    }
    check_origin({**about, "block": int(about["block"]), "height": int(about["height"])}, snapshot)
    assert about["vouchers"] == str(len(shown(snapshot, "vouchers")))
    dictionary = book.get_sheet_by_name("dictionary").to_python()
    for layout in TABLES:
        columns = snapshot.columns(layout)
        headings = [heading(column) for column in columns]
        rows = book.get_sheet_by_name(layout.name).to_python()
        assert rows[0] == headings
        assert [row[1] for row in dictionary if row[0] == layout.name and row[1]] == headings
        for row, expected in zip(rows[1:], shown(snapshot, layout.name), strict=True):
            for column, cell in zip(columns, row, strict=True):
                check_cell(column, cell, expected[column.name])
    with ZipFile(tmp_path / "ledger-view.xlsx") as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name]
    assert not any(b"<f>" in sheet for sheet in sheets)


def check_cell(column: Column, cell: Any, value: Value) -> None:
    if value is None:
        assert cell == ""
    elif column.kind == "cents":
        assert round(cell * 100) == value
    elif column.kind == "instant":
        assert cell.replace(tzinfo=AMSTERDAM).timestamp() == value
    elif column.kind == "day":
        assert cell.isoformat()[:10] == value
    else:
        assert cell == value


def test_parquet_is_typed_and_carries_its_dictionary(snapshot: Snapshot, tmp_path: Path) -> None:
    export(snapshot, tmp_path, "parquet", TABLES)
    types = {"cents": "int64", "number": "int64", "instant": "timestamp[ms, tz=UTC]", "day": "date32[day]"}
    for layout in TABLES:
        content = parquet.read_table(tmp_path / f"{layout.name}.parquet")
        check_origin(json.loads(content.schema.metadata[b"kindpakket"]), snapshot)
        expected = shown(snapshot, layout.name)
        assert content.num_rows == len(expected)
        for column in snapshot.columns(layout):
            field = content.schema.field(column.name)
            assert str(field.type) == types.get(column.kind, "bool" if column.kind == "flag" else "string")
            assert field.metadata[b"description"].decode() == column.meaning
            values = content.column(column.name).to_pylist()
            if column.kind == "instant":
                values = [value and int(value.timestamp()) for value in values]
            if column.kind == "day":
                values = [value and value.isoformat() for value in values]
            assert values == [row[column.name] for row in expected]


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_block_gives_the_same_bytes(view: LedgerView, tmp_path: Path, kind: ExportFormat) -> None:
    made = []
    for name in ("one", "two"):
        with view.reading(100) as snapshot:
            done = export(snapshot, tmp_path / name, kind, TABLES)
        made.append([path.read_bytes() for path in done.files])
    assert made[0] == made[1]


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_there_is_not_replaced_unless_that_is_asked_for(
    snapshot: Snapshot, tmp_path: Path, kind: ExportFormat
) -> None:
    (first, *_) = export(snapshot, tmp_path, kind, [table("shops")]).files
    first.write_bytes(b"kept")
    with pytest.raises(ViewError, match=r"exists already: name another folder, or give --overwrite"):
        export(snapshot, tmp_path, kind, [table("schemes"), table("shops")])
    assert first.read_bytes() == b"kept"
    assert not (tmp_path / f"schemes.{kind}").exists()
    export(snapshot, tmp_path, kind, [table("shops")], overwrite=True)
    assert first.read_bytes() != b"kept"
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_that_cannot_be_written_leaves_none(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: ExportFormat
) -> None:
    def fail(count: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        export(snapshot, tmp_path, kind, [table("shops"), table("vouchers")], progress=fail)
    assert list(tmp_path.iterdir()) == []


class Endless:
    """A snapshot whose table goes on for as many rows as one likes."""

    def __init__(self, snapshot: Snapshot, count: int) -> None:
        self.moment = snapshot.moment
        self.columns = snapshot.columns
        self._row = next(iter(snapshot.rows(table("requests"))))
        self._long = count

    def rows(self, *_: object, **__: object) -> Iterator[Any]:
        for _number in range(self._long):
            yield self._row


@pytest.mark.parametrize("kind", FORMATS)
def test_memory_does_not_grow_with_the_rows(snapshot: Snapshot, tmp_path: Path, kind: ExportFormat) -> None:
    export(snapshot, tmp_path / "first", kind, [table("requests")])  # so that modules are loaded
    peaks = []
    for count in (20_000, 60_000):
        tracemalloc.start()
        export(Endless(snapshot, count), tmp_path / str(count), kind, [table("requests")])  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] + 2_000_000, peaks


def test_a_table_longer_than_a_sheet_goes_on_in_another(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kindpakket.ledgerview.exports.xlsx_file._ROWS", 101)
    done = export(Endless(snapshot, 250), tmp_path, "xlsx", [table("requests")])  # type: ignore[arg-type]
    assert done.rows == {"requests": 250}
    book = CalamineWorkbook.from_path(tmp_path / "ledger-view.xlsx")
    assert book.sheet_names[2:] == ["requests", "requests 2", "requests 3"]
    lengths = [len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names[2:]]
    assert lengths == [101, 101, 51]
