"""A whole file checked: doubles, households, amounts, and the report."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from children_files import DAAN, FENNA, HEADINGS, NOOR, SECRETS, csv_of, xlsx_of
from python_calamine import CalamineWorkbook
from story import rules as scheme_rules

from kindpakket.backoffice.ages import Ages
from kindpakket.backoffice.intake import workbook
from kindpakket.backoffice.intake.check import Check, check_table
from kindpakket.backoffice.intake.child import Child
from kindpakket.backoffice.intake.findings import Findings, Reason, letters
from kindpakket.backoffice.intake.mapping import ColumnMapping
from kindpakket.backoffice.intake.opening import open_table
from kindpakket.backoffice.intake.workbook import write_report
from kindpakket.ledger.days import today

AMOUNT = (*HEADINGS, "bedrag")


def check(content: str | bytes, **options: Any) -> Check:
    mapping = options.pop("mapping", None)
    with open_table(content.encode() if isinstance(content, str) else content, mapping) as table:
        return check_table(table, mapping, **options)


def sentences(found: Check) -> list[str]:
    return [f"{finding.address} {found.sentence(finding)}" for finding in found.findings]


def person(number: int, **cells: str) -> tuple[str, ...]:
    """A row of another child each time."""
    base = 12_345_600 + number
    digits = f"{base:08}"
    rest = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 1, -1), strict=True)) % 11
    if rest == 10:
        return person(number + 100_000, **cells)
    row = dict(zip(HEADINGS, (f"{digits}{rest}", f"Kind{number}", "Bos", *FENNA[3:]), strict=True))
    row.update(huishouden=f"h-{number}")
    return tuple({**row, **cells}.values())


def test_a_clean_file_passes_and_gives_its_children() -> None:
    children: list[Child] = []
    found = check(csv_of(HEADINGS, FENNA, (), DAAN, NOOR), accept=children.append)
    assert (found.passed, found.rows, found.children, len(found.findings)) == (True, 3, 3, 0)
    assert [child.bsn for child in children] == ["999990019", "123456782", "012345672"]


def test_every_bad_cell_is_found_in_the_order_of_the_file() -> None:
    bad = ("1,23457E+8", "", "Bakker", "31-12-14", "h-2", "2,02401E+11", "child", "0")
    found = check(csv_of(HEADINGS, FENNA, bad, DAAN[:3]))
    assert sentences(found) == [
        "A3 bsn was turned into a number in scientific notation, and digits are lost: format the column as "
        "text, enter it again and export again",
        "B3 voornamen is empty",
        "D3 geboortedatum has a year of two digits: write all four",
        "F3 zaaknummer was turned into a number in scientific notation, and digits are lost: format the "
        "column as text, enter it again and export again",
        "H3 eenheden is not a whole number from 1 to 1000",
        "4 it has 3 columns, but the first line has 8",
    ]
    assert not found.passed


def test_doubles_are_errors_and_the_household_is_compared() -> None:
    moved = (*FENNA[:4], "h-9", *FENNA[5:])
    wrong_elsewhere = (*DAAN[:3], "never", *DAAN[4:])
    found = check(csv_of(HEADINGS, FENNA, DAAN, FENNA, moved, wrong_elsewhere))
    assert sentences(found) == [
        "A4 the same bsn is on line 2: list each child once",
        "A5 the same bsn is on line 2, in another household: find out where the child lives",
        "A6 the same bsn is on line 3: list each child once",
        "D6 geboortedatum is not a date: write YYYY-MM-DD or DD-MM-YYYY",
    ]


def test_the_same_person_with_another_bsn_is_pointed_out() -> None:
    twin = ("123456782", "Fleur", *FENNA[2:])
    again = (NOOR[0], "FENNA", *FENNA[2:])
    found = check(csv_of(HEADINGS, FENNA, twin, again))
    assert sentences(found) == [
        "A4 the same names and date of birth are on line 2, with another bsn: compare them"
    ]
    assert found.passed


def test_rows_of_a_spreadsheet_are_called_rows() -> None:
    assert sentences(check(xlsx_of(HEADINGS, FENNA, FENNA))) == [
        "A3 the same bsn is on row 2: list each child once"
    ]


def test_units_and_amounts_far_from_the_others_are_pointed_out() -> None:
    usual = [(*person(number), "300,00") for number in range(12)]
    slips = [(*person(20, eenheden="9"), "300,00"), (*person(21), "3.000,00"), (*person(22), "30,00")]
    other_preset = [(*person(30, regeling_preset="baby"), "2.000,00")]
    found = check(csv_of(AMOUNT, *usual, *slips, *other_preset))
    assert [finding.address for finding in found.findings] == ["H14", "I15", "I16"]
    assert found.passed
    assert sentences(found)[1] == (
        "I15 bedrag is more than 3 times the usual amounts of this preset, or less than a third: compare it"
    )
    assert not check(csv_of(AMOUNT, *usual[:5], *slips)).findings.count("notice")


def test_amounts_and_presets_must_agree_with_the_scheme() -> None:
    rules = scheme_rules()
    good = [
        (*person(1), "300,00"),
        (*person(2, eenheden="2"), "600"),
        (*person(3, regeling_preset="course"), "125"),
    ]
    bad = [
        (*person(4), "300,01"),
        (*person(5, regeling_preset="chidl"), "300,00"),
        (*person(6), ""),
        (*person(7), "1.234"),
    ]
    found = check(csv_of(AMOUNT, *good, *bad), rules=rules)
    assert sentences(found) == [
        "I5 bedrag is not what the scheme gives, which is 30000 cents: correct the amount, the preset or the "
        "units",
        "G6 regeling_preset is not in the scheme's rules, which have child, course",
        "I7 bedrag is empty",
        "I8 bedrag can be thousands or decimals: write two decimals, as 1.234,56 or 1234.56",
    ]


def test_presets_by_age_need_no_column() -> None:
    ages = Ages.parse(["0-11=child"], today().replace(year=2026, month=1, day=1))
    text = csv_of(HEADINGS[:6], FENNA[:6], (*DAAN[:3], "01-01-2001", *DAAN[4:6]))
    assert sentences(check(text, ages=ages)) == [
        "3 no age band covers this child's age: add one, or fill in regeling_preset"
    ]


def test_how_often_leading_zeros_were_added_is_one_line() -> None:
    found = check(csv_of(HEADINGS, (NOOR[0].lstrip("0"), *NOOR[1:]), FENNA))
    (group,) = found.findings.groups()
    assert (group.reason.code, group.count, group.first) == ("BSN_ZERO_ADDED", 1, 2)
    assert found.passed


def test_no_finding_contains_what_is_in_a_cell() -> None:
    rows = [
        [cell if column != damaged else f"{cell}x" for column, cell in enumerate(row)]
        for row in (FENNA, DAAN, NOOR)
        for damaged in range(8)
    ]
    for content in (csv_of(HEADINGS, *rows), csv_of(FENNA, *rows), csv_of(("bsn", *FENNA[1:]), *rows)):
        text = "\n".join(sentences(check(content)))
        assert text
        assert not any(secret in text for secret in SECRETS)


def test_findings_are_sorted_by_row_and_column() -> None:
    findings = Findings()
    error, notice = Reason("E", "{number} times"), Reason("N", "odd", "notice")
    findings.add(3, 3, 0, notice, 7)
    findings.add(1, 1, None, error, 7)
    findings.add(3, 3, None, error, 7)
    findings.add(2, 2, 300, notice, 7)
    findings.sort()
    assert [finding.address for finding in findings] == ["1", "KO2", "3", "A3"]
    assert next(iter(findings)).text == "7 times"
    assert (findings.count("error"), findings.count("notice"), len(findings)) == (2, 2, 4)


@pytest.mark.parametrize(("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_named_as_spreadsheets_name_them(column: int, name: str) -> None:
    assert letters(column) == name


def report(path: Path, content: bytes, mapping: ColumnMapping | None = None) -> Check:
    with open_table(content, mapping) as table:
        found = check_table(table, mapping)
        write_report(path, table, found)
    return found


def test_the_report_is_the_file_with_its_cells_marked(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    formula = ("=1+1", "An\nna", *DAAN[2:])
    report(
        path, csv_of(HEADINGS, FENNA, (), DAAN[:2]).encode() + ('"' + '";"'.join(formula) + '"\n').encode()
    )
    book = CalamineWorkbook.from_path(path)
    rows = book.get_sheet_by_name("file").to_python(skip_empty_area=False)
    assert rows[0] == list(HEADINGS)
    assert rows[1] == list(FENNA)
    assert rows[2] == [""] * 8
    assert rows[4] == list(formula)
    findings = book.get_sheet_by_name("findings").to_python()
    assert [row[:2] for row in findings[1:]] == [["error", "4"], ["error", "A5"], ["notice", "B5"]]
    summary = book.get_sheet_by_name("summary").to_python()
    assert [row[2] for row in summary[:4]] == [3.0, 1.0, 2.0, 1.0]
    with zipfile.ZipFile(path) as archive:
        comments = archive.read("xl/comments1.xml").decode()
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert 'ref="A5"' in comments
    assert "<f>" not in sheet
    assert not any(secret in comments for secret in SECRETS)


def test_only_its_owner_may_read_the_report_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    path.write_text("old")
    path.chmod(0o644)
    report(path, csv_of(HEADINGS, FENNA).encode())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_sheet_cannot_hold_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_ROWS", 3)
    path = tmp_path / "report.xlsx"
    report(path, csv_of(HEADINGS, *[FENNA] * 6).encode())
    book = CalamineWorkbook.from_path(path)
    assert len(book.get_sheet_by_name("file").to_python()) == 3
    summary = book.get_sheet_by_name("summary").to_python()
    assert [row[0] for row in summary[4:6]] == [
        "rows that are not in the sheet file",
        "findings that are not in the sheet findings",
    ]
    assert [row[2] for row in summary[4:6]] == [4.0, 3.0]


def test_a_report_of_a_file_without_headings_is_written_too(tmp_path: Path) -> None:
    found = report(tmp_path / "report.xlsx", csv_of(FENNA).encode())
    assert (found.passed, found.rows) == (False, 0)
    assert zipfile.is_zipfile(io.BytesIO((tmp_path / "report.xlsx").read_bytes()))
