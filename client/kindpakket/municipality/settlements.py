"""The desk for settlements: paying shops, and claiming what ended ones owe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from kindpakket.ledger.queries.settlements import SettlementQueries
from kindpakket.ledger.records import Exported, Settlement


class SettlementDesk(SettlementQueries):
    """Transactions on settlements and receivables."""

    def draft(self, scheme: str, shop: str, *, request_id: str | None = None) -> Settlement:
        """`settlement:Draft`: take a shop's oldest open items of closed days.

        500 at most, or as many more as it takes for the sum to come above zero.

        Raises:
            NothingToSettle: there are none, or they come to nothing; they stay open.
            SettlementNotDue: neither by rhythm nor by amount; `due` tells.
        """
        members = {"scheme": scheme, "shop": shop}
        return cast(Settlement, self._caller.invoke("settlement:Draft", members, request_id=request_id))

    def approve(self, scheme: str, settlement: str, *, request_id: str | None = None) -> Settlement:
        """`settlement:Approve`: by another person than who drafted it."""
        members = {"scheme": scheme, "settlement": settlement}
        return cast(Settlement, self._caller.invoke("settlement:Approve", members, request_id=request_id))

    def withdraw(
        self, scheme: str, settlement: str, reason: str, *, request_id: str | None = None
    ) -> Settlement:
        """`settlement:Withdraw`: before export; its items open again. The reason is a code."""
        members = {"scheme": scheme, "settlement": settlement, "reason": reason}
        return cast(Settlement, self._caller.invoke("settlement:Withdraw", members, request_id=request_id))

    def export(
        self, scheme: str, settlements: Sequence[str], file_sha256: str, *, request_id: str | None = None
    ) -> Exported:
        """`settlement:Export`: say that a payment file holds these settlements; all or none.

        Args:
            scheme: the scheme of all of them.
            settlements: their ids.
            file_sha256: SHA-256 of the file, 64 hexadecimal characters.
            request_id: see above.
        """
        members = {"scheme": scheme, "settlements": list(settlements), "file_sha256": file_sha256}
        return cast(Exported, self._caller.invoke("settlement:Export", members, request_id=request_id))

    def book(
        self,
        scheme: str,
        settlement: str,
        outcome: Literal["paid", "rejected", "returned"],
        reason: str,
        *,
        request_id: str | None = None,
    ) -> Settlement:
        """`settlement:Book`: enter the bank's answer; the items of rejected and returned ones open again."""
        members = {"scheme": scheme, "settlement": settlement, "outcome": outcome, "reason": reason}
        return cast(Settlement, self._caller.invoke("settlement:Book", members, request_id=request_id))

    def claim(self, scheme: str, shop: str, reason: str, *, request_id: str | None = None) -> Settlement:
        """`settlement:Claim`: make a receivable of what an ended shop owes. The reason is a code.

        Raises:
            ShopState: the shop is not ended.
            NothingToClaim: its open items of closed days do not come to less than zero.
        """
        members = {"scheme": scheme, "shop": shop, "reason": reason}
        return cast(Settlement, self._caller.invoke("settlement:Claim", members, request_id=request_id))

    def collect(
        self, scheme: str, settlement: str, reason: str, *, request_id: str | None = None
    ) -> Settlement:
        """`settlement:Collect`: the shop has paid a receivable. The reason is a code."""
        members = {"scheme": scheme, "settlement": settlement, "reason": reason}
        return cast(Settlement, self._caller.invoke("settlement:Collect", members, request_id=request_id))

    def write_off(
        self, scheme: str, settlement: str, reason: str, *, request_id: str | None = None
    ) -> Settlement:
        """`settlement:WriteOff`: give a receivable up; by another person than who claimed it.

        The reason is a code.
        """
        members = {"scheme": scheme, "settlement": settlement, "reason": reason}
        return cast(Settlement, self._caller.invoke("settlement:WriteOff", members, request_id=request_id))
