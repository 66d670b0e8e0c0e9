"""What became of organisations that were proposed after the first ones were named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class OrganisationBook:
    """A further organisation by the requests; `id` is its MSP id."""

    id: str
    kind: str
    change: str
    reason: str
    proposed_by: str
    accounts: str = ""
    state: str = "proposed"
    decided_by: str = ""
    reject_reason: str = ""

    @property
    def named(self) -> bool:
        """Whether roles count in it."""
        return self.state == "approved"

    def members(self) -> dict[str, object]:
        """What the ledger's record of it must say; None: the record leaves it out."""
        return {
            "kind": self.kind,
            "state": self.state,
            "change": self.change,
            "accounts": self.accounts or None,
            "reason": self.reason,
            "proposed_by": self.proposed_by,
            "decided_by": self.decided_by or None,
            "reject_reason": self.reject_reason or None,
        }
