"""Organisations, replayed: two persons name and end them, and tills act for their own shops only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from story import SHOP, Story, books, findings

from kindpakket.auditor.books.waiting import waiting
from kindpakket.auditor.differences import differences
from kindpakket.ledger.reader import Reader

CHAIN = "KetenMSP"
CHAINS_SHOP = "9" * 32


@pytest.fixture
def story() -> Story:
    story = Story()
    story.open()
    return story


def propose(story: Story, msp: str = CHAIN, person: str = "p-clerk", **members: object) -> str:
    proposal: dict[str, Any] = {"kind": "shops", "reason": "new-chain", **members}
    return story.add("organisations:Propose", person, msp=msp, **proposal)


def approve(story: Story, change: str, msp: str = CHAIN, person: str = "p-manager") -> None:
    story.add("organisations:Approve", person, msp=msp, change=change)


def propose_end(story: Story, msp: str = CHAIN, person: str = "p-clerk") -> str:
    return story.add("organisations:ProposeEnd", person, msp=msp, reason="left")


def end(story: Story, msp: str = CHAIN) -> None:
    story.add("decision:Approve", "p-manager", decision=propose_end(story, msp))


def apply_as_chain(story: Story) -> None:
    story.add("shop:Apply", "p-shop", request_id=CHAINS_SHOP, categories=["toys"])
    story.requests[-1] = replace(story.requests[-1], mspid=CHAIN, shop=CHAINS_SHOP, person="p-chain")


def test_roles_count_in_what_two_persons_named(story: Story) -> None:
    approve(story, propose(story, accounts="ketenAccounts"))
    apply_as_chain(story)
    result = books(story)
    organisations = result.organisations_in_force()
    assert organisations is not None
    assert organisations["shops"] == ["WinkelsMSP", CHAIN]
    assert result.shops[CHAINS_SHOP].msp == CHAIN
    assert result.later_organisations[CHAIN].members()["accounts"] == "ketenAccounts"


def test_further_ones_stand_by_their_ids_after_the_first(story: Story) -> None:
    for msp, kind in (("ZuidMSP", "auditors"), ("NoordMSP", "auditors"), ("BazaarMSP", "shops")):
        approve(story, propose(story, msp, kind=kind), msp)
    organisations = books(story).organisations_in_force()
    assert organisations is not None
    assert organisations["auditors"] == ["AuditorMSP", "NoordMSP", "ZuidMSP"]
    assert organisations["shops"] == ["WinkelsMSP", "BazaarMSP"]


def test_a_proposal_names_nobody(story: Story) -> None:
    propose(story)
    apply_as_chain(story)
    assert findings(story) == ["role shopkeeper is not recognised in KetenMSP"]


def test_one_person_names_nobody(story: Story) -> None:
    approve(story, propose(story, person="p-manager"))
    assert findings(story) == ["p-manager took both steps: each needs a different person"]


def test_what_was_rejected_can_be_proposed_again(story: Story) -> None:
    change = propose(story)
    story.add("organisations:Reject", "p-clerk", msp=CHAIN, change=change, reason="mistake")
    organisation = books(story).later_organisations[CHAIN]
    assert (organisation.state, organisation.reject_reason) == ("rejected", "mistake")
    approve(story, propose(story))
    assert books(story).later_organisations[CHAIN].approved


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        ("WinkelsMSP", "", "WinkelsMSP had already been named"),
        (CHAIN, CHAIN, "KetenMSP had already been named"),
    ],
)
def test_nobody_is_named_twice(story: Story, first: str, second: str, sentence: str) -> None:
    change = propose(story, first)
    if second:
        approve(story, change)
        propose(story, second)
    assert findings(story) == [sentence]


def test_a_decision_is_about_what_was_looked_at(story: Story) -> None:
    change = propose(story)
    pending = propose(story, kind="auditors")
    approve(story, change)
    assert findings(story) == [f"{change} was decided on: the pending change of KetenMSP is {pending}"]


def test_accounts_are_kept_apart_from_cases(story: Story) -> None:
    propose(story, accounts="citizens")
    assert findings(story) == ["KetenMSP was to keep accounts in citizens, which is for case records"]


def test_another_organisations_till_repeats_nothing(story: Story) -> None:
    approve(story, propose(story))
    story.pay(("toys", 500))
    paid = story.requests[-1]
    story.requests.append(replace(paid, mspid=CHAIN, person="p-chain", transaction_id="f" * 64))
    request_id = paid.request["request_id"]
    assert paid.shop == SHOP
    assert findings(story) == [f"request {request_id} was committed again with different content"]


def test_two_persons_end_a_further_organisation(story: Story) -> None:
    approve(story, propose(story))
    decision = propose_end(story)
    apply_as_chain(story)
    assert [(entry.kind, entry.id) for entry in waiting(books(story))] == [
        ("organisation-end", decision),
        ("shop", CHAINS_SHOP),
    ]
    story.add("decision:Approve", "p-manager", decision=decision)
    result = books(story)
    organisation = result.later_organisations[CHAIN]
    assert organisation.members() | {"state": "ended", "ended_by": "p-manager"} == organisation.members()
    assert result.decisions[decision].members()["msp"] == CHAIN
    assert result.organisations_in_force() == {
        "municipality": "GemeenteMSP",
        "shops": ["WinkelsMSP"],
        "auditors": ["AuditorMSP"],
        "ended": [CHAIN],
    }


def test_two_persons_end_a_first_organisation(story: Story) -> None:
    approve(story, propose(story))
    approve(story, propose(story, "BazaarMSP", kind="auditors"), "BazaarMSP")
    for msp in ("WinkelsMSP", "BazaarMSP"):
        end(story, msp)
    result = books(story)
    assert result.organisations_in_force() == {
        "municipality": "GemeenteMSP",
        "shops": [CHAIN],
        "auditors": ["AuditorMSP"],
        "ended": ["WinkelsMSP", "BazaarMSP"],
    }
    assert result.shops[SHOP].msp == "WinkelsMSP"


def test_roles_count_as_long_as_the_organisation_is_named(story: Story) -> None:
    approve(story, propose(story))
    apply_as_chain(story)
    story.pay(("toys", 500))
    end(story, "WinkelsMSP")
    assert not findings(story)
    story.pay(("toys", 500))
    assert findings(story) == ["role shopkeeper is not recognised in WinkelsMSP"]


def the_municipality(story: Story) -> None:
    end(story, "GemeenteMSP")


def the_last_shops(story: Story) -> None:
    end(story, "WinkelsMSP")


def the_last_shops_by_two_decisions(story: Story) -> None:
    approve(story, propose(story))
    first, second = propose_end(story), propose_end(story, "WinkelsMSP")
    assert not findings(story)
    for decision in (first, second):
        story.add("decision:Approve", "p-manager", decision=decision)


def the_last_auditors(story: Story) -> None:
    end(story, "AuditorMSP")


def nobody(story: Story) -> None:
    end(story, "NiemandMSP")


def a_proposed_one(story: Story) -> None:
    propose(story)
    propose_end(story)


def an_ended_one(story: Story) -> None:
    approve(story, propose(story))
    end(story)
    end(story)


def alone(story: Story) -> None:
    approve(story, propose(story))
    story.add("decision:Approve", "p-clerk", decision=propose_end(story))


def named_again(story: Story) -> None:
    approve(story, propose(story))
    end(story)
    propose(story)


def a_first_one_named_again(story: Story) -> None:
    approve(story, propose(story))
    end(story, "WinkelsMSP")
    propose(story, "WinkelsMSP")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (the_municipality, "GemeenteMSP was to end, which is the municipality"),
        (the_last_shops, "WinkelsMSP was to end, which is the last organisation of shops"),
        (the_last_shops_by_two_decisions, "WinkelsMSP was to end, which is the last organisation of shops"),
        (the_last_auditors, "AuditorMSP was to end, which is the last organisation of auditors"),
        (nobody, "NiemandMSP was to end, which is not named"),
        (a_proposed_one, "KetenMSP was to end, which is not named"),
        (an_ended_one, "KetenMSP had already ended"),
        (alone, "p-clerk took both steps: each needs a different person"),
        (named_again, "KetenMSP had already been named"),
        (a_first_one_named_again, "WinkelsMSP had already been named"),
    ],
)
def test_what_may_not_end_is_found(story: Story, change: Callable[[Story], None], sentence: str) -> None:
    change(story)
    assert sentence in findings(story)


def test_an_end_that_the_state_does_not_show_is_a_difference(story: Story) -> None:
    approve(story, propose(story))
    end(story, "WinkelsMSP")
    result = books(story)
    before = {"municipality": "GemeenteMSP", "shops": ["WinkelsMSP", CHAIN], "auditors": ["AuditorMSP"]}
    desk = SimpleNamespace(show=lambda: before)
    first = next(differences(result, cast(Reader, SimpleNamespace(organisations=desk))))
    assert (first.member, first.replayed, first.stored) == ("shops", [CHAIN], before["shops"])


def test_an_end_before_anybody_was_named_is_found() -> None:
    story = Story()
    story.requests.clear()
    end(story)
    assert "KetenMSP was to end before any organisation was named" in findings(story)
