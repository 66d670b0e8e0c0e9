"""Schemes, their rules, their money, and changes to them."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class CategoryRule(TypedDict):
    """A category of a scheme; the cap applies to each voucher."""

    code: str
    cap_cents: NotRequired[int]


class Product(TypedDict):
    """A product that a voucher may be issued for: its category, and its maximum price in cents."""

    category: str
    max_cents: int


class Rules(TypedDict):
    """The rules for a scheme's vouchers. Dates are inclusive; the instant `ends_at` is exclusive.

    Rules agreed under layout 1 of the ledger lack `hold_days` and `extension_days`.
    """

    name: str
    starts_on: str
    ends_on: str
    ends_at: NotRequired[int]
    presets: dict[str, int]
    products: NotRequired[dict[str, Product]]
    categories: list[CategoryRule]
    payment_min_cents: int
    payment_cap_cents: int
    day_cap_cents: int
    proofs: list[str]
    paper_cap_cents: int
    paper_day_cap_cents: NotRequired[int]
    hold_days: int
    extension_days: int
    refund_grace_days: int
    refund_days: NotRequired[int]
    refund_limit_cents: NotRequired[int]
    settlement_days: int
    settlement_cents: NotRequired[int]
    retention_days: int
    retention_from: NotRequired[Literal["end", "closing"]]


class StoredRules(Rules):
    """A version of a scheme's rules, as stored on the ledger."""

    scheme: str
    version: int


class Scheme(TypedDict):
    """A scheme's state, and who took which step."""

    id: str
    state: str
    rules_version: int
    rules_floor: NotRequired[int]
    drafted_by: str
    approved_by: NotRequired[str]
    opened_by: NotRequired[str]
    paused_by: NotRequired[str]
    pause_reason: NotRequired[str]
    closed_by: NotRequired[str]
    close_reason: NotRequired[str]
    closed_at: NotRequired[int]


class Budget(TypedDict):
    """A scheme's money: budget + lapsed + revoked = issued + topped up + allocated + unallocated.

    `allocated_cents` is what approved allocations still reserve.
    """

    budget_cents: int
    issued_cents: int
    topped_up_cents: int
    lapsed_cents: int
    revoked_cents: int
    allocated_cents: int
    unallocated_cents: int


class SchemeView(TypedDict):
    """A scheme with its rules, its budget and the last closed day ("" if there is none)."""

    scheme: Scheme
    rules: StoredRules
    budget: Budget
    closed_until: str


class ClosedDay(TypedDict):
    """A scheme and its last closed day."""

    scheme: str
    closed_until: str


class Change(TypedDict):
    """A proposed change of a scheme; members of other kinds are left out.

    `base_version` is the version that proposed rules start from, and `version` the one that approved rules
    became; `add_cents` is what the budget grows by, `remove_cents` what it shrinks by. From `expires_at` on
    it can no longer be approved. Changes from before there was a term have none, and cannot be approved
    either.
    """

    id: str
    scheme: str
    kind: Literal["rules", "budget", "closing"]
    state: Literal["proposed", "approved", "rejected"]
    reason: str
    proposed_by: str
    proposed_at: NotRequired[int]
    expires_at: NotRequired[int]
    base_version: NotRequired[int]
    decided_by: NotRequired[str]
    reject_reason: NotRequired[str]
    rules: NotRequired[Rules]
    applies_to: NotRequired[Literal["new", "all"]]
    version: NotRequired[int]
    add_cents: NotRequired[int]
    remove_cents: NotRequired[int]
