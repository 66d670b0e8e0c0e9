"""How the command shows statements of vouchers, schemes and shops, and a sample."""

from __future__ import annotations

from desk import CHANGE, PAYMENT, REQUEST, TILL, Command
from story import SCHEME, SHOP, VOUCHER

BY = {"operation": "payment:Pay", "request": REQUEST, "person": TILL, "msp": "WinkelsMSP", "role": "cashier"}


def test_a_vouchers_statement_says_what_moved(kindpakket: Command) -> None:
    entry = {
        "transaction_id": "t" * 64,
        "at": 1_773_140_400,
        "by": {**BY, "till": "till-2"},
        "state": "active",
        "moved": {"available_cents": -1500, "spent_cents": 1500},
        "balance": {"available_cents": 28500},
    }
    kindpakket.desk.answers["audit:VoucherStatement"] = {"entries": [entry], "next": ""}
    shown = " ".join(kindpakket("audit", "statement", "voucher", SCHEME, VOUCHER).stdout.split())
    for words in ("2026-03-10 12:00:00", "available -€ 15.00", "spent +€ 15.00", "€ 285.00"):
        assert words in shown
    assert "till-2" in shown
    assert kindpakket.answer("audit", "statement", "voucher", SCHEME, VOUCHER) == [entry]


def test_a_schemes_statement_says_what_is_left(kindpakket: Command) -> None:
    entry = {
        "transaction_id": "t" * 64,
        "at": 1_773_140_400,
        "by": None,
        "moved": {"issued_cents": 30000},
        "balance": {"unallocated_cents": 70000},
    }
    kindpakket.desk.answers["audit:SchemeStatement"] = {"entries": [entry], "next": ""}
    shown = kindpakket("audit", "statement", "scheme", SCHEME).stdout
    assert "issued +€ 300.00" in shown and "€ 700.00" in shown and "the block says" in shown


def test_a_shops_statement_has_its_sums(kindpakket: Command) -> None:
    entries = [
        {
            "kind": "settlement",
            "id": CHANGE,
            "state": "paid",
            "through": "2026-03-10",
            "cents": 1500,
            "items": 2,
        },
        {"kind": "open", "id": PAYMENT, "day": "2026-03-11", "cents": -500},
    ]
    sums = {"unsettled_cents": -500, "paid_cents": 1500, "written_off_cents": 0}
    kindpakket.desk.answers["audit:ShopStatement"] = {"entries": entries, "sums": sums, "next": ""}
    shown = kindpakket("audit", "statement", "shop", SCHEME, SHOP).stdout
    for words in ("unsettled", "-€ 5.00", "€ 15.00", "total", "€ 10.00"):
        assert words in shown
    assert kindpakket.answer("audit", "statement", "shop", SCHEME, SHOP)["sums"] == sums


def test_a_sample_is_drawn_by_a_seed(kindpakket: Command) -> None:
    found = {"id": PAYMENT, "state": "paid", "cents": 1500}
    kindpakket.desk.answers["audit:Sample"] = {"items": [found], "next": ""}
    draw = ("audit", "sample", SCHEME, "payment", "--seed", "5EED", "--per-mille", "20")
    assert "€ 15.00" in kindpakket(*draw).stdout
    (request,) = kindpakket.desk.requests("audit:Sample")
    assert (request["seed"], request["per_mille"], request["kind"]) == ("5eed", 20, "payment")
