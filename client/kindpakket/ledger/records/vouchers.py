"""Vouchers: requests for them, their balances, and what they can pay."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from kindpakket.ledger.records.holders import BoundAuthorisation, WaitingReplacement


class CaseRecord(TypedDict):
    """The link between a voucher and a case of the municipality; private to the municipality."""

    voucher: str
    case: str
    salt: str


class Recorded(TypedDict):
    """How many case records were stored."""

    recorded: int


class Issuance(TypedDict):
    """A voucher to issue: units of a preset, or one product."""

    id: str
    entitlement: str
    preset: str
    units: int


class TopUp(TypedDict):
    """A top-up of a voucher: units of a preset, under a separate entitlement."""

    voucher: str
    entitlement: str
    preset: str
    units: int


class VoucherCents(TypedDict):
    """A voucher, and the cents moved into or out of it."""

    id: str
    cents: int


class Issued(TypedDict):
    """The answer to issuing."""

    scheme: str
    vouchers: list[VoucherCents]
    issued_cents: int


class Moved(TypedDict):
    """The answer to revoking, topping up and lapsing: cents moved, for each voucher and in total."""

    scheme: str
    vouchers: list[VoucherCents]
    cents: int


class Activated(TypedDict):
    """The answer to activating."""

    scheme: str
    vouchers: list[str]


class BoundVoucher(TypedDict):
    """A voucher, and the digests of keys and booklets that it was bound to before its present one."""

    voucher: str
    earlier: NotRequired[list[str]]


class BindingsRecorded(TypedDict):
    """The answer to recording bindings: how many are new, and the vouchers that share one with another."""

    scheme: str
    recorded: int
    shared: list[str]


class Extended(TypedDict):
    """The answer to extending; `ends_at` is the exclusive instant of the new end."""

    scheme: str
    vouchers: list[str]
    ends_at: int


class SelfBlocked(TypedDict):
    """The answer to blocking with the holder's code."""

    scheme: str
    voucher: str
    state: str


class DaySpending(TypedDict):
    """Cents paid or held on the latest booking day; `paper_cents` by booklet, where that is limited."""

    date: str
    cents: int
    paper_cents: NotRequired[int]


class LiveHold(TypedDict):
    """Cents of a voucher that a payment holds, and the instant at which the hold expires."""

    cents: int
    expires_at: int


class Balance(TypedDict):
    """A voucher's money, in cents.

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

    `grace_cents` is the part of `available_cents` that was refunded after the end; for a voucher for one
    product, `product` is its code, and `redeemed` says that it has been bought. `holder_blocked`
    says that the holder blocked it as well as `blocked_by`. Vouchers from before there were
    allocations lack `issued_by`.
    """

    id: str
    scheme: str
    rules_version: int
    state: str
    entitlement: str
    preset: str
    units: int
    issued_by: NotRequired[str]
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
    holder_blocked: NotRequired[bool]


class Totals(Balance):
    """Sums over vouchers, in cents, and their number."""

    vouchers: int


class Binding(TypedDict):
    """What a voucher's holder signs with: `key` or `booklet`, and its version.

    Before activation, `version` is 0 and there is no `kind`.
    """

    kind: NotRequired[str]
    version: int


class Allowance(TypedDict):
    """What a voucher can pay at a shop now.

    `authorisation_version` is 0 before activation; a replacement has the next version.
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
