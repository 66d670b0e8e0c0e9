"""Further organisations, replayed: two persons name them, and their tills act for their own shops only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from story import SHOP, Story, books, findings

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
