"""What the command's operations find on the ledger, show, and do with all of it at once."""

from __future__ import annotations

import time
from typing import Any

from desk import ACCOUNT, CHANGE, MOVED, ORDERED, PAYMENT, REASON, TILL, Command, settlement
from story import NOON, SCHEME, SHOP, VOUCHER

CLAIMS = {"6": "paid", "7": "claimed", "8": "claimed"}
"""Settlements that have today's layout, by the digit of their ids; the list of receivables has the last."""


def test_an_account_that_waits_is_shown_with_its_change(kindpakket: Command) -> None:
    kindpakket.desk.answers |= {
        "shop:Show": {"id": SHOP, "account_change": {"id": CHANGE, "proposed_by": TILL, "sha256": "f" * 64}},
        "shop:ProposedAccount": ACCOUNT,
    }
    assert kindpakket.answer("shop", "proposed-account", SHOP) == {"change": CHANGE, **ACCOUNT}


def test_everything_lapsable_lapses_in_bulks(kindpakket: Command) -> None:
    found = [{"id": f"{number:032x}"} for number in range(501)]
    kindpakket.desk.answers |= {"voucher:Lapsable": {"items": found, "next": ""}, "voucher:Lapse": MOVED}
    result = kindpakket("voucher", "lapse", SCHEME, *REASON)
    assert "€ 30.00" in result.stdout
    assert "Lapsing 501 vouchers" in result.stderr
    bulks = [len(request["vouchers"]) for request in kindpakket.desk.requests("voucher:Lapse")]
    assert bulks == [500, 1]


def test_nothing_lapsable_is_no_failure(kindpakket: Command) -> None:
    kindpakket.desk.answers["voucher:Lapsable"] = {"items": [], "next": ""}
    assert kindpakket.answer("voucher", "lapse", SCHEME, *REASON)["cents"] == 0
    assert not kindpakket.desk.requests("voucher:Lapse")


def test_holds_are_seen_in_the_list_of_payments(kindpakket: Command) -> None:
    held = {"id": PAYMENT, "shop": SHOP, "state": "held", "day": "", "cents": 0, "refunded_cents": 0}
    found = {**held, "held_day": "2026-03-10", "held_cents": 1500}
    kindpakket.desk.answers["payment:List"] = {"items": [found], "next": ""}
    shown = kindpakket("payment", "list", SCHEME).stdout
    assert "held" in shown and "€ 15.00" in shown and "2026-03-10" in shown


def test_what_is_due_is_shown_for_one_shop_or_for_all(kindpakket: Command) -> None:
    due = {"due": True, "why": "rhythm", "cents": 1500, "items": 2}
    due |= {"oldest_day": "2026-03-01", "closed_until": "2026-03-10"}

    def listed(shop: str) -> dict[str, object]:
        return {"shop": shop, **due}

    kindpakket.desk.answers |= {
        "settlement:Due": due,
        "settlement:DueList": {"items": [listed(SHOP), listed("7" * 32)], "next": ""},
    }
    assert "yes, by rhythm" in kindpakket("settlement", "due", SCHEME, SHOP).stdout
    assert [found["shop"] for found in kindpakket.answer("settlement", "due", SCHEME)] == [SHOP, "7" * 32]


def test_erasures_that_are_due_are_ordered_together(kindpakket: Command) -> None:
    kindpakket.desk.answers |= {
        "erasure:Due": {"items": [{"id": VOUCHER, "due_on": "2033-12-31"}], "next": ""},
        "erasure:UnusedCases": {
            "items": [
                {"id": "8" * 32, "due_on": "2033-12-31", "is_due": True},
                {"id": "9" * 32, "due_on": "", "is_due": False},
            ],
            "next": "",
        },
        "erasure:Order": ORDERED,
    }
    assert "2033-12-31" in kindpakket("erasure", "due", "citizens", "--scheme", SCHEME).stdout
    shown = kindpakket("erasure", "unused", SCHEME).stdout
    assert "8" * 32 in shown
    assert "9" * 32 in shown
    order = ("erasure", "order", "citizens", "--scheme", SCHEME, "--reason", "retention")
    kindpakket(*order, "--all-due")
    (request,) = kindpakket.desk.requests("erasure:Order")
    assert request["ids"] == [VOUCHER, "8" * 32]
    assert "or --all-due" in kindpakket(*order).stderr
    assert "give --scheme with citizens" in kindpakket("erasure", "due", "citizens").stderr


def test_the_items_of_a_settlement_are_named(kindpakket: Command) -> None:
    items = [
        {"id": "7" * 32, "day": "2026-03-10", "cents": 1500},
        {"id": "8" * 32, "day": "2026-03-10", "cents": -500},
        {"id": "9" * 32, "day": "2026-03-10", "cents": -5, "kind": "carried"},
    ]
    kindpakket.desk.answers["settlement:Items"] = {"items": items, "next": ""}
    shown = kindpakket("settlement", "items", SCHEME, "6" * 32).stdout
    assert all(word in shown for word in ("payment", "refund", "carried", "€ 15.00", "-€ 5.00"))


def test_what_waits_for_a_step_is_listed(kindpakket: Command) -> None:
    kindpakket.desk.answers["settlement:Live"] = {"items": [settlement("drafted")], "next": ""}
    assert "drafted" in kindpakket("settlement", "waiting", SCHEME).stdout


def test_a_day_of_a_shop_is_listed(kindpakket: Command) -> None:
    paid = {"state": "paid", "receipt": "ab" * 32}
    entries = [
        {"id": "1" * 32, "cents": 1500, "settlement": "6" * 32, "payment": paid},
        {"id": "2" * 32, "cents": -500, "refund": {"receipt": "cd" * 32}},
        {"id": "3" * 32, "cents": 0, "payment": {"state": "held"}},
    ]
    kindpakket.desk.answers["payment:OfDay"] = {"items": entries, "next": ""}
    shown = kindpakket("payment", "day", SCHEME, SHOP, "2026-03-10").stdout
    assert all(word in shown for word in ("paid", "refund", "held", "€ 15.00", "6666"))
    assert "ab" * 8 in shown and "cd" * 8 in shown and "ab" * 9 not in shown


def test_holds_are_listed(kindpakket: Command) -> None:
    held = {"id": "3" * 32, "shop": SHOP, "state": "held", "held_cents": 700, "expires_at": 1773140400}
    partly = held | {"id": "4" * 32, "held_cents": 900, "captured": {"books": 150, "toys": 200}}
    kindpakket.desk.answers["payment:Holds"] = {"items": [held, partly], "next": ""}
    shown = kindpakket("payment", "holds", SCHEME).stdout
    assert "€ 7.00" in shown and "€ 5.50" in shown and "€ 3.50" in shown and "1773140400" in shown


def test_refunds_that_others_have_to_agree_to_are_listed(kindpakket: Command) -> None:
    both = {"payment": PAYMENT, "shop": SHOP, "cents": 700}
    asked = {**both, "id": "3" * 32, "state": "asked", "asked_by": "WinkelsMSP/p-till"}
    waiting = {**both, "id": "4" * 32, "state": "waiting", "waits": "term"}
    kindpakket.desk.answers["payment:WaitingRefunds"] = {"items": [asked, waiting], "next": ""}
    shown = kindpakket("payment", "waiting-refunds", SCHEME).stdout
    assert all(word in shown for word in ("€ 7.00", "asked", "WinkelsMSP/p-till", "waiting", "term"))
    kindpakket("payment", "waiting-refunds", SCHEME, SHOP)
    kindpakket("payment", "waiting-refunds", SCHEME, "--user", "till")
    requests = kindpakket.desk.requests("payment:WaitingRefunds")
    assert [request.get("shop") for request in requests] == [None, SHOP, SHOP]


def test_a_ledger_of_layout_2_is_indexed_once(kindpakket: Command) -> None:
    old = {key: value for key, value in settlement("paid").items() if key not in ("first", "last")}
    kindpakket.desk.answers |= {
        "settlement:List": {
            "items": [old, *(settlement(state) | {"id": each * 32} for each, state in CLAIMS.items())],
            "next": "",
        },
        "settlement:Receivables": {"items": [settlement("claimed") | {"id": "8" * 32}], "next": ""},
        "settlement:Index": settlement("paid"),
        "payment:Unindexed": {"items": ["1" * 32], "next": ""},
        "payment:Index": {"payments": ["1" * 32]},
    }
    assert kindpakket.answer("settlement", "index", SCHEME) == {"settlements": 2, "payments": 1}
    indexed = [request for name, request, _ in kindpakket.desk.asked if name == "settlement:Index"]
    assert [request["settlement"] for request in indexed] == [old["id"], "7" * 32]


def test_what_waits_for_a_second_person_is_listed(kindpakket: Command) -> None:
    entries: list[dict[str, Any]] = [
        {"kind": "budget", "scheme": SCHEME, "id": "1" * 32, "proposed_by": "p-clerk", "since": NOON},
        {"kind": "shop-end", "id": "2" * 32, "shop": SHOP, "proposed_by": "p-clerk", "expired": True},
        {"kind": "organisation-end", "id": "4" * 32, "msp": "KetenMSP", "proposed_by": "p-clerk"},
        {"kind": "refund", "id": "3" * 32, "scheme": SCHEME, "state": "waiting", "proposed_by": "x/p-shop"},
    ]
    kindpakket.desk.answers["decision:Waiting"] = {"items": entries, "next": ""}
    shown = kindpakket("decision", "waiting").stdout
    assert all(
        word in shown
        for word in (
            "budget",
            "2026-03-10",
            "expired",
            f"shop {SHOP}",
            "waiting",
            "2" * 32,
            "organisation KetenMSP",
        )
    )
    assert kindpakket.answer("decision", "waiting", "--kind", "budget", "--scheme", SCHEME) == entries
    asked = kindpakket.desk.requests("decision:Waiting")
    assert [(request.get("kind"), request.get("scheme")) for request in asked] == [
        (None, None),
        ("budget", SCHEME),
    ]
    assert kindpakket("decision", "waiting", "--kind", "wish").exit_code == 2


def test_what_waited_before_is_indexed_in_bulks(kindpakket: Command) -> None:
    keys = [f"scheme/{number:032x}" for number in range(501)]
    kindpakket.desk.answers |= {
        "decision:Unindexed": {"items": keys, "next": ""},
        "decision:Index": {"recorded": 2},
    }
    assert kindpakket.answer("decision", "index") == {"recorded": 4}
    assert [len(request["keys"]) for request in kindpakket.desk.requests("decision:Index")] == [500, 1]
    kindpakket.desk.answers["decision:Unindexed"] = {"items": [], "next": ""}
    assert kindpakket.answer("decision", "index") == {"recorded": 0}


def test_what_shops_owe_is_listed_by_age(kindpakket: Command) -> None:
    claimed = [
        settlement("claimed") | {"id": each * 32, "cents": -1000, **members}
        for each, members in {
            "1": {"claimed_at": NOON},
            "2": {"claimed_at": int(time.time()), "collected_cents": 400},
            "3": {},
        }.items()
    ]
    kindpakket.desk.answers["settlement:Receivables"] = {"items": claimed, "next": ""}
    answer = kindpakket.answer("settlement", "receivables", SCHEME)
    shown = kindpakket("settlement", "receivables").stdout
    asked = kindpakket.desk.requests("settlement:Receivables")
    assert [request.get("scheme") for request in asked] == [SCHEME, None]
    assert answer["cents"] == 2600
    assert answer["sums"] == {"0-30": 600, "31-60": 0, "61-90": 0, "over 90": 1000, "unknown": 1000}
    assert [(debt["receivable"][0], debt["bucket"]) for debt in answer["receivables"]] == [
        ("3", "unknown"),
        ("1", "over 90"),
        ("2", "0-30"),
    ]
    assert all(word in shown for word in ("over 90", "2026-03-", "€ 26.00", "€ 6.00", "unknown"))
