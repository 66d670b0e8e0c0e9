"""A bank that others programmed takes our payment file, and we read what it sends back."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from bank_files import ACCOUNT, payments, settlement
from mockbank import Config, make_server

from kindpakket.backoffice.bank.files import read_bytes
from kindpakket.backoffice.bank.matching import match
from kindpakket.backoffice.bank.orders import read_orders
from kindpakket.backoffice.bank.outcomes import Outcome

AMOUNTS = (1200, 3450, 1200)
FILE = payments(AMOUNTS)
IDS = [settlement(number) for number in (1, 2, 3)]


class Bank:
    """The bank's door for programs."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        answer = httpx.request(method, f"http://127.0.0.1:{self.port}{path}", content=body, timeout=30)
        # A bank that rejects a file answers so at once, and in its report.
        assert answer.is_success or answer.status_code == 422, answer.text
        return answer.content

    def hold(self, **members: Any) -> None:
        """Open the municipality's account, with how the bank treats its payments."""
        account = {"id": "GEMEENTE", "iban": ACCOUNT, "currency": "EUR", "balance": 1_000_000, **members}
        self.ask("POST", "/_mock/accounts", json.dumps(account).encode())

    def files(self, kind: str) -> list[bytes]:
        """What it has sent of a kind, since the last time."""
        sent = self.ask("GET", f"/_mock/mailbox?raw&type={kind}")
        return [part for part in re.split(rb"(?=<\?xml )", sent) if part.strip()]

    def outcome(self) -> Outcome:
        """What everything says that it sent about the municipality's account."""
        files = [
            read_bytes(content, f"{kind}-{n}")
            for kind in ("pain.002", "camt.053")
            for n, content in enumerate(self.files(kind))
        ]
        statements = [
            statement for file in files for statement in file.statements if statement.account == ACCOUNT
        ]
        answers = [answer for file in files for answer in file.answers]
        return match(read_orders(FILE.content), statements, answers)


@pytest.fixture
def bank() -> Iterator[Bank]:
    server = make_server(Config(port=0, quiet=True, clock="2026-11-24T09:00"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Bank(server.server_address[1])
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_finds_nothing_wrong_with_our_file(bank: Bank) -> None:
    bank.hold()
    assert b"3 payments, 0 findings" in bank.ask("POST", "/_mock/validate", FILE.content)


def test_accepted_payments_are_paid_when_its_statement_says_so(bank: Bank) -> None:
    bank.hold()
    bank.ask("POST", "/payments", FILE.content)
    assert set(bank.outcome().answers.values()) == {"accepted"}
    bank.ask("POST", "/_mock/advance?days=2")
    outcome = bank.outcome()
    assert [(made.settlement, made.outcome) for made in outcome.bookings()] == [
        (number, "paid") for number in IDS
    ]
    assert [match.line.cents for match in outcome.matched] == [-1200, -3450, -1200]
    assert {str(match.line.booked_on) for match in outcome.matched} == {"2026-11-25"}
    assert (outcome.proposed, outcome.listed, outcome.gaps) == ((), (), ())


def test_a_rejected_file_is_rejected(bank: Bank) -> None:
    bank.hold(behaviour="reject-file")
    bank.ask("POST", "/payments", FILE.content)
    outcome = bank.outcome()
    assert [(made.outcome, made.reason) for made in outcome.bookings()] == [("rejected", "ff01")] * 3


def test_what_comes_back_days_later_is_returned(bank: Bank) -> None:
    bank.hold(behaviour="return-later", parameters={"days": 1, "end_to_end_id": IDS[1]})
    bank.ask("POST", "/payments", FILE.content)
    bank.ask("POST", "/_mock/advance?days=4")
    outcome = bank.outcome()
    assert outcome.answers == {IDS[0]: "paid", IDS[1]: "returned", IDS[2]: "paid"}
    (back,) = [made for made in outcome.bookings() if made.outcome == "returned"]
    assert (back.settlement, back.reason) == (IDS[1], "ac04")
