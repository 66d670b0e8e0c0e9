"""Decisions that one person of the municipality proposes and another one takes."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Decision(TypedDict):
    """A proposal for another person to decide on; members of other kinds are left out.

    From `expires_at` on it can no longer be approved. In the answer to approving, `cents` is what went back
    to the budget.
    """

    id: str
    kind: Literal["revocation", "freeing", "shop-end"]
    state: Literal["proposed", "approved", "rejected"]
    scheme: NotRequired[str]
    vouchers: NotRequired[list[str]]
    entitlements: NotRequired[list[str]]
    shop: NotRequired[str]
    retention_days: NotRequired[int]
    reason: str
    proposed_by: str
    proposed_at: int
    expires_at: int
    decided_by: NotRequired[str]
    reject_reason: NotRequired[str]
    cents: NotRequired[int]
