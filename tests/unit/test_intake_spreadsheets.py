"""Spreadsheets as tables: everything as text, Excel's damage visible, and no memory for what is claimed."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from children_files import DAAN, FENNA, HEADINGS, NOOR, ods_of, with_dimension, with_rows, xlsx_of
from hypothesis import given, settings
from hypothesis import strategies as st

from kindpakket.backoffice.citizens import CitizensError, read_bytes
from kindpakket.backoffice.intake.mapping import ColumnMapping
from kindpakket.backoffice.intake.opening import open_table
from kindpakket.backoffice.intake.table import Row, Source, TableError

LAST = 1_048_576


# Prints the most memory that a reader's own process took, in kibibytes.
MEASURED = """
import resource, sys
from pathlib import Path
from kindpakket.backoffice.intake.mapping import ColumnMapping
from kindpakket.backoffice.intake.opening import open_table
with open_table(Path(sys.argv[1]).read_bytes(), ColumnMapping()) as table:
    assert len(list(table.rows())) == 2
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def rows_of(content: bytes, **reading: str) -> list[Row]:
    with open_table(content, ColumnMapping(**reading)) as table:  # type: ignore[arg-type]
        return list(table.rows())


def source_of(content: bytes, **reading: str) -> Source:
    with open_table(content, ColumnMapping(**reading)) as table:  # type: ignore[arg-type]
        return table.source


def refusal(content: bytes, **reading: str) -> str:
    with pytest.raises(TableError) as caught:
        rows_of(content, **reading)
    return caught.value.reason


@pytest.mark.parametrize("write", [xlsx_of, ods_of])
def test_a_spreadsheet_gives_the_same_children_as_csv(write: Callable[..., bytes]) -> None:
    typed = (int(DAAN[0]), *DAAN[1:3], date(2014, 12, 31), *DAAN[4:7], 1)
    children = read_bytes(write(HEADINGS, FENNA, typed, NOOR))
    from_csv = read_bytes("\n".join(";".join(row) for row in (HEADINGS, FENNA, DAAN, NOOR)).encode())
    assert children == from_csv


def test_cells_are_text_with_their_kinds() -> None:
    content = xlsx_of(("a", 123456782, 0.1, True, date(2014, 12, 31), "x\ny", None, "0012"))
    (row,) = rows_of(content)
    assert row.cells == ["a", "123456782", "0.1", "TRUE", "2014-12-31", "x\ny", "", "0012"]
    assert row.kinds == "tnnbdttt"


def test_large_numbers_and_errors_are_seen() -> None:
    damage = '<row r="3"><c r="A3" t="e"><v>#N/A</v></c><c r="B3"><v>1.5E+20</v></c></row>'
    row = rows_of(with_rows(xlsx_of(("a", "b"), ("x", "y")), damage))[2]
    assert (row.cells, row.kinds) == (["#", "1.5e+20"], "en")


def test_an_error_value_is_not_taken_for_an_empty_cell() -> None:
    units = '<row r="3"><c r="H3" t="e"><v>#DIV/0!</v></c></row>'
    with pytest.raises(CitizensError, match="row 3: eenheden holds an error of the spreadsheet"):
        read_bytes(with_rows(xlsx_of(HEADINGS, FENNA), units))


@pytest.mark.parametrize("at", [(0, 0), (3, 0), (0, 2), (5, 4)])
def test_rows_and_columns_before_the_first_cell_count(at: tuple[int, int]) -> None:
    rows = rows_of(xlsx_of(("a", "b"), ("c", "d"), at=at))
    assert [row.number for row in rows] == list(range(1, at[0] + 3))
    assert rows[-1].cells[at[1] :] == ["c", "d"]
    assert all(row.blank for row in rows[: at[0]])


@pytest.mark.parametrize(("date_1904", "serial"), [(False, 42004), (True, 40542)])
def test_both_date_systems_give_the_same_day(date_1904: bool, serial: int) -> None:
    as_date = (*FENNA[:3], date(2014, 12, 31), *FENNA[4:])
    as_serial = (*DAAN[:3], serial, *DAAN[4:])
    content = xlsx_of(HEADINGS, as_date, as_serial, date_1904=date_1904)
    assert source_of(content).date_system == (1904 if date_1904 else 1900)
    assert {child.born for child in read_bytes(content)} == {date(2014, 12, 31)}


def test_ods_counts_from_its_null_date() -> None:
    settings = (
        '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/>'
        "</table:calculation-settings>"
    )
    serial = (*FENNA[:3], 40542, *FENNA[4:])
    (child,) = read_bytes(ods_of(HEADINGS, serial, settings=settings))
    assert child.born == date(2014, 12, 31)


def test_a_sheet_is_chosen_by_name_where_there_are_several() -> None:
    content = xlsx_of(HEADINGS, FENNA, sheets=("kinderen", "uitleg"))
    assert refusal(content) == "it has 2 sheets: name one of kinderen, uitleg"
    assert refusal(content, sheet="x") == "there is no sheet 'x': the sheets are kinderen, uitleg"
    assert len(rows_of(content, sheet="kinderen")) == 2
    assert source_of(content, sheet="kinderen").sheets == ("kinderen", "uitleg")
    assert refusal(content, sheet="uitleg") == "the sheet is empty: its first row must name the columns"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(with_dimension(xlsx_of(HEADINGS, FENNA), f"A1:XFD{LAST}"), id="xlsx: claimed"),
        pytest.param(
            ods_of(
                HEADINGS,
                FENNA,
                more=f'<table:table-row table:number-rows-repeated="{LAST - 2}">'
                '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>',
            ),
            id="ods: repeated",
        ),
    ],
)
def test_a_million_empty_rows_cost_nothing(content: bytes, tmp_path: Path) -> None:
    assert len(rows_of(content)) == 2
    file = tmp_path / "children"
    file.write_bytes(content)
    done = subprocess.run([sys.executable, "-c", MEASURED, file], capture_output=True, check=True)
    assert int(done.stdout) < 256 << 10


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            with_rows(xlsx_of(HEADINGS, FENNA), f'<row r="{LAST}"><c r="XFD{LAST}"><v>1</v></c></row>'),
            id="xlsx: a cell far away",
        ),
        pytest.param(
            ods_of(
                HEADINGS,
                FENNA,
                more=f'<table:table-row table:number-rows-repeated="{LAST - 2}">'
                '<table:table-cell table:number-columns-repeated="16384" office:value-type="float" '
                'office:value="1"><text:p>1</text:p></table:table-cell></table:table-row>',
            ),
            id="ods: a value repeated",
        ),
    ],
)
def test_a_sheet_that_claims_more_memory_than_allowed_is_refused(content: bytes) -> None:
    reason = refusal(content)
    assert "takes more than 2 GB of memory: delete the empty rows" in reason or "too many cells" in reason


def test_what_is_no_spreadsheet_is_said_to_be_none() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("x.txt", "nothing")
    for content in (archive.getvalue(), b"PK\x03\x04 cut off", xlsx_of(HEADINGS, FENNA)[:900]):
        assert refusal(content).startswith("the spreadsheet cannot be read: it is damaged, has a password")


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)
            | st.integers(-(10**9), 10**9),
            min_size=1,
            max_size=5,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_written_into_a_spreadsheet_is_read_again(rows: list[list[str | int]]) -> None:
    read = rows_of(xlsx_of(("a",), *rows))[1:]
    written = [[str(cell) for cell in row] for row in rows]
    width = max(len(row.cells) for row in read) if read else 0
    padded = [[*row, *[""] * width][: max(width, len(row))] for row in written]
    found = [list(row.cells) for row in read]
    found += [[""] * width] * (len(padded) - len(found))  # empty rows at the end are none
    assert found == [row[:width] for row in padded]
    assert all(cell == "" for row in padded for cell in row[width:])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 5000), st.binary(min_size=1, max_size=40))
def test_a_damaged_spreadsheet_gives_children_or_an_error(at: int, damage: bytes) -> None:
    content = xlsx_of(HEADINGS, FENNA)
    try:
        read_bytes(content[:at] + damage + content[at + len(damage) :])
    except CitizensError as error:
        assert "Fenna" not in str(error)


def test_reading_stops_with_its_process_when_nobody_reads_on() -> None:
    with open_table(xlsx_of(HEADINGS, *[FENNA] * 2000)) as table:
        rows = table.rows()
        assert next(rows).number == 1
        rows.close()  # type: ignore[attr-defined]
        assert sum(1 for _ in table.rows()) == 2001
        assert table.progress() == (2001, 2001)
