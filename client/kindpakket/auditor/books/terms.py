"""The nine terms of a voucher's money, in euro cents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

TERMS = ("issued", "topped_up", "spent", "refunded", "cancelled", "held", "available", "lapsed", "revoked")


@dataclass(slots=True)
class Terms:
    """The nine terms of a voucher, or their sums over vouchers."""

    issued: int = 0
    topped_up: int = 0
    spent: int = 0
    refunded: int = 0
    cancelled: int = 0
    held: int = 0
    available: int = 0
    lapsed: int = 0
    revoked: int = 0

    @property
    def net(self) -> int:
        """What remains spent after refunds and cancellations."""
        return self.spent - self.refunded - self.cancelled

    @property
    def given(self) -> int:
        """What was issued and topped up, together."""
        return self.issued + self.topped_up

    @property
    def balanced(self) -> bool:
        """Whether no term is negative, and what was given equals what was used plus what is left."""
        used = self.net + self.held + self.available + self.lapsed + self.revoked
        return self.given == used and min(getattr(self, term) for term in TERMS) >= 0

    def as_members(self) -> dict[str, int]:
        """The terms under the names of the ledger's records."""
        return {f"{term}_cents": getattr(self, term) for term in TERMS}

    @classmethod
    def sum(cls, parts: Iterable[Terms]) -> Terms:
        """The sums of several."""
        total = cls()
        for part in parts:
            for term in TERMS:
                setattr(total, term, getattr(total, term) + getattr(part, term))
        return total
