"""Allocations as the auditor replays them: two persons, one list, never a cent above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from story import DOMAIN, NOON, SCHEME, Story

from kindpakket.auditor.replay.replay import Replay
from kindpakket.holder.key import HolderKey
from kindpakket.ledger.lists import ApprovableList, part_digest
from kindpakket.ledger.merkle import root_of
from kindpakket.ledger.records import Issuance, TopUp

LINES: list[Issuance] = [
    {"id": letter * 32, "entitlement": letter * 31 + "0", "preset": "child", "units": 1} for letter in "123"
]
LIST = ApprovableList([LINES[:2], LINES[2:]])
CENTS = 30_000
LASTS = 3_600


@pytest.fixture
def story() -> Story:
    """A scheme of 100,000 cents with one voucher of 30,000, issued before there were allocations."""
    made = Story()
    made.open()
    return made


def propose(story: Story, person: str = "p-clerk", **changes: Any) -> str:
    members = {
        "scheme": SCHEME,
        "use": "issue",
        "vouchers": 3,
        "cents": 2 * CENTS,
        "list_sha256": LIST.sha256,
        "parts": 2,
        "expires_at": NOON + LASTS,
        "reason": "intake",
        **changes,
    }
    return story.add("allocation:Propose", person, **members)


def agree(story: Story, **changes: Any) -> str:
    allocation = propose(story, **changes)
    story.add("allocation:Approve", "p-manager", scheme=SCHEME, allocation=allocation)
    return allocation


def issue(story: Story, allocation: str, number: int = 1, at: int = NOON, **changes: Any) -> None:
    part = LIST.parts[number]
    members: dict[str, Any] = {"vouchers": list(part.lines), **part.drawing(allocation), **changes}
    story.add("voucher:Issue", at=at, scheme=SCHEME, **members)


def replayed(story: Story) -> Replay:
    replay = Replay(DOMAIN)
    for request in story.requests:
        replay.apply(request)
    return replay


def test_an_allocation_reserves_what_is_drawn_from_it(story: Story) -> None:
    allocation = agree(story)
    issue(story, allocation)
    replay = replayed(story)
    assert replay.findings == []
    scheme = replay.books.schemes[SCHEME]
    assert (scheme.issued, scheme.allocated, scheme.unallocated) == (2 * CENTS, CENTS, 100_000 - 3 * CENTS)
    assert scheme.vouchers[LINES[2]["id"]].issued_by == "p-clerk"
    book = scheme.allocations[allocation]
    assert (book.state, book.used_vouchers, book.used_cents) == ("approved", 1, CENTS)

    story.add("allocation:Withdraw", "p-treasurer", scheme=SCHEME, allocation=allocation, reason="rest")
    scheme = replayed(story).books.schemes[SCHEME]
    assert (scheme.allocated, scheme.unallocated) == (0, 100_000 - 2 * CENTS)
    assert scheme.allocations[allocation].members()["withdraw_reason"] == "rest"


def test_the_books_name_the_file_of_a_list(story: Story) -> None:
    named, unnamed = propose(story, file_commitment="ab" * 32), propose(story)
    replay = replayed(story)
    assert replay.findings == []
    books = replay.books.schemes[SCHEME].allocations
    assert books[named].members()["file_commitment"] == "ab" * 32
    assert books[unnamed].members()["file_commitment"] is None


def test_the_last_drawing_uses_an_allocation_up(story: Story) -> None:
    allocation = agree(story, vouchers=2)
    issue(story, allocation, 0)
    replay = replayed(story)
    assert replay.findings == []
    assert replay.books.schemes[SCHEME].allocations[allocation].state == "used"


def without_an_allocation(story: Story) -> None:
    propose(story)
    story.add("voucher:Issue", scheme=SCHEME, vouchers=LINES[2:])


def unapproved(story: Story) -> None:
    issue(story, propose(story))


def approved_alone(story: Story) -> None:
    allocation = propose(story, "p-manager")
    story.add("allocation:Approve", "p-manager", scheme=SCHEME, allocation=allocation)


def too_late(story: Story) -> None:
    issue(story, agree(story), at=NOON + LASTS)


def approved_too_late(story: Story) -> None:
    allocation = propose(story)
    story.add("allocation:Approve", "p-manager", NOON + LASTS, scheme=SCHEME, allocation=allocation)


def other_lines(story: Story) -> None:
    issue(story, agree(story), vouchers=[{**LINES[2], "units": 2}])


def another_part(story: Story) -> None:
    issue(story, agree(story), part=0)


def a_cent_above(story: Story) -> None:
    issue(story, agree(story, cents=CENTS - 1))


def a_voucher_above(story: Story) -> None:
    issue(story, agree(story, vouchers=2, cents=90_000 - 2 * CENTS), 0)
    issue(story, story.requests[-1].request["allocation"], 1)


def another_use(story: Story) -> None:
    issue(story, agree(story, use="top-up"))


def withdrawn(story: Story) -> None:
    allocation = agree(story)
    story.add("allocation:Withdraw", scheme=SCHEME, allocation=allocation, reason="rest")
    issue(story, allocation)


def above_the_budget(story: Story) -> None:
    propose(story, cents=100_000 - CENTS + 1)


def for_too_long(story: Story) -> None:
    propose(story, expires_at=NOON + 366 * 86_400 + 1)


def more_than_the_parts_hold(story: Story) -> None:
    propose(story, vouchers=1_001)


def rejected_by_another_clerk(story: Story) -> None:
    allocation = propose(story)
    story.add("allocation:Reject", "p-clerk2", scheme=SCHEME, allocation=allocation, reason="x")


def activated_by_the_issuer(story: Story) -> None:
    issue(story, agree(story))
    activation = HolderKey.generate().activate(DOMAIN, SCHEME, LINES[2]["id"])
    story.add("voucher:Activate", scheme=SCHEME, activations=[activation])


@pytest.mark.parametrize(
    ("act", "finding"),
    [
        (without_an_allocation, "voucher:Issue draws on no allocation"),
        (unapproved, "is proposed: it must be approved"),
        (approved_alone, "p-manager took both steps"),
        (too_late, "had expired"),
        (approved_too_late, "had expired"),
        (other_lines, "is not part 1 of the list"),
        (another_part, "is not part 0 of the list"),
        (a_cent_above, "29999 cents were approved"),
        (a_voucher_above, "3 vouchers and"),
        (another_use, "is for top-up, not issue"),
        (withdrawn, "is withdrawn: it must be approved"),
        (above_the_budget, "had 70000 cents left"),
        (for_too_long, "and was proposed at"),
        (more_than_the_parts_hold, "1001 vouchers cannot be in 2 parts"),
        (rejected_by_another_clerk, "is neither an approver nor the proposer"),
        (activated_by_the_issuer, "p-clerk took both steps"),
    ],
)
def test_what_breaks_the_rules_is_found(act: Callable[[Story], None], finding: str, story: Story) -> None:
    act(story)
    assert any(finding in one.sentence for one in replayed(story).findings), replayed(story).findings


def test_the_digest_of_a_part_is_that_of_the_chaincode() -> None:
    line: Issuance = {"id": "a" * 32, "entitlement": "b" * 32, "preset": "junior", "units": 2}
    top_up: TopUp = {"voucher": "a" * 32, "entitlement": "b" * 32, "preset": "junior", "units": 2}
    # The same values stand in chaincode/rules/allocation_test.go.
    assert part_digest([line]).hex() == "3854326e799746ae3335b3904755396d3bacb096747fbb477fc2ca13844a56dd"
    assert part_digest([top_up]).hex() == "2d9f524af5df84019e17a43cd6725fb272aaaa3c1e292d88c2345597bbc7659c"


def test_a_list_is_cut_into_parts_of_500() -> None:
    lines: list[Issuance] = [
        {"id": f"{number:032x}", "entitlement": f"{number:032x}", "preset": "child", "units": 1}
        for number in range(1_001)
    ]
    listed = ApprovableList.cut(lines)
    assert [len(part.lines) for part in listed.parts] == [500, 500, 1]
    assert listed.vouchers == 1_001
    for part in listed.parts:
        path = [bytes.fromhex(node) for node in part.path]
        assert root_of(part.number, part_digest(part.lines), path).hex() == listed.sha256
    too_few: list[list[list[Issuance]]] = [[], [[]]]
    for bad in (*too_few, [lines]):
        with pytest.raises(ValueError, match="list has"):
            ApprovableList(bad)
