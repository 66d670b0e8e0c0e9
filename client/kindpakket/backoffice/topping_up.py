"""Tops up what the register has: proposes an allocation once, and tops up when it has been approved.

parts, allocation = top_up_listed(municipality, scheme, top_ups, "hardship")
if not parts:
    ...  # an approver calls municipality.allocations.approve; then the same again
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence

from kindpakket.backoffice.batches.proposing import TERM_DAYS
from kindpakket.backoffice.batches.stock import is_over
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.records import Allocation, Moved, TopUp
from kindpakket.municipality import Municipality

_DAY = 86_400


def top_up_listed(
    municipality: Municipality,
    scheme: str,
    top_ups: Sequence[TopUp],
    reason: str,
    *,
    days: int = TERM_DAYS,
    again: bool = False,
    clock: Callable[[], float] = time.time,
) -> tuple[list[Moved], Allocation]:
    """Top up vouchers once another person has approved the list; the same top-ups again find its allocation.

    Args:
        municipality: acts as an issuer.
        scheme: id of the scheme.
        top_ups: the top-ups; their order does not matter.
        reason: why: a code.
        days: how long the allocation can be approved and drawn on, if it is proposed now.
        again: propose anew what an allocation was over for.
        clock: the time in Unix seconds.

    Returns:
        The answers to its parts, none while it has not been approved; and the allocation.

    Raises:
        ValueError: a top-up has a preset that the scheme's rules do not have.
    """
    lines = ApprovableList.cut(sorted(top_ups, key=lambda top_up: top_up["voucher"]))
    known = [one for one in municipality.allocations.list(scheme) if one["list_sha256"] == lines.sha256]
    live = [one for one in known if not is_over(one, clock())]
    if not live and (again or not known):
        rules = municipality.schemes.show(scheme)["rules"]
        expires_at = int(clock()) + days * _DAY
        allocation = municipality.allocations.propose(
            scheme, "top-up", lines, lines.cents(rules), expires_at, reason
        )
        return [], allocation
    newest = max(live or known, key=lambda one: one["proposed_at"])
    if not live or newest["state"] == "proposed":
        return [], newest
    answers = [
        municipality.vouchers.top_up(
            scheme, newest["id"], part, reason, request_id=_part_id(newest["id"], part.number)
        )
        for part in lines.parts
    ]
    return answers, newest


def _part_id(allocation: str, part: int) -> str:
    """The request id of a part's top-ups, so that a part is topped up once."""
    return hashlib.sha256(f"{allocation}/{part}".encode()).hexdigest()[:32]
