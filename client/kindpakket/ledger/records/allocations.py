"""Allocations: vouchers and money that one person proposes and another approves."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

AllocationUse = Literal["issue", "top-up"]


class Allocation(TypedDict):
    """A number of vouchers, or of top-ups, and a sum of money for a list.

    `file_commitment` is a salted hash of the file that the list was made from; it is missing if there was
    none, and on allocations from before the ledger kept it. `expires_at` is the instant from which nothing
    can be approved or drawn; what is left stays reserved until somebody withdraws it.
    """

    id: str
    scheme: str
    use: AllocationUse
    state: Literal["proposed", "approved", "rejected", "withdrawn", "used"]
    vouchers: int
    cents: int
    list_sha256: str
    parts: int
    file_commitment: NotRequired[str]
    reason: str
    proposed_by: str
    proposed_at: int
    expires_at: int
    decided_by: NotRequired[str]
    reject_reason: NotRequired[str]
    withdrawn_by: NotRequired[str]
    withdraw_reason: NotRequired[str]
    used_vouchers: int
    used_cents: int


class Drawing(TypedDict):
    """Where a request's vouchers or top-ups are in an approved list."""

    allocation: str
    part: int
    path: list[str]
