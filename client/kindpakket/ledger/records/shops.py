"""Shops and their bank accounts."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from kindpakket.ledger.records.schemes import StoredRules

ShopGrant = TypedDict("ShopGrant", {"code": str, "from": str})
"""A category that a shop may sell, and the first day on which it may."""


class AccountChange(TypedDict):
    """A proposed account that awaits a second person; `sha256` is the hash of the private record."""

    id: str
    proposed_by: str
    sha256: str


class Shop(TypedDict):
    """A shop, the categories it applied for and those it was granted.

    `accounts` has the approved changes of its account, the last one in force; it is left out while the
    account of the application is in force. `account_sha256` is the hash of the private record of the one in
    force; shops from before lack it. `acquirers` are the persons of those that may take payments for it.
    `refund_alone_cents` is what of a payment one person may refund alone, left out if there is no limit.
    `payout_frozen_by` is left out unless its payout is frozen.
    """

    id: str
    msp: str
    state: str
    requested: list[str]
    categories: list[ShopGrant]
    applied_by: str
    approved_by: NotRequired[str]
    changed_by: NotRequired[str]
    state_reason: NotRequired[str]
    accounts: NotRequired[list[str]]
    acquirers: NotRequired[list[str]]
    refund_alone_cents: NotRequired[int]
    account_sha256: NotRequired[str]
    account_change: NotRequired[AccountChange]
    payout_frozen_by: NotRequired[str]
    payout_freeze_reason: NotRequired[str]
    ended_on: NotRequired[str]
    retention_days: NotRequired[int]


class ShopTerms(TypedDict):
    """What a scheme means for a shop now.

    `categories` are those that it may sell in; none while the scheme or the shop allows no payment.
    `closed_until` is "" before the first closed day; a payment made now is booked on `booking_day`.
    `refund_alone_cents` is the shop's limit, left out if it has none.
    """

    scheme: str
    state: str
    rules: StoredRules
    categories: list[str]
    closed_until: str
    booking_day: str
    refund_alone_cents: NotRequired[int]


class ShopAccount(TypedDict):
    """A shop's bank account: private to the municipality and the shops' organisation."""

    iban: str
    holder: str
    kvk: str
    contact: str
    salt: str
