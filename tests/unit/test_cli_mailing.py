"""`kindpakket letters` with the register and the ledger, as it is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desk import Command
from letter_town import PAGES, LedgerFile, LetterTown
from story import SCHEME, VOUCHER

from fabric_gateway import EndorseError
from fabric_gateway.testing import ChaincodeRefusal
from kindpakket.backoffice.letters import read_records
from kindpakket.backoffice.mailing.settling import settle

BLOCK = "0f" * 16


def answered_by(ledger: LedgerFile, name: str) -> Any:
    """An answer of the chaincode in memory by a ledger in a file."""
    call = ledger.evaluate if name in ("scheme:Show", "voucher:Show", "voucher:List") else ledger.submit

    def answer(request: dict[str, Any]) -> Any:
        try:
            return json.loads(call(name, json.dumps(request)))
        except EndorseError as error:
            raise ChaincodeRefusal(error.chaincode_message) from None

    return answer


class Office:
    """A town whose ledger the command reaches."""

    def __init__(self, kindpakket: Command, town: LetterTown) -> None:
        self.kindpakket = kindpakket
        self.town = town
        self.register = (
            "--register",
            town.where,
            "--register-key",
            str(next((town.root / "keys").iterdir())),
        )
        names = ("scheme:Show", "voucher:Show", "voucher:List", "voucher:Activate", "voucher:Replace")
        self.act_as("p-manager", (*names, "voucher:ApproveReplacement"))

    def act_as(self, person: str, names: tuple[str, ...]) -> None:
        ledger = LedgerFile(self.town.ledger.path, person)
        self.kindpakket.desk.answers |= {name: answered_by(ledger, name) for name in names}

    def letters(self, *arguments: str) -> Any:
        return self.kindpakket("letters", *arguments, *self.register)

    def print(self, *arguments: str) -> Any:
        options = ("--templates", str(self.town.templates), "--pages", str(PAGES), "--texts", "Kindpakket")
        return self.letters("print", SCHEME, str(self.town.folder), *options, *arguments)


@pytest.fixture
def office(kindpakket: Command, tmp_path: Path) -> Office:
    return Office(kindpakket, LetterTown.found(tmp_path / "town"))


def test_letters_are_printed_listed_shown_and_destroyed(office: Office) -> None:
    done = office.print("--json")
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)
    folder = office.town.folder
    assert {name: made[name] for name in ("letters", "vouchers", "languages", "left_out", "take_out")} == {
        "letters": 2,
        "vouchers": 4,
        "languages": {"nl": 2},
        "left_out": {},
        "take_out": {},
    }
    assert made["order"] == str(folder) + "-order.txt"
    assert len(list(read_records(Path(made["records"])))) == 4
    status = office.letters("status")
    assert (made["run"] in status.stdout, "done" in status.stdout) == (True, True)
    reference = json.loads((folder / "manifest.json").read_text())["letters"][0]["reference"]
    shown = json.loads(office.letters("show", reference[:4], reference[4:].upper(), "--json").stdout)
    assert [row["state"] for row in shown] == ["valid"] * 3
    asked = office.letters("destroy", str(folder), "--json")
    assert (asked.exit_code, "give --yes" in asked.stderr) == (2, True)
    gone = json.loads(office.letters("destroy", str(folder), "--yes", "--json").stdout)
    assert gone == {"folder": str(folder), "deleted": 2}
    assert "destroyed" in office.letters("status").stdout


def test_what_goes_where_is_said(office: Office) -> None:
    done = office.print()
    assert done.exit_code == 0, done.output
    assert "go to the print house. Then: kindpakket letters destroy" in " ".join(done.stderr.split())


def test_a_refusal_says_what_to_do(office: Office) -> None:
    mine = office.print("--user", "clerk", "--json")
    assert mine.exit_code == 1
    error = json.loads(mine.stderr)["error"]
    assert (error["code"], "somebody else has to print" in error["message"]) == ("REFUSED", True)
    bad = office.print("--language", "fr", "--json")
    assert (bad.exit_code, json.loads(bad.stderr)["error"]["code"]) == (2, "FILE")
    office.town.folder.mkdir()
    assert "give a folder that does not" in office.print().output
    assert office.letters("show", "0" * 16).exit_code == 1
    assert office.letters("discard", "0" * 32, "--yes").exit_code == 2


def test_a_letter_that_must_not_be_sent_ends_with_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, real = office.town.vouchers[3], settle

    def changed(*arguments: Any, **members: Any) -> Any:
        office.town.ledger.change(lost, state="revoked")
        return real(*arguments, **members)

    monkeypatch.setattr("kindpakket.backoffice.mailing.mailing.settle", changed)
    done = office.print()
    assert done.exit_code == 1
    assert "out of 000002.pdf: a voucher in it changed meanwhile" in " ".join(done.stdout.split())


def test_lost_booklets_are_printed_again_and_wait_for_another_person(office: Office) -> None:
    assert office.print().exit_code == 0
    office.act_as("p-clerk", ("voucher:Replace",))
    again = ("reprint", SCHEME, str(office.town.root / "again"), office.town.vouchers[0], "--reason", "lost")
    options = ("--templates", str(office.town.templates), "--pages", "3", "--texts", "Kindpakket")
    waits = office.letters(*again, *options, "--json")
    assert waits.exit_code == 5, waits.output
    error = json.loads(waits.stderr)["error"]
    assert error["waits_for"] == [f"Another person has to run: kindpakket letters approve {error['run']}"]
    done = json.loads(office.letters("approve", error["run"], "--json").stdout)
    assert done == {"run": error["run"], "approved": 1}
    first = json.loads(office.letters("status", "--json").stdout)[0]["run"]
    rest = ("reprint", SCHEME, str(office.town.root / "rest"), "--run", first, "--reason", "fire")
    error = json.loads(office.letters(*rest, *options, "--json").stderr)["error"]
    assert sorted(error["vouchers"]) == sorted(office.town.vouchers[1:])
    both = office.letters(*rest, office.town.vouchers[0], *options)
    assert (both.exit_code, "not both" in both.output) == (2, True)
    assert office.town.ledger.voucher(office.town.vouchers[0])["authorisation"]["version"] == 2


def test_addresses_are_kept_from_a_file(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "addresses.csv"
    file.write_text("huishouden;naam;adres;postcode;plaats\nhuis-0;Familie X;Weg 1;9801 AB;Stad\n")
    kept = json.loads(office.letters("addresses", str(file), "--json").stdout)
    assert kept == {
        "new": 0,
        "changed": 1,
        "unchanged": 0,
        "not_in_register": 0,
        "still_without_address": 0,
    }
    file.write_text(file.read_text().replace("9801 AB", "geheim"))
    wrong = office.letters("addresses", str(file), "--json")
    assert wrong.exit_code == 2
    error = json.loads(wrong.stderr)["error"]
    assert (error["code"], "geheim" in error["message"]) == ("FILE", False)
    assert "line 2: postcode is not four digits" in error["message"]


def in_fours(number: str) -> list[str]:
    return [number[at : at + 4].upper() for at in range(0, len(number), 4)]


def scheme(identifier: str) -> dict[str, str]:
    return {"id": identifier, "state": "draft"}


def test_the_number_of_the_letter_blocks_at_the_municipality(kindpakket: Command) -> None:
    """The scheme is found, as the letter does not show it."""
    other = "f" * 32

    def show(request: dict[str, Any]) -> Any:
        if request["scheme"] != SCHEME:
            raise ChaincodeRefusal("VOUCHER_NOT_FOUND: there is no such voucher {}")
        return {"id": VOUCHER}

    kindpakket.desk.answers |= {
        "scheme:List": {"items": [scheme(other), scheme(SCHEME)], "next": ""},
        "voucher:Show": show,
    }
    kindpakket("voucher", "self-block", *in_fours(VOUCHER), "--user", "clerk", stdin=f"{BLOCK}\n")
    (request,) = kindpakket.desk.requests("voucher:SelfBlock")
    assert (request["scheme"], request["voucher"], request["code"]) == (SCHEME, VOUCHER, BLOCK)
    kindpakket.desk.answers["scheme:List"] = {"items": [scheme(other)], "next": ""}
    missing = kindpakket("voucher", "self-block", VOUCHER, "--user", "clerk", stdin=f"{BLOCK}\n")
    assert (missing.exit_code, "compare the number with the letter" in missing.output) == (1, True)


def test_the_number_of_the_letter_blocks_at_a_till_with_the_file(kindpakket: Command, tmp_path: Path) -> None:
    file = tmp_path / "pages.jsonl"
    file.write_text(json.dumps({"scheme": SCHEME, "voucher": VOUCHER, "public_keys": ["00" * 32] * 2}) + "\n")
    block = ("voucher", "self-block", *in_fours(VOUCHER), "--user", "till")
    alone = kindpakket(*block, stdin=f"{BLOCK}\n")
    assert (alone.exit_code, "--printed-pages" in alone.output) == (2, True)
    kindpakket(*block, "--printed-pages", str(file), stdin=f"{BLOCK}\n")
    (request,) = kindpakket.desk.requests("voucher:SelfBlock")
    assert (request["scheme"], request["voucher"]) == (SCHEME, VOUCHER)
    short = kindpakket(*block[:-3], "--user", "till", "--printed-pages", str(file), stdin=f"{BLOCK}\n")
    assert (short.exit_code, "this has 28" in short.output) == (2, True)
