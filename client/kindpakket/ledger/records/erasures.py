"""The purge of private records, and its certificate."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

Collection = Literal["citizens", "shopAccounts"]
"""A private collection: `citizens` has vouchers' case references, `shopAccounts` has shops' accounts."""


class ErasureRecord(TypedDict):
    """A private record to be purged: its voucher or shop, its key, and the hash of its content."""

    id: str
    key: str
    sha256: str


class Erasure(TypedDict):
    """Private records that are to be purged or have been; once certified, the certificate.

    It does not cover the hashes, which stay in the blocks, and copies in backups, which stay until those
    expire.
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
    """How many private records of an erasure have been purged."""

    purged: int


class DueErasure(TypedDict):
    """A voucher or shop whose private record is due to be purged, and since which day."""

    id: str
    due_on: str


class UnusedCase(TypedDict):
    """A case that was recorded and led to no voucher.

    Attributes:
        id: the voucher that it was recorded for.
        due_on: the day from which its record may be erased; "" while that is not known.
        is_due: whether that day has come.
    """

    id: str
    due_on: str
    is_due: bool
