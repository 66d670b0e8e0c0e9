"""One issuer alone makes no value: what is issued or topped up is a list that another person has approved."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from cases_power import issuance, recorded, same_person
from ground import Ground
from support import issue_unbound
from table import Attempt, case

from kindpakket.holder.key import HolderKey
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.records import Issuance, TopUp
from kindpakket_demo.schemes import CENTS_PER_CHILD, PRESET
from kindpakket_demo.vouchers import allocate
from kindpakket_demo.wallets import Wallet

SECONDS = 12
"""How long the allocation lasts that expires: enough for two persons to agree on it."""


def prepared(ground: Ground, count: int = 1) -> ApprovableList[Issuance]:
    """A list of vouchers whose cases have been recorded, which nobody has proposed."""
    lines = [issuance() for _ in range(count)]
    recorded(ground, *[line["id"] for line in lines])
    return ApprovableList.cut(lines)


def proposed(ground: Ground, lines: ApprovableList[Issuance], seconds: int = 3_600, **changes: Any) -> str:
    """Have the clerk propose a list, with some members of the request changed; the allocation's id."""
    allocation = new_id()
    members = {
        "scheme": ground.scheme,
        "use": "issue",
        "vouchers": lines.vouchers,
        "cents": lines.vouchers * CENTS_PER_CHILD,
        "list_sha256": lines.sha256,
        "parts": len(lines.parts),
        "expires_at": int(time.time()) + seconds,
        "reason": "intake",
        **changes,
    }
    ground.desk.clerk.caller.invoke("allocation:Propose", members, request_id=allocation)
    ground.desk.in_step()
    return allocation


def approved(ground: Ground, lines: ApprovableList[Issuance], seconds: int = 3_600, **changes: Any) -> str:
    """The same, approved by the manager."""
    allocation = proposed(ground, lines, seconds, **changes)
    ground.desk.manager.allocations.approve(ground.scheme, allocation)
    ground.desk.in_step()
    return allocation


def issues(ground: Ground, allocation: str, lines: ApprovableList[Issuance]) -> Attempt:
    return partial(ground.desk.clerk.vouchers.issue, ground.scheme, allocation, lines.parts[0])


@case(31, "issuer", "issues vouchers without an allocation", "INVALID_ID")
def without_allocation(ground: Ground) -> Attempt:
    (part,) = prepared(ground).parts
    members = {"scheme": ground.scheme, "vouchers": list(part.lines)}
    return lambda: ground.desk.clerk.caller.invoke("voucher:Issue", members)


@case(31, "issuer", "issues vouchers by an allocation that nobody has proposed", "ALLOCATION_NOT_FOUND")
def unproposed(ground: Ground) -> Attempt:
    return issues(ground, new_id(), prepared(ground))


@case(31, "issuer", "issues vouchers by an allocation that nobody has approved", "ALLOCATION_STATE")
def unapproved(ground: Ground) -> Attempt:
    lines = prepared(ground)
    return issues(ground, proposed(ground, lines), lines)


@case(
    31, "issuer", "approves an allocation of their own, with a second certificate", "SECOND_PERSON_REQUIRED"
)
def approves_own_allocation(ground: Ground) -> Attempt:
    alone = same_person(ground, "again")
    allocation = proposed(ground, prepared(ground))
    return lambda: alone.allocations.approve(ground.scheme, allocation)


@case(
    31,
    "issuer",
    "issues one {} more than was approved",
    "ALLOCATION_EXCEEDED",
    each={"voucher": {"vouchers": 1}, "cent": {"cents": 2 * CENTS_PER_CHILD - 1}},
)
def more_than_approved(ground: Ground, approved_is: dict[str, int]) -> Attempt:
    lines = prepared(ground, 2)
    return issues(ground, approved(ground, lines, **approved_is), lines)


@case(
    31,
    "issuer",
    "issues {} than the approved list has",
    "ALLOCATION_MISMATCH",
    each={
        "another voucher": lambda _: {"id": new_id()},
        "to another entitlement": lambda _: {"entitlement": new_id()},
        "more units": lambda _: {"units": 2},
    },
)
def other_lines(ground: Ground, changed: Any) -> Attempt:
    lines = prepared(ground)
    allocation = approved(ground, lines)
    other: Any = {**lines.parts[0].lines[0], **changed(ground)}
    return issues(ground, allocation, ApprovableList.cut([other]))


@case(31, "issuer", "issues vouchers by an allocation that has expired", "ALLOCATION_EXPIRED")
def expired(ground: Ground) -> Attempt:
    lines = prepared(ground)
    allocation = approved(ground, lines, SECONDS)
    over = ground.desk.clerk.allocations.show(ground.scheme, allocation)["expires_at"]
    while time.time() < over:
        time.sleep(0.2)
    return issues(ground, allocation, lines)


@case(31, "issuer", "issues vouchers by an allocation that was withdrawn", "ALLOCATION_STATE")
def withdrawn(ground: Ground) -> Attempt:
    lines = prepared(ground)
    allocation = approved(ground, lines)
    ground.desk.treasurer.allocations.withdraw(ground.scheme, allocation, "mistake")
    ground.desk.in_step()
    return issues(ground, allocation, lines)


@case(31, "issuer", "issues vouchers by the allocation of another scheme", "ALLOCATION_NOT_FOUND")
def of_another_scheme(ground: Ground) -> Attempt:
    lines = prepared(ground)
    other = ground.props.opened_scheme(10 * CENTS_PER_CHILD)
    return issues(ground, allocate(ground.desk, other, "issue", lines), lines)


@case(31, "issuer", "tops up by an allocation for issuing", "ALLOCATION_MISMATCH")
def another_use(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    top_up: TopUp = {"voucher": wallet.voucher, "entitlement": new_id(), "preset": PRESET, "units": 1}
    listed = ApprovableList.cut([top_up])
    allocation = allocate(ground.desk, ground.scheme, "issue", listed)
    return lambda: ground.desk.clerk.vouchers.top_up(ground.scheme, allocation, listed.parts[0], "more")


@case(31, "issuer", "activates a voucher that the same person issued", "SECOND_PERSON_REQUIRED")
def activates_what_was_issued(ground: Ground) -> Attempt:
    wallet = Wallet(new_id(), HolderKey.generate())
    issue_unbound(ground.desk, ground.scheme, [wallet])
    ground.watch(wallet)
    activation = wallet.activate(ground.desk.clerk.caller.domain, ground.scheme)
    return lambda: ground.desk.clerk.vouchers.activate(ground.scheme, [activation])
