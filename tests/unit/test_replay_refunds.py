"""Refunds that wait for two persons, as the auditor replays them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from story import DAY, NOON, SCHEME, SECONDS_OF_A_DAY, SHOP, Story, books, findings, voucher_of


@pytest.fixture
def story() -> Story:
    story = Story()
    story.open(refund_days=10, refund_limit_cents=1000)
    return story


def refund(story: Story, payment: str, cents: int, at: int = NOON) -> str:
    lines = [{"category": "toys", "cents": cents}]
    return story.add("payment:Refund", "p-shop", at, payment=payment, lines=lines, reason="returned")


def decide(story: Story, refunded: str, endorser: str = "p-clerk", approver: str = "p-manager") -> None:
    story.add("payment:EndorseRefund", endorser, refund=refunded)
    story.add("payment:ApproveRefund", approver, refund=refunded)


def suspend(story: Story, _: str) -> int:
    story.add("shop:Suspend", "p-manager", shop=SHOP, reason="fraud")
    return NOON


def wait(_: Story, __: str) -> int:
    return NOON + 11 * SECONDS_OF_A_DAY


def settle(story: Story, _: str) -> int:
    story.add("scheme:CloseDay", scheme=SCHEME, day="2026-03-10")
    story.add("settlement:Draft", scheme=SCHEME, shop=SHOP)
    return NOON


@pytest.mark.parametrize(("meanwhile", "why"), [(suspend, "shop"), (wait, "term"), (settle, "limit")])
def test_a_refund_waits_and_returns_the_money_after_two_persons(
    story: Story, meanwhile: Callable[[Story, str], int], why: str
) -> None:
    payment = story.pay(("toys", 5000))
    at = meanwhile(story, payment)
    waiting = refund(story, payment, 1001, at)
    result = books(story)
    assert (result.refunds[waiting].waits, result.payments[payment].refunded_cents) == (why, 0)
    assert voucher_of(story).terms.refunded == 0
    assert result.refunds[waiting].members()["cents"] == 1001
    decide(story, waiting)
    result = books(story)
    assert (result.refunds[waiting].state, result.payments[payment].refunded_cents) == ("approved", 1001)
    assert voucher_of(story).terms.refunded == 1001
    assert result.shop_balance(SCHEME, SHOP).balanced


def test_within_term_and_limit_a_refund_returns_the_money_at_once(story: Story) -> None:
    payment = story.pay(("toys", 5000))
    refund(story, payment, 3000, NOON + 10 * SECONDS_OF_A_DAY)
    settled = story.pay(("toys", 2000))
    settle(story, settled)
    refund(story, settled, 1000)
    assert not any(refunded.waits for refunded in books(story).refunds.values())
    assert voucher_of(story).terms.refunded == 4000


def test_a_refund_keeps_its_receipt_whether_it_waits_or_not(story: Story) -> None:
    payment, receipt = story.pay(("toys", 5000)), "5" * 64
    lines = [{"category": "toys", "cents": 500}]
    members: dict[str, Any] = {"payment": payment, "lines": lines, "reason": "returned"}
    now = story.add("payment:Refund", "p-shop", **members, receipt=receipt)
    late = story.add("payment:Refund", "p-shop", wait(story, payment), **members, receipt=receipt)
    bare = refund(story, payment, 100)
    kept = {key: book.members() for key, book in books(story).refunds.items()}
    assert [kept[key]["receipt"] for key in (now, late, bare)] == [receipt, receipt, None]
    assert [(kept[key]["day"], kept[key]["state"]) for key in (now, late)] == [(DAY, None), ("", "waiting")]


def test_a_rejected_refund_moves_nothing(story: Story) -> None:
    waiting = refund(story, story.pay(("toys", 500)), 500, wait(story, ""))
    story.add("payment:RejectRefund", "p-treasurer", refund=waiting, reason="fraud")
    assert books(story).refunds[waiting].state == "rejected"
    assert voucher_of(story).terms.refunded == 0


def test_without_a_term_a_refund_never_waits() -> None:
    story = Story()
    story.open()
    payment = story.pay(("toys", 500))
    now = refund(story, payment, 500, suspend(story, payment) + 100 * SECONDS_OF_A_DAY)
    assert not books(story).refunds[now].waits


@pytest.mark.parametrize(
    ("endorser", "approver", "expected"),
    [
        ("p-manager", "p-manager", "p-manager took both steps"),
        ("p-shop", "p-manager", "requested by role shopkeeper: it needs issuer or treasurer"),
        ("p-clerk", "p-treasurer", "requested by role treasurer: it needs approver"),
    ],
)
def test_wrong_persons_are_found(story: Story, endorser: str, approver: str, expected: str) -> None:
    decide(story, refund(story, story.pay(("toys", 500)), 500, wait(story, "")), endorser, approver)
    assert any(expected in sentence for sentence in findings(story)), findings(story)


def test_a_refund_is_decided_on_once_and_never_for_more_than_was_paid(story: Story) -> None:
    payment = story.pay(("toys", 500))
    first, second = (refund(story, payment, 300, wait(story, "")) for _ in range(2))
    story.add("payment:ApproveRefund", "p-manager", refund=first)
    assert "is waiting: it must be endorsed" in findings(story)[0]
    story.requests.pop()
    decide(story, first)
    assert not findings(story)
    decide(story, second)
    assert "refunded toys totals 600 cents" in findings(story)[0]
    story.add("payment:RejectRefund", "p-clerk", refund=first, reason="late")
    assert "is approved: it must be waiting or endorsed" in findings(story)[-1]


@pytest.mark.parametrize(("layout", "waits"), [(2, False), (3, True)])
def test_what_a_shop_was_paid_waits_without_a_term_too_from_layout_3_on(layout: int, waits: bool) -> None:
    story = Story()
    story.layout = layout
    story.open()
    settled = story.pay(("toys", 2000))
    settle(story, settled)
    still_open = story.pay(("toys", 1000), at=NOON + SECONDS_OF_A_DAY, page=2)
    suspend(story, settled)
    refunds = [refund(story, payment, 300, NOON + SECONDS_OF_A_DAY) for payment in (settled, still_open)]
    result = books(story)
    assert not findings(story)
    assert [bool(result.refunds[one].waits) for one in refunds] == [waits, False]
