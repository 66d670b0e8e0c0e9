"""Payments, holds, refunds."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Line(TypedDict):
    """The amount of a payment or refund in one category."""

    category: str
    cents: int


class ProofUsed(TypedDict):
    """The proof with which a payment was authorised."""

    kind: str
    version: int
    page: NotRequired[int]


class Payment(TypedDict):
    """What a voucher paid a shop; `day` is its booking day.

    `refunded_confirmed_cents` is what a second person of the shop agreed to of `refunded_cents`.

    Until it is captured, a hold has no lines, 0 cents and the day ""; `held_…` keep what was held at first,
    and `captured`, in cents by category, says what was captured of it in parts. Each part is a payment with
    `hold`, the id of its hold, whose `held_day` it counts on; `still_held` is what they left.
    `receipt` is the hash of the till's own reference, as of `kindpakket.shop.receipt_hash`.
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
    receipt: NotRequired[str]
    cancel_reason: NotRequired[str]
    hold: NotRequired[str]
    held_lines: NotRequired[list[Line]]
    held_cents: NotRequired[int]
    held_day: NotRequired[str]
    captured: NotRequired[dict[str, int]]
    expires_at: NotRequired[int]
    captured_at: NotRequired[int]
    release_reason: NotRequired[str]
    refunded_confirmed_cents: NotRequired[int]


def still_held(hold: Payment) -> int:
    """What a hold keeps, in cents: what was held, without the parts that were captured; 0 once it ended."""
    if hold["state"] != "held":
        return 0
    return hold.get("held_cents", 0) - sum(hold.get("captured", {}).values())


class Refund(TypedDict):
    """Money of a payment that was returned, or that somebody else has to agree to first.

    A refund above the shop's limit is `asked` for until another person of the shop confirms it. Of a refund
    that had to wait for two persons of the municipality, `waits` says why. Until the money returns, `day` and
    `returned_to` are "".
    """

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
    receipt: NotRequired[str]
    state: NotRequired[Literal["asked", "confirmed", "waiting", "endorsed", "approved", "rejected"]]
    asked_by: NotRequired[str]
    asked_role: NotRequired[Literal["cashier", "shopkeeper", "acquirer"]]
    confirmed_by: NotRequired[str]
    waits: NotRequired[Literal["shop", "term", "limit"]]
    endorsed_by: NotRequired[str]
    decided_by: NotRequired[str]
    reject_reason: NotRequired[str]


class ReleasedByHolder(TypedDict):
    """The answer to a release by the holder, which says nothing about another shop's hold."""

    payment: str
    state: str


ItemKind = Literal["carried", "netted", "collected"]
"""What an item is that is neither a payment nor a refund."""


class Item(TypedDict):
    """A payment, or a refund with negative cents, that a shop is owed; with a `kind`, another amount.

    `carried` is the sum of items that were carried over, `netted` the counterpart of a netting with another
    scheme, `collected` what was received of a receivable that was reopened.
    """

    id: str
    day: str
    cents: int
    kind: NotRequired[ItemKind]


class DayEntry(TypedDict):
    """What a shop did on a day: a payment or hold, whatever became of it, or a refund; or another item.

    `cents` are those that count for the shop: negative for a refund, 0 for holds and what was undone.
    `settlement` is the settlement that includes it.
    """

    id: str
    cents: int
    kind: NotRequired[ItemKind]
    settlement: NotRequired[str]
    payment: NotRequired[Payment]
    refund: NotRequired[Refund]


class IndexedPayments(TypedDict):
    """The answer to `payment:Index`."""

    payments: list[str]
