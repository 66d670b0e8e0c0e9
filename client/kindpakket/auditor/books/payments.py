"""Payments and settlements."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from kindpakket.auditor.books.vouchers import amounts
from kindpakket.ledger.records import Item, Line


@dataclass(slots=True)
class PaymentBook:
    """A payment, recomputed from the requests; a hold has no lines and no day until it is captured."""

    id: str
    scheme: str
    shop: str
    voucher: str
    lines: tuple[Line, ...]
    day: str
    at: int
    proof: dict[str, object]
    till: str = ""
    receipt: str = ""
    state: str = "paid"
    refunded: Counter[str] = field(default_factory=Counter)
    refunded_confirmed_cents: int = 0
    cancel_reason: str = ""
    hold: str = ""
    held_lines: tuple[Line, ...] = ()
    held_day: str = ""
    captured: Counter[str] = field(default_factory=Counter)
    expires_at: int = 0
    captured_at: int = 0
    release_reason: str = ""

    @property
    def cents(self) -> int:
        """What was paid, in cents."""
        return total(self.lines)

    @property
    def held_cents(self) -> int:
        """What was held at first, in cents."""
        return total(self.held_lines)

    @property
    def left_lines(self) -> list[Line]:
        """What a hold has left, after the parts that were captured."""
        left = [
            (line["category"], line["cents"] - self.captured[line["category"]]) for line in self.held_lines
        ]
        return [Line(category=category, cents=cents) for category, cents in left if cents]

    @property
    def left_cents(self) -> int:
        """The sum of that, in cents."""
        return total(self.left_lines)

    @property
    def refunded_cents(self) -> int:
        """What has been refunded so far, in cents."""
        return self.refunded.total()

    @property
    def cap_day(self) -> str:
        """The day towards whose cap it counts."""
        return self.held_day or self.day

    def members(self) -> dict[str, object]:
        """The members that the ledger's record must have; None for those that it leaves out."""
        return {
            "scheme": self.scheme,
            "shop": self.shop,
            "voucher": self.voucher,
            "lines": list(self.lines),
            "cents": self.cents,
            "refunded": amounts(self.refunded),
            "refunded_cents": self.refunded_cents,
            "refunded_confirmed_cents": self.refunded_confirmed_cents or None,
            "state": self.state,
            "day": self.day,
            "at": self.at,
            "proof": self.proof,
            "till": self.till or None,
            "receipt": self.receipt or None,
            "cancel_reason": self.cancel_reason or None,
            "hold": self.hold or None,
            "held_lines": list(self.held_lines) or None,
            "held_cents": self.held_cents or None,
            "held_day": self.held_day or None,
            "captured": amounts(self.captured) or None,
            "expires_at": self.expires_at or None,
            "captured_at": self.captured_at or None,
            "release_reason": self.release_reason or None,
        }


@dataclass(slots=True)
class RefundBook:
    """A refund, recomputed from the requests: a state if others had to agree, a day once money returned."""

    id: str
    scheme: str
    shop: str
    payment: str
    lines: tuple[Line, ...]
    at: int
    reason: str
    receipt: str = ""
    day: str = ""
    waits: str = ""
    state: str = ""
    asked_by: str = ""
    asked_role: str = ""
    confirmed_by: str = ""
    endorsed_by: str = ""
    decided_by: str = ""
    reject_reason: str = ""

    def members(self) -> dict[str, object]:
        """The members that the ledger's record must have; None for those that it leaves out."""
        optional = (
            *("receipt", "waits", "state", "asked_by", "asked_role", "confirmed_by"),
            *("endorsed_by", "decided_by", "reject_reason"),
        )
        return {
            "scheme": self.scheme,
            "shop": self.shop,
            "payment": self.payment,
            "lines": list(self.lines),
            "cents": total(self.lines),
            "day": self.day,
            "at": self.at,
            "reason": self.reason,
            **{name: getattr(self, name) or None for name in optional},
        }


@dataclass(slots=True)
class SettlementBook:
    """A settlement or a receivable, recomputed from the requests.

    For a receivable, `booked_by` is who collected it or wrote it off, and `claimed_at` when it was claimed,
    in Unix seconds.
    """

    id: str
    scheme: str
    shop: str
    items: tuple[Item, ...]
    through: str
    drafted_by: str
    state: str = "drafted"
    claim_reason: str = ""
    claimed_at: int = 0
    approved_by: str = ""
    withdrawn_by: str = ""
    withdraw_reason: str = ""
    exported_by: str = ""
    file_sha256: str = ""
    booked_by: str = ""
    book_reason: str = ""
    bank_reference: str = ""
    value_date: str = ""
    collected_cents: int = 0
    reopened_by: str = ""
    reopen_reason: str = ""
    against: str = ""
    net_reason: str = ""
    netted_cents: int = 0

    @property
    def cents(self) -> int:
        """The net sum of its items; of a netting, what it moved out of the open items."""
        return self.netted_cents + sum(item["cents"] for item in self.items)

    @property
    def holds_items(self) -> bool:
        """Whether its items are its own: it has not given them back."""
        return self.state not in ("withdrawn", "rejected", "returned", "reopened")

    def members(self) -> dict[str, object]:
        """The members that the ledger's record must have; None for those that it leaves out.

        Its items are compared one by one.
        """
        optional = (
            "claim_reason",
            "claimed_at",
            "approved_by",
            "withdrawn_by",
            "withdraw_reason",
            "exported_by",
            "file_sha256",
            "booked_by",
            "book_reason",
            "bank_reference",
            "value_date",
            "collected_cents",
            "reopened_by",
            "reopen_reason",
            "against",
            "net_reason",
        )
        return {
            "shop": self.shop,
            "state": self.state,
            "item_count": len(self.items),
            "cents": self.cents,
            "through": self.through,
            "drafted_by": self.drafted_by,
            **{name: getattr(self, name) or None for name in optional},
        }


def total(lines: tuple[Line, ...] | list[Line]) -> int:
    """The sum of lines, in cents."""
    return sum(line["cents"] for line in lines)
