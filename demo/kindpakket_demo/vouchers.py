"""Vouchers in bulk: their cases are recorded, then they are issued and activated."""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket.backoffice.register import Bulk
from kindpakket.municipality import BULK
from kindpakket_demo.desk import Desk
from kindpakket_demo.wallets import Wallet


def issue(desk: Desk, scheme: str, bulks: Sequence[Bulk]) -> int:
    """Record the cases, then issue the vouchers; return the cents issued."""
    issued = 0
    for bulk in bulks:
        desk.clerk.vouchers.record_cases(scheme, [entry.case_record() for entry in bulk.entries])
        desk.in_step()
        allocations = [entry.allocation() for entry in bulk.entries]
        issued += desk.clerk.vouchers.issue(scheme, allocations, request_id=bulk.request_id)["issued_cents"]
        desk.in_step()
    return issued


def activate(desk: Desk, scheme: str, wallets: Sequence[Wallet]) -> None:
    """Bind each voucher to its holder's key or booklet."""
    for start in range(0, len(wallets), BULK):
        part = wallets[start : start + BULK]
        desk.clerk.vouchers.activate(
            scheme, [wallet.activate(desk.clerk.caller.domain, scheme) for wallet in part]
        )
    desk.in_step()
