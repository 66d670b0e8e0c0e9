"""`kindpakket bank book`: the bank's answer on the ledger, and what is left for people."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bank_files import ACCOUNT, Detail, Entry, Page, camt053, pain002
from click.testing import Result
from desk import Command
from payouts import DEBTOR, IBANS, SCHEMES, SHOPS, Payouts
from python_calamine import CalamineWorkbook

from kindpakket.ledger.ids import new_id

FIRST, SECOND, THIRD = 1_200, 3_450, 6_637_025
ALL = FIRST + SECOND + THIRD


class Treasury:
    """Three payments that were exported, and the command that books what the bank does with them."""

    def __init__(self, command: Command, folder: Path) -> None:
        self.command = command
        self.folder = folder
        self.ledger = Payouts(command.desk)
        self.ledger.owed = {
            (SCHEMES[0], SHOPS[1]): FIRST,
            (SCHEMES[1], SHOPS[0]): SECOND,
            (SCHEMES[0], SHOPS[0]): THIRD,
        }
        self.register = ("--register", str(folder / "register.db"))
        self.opening = 1_000_000_000
        self.day = 0
        self.pay = self.paid_out("pay.xml")

    def paid_out(self, name: str) -> dict[str, Any]:
        assert self.command("payout", "run", *self.register).exit_code == 0
        assert self.command("payout", "approve", "--yes", *self.register).exit_code == 0
        path = str(self.folder / name)
        answer: dict[str, Any] = self.command.answer(
            "payout", "export", "--file", path, *DEBTOR, *self.register
        )
        return answer

    def settlement(self, cents: int, state: str | None = None) -> str:
        """The newest settlement of an amount."""
        return [
            settlement
            for settlement, record in self.ledger.settlements.items()
            if record["cents"] == cents and state in (None, record["state"])
        ][-1]

    def paid(self, cents: int, **members: Any) -> Entry:
        found = self.settlement(cents)
        return Entry(-cents, [Detail(cents, found)], f"P{found[:8]}", **members)

    def back(self, cents: int) -> Entry:
        found = self.settlement(cents, "paid")
        return Entry(cents, [Detail(cents, found, reason="AC04")], f"B{found[:8]}")

    def statement(self, *entries: Entry, skip: int = 0) -> str:
        """The statement of the next day, in a file; `skip` days are lost before it."""
        self.day += 1 + skip
        self.opening += 700 * skip
        day, before = f"2099-12-{self.day:02}", f"2099-11-{self.day:02}"
        page = Page(
            [replace(entry, booked_on=day) for entry in entries],
            opening=self.opening,
            number=self.day,
            id=f"S{self.day}",
            day=day,
            opened_on=before,
        )
        self.opening += sum(entry.cents for entry in entries)
        return self.file(f"s{self.day}.xml", camt053(page))

    def file(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return str(self.folder / name)

    def bank(self, *arguments: str) -> Result:
        result = self.command("bank", *arguments, *self.register)
        assert not any(iban in result.output for iban in (ACCOUNT, *IBANS))
        return result

    def json(self, *arguments: str, code: int = 0) -> Any:
        result = self.bank(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def kinds(self) -> list[str]:
        """The kinds of all breaks."""
        result = self.bank("breaks", "--json")
        found = json.loads(result.stdout)["breaks"]
        assert result.exit_code == bool(found)
        return sorted(each["kind"] for each in found)


@pytest.fixture
def treasury(kindpakket: Command, tmp_path: Path) -> Treasury:
    return Treasury(kindpakket, tmp_path)


def test_what_the_bank_did_is_booked_once_and_what_came_back_is_paid_again(treasury: Treasury) -> None:
    report = pain002(treasury.pay["message_id"], payments=[(treasury.settlement(FIRST), "RJCT", "AC04")])
    rejected = treasury.json("book", treasury.file("report.xml", report))
    assert [(made["outcome"], made["reason"], made["cents"]) for made in rejected["booked"]] == [
        ("rejected", "ac04", FIRST)
    ]
    paid = treasury.json("book", treasury.statement(treasury.paid(SECOND), treasury.paid(THIRD)))
    made = {(made["outcome"], made["cents"], made["scheme"]) for made in paid["booked"]}
    assert made == {("paid", SECOND, SCHEMES[1]), ("paid", THIRD, SCHEMES[0])}
    returned = treasury.statement(treasury.back(SECOND))
    assert [made["outcome"] for made in treasury.json("book", returned)["booked"]] == ["returned"]
    assert treasury.ledger.states() == {"rejected": FIRST, "paid": THIRD, "returned": SECOND}
    assert treasury.kinds() == []
    again = treasury.json("book", returned)
    assert (again["booked"], again["files"]["again"]) == ([], ["s2.xml"])
    treasury.paid_out("second.xml")
    last = treasury.statement(treasury.paid(FIRST), treasury.paid(SECOND))
    assert len(treasury.json("book", last)["booked"]) == 2
    assert treasury.kinds() == []
    assert treasury.ledger.states()["paid"] == ALL == treasury.ledger.total()


def test_accepted_is_not_paid(treasury: Treasury) -> None:
    report = pain002(treasury.pay["message_id"], file="ACSC")
    answer = treasury.json("book", treasury.file("report.xml", report))
    assert answer["booked"] == []
    assert treasury.ledger.states() == {"exported": ALL}


def test_a_booking_that_was_interrupted_goes_on_without_the_file(treasury: Treasury) -> None:
    treasury.ledger.fail("_book", KeyboardInterrupt())
    statement = treasury.statement(treasury.paid(FIRST), treasury.paid(SECOND))
    assert treasury.bank("book", statement).exit_code in (3, 4)
    assert treasury.ledger.states() == {"exported": ALL}
    answer = treasury.json("book")
    assert sorted(made["cents"] for made in answer["booked"]) == [FIRST, SECOND]
    assert treasury.json("book")["booked"] == []


def test_two_clerks_who_book_at_once_book_once(treasury: Treasury) -> None:
    real = treasury.command.desk.answers["settlement:Book"]

    def both(request: dict[str, Any]) -> Any:
        real({**request, "request_id": new_id()})  # another program was faster
        return real(request)

    treasury.command.desk.answers["settlement:Book"] = both
    answer = treasury.json("book", treasury.statement(treasury.paid(FIRST)))
    assert (answer["booked"], answer["refused"]) == ([], [])
    assert treasury.ledger.states()["paid"] == FIRST


def test_what_is_not_certain_is_decided_by_a_person_and_booked(treasury: Treasury) -> None:
    statement = treasury.statement(Entry(-FIRST), treasury.paid(SECOND))
    result = treasury.bank("book", statement)
    assert result.exit_code == 1
    (proposed,) = treasury.json("breaks", code=1)["breaks"]
    assert proposed["kind"] == "to-decide"
    command, dismissal = proposed["commands"]
    assert command in result.stdout
    assert command == f"kindpakket bank decide {proposed['line']} --settlement {treasury.settlement(FIRST)}"
    wrong = treasury.bank("decide", proposed["line"], "--settlement", treasury.settlement(THIRD))
    assert (wrong.exit_code, "only what agrees to the cent is booked" in wrong.stderr) == (2, True)
    decided = treasury.json(*command.split()[2:])
    assert [(made["outcome"], made["cents"]) for made in decided["booked"]] == [("paid", FIRST)]
    assert [made["kind"] for made in decided["breaks"]] == []
    assert treasury.json("book", statement)["booked"] == []
    assert "somebody decided on line" in treasury.bank(*dismissal.split()[2:]).stderr
    assert "no statement that is kept has a line" in treasury.bank("decide", "0" * 16, "--none").stderr
    assert "nothing was decided" in treasury.bank("decide", "0" * 16, "--undo").stderr
    assert treasury.bank("decide", "0" * 16).exit_code == 2


def test_a_batch_without_an_id_is_decided_as_a_whole(treasury: Treasury) -> None:
    result = treasury.bank("book", treasury.statement(Entry(-ALL)))
    assert result.exit_code == 1
    (proposed,) = (each for each in treasury.json("breaks", code=1)["breaks"] if each["line"])
    command, _ = proposed["commands"]
    assert command.count("--settlement") == 3
    assert len(treasury.json(*command.split()[2:])["booked"]) == 3
    assert treasury.ledger.states() == {"paid": ALL}


def test_a_line_that_is_of_no_payment_is_set_aside_and_taken_back(treasury: Treasury) -> None:
    treasury.bank("book", treasury.statement(Entry(-FIRST)))
    (line,) = (each["line"] for each in treasury.json("breaks", code=1)["breaks"] if each["line"])
    treasury.json("decide", line, "--none")
    assert "to-decide" not in treasury.kinds()
    treasury.json("decide", line, "--undo", code=1)
    assert "to-decide" in treasury.kinds()


def test_a_gap_to_the_last_statement_is_told_until_it_is_filled(treasury: Treasury) -> None:
    treasury.json("book", treasury.statement(treasury.paid(FIRST)))
    before = treasury.opening
    answer = treasury.json("book", treasury.statement(treasury.paid(SECOND), skip=1), code=1)
    assert [made["cents"] for made in answer["booked"]] == [SECOND]
    (gap,) = [each for each in answer["breaks"] if each["kind"] == "gap"]
    assert (gap["cents"], gap["since"]) == (700, "2099-12-01")
    assert "fetch it from the bank" in gap["what_to_do"]
    listed = treasury.json("statements", code=1)
    assert [each["number"] for each in listed["statements"]] == [1, 3]
    assert listed["statements"][0]["closing_cents"] == before
    missing = Page([Entry(700)], before, number=2, id="S2", day="2099-12-02", opened_on="2099-12-01")
    treasury.json("book", treasury.file("s2.xml", camt053(missing)))
    assert treasury.json("statements")["gaps"] == []


def test_statements_of_other_accounts_are_not_kept(treasury: Treasury) -> None:
    other = Page([], account=IBANS[2], id="other")
    refused = treasury.bank("book", treasury.file("other.xml", camt053(other)))
    assert refused.exit_code == 2
    assert "other.xml is of an account that no payment was made from" in refused.stderr
    bundle = camt053(Page([treasury.paid(FIRST)], id="own"), other)
    answer = treasury.json("book", treasury.file("bundle.xml", bundle))
    assert len(answer["booked"]) == 1
    assert "bundle.xml: statement 2 is of an account" in answer["files"]["left_out"][0]
    assert len(treasury.json("statements")["statements"]) == 1


def test_files_that_cannot_be_used_are_told_and_none_is_kept(treasury: Treasury) -> None:
    good = treasury.statement(treasury.paid(FIRST))
    notification = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><X/></Document>'
    result = treasury.bank("book", good, treasury.file("n.xml", notification))
    assert result.exit_code == 2
    assert "use the statement (camt.053) of that day" in result.stderr
    swapped = treasury.bank("book", str(treasury.folder / "pay.xml"), "--payments", good)
    assert swapped.exit_code == 2
    assert "give it with --payments" in swapped.stderr
    assert "give it without --payments" in swapped.stderr
    assert treasury.json("statements")["statements"] == []
    treasury.json("book", good)
    page = Page([], 1_000_000_000, number=1, id="S1", day="2099-12-01", opened_on="2099-11-01")
    contradicting = treasury.bank("book", treasury.file("again.xml", camt053(page)))
    assert contradicting.exit_code == 2
    assert "ask the bank which one counts" in contradicting.stderr
    assert len(treasury.json("statements")["statements"]) == 1


def test_a_payment_file_that_was_made_elsewhere_is_given_once(treasury: Treasury) -> None:
    treasury.register = ("--register", str(treasury.folder / "another.db"))
    statement = treasury.statement(treasury.paid(FIRST))
    assert treasury.bank("book", statement).exit_code == 2
    pay = str(treasury.folder / "pay.xml")
    assert len(treasury.json("book", statement, "--payments", pay)["booked"]) == 1
    assert len(treasury.json("book", treasury.statement(treasury.paid(SECOND)))["booked"]) == 1
    for record in treasury.ledger.settlements.values():
        record["file_sha256"] = "0" * 64
    assert "other-file" in treasury.kinds()
    treasury.register = ("--register", str(treasury.folder / "third.db"))
    unknown = treasury.bank("book", "--payments", pay)
    assert (unknown.exit_code, "the ledger has no settlement" in unknown.stderr) == (2, True)


def test_a_settlement_whose_file_is_in_doubt_is_not_booked(treasury: Treasury) -> None:
    found = treasury.settlement(FIRST)
    treasury.ledger.settlements[found]["file_sha256"] = "0" * 64
    answer = treasury.json("book", treasury.statement(treasury.paid(FIRST), treasury.paid(SECOND)), code=1)
    assert [made["cents"] for made in answer["booked"]] == [SECOND]
    assert {each["kind"] for each in answer["breaks"] if each["what"] == found} == {"other-file", "to-book"}


def test_breaks_are_written_to_a_sheet(treasury: Treasury) -> None:
    treasury.bank("book", treasury.statement(Entry(-THIRD), skip=1))
    for name in ("breaks.xlsx", "breaks.csv"):
        result = treasury.bank("breaks", "--out", str(treasury.folder / name))
        assert result.exit_code == 1
        assert "€ 66,370.25" in result.stdout
    assert (treasury.folder / "breaks.csv").stat().st_mode & 0o777 == 0o600
    sheet = CalamineWorkbook.from_path(treasury.folder / "breaks.xlsx").get_sheet_by_index(0).to_python()
    assert [row[3] for row in sheet[1:] if row[0] == "to-decide"] == [-66370.25]
    with (treasury.folder / "breaks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["amount in euros"] for row in rows if row["break"] == "to-decide"] == ["-66370.25"]
    assert len(rows) == len(sheet) - 1
    assert treasury.bank("breaks", "--out", str(treasury.folder / "breaks.csv")).exit_code == 2
    assert treasury.bank("breaks", "--out", str(treasury.folder / "breaks.txt")).exit_code == 2


def test_without_a_break_people_are_told_so(treasury: Treasury) -> None:
    treasury.bank("book", treasury.statement(*(treasury.paid(cents) for cents in (FIRST, SECOND, THIRD))))
    assert "Ledger, payment files and bank agree: 3 payments, 1 statement." in treasury.bank("breaks").stdout
