"""Vouchers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from kindpakket.auditor.books.terms import Terms
from kindpakket.ledger.days import day_after, day_of, first_instant
from kindpakket.ledger.records import Authorisation, LiveHold, Rules, WaitingReplacement

HOLDER = "holder"
"""Recorded instead of a person if the holder blocked a voucher."""


@dataclass(slots=True)
class VoucherBook:
    """A voucher, recomputed from the requests; `grace_cents` is the available part refunded after the end."""

    id: str
    rules_version: int
    entitlement: str
    preset: str
    units: int
    ends_at: int
    terms: Terms
    product: str = ""
    issued_by: str = ""
    state: str = "issued"
    by_category: Counter[str] = field(default_factory=Counter)
    held_by_category: Counter[str] = field(default_factory=Counter)
    holds: dict[str, LiveHold] = field(default_factory=dict)
    day: str = ""
    day_cents: int = 0
    paper_cents: int = 0
    grace_cents: int = 0
    authorisation: Authorisation | None = None
    version: int = 0
    last_page: int = 0
    self_block: str = ""
    replacement: WaitingReplacement | None = None
    blocked_from: str = ""
    blocked_by: str = ""
    block_reason: str = ""
    holder_blocked: bool = False

    @property
    def redeemed(self) -> bool:
        """Whether it is for one product, which has been bought and not returned."""
        return bool(self.product) and self.terms.net > 0

    @property
    def last_day(self) -> str:
        """The last day on which it can be spent."""
        return day_of(self.ends_at - 1)

    def grace_end(self, rules: Rules) -> int:
        """The instant, in Unix seconds, from which refunds after the end can no longer be spent."""
        days = rules["refund_grace_days"]
        return first_instant(day_after(self.last_day, days + 1)) if days else self.ends_at

    def spendable(self, rules: Rules, at: int) -> int:
        """What can be spent at an instant, in cents."""
        if at < self.ends_at:
            return self.terms.available
        return self.grace_cents if at < self.grace_end(rules) else 0

    def counted_on(self, day: str) -> int:
        """What counts towards the cap of a booking day, in cents; an earlier day has the latest day's sum."""
        return self.day_cents if self.day >= day else 0

    def paper_on(self, day: str) -> int:
        """What counts towards the cap for booklets of a booking day, in cents."""
        return self.paper_cents if self.day >= day else 0

    def count(self, day: str, cents: int, *, paper: bool) -> None:
        """Count cents towards the cap of a booking day, and towards that for booklets if `paper`."""
        self.paper_cents = self.paper_on(day) + (cents if paper else 0)
        self.day, self.day_cents = max(self.day, day), self.counted_on(day) + cents

    def uncount(self, day: str, cents: int, proof: Mapping[str, object]) -> None:
        """Stop counting cents towards the cap of a day, if the voucher was not used on a later one.

        What was paid by booklet before that had a cap was not counted as such.
        """
        if self.day == day:
            self.day_cents -= cents
            if proof["kind"] == "booklet":
                self.paper_cents = max(self.paper_cents - cents, 0)

    def block(self, person: str, reason: str) -> None:
        """Stop spending; remember the state that it had."""
        self.blocked_from, self.blocked_by, self.block_reason = self.state, person, reason
        self.state = "blocked"

    def unblock(self, state: str) -> None:
        """Unblock it, in a state."""
        self.state, self.blocked_from, self.blocked_by, self.block_reason = state, "", "", ""
        self.holder_blocked = False

    def end(self, state: str) -> None:
        """End it permanently, as revoked or lapsed."""
        self.unblock(state)
        self.replacement = None

    def members(self) -> dict[str, object]:
        """The members that the ledger's record must have; None for those that it leaves out."""
        bound: dict[str, object] | None = None
        if self.authorisation is not None:
            bound = {**self.authorisation, "version": self.version}
            if self.authorisation["kind"] == "booklet":
                bound["last_page"] = self.last_page
        paper = {"paper_cents": self.paper_cents} if self.paper_cents else {}
        return {
            "rules_version": self.rules_version,
            "state": self.state,
            "entitlement": self.entitlement,
            "preset": self.preset,
            "units": self.units,
            "issued_by": self.issued_by or None,
            "product": self.product or None,
            "redeemed": self.redeemed or None,
            "ends_at": self.ends_at,
            **self.terms.as_members(),
            "spent_by_category": amounts(self.by_category),
            "held_by_category": amounts(self.held_by_category) or None,
            "holds": self.holds or None,
            "day": {"date": self.day, "cents": self.day_cents, **paper},
            "grace_cents": self.grace_cents or None,
            "authorisation": bound,
            "self_block": self.self_block or None,
            "replacement": self.replacement,
            "blocked_from": self.blocked_from or None,
            "blocked_by": self.blocked_by or None,
            "block_reason": self.block_reason or None,
            "holder_blocked": self.holder_blocked or None,
        }


def amounts(by_category: dict[str, int]) -> dict[str, int]:
    """The categories with money; those of zero cents mean the same as none."""
    return {category: cents for category, cents in by_category.items() if cents}
