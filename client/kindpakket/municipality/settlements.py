"""The desk for settlements: paying shops, and claiming what ended shops owe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from kindpakket.ledger.queries.settlements import SettlementQueries
from kindpakket.ledger.records import Exported, Settlement


class SettlementDesk(SettlementQueries):
    """Transactions on settlements and receivables."""

    def draft(self, scheme: str, shop: str, *, request_id: str | None = None) -> Settlement:
        """`settlement:Draft`: settle a shop's oldest open items of closed days.

        At most 500 items, or as many more as it takes for the sum to be above zero.

        Raises:
            NothingToSettle: there are no items, or their sum is zero or below; they stay open.
            SettlementNotDue: payment is not due, by rhythm or by amount; see `due`.
        """
        members = {"scheme": scheme, "shop": shop}
        return cast(Settlement, self._caller.invoke("settlement:Draft", members, request_id=request_id))

    def approve(self, scheme: str, settlement: str, *, request_id: str | None = None) -> Settlement:
        """`settlement:Approve`: by someone other than who drafted it."""
        members = {"scheme": scheme, "settlement": settlement}
        return cast(Settlement, self._caller.invoke("settlement:Approve", members, request_id=request_id))

    def withdraw(
        self, scheme: str, settlement: str, reason: str, *, request_id: str | None = None
    ) -> Settlement:
        """`settlement:Withdraw`: cancel it before export, which reopens its items. The reason is a code."""
        members = {"scheme": scheme, "settlement": settlement, "reason": reason}
        return cast(Settlement, self._caller.invoke("settlement:Withdraw", members, request_id=request_id))

    def export(
        self, scheme: str, settlements: Sequence[str], file_sha256: str, *, request_id: str | None = None
    ) -> Exported:
        """`settlement:Export`: record that a payment file contains these settlements; all or none.

        By someone other than who approved them.

        Args:
            scheme: the scheme of all settlements.
            settlements: their ids, at most `BULK`.
            file_sha256: SHA-256 of the file, 64 hexadecimal characters.
            request_id: default: a new id.

        Raises:
            PayoutFrozen: a shop is suspended, or its payout is frozen.
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
        """`settlement:Book`: record the bank's answer; the reason is a code.

        `rejected` and `returned` reopen the settlement's items.
        """
        members = {"scheme": scheme, "settlement": settlement, "outcome": outcome, "reason": reason}
        return cast(Settlement, self._caller.invoke("settlement:Book", members, request_id=request_id))

    def claim(self, scheme: str, shop: str, reason: str, *, request_id: str | None = None) -> Settlement:
        """`settlement:Claim`: turn what an ended shop owes into a receivable. The reason is a code.

        Raises:
            ShopState: the shop has not ended.
            NothingToClaim: the sum of its open items of closed days is not below zero.
        """
        members = {"scheme": scheme, "shop": shop, "reason": reason}
        return cast(Settlement, self._caller.invoke("settlement:Claim", members, request_id=request_id))

    def collect(
        self, scheme: str, settlement: str, reason: str, *, request_id: str | None = None
    ) -> Settlement:
        """`settlement:Collect`: record that the shop has paid a receivable that another person claimed.

        The reason is a code.
        """
        members = {"scheme": scheme, "settlement": settlement, "reason": reason}
        return cast(Settlement, self._caller.invoke("settlement:Collect", members, request_id=request_id))

    def write_off(
        self, scheme: str, settlement: str, reason: str, *, request_id: str | None = None
    ) -> Settlement:
        """`settlement:WriteOff`: write off a receivable; by someone other than who claimed it.

        The reason is a code.
        """
        members = {"scheme": scheme, "settlement": settlement, "reason": reason}
        return cast(Settlement, self._caller.invoke("settlement:WriteOff", members, request_id=request_id))
