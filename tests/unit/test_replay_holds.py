"""Holds and products as the auditor replays them: honest ones add up, broken rules are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from story import (
    DAY,
    DOMAIN,
    NOON,
    SCHEME,
    SECONDS_OF_A_DAY,
    SHOP,
    VOUCHER,
    Story,
    books,
    findings,
    scheme_of,
    voucher_of,
)

from kindpakket.holder.booklet import Booklet
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import HoldOrder, ReleaseOrder
from kindpakket.ledger.days import first_instant

TOMORROW = "2026-03-11"


@pytest.fixture
def story() -> Story:
    story = Story()
    story.open()
    return story


@pytest.fixture
def course() -> Story:
    """A voucher for one course of at most 12500 cents."""
    story = Story()
    story.open(preset="course")
    return story


def capture(story: Story, payment: str, *lines: tuple[str, int], at: int = NOON) -> str:
    taken = [{"category": category, "cents": cents} for category, cents in lines]
    return story.add("payment:Capture", "p-shop", at, payment=payment, lines=taken)


def capture_part(story: Story, hold: str, *lines: tuple[str, int], at: int = NOON, **more: str) -> str:
    taken = [{"category": category, "cents": cents} for category, cents in lines]
    return story.add("payment:CapturePart", "p-shop", at, hold=hold, lines=taken, **more)


def release(story: Story, payment: str, person: str = "p-shop", at: int = NOON) -> str:
    return story.add("payment:Release", person, at, payment=payment, reason="not-delivered")


def refund(story: Story, payment: str, *lines: tuple[str, int], at: int = NOON) -> str:
    back = [{"category": category, "cents": cents} for category, cents in lines]
    return story.add("payment:Refund", "p-shop", at, payment=payment, lines=back, reason="returned")


def test_a_hold_moves_money_aside_and_counts_into_every_cap(story: Story) -> None:
    held = story.hold(("books", 1500), ("toys", 500))
    voucher = voucher_of(story)
    assert (voucher.terms.available, voucher.terms.held, voucher.terms.spent) == (28000, 2000, 0)
    assert (voucher.day, voucher.day_cents) == (DAY, 2000)
    assert voucher.holds == {held: {"cents": 2000, "expires_at": NOON + 3600}}
    assert voucher.members()["held_by_category"] == {"books": 1500, "toys": 500}
    payment = books(story).payments[held].members()
    assert (payment["state"], payment["lines"], payment["cents"], payment["day"]) == ("held", [], 0, "")
    assert (payment["held_cents"], payment["held_day"]) == (2000, DAY)
    assert not books(story).movements


def test_a_capture_in_part_is_booked_on_its_own_day_and_releases_the_rest(story: Story) -> None:
    held = story.hold(("books", 1500), ("toys", 500), lasting=2 * SECONDS_OF_A_DAY)
    capture(story, held, ("books", 1200), at=NOON + SECONDS_OF_A_DAY)
    voucher, result = voucher_of(story), books(story)
    assert (voucher.terms.available, voucher.terms.held, voucher.terms.spent) == (28800, 0, 1200)
    assert (voucher.day, voucher.day_cents) == (DAY, 1200)
    assert not voucher.holds
    payment = result.payments[held]
    assert (payment.state, payment.day, payment.cents) == ("paid", TOMORROW, 1200)
    assert (payment.held_cents, payment.captured_at) == (2000, NOON + SECONDS_OF_A_DAY)
    assert result.schemes[SCHEME].unsettled[SHOP] == {(TOMORROW, held): 1200}
    assert [move.cents for move in result.movements] == [1200]
    assert result.shop_balance(SCHEME, SHOP).balanced


def test_a_captured_hold_is_cancelled_on_its_day_and_frees_the_cap_it_counted_into(story: Story) -> None:
    held = story.hold(("books", 1500))
    capture(story, held, ("books", 1000))
    story.add("payment:Cancel", "p-shop", payment=held, reason="mistake")
    voucher = voucher_of(story)
    assert (voucher.terms.available, voucher.terms.net, voucher.day_cents) == (30000, 0, 0)


def test_a_capture_keeps_the_receipt_of_the_hold_or_brings_its_own(story: Story) -> None:
    for own, kept in ((None, "1" * 64), ("2" * 64, "2" * 64)):
        order = story.order(("books", 500))
        members = {field.name: getattr(order, field.name) for field in fields(order)}
        asked = HoldOrder(**members, expires_at=NOON + 60)
        held = story.send(asked, story.signer().authorise(asked), receipt="1" * 64)
        assert books(story).payments[held].members()["receipt"] == "1" * 64
        lines = [{"category": "books", "cents": 500}]
        more: dict[str, Any] = {"receipt": own} if own else {}
        story.add("payment:Capture", "p-shop", payment=held, lines=lines, **more)
        assert books(story).payments[held].members()["receipt"] == kept


def test_parts_of_a_hold_are_payments_and_the_hold_keeps_the_rest(story: Story) -> None:
    held = story.hold(("books", 1500), ("toys", 500), lasting=2 * SECONDS_OF_A_DAY)
    first = capture_part(story, held, ("books", 1000), ("toys", 500), receipt="1" * 64)
    voucher, result = voucher_of(story), books(story)
    assert (voucher.terms.available, voucher.terms.held, voucher.terms.spent) == (28000, 500, 1500)
    assert (voucher.holds[held]["cents"], voucher.day_cents) == (500, 2000)
    assert voucher.members()["held_by_category"] == {"books": 500}
    hold, part = result.payments[held].members(), result.payments[first].members()
    assert (hold["state"], hold["captured"], hold["held_cents"]) == (
        "held",
        {"books": 1000, "toys": 500},
        2000,
    )
    assert (part["hold"], part["held_day"], part["held_lines"], part["receipt"]) == (
        held,
        DAY,
        None,
        "1" * 64,
    )
    second = capture_part(story, held, ("books", 100), at=NOON + SECONDS_OF_A_DAY)
    capture(story, held, ("books", 300), at=NOON + SECONDS_OF_A_DAY)
    voucher, result = voucher_of(story), books(story)
    assert (voucher.terms.available, voucher.terms.held, voucher.terms.spent) == (28100, 0, 1900)
    assert (voucher.day_cents, voucher.holds) == (1900, {})
    open_items = {(DAY, first): 1500, (TOMORROW, second): 100, (TOMORROW, held): 300}
    assert result.schemes[SCHEME].unsettled[SHOP] == open_items
    assert result.shop_balance(SCHEME, SHOP).balanced


def test_a_part_is_cancelled_and_refunded_and_the_rest_released(story: Story) -> None:
    held = story.hold(("toys", 2000))
    first, second = capture_part(story, held, ("toys", 700)), capture_part(story, held, ("toys", 300))
    refund(story, first, ("toys", 200))
    story.add("payment:Cancel", "p-shop", payment=second, reason="mistake")
    release(story, held)
    voucher = voucher_of(story)
    assert (voucher.terms.available, voucher.terms.held, voucher.terms.net) == (29500, 0, 500)
    assert voucher.day_cents == 700
    assert books(story).payments[held].members()["captured"] == {"toys": 1000}


def test_a_release_gives_everything_back(story: Story) -> None:
    held = story.hold(("books", 1500))
    release(story, held)
    voucher = voucher_of(story)
    assert (voucher.terms.available, voucher.terms.held, voucher.day_cents) == (30000, 0, 0)
    assert books(story).payments[held].members()["release_reason"] == "not-delivered"


def test_an_expired_hold_is_released_by_the_next_payment_or_by_the_municipality(story: Story) -> None:
    first, second = story.hold(("books", 1500)), story.hold(("toys", 300))
    release(story, first, "p-clerk", at=NOON + 3600)
    story.pay(("toys", 29000 - 9000), at=NOON + 3600)
    voucher = voucher_of(story)
    assert (voucher.terms.available, voucher.terms.held) == (10000, 0)
    assert books(story).payments[second].release_reason == "expired"


def layout_3(story: Story) -> None:
    """The request that follows an upgrade to layout 3."""
    story.add("voucher:RecordBindings", scheme=SCHEME, vouchers=[{"voucher": VOUCHER}])


def test_a_closed_scheme_does_not_stop_a_capture_and_a_block_does_from_layout_3_on(story: Story) -> None:
    first, second = story.hold(("books", 1000)), story.hold(("books", 1500))
    story.about("voucher:Block", "p-clerk", reason="lost")
    story.change("scheme:ProposeClosing")
    capture(story, first, ("books", 1000))
    assert voucher_of(story).terms.spent == 1000
    layout_3(story)
    capture(story, second, ("books", 1500))
    assert "was blocked at the capture" in findings(story)[0]


def let_go(story: Story, payment: str, page: int = 2, at: int = NOON, person: str = "p-clerk") -> str:
    order = ReleaseOrder(
        domain=DOMAIN,
        scheme=SCHEME,
        voucher=VOUCHER,
        version=1,
        request_id=story.order(("toys", 1)).request_id,
        payment=payment,
        deadline=NOON + 60,
    )
    return story.add(order.operation, person, at, **order.request(story.signer(page).authorise(order)))


def test_a_holder_releases_a_hold_and_uses_up_no_page() -> None:
    story = Story(Booklet.generate(5))
    story.open()
    held = story.hold(("toys", 500), page=2)
    let_go(story, held)
    voucher = voucher_of(story)
    assert (voucher.last_page, voucher.terms.held, voucher.terms.available) == (2, 0, 30000)
    assert books(story).payments[held].release_reason == "holder"


def test_an_approver_releases_what_cannot_be_captured(story: Story) -> None:
    held = story.hold(("books", 1500))
    story.about("voucher:Block", "p-clerk", reason="stolen")
    release(story, held, "p-manager")
    assert voucher_of(story).terms.available == 30000
    story.about("voucher:Unblock", "p-manager", reason="found")
    held = story.hold(("books", 1500))
    story.add("shop:Suspend", "p-manager", shop=SHOP, reason="complaint")
    release(story, held, "p-manager")
    assert voucher_of(story).terms.available == 30000


def test_paper_counts_towards_a_limit_of_the_day() -> None:
    story = Story(Booklet.generate(9))
    story.open(paper_day_cap_cents=2000)
    first = story.pay(("toys", 1500), page=1)
    assert voucher_of(story).members()["day"] == {"date": DAY, "cents": 1500, "paper_cents": 1500}
    story.add("payment:Cancel", "p-shop", payment=first, reason="mistake")
    held = story.hold(("toys", 2000), page=2)
    capture(story, held, ("toys", 500))
    assert voucher_of(story).paper_cents == 500
    story.pay(("toys", 1501), page=3)
    assert f"the total by booklet on {DAY} is 2001 cents" in findings(story)[0]


def test_a_page_of_a_booklet_that_held_is_used_up() -> None:
    story = Story(Booklet.generate(5))
    story.open()
    story.hold(("toys", 500), page=2)
    assert voucher_of(story).last_page == 2
    story.pay(("toys", 500), page=2)
    assert "page 2 was void" in findings(story)[0]


def test_a_product_is_bought_once_below_its_price_and_the_rest_lapses(course: Story) -> None:
    course.pay(("toys", 9900))
    assert voucher_of(course).redeemed
    course.bulk("voucher:Lapse", "p-clerk", reason="redeemed")
    voucher, scheme = voucher_of(course), scheme_of(course)
    assert (voucher.state, voucher.terms.lapsed, voucher.terms.available) == ("active", 2600, 0)
    assert scheme.unallocated == 100000 - 12500 + 2600


def test_a_product_that_is_given_back_can_be_bought_again(course: Story) -> None:
    payment = course.pay(("toys", 9900))
    refund(course, payment, ("toys", 9900))
    assert not voucher_of(course).redeemed
    held = course.hold(("toys", 12000))
    capture(course, held, ("toys", 11000))
    assert voucher_of(course).redeemed
    assert voucher_of(course).terms.available == 1500


def test_a_product_is_not_bound_to_minimum_and_caps() -> None:
    small = Story()
    small.open(preset="course", payment_min_cents=1000, payment_cap_cents=2000, day_cap_cents=2000)
    small.pay(("toys", 12500))
    assert voucher_of(small).redeemed


def no_holds_agreed(story: Story) -> None:
    story.requests.clear()
    story.open(hold_days=0)
    story.hold(("books", 500))


def too_long(story: Story) -> None:
    story.hold(("books", 500), lasting=7 * SECONDS_OF_A_DAY + 1)


def over_already(story: Story) -> None:
    story.hold(("books", 500), lasting=0)


def beyond_the_end(story: Story) -> None:
    eve = first_instant("2027-01-01") - 3600
    story.hold(("books", 500), at=eve, lasting=3601)


def after_the_end(story: Story) -> None:
    story.hold(("books", 500), at=first_instant("2027-01-01"))


def too_many(story: Story) -> None:
    for _ in range(21):
        story.hold(("toys", 100))


def over_category_with_holds(story: Story) -> None:
    story.hold(("books", 15000))
    story.pay(("books", 5001))


def over_day_with_holds(story: Story) -> None:
    story.requests.clear()
    story.open(day_cap_cents=2000)
    story.hold(("books", 1500))
    story.pay(("toys", 501))


def over_balance_with_holds(story: Story) -> None:
    story.requests.clear()
    story.open(day_cap_cents=60000)
    story.hold(("toys", 25000))
    story.pay(("toys", 5001))


def hold_without_its_holder(story: Story) -> None:
    story.hold(("books", 500))
    story.requests[-1].request["expires_at"] += 1


def captured_too_much(story: Story) -> None:
    capture(story, story.hold(("books", 500)), ("books", 501))


def captured_another_category(story: Story) -> None:
    capture(story, story.hold(("books", 500)), ("toys", 1))


def captured_late(story: Story) -> None:
    capture(story, story.hold(("books", 500)), ("books", 500), at=NOON + 3600)


def captured_twice(story: Story) -> None:
    held = story.hold(("books", 500))
    capture(story, held, ("books", 500))
    capture(story, held, ("books", 500))


def part_too_much(story: Story) -> None:
    held = story.hold(("books", 500))
    capture_part(story, held, ("books", 200))
    capture_part(story, held, ("books", 301))


def part_of_everything(story: Story) -> None:
    capture_part(story, story.hold(("books", 500)), ("books", 500))


def rest_above_the_parts(story: Story) -> None:
    held = story.hold(("books", 500))
    capture_part(story, held, ("books", 200))
    capture(story, held, ("books", 301))


def part_of_a_released_hold(story: Story) -> None:
    held = story.hold(("books", 500))
    release(story, held)
    capture_part(story, held, ("books", 1))


def part_too_late(story: Story) -> None:
    capture_part(story, story.hold(("books", 500)), ("books", 1), at=NOON + 3600)


def part_while_suspended(story: Story) -> None:
    held = story.hold(("books", 500))
    story.add("shop:Suspend", "p-manager", shop=SHOP, reason="complaint")
    capture_part(story, held, ("books", 1))


def part_after_a_block(story: Story) -> None:
    held = story.hold(("books", 500))
    layout_3(story)
    story.about("voucher:Block", "p-clerk", reason="lost")
    capture_part(story, held, ("books", 1))


def captured_while_suspended(story: Story) -> None:
    held = story.hold(("books", 500))
    story.add("shop:Suspend", "p-manager", shop=SHOP, reason="complaint")
    capture(story, held, ("books", 500))


def captured_while_paused(story: Story) -> None:
    held = story.hold(("books", 500))
    story.add("scheme:Pause", "p-manager", scheme=SCHEME, reason="audit")
    capture(story, held, ("books", 500))


def released_early_by_the_municipality(story: Story) -> None:
    release(story, story.hold(("books", 500)), "p-clerk")


def released_by_somebody_else(story: Story) -> None:
    held = story.hold(("books", 500))
    story.holder = HolderKey.generate()
    let_go(story, held)


def released_by_the_holder_too_late(story: Story) -> None:
    let_go(story, story.hold(("books", 500)), at=NOON + 61)


def released_early_by_an_approver(story: Story) -> None:
    release(story, story.hold(("books", 500)), "p-manager")


def revoked_with_a_hold(story: Story) -> None:
    story.hold(("books", 500))
    story.bulk("voucher:Revoke", "p-manager", reason="moved-away")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (released_by_somebody_else, "released without a valid proof"),
        (released_by_the_holder_too_late, "the deadline is"),
        (released_early_by_an_approver, "only its shop could release it"),
        (no_holds_agreed, "(0 days)"),
        (too_long, "(7 days)"),
        (over_already, "a hold may last until"),
        (beyond_the_end, "a hold may last until"),
        (after_the_end, "had expired"),
        (too_many, "has 20 holds"),
        (over_category_with_holds, "spent 20001 cents on books: the cap is 20000 cents"),
        (over_day_with_holds, f"the total on {DAY} is 2001 cents"),
        (over_balance_with_holds, "exceeds the 5000 cents"),
        (hold_without_its_holder, "spent without a valid proof"),
        (captured_too_much, "captured books totals 501 cents"),
        (captured_another_category, "captured toys totals 1 cent:"),
        (captured_late, "had already expired"),
        (captured_twice, "is paid: it must be held"),
        (part_too_much, "captured books totals 301 cents"),
        (part_of_everything, "a part left nothing of hold"),
        (rest_above_the_parts, "captured books totals 301 cents"),
        (part_of_a_released_hold, "is released: it must be held"),
        (part_too_late, "had already expired"),
        (part_while_suspended, "is suspended: it must be approved"),
        (part_after_a_block, "was blocked at the capture"),
        (captured_while_suspended, "is suspended: it must be approved"),
        (captured_while_paused, "is paused: it must be open or closed"),
        (released_early_by_the_municipality, "had not expired"),
        (revoked_with_a_hold, f"voucher {VOUCHER} still has 500 cents on hold"),
    ],
)
def test_broken_rules_of_holds_are_found(
    story: Story, change: Callable[[Story], None], expected: str
) -> None:
    assert not findings(story)
    change(story)
    assert any(expected in sentence for sentence in findings(story)), findings(story)


def bought_twice(story: Story) -> None:
    story.pay(("toys", 5000))
    story.pay(("toys", 5000))


def bought_beside_a_hold(story: Story) -> None:
    story.hold(("toys", 5000))
    story.pay(("toys", 5000))


def bought_something_else(story: Story) -> None:
    story.pay(("books", 5000))


def bought_more(story: Story) -> None:
    story.pay(("toys", 12501))


def part_of_a_product(story: Story) -> None:
    capture_part(story, story.hold(("toys", 5000)), ("toys", 1000))


def topped_up_product(story: Story) -> None:
    top_up = {"voucher": VOUCHER, "entitlement": "e" * 32, "preset": "child", "units": 1}
    story.add("voucher:TopUp", scheme=SCHEME, top_ups=[top_up], reason="appeal")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (bought_twice, "has already bought its course"),
        (bought_beside_a_hold, "course is already on hold for voucher"),
        (bought_something_else, "is for one course"),
        (bought_more, "exceeds the 12500 cents"),
        (topped_up_product, "is for one course"),
        (part_of_a_product, "which is for a product"),
    ],
)
def test_broken_rules_of_products_are_found(
    course: Story, change: Callable[[Story], None], expected: str
) -> None:
    assert not findings(course)
    change(course)
    assert any(expected in sentence for sentence in findings(course)), findings(course)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "capture", "part", "release", "pay", "refund", "wait"]), st.integers(1, 3000)
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_money_with_holds_always_adds_up(steps: list[tuple[str, int]]) -> None:
    story, now = Story(), NOON
    story.open(day_cap_cents=10**6, payment_min_cents=1)
    held: list[tuple[str, int]] = []
    paid: list[tuple[str, int]] = []
    left = 30000
    for step, cents in steps:
        if step == "wait":
            now, held = now + 3600, []
        elif step == "hold" and cents <= left:
            held.append((story.hold(("toys", cents), at=now), cents))
            left -= cents
        elif step == "pay" and cents <= left:
            paid.append((story.pay(("toys", cents), at=now), cents))
            left -= cents
        elif step == "capture" and held:
            payment, most = held.pop()
            capture(story, payment, ("toys", min(cents, most)), at=now)
            paid.append((payment, min(cents, most)))
        elif step == "part" and held and held[-1][1] > 1:
            payment, most = held.pop()
            taken = min(cents, most - 1)
            paid.append((capture_part(story, payment, ("toys", taken), at=now), taken))
            held.append((payment, most - taken))
        elif step == "release" and held:
            release(story, held.pop()[0], at=now)
        elif step == "refund" and paid:
            payment, most = paid.pop()
            refund(story, payment, ("toys", min(cents, most)), at=now)
    voucher, result = voucher_of(story), books(story)
    assert voucher.terms.balanced
    assert voucher.held_by_category.total() == voucher.terms.held
    assert sum(hold["cents"] for hold in voucher.holds.values()) == voucher.terms.held
    assert voucher.by_category.total() == voucher.terms.net
    assert voucher.day_cents >= 0
    assert result.shop_balance(SCHEME, SHOP).balanced
