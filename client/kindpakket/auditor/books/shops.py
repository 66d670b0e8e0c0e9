"""Shops, and orders to purge private records."""

from __future__ import annotations

from dataclasses import dataclass, field

from kindpakket.ledger.records import ShopGrant


@dataclass(slots=True)
class ShopBook:
    """A shop, recomputed from the requests; `categories` maps a granted category to its first day.

    The blocks show who proposed an account, but not the account itself: `account_change` is its id.
    `refund_alone_cents` is what of a payment one person may refund alone, None if there is no limit.
    `payout_frozen_by` is who froze its payout apart from a suspension, "" if nobody did.
    """

    id: str
    msp: str
    requested: tuple[str, ...]
    applied_by: str
    state: str = "applied"
    categories: dict[str, str] = field(default_factory=dict)
    approved_by: str = ""
    changed_by: str = ""
    state_reason: str = ""
    accounts: list[str] = field(default_factory=list)
    acquirers: list[str] = field(default_factory=list)
    refund_alone_cents: int | None = None
    account_change: str = ""
    account_proposed_by: str = ""
    ended_on: str = ""
    retention_days: int | None = None
    payout_frozen_by: str = ""
    payout_freeze_reason: str = ""

    def grant(self, grants: list[ShopGrant]) -> None:
        """Replace its categories with these."""
        self.categories = {grant["code"]: grant["from"] for grant in grants}

    @property
    def payout_frozen(self) -> bool:
        """Whether its settlements cannot be exported."""
        return bool(self.payout_frozen_by) or self.state == "suspended"

    def set_state(self, state: str, person: str, reason: str) -> None:
        """Change its state; note who did and why."""
        self.state, self.changed_by, self.state_reason = state, person, reason

    def members(self) -> dict[str, object]:
        """The members that the ledger's record must have; None for those that it leaves out."""
        return {
            "msp": self.msp,
            "state": self.state,
            "requested": list(self.requested),
            "categories": self.categories,
            "applied_by": self.applied_by,
            "approved_by": self.approved_by or None,
            "changed_by": self.changed_by or None,
            "state_reason": self.state_reason or None,
            "accounts": self.accounts or None,
            "acquirers": self.acquirers or None,
            "refund_alone_cents": self.refund_alone_cents,
            "account_change": self.account_change or None,
            "account_proposed_by": self.account_proposed_by or None,
            "payout_frozen_by": self.payout_frozen_by or None,
            "payout_freeze_reason": self.payout_freeze_reason or None,
            "ended_on": self.ended_on or None,
            "retention_days": self.retention_days,
        }


@dataclass(slots=True)
class ErasureBook:
    """An order to purge private records, recomputed from the requests, which do not contain their hashes."""

    id: str
    collection: str
    scheme: str
    ids: tuple[str, ...]
    reason: str
    ordered_by: str
    state: str = "ordered"
    approved_by: str = ""
    withdrawn_by: str = ""
    withdraw_reason: str = ""
    certified_by: str = ""
    certified_at: int = 0
    purged: bool = False

    def members(self) -> dict[str, object]:
        """The members that the ledger's record must have; None for those that it leaves out."""
        return {
            "collection": self.collection,
            "scheme": self.scheme or None,
            "records": sorted(self.ids),
            "reason": self.reason,
            "state": self.state,
            "ordered_by": self.ordered_by,
            "approved_by": self.approved_by or None,
            "withdrawn_by": self.withdrawn_by or None,
            "withdraw_reason": self.withdraw_reason or None,
            "certified_by": self.certified_by or None,
            "certified_at": self.certified_at or None,
        }
