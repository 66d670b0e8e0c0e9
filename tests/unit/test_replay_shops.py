"""Ended shops, accounts, settlements that are due, receivables and erasures, replayed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from story import DAY, NOON, SCHEME, SECONDS_OF_A_DAY, SHOP, VOUCHER, Story, books, findings, scheme_of

from kindpakket.ledger.days import first_instant

DUE_ON = first_instant("2027-01-01") + 2555 * SECONDS_OF_A_DAY + 3600


@pytest.fixture
def story() -> Story:
    story = Story()
    story.open()
    return story


def draft(story: Story, person: str = "p-treasurer") -> str:
    return story.add("settlement:Draft", person, scheme=SCHEME, shop=SHOP)


def close(story: Story, day: str = DAY, at: int = NOON) -> None:
    story.add("scheme:CloseDay", "p-treasurer", at, scheme=SCHEME, day=day)


def end(story: Story, at: int = NOON) -> None:
    story.add("shop:End", "p-manager", at, shop=SHOP, reason="bankrupt", retention_days=30)


def paid_out(story: Story, *, cents: int = 1500) -> str:
    """A payment that was settled and paid."""
    payment = story.pay(("toys", cents))
    close(story)
    settlement = draft(story)
    story.add("settlement:Approve", "p-manager", scheme=SCHEME, settlement=settlement)
    story.add(
        "settlement:Export", "p-treasurer", scheme=SCHEME, settlements=[settlement], file_sha256="f" * 64
    )
    story.add("settlement:Book", "p-treasurer", scheme=SCHEME, settlement=settlement, outcome="paid")
    return payment


def owing(story: Story) -> None:
    """The shop ended, and refunded what it had been paid."""
    payment = paid_out(story)
    end(story)
    lines = [{"category": "toys", "cents": 1500}]
    story.add("payment:Refund", "p-shop", payment=payment, lines=lines, reason="returned")
    close(story, "2026-03-11", NOON + SECONDS_OF_A_DAY)


def claim(story: Story, person: str = "p-treasurer") -> str:
    return story.add("settlement:Claim", person, scheme=SCHEME, shop=SHOP, reason="bankrupt")


def erasure(story: Story, at: int = DUE_ON, **members: Any) -> str:
    order = {"collection": "citizens", "scheme": SCHEME, "ids": [VOUCHER], "reason": "retention", **members}
    return story.add("erasure:Order", "p-clerk", at, **{k: v for k, v in order.items() if v is not None})


def test_an_ended_shop_is_paid_at_once_and_sells_nothing(story: Story) -> None:
    story.requests.clear()
    story.open(settlement_days=30)
    story.pay(("toys", 1500))
    close(story)
    end(story)
    settlement_id = draft(story)
    settlement = books(story).settlements[settlement_id]
    shop = books(story).shops[SHOP].members()
    assert (settlement.cents, shop["state"], shop["ended_on"], shop["retention_days"]) == (
        1500,
        "ended",
        DAY,
        30,
    )


def test_a_grant_takes_the_place_of_those_before(story: Story) -> None:
    grants = [{"code": "books", "from": "2026-03-11"}]
    story.add("shop:Grant", "p-manager", shop=SHOP, categories=grants, reason="range")
    assert books(story).shops[SHOP].categories == {"books": "2026-03-11"}
    assert books(story).shops[SHOP].members()["changed_by"] is None
    story.pay(("toys", 500))
    assert "may not sell toys" in findings(story)[0]


def test_an_account_counts_after_a_second_person(story: Story) -> None:
    first = story.add("shop:ChangeAccount", "p-shop", shop=SHOP, reason="new-bank")
    members = books(story).shops[SHOP].members()
    assert (members["account_change"], members["account_proposed_by"]) == (first, "WinkelsMSP/p-shop")
    story.add("shop:RejectAccount", "p-shop", shop=SHOP, change=first, reason="typo")
    second = story.add("shop:ChangeAccount", "p-shop", shop=SHOP, reason="new-bank")
    story.add("shop:ApproveAccount", "p-manager", shop=SHOP, change=second)
    shop = books(story).shops[SHOP].members()
    assert (shop["accounts"], shop["account_change"]) == ([second], None)


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({"settlement_days": 0}, True),
        ({"settlement_days": 1}, True),
        ({"settlement_days": 2}, False),
        ({"settlement_days": 30, "settlement_cents": 1500}, True),
        ({"settlement_days": 30, "settlement_cents": 1501}, False),
    ],
)
def test_a_shop_is_due_by_rhythm_or_by_amount(changes: dict[str, Any], due: bool) -> None:
    story = Story()
    story.open(**changes)
    story.pay(("toys", 1500))
    close(story)
    draft(story, "p-shop")
    assert [("was not due" in sentence) for sentence in findings(story)] == ([] if due else [True])


def test_the_newest_rules_say_when_a_shop_is_due(story: Story) -> None:
    later = {**story.requests[1].request["rules"], "settlement_days": 7}
    story.change("scheme:ProposeRules", rules=later, applies_to="new")
    story.pay(("toys", 1500))
    close(story)
    draft(story)
    assert "was not due" in findings(story)[0]


def test_a_settlement_takes_more_items_when_the_first_ones_come_to_nothing(story: Story) -> None:
    story.requests.clear()
    story.open(day_cap_cents=10**6)
    paid = story.pay(("toys", 600))
    close(story)
    draft(story)
    for number in range(500):
        lines = [{"category": "toys", "cents": 1}]
        story.add("payment:Refund", "p-shop", payment=paid, lines=lines, reason=f"r-{number}")
    late = NOON + SECONDS_OF_A_DAY
    close(story, "2026-03-11", late)
    for _ in range(3):
        story.pay(("toys", 400), at=late)
    close(story, "2026-03-12", late + SECONDS_OF_A_DAY)
    second = draft(story)
    result = books(story)
    settled = result.settlements[second]
    assert (len(settled.items), settled.cents) == (502, 300)
    assert result.shop_balance(SCHEME, SHOP).unsettled == 400
    assert result.shop_balance(SCHEME, SHOP).balanced


@pytest.mark.parametrize(
    ("step", "person", "state"),
    [("Collect", "p-treasurer", "collected"), ("WriteOff", "p-manager", "written-off")],
)
def test_what_an_ended_shop_owes_is_claimed_and_stays_in_the_sums(
    story: Story, step: str, person: str, state: str
) -> None:
    owing(story)
    claimed = claim(story)
    balance = books(story).shop_balance(SCHEME, SHOP)
    assert (balance.net, balance.paid_out, balance.claimed) == (0, 1500, -1500)
    assert balance.balanced
    story.add(f"settlement:{step}", person, scheme=SCHEME, settlement=claimed, reason="done")
    result = books(story)
    receivable = result.settlements[claimed].members()
    assert (receivable["state"], receivable["cents"], receivable["booked_by"]) == (state, -1500, person)
    assert receivable["claim_reason"] == "bankrupt"
    assert result.shop_balance(SCHEME, SHOP).receivables == -1500
    assert result.shop_balance(SCHEME, SHOP).balanced


def test_private_records_are_purged_by_two_persons_and_certified(story: Story) -> None:
    order = erasure(story)
    story.add("erasure:Approve", "p-manager", DUE_ON, erasure=order)
    story.add("erasure:Purge", "p-clerk", DUE_ON, erasure=order)
    story.add("erasure:Certify", "p-clerk", DUE_ON, erasure=order)
    members = books(story).erasures[order].members()
    assert (members["state"], members["records"]) == ("certified", [VOUCHER])
    assert (members["certified_by"], members["certified_at"]) == ("p-clerk", DUE_ON)


def test_a_request_of_the_family_needs_no_term(story: Story) -> None:
    order = erasure(story, NOON, reason="request")
    story.add("erasure:Withdraw", "p-clerk", erasure=order, reason="appeal")
    assert books(story).erasures[order].state == "withdrawn"


def test_a_term_may_begin_with_the_closing(story: Story) -> None:
    story.requests.clear()
    story.open(retention_from="closing", retention_days=10)
    story.change("scheme:ProposeClosing")
    erasure(story, NOON + 11 * SECONDS_OF_A_DAY)
    assert scheme_of(story).closed_at == NOON


def account_approved_by_the_shop(story: Story) -> None:
    change = story.add("shop:ChangeAccount", "p-shop", shop=SHOP, reason="new-bank")
    story.add("shop:ApproveAccount", "p-shop", shop=SHOP, change=change)


def another_account_approved(story: Story) -> None:
    first = story.add("shop:ChangeAccount", "p-shop", shop=SHOP, reason="new-bank")
    story.add("shop:ChangeAccount", "p-shop", shop=SHOP, reason="new-bank")
    story.add("shop:ApproveAccount", "p-manager", shop=SHOP, change=first)


def account_of_a_living_shop(story: Story) -> None:
    story.add("shop:ChangeAccount", "p-clerk", shop=SHOP, reason="new-bank")


def reinstated_after_its_end(story: Story) -> None:
    end(story)
    story.add("shop:Reinstate", "p-manager", shop=SHOP, reason="solved")


def paid_after_its_end(story: Story) -> None:
    end(story)
    story.pay(("toys", 500))


def claimed_of_a_living_shop(story: Story) -> None:
    payment = paid_out(story)
    lines = [{"category": "toys", "cents": 1}]
    story.add("payment:Refund", "p-shop", payment=payment, lines=lines, reason="returned")
    close(story, "2026-03-11", NOON + SECONDS_OF_A_DAY)
    claim(story)


def claimed_nothing(story: Story) -> None:
    end(story)
    claim(story)


def written_off_by_who_claimed(story: Story) -> None:
    owing(story)
    receivable = claim(story)
    story.add("settlement:WriteOff", "p-treasurer", scheme=SCHEME, settlement=receivable, reason="hopeless")


def collected_what_was_no_receivable(story: Story) -> None:
    story.pay(("toys", 500))
    close(story)
    settlement = draft(story)
    story.add("settlement:Collect", "p-treasurer", scheme=SCHEME, settlement=settlement, reason="x")


def drafted_for_another_shop(story: Story) -> None:
    story.add("shop:Apply", "p-shop", request_id="e" * 32, categories=["books"])
    story.pay(("toys", 500))
    close(story)
    story.add("settlement:Draft", "p-shop", scheme=SCHEME, shop="e" * 32)


def erased_early(story: Story) -> None:
    erasure(story, NOON)


def erased_before_the_closing(story: Story) -> None:
    story.requests.clear()
    story.open(retention_from="closing")
    erasure(story)


def erased_the_account_of_a_living_shop(story: Story) -> None:
    erasure(story, NOON, collection="shopAccounts", scheme=None, ids=[SHOP], reason="request")


def erasure_by_one_person(story: Story) -> None:
    order = erasure(story)
    story.add("erasure:Approve", "p-clerk", DUE_ON, erasure=order)


def purged_without_approval(story: Story) -> None:
    story.add("erasure:Purge", "p-clerk", DUE_ON, erasure=erasure(story))


def erased_a_day_early(story: Story) -> None:
    erasure(story, DUE_ON - SECONDS_OF_A_DAY)


def approved_after_an_extension(story: Story) -> None:
    story.requests.clear()
    story.open(retention_days=0)
    end_of_year = first_instant("2027-01-01")
    order = erasure(story, end_of_year)
    story.bulk("voucher:Extend", "p-manager", end_of_year, ends_on="2027-01-31", reason="illness")
    story.add("erasure:Approve", "p-manager", end_of_year, erasure=order)


def withdrawn_after_the_purge(story: Story) -> None:
    order = erasure(story)
    story.add("erasure:Approve", "p-manager", DUE_ON, erasure=order)
    story.add("erasure:Purge", "p-clerk", DUE_ON, erasure=order)
    story.add("erasure:Withdraw", "p-clerk", DUE_ON, erasure=order, reason="appeal")


def certified_without_a_purge(story: Story) -> None:
    order = erasure(story)
    story.add("erasure:Approve", "p-manager", DUE_ON, erasure=order)
    story.add("erasure:Certify", "p-clerk", DUE_ON, erasure=order)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (account_approved_by_the_shop, "WinkelsMSP/p-shop took both steps"),
        (another_account_approved, "was not pending"),
        (account_of_a_living_shop, "is approved: it must be ended"),
        (reinstated_after_its_end, "is ended: it must be suspended"),
        (paid_after_its_end, "is ended: it must be approved"),
        (claimed_of_a_living_shop, "although it is approved, not ended"),
        (claimed_nothing, "has a receivable of 0 cents"),
        (written_off_by_who_claimed, "p-treasurer took both steps"),
        (collected_what_was_no_receivable, "is drafted: it must be claimed"),
        (drafted_for_another_shop, "the till belongs to shop"),
        (erased_early, "must be kept until"),
        (erased_a_day_early, "must be kept until 2033-12-30"),
        (approved_after_an_extension, "must be kept until 2027-02-01"),
        (withdrawn_after_the_purge, "was withdrawn after its records were purged"),
        (erased_before_the_closing, "must be kept until the scheme is closed"),
        (erased_the_account_of_a_living_shop, "is approved: it must be ended"),
        (erasure_by_one_person, "p-clerk took both steps"),
        (purged_without_approval, "is ordered: it must be approved"),
        (certified_without_a_purge, f"before these records were purged: {VOUCHER}"),
    ],
)
def test_broken_rules_of_shops_and_erasures_are_found(
    story: Story, change: Callable[[Story], None], expected: str
) -> None:
    assert not findings(story)
    change(story)
    assert any(expected in sentence for sentence in findings(story)), findings(story)


def hosted(story: Story, person: str = "p-acquirer") -> str:
    """A payment that an acquirer took for the shop."""
    order = story.order(("toys", 1500))
    return story.send(order, story.signer(1).authorise(order), person=person, till="kassa-2")


def mandate(story: Story, acquirer: str = "p-acquirer", operation: str = "shop:Mandate") -> str:
    return story.add(operation, "p-shop", shop=SHOP, acquirer=acquirer, reason="contract")


def test_an_acquirer_acts_for_the_shop_that_mandated_it(story: Story) -> None:
    mandate(story)
    payment = hosted(story)
    lines = [{"category": "toys", "cents": 500}]
    story.add("payment:Refund", "p-acquirer", payment=payment, lines=lines, reason="returned")
    found = books(story)
    assert found.payments[payment].refunded_cents == 500
    assert found.shops[SHOP].members()["acquirers"] == ["p-acquirer"]
    mandate(story, operation="shop:WithdrawMandate")
    assert books(story).shops[SHOP].members()["acquirers"] is None


@pytest.mark.parametrize("mandates", [[], ["p-acquirer2"], ["p-acquirer", "withdrawn"]])
def test_an_acquirer_without_a_mandate_is_found(story: Story, mandates: list[str]) -> None:
    for acquirer in mandates:
        if acquirer == "withdrawn":
            mandate(story, operation="shop:WithdrawMandate")
        else:
            mandate(story, acquirer)
    hosted(story)
    assert findings(story) == [f"shop {SHOP} in WinkelsMSP had not mandated WinkelsMSP/p-acquirer"]


def test_mandates_that_cannot_have_been_given_are_found(story: Story) -> None:
    mandate(story)
    mandate(story)
    mandate(story, "p-acquirer2", "shop:WithdrawMandate")
    assert findings(story) == [
        f"shop {SHOP} had already mandated p-acquirer",
        f"shop {SHOP} had not mandated p-acquirer2",
    ]


def test_the_answer_to_an_acquirers_request_is_its_own(story: Story) -> None:
    mandate(story)
    mandate(story, "p-acquirer2")
    order = story.order(("toys", 1500))
    proof = story.signer(1).authorise(order)
    for person in ("p-acquirer", "p-acquirer", "p-acquirer2"):
        story.send(order, proof, person=person)
    assert findings(story) == [f"request {order.request_id} was committed again with different content"]
