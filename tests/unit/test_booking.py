"""Whatever statements come in, each line ends in one place, and booking twice is booking once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest
from bank_files import ACCOUNT, Detail, Entry, Page, camt053, pain002
from hypothesis import given, settings
from hypothesis import strategies as st
from test_bank_matching import AMOUNTS, FILE, days, month

from kindpakket.backoffice.bank.files import read_bytes
from kindpakket.backoffice.bank.matching import match
from kindpakket.backoffice.bank.statements import Statement
from kindpakket.backoffice.booking.booking import book, breaks
from kindpakket.backoffice.booking.documents import (
    answer_document,
    bytes_document,
    read_answer,
    read_bytes_document,
    read_payments,
    read_statement,
    statement_document,
)
from kindpakket.backoffice.booking.kept import Kept, read_kept
from kindpakket.backoffice.booking.taking import GivenFile, take
from kindpakket.backoffice.register import PayeeCheck, Register
from kindpakket.ledger.records import Settlement
from kindpakket.ledger.refusals import SettlementState
from kindpakket.municipality import Municipality

ORDERS = read_bytes(FILE.content, "pay.xml").orders
ON = date(2026, 12, 31)
STEPS = {"paid": "exported", "rejected": "exported", "returned": "paid"}


class Ledger:
    """The settlements of the payment file, and the step that the chaincode takes with each booking."""

    def __init__(self) -> None:
        self.records = {
            order.settlement: cast(
                Settlement,
                {
                    "id": order.settlement,
                    "scheme": "5" * 32,
                    "shop": "b" * 32,
                    "state": "exported",
                    "cents": order.cents,
                    "file_sha256": FILE.sha256,
                },
            )
            for order in ORDERS
        }
        self.settlements = self
        self.booked: list[tuple[str, str]] = []
        self.stops_after: int | None = None

    def show(self, _: str, settlement: str) -> Settlement:
        return self.records[settlement]

    def book(self, _: str, settlement: str, outcome: str, reason: str, **members: Any) -> Settlement:
        if self.stops_after == len(self.booked):
            raise KeyboardInterrupt
        record = self.records[settlement]
        if record["state"] != STEPS[outcome]:
            raise SettlementState("SETTLEMENT_STATE", f"it is {record['state']}")
        self.booked.append((settlement, outcome))
        self.records[settlement] = cast(Settlement, {**record, "state": outcome, "book_reason": reason})
        return self.records[settlement]

    def desk(self) -> Municipality:
        return cast(Municipality, self)


def kept(statements: Sequence[Statement], answers: Sequence[Any] = (), **decisions: Sequence[str]) -> Kept:
    return Kept(ORDERS, statements, answers, decisions)


@settings(max_examples=60, deadline=None)
@given(content=days, stop=st.integers(0, 4))
def test_each_line_is_in_one_place_and_booking_twice_is_booking_once(
    content: list[list[Entry]], stop: int
) -> None:
    statements = [statement for file in month(content) for statement in file]
    at_once, interrupted = Ledger(), Ledger()
    done = book(at_once.desk(), kept(statements), at_once.records, ON)
    lines = [line for statement in statements for line in statement.lines]
    assert len(done.outcome.lines) == len(lines)
    booked = sum(entry.cents for day in content for entry in day if entry.status == "BOOK")
    assert sum(line.cents for line in done.outcome.lines) == booked
    assert (done.refused, sorted(set(at_once.booked))) == ((), sorted(at_once.booked))
    assert [each for each in done.breaks if each.kind == "to-book"] == []
    # Interrupted after some bookings, it goes on and comes to the same.
    interrupted.stops_after = stop
    with suppress(KeyboardInterrupt):
        book(interrupted.desk(), kept(statements), interrupted.records, ON)
    interrupted.stops_after = None
    book(interrupted.desk(), kept(statements), interrupted.records, ON)
    assert interrupted.records == at_once.records
    assert sorted(interrupted.booked) == sorted(at_once.booked)
    again = book(at_once.desk(), kept(statements), at_once.records, ON)
    assert again.made == ()
    assert again.breaks == done.breaks
    assert sum(record["cents"] for record in at_once.records.values()) == sum(AMOUNTS)


@settings(max_examples=60, deadline=None)
@given(content=days)
def test_what_is_booked_day_by_day_is_booked_once_and_what_later_days_contradict_is_told(
    content: list[list[Entry]],
) -> None:
    ledger = Ledger()
    statements = [statement for file in month(content) for statement in file]
    for number in range(1, len(statements) + 1):
        done = book(ledger.desk(), kept(statements[:number]), ledger.records, ON)
    assert len(set(ledger.booked)) == len(ledger.booked)
    told = {each.what for each in done.breaks}
    for settlement, record in ledger.records.items():
        answer = done.outcome.answers[settlement]
        agreed = record["state"] == answer or (record["state"], answer) == ("exported", "silent")
        assert agreed or settlement in told
    waiting = {key for key, record in ledger.records.items() if record["state"] == "exported"}
    assert waiting <= told  # the day of payment has come, and no statement shows it


@settings(max_examples=60, deadline=None)
@given(content=days)
def test_statements_that_are_kept_say_the_same(content: list[list[Entry]]) -> None:
    statements = [statement for file in month(content) for statement in file]
    back = [
        read_statement(json.loads(json.dumps(statement_document(statement))), statement.source)
        for statement in statements
    ]
    assert back == statements
    assert [statement.digest for statement in back] == [statement.digest for statement in statements]
    assert match(ORDERS, back) == match(ORDERS, statements)


def test_answers_and_payment_files_that_are_kept_say_the_same() -> None:
    report = read_bytes(pain002(FILE.message_id, payments=[(ORDERS[0].settlement, "RVNM", "")]), "r.xml")
    for answer in report.answers:
        assert read_answer(json.loads(json.dumps(answer_document(answer))), "r.xml") == answer
    document = {"content": bytes_document(FILE.content)}
    assert read_bytes_document(document) == FILE.content
    assert read_payments(document, "pay.xml") == list(ORDERS)


def test_a_decision_counts_for_its_line_in_whatever_file_it_comes() -> None:
    page = camt053(Page([Entry(-AMOUNTS[1])]))
    (proposed,) = match(ORDERS, read_bytes(page, "s.xml").statements).proposed
    decided = {proposed.line.id: [ORDERS[1].settlement]}
    outcome = match(ORDERS, read_bytes(page, "another.xml").statements, (), decided)
    assert [(made.by, made.bookings[0].outcome) for made in outcome.matched] == [("decision", "paid")]
    aside = match(ORDERS, read_bytes(page, "s.xml").statements, (), {proposed.line.id: []})
    assert [listed.kind for listed in aside.listed] == ["set-aside"]
    unknown = match(ORDERS, read_bytes(page, "s.xml").statements, (), {proposed.line.id: ["f" * 32]})
    assert len(unknown.proposed) == 1


def test_an_export_that_was_interrupted_is_a_break() -> None:
    (found,) = breaks(Kept([], [], [], {}, unfinished=[FILE.sha256]), [], ON)
    assert (found.kind, found.what) == ("unfinished-export", FILE.sha256)
    assert "run kindpakket payout export again" in found.what_to_do


def test_a_second_clerk_on_another_machine_goes_on(where: str, tmp_path: Path) -> None:
    ledger = Ledger()
    paid = camt053(Page([Entry(-AMOUNTS[0], [Detail(AMOUNTS[0], ORDERS[0].settlement)], "P1")]))
    returned = Page(
        [Entry(AMOUNTS[0], [Detail(AMOUNTS[0], ORDERS[0].settlement, reason="AC04")], "B1")],
        opening=1_000_000 - AMOUNTS[0],
        number=2,
        id="S2",
        day="2026-11-26",
        opened_on="2026-11-25",
    )
    given_files = [GivenFile(read_bytes(FILE.content, "pay.xml"), FILE.content)]
    with Register(where) as first:
        statement = GivenFile(read_bytes(paid, "/clerk/s1.xml"), paid)
        taken, known = take(first.bank, [*given_files, statement], ledger.records.values())
        assert (taken.new, taken.again) == (2, ())
        assert len(book(ledger.desk(), known, ledger.records, ON).made) == 1
    with Register(where) as second:
        content = camt053(returned)
        file = GivenFile(read_bytes(content, "s2.xml"), content)
        taken, known = take(second.bank, [statement, file], ledger.records.values())
        assert (taken.new, taken.again) == (1, ("s1.xml",))
        assert [made.booking.outcome for made in book(ledger.desk(), known, ledger.records, ON).made] == [
            "returned"
        ]
        assert known.outcome() == read_kept(second.bank).outcome()


def test_of_a_payee_the_last_check_counts_and_other_shops_keep_theirs(where: str) -> None:
    def check(settlement: str, shop: str, result: str, checked_at: int, said: str = "") -> PayeeCheck:
        return PayeeCheck(shop * 32, settlement * 32, "0" * 64, result, checked_at, said)

    newer = check("1", "a", "no-match", 20, "Jansen")
    with Register(where) as register:
        register.bank.keep_checks([newer, check("1", "a", "match", 10)])
        register.bank.keep_checks([check("1", "a", "match", 15), check("2", "b", "match", 5)])
        found = register.bank.checks()
        assert {shop: (each.result, each.said) for shop, each in found.items()} == {
            "a" * 32: ("no-match", ""),
            "b" * 32: ("match", ""),
        }
        assert register.bank.check_of("a" * 32) == newer
        assert register.bank.check_of("c" * 32) is None
        register.bank.keep_checks([check("3", "a", "close-match", 30)])
        assert register.bank.checks()["a" * 32].result == "close-match"
        assert register.rotate_key().rows == 3
        assert register.bank.check_of("a" * 32) == check("3", "a", "close-match", 30)


def test_what_is_kept_is_sealed_and_a_change_of_the_key_seals_it_anew(where: str) -> None:
    ledger = Ledger()
    content = camt053(Page([Entry(-5, [Detail(5, "other", account="NL20INGB0001234567")])]))
    with Register(where) as register:
        files = [
            GivenFile(read_bytes(FILE.content, "pay.xml"), FILE.content),
            GivenFile(read_bytes(content, "s.xml"), content),
        ]
        take(register.bank, files, ledger.records.values())
        before = read_kept(register.bank)
        assert register.status().bank_files == 2
        assert register.rotate_key().rows == 2
        assert read_kept(register.bank) == before
        assert register.status().rotation == "done"
    if "://" not in where:
        kept_bytes = Path(where).read_bytes()
        assert b"NL20INGB0001234567" not in kept_bytes
        assert ACCOUNT.encode() not in kept_bytes


@pytest.mark.parametrize("state", ["rejected", "returned"])
def test_what_a_person_booked_by_hand_is_a_contradiction_and_not_booked_again(state: str) -> None:
    ledger = Ledger()
    first = ORDERS[0].settlement
    ledger.records[first] = cast(Settlement, {**ledger.records[first], "state": state})
    page = Page([Entry(-AMOUNTS[0], [Detail(AMOUNTS[0], first)], "P1")])
    done = book(ledger.desk(), kept(read_bytes(camt053(page), "s.xml").statements), ledger.records, ON)
    assert done.made == ()
    assert "contradiction" in {each.kind for each in done.for_persons}
