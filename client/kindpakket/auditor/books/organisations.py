"""Organisations proposed after the first ones were named."""

from __future__ import annotations

from dataclasses import dataclass

from kindpakket.auditor.books.decisions import expiry


@dataclass(slots=True)
class OrganisationBook:
    """A later organisation, recomputed from the requests; `id` is its MSP id."""

    id: str
    kind: str
    change: str
    reason: str
    proposed_by: str
    proposed_at: int
    accounts: str = ""
    state: str = "proposed"
    decided_by: str = ""
    reject_reason: str = ""
    ended_by: str = ""

    @property
    def approved(self) -> bool:
        """Whether its roles are recognised."""
        return self.state == "approved"

    @property
    def ended(self) -> bool:
        """Whether its roles were recognised until two persons ended it."""
        return self.state == "ended"

    def members(self) -> dict[str, object]:
        """The members that the ledger's record must have; None for those that it leaves out."""
        return {
            "kind": self.kind,
            "state": self.state,
            "change": self.change,
            "accounts": self.accounts or None,
            "reason": self.reason,
            "proposed_by": self.proposed_by,
            "proposed_at": self.proposed_at,
            "expires_at": expiry(self.proposed_at),
            "decided_by": self.decided_by or None,
            "reject_reason": self.reject_reason or None,
            "ended_by": self.ended_by or None,
        }
