"""Refunds that a second person of the shop confirms, or that wait for two, as the auditor replays them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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


def limit(story: Story, cents: int | None, person: str = "p-shop") -> None:
    members = {} if cents is None else {"refund_alone_cents": cents}
    story.add("shop:LimitRefunds", person, shop=SHOP, **members)


def confirm(story: Story, refunded: str, person: str = "p-shop2", at: int = NOON) -> None:
    story.add("payment:ConfirmRefund", person, at, refund=refunded)


def test_a_refund_above_the_shops_limit_returns_once_a_second_person_confirms(story: Story) -> None:
    limit(story, 1000)
    payment = story.pay(("toys", 5000))
    refund(story, payment, 600)
    asked = refund(story, payment, 401)
    result = books(story)
    assert [one.id for one in result.refunds.values() if one.state] == [asked]
    members = result.refunds[asked].members()
    assert (members["state"], members["asked_by"], members["asked_role"]) == (
        "asked",
        "WinkelsMSP/p-shop",
        "shopkeeper",
    )
    assert result.shops[SHOP].members()["refund_alone_cents"] == 1000
    assert voucher_of(story).terms.refunded == 600
    confirm(story, asked)
    refund(story, payment, 400)
    result = books(story)
    assert (result.refunds[asked].state, result.refunds[asked].confirmed_by) == (
        "confirmed",
        "WinkelsMSP/p-shop2",
    )
    assert result.payments[payment].members()["refunded_confirmed_cents"] == 401
    assert voucher_of(story).terms.refunded == 1401
    assert result.shop_balance(SCHEME, SHOP).balanced
    limit(story, None)
    refund(story, payment, 3000)
    assert books(story).shops[SHOP].members()["refund_alone_cents"] is None
    assert voucher_of(story).terms.refunded == 4401


@pytest.mark.parametrize(("meanwhile", "why"), [(suspend, "shop"), (wait, "term"), (settle, "limit")])
def test_all_terms_count_when_a_refund_is_confirmed(
    story: Story, meanwhile: Callable[[Story, str], int], why: str
) -> None:
    limit(story, 0)
    payment = story.pay(("toys", 5000))
    asked = refund(story, payment, 1001)
    confirm(story, asked, at=meanwhile(story, payment))
    found = books(story).refunds[asked]
    assert (found.state, found.waits, voucher_of(story).terms.refunded) == ("waiting", why, 0)
    decide(story, asked)
    assert books(story).payments[payment].refunded_confirmed_cents == 1001


def test_an_asked_refund_is_rejected_by_its_shop_or_after_its_end_by_an_approver(story: Story) -> None:
    limit(story, 0)
    payment = story.pay(("toys", 5000))
    first, second, third = (refund(story, payment, 100) for _ in range(3))
    story.add("payment:RejectRefund", "p-shop", refund=first, reason="mistake")
    story.add("payment:RejectRefund", "p-shop2", refund=second, reason="mistake")
    decision = story.add("shop:ProposeEnd", shop=SHOP, reason="over", retention_days=0)
    story.add("decision:Approve", "p-manager", decision=decision)
    story.add("payment:RejectRefund", "p-manager", refund=third, reason="over")
    assert {found.state for found in books(story).refunds.values()} == {"rejected"}
    assert voucher_of(story).terms.refunded == 0


def by_the_same_person(story: Story, asked: str) -> None:
    confirm(story, asked, "p-shop")


def twice(story: Story, asked: str) -> None:
    confirm(story, asked)
    confirm(story, asked, "p-shop3")


def by_an_acquirer(story: Story, asked: str) -> None:
    confirm(story, asked, "p-acquirer")


def by_another_shop(story: Story, asked: str) -> None:
    confirm(story, asked)
    story.requests[-1] = replace(story.requests[-1], shop="e" * 32)


def by_two_tills(story: Story, asked: str) -> None:
    (at,) = [n for n, one in enumerate(story.requests) if one.request["request_id"] == asked]
    story.requests[at] = replace(story.requests[at], role="cashier")
    confirm(story, asked)
    story.requests[-1] = replace(story.requests[-1], role="cashier")


def by_the_municipality(story: Story, asked: str) -> None:
    decide(story, asked)


def of_more_than_is_left(story: Story, asked: str) -> None:
    limit(story, None)
    refund(story, story.requests[-2].request["payment"], 4500)
    confirm(story, asked)


def rejected_by_a_clerk(story: Story, asked: str) -> None:
    story.add("payment:RejectRefund", refund=asked, reason="mistake")


def rejected_by_an_approver(story: Story, asked: str) -> None:
    story.add("payment:RejectRefund", "p-manager", refund=asked, reason="mistake")


def rejected_by_another_acquirer(story: Story, asked: str) -> None:
    story.add("shop:Mandate", "p-shop", shop=SHOP, acquirer="p-acquirer", reason="contract")
    story.add("payment:RejectRefund", "p-acquirer", refund=asked, reason="mistake")


def rejected_by_the_shop_while_it_waits(story: Story, asked: str) -> None:
    confirm(story, asked, at=suspend(story, asked))
    story.add("payment:RejectRefund", "p-shop", refund=asked, reason="mistake")


def limited_by_a_till(story: Story, _: str) -> None:
    limit(story, None)
    story.requests[-1] = replace(story.requests[-1], role="cashier")


def limited_by_another_shop(story: Story, _: str) -> None:
    limit(story, None)
    story.requests[-1] = replace(story.requests[-1], shop="e" * 32)


def limited_below_zero(story: Story, _: str) -> None:
    limit(story, -1)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (by_the_same_person, "WinkelsMSP/p-shop took both steps"),
        (twice, "is confirmed: it must be asked"),
        (by_an_acquirer, "requested by role acquirer: it needs cashier or shopkeeper"),
        (by_another_shop, f"the till belongs to shop {'e' * 32}"),
        (by_two_tills, "was confirmed without a shopkeeper"),
        (by_the_municipality, "is asked: it must be waiting"),
        (of_more_than_is_left, "refunded toys totals 5500 cents"),
        (rejected_by_a_clerk, "was rejected by issuer"),
        (rejected_by_an_approver, "is approved"),
        (rejected_by_another_acquirer, "who had not asked for it"),
        (rejected_by_the_shop_while_it_waits, "is waiting: it must be asked"),
        (limited_by_a_till, "requested by role cashier: it needs shopkeeper"),
        (limited_by_another_shop, f"the till belongs to shop {'e' * 32}"),
        (limited_below_zero, "became -1"),
    ],
)
def test_what_no_shop_may_do_with_an_asked_refund_is_found(
    story: Story, step: Callable[[Story, str], None], expected: str
) -> None:
    limit(story, 0)
    asked = refund(story, story.pay(("toys", 5000)), 1000)
    step(story, asked)
    assert any(expected in sentence for sentence in findings(story)), findings(story)
