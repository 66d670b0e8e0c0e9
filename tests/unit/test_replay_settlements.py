"""Receivables in parts, nettings, carried items and accounts of creditors, replayed."""

from __future__ import annotations

from typing import Any

import pytest
from story import NOON, SCHEME, SHOP, Story, books, findings, replay, rules
from test_replay_shops import claim, close, draft, end, erasure, owing

from kindpakket.auditor.books import Books
from kindpakket.auditor.differences import compare
from kindpakket.auditor.replay.replay import Replay
from kindpakket.ledger.days import first_instant

OTHER = "e" * 32
LATER = first_instant("2027-06-01")


@pytest.fixture
def story() -> Story:
    story = Story()
    story.open()
    return story


def about(story: Story, operation: str, person: str, settlement: str, **members: Any) -> None:
    story.add(operation, person, scheme=SCHEME, settlement=settlement, reason="decided", **members)


def test_a_receivable_is_collected_in_parts(story: Story) -> None:
    owing(story)
    receivable = claim(story)
    about(story, "settlement:Collect", "p-treasurer", receivable, cents=600)
    balance = books(story).shop_balance(SCHEME, SHOP)
    assert (balance.claimed, balance.collected, balance.balanced) == (-900, -600, True)
    about(story, "settlement:Collect", "p-treasurer", receivable)
    result = books(story)
    assert result.settlements[receivable].members()["collected_cents"] == 1500
    assert result.settlements[receivable].state == "collected"
    about(story, "settlement:Collect", "p-treasurer", receivable, cents=1)
    assert any("is collected: it must be claimed" in sentence for sentence in findings(story))


def test_what_was_received_stays_when_a_receivable_is_reopened(story: Story) -> None:
    owing(story)
    receivable = claim(story)
    about(story, "settlement:Collect", "p-treasurer", receivable, cents=600)
    about(story, "settlement:Reopen", "p-manager", receivable, received_cents=500)
    result = books(story)
    balance = result.shop_balance(SCHEME, SHOP)
    assert (balance.unsettled, balance.claimed, balance.collected) == (-1000, 0, -500)
    assert balance.balanced
    again = claim(story)
    items = books(story).settlements[again].items
    assert sorted(item.get("kind", "") for item in items) == ["", "collected"]
    assert books(story).settlements[again].cents == -1000


@pytest.mark.parametrize(
    ("person", "received", "sentence"),
    [
        ("p-treasurer", 0, "p-treasurer took both steps"),
        ("p-manager", 601, "was called received"),
        ("p-manager", -1, "was called received"),
    ],
)
def test_a_receivable_is_not_reopened_otherwise(
    story: Story, person: str, received: int, sentence: str
) -> None:
    owing(story)
    receivable = claim(story)
    about(story, "settlement:Collect", "p-treasurer", receivable, cents=600)
    about(story, "settlement:Reopen", person, receivable, received_cents=received)
    assert any(sentence in found for found in findings(story))


def test_more_than_is_left_is_not_collected(story: Story) -> None:
    owing(story)
    receivable = claim(story)
    about(story, "settlement:Collect", "p-treasurer", receivable, cents=1501)
    assert any("was collected" in found for found in findings(story))


def two_schemes(story: Story, debt: int, credit: int) -> Replay:
    """The shop owes under one scheme, and is owed under another."""
    story.add("scheme:Draft", request_id=OTHER, rules=rules(name="other"), budget_cents=100000)
    story.add("scheme:Approve", "p-manager", scheme=OTHER)
    story.add("scheme:Open", scheme=OTHER)
    for scheme in (SCHEME, OTHER):
        story.add("scheme:CloseDay", "p-treasurer", scheme=scheme, day="2026-03-10")
    result = replay(story)
    for scheme, cents in ((SCHEME, debt), (OTHER, credit)):
        result.books.schemes[scheme].open(SHOP, {"id": "7" * 32, "day": "2026-03-09", "cents": cents})
    return result


def netted(result: Replay, story: Story) -> Books:
    story.add("settlement:Net", "p-treasurer", scheme=SCHEME, against=OTHER, shop=SHOP, reason="old-debt")
    result.apply(story.requests[-1])
    return result.books


@pytest.mark.parametrize(("debt", "credit", "moved"), [(-700, 500, 500), (-500, 700, 500), (-500, 500, 500)])
def test_a_debt_is_netted(story: Story, debt: int, credit: int, moved: int) -> None:
    result = netted(two_schemes(story, debt, credit), story)
    owes, owed = result.shop_balance(SCHEME, SHOP), result.shop_balance(OTHER, SHOP)
    assert (owes.unsettled, owes.netted) == (debt + moved, -moved)
    assert (owed.unsettled, owed.netted) == (credit - moved, moved)
    record = result.settlements[f"{OTHER}/{story.requests[-1].request['request_id']}"].members()
    assert (record["state"], record["cents"], record["against"]) == ("netted", moved, SCHEME)


@pytest.mark.parametrize(("debt", "credit"), [(0, 500), (5, 500), (-500, 0), (-500, -5)])
def test_what_is_no_debt_is_not_netted(story: Story, debt: int, credit: int) -> None:
    result = two_schemes(story, debt, credit)
    netted(result, story)
    assert any("it must be" in str(finding) for finding in result.findings)


def test_debts_without_end_are_carried_over(story: Story) -> None:
    close(story)
    result = replay(story)
    scheme = result.books.schemes[SCHEME]
    for number in range(5_600):
        scheme.open(SHOP, {"id": f"{number:032x}", "day": "2026-03-09", "cents": -1})
    scheme.open(SHOP, {"id": "f" * 32, "day": "2026-03-10", "cents": 50_000})
    carried = draft(story)
    result.apply(story.requests[-1])
    assert result.books.settlements[carried].state == "carried"
    assert scheme.unsettled[SHOP]["2026-03-09", carried] == -5_000
    drafted = draft(story)
    result.apply(story.requests[-1])
    settlement = result.books.settlements[drafted]
    assert (settlement.cents, len(settlement.items), settlement.state) == (44_400, 602, "drafted")
    assert {"id": carried, "day": "2026-03-09", "cents": -5_000, "kind": "carried"} in settlement.items
    assert not result.findings


def test_all_open_items_count_for_the_amount(story: Story) -> None:
    story.requests.clear()
    story.open(settlement_days=30, settlement_cents=1_000)
    close(story)
    for further, due in ((499, True), (498, False)):
        result = replay(story)
        scheme = result.books.schemes[SCHEME]
        for number in range(500):
            scheme.open(SHOP, {"id": f"{number:032x}", "day": "2026-03-10", "cents": 1})
        scheme.open(SHOP, {"id": "f" * 32, "day": "2026-03-10", "cents": further + 1})
        draft(story)
        result.apply(story.requests.pop())
        assert (not result.findings) == due


@pytest.mark.parametrize("state", ["open items", "a live settlement", "nothing"])
def test_the_account_of_a_creditor_is_kept(story: Story, state: str) -> None:
    owing(story)
    story.add("payment:Index", "p-clerk", payments=[])  # shows the layout
    if state != "open items":
        receivable = claim(story)
    if state == "nothing":
        about(story, "settlement:Collect", "p-treasurer", receivable)
    erasure(story, LATER, collection="shopAccounts", scheme=None, ids=[SHOP], reason="request")
    assert any("money open" in found for found in findings(story)) == (state != "nothing")


def test_the_bank_names_its_reference(story: Story) -> None:
    story.pay(("toys", 500))
    close(story)
    settlement = draft(story)
    story.add("settlement:Approve", "p-manager", scheme=SCHEME, settlement=settlement)
    exported = [settlement]
    story.add("settlement:Export", "p-treasurer", scheme=SCHEME, settlements=exported, file_sha256="f" * 64)
    about(
        story,
        "settlement:Book",
        "p-treasurer",
        settlement,
        outcome="paid",
        bank_reference="REF-1",
        value_date="2026-03-12",
    )
    record = books(story).settlements[settlement].members()
    assert (record["bank_reference"], record["value_date"]) == ("REF-1", "2026-03-12")


def test_a_receivable_knows_when_it_was_claimed(story: Story) -> None:
    owing(story)
    receivable = claim(story)
    at = story.requests[-1].at
    record = books(story).settlements[receivable].members()
    assert record["claimed_at"] == at
    assert not list(compare("receivable", record, {**record, "claimed_at": at}))
    other = list(compare("receivable", record, {**record, "claimed_at": 5}))
    assert [found.member for found in other] == ["claimed_at"]
    earlier = {name: value for name, value in record.items() if name != "claimed_at"}
    assert not list(compare("receivable", record, earlier))


def test_finding_things_anew_moves_nothing(story: Story) -> None:
    payment = story.pay(("toys", 500))
    story.add("payment:Index", "p-clerk", payments=[payment])
    assert books(story).shop_balance(SCHEME, SHOP).unsettled == 500
    story.add("payment:Index", "p-clerk", payments=["9" * 32])
    story.add("settlement:Index", "p-clerk", scheme=SCHEME, settlement="9" * 32)
    assert [sentence.split()[1] for sentence in findings(story)] == ["were", "9" * 32]


def test_the_municipality_names_the_account_of_an_ended_shop(story: Story) -> None:
    end(story, NOON)
    change = story.add("shop:ChangeAccount", "p-clerk", shop=SHOP, reason="account-closed")
    story.add("shop:ApproveAccount", "p-manager", shop=SHOP, change=change)
    assert books(story).shops[SHOP].accounts == [change]
