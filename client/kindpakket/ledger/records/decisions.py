"""Decisions that one person of the municipality proposes and another one takes."""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict


class Decision(TypedDict):
    """A proposal for another person to decide on; members of other kinds are left out.

    From `expires_at` on it can no longer be approved. In the answer to approving, `cents` is what went back
    to the budget.
    """

    id: str
    kind: Literal["revocation", "freeing", "shop-end", "organisation-end"]
    state: Literal["proposed", "approved", "rejected"]
    scheme: NotRequired[str]
    vouchers: NotRequired[list[str]]
    entitlements: NotRequired[list[str]]
    shop: NotRequired[str]
    retention_days: NotRequired[int]
    msp: NotRequired[str]
    reason: str
    proposed_by: str
    proposed_at: int
    expires_at: int
    decided_by: NotRequired[str]
    reject_reason: NotRequired[str]
    cents: NotRequired[int]


WaitingKind: TypeAlias = Literal[
    "organisation",
    "organisation-end",
    "scheme",
    "pause",
    "rules",
    "budget",
    "closing",
    "allocation",
    "shop",
    "account",
    "suspension",
    "freeze",
    "shop-end",
    "revocation",
    "freeing",
    "replacement",
    "erasure",
    "settlement",
    "receivable",
    "refund",
]
"""What may wait for a second person, in the order of `decisions.waiting`."""


class Waiting(TypedDict):
    """Something that waits for another person than `proposed_by`, who proposed it or took its last step.

    `scheme`, `shop`, `voucher` and `msp` are what it is about. `since` and `expires_at` are Unix seconds;
    since when is not known of what waited before the ledger listed it, unless its record says so. From
    `expires_at` on it can no longer be approved, and is `expired` until somebody rejects it. `state` is that
    of a settlement (`drafted`, `approved`) or refund (`waiting`, `endorsed`), which wait for more than one
    step.
    """

    kind: WaitingKind
    id: str
    scheme: NotRequired[str]
    shop: NotRequired[str]
    voucher: NotRequired[str]
    msp: NotRequired[str]
    state: NotRequired[str]
    proposed_by: str
    since: NotRequired[int]
    expires_at: NotRequired[int]
    expired: NotRequired[bool]


class IndexedDecisions(TypedDict):
    """The answer to `decision:Index`: how much waited that was not listed."""

    recorded: int
