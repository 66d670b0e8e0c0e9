"""Payments, holds, refunds."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class Line(TypedDict):
    """What a payment or refund moves in one category."""

    category: str
    cents: int


class ProofUsed(TypedDict):
    """What a payment was authorised with."""

    kind: str
    version: int
    page: NotRequired[int]


class Payment(TypedDict):
    """What a voucher paid a shop; `day` is its booking day.

    A hold has no lines, no cents and the day "" until it is captured; `held_…` stay what was held.
    """

    id: str
    scheme: str
    shop: str
    voucher: str
    lines: list[Line]
    cents: int
    refunded: dict[str, int]
    refunded_cents: int
    state: str
    day: str
    at: int
    proof: ProofUsed
    till: NotRequired[str]
    cancel_reason: NotRequired[str]
    held_lines: NotRequired[list[Line]]
    held_cents: NotRequired[int]
    held_day: NotRequired[str]
    expires_at: NotRequired[int]
    captured_at: NotRequired[int]
    release_reason: NotRequired[str]


class Refund(TypedDict):
    """Money of a payment that returned."""

    id: str
    payment: str
    scheme: str
    shop: str
    voucher: str
    lines: list[Line]
    cents: int
    day: str
    at: int
    reason: str
    returned_to: str


class Item(TypedDict):
    """A payment, or a refund with negative cents, that a shop is owed."""

    id: str
    day: str
    cents: int
