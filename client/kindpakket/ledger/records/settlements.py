"""Settlements and receivables."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from kindpakket.ledger.records.payments import Item


class Settlement(TypedDict):
    """What a shop is paid in one go; a receivable, with negative cents, is what an ended shop owes.

    In the answer to drafting, `more` says that open items of closed days are left; in that to `show`,
    `payout_frozen` that its shop is suspended or its payout frozen, so that it cannot be exported.
    `account_sha256` is the hash of the private record of the account that is paid.
    """

    id: str
    scheme: str
    shop: str
    state: str
    items: list[Item]
    cents: int
    through: str
    drafted_by: str
    more: NotRequired[bool]
    claim_reason: NotRequired[str]
    approved_by: NotRequired[str]
    withdrawn_by: NotRequired[str]
    withdraw_reason: NotRequired[str]
    exported_by: NotRequired[str]
    file_sha256: NotRequired[str]
    account_sha256: NotRequired[str]
    booked_by: NotRequired[str]
    book_reason: NotRequired[str]
    payout_frozen: NotRequired[bool]


class Due(TypedDict):
    """Whether a shop is due to be paid, why ("" if it is not), and what a draft would include.

    `payout_frozen` says that it can be drafted and approved, but not exported.
    """

    due: bool
    why: Literal["rhythm", "amount", "ending", ""]
    cents: int
    items: int
    oldest_day: str
    closed_until: str
    payout_frozen: NotRequired[bool]


class Exported(TypedDict):
    """The answer to exporting: the settlements in the payment file, and their sum in cents."""

    scheme: str
    settlements: list[str]
    cents: int
    file_sha256: str
