"""The ledger, the payment files and the bank are compared, and each break says what to do."""

from __future__ import annotations

from datetime import date
from typing import cast

import pytest
from bank_files import Detail, Entry, Page, camt053, pain002, payments, settlement

from kindpakket.backoffice.bank.breaks import Break, bookable, three_way
from kindpakket.backoffice.bank.files import of_other_accounts, read_bytes
from kindpakket.backoffice.bank.matching import match
from kindpakket.backoffice.bank.orders import read_orders
from kindpakket.ledger.records import Settlement

FILE = payments([1200])
ORDERS = read_orders(FILE.content, "pay.xml")
ID = settlement(1)
PAID = Entry(-1200, [Detail(1200, ID)], "REF1")
BACK = Entry(1200, [Detail(1200, ID, reason="AC04")], "REF2")


def record(state: str, **members: object) -> Settlement:
    known = {} if state in ("drafted", "approved", "withdrawn") else {"file_sha256": FILE.sha256}
    return cast(Settlement, {"id": ID, "scheme": "s", "state": state, "cents": 1200, **known, **members})


def breaks(
    ledger: list[Settlement] | None,
    *entries: Entry,
    report: bytes | None = None,
    orders: list[object] | None = None,
    on: date = date(2026, 11, 30),
) -> list[Break]:
    ordered = ORDERS if orders is None else []
    answers = read_bytes(report).answers if report else ()
    outcome = match(ordered, read_bytes(camt053(Page(entries)), "s.xml").statements, answers)
    return three_way(ordered, outcome, on, ledger)


@pytest.mark.parametrize(("state", "entries"), [("paid", [PAID]), ("returned", [PAID, BACK])])
def test_where_all_three_agree_there_is_no_break(state: str, entries: list[Entry]) -> None:
    assert breaks([record(state)], *entries) == []


@pytest.mark.parametrize(
    ("state", "entries", "outcomes"),
    [
        ("exported", [PAID], ["paid"]),
        ("exported", [PAID, BACK], ["paid", "returned"]),
        ("paid", [PAID, BACK], ["returned"]),
    ],
)
def test_what_the_bank_did_is_to_be_booked(state: str, entries: list[Entry], outcomes: list[str]) -> None:
    found = breaks([record(state)], *entries)
    assert [made.kind for made in found] == ["to-book"]
    assert [made.outcome for made in bookable(found)] == outcomes
    assert (found[0].cents, found[0].age, found[0].what) == (1200, 5, ID)


def test_a_rejection_is_to_be_booked() -> None:
    report = pain002(FILE.message_id, payments=[(ID, "RJCT", "AC04")])
    (made,) = bookable(breaks([record("exported")], report=report))
    assert (made.outcome, made.reason) == ("rejected", "ac04")
    assert breaks([record("rejected")], report=report) == []


@pytest.mark.parametrize(
    ("ledger", "entries", "kind", "sentence"),
    [
        (
            [record("exported")],
            [],
            "no-answer",
            "the bank has not answered: fetch the statements since 2026-11-25",
        ),
        ([], [PAID], "not-on-ledger", "stop it, and find out who made the file"),
        ([record("approved")], [], "not-exported", "do not send the file"),
        ([record("paid", file_sha256="0" * 64)], [PAID], "other-file", "compare the two files"),
        ([record("paid", cents=1199)], [PAID], "other-amount", "the ledger says 1199 cents"),
        ([record("paid")], [], "without-line", "give that statement"),
        ([record("returned")], [PAID], "contradiction", "the bank's files say paid"),
        ([record("rejected")], [PAID], "contradiction", "the bank's files say paid"),
    ],
)
def test_every_break_has_a_kind_an_age_and_what_to_do(
    ledger: list[Settlement], entries: list[Entry], kind: str, sentence: str
) -> None:
    (found,) = breaks(ledger, *entries)
    assert found.kind == kind
    assert sentence in found.what_to_do
    assert found.as_json()["age_days"] == 5
    assert found.as_json()["since"] == "2026-11-25"


def test_an_accepted_payment_is_not_paid() -> None:
    report = pain002(FILE.message_id, file="ACSC")
    (found,) = breaks([record("exported")], report=report)
    assert "the bank says accepted, which is not paid" in found.what_to_do
    assert breaks([record("exported")], report=report, on=date(2026, 11, 24)) == []


def test_a_settlement_whose_file_was_not_given_is_missed() -> None:
    (found,) = breaks([record("exported")], orders=[])
    assert (found.kind, found.age) == ("file-missing", None)


def test_a_settlement_in_two_files_is_told() -> None:
    orders = [*ORDERS, *read_orders(payments([1200, 5]).content, "second.xml")]
    outcome = match(orders, read_bytes(camt053(Page([PAID]))).statements)
    found = three_way(orders, outcome, date(2026, 11, 20))
    assert [made.kind for made in found] == ["ordered-twice"]
    assert "pay.xml: line" in found[0].what_to_do
    assert "second.xml: line" in found[0].what_to_do


def test_lines_on_which_somebody_has_to_act_are_breaks() -> None:
    lines = [
        PAID,
        PAID,
        Entry(-1199, [Detail(1199, ID)]),
        Entry(-5, [Detail(5, "a" * 32)]),
        Entry(-7),
        Entry(9),
    ]
    found = breaks([record("paid")], *lines)
    assert sorted(made.kind for made in found) == ["paid-twice", "to-decide", "unknown-payment"]
    assert all(made.what.startswith("s.xml: statement 1, entry ") for made in found)


def test_statements_of_another_account_are_told() -> None:
    other = read_bytes(camt053(Page([], account="NL44RABO0123456789")), "other.xml").statements
    (sentence,) = of_other_accounts(ORDERS, other)
    assert sentence.startswith("other.xml: statement 1 is of an account")
    assert "RABO" not in sentence
