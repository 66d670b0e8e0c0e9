"""The organisations of a channel, the first and further ones, and what became of a request."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Organisations(TypedDict):
    """MSP ids by what they are, and the name of the chaincode, which layout 1 left out.

    Further ones that were approved stand after those that were named first.
    """

    municipality: str
    shops: list[str]
    auditors: list[str]
    chaincode: NotRequired[str]


class Organisation(TypedDict):
    """An organisation that was proposed after the first ones were named.

    `change` is the request that proposed it; `accounts` the private collection that the accounts of its
    shops go to, left out while they share `shopAccounts`.
    """

    msp: str
    kind: Literal["shops", "auditors"]
    state: Literal["proposed", "approved", "rejected"]
    change: str
    accounts: NotRequired[str]
    reason: str
    proposed_by: str
    decided_by: NotRequired[str]
    reject_reason: NotRequired[str]


class Voided(TypedDict):
    """The answer to voiding: the request id that counts nowhere from now on."""

    void: str


class Outcome(TypedDict):
    """What became of a request id; `operation` is "" when nothing was committed under it."""

    request: str
    state: Literal["unknown", "committed", "void"]
    operation: str
