"""The desk for allocations: what is issued or topped up is proposed by one person and approved by another."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from kindpakket.ledger.lists import ListOutline
from kindpakket.ledger.queries.allocations import AllocationQueries
from kindpakket.ledger.records import Allocation, AllocationUse


class AllocationDesk(AllocationQueries):
    """Transactions on allocations."""

    def propose(
        self,
        scheme: str,
        use: AllocationUse,
        lines: ListOutline[Any],
        cents: int,
        expires_at: datetime | int,
        reason: str,
        *,
        file_commitment: str = "",
        request_id: str | None = None,
    ) -> Allocation:
        """`allocation:Propose`: ask for a list of vouchers or top-ups, and the money for it.

        Args:
            scheme: the scheme.
            use: `issue` or `top-up`.
            lines: the list; what is issued later are its parts.
            cents: the most that it may cost; `lines.cents(rules)` is what it costs now.
            expires_at: an instant, at most 366 days ahead, or that in Unix seconds.
            reason: a code.
            file_commitment: a salted hash of the file that the list was made from, 64 hexadecimal characters;
                "": there is no file.
            request_id: becomes the allocation's id; default: a new id.

        Raises:
            BudgetExceeded: the scheme's budget has too little left.
        """
        members: dict[str, object] = {
            "scheme": scheme,
            "use": use,
            "vouchers": lines.vouchers,
            "cents": cents,
            "list_sha256": lines.sha256,
            "parts": lines.length,
            "expires_at": expires_at if isinstance(expires_at, int) else int(expires_at.timestamp()),
            "reason": reason,
        }
        if file_commitment:
            members["file_commitment"] = file_commitment
        return cast(Allocation, self._caller.invoke("allocation:Propose", members, request_id=request_id))

    def approve(self, scheme: str, allocation: str, *, request_id: str | None = None) -> Allocation:
        """`allocation:Approve`: reserve its money; by someone other than who proposed it."""
        members = {"scheme": scheme, "allocation": allocation}
        return cast(Allocation, self._caller.invoke("allocation:Approve", members, request_id=request_id))

    def reject(
        self, scheme: str, allocation: str, reason: str, *, request_id: str | None = None
    ) -> Allocation:
        """`allocation:Reject`: by an approver, or by whoever proposed it. The reason is a code."""
        members = {"scheme": scheme, "allocation": allocation, "reason": reason}
        return cast(Allocation, self._caller.invoke("allocation:Reject", members, request_id=request_id))

    def withdraw(
        self, scheme: str, allocation: str, reason: str, *, request_id: str | None = None
    ) -> Allocation:
        """`allocation:Withdraw`: end an approved one; what is left returns to the budget.

        Possible at any time, also after it has expired or its scheme was closed. The reason is a code.
        """
        members = {"scheme": scheme, "allocation": allocation, "reason": reason}
        return cast(Allocation, self._caller.invoke("allocation:Withdraw", members, request_id=request_id))
