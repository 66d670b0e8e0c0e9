"""Changes of schemes, who may do what, void requests, and ledgers that began under layout 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from story import (
    DOMAIN,
    NOON,
    SCHEME,
    VOUCHER,
    Story,
    books,
    findings,
    replay,
    rules,
    scheme_of,
)

from kindpakket.auditor.replay.callers import ROLES
from kindpakket.ledger.days import first_instant
from kindpakket.ledger.records import Rules


@pytest.fixture
def story() -> Story:
    story = Story()
    story.open()
    return story


def of_layout_1(**changes: Any) -> Rules:
    old_rules = dict(rules(**changes))
    for name in ("hold_days", "extension_days", "products"):
        old_rules.pop(name)
    return old_rules  # type: ignore[return-value]


def old_story() -> Story:
    """A ledger that began under layout 1."""
    story = Story()
    story.layout = 1
    story.open()
    story.requests = [
        replace(request, request={**request.request, "rules": of_layout_1()})
        if request.operation == "scheme:Draft"
        else request
        for request in story.requests
    ]
    (activation,) = story.requests[-1].request["activations"]
    bare = story.holder.activate(DOMAIN, SCHEME, VOUCHER)
    story.requests[-1].request["activations"] = [bare]
    assert set(activation) == {*bare, "self_block"}
    return story


def test_new_rules_count_for_new_vouchers_or_for_all(story: Story) -> None:
    tight = rules(payment_cap_cents=1000)
    story.change("scheme:ProposeRules", rules=tight, applies_to="new")
    story.pay(("toys", 2000))
    assert scheme_of(story).members()["rules_version"] == 2
    change = story.change("scheme:ProposeRules", rules=tight, applies_to="all")
    scheme = scheme_of(story)
    assert (scheme.floor, scheme.changes[change].members()["version"]) == (3, 3)
    story.pay(("toys", 2000))
    assert findings(story) == ["the total of 2000 cents is above the payment cap of 1000 cents"]


def test_a_budget_grows_by_two_persons(story: Story) -> None:
    story.change("scheme:ProposeBudget", add_cents=5000)
    assert scheme_of(story).budget_members()["unallocated_cents"] == 75000


def test_a_budget_shrinks_by_what_is_unallocated(story: Story) -> None:
    change = story.change("scheme:ProposeBudget", remove_cents=70000)
    scheme = scheme_of(story)
    assert (scheme.budget_members()["budget_cents"], scheme.unallocated) == (30000, 0)
    assert (scheme.changes[change].members()["remove_cents"], findings(story)) == (70000, [])
    story.change("scheme:ProposeBudget", remove_cents=1)
    sentence = f"1 cents are removed from the budget of scheme {SCHEME}, of which 0 are unallocated"
    assert findings(story)[:2] == [sentence, sentence]


def test_a_budget_that_was_spent_meanwhile_does_not_shrink(story: Story) -> None:
    first = story.add("scheme:ProposeBudget", scheme=SCHEME, remove_cents=70000, reason="council")
    story.change("scheme:ProposeBudget", remove_cents=1)
    assert findings(story) == []
    story.add("scheme:ApproveChange", "p-manager", scheme=SCHEME, change=first)
    assert findings(story)[0].startswith("70000 cents are removed from the budget")


def test_a_rejected_change_changes_nothing(story: Story) -> None:
    change = story.add("scheme:ProposeBudget", scheme=SCHEME, add_cents=5000, reason="council")
    story.add("scheme:RejectChange", scheme=SCHEME, change=change, reason="mistake")
    scheme = scheme_of(story)
    assert (scheme.budget, scheme.changes[change].state) == (100000, "rejected")
    assert scheme.changes[change].members()["reject_reason"] == "mistake"


def test_a_paused_scheme_is_opened_by_another_person(story: Story) -> None:
    story.add("scheme:Pause", "p-manager", scheme=SCHEME, reason="audit")
    story.add("scheme:Open", "p-clerk", scheme=SCHEME)
    assert scheme_of(story).members()["paused_by"] is None


def test_a_void_request_counts_nowhere(story: Story) -> None:
    order = story.order(("toys", 500))
    story.add("request:Void", "p-shop", void=order.request_id)
    story.add("request:Void", "p-treasurer", void=order.request_id)
    assert books(story).voided == {order.request_id}
    story.send(order, story.holder.authorise(order))  # type: ignore[union-attr]
    assert findings(story) == [f"request {order.request_id} was committed although it is void"]
    assert not replay(story).books.payments


def test_layout_1_is_judged_by_what_was_agreed_then() -> None:
    story = old_story()
    story.add("scheme:Pause", "p-manager", scheme=SCHEME, reason="audit")
    story.add("scheme:Open", "p-manager", scheme=SCHEME)
    story.about("voucher:Block", "p-clerk", reason="lost")
    story.about("voucher:Unblock", "p-manager")
    result = books(story)
    assert result.layout == 1
    agreed = result.schemes[SCHEME].rules
    terms = ("hold_days", "extension_days", "refund_grace_days", "settlement_days")
    assert [agreed[name] for name in terms] == [0, 0, 0, 0]  # type: ignore[literal-required]


def test_rules_of_layout_1_mean_the_same_after_the_upgrade() -> None:
    story = old_story()
    payment = story.pay(("toys", 2000))
    story.layout = 2
    story.add("request:Void", "p-shop", void="0" * 32)
    lines = [{"category": "toys", "cents": 500}]
    end = first_instant("2027-01-01")
    story.add("payment:Refund", "p-shop", end, payment=payment, lines=lines, reason="returned")
    scheme = scheme_of(story)
    assert (scheme.lapsed, scheme.vouchers[VOUCHER].grace_cents) == (500, 0)
    story.hold(("toys", 500))
    assert any("(0 days)" in sentence for sentence in findings(story))


@pytest.mark.parametrize("step", ["reopen", "unblock", "draft"])
def test_what_layout_1_did_not_check_is_checked_after_the_upgrade(step: str) -> None:
    story = old_story()
    story.layout = 2
    story.add("request:Void", "p-shop", void="0" * 32)
    if step == "reopen":
        story.add("scheme:Pause", "p-manager", scheme=SCHEME, reason="audit")
        story.add("scheme:Open", "p-manager", scheme=SCHEME)
    elif step == "unblock":
        story.about("voucher:Block", "p-clerk", reason="lost")
        story.about("voucher:Unblock", "p-manager")
    else:
        story.add("scheme:Draft", rules=of_layout_1(), budget_cents=1)
    assert len(findings(story)) == 1


def approved_by_the_proposer(story: Story) -> None:
    change = story.add("scheme:ProposeBudget", "p-manager", scheme=SCHEME, add_cents=1, reason="council")
    story.add("scheme:ApproveChange", "p-manager", scheme=SCHEME, change=change)


def approved_twice(story: Story) -> None:
    change = story.change("scheme:ProposeBudget", add_cents=1)
    story.add("scheme:ApproveChange", "p-manager", scheme=SCHEME, change=change)


def rejected_by_somebody_else(story: Story) -> None:
    change = story.add("scheme:ProposeBudget", scheme=SCHEME, add_cents=1, reason="council")
    story.add("scheme:RejectChange", "p-clerk2", scheme=SCHEME, change=change, reason="no")


def moved_start(story: Story) -> None:
    story.change("scheme:ProposeRules", rules=rules(starts_on="2026-02-01"), applies_to="new")


def product_of_no_category(story: Story) -> None:
    products = {"course": {"category": "bikes", "max_cents": 100}}
    story.change("scheme:ProposeRules", rules=rules(products=products), applies_to="new")


def budget_beyond_all_bounds(story: Story) -> None:
    story.change("scheme:ProposeBudget", add_cents=10**12)


def budget_of_two_amounts(story: Story) -> None:
    story.add("scheme:ProposeBudget", scheme=SCHEME, add_cents=1, remove_cents=1, reason="council")


def budget_of_no_amount(story: Story) -> None:
    story.add("scheme:ProposeBudget", scheme=SCHEME, reason="council")


def paid_after_the_closing(story: Story) -> None:
    story.change("scheme:ProposeClosing")
    story.pay(("toys", 500))


def opened_after_the_closing(story: Story) -> None:
    story.change("scheme:ProposeClosing")
    story.add("scheme:Open", "p-clerk", scheme=SCHEME)


def changed_after_the_closing(story: Story) -> None:
    story.change("scheme:ProposeClosing")
    story.change("scheme:ProposeBudget", add_cents=1)


def extended_after_the_closing(story: Story) -> None:
    story.change("scheme:ProposeClosing")
    story.bulk("voucher:Extend", "p-manager", ends_on="2027-01-31", reason="illness")


def opened_by_the_pauser(story: Story) -> None:
    story.add("scheme:Pause", "p-manager", scheme=SCHEME, reason="audit")
    story.add("scheme:Open", "p-manager", scheme=SCHEME)


def a_cashiers_pause(story: Story) -> None:
    story.add("scheme:Pause", "p-shop", scheme=SCHEME, reason="audit")


def an_issuer_of_the_shops(story: Story) -> None:
    story.add("scheme:CloseDay", scheme=SCHEME, day="2026-03-10")
    story.requests[-1] = replace(story.requests[-1], mspid="WinkelsMSP")


def nobody(story: Story) -> None:
    story.add("scheme:CloseDay", scheme=SCHEME, day="2026-03-10")
    story.requests[-1] = replace(story.requests[-1], person="")


def a_till_of_another_organisation(story: Story) -> None:
    story.pay(("toys", 500))
    story.requests[-1] = replace(story.requests[-1], mspid="KetenMSP")


def named_again(story: Story) -> None:
    story.requests.append(
        replace(story.requests[0], request={**story.requests[0].request, "request_id": "f" * 32})
    )


def cases_under_a_void_id(story: Story) -> None:
    story.add("request:Void", "p-treasurer", void="f" * 32)
    story.add("voucher:RecordCases", request_id="f" * 32, scheme=SCHEME)


def cases_under_the_id_of_a_payment(story: Story) -> None:
    story.add("voucher:RecordCases", request_id=story.pay(("toys", 500)), scheme=SCHEME)


def cases_under_one_id_twice(story: Story) -> None:
    story.layout = 3
    story.pay(("toys", 500))
    for scheme in (SCHEME, "0" * 32):
        story.add("voucher:RecordCases", request_id="f" * 32, scheme=scheme)


def cases_voided_although_recorded(story: Story) -> None:
    story.layout = 3
    story.pay(("toys", 500))
    story.add("request:Void", "p-shop", void=story.add("voucher:RecordCases", scheme=SCHEME))


def recorded_in_an_earlier_layout(story: Story) -> None:
    story.layout = 3
    story.pay(("toys", 500))
    story.layout = 2
    story.pay(("toys", 500))


def voided_although_committed(story: Story) -> None:
    story.add("request:Void", "p-shop", void=story.pay(("toys", 500)))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (approved_by_the_proposer, "p-manager took both steps"),
        (approved_twice, "is approved: it must be proposed"),
        (rejected_by_somebody_else, "p-clerk2 is neither an approver nor the proposer, p-clerk"),
        (moved_start, "is 2026-01-01: it cannot be changed to 2026-02-01"),
        (product_of_no_category, "product course is in category bikes, which the rules do not have"),
        (budget_beyond_all_bounds, "1000000100000 cents is not an amount"),
        (budget_of_two_amounts, "the budget must grow or shrink by one amount"),
        (budget_of_no_amount, "the budget must grow or shrink by one amount"),
        (paid_after_the_closing, "is closed: it must be open"),
        (opened_after_the_closing, "is closed: it must be approved or paused"),
        (changed_after_the_closing, "is closed: it must be approved, open or paused"),
        (extended_after_the_closing, "is closed"),
        (opened_by_the_pauser, "p-manager took both steps"),
        (a_cashiers_pause, "scheme:Pause was requested by role shopkeeper: it needs approver"),
        (an_issuer_of_the_shops, "role issuer is not recognised in WinkelsMSP"),
        (nobody, "scheme:CloseDay was requested by ''"),
        (a_till_of_another_organisation, "the till belongs to shop"),
        (named_again, "the organisations had already been named"),
        (cases_under_a_void_id, "was committed although it is void"),
        (cases_under_the_id_of_a_payment, "was committed again with different content"),
        (cases_under_one_id_twice, "committed again with different content"),
        (cases_voided_although_recorded, "was voided although it had been committed"),
        (recorded_in_an_earlier_layout, "recorded in layout 2, but the ledger has layout 3"),
        (voided_although_committed, "was voided although it had been committed"),
    ],
)
def test_broken_rules_of_schemes_and_callers_are_found(
    story: Story, change: Callable[[Story], None], expected: str
) -> None:
    assert not findings(story)
    change(story)
    assert any(expected in sentence for sentence in findings(story)), findings(story)


def test_every_operation_that_writes_has_roles_and_is_replayed(story: Story) -> None:
    for operation in ROLES:
        story.add(operation, at=NOON)
    assert not any("unknown operation" in sentence for sentence in findings(story))
