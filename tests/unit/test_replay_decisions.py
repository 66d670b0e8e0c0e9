"""Decisions of two persons, frozen payouts, and persons of several organisations, replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from story import (
    DAY,
    ENTITLEMENT,
    NOON,
    SCHEME,
    SECONDS_OF_A_DAY,
    SHOP,
    VOUCHER,
    Story,
    books,
    findings,
    rules,
    scheme_of,
    voucher_of,
)

from kindpakket.auditor.books.waiting import waiting
from kindpakket.auditor.differences import _waiting, compare
from kindpakket.ledger.reader import Reader
from kindpakket.ledger.records import Issuance

TERM = 30 * SECONDS_OF_A_DAY


@pytest.fixture
def story() -> Story:
    story = Story()
    story.open()
    return story


def revocation(story: Story, at: int = NOON) -> str:
    return story.bulk("voucher:ProposeRevocation", "p-clerk", at, reason="moved-away")


def approve(story: Story, decision: str, person: str = "p-manager", at: int = NOON) -> None:
    story.add("decision:Approve", person, at, decision=decision)


def freeing(story: Story, entitlement: str = ENTITLEMENT) -> str:
    return story.add("voucher:ProposeFreeing", scheme=SCHEME, entitlements=[entitlement], reason="mistake")


def reissue(story: Story) -> None:
    line: Issuance = {"id": "f" * 32, "entitlement": ENTITLEMENT, "preset": "child", "units": 1}
    story.issue(line, under_allocation=True)


def end(story: Story) -> None:
    proposal = story.add("shop:ProposeEnd", shop=SHOP, reason="bankrupt", retention_days=30)
    approve(story, proposal)


def about_shop(story: Story, operation: str, person: str = "p-manager") -> None:
    story.add(operation, person, shop=SHOP, reason="inquiry")


def approved_settlement(story: Story) -> str:
    story.pay(("toys", 1500))
    story.add("scheme:CloseDay", "p-treasurer", scheme=SCHEME, day=DAY)
    settlement = story.add("settlement:Draft", "p-shop", scheme=SCHEME, shop=SHOP)
    story.add("settlement:Approve", "p-manager", scheme=SCHEME, settlement=settlement)
    return settlement


def export(story: Story, settlement: str, person: str = "p-treasurer") -> None:
    story.add("settlement:Export", person, scheme=SCHEME, settlements=[settlement], file_sha256="f" * 64)


def test_vouchers_are_revoked_once_two_persons_decided(story: Story) -> None:
    decision = revocation(story)
    assert voucher_of(story).state == "active"
    approve(story, decision)
    assert (voucher_of(story).state, scheme_of(story).revoked) == ("revoked", 30000)
    assert books(story).decisions[decision].members() == {
        "kind": "revocation",
        "state": "approved",
        "reason": "moved-away",
        "proposed_by": "p-clerk",
        "proposed_at": NOON,
        "expires_at": NOON + TERM,
        "decided_by": "p-manager",
        "reject_reason": None,
        "scheme": SCHEME,
        "vouchers": [VOUCHER],
        "entitlements": None,
        "shop": None,
        "retention_days": None,
        "msp": None,
    }


def test_a_rejected_decision_changes_nothing(story: Story) -> None:
    decision = revocation(story)
    story.add("decision:Reject", decision=decision, reason="mistake")
    members = books(story).decisions[decision].members()
    assert (members["state"], members["reject_reason"]) == ("rejected", "mistake")
    assert voucher_of(story).state == "active"


def test_an_entitlement_is_free_again_after_a_mistake(story: Story) -> None:
    approve(story, revocation(story))
    approve(story, freeing(story))
    reissue(story)
    assert books(story).entitlements == {ENTITLEMENT: "f" * 32}
    assert scheme_of(story).vouchers["f" * 32].terms.available == 30000


def test_the_end_of_a_suspended_shop_keeps_its_payout_frozen(story: Story) -> None:
    about_shop(story, "shop:Suspend")
    end(story)
    shop = books(story).shops[SHOP].members()
    assert (shop["state"], shop["payout_frozen_by"], shop["payout_freeze_reason"]) == (
        "ended",
        "p-manager",
        "inquiry",
    )


def test_a_frozen_payout_is_exported_once_another_person_released_it(story: Story) -> None:
    settlement = approved_settlement(story)
    about_shop(story, "shop:FreezePayout")
    about_shop(story, "shop:ReleasePayout", "p-manager2")
    export(story, settlement)
    assert books(story).settlements[settlement].state == "exported"


def test_a_person_is_named_with_the_organisation_outside_the_municipality(story: Story) -> None:
    settlement = approved_settlement(story)
    assert books(story).settlements[settlement].drafted_by == "WinkelsMSP/p-shop"
    assert books(story).shops[SHOP].applied_by == "WinkelsMSP/p-shop"
    # The same pseudonym in two organisations is two persons.
    draft = next(
        index for index, request in enumerate(story.requests) if request.operation == "settlement:Draft"
    )
    story.requests[draft] = replace(story.requests[draft], person="p-manager")
    assert not findings(story)


def compared(replayed: dict[str, Any], stored: dict[str, Any]) -> list[str]:
    return [difference.member for difference in cast(Iterator[Any], compare("x", replayed, stored))]


def test_records_from_before_are_compared_by_what_they_have() -> None:
    person = {"drafted_by": "WinkelsMSP/p-till"}
    assert compared(person, {"drafted_by": "p-till"}) == []
    assert compared(person, {"drafted_by": "WinkelsMSP/p-till"}) == []
    assert compared(person, {"drafted_by": "KetenMSP/p-till"}) == ["drafted_by"]
    assert compared({"drafted_by": "p-till"}, {"drafted_by": "WinkelsMSP/p-till"}) == ["drafted_by"]
    change = {"proposed_at": 1, "expires_at": 2, "base_version": 1, "state": "proposed"}
    assert compared(change, {"state": "proposed"}) == []
    assert compared(change, {"state": "proposed", "proposed_at": 1}) == ["expires_at", "base_version"]
    assert compared({"expires_at": 2}, {}) == ["expires_at"]


def begun(story: Story) -> None:
    """From here on, the rules of layout 3 are checked."""
    story.add("decision:Reject", decision=revocation(story), reason="mistake")


def revoked_alone(story: Story) -> None:
    begun(story)
    story.bulk("voucher:Revoke", "p-manager", reason="moved-away")


def revoked_what_the_same_person_blocked(story: Story) -> None:
    begun(story)
    story.about("voucher:Block", "p-manager", reason="x")
    story.bulk("voucher:Revoke", "p-manager", reason="moved-away")


def decided_alone(story: Story) -> None:
    proposal = story.bulk("voucher:ProposeRevocation", "p-manager", reason="moved-away")
    approve(story, proposal)


def decided_late(story: Story) -> None:
    approve(story, revocation(story), at=NOON + TERM)


def decided_twice(story: Story) -> None:
    proposal = story.add("shop:ProposeEnd", shop=SHOP, reason="bankrupt", retention_days=30)
    approve(story, proposal)
    approve(story, proposal)


def rejected_by_somebody_else(story: Story) -> None:
    story.add("decision:Reject", "p-clerk2", decision=revocation(story), reason="no")


def freed_in_use(story: Story) -> None:
    freeing(story)


def freed_unknown(story: Story) -> None:
    freeing(story, "e" * 32)


def freed_after_spending(story: Story) -> None:
    story.pay(("toys", 500))
    approve(story, revocation(story))
    freeing(story)


def reissued_before_the_decision(story: Story) -> None:
    approve(story, revocation(story))
    freeing(story)
    reissue(story)


def ended_alone(story: Story) -> None:
    begun(story)
    story.add("shop:End", "p-manager", shop=SHOP, reason="bankrupt", retention_days=30)


def reinstated_alone(story: Story) -> None:
    begun(story)
    about_shop(story, "shop:Suspend")
    about_shop(story, "shop:Reinstate")


def exported_by_who_approved(story: Story) -> None:
    begun(story)
    settlement = approved_settlement(story)
    export(story, settlement)
    story.requests[-1] = replace(story.requests[-1], person="p-manager")


def exported_while_suspended(story: Story) -> None:
    begun(story)
    settlement = approved_settlement(story)
    about_shop(story, "shop:Suspend")
    export(story, settlement)


def exported_while_frozen(story: Story) -> None:
    settlement = approved_settlement(story)
    about_shop(story, "shop:FreezePayout")
    export(story, settlement)


def released_alone(story: Story) -> None:
    about_shop(story, "shop:FreezePayout")
    about_shop(story, "shop:ReleasePayout")


def froze_twice(story: Story) -> None:
    about_shop(story, "shop:FreezePayout")
    about_shop(story, "shop:FreezePayout", "p-manager2")


def released_nothing(story: Story) -> None:
    about_shop(story, "shop:ReleasePayout")


def collected_by_who_claimed(story: Story) -> None:
    settlement = approved_settlement(story)
    export(story, settlement)
    payment = next(request for request in story.requests if request.operation == "payment:Pay")
    end(story)
    lines = [{"category": "toys", "cents": 1500}]
    story.add(
        "payment:Refund", "p-shop", payment=payment.request["request_id"], lines=lines, reason="returned"
    )
    tomorrow = NOON + SECONDS_OF_A_DAY
    story.add("scheme:CloseDay", "p-treasurer", tomorrow, scheme=SCHEME, day="2026-03-11")
    claim = story.add("settlement:Claim", "p-treasurer", scheme=SCHEME, shop=SHOP, reason="bankrupt")
    story.add("settlement:Collect", "p-treasurer", scheme=SCHEME, settlement=claim, reason="received")


def changed_late(story: Story) -> None:
    begun(story)
    story.change("scheme:ProposeBudget", at=NOON + TERM, add_cents=1)


def changed_from_earlier_rules(story: Story) -> None:
    begun(story)
    older = story.add("scheme:ProposeRules", scheme=SCHEME, rules=rules(), applies_to="new", reason="x")
    story.change("scheme:ProposeRules", rules=rules(), applies_to="new")
    story.add("scheme:ApproveChange", "p-manager", scheme=SCHEME, change=older)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (revoked_alone, "was revoked without being blocked by another person"),
        (revoked_what_the_same_person_blocked, "was revoked without being blocked by another person"),
        (decided_alone, "p-manager took both steps"),
        (decided_late, "was approved although its term had ended"),
        (decided_twice, "is approved: it must be proposed"),
        (rejected_by_somebody_else, "p-clerk2 is neither an approver nor the proposer"),
        (freed_in_use, "is active: it must be revoked"),
        (freed_unknown, "was not in use under scheme"),
        (freed_after_spending, "had 500 cents spent"),
        (reissued_before_the_decision, "has already been issued for entitlement"),
        (ended_alone, "was ended by one person"),
        (reinstated_alone, "p-manager took both steps"),
        (exported_by_who_approved, "p-manager took both steps"),
        (exported_while_suspended, "was exported while its payout was frozen"),
        (exported_while_frozen, "was exported while its payout was frozen"),
        (released_alone, "p-manager took both steps"),
        (froze_twice, "was already frozen"),
        (released_nothing, "was not frozen"),
        (collected_by_who_claimed, "p-treasurer took both steps"),
        (changed_late, "was approved although its term had ended"),
        (changed_from_earlier_rules, "starts from version 1 of the rules: it must be 2"),
    ],
)
def test_broken_rules_of_decisions_are_found(
    story: Story, change: Callable[[Story], None], expected: str
) -> None:
    assert not findings(story)
    change(story)
    assert any(expected in sentence for sentence in findings(story)), findings(story)


def test_what_waits_is_known_from_the_blocks(story: Story) -> None:
    def waits() -> set[tuple[str, str]]:
        return {(entry.kind, entry.proposed_by) for entry in waiting(books(story))}

    assert waits() == set()
    revocation(story)
    change = story.add("scheme:ProposeBudget", scheme=SCHEME, remove_cents=1, reason="council")
    about_shop(story, "shop:Suspend")
    about_shop(story, "shop:FreezePayout")
    assert waits() == {
        ("revocation", "p-clerk"),
        ("budget", "p-clerk"),
        ("suspension", "p-manager"),
        ("freeze", "p-manager"),
    }
    story.add("scheme:RejectChange", scheme=SCHEME, change=change, reason="mistake")
    assert ("budget", "p-clerk") not in waits()


def test_a_list_that_leaves_out_what_waits_is_found(story: Story) -> None:
    decision = revocation(story)
    listed = [{"kind": "revocation", "id": decision, "proposed_by": "p-clerk"}]
    desk = SimpleNamespace(waiting=lambda: iter(listed))
    ledger = cast(Reader, SimpleNamespace(decisions=desk))
    assert list(_waiting(books(story), ledger)) == []
    listed[0]["proposed_by"] = "p-manager"
    (other,) = _waiting(books(story), ledger)
    assert (other.member, other.stored) == ("proposed_by", "p-manager")
    listed[0]["id"] = "9" * 32
    assert {(found.member, found.stored) for found in _waiting(books(story), ledger)} == {
        ("id", None),
        ("id", f"revocation {'9' * 32}"),
    }


def test_indexing_what_waits_decides_nothing(story: Story) -> None:
    decision = revocation(story)
    keys = [f"scheme/{SCHEME}", f"decision/{decision}", f"voucher/{SCHEME}/{VOUCHER}", f"shop/{SHOP}"]
    story.add("decision:Index", "p-clerk", keys=keys)
    assert findings(story) == []
    story.add("decision:Index", "p-clerk", keys=[f"change/{SCHEME}/{decision}", f"refund/{decision}"])
    assert [sentence.split()[0].split("/")[0] for sentence in findings(story)] == ["change", "refund"]


def test_what_one_person_could_do_before_is_no_finding(story: Story) -> None:
    story.bulk("voucher:Revoke", "p-manager", reason="moved-away")
    about_shop(story, "shop:Suspend")
    about_shop(story, "shop:Reinstate")
    story.add("shop:End", "p-manager", shop=SHOP, reason="bankrupt", retention_days=30)
    story.change("scheme:ProposeBudget", at=NOON + TERM, add_cents=1)
    assert not findings(story)
