"""A bank that others programmed takes our payment file, and we read what it sends back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from bank_files import ACCOUNT, payments, settlement

from kindpakket.backoffice.bank.files import read_bytes
from kindpakket.backoffice.bank.matching import match
from kindpakket.backoffice.bank.orders import read_orders
from kindpakket.backoffice.bank.outcomes import Outcome
from kindpakket_demo.bank import Bank, opened

AMOUNTS = (1200, 3450, 1200)
FILE = payments(AMOUNTS)
IDS = [settlement(number) for number in (1, 2, 3)]


@pytest.fixture
def bank() -> Iterator[Bank]:
    with opened("2026-11-24T09:00") as made:
        yield made


def hold(bank: Bank, **members: Any) -> None:
    """Open the municipality's account."""
    bank.hold("GEMEENTE", ACCOUNT, **members)


def outcome_of(bank: Bank) -> Outcome:
    """What everything says that it sent about the municipality's account."""
    files = [
        read_bytes(content, f"{kind}-{n}")
        for kind in ("pain.002", "camt.053")
        for n, content in enumerate(bank.files(kind))
    ]
    statements = [
        statement for file in files for statement in file.statements if statement.account == ACCOUNT
    ]
    answers = [answer for file in files for answer in file.answers]
    return match(read_orders(FILE.content), statements, answers)


def test_it_finds_nothing_wrong_with_our_file(bank: Bank) -> None:
    hold(bank)
    assert b"3 payments, 0 findings" in bank.ask("POST", "/_mock/validate", FILE.content)


def test_accepted_payments_are_paid_when_its_statement_says_so(bank: Bank) -> None:
    hold(bank)
    bank.ask("POST", "/payments", FILE.content)
    assert set(outcome_of(bank).answers.values()) == {"accepted"}
    bank.pass_days(2)
    outcome = outcome_of(bank)
    assert [(made.settlement, made.outcome) for made in outcome.bookings()] == [
        (number, "paid") for number in IDS
    ]
    assert [match.line.cents for match in outcome.matched] == [-1200, -3450, -1200]
    assert {str(match.line.booked_on) for match in outcome.matched} == {"2026-11-25"}
    assert (outcome.proposed, outcome.listed, outcome.gaps) == ((), (), ())


def test_a_rejected_file_is_rejected(bank: Bank) -> None:
    hold(bank, behaviour="reject-file")
    bank.ask("POST", "/payments", FILE.content)
    outcome = outcome_of(bank)
    assert [(made.outcome, made.reason) for made in outcome.bookings()] == [("rejected", "ff01")] * 3


def test_what_comes_back_days_later_is_returned(bank: Bank) -> None:
    hold(bank, behaviour="return-later", parameters={"days": 1, "end_to_end_id": IDS[1]})
    bank.ask("POST", "/payments", FILE.content)
    bank.pass_days(4)
    outcome = outcome_of(bank)
    assert outcome.answers == {IDS[0]: "paid", IDS[1]: "returned", IDS[2]: "paid"}
    (back,) = [made for made in outcome.bookings() if made.outcome == "returned"]
    assert (back.settlement, back.reason) == (IDS[1], "ac04")
