"""Settlements and receivables."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Place(TypedDict):
    """Where an item is among those of its shop, which are in the order of their days and ids."""

    day: str
    id: str


class Settlement(TypedDict):
    """What a shop is paid in one go; a receivable, with negative cents, is what a shop owes for good.

    The items are listed by `settlements.items`; `first` and `last` are left out if it has none. In the answer
    to drafting, `more` says that open items of closed days are left; in that to `show`, `payout_frozen` that
    its shop is suspended or its payout frozen, so that it cannot be exported. `account_sha256` is the hash of
    the private record of the account that is paid. `claimed_at` is when a receivable was claimed, in Unix
    seconds; those from before it was kept lack it.
    """

    id: str
    scheme: str
    shop: str
    state: str
    item_count: int
    first: NotRequired[Place]
    last: NotRequired[Place]
    cents: int
    through: str
    drafted_by: str
    more: NotRequired[bool]
    claim_reason: NotRequired[str]
    claimed_at: NotRequired[int]
    approved_by: NotRequired[str]
    withdrawn_by: NotRequired[str]
    withdraw_reason: NotRequired[str]
    exported_by: NotRequired[str]
    file_sha256: NotRequired[str]
    account_sha256: NotRequired[str]
    booked_by: NotRequired[str]
    book_reason: NotRequired[str]
    payout_frozen: NotRequired[bool]
    bank_reference: NotRequired[str]
    value_date: NotRequired[str]
    collected_cents: NotRequired[int]
    reopened_by: NotRequired[str]
    reopen_reason: NotRequired[str]
    against: NotRequired[str]
    net_reason: NotRequired[str]


class Netted(TypedDict):
    """The answer to netting: by how many cents the shop's debt under `scheme` went down."""

    netting: str
    scheme: str
    against: str
    shop: str
    cents: int


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


class DueShop(Due):
    """The same, of one shop of a list."""

    shop: str


class Exported(TypedDict):
    """The answer to exporting: the settlements in the payment file, and their sum in cents."""

    scheme: str
    settlements: list[str]
    cents: int
    file_sha256: str
