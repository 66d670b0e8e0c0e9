"""The organisations of a channel, the first ones and later ones, and the outcome of a request."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Organisations(TypedDict):
    """MSP ids by role, and the name of the chaincode, which layout 1 left out.

    Organisations approved later come after those named first. Roles count in none of those that have ended,
    which are left out if there are none.
    """

    municipality: str
    shops: list[str]
    auditors: list[str]
    ended: NotRequired[list[str]]
    chaincode: NotRequired[str]


class Organisation(TypedDict):
    """An organisation proposed after the first ones were named.

    `change` is the request that proposed it; `accounts` is the private collection for its shops' accounts,
    left out if they share `shopAccounts`. From `expires_at` on it can no longer be approved. Once it has
    ended, no role counts in it, and `ended_by` approved that.
    """

    msp: str
    kind: Literal["shops", "auditors"]
    state: Literal["proposed", "approved", "rejected", "ended"]
    change: str
    accounts: NotRequired[str]
    reason: str
    proposed_by: str
    proposed_at: NotRequired[int]
    expires_at: NotRequired[int]
    decided_by: NotRequired[str]
    reject_reason: NotRequired[str]
    ended_by: NotRequired[str]


class Voided(TypedDict):
    """The answer to voiding: the request id, which can no longer be committed."""

    void: str


class Outcome(TypedDict):
    """The outcome of a request id; `operation` is "" if nothing was committed under it."""

    request: str
    state: Literal["unknown", "committed", "void"]
    operation: str
