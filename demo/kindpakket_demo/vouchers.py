"""Vouchers in bulk: two persons agree on them, their cases are recorded, they are issued and activated."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from kindpakket.backoffice.register import Bulk
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.records import AllocationUse
from kindpakket.municipality import BULK
from kindpakket_demo.desk import Desk
from kindpakket_demo.wallets import Wallet

_DAY = 86_400


def issue(desk: Desk, scheme: str, bulks: Sequence[Bulk]) -> int:
    """Record the cases, have the vouchers approved, then issue them; return the cents issued."""
    lines = ApprovableList([[entry.issuance() for entry in bulk.entries] for bulk in bulks])
    allocation = allocate(desk, scheme, "issue", lines)
    issued = 0
    for bulk, part in zip(bulks, lines.parts, strict=True):
        desk.clerk.vouchers.record_cases(scheme, [entry.case_record() for entry in bulk.entries])
        desk.in_step()
        answer = desk.clerk.vouchers.issue(scheme, allocation, part, request_id=bulk.request_id)
        issued += answer["issued_cents"]
        desk.in_step()
    return issued


def allocate(
    desk: Desk, scheme: str, use: AllocationUse, lines: ApprovableList[Any], cents: int | None = None
) -> str:
    """Let the clerk propose a list and the manager approve it; return the id of the allocation.

    Args:
        desk: the desk.
        scheme: id of the scheme.
        use: what the list is for.
        lines: the list.
        cents: the sum; default: what the list costs.
    """
    if cents is None:
        cents = lines.cents(desk.clerk.schemes.show(scheme)["rules"])
    expires_at = int(time.time()) + _DAY
    allocation = desk.clerk.allocations.propose(scheme, use, lines, cents, expires_at, "intake")["id"]
    desk.in_step()
    desk.manager.allocations.approve(scheme, allocation)
    desk.in_step()
    return allocation


def activate(desk: Desk, scheme: str, wallets: Sequence[Wallet]) -> None:
    """Bind each voucher to its holder's key or booklet; the manager does, as the clerk issued them."""
    for start in range(0, len(wallets), BULK):
        part = wallets[start : start + BULK]
        desk.manager.vouchers.activate(
            scheme, [wallet.activate(desk.clerk.caller.domain, scheme) for wallet in part]
        )
    desk.in_step()
