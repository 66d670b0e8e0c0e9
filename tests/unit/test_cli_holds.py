"""What a till does about holds on the command line."""

from __future__ import annotations

import time

from desk import PAYMENT, TILL, Command
from story import SCHEME, SHOP, VOUCHER

from kindpakket.holder.booklet import Booklet
from kindpakket.ledger.receipts import receipt_hash

LINES = ("--line", "books=1295", "--line", "toys=5")
SENT = [{"category": "books", "cents": 1295}, {"category": "toys", "cents": 5}]
RECEIPT = ("--receipt", "order 17")


def test_a_till_holds_money_with_a_scanned_page(kindpakket: Command) -> None:
    kindpakket.desk.answers["voucher:Binding"] = {"kind": "booklet", "version": 3}
    page = Booklet.generate(4).page(2).as_text()
    hold = ("payment", "hold", SCHEME, VOUCHER, *LINES, *RECEIPT)
    earliest = int(time.time()) + 3 * 86_400
    kindpakket.answer(*hold, "--days", "3", stdin=page)
    (request,) = kindpakket.desk.requests("payment:Hold")
    assert (request["shop"], request["lines"], request["receipt"]) == (SHOP, SENT, receipt_hash("order 17"))
    assert (request["proof"]["page"], request["proof"]["version"]) == (2, 3)
    assert earliest <= request["expires_at"] <= earliest + 600
    assert kindpakket(*hold, "--days", "0", stdin=page).exit_code == 2


def test_a_till_captures_a_part_of_a_hold(kindpakket: Command) -> None:
    kindpakket.answer(
        "payment", "capture-part", PAYMENT, *LINES, *RECEIPT, "--user", "acquirer", "--shop", SHOP
    )
    (request,) = kindpakket.desk.requests("payment:CapturePart")
    assert (request["hold"], request["lines"]) == (PAYMENT, SENT)
    assert request["receipt"] == receipt_hash("order 17")


def test_a_till_captures_a_hold(kindpakket: Command) -> None:
    kindpakket.answer("payment", "capture", PAYMENT, *LINES, *RECEIPT)
    (request,) = kindpakket.desk.requests("payment:Capture")
    assert (request["payment"], request["lines"]) == (PAYMENT, SENT)
    assert request["receipt"] == receipt_hash("order 17")
    assert kindpakket.desk.people() == [TILL]
