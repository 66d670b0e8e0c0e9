"""Vouchers: what is asked for, what they hold, what they may pay."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from kindpakket.ledger.records.holders import BoundAuthorisation, WaitingReplacement


class CaseRecord(TypedDict):
    """What ties a voucher to a case of the municipality: private to the municipality."""

    voucher: str
    case: str
    salt: str


class Recorded(TypedDict):
    """How many case records were taken."""

    recorded: int


class Allocation(TypedDict):
    """A voucher that is to be issued: units of a preset, or one of a product."""

    id: str
    entitlement: str
    preset: str
    units: int


class TopUp(TypedDict):
    """A voucher that is to get more: units of a preset, by an entitlement of its own."""

    voucher: str
    entitlement: str
    preset: str
    units: int


class VoucherCents(TypedDict):
    """A voucher, and the cents that moved into or out of it."""

    id: str
    cents: int


class Issued(TypedDict):
    """The answer to issuing."""

    scheme: str
    vouchers: list[VoucherCents]
    issued_cents: int


class Moved(TypedDict):
    """The answer to revoking, topping up and lapsing: what moved, in cents, for each and in all."""

    scheme: str
    vouchers: list[VoucherCents]
    cents: int


class Activated(TypedDict):
    """The answer to activating."""

    scheme: str
    vouchers: list[str]


class Extended(TypedDict):
    """The answer to extending; `ends_at` is the exclusive instant of the new end."""

    scheme: str
    vouchers: list[str]
    ends_at: int


class SelfBlocked(TypedDict):
    """The answer to a block by the holder's code."""

    scheme: str
    voucher: str
    state: str


class DaySpending(TypedDict):
    """What was paid or held on the latest booking day."""

    date: str
    cents: int


class LiveHold(TypedDict):
    """What a payment holds of a voucher, and the instant at which the hold is over."""

    cents: int
    expires_at: int


class Balance(TypedDict):
    """A voucher's money.

    issued + topped up + refunded + cancelled = spent + held + available + lapsed + revoked.
    """

    issued_cents: int
    topped_up_cents: int
    spent_cents: int
    refunded_cents: int
    cancelled_cents: int
    held_cents: int
    available_cents: int
    lapsed_cents: int
    revoked_cents: int


class Voucher(Balance):
    """What one child may spend.

    `grace_cents` is what of `available_cents` was refunded after the end; `product` is the code of its preset
    when it is for one thing, and `redeemed` tells that it was bought.
    """

    id: str
    scheme: str
    rules_version: int
    state: str
    entitlement: str
    preset: str
    units: int
    product: NotRequired[str]
    redeemed: NotRequired[bool]
    spent_by_category: dict[str, int]
    held_by_category: NotRequired[dict[str, int]]
    holds: NotRequired[dict[str, LiveHold]]
    grace_cents: NotRequired[int]
    day: DaySpending
    ends_at: int
    authorisation: BoundAuthorisation | None
    self_block: NotRequired[str]
    replacement: NotRequired[WaitingReplacement]
    blocked_from: NotRequired[str]
    blocked_by: NotRequired[str]
    block_reason: NotRequired[str]


class Totals(Balance):
    """Sums over vouchers."""

    vouchers: int


class Allowance(TypedDict):
    """What a voucher may pay now at a shop.

    `authorisation_version` is 0 before activation; a replacement has the one after it.
    """

    available_cents: int
    categories: dict[str, int]
    state: str
    payment_cap_cents: int
    payment_min_cents: int
    paper_cap_cents: int
    ends_at: int
    authorisation_version: int
    last_page: int
    hold_days: int
    product: NotRequired[str]
