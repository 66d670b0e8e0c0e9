"""`kindpakket bank`: files are read and matched without a home, a user or a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bank_files import ACCOUNT, SHOPS, Detail, Entry, Page, camt053, pain002, payments, settlement
from click.testing import CliRunner, Result

from kindpakket_cli.main import main

FILE = payments([1200, 3450])
PAID = [Entry(-cents, [Detail(cents, settlement(n))], f"REF{n}") for n, cents in ((1, 1200), (2, 3450))]


class Folder:
    """Files, and the command on them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.payments = self.file("pay.xml", FILE.content)

    def file(self, name: str, content: bytes) -> str:
        (self.path / name).write_bytes(content)
        return name

    def run(self, *arguments: str) -> Result:
        result = CliRunner().invoke(main, ["bank", *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert not any(account in result.output for account in (ACCOUNT, *SHOPS, "Hoekje"))
        return result

    def json(self, *arguments: str, code: int = 0) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path)


def test_what_files_say_is_shown(folder: Folder) -> None:
    statement = folder.file("s.xml", camt053(Page([*PAID, Entry(-1, status="PDNG")])))
    report = folder.file("r.xml", pain002(FILE.message_id, file="ACCP"))
    notification = folder.file(
        "n.xml", b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><X/></Document>'
    )
    result = folder.run("read", statement, statement, report, notification, folder.payments)
    assert result.exit_code == 0
    shown = " ".join(result.stdout.split())
    for sentence in (
        "a bank statement (camt.053.001.08)",
        "€ 10,000.00 before, 2 entries, € 9,953.50 after; 1 not booked yet",
        "1 file ACCP (accepted)",
        "use the statement (camt.053) of that day",
        "2 payments, € 46.50, to pay on 2026-11-25",
    ):
        assert sentence in shown.replace("  ", " "), shown
    assert "is given more than once, and counts once" in result.stderr
    document = folder.json("read", statement)
    assert document["files"][0]["statements"][0]["closing_cents"] == 995350


def test_reading_ends_with_1_when_something_is_not_as_it_should_be(folder: Folder) -> None:
    rejected = folder.file("r.xml", pain002(FILE.message_id, payments=[(settlement(1), "RJCT", "AC04")]))
    assert folder.json("read", rejected, code=1)["files"][0]["answers"][0]["reason"] == "AC04"
    verified = folder.file("v.xml", pain002(FILE.message_id, payments=[(settlement(1), "RVNM", "")]))
    assert folder.json("read", verified, code=1)["files"][0]["answers"][0]["verification"] == "no-match"
    first = folder.file("1.xml", camt053(Page([])))
    third = folder.file("3.xml", camt053(Page([], opening=5, number=3, id="S3", day="2026-11-27")))
    assert "is missing" in folder.json("read", third, first, code=1)["gaps"][0]
    assert "is missing" in folder.run("read", first, third).output


def test_all_files_that_cannot_be_used_are_told_at_once(folder: Folder) -> None:
    swift = folder.file("old.sta", b":20:X\r\n:25:1\r\n:60F:C1")
    broken = folder.file("broken.xml", camt053(Page(PAID, closing=1)))
    result = folder.run("read", swift, broken, "none.xml")
    assert result.exit_code == 2
    for sentence in ("this is MT940", "broken.xml cannot be used", "none.xml: No such file"):
        assert sentence in result.stderr
    error = json.loads(folder.run("read", swift, "--json").stderr)["error"]
    assert (error["code"], error["exit_code"]) == ("FILE", 2)


def test_matching_says_what_is_to_be_booked(folder: Folder) -> None:
    statement = folder.file("s.xml", camt053(Page(PAID)))
    document = folder.json("match", "--payments", folder.payments, statement)
    assert document["bookings"] == [
        {
            "transaction": "settlement:Book",
            "settlement": settlement(number),
            "outcome": "paid",
            "reason": "bank",
            "bank_reference": f"REF{number}",
            "value_date": "2026-11-25",
        }
        for number in (1, 2)
    ]
    assert (document["breaks"], document["proposed"]) == ([], [])
    result = folder.run("match", "--payments", folder.payments, statement, statement)
    assert result.exit_code == 0
    assert "To book, with kindpakket settlement book" in result.stdout
    assert settlement(1) in result.stdout


def test_matching_ends_with_1_when_a_person_has_to_act(folder: Folder) -> None:
    statement = folder.file("s.xml", camt053(Page([PAID[0], Entry(-3450)])))
    document = folder.json("match", "--payments", folder.payments, statement, code=1)
    assert [made["kind"] for made in document["breaks"]] == ["no-answer", "to-decide"]
    assert document["proposed"][0]["candidates"][0]["settlement"] == settlement(2)
    result = folder.run("match", "--payments", folder.payments, statement)
    assert result.exit_code == 1
    assert "no-answer" in result.stdout


def test_files_in_the_wrong_place_are_told(folder: Folder) -> None:
    statement = folder.file("s.xml", camt053(Page(PAID)))
    other = folder.file("o.xml", camt053(Page([], account="NL44RABO0123456789")))
    result = folder.run("match", "--payments", statement, folder.payments, other)
    assert result.exit_code == 2
    assert "s.xml is a bank statement (camt.053.001.08), not a payment file" in result.stderr
    assert "pay.xml is a payment file (pain.001.001.09): give it with --payments" in result.stderr
    assert "o.xml: statement 1 is of an account that no payment file" in result.stderr
    same = folder.file("t.xml", camt053(Page([])))
    result = folder.run("match", "--payments", folder.payments, statement, same)
    assert result.exit_code == 2
    assert "ask the bank which one counts" in result.stderr
    assert folder.run("match", statement).exit_code == 2
