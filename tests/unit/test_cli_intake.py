"""`kindpakket intake check`, as people and programs call it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml
from children_files import DAAN, FENNA, HEADINGS, NOOR, SECRETS, csv_of, xlsx_of
from click.testing import CliRunner, Result
from desk import Allocations, Command
from story import SCHEME, rules

from kindpakket_cli.main import main


def check(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, ["intake", "check", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No home and no network: the command works anywhere."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kinderen.csv"


def test_a_good_file_can_be_used(file: Path) -> None:
    file.write_text(csv_of(HEADINGS, FENNA, DAAN, NOOR))
    result = check(file)
    assert result.exit_code == 0
    assert "encoding    utf-8 (certain: every byte of the file is valid UTF-8)" in result.stdout
    assert "delimiter   ; (it gives 8 columns with known names)" in result.stdout
    assert "A bsn, B voornamen" in result.stdout
    assert "rows        3, of which 3 without an error" in result.stdout
    assert result.stdout.endswith("can be used.\n")
    assert list(Path.cwd().iterdir()) == []


def test_errors_end_with_1_and_show_no_child(file: Path) -> None:
    bad = [(f"{row[0]}x", *row[1:3], "31-12-14", *row[4:]) for row in (FENNA, DAAN, NOOR)]
    file.write_text(csv_of(HEADINGS, *bad * 8))
    result = check(file)
    assert result.exit_code == 1
    assert "48 errors" in result.stdout
    assert "D2     geboortedatum has a year of two digits: write all four" in result.stdout
    assert "and 28 more: give --report OUT.xlsx to see them all" in result.stdout
    assert "cannot be used" in result.stdout
    in_json = check(file, "--json")
    assert not any(secret in result.output + in_json.output for secret in SECRETS)


def test_programs_get_all_of_it(file: Path, tmp_path: Path) -> None:
    file.write_bytes(csv_of(HEADINGS, (NOOR[0].lstrip("0"), *NOOR[1:]), (*DAAN[:7], "x")).encode("cp1252"))
    report = tmp_path / "report.xlsx"
    result = check(file, "--report", report, "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (1, "")
    assert (answer["encoding"], answer["encoding_guessed"], answer["rows"]) == ("cp1252", True, 2)
    assert (answer["passed"], answer["errors"], answer["notices"], answer["without_error"]) == (
        False,
        1,
        1,
        1,
    )
    assert [finding["cell"] for finding in answer["findings"]] == ["H3", "A2"]
    assert [kind["code"] for kind in answer["kinds"]] == ["UNITS_INVALID", "BSN_ZERO_ADDED"]
    assert answer["columns"][3] == {"letters": "D", "heading": "geboortedatum", "column": "geboortedatum"}
    assert answer["report"] == str(report)
    assert stat.S_IMODE(report.stat().st_mode) == 0o600


def test_a_guess_is_overruled_and_a_mapping_used(file: Path, tmp_path: Path) -> None:
    file.write_bytes(csv_of(("Nr", *HEADINGS[1:], "Tel"), (*NOOR, "06"), delimiter="^").encode("cp850"))
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(yaml.safe_dump({"columns": {"bsn": "Nr"}, "ignore": ["Tel"], "encoding": "utf-8"}))
    result = check(file, "--mapping", mapping, "--encoding", "cp850", "--delimiter", "^")
    assert result.exit_code == 0, result.output
    assert "cp850 (as given)" in result.stdout
    assert "not read    I Tel" in result.stdout


def test_a_spreadsheet_is_checked_against_the_schemes_rules(tmp_path: Path) -> None:
    file, scheme = tmp_path / "kinderen.xlsx", tmp_path / "rules.yaml"
    scheme.write_text(yaml.safe_dump(dict(rules())))
    file.write_bytes(
        xlsx_of((*HEADINGS[:6], "bedrag"), (*FENNA[:6], 300), (*DAAN[:6], 299.99), sheets=("a", "b"))
    )
    result = check(file, "--sheet", "a", "--rules", scheme, "--age", "0-17=child")
    assert result.exit_code == 1
    assert "sheet       a (not read: b)" in result.stdout
    assert "G3     bedrag is not what the scheme gives, which is 30000 cents" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--encoding", "nope"], "'nope' is not an encoding"),
        (["--delimiter", ";;"], "';;' cannot be a delimiter"),
        (["--report", "report.csv"], "report.csv does not end in .xlsx"),
        (["--age", "0-11=junior"], "the day is not known: give it, or --rules"),
        (["--report", "no/such/folder/report.xlsx"], "No such file or directory"),
    ],
)
def test_what_cannot_be_done_ends_with_2(file: Path, arguments: list[str], message: str) -> None:
    file.write_text(csv_of(HEADINGS, FENNA))
    result = check(file, *arguments)
    assert (result.exit_code, message in result.stderr) == (2, True), result.output


def test_the_report_does_not_replace_the_file(tmp_path: Path) -> None:
    file = tmp_path / "kinderen.xlsx"
    file.write_bytes(xlsx_of(HEADINGS, FENNA))
    result = check(file, "--report", file)
    assert (result.exit_code, "is the file itself" in result.stderr) == (2, True)


def test_a_file_that_is_no_table_is_an_error_of_the_file(file: Path) -> None:
    file.write_bytes(b"PK\x03\x04 nothing")
    result = check(file, "--json")
    assert (result.exit_code, json.loads(result.stderr)["error"]["code"]) == (2, "FILE")


def test_vouchers_are_issued_from_a_spreadsheet(kindpakket: Command, tmp_path: Path) -> None:
    file, mapping = tmp_path / "kinderen.xlsx", tmp_path / "mapping.yaml"
    file.write_bytes(xlsx_of(("Nr", *HEADINGS[1:]), FENNA, NOOR))
    mapping.write_text(yaml.safe_dump({"columns": {"bsn": "Nr"}}))
    allocations = Allocations(kindpakket.desk)
    kindpakket.desk.answers["scheme:Show"] = {"rules": rules()}
    issue = ("voucher", "issue", SCHEME, str(file), "--period", "2026", "--register", str(tmp_path / "r.db"))
    refused = kindpakket(*issue)
    assert (refused.exit_code, "row 1: column bsn is missing" in refused.stderr) == (2, True)
    assert kindpakket(*issue, "--mapping", str(mapping)).exit_code == 5
    allocations.decide(state="approved")
    assert kindpakket.answer(*issue, "--mapping", str(mapping))["vouchers"] == 2


def test_presets_that_the_scheme_does_not_have_are_all_said_before_anything_is_kept(
    kindpakket: Command, tmp_path: Path
) -> None:
    file, register = tmp_path / "kinderen.csv", tmp_path / "register.db"
    file.write_text(csv_of(HEADINGS, *((*row[:6], "chidl", "1") for row in (FENNA, DAAN))))
    kindpakket.desk.answers["scheme:Show"] = {"rules": rules()}
    issue = ("voucher", "issue", SCHEME, str(file), "--period", "2026", "--register", str(register))
    result = kindpakket(*issue)
    assert result.exit_code == 2
    assert "line 2: regeling_preset is not in the scheme's rules, which have child, course" in result.stderr
    assert "line 3: regeling_preset is not" in result.stderr
    assert not register.exists()
