"""The books as CSV, XLSX and audit file: read back by other programs, and checked against the schemas."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib import resources
from io import BytesIO, StringIO
from pathlib import Path

import pytest
import pyxaf
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook
from town import SCHEMES, SHOPS, Movements, Town, keep

from kindpakket.backoffice.books.auditfile import NAMESPACES, VERSIONS, Version, to_xaf
from kindpakket.backoffice.books.balance import trial_balance
from kindpakket.backoffice.books.books import Books
from kindpakket.backoffice.books.chart import Account, Chart, Company
from kindpakket.backoffice.books.charts import Charts
from kindpakket.backoffice.books.delimited import to_csv
from kindpakket.backoffice.books.errors import BooksError
from kindpakket.backoffice.books.mapping import example, load_mapping
from kindpakket.backoffice.books.periods import read_span
from kindpakket.backoffice.books.tables import about, balance_table, journal_table
from kindpakket.backoffice.books.workbook import to_xlsx

SPAN = read_span("2026-01:2026-06")
FEW = settings(max_examples=10, deadline=None)


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    path = tmp_path_factory.mktemp("mapping") / "mapping.yaml"
    path.write_text(example())
    company = Company("Gemeente Zuidhorn & omstreken", "NL001234567B01", "01234567")
    return replace(load_mapping(path), company=company)


def town_books(chart: Chart, seed: int = 7, grouping: str = "settlement") -> Books:
    movements = Movements(Town(seed, hours=24).live(300).movements)
    return keep(movements, chart, grouping=grouping)  # type: ignore[arg-type]


@cache
def schema(xaf: Version) -> etree.XMLSchema:
    """The schema as its publisher has it; pyxaf ships it."""
    file = resources.files(pyxaf).joinpath(f"schemas/XmlAuditfileFinancieel{xaf}.xsd")
    return etree.XMLSchema(etree.fromstring(file.read_bytes()))


def rows_of(content: bytes, delimiter: str = ";") -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\n") == content.count(b"\r\n")
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig")), delimiter=delimiter))


def in_cents(text: str, mark: str = ",") -> int:
    assert re.fullmatch(rf"-?\d+{re.escape(mark)}\d\d|", text)
    return int(text.replace(mark, "") or 0)


def cents_of(cell: object) -> int:
    """The cents of a sheet's cell; an empty one has none."""
    assert cell == "" or isinstance(cell, int | float)
    return round(float(cell or 0) * 100)


def test_csv_has_the_lines_of_the_journal(chart: Chart) -> None:
    books = town_books(chart)
    rows = rows_of(to_csv(journal_table(books.entries), books.position))
    lines = [line for entry in books.entries for line in entry.lines]
    assert [(row["account"], in_cents(row["debit"]), in_cents(row["credit"])) for row in rows] == [
        (line.account.code, line.debit, line.credit) for line in lines
    ]
    assert {row["entry"] for row in rows} == {entry.number for entry in books.entries}
    stamps = {(row["channel"], row["block"], row["block_hash"]) for row in rows}
    assert stamps == {("zuidhorn", str(books.position.block), books.position.block_hash)}
    paid = [row["reference"] for row in rows if row["kind"] == "paid"]
    assert len(set(paid)) * 2 == len(paid) > 0


def test_csv_with_points_and_commas(chart: Chart) -> None:
    books = town_books(chart)
    table = balance_table(trial_balance(books))
    rows = rows_of(to_csv(table, books.position, delimiter=",", decimal="point"), ",")
    assert sum(in_cents(row["closing"], ".") for row in rows) == 0
    with pytest.raises(BooksError, match="which is before the decimals as well"):
        to_csv(table, books.position, delimiter=",", decimal="comma")


@pytest.mark.parametrize("name", ["=1+1", "+31", "-x", "@SUM(A1)"])
def test_what_looks_like_a_formula_is_text(chart: Chart, name: str) -> None:
    accounts = {**chart.accounts, "payables": Account("17010", name)}
    books = town_books(replace(chart, accounts=accounts))
    table = journal_table(books.entries)
    names = {row["account_name"] for row in rows_of(to_csv(table, books.position))}
    assert f"'{name}" in names
    assert name not in names
    content = to_xlsx([table], about(books), books.through)
    (sheet, _) = CalamineWorkbook.from_filelike(BytesIO(content)).sheet_names
    cells = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_name(sheet).to_python()
    assert name in {row[7] for row in cells}


def test_xlsx_has_the_journal_the_balance_and_what_they_stand_for(chart: Chart) -> None:
    books = town_books(chart)
    tables = [journal_table(books.entries), balance_table(trial_balance(books))]
    content = to_xlsx(tables, about(books), books.through)
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    assert book.sheet_names == ["journal", "balance", "about"]
    journal = book.get_sheet_by_name("journal").to_python()
    lines = [line for entry in books.entries for line in entry.lines]
    read = [cents_of(row[10]) - cents_of(row[11]) for row in journal[1:]]
    assert read == [line.cents for line in lines]
    assert [row[6] for row in journal[1:]] == [line.account.code for line in lines]
    balance = book.get_sheet_by_name("balance").to_python()
    assert sum(cents_of(row[6]) for row in balance[1:]) == 0
    stands_for = {row[0]: row[1] for row in book.get_sheet_by_name("about").to_python()[:7]}
    assert stands_for["block_hash"] == books.position.block_hash
    assert stands_for["height"] == str(books.position.block + 1)
    meanings = {row[1] for row in book.get_sheet_by_name("about").to_python()[8:]}
    assert {*tables[0].headings, *tables[1].headings} <= meanings


def test_more_lines_than_a_sheet_has_are_refused(chart: Chart) -> None:
    table = balance_table([])
    with pytest.raises(BooksError, match="1048576"):
        to_xlsx([replace(table, rows=[()] * (1 << 20))], [], "")


@pytest.mark.parametrize("xaf", VERSIONS)
@FEW
@given(
    seed=st.integers(0, 2**32),
    grouping=st.sampled_from(["period", "settlement", "transaction"]),
    data=st.data(),
)
def test_the_audit_file_is_valid_and_says_what_the_books_say(
    chart: Chart, xaf: Version, seed: int, grouping: str, data: st.DataObject
) -> None:
    apart = data.draw(st.booleans())
    books = town_books(replace(chart, shops_apart=apart, expected_use=5_000), seed, grouping)
    commitments = data.draw(st.booleans())
    content = to_xaf(books, SPAN, xaf=xaf, commitments=commitments)
    schema(xaf).assertValid(etree.fromstring(content))
    report = pyxaf.validate(content)
    assert list(report.errors) == []
    wanted: Counter[str] = Counter()
    for entry in books.of(SPAN):
        for line in entry.lines:
            if commitments or line.role not in ("commitments", "commitments_contra"):
                wanted[line.account.code] += line.cents
    found: Counter[str] = Counter()
    with pyxaf.open(content) as file:
        for transaction in file.transactions():
            assert transaction.balanced
            for read in transaction.lines:
                assert read.amount is not None
                found[str(read.account_id)] += int(read.amount * 100) * (1 if read.side == "D" else -1)
        opening = file.opening_balance().by_account()
    assert +found == +wanted
    assert -found == -wanted
    before = {
        line.account.code: Decimal(line.opening) / 100
        for line in trial_balance(books, SPAN)
        if line.opening and (commitments or not line.off_balance)
    }
    assert {code: cents for code, cents in opening.items() if cents} == before


def test_an_audit_file_names_shops_cost_centres_and_the_block(chart: Chart) -> None:
    rgs = replace(chart.accounts["payables"], rgs="BSchCreHac")
    chart = replace(
        chart,
        accounts={**chart.accounts, "payables": rgs},
        shops_apart=True,
        creditors={SHOPS[0]: "C10023"},
    )
    books = town_books(chart)
    centres: dict[Version, str] = {"4.0": "cost", "3.2": "costID"}
    for xaf, centre in centres.items():
        content = to_xaf(books, SPAN, xaf=xaf)
        assert b"<custSupID>C10023</custSupID>" in content
        assert f"<{centre}>6301</{centre}>".encode() in content
        assert f'block_hash="{books.position.block_hash}"'.encode() in content
        assert b"BSchCreHac" in content
        assert b"09100" not in content
        assert f'xmlns="{NAMESPACES[xaf]}"'.encode() in content
    only = to_xaf(books, SPAN, scheme=SCHEMES[0])
    assert SCHEMES[0].encode() in only
    assert SCHEMES[1].encode() not in only


def test_an_audit_file_needs_a_year_and_a_company(chart: Chart) -> None:
    books = town_books(chart)
    for text in ("2026-02", "2025-01:2026-02"):
        with pytest.raises(BooksError, match="begins with a year"):
            to_xaf(books, read_span(text))
    with pytest.raises(BooksError, match="has no company"):
        to_xaf(replace(books, charts=Charts.of([replace(chart, company=None)])), SPAN)


def test_the_same_books_give_the_same_bytes(chart: Chart, tmp_path: Path) -> None:
    def files() -> list[bytes]:
        books = town_books(chart)
        journal, balance = journal_table(books.entries), balance_table(trial_balance(books))
        return [
            to_csv(journal, books.position),
            to_xlsx([journal, balance], about(books), books.through),
            *(to_xaf(books, SPAN, xaf=xaf) for xaf in VERSIONS),
        ]

    assert files() == files()
