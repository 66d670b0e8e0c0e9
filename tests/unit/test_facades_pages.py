"""What the facades read page by page, and what they send in bulks."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import pytest
from fake_ledger import FakeLedger

from kindpakket.auditor.books import TERMS
from kindpakket.municipality import Municipality
from kindpakket.shop import Shop


def test_lists_are_read_page_by_page() -> None:
    ledger = FakeLedger(
        [{"items": [{"id": "1"}, {"id": "2"}], "next": "2"}, {"items": [{"id": "3"}], "next": ""}]
    )
    assert [voucher["id"] for voucher in Municipality(ledger).vouchers.list("s" * 32)] == ["1", "2", "3"]
    assert [call.request["cursor"] for call in ledger.calls] == ["", "2"]
    assert all(call.request["limit"] == 500 for call in ledger.calls)


def test_totals_are_added_up_over_the_pages() -> None:
    pages = [
        {**{f"{term}_cents": number for term in TERMS}, "vouchers": number, "next": following}
        for number, following in ((500, "f"), (20, ""))
    ]
    totals = Municipality(FakeLedger(pages)).audit.totals("s" * 32)
    assert totals["vouchers"] == totals["issued_cents"] == totals["revoked_cents"] == 520


def test_history_is_read_page_by_page() -> None:
    entry = {"transaction_id": "t", "at": 1, "deleted": True, "by": None, "before": {}, "value": None}
    ledger = FakeLedger([{"entries": [entry], "next": "t"}, {"entries": [entry], "next": ""}])
    assert len(list(Municipality(ledger).audit.history("shop/x"))) == 2


@pytest.mark.parametrize(
    ("method", "arguments", "operation", "members"),
    [
        ("schemes.changes", ("a",), "scheme:Changes", {"scheme": "a"}),
        ("vouchers.lapsable", ("a",), "voucher:Lapsable", {"scheme": "a"}),
        ("payments.list", ("a",), "payment:List", {"scheme": "a"}),
        ("decisions.waiting", (), "decision:Waiting", {}),
        ("decisions.waiting", ("rules",), "decision:Waiting", {"kind": "rules"}),
        ("decisions.unindexed", (), "decision:Unindexed", {}),
        ("settlements.receivables", (), "settlement:Receivables", {}),
        ("settlements.receivables", ("a",), "settlement:Receivables", {"scheme": "a"}),
        ("erasures.list", (), "erasure:List", {}),
        ("erasures.due", ("citizens", "a"), "erasure:Due", {"collection": "citizens", "scheme": "a"}),
        ("erasures.unused_cases", ("a",), "erasure:UnusedCases", {"scheme": "a"}),
        ("erasures.due", ("shopAccounts",), "erasure:Due", {"collection": "shopAccounts"}),
        (
            "audit.sample",
            ("a", "payment", "5eed", 50),
            "audit:Sample",
            {"scheme": "a", "kind": "payment", "seed": "5eed", "per_mille": 50},
        ),
    ],
)
def test_long_answers_come_in_pages_that_may_be_short(
    method: str, arguments: tuple[Any, ...], operation: str, members: dict[str, Any]
) -> None:
    pages = [{"items": [], "next": "1"}, {"items": [{"id": "2"}], "next": ""}]
    ledger = FakeLedger(pages)
    assert list(attrgetter(method)(Municipality(ledger))(*arguments)) == [{"id": "2"}]
    assert {call.name for call in ledger.calls} == {operation}
    assert [call.request for call in ledger.calls] == [
        {**members, "cursor": cursor, "limit": 500} for cursor in ("", "1")
    ]


@pytest.mark.parametrize(
    ("method", "arguments", "operation"),
    [
        ("audit.voucher_statement", ("a", "c"), "audit:VoucherStatement"),
        ("audit.scheme_statement", ("a",), "audit:SchemeStatement"),
    ],
)
def test_statements_are_read_page_by_page(method: str, arguments: tuple[str, ...], operation: str) -> None:
    ledger = FakeLedger([{"entries": [1], "next": "t"}, {"entries": [2], "next": ""}])
    assert list(attrgetter(method)(Municipality(ledger))(*arguments)) == [1, 2]
    assert {call.name for call in ledger.calls} == {operation}


def test_a_shops_statement_is_added_up_over_its_pages() -> None:
    pages = [
        {"entries": [{"id": "1"}], "sums": {"paid_cents": 5, "unsettled_cents": 1}, "next": "x"},
        {"entries": [{"id": "2"}], "sums": {"paid_cents": 7, "unsettled_cents": -3}, "next": ""},
    ]
    statement = Shop(FakeLedger(pages), "b" * 32).settlements.statement("a" * 32)
    assert [entry["id"] for entry in statement["entries"]] == ["1", "2"]
    assert statement["sums"] == {"paid_cents": 12, "unsettled_cents": -2}


def test_everything_that_is_lapsable_lapses_in_bulks() -> None:
    lapsable = [{"id": f"{number:032x}"} for number in range(620)]
    pages = [{"items": lapsable[:500], "next": "x"}, {"items": lapsable[500:], "next": ""}]
    ledger = FakeLedger([*pages, {"cents": 5}, {"cents": 6}])
    assert [moved["cents"] for moved in Municipality(ledger).vouchers.lapse_all("a" * 32, "period-over")] == [
        5,
        6,
    ]
    first, second = ledger.calls[2:]
    assert (len(first.request["vouchers"]), len(second.request["vouchers"])) == (500, 120)
    assert first.request["request_id"] != second.request["request_id"]
