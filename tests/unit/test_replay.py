"""The replay makes every figure from the requests alone, and names every rule that was broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from story import DAY, ENTITLEMENT, NOON, SCHEME, SHOP, VOUCHER, Story, books, findings, replay

from kindpakket.holder.booklet import Booklet
from kindpakket.ledger.days import booking_day, day_of, first_instant, next_day

HOUR = 3600


@pytest.fixture
def story() -> Story:
    story = Story()
    story.open()
    return story


def test_days_are_those_of_amsterdam() -> None:
    assert day_of(NOON) == DAY
    assert first_instant(DAY) == NOON - 12 * HOUR
    assert first_instant("2026-07-01") == 1_782_856_800  # 22:00 UTC of the day before: summer time
    assert day_of(first_instant(DAY) - 1) == "2026-03-09"
    assert next_day("2026-12-31") == "2027-01-01"
    assert booking_day(NOON, "") == DAY
    assert booking_day(NOON, DAY) == "2026-03-11"
    assert booking_day(NOON, "2026-03-09") == DAY


def test_payment_refund_and_cancellation_move_the_money(story: Story) -> None:
    payment = story.pay(("books", 1500), ("toys", 700))
    cancelled = story.pay(("toys", 900))
    story.add(
        "payment:Refund", "p-shop", payment=payment, lines=[{"category": "toys", "cents": 200}], reason="r"
    )
    story.add("payment:Cancel", "p-shop", payment=cancelled, reason="mistake")
    result = books(story)
    voucher = result.schemes[SCHEME].vouchers[VOUCHER]
    terms = voucher.terms
    assert (terms.issued, terms.spent, terms.refunded, terms.cancelled) == (30000, 3100, 200, 900)
    assert (terms.available, terms.net) == (28000, 2000)
    assert terms.balanced
    assert +voucher.by_category == {"books": 1500, "toys": 500}
    assert (voucher.day, voucher.day_cents) == (DAY, 2200)
    assert result.payments[payment].state == "partly-refunded"
    assert result.payments[cancelled].state == "cancelled"
    assert sorted(result.schemes[SCHEME].unsettled[SHOP].values()) == [-200, 2200]
    assert result.schemes[SCHEME].by_category() == {"books": 1500, "toys": 500}
    assert result.shop_balance(SCHEME, SHOP).balanced
    assert [move.cents for move in result.movements] == [1500, 700, 900, -200, -900]


def test_a_request_counts_once(story: Story) -> None:
    order = story.order(("books", 1500))
    story.send(order, story.signer().authorise(order))
    story.send(order, story.signer().authorise(order))
    result = replay(story)
    assert not result.findings
    assert result.repeated == 1
    assert result.books.schemes[SCHEME].vouchers[VOUCHER].terms.spent == 1500


def test_the_same_id_with_other_content_is_a_finding(story: Story) -> None:
    order = story.order(("books", 1500))
    story.send(order, story.signer().authorise(order))
    other = replace(order, lines=({"category": "books", "cents": 1600},))
    story.send(other, story.signer().authorise(other))
    assert findings(story) == [f"request {order.request_id} was committed again with different content"]


def test_a_refund_after_the_end_lapses_into_the_budget() -> None:
    story = Story()
    story.open(ends_on=DAY, ends_at=NOON + 10, refund_grace_days=0)
    payment = story.pay(("books", 1500))
    lines = [{"category": "books", "cents": 1500}]
    story.add("payment:Refund", "p-shop", NOON + 10, payment=payment, lines=lines, reason="returned")
    scheme = books(story).schemes[SCHEME]
    assert scheme.vouchers[VOUCHER].terms.lapsed == 1500
    assert scheme.vouchers[VOUCHER].terms.available == 28500
    assert scheme.budget_members()["unallocated_cents"] == 71500
    assert scheme.vouchers[VOUCHER].terms.balanced


def test_settlements_take_the_oldest_items_of_closed_days(story: Story) -> None:
    first = story.pay(("books", 1500))
    story.add(
        "payment:Refund", "p-shop", payment=first, lines=[{"category": "books", "cents": 300}], reason="r"
    )
    story.add("scheme:CloseDay", scheme=SCHEME, day=DAY)
    story.pay(("toys", 400))
    settlement = story.add("settlement:Draft", "p-treasurer", scheme=SCHEME, shop=SHOP)
    result = books(story)
    drafted = result.settlements[settlement]
    assert (drafted.cents, drafted.through, drafted.state) == (1200, DAY, "drafted")
    assert [item["cents"] for item in drafted.items if item["id"] == first] == [1500]
    assert list(result.schemes[SCHEME].unsettled[SHOP]) == [
        ("2026-03-11", story.requests[-2].request["request_id"])
    ]
    assert result.shop_balance(SCHEME, SHOP).drafted == 1200
    assert result.shop_balance(SCHEME, SHOP).balanced


@pytest.mark.parametrize(
    ("steps", "state", "unsettled"),
    [
        (["approve", "export", "paid"], "paid", 0),
        (["approve", "export", "rejected"], "rejected", 1500),
        (["approve", "export", "paid", "returned"], "returned", 1500),
        (["withdraw"], "withdrawn", 1500),
        (["approve", "withdraw"], "withdrawn", 1500),
    ],
)
def test_a_settlement_goes_its_way(story: Story, steps: list[str], state: str, unsettled: int) -> None:
    story.pay(("books", 1500))
    story.add("scheme:CloseDay", scheme=SCHEME, day=DAY)
    settlement = story.add("settlement:Draft", "p-treasurer", scheme=SCHEME, shop=SHOP)
    for step in steps:
        if step == "approve":
            story.add("settlement:Approve", "p-manager", scheme=SCHEME, settlement=settlement)
        elif step == "withdraw":
            story.add("settlement:Withdraw", "p-treasurer", scheme=SCHEME, settlement=settlement, reason="r")
        elif step == "export":
            story.add(
                "settlement:Export",
                "p-treasurer",
                scheme=SCHEME,
                settlements=[settlement],
                file_sha256="f" * 64,
            )
        else:
            story.add(
                "settlement:Book",
                "p-treasurer",
                scheme=SCHEME,
                settlement=settlement,
                outcome=step,
                reason="bank",
            )
    result = books(story)
    assert result.settlements[settlement].state == state
    assert result.shop_balance(SCHEME, SHOP).unsettled == unsettled
    assert result.shop_balance(SCHEME, SHOP).balanced


def test_booklets_pay_once_a_page() -> None:
    story = Story(Booklet.generate(6))
    story.open()
    story.pay(("toys", 500), page=2)
    assert books(story).schemes[SCHEME].vouchers[VOUCHER].last_page == 2
    story.pay(("toys", 500), page=2)
    assert "page 2 was void" in findings(story)[0]


def test_blocking_and_unblocking(story: Story) -> None:
    story.add("voucher:Block", scheme=SCHEME, voucher=VOUCHER, reason="lost")
    story.add("voucher:Unblock", "p-manager", scheme=SCHEME, voucher=VOUCHER, reason="found")
    story.pay(("toys", 500))
    assert books(story).schemes[SCHEME].vouchers[VOUCHER].state == "active"


def no_proof(story: Story) -> None:
    order = story.order(("books", 500))
    story.send(order, {"kind": "key", "version": 1, "signature": "AAAA"})


def changed_amount(story: Story) -> None:
    order = story.order(("books", 500))
    story.send(replace(order, lines=({"category": "books", "cents": 5000},)), story.signer().authorise(order))


def over_balance(story: Story) -> None:
    for cents in (20000, 9000, 2000):
        story.pay(("books" if cents == 20000 else "toys", cents))


def over_category(story: Story) -> None:
    story.pay(("books", 20001))


def unknown_category(story: Story) -> None:
    story.pay(("bikes", 500))


def expired(story: Story) -> None:
    story.pay(("toys", 500), at=first_instant("2027-01-01"))


def blocked(story: Story) -> None:
    story.add("voucher:Block", scheme=SCHEME, voucher=VOUCHER, reason="lost")
    story.pay(("toys", 500))


def suspended_shop(story: Story) -> None:
    story.add("shop:Suspend", "p-manager", shop=SHOP, reason="complaint")
    story.pay(("toys", 500))


def paused(story: Story) -> None:
    story.add("scheme:Pause", "p-manager", scheme=SCHEME, reason="audit")
    story.pay(("toys", 500))


def one_person(story: Story) -> None:
    story.pay(("toys", 500))
    story.add("scheme:CloseDay", scheme=SCHEME, day=DAY)
    settlement = story.add("settlement:Draft", "p-treasurer", scheme=SCHEME, shop=SHOP)
    story.add("settlement:Approve", "p-treasurer", scheme=SCHEME, settlement=settlement)


def twice_entitled(story: Story) -> None:
    allocation = {"id": "e" * 32, "entitlement": ENTITLEMENT, "preset": "child", "units": 1}
    story.add("voucher:Issue", scheme=SCHEME, vouchers=[allocation])


def over_budget(story: Story) -> None:
    allocation = {"id": "e" * 32, "entitlement": "e" * 32, "preset": "child", "units": 3}
    story.add("voucher:Issue", scheme=SCHEME, vouchers=[allocation])


def over_refund(story: Story) -> None:
    payment = story.pay(("toys", 500))
    lines = [{"category": "toys", "cents": 501}]
    story.add("payment:Refund", "p-shop", payment=payment, lines=lines, reason="r")


def late_cancel(story: Story) -> None:
    payment = story.pay(("toys", 500))
    story.add("scheme:CloseDay", scheme=SCHEME, day=DAY)
    story.add("payment:Cancel", "p-shop", payment=payment, reason="r")


def future_day(story: Story) -> None:
    story.add("scheme:CloseDay", scheme=SCHEME, day="2026-03-11")


def empty_settlement(story: Story) -> None:
    story.add("settlement:Draft", "p-treasurer", scheme=SCHEME, shop=SHOP)


def unknown_voucher(story: Story) -> None:
    story.send(replace(story.order(("toys", 500)), voucher="9" * 32), {})


def unknown_operation(story: Story) -> None:
    story.add("voucher:Print", scheme=SCHEME)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (no_proof, "spent without a valid proof: the signature is invalid"),
        (changed_amount, "spent without a valid proof: the signature is invalid"),
        (over_balance, "the total of 2000 cents exceeds"),
        (over_category, "spent 20001 cents on books: the cap is 20000 cents"),
        (unknown_category, "the scheme has no category bikes"),
        (expired, "had expired"),
        (blocked, "is blocked: it must be active"),
        (suspended_shop, "is suspended: it must be approved"),
        (paused, "is paused: it must be open"),
        (one_person, "p-treasurer took both steps"),
        (twice_entitled, "has already been issued for entitlement"),
        (over_budget, "more than its budget"),
        (over_refund, "refunded toys totals 501 cents"),
        (late_cancel, "was cancelled on 2026-03-11"),
        (future_day, "2026-03-11 was closed, which is in the future"),
        (empty_settlement, "was drafted for 0 cents"),
        (unknown_voucher, "payment:Pay cannot be replayed: KeyError"),
        (unknown_operation, "unknown operation voucher:Print"),
    ],
)
def test_broken_rules_are_found(story: Story, change: Callable[[Story], None], expected: str) -> None:
    assert not findings(story)
    change(story)
    assert any(expected in sentence for sentence in findings(story)), findings(story)


def test_queries_and_private_records_are_no_matter(story: Story) -> None:
    before = replay(story).books
    story.requests.append(replace(story.requests[0], operation="voucher:Show", request={"voucher": VOUCHER}))
    story.add("voucher:RecordCases", scheme=SCHEME)
    after = replay(story)
    assert not after.findings
    assert after.books == before


AMOUNTS = st.lists(
    st.tuples(st.sampled_from(["books", "toys"]), st.integers(100, 4000)), min_size=1, max_size=7
)


@settings(max_examples=25, deadline=None)
@given(AMOUNTS, st.data())
def test_money_always_adds_up(amounts: list[tuple[str, int]], data: st.DataObject) -> None:
    story = Story()
    story.open()
    paid: list[tuple[str, str, int]] = []
    for category, cents in amounts:
        paid.append((story.pay((category, cents)), category, cents))
        payment, of, most = data.draw(st.sampled_from(paid))
        if most and data.draw(st.booleans()):
            back = data.draw(st.integers(1, most))
            lines: list[dict[str, Any]] = [{"category": of, "cents": back}]
            story.add("payment:Refund", "p-shop", payment=payment, lines=lines, reason="returned")
            paid[paid.index((payment, of, most))] = (payment, of, most - back)
    result = books(story)
    voucher = result.schemes[SCHEME].vouchers[VOUCHER]
    assert voucher.terms.balanced
    assert voucher.terms.net == sum(voucher.by_category.values()) == sum(left for _, _, left in paid)
    assert result.shop_balance(SCHEME, SHOP).balanced
    assert result.shop_balance(SCHEME, SHOP).net == voucher.terms.net
