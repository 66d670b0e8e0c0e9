"""Decisions that one person of the municipality proposes and another one takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_TERM = 30 * 86_400


def expiry(proposed_at: int) -> int:
    """The first instant, in Unix seconds, at which a proposal can no longer be approved."""
    return proposed_at + _TERM


@dataclass(slots=True)
class DecisionBook:
    """A decision, recomputed from the requests; `content` has the members of its kind."""

    id: str
    kind: str
    reason: str
    proposed_by: str
    proposed_at: int
    content: dict[str, Any] = field(default_factory=dict)
    state: str = "proposed"
    decided_by: str = ""
    reject_reason: str = ""

    def members(self) -> dict[str, object]:
        """The members that the ledger's record must have; None for those that it leaves out."""
        about = ("scheme", "vouchers", "entitlements", "shop", "retention_days", "msp")
        return {
            "kind": self.kind,
            "state": self.state,
            "reason": self.reason,
            "proposed_by": self.proposed_by,
            "proposed_at": self.proposed_at,
            "expires_at": expiry(self.proposed_at),
            "decided_by": self.decided_by or None,
            "reject_reason": self.reject_reason or None,
            **{name: self.content.get(name) for name in about},
        }
