"""What vouchers are bound to, and what holders sign."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Authorisation(TypedDict):
    """What a voucher is bound to: a key (algorithm, public key) or a booklet (pages, root)."""

    kind: Literal["key", "booklet"]
    algorithm: NotRequired[str]
    public_key: NotRequired[str]
    pages: NotRequired[int]
    root: NotRequired[str]


class BoundAuthorisation(Authorisation):
    """An authorisation on the ledger."""

    version: int
    last_page: NotRequired[int]


class Proof(TypedDict):
    """A holder's proof: a signature by a key, or by one page of a booklet."""

    kind: Literal["key", "booklet"]
    version: int
    signature: str
    page: NotRequired[int]
    public_key: NotRequired[str]
    path: NotRequired[list[str]]


class Activation(TypedDict):
    """A voucher to be bound to its holder's authorisation.

    `self_block` is the hash of the holder's self-block code.
    """

    voucher: str
    authorisation: Authorisation
    self_block: NotRequired[str]
    proof: Proof


class Replacement(TypedDict):
    """A new authorisation for a voucher, with a proof by the new key or booklet."""

    authorisation: Authorisation
    self_block: NotRequired[str]
    proof: Proof


class WaitingReplacement(TypedDict):
    """An authorisation that awaits a second person; `id` is that of the request that proposed it."""

    id: str
    authorisation: Authorisation
    self_block: NotRequired[str]
    proposed_by: str
    reason: str
