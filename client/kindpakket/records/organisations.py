"""The organisations of a channel, and what became of a request."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Organisations(TypedDict):
    """MSP ids by what they are, and the name of the chaincode, which layout 1 left out."""

    municipality: str
    shops: list[str]
    auditors: list[str]
    chaincode: NotRequired[str]


class Voided(TypedDict):
    """The answer to voiding: the request id that counts nowhere from now on."""

    void: str


class Outcome(TypedDict):
    """What became of a request id; `operation` is "" when nothing was committed under it."""

    request: str
    state: Literal["unknown", "committed", "void"]
    operation: str
