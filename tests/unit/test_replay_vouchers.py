"""Grace, lapse, revocation, top-ups, extensions, blocks and replacements as the auditor replays them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from story import (
    CODE,
    DOMAIN,
    ENTITLEMENT,
    NOON,
    SCHEME,
    SECONDS_OF_A_DAY,
    VOUCHER,
    Story,
    findings,
    scheme_of,
    voucher_of,
)

from kindpakket.holder.booklet import Booklet
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import self_block_hash
from kindpakket.ledger.days import first_instant

END = first_instant("2027-01-01")
GRACE_END = END + 14 * SECONDS_OF_A_DAY
OTHER = HolderKey.generate()


@pytest.fixture
def story() -> Story:
    story = Story()
    story.open()
    return story


def refund(story: Story, payment: str, cents: int, at: int) -> None:
    lines = [{"category": "toys", "cents": cents}]
    story.add("payment:Refund", "p-shop", at, payment=payment, lines=lines, reason="returned")


def lapse(story: Story, at: int) -> None:
    story.bulk("voucher:Lapse", "p-clerk", at, reason="period-over")


def top_up(story: Story, person: str = "p-clerk", at: int = NOON, **changes: Any) -> None:
    addition = {"voucher": VOUCHER, "entitlement": "e" * 32, "preset": "child", "units": 1, **changes}
    story.add("voucher:TopUp", person, at, scheme=SCHEME, top_ups=[addition], reason="appeal")


def replace(story: Story, holder: HolderKey | Booklet = OTHER, version: int = 2, **members: Any) -> str:
    replacement = holder.replace(DOMAIN, SCHEME, VOUCHER, version)
    return story.about("voucher:Replace", "p-clerk", reason="lost", **{**replacement, **members})


def test_what_was_refunded_after_the_end_can_be_spent_during_the_grace(story: Story) -> None:
    payment = story.pay(("toys", 5000))
    refund(story, payment, 2000, END)
    assert voucher_of(story).grace_cents == 2000
    story.pay(("toys", 1500), at=END + 60)
    voucher = voucher_of(story)
    assert (voucher.grace_cents, voucher.terms.available) == (500, 25500)
    lapse(story, END + 120)
    voucher = voucher_of(story)
    assert (voucher.state, voucher.terms.lapsed, voucher.terms.available) == ("active", 25000, 500)
    lapse(story, GRACE_END)
    voucher = voucher_of(story)
    assert (voucher.state, voucher.terms.lapsed, voucher.grace_cents) == ("lapsed", 25500, 0)
    refund(story, payment, 100, GRACE_END + 1)
    assert voucher_of(story).terms.lapsed == 25600
    assert scheme_of(story).unallocated == 100000 - 30000 + 25600


def test_what_is_refunded_after_the_grace_lapses(story: Story) -> None:
    payment = story.pay(("toys", 5000))
    refund(story, payment, 2000, GRACE_END)
    voucher = voucher_of(story)
    assert (voucher.terms.lapsed, voucher.grace_cents, voucher.terms.available) == (2000, 0, 25000)


def test_a_revoked_voucher_gives_everything_back_to_the_budget(story: Story) -> None:
    payment = story.pay(("toys", 5000))
    story.about("voucher:Block", "p-clerk", reason="lost")
    story.bulk("voucher:Revoke", "p-manager", reason="moved-away")
    voucher = voucher_of(story)
    assert (voucher.state, voucher.blocked_by, voucher.terms.revoked) == ("revoked", "", 25000)
    refund(story, payment, 1000, NOON)
    assert voucher_of(story).terms.revoked == 26000
    assert scheme_of(story).unallocated == 100000 - 30000 + 26000


def test_a_top_up_adds_money_of_the_budget(story: Story) -> None:
    top_up(story, units=2)
    voucher = voucher_of(story)
    assert (voucher.terms.topped_up, voucher.terms.available) == (60000, 90000)
    assert scheme_of(story).budget_members()["topped_up_cents"] == 60000


def test_an_extended_voucher_can_be_spent_again_and_needs_no_grace(story: Story) -> None:
    refund(story, story.pay(("toys", 5000)), 2000, END)
    story.bulk("voucher:Extend", "p-manager", END + 60, ends_on="2027-02-28", reason="illness")
    story.pay(("toys", 20000), at=END + 120)
    voucher = voucher_of(story)
    assert (voucher.grace_cents, voucher.last_day, voucher.terms.available) == (0, "2027-02-28", 7000)


def test_a_closed_scheme_lapses_at_once(story: Story) -> None:
    story.change("scheme:ProposeClosing")
    lapse(story, NOON)
    assert voucher_of(story).terms.lapsed == 30000
    assert scheme_of(story).members()["closed_by"] == "p-manager"


def test_the_holder_blocks_by_code_once_and_an_approver_gives_it_back(story: Story) -> None:
    story.about("voucher:SelfBlock", "p-shop", code=CODE)
    voucher = voucher_of(story)
    assert (voucher.state, voucher.blocked_by, voucher.block_reason) == ("blocked", "holder", "self-block")
    story.about("voucher:Unblock", "p-manager", reason="found")
    assert (voucher_of(story).state, voucher_of(story).self_block) == ("active", "")
    story.about("voucher:SelfBlock", "p-shop", code=CODE)
    assert "with a wrong self-block code" in findings(story)[0]


def test_a_holders_block_stays_when_another_is_lifted(story: Story) -> None:
    story.about("voucher:Block", "p-clerk", reason="lost")
    story.about("voucher:SelfBlock", "p-shop", code=CODE)
    members = voucher_of(story).members()
    assert (members["blocked_by"], members["holder_blocked"]) == ("p-clerk", True)
    story.about("voucher:Unblock", "p-manager", reason="found")
    members = voucher_of(story).members()
    assert (members["state"], members["blocked_by"]) == ("blocked", "holder")
    assert members["holder_blocked"] is None
    story.about("voucher:Unblock", "p-manager", reason="found")
    assert voucher_of(story).state == "active"


def test_what_was_bound_is_not_bound_again_from_layout_3_on(story: Story) -> None:
    """Before, only what the voucher is bound to at present was refused."""
    first = story.holder
    assert isinstance(first, HolderKey)
    change = replace(story)
    story.about("voucher:ApproveReplacement", "p-manager", change=change)
    change = replace(story, first, version=3)
    assert not findings(story)
    story.add("voucher:RecordBindings", scheme=SCHEME, vouchers=[{"voucher": VOUCHER}])
    assert not findings(story)
    story.about("voucher:ApproveReplacement", "p-manager", change=change)
    assert "had already been bound to voucher" in findings(story)[0]


def test_a_replacement_blocks_at_once_and_counts_after_a_second_person(story: Story) -> None:
    code = self_block_hash(DOMAIN, SCHEME, VOUCHER, "f" * 32)
    change = replace(story, **OTHER.replace(DOMAIN, SCHEME, VOUCHER, 2, code))
    voucher = voucher_of(story)
    assert (voucher.state, voucher.version, voucher.block_reason) == ("blocked", 1, "lost")
    story.about("voucher:ApproveReplacement", "p-manager", change=change)
    story.holder = OTHER
    story.pay(("toys", 500), version=2)
    voucher = voucher_of(story)
    assert (voucher.state, voucher.version, voucher.self_block) == ("active", 2, code)
    assert voucher.authorisation == OTHER.authorisation()


def test_a_booklet_in_the_place_of_a_booklet_begins_at_its_first_page() -> None:
    story = Story(Booklet.generate(4))
    story.open()
    story.pay(("toys", 500), page=3)
    story.about("voucher:SelfBlock", "p-shop", code=CODE)
    second = Booklet.generate(4)
    change = replace(story, second)
    story.about("voucher:ApproveReplacement", "p-manager", change=change)
    story.holder = second
    story.pay(("toys", 500), version=2, page=1)
    assert voucher_of(story).last_page == 1


def test_a_rejected_replacement_leaves_the_voucher_blocked(story: Story) -> None:
    change = replace(story)
    story.about("voucher:RejectReplacement", "p-clerk", change=change, reason="wrong-child")
    voucher = voucher_of(story)
    assert (voucher.state, voucher.replacement, voucher.version) == ("blocked", None, 1)


def spent_after_the_end(story: Story) -> None:
    refund(story, story.pay(("toys", 5000)), 2000, END)
    story.pay(("toys", 2001), at=END + 60)


def lapsed_early(story: Story) -> None:
    lapse(story, END - 1)


def lapsed_twice(story: Story) -> None:
    lapse(story, GRACE_END)
    lapse(story, GRACE_END)


def revoked_by_the_clerk(story: Story) -> None:
    story.bulk("voucher:Revoke", "p-clerk", reason="moved-away")


def spent_after_revocation(story: Story) -> None:
    story.bulk("voucher:Revoke", "p-manager", reason="moved-away")
    story.pay(("toys", 500))


def topped_up_without_budget(story: Story) -> None:
    top_up(story, units=3)


def topped_up_by_an_old_entitlement(story: Story) -> None:
    top_up(story, entitlement=ENTITLEMENT)


def topped_up_after_the_end(story: Story) -> None:
    top_up(story, at=END)


def extended_too_far(story: Story) -> None:
    story.bulk("voucher:Extend", "p-manager", ends_on="2027-03-02", reason="illness")


def extended_to_the_same_day(story: Story) -> None:
    story.bulk("voucher:Extend", "p-manager", ends_on="2026-12-31", reason="illness")


def a_bulk_that_names_a_voucher_twice(story: Story) -> None:
    story.add("voucher:Revoke", "p-manager", scheme=SCHEME, vouchers=[VOUCHER, VOUCHER], reason="x")


def unblocked_without_a_reason(story: Story) -> None:
    story.about("voucher:Block", "p-clerk", reason="lost")
    story.about("voucher:Unblock", "p-manager")


def unblocked_while_a_replacement_waits(story: Story) -> None:
    replace(story)
    story.about("voucher:Unblock", "p-manager", reason="found")


def replaced_without_the_new_holder(story: Story) -> None:
    replace(story, proof=HolderKey.generate().replace(DOMAIN, SCHEME, VOUCHER, 2)["proof"])


def replaced_by_a_proof_for_another_version(story: Story) -> None:
    replace(story, version=3)


def replaced_by_itself(story: Story) -> None:
    assert isinstance(story.holder, HolderKey)
    replace(story, story.holder)


def replaced_by_who_blocked_it(story: Story) -> None:
    story.about("voucher:Block", "p-manager", reason="lost")
    change = replace(story)
    story.about("voucher:ApproveReplacement", "p-manager", change=change)


def replaced_by_one_person(story: Story) -> None:
    change = replace(story)
    story.about("voucher:ApproveReplacement", "p-clerk", change=change)


def replaced_by_what_the_approver_did_not_see(story: Story) -> None:
    seen = replace(story)
    replace(story, HolderKey.generate())
    story.about("voucher:ApproveReplacement", "p-manager", change=seen)


def replaced_by_nothing(story: Story) -> None:
    story.about("voucher:Block", "p-clerk", reason="lost")
    story.about("voucher:ApproveReplacement", "p-manager", change="0" * 32)


def paid_with_the_old_key(story: Story) -> None:
    change = replace(story)
    story.about("voucher:ApproveReplacement", "p-manager", change=change)
    story.pay(("toys", 500))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (spent_after_the_end, "exceeds the 2000 cents"),
        (lapsed_early, "can be spent until 2026-12-31"),
        (lapsed_twice, "is lapsed: it must be issued, active or blocked"),
        (revoked_by_the_clerk, "voucher:Revoke was requested by role issuer: it needs approver"),
        (spent_after_revocation, "is revoked: it must be active"),
        (topped_up_without_budget, "more than its budget"),
        (topped_up_by_an_old_entitlement, "has already been issued for entitlement"),
        (topped_up_after_the_end, "had expired"),
        (extended_too_far, "2027-03-01 at most"),
        (extended_to_the_same_day, "was extended from 2026-12-31 to 2026-12-31"),
        (a_bulk_that_names_a_voucher_twice, "names an item twice"),
        (unblocked_without_a_reason, "unblocked without a reason"),
        (unblocked_while_a_replacement_waits, "with a replacement pending"),
        (replaced_without_the_new_holder, "has no valid proof: the signature"),
        (replaced_by_a_proof_for_another_version, "the proof is for version 3"),
        (replaced_by_itself, "is what it is already bound to"),
        (replaced_by_who_blocked_it, "p-manager took both steps"),
        (replaced_by_one_person, "p-clerk took both steps"),
        (replaced_by_what_the_approver_did_not_see, "was decided on: voucher"),
        (replaced_by_nothing, "has no pending replacement"),
        (paid_with_the_old_key, "spent without a valid proof"),
    ],
)
def test_broken_rules_of_vouchers_are_found(
    story: Story, change: Callable[[Story], None], expected: str
) -> None:
    assert not findings(story)
    change(story)
    assert any(expected in sentence for sentence in findings(story)), findings(story)
