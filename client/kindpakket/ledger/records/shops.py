"""Shops and where they are paid."""

from __future__ import annotations

from typing import NotRequired, TypedDict

ShopGrant = TypedDict("ShopGrant", {"code": str, "from": str})
"""A category that a shop may sell in, and the day from which on."""


class AccountChange(TypedDict):
    """Another account that waits for a second person; `sha256` is the hash of the private record."""

    id: str
    proposed_by: str
    sha256: str


class Shop(TypedDict):
    """A shop, the categories it asked for and those it was granted.

    `accounts` are the changes of its account that were accepted, the last one in force; it is left out while
    the account of the application is.
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
    account_change: NotRequired[AccountChange]
    ended_on: NotRequired[str]
    retention_days: NotRequired[int]


class ShopAccount(TypedDict):
    """Where a shop is paid: private to the municipality and the shops' organisation."""

    iban: str
    holder: str
    kvk: str
    contact: str
    salt: str
