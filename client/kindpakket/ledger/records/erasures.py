"""The purge of private records, and its certificate."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

Collection = Literal["citizens", "shopAccounts"]
"""A collection of private records: case references of vouchers, or accounts of shops."""


class ErasureRecord(TypedDict):
    """A private record that is to be purged: of which voucher or shop, its key, the hash of its content."""

    id: str
    key: str
    sha256: str


class Erasure(TypedDict):
    """Private records that are to be, or were, purged. Certified, it is the certificate.

    What it cannot say: hashes stay in the blocks, and copies in backups until those expire.
    """

    id: str
    collection: Collection
    scheme: NotRequired[str]
    records: list[ErasureRecord]
    reason: str
    state: Literal["ordered", "approved", "withdrawn", "certified"]
    ordered_by: str
    approved_by: NotRequired[str]
    withdrawn_by: NotRequired[str]
    withdraw_reason: NotRequired[str]
    certified_by: NotRequired[str]
    certified_at: NotRequired[int]


class Purged(TypedDict):
    """How many private records of an erasure are gone."""

    purged: int


class DueErasure(TypedDict):
    """A voucher or shop whose private record is due to be purged, and since which day."""

    id: str
    due_on: str
