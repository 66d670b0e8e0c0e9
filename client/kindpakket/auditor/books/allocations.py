"""Allocations."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class AllocationBook:
    """Vouchers and money that two persons agreed on, recomputed from the requests."""

    id: str
    use: str
    vouchers: int
    cents: int
    list_sha256: str
    parts: int
    reason: str
    proposed_by: str
    proposed_at: int
    expires_at: int
    file_commitment: str = ""
    state: str = "proposed"
    decided_by: str = ""
    reject_reason: str = ""
    withdrawn_by: str = ""
    withdraw_reason: str = ""
    used_vouchers: int = 0
    used_cents: int = 0

    @property
    def reserved(self) -> int:
        """The cents of the budget that it keeps."""
        return self.cents - self.used_cents if self.state == "approved" else 0

    def draw(self, vouchers: int, cents: int) -> None:
        """Take vouchers and cents; it is used once nothing is left."""
        self.used_vouchers += vouchers
        self.used_cents += cents
        if (self.used_vouchers, self.used_cents) == (self.vouchers, self.cents):
            self.state = "used"

    def members(self) -> dict[str, object]:
        """The members that the ledger's record must have; None for those that it leaves out."""
        return {
            "use": self.use,
            "state": self.state,
            "vouchers": self.vouchers,
            "cents": self.cents,
            "list_sha256": self.list_sha256,
            "parts": self.parts,
            "file_commitment": self.file_commitment or None,
            "reason": self.reason,
            "proposed_by": self.proposed_by,
            "proposed_at": self.proposed_at,
            "expires_at": self.expires_at,
            "decided_by": self.decided_by or None,
            "reject_reason": self.reject_reason or None,
            "withdrawn_by": self.withdrawn_by or None,
            "withdraw_reason": self.withdraw_reason or None,
            "used_vouchers": self.used_vouchers,
            "used_cents": self.used_cents,
        }
