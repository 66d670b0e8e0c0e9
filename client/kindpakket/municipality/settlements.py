"""The desk for settlements: paying shops, and claiming what ended shops owe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from kindpakket.ledger.queries.settlements import SettlementQueries
from kindpakket.ledger.records import Exported, Netted, Settlement


class SettlementDesk(SettlementQueries):
    """Transactions on settlements and receivables."""

    def draft(self, scheme: str, shop: str, *, request_id: str | None = None) -> Settlement:
        """`settlement:Draft`: settle a shop's oldest open items of closed days.

        At most 500 items, or as many more, up to 5 000, as it takes for the sum to be above zero. If 5 000
        are not enough, they are carried over: the answer's state is `carried`, their sum is one open item,
        and the next draft includes it. Nobody approves or pays that.

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
        bank_reference: str | None = None,
        value_date: str | None = None,
        request_id: str | None = None,
    ) -> Settlement:
        """`settlement:Book`: record the bank's answer.

        `rejected` and `returned` reopen the settlement's items.

        Args:
            scheme: the scheme.
            settlement: the settlement.
            outcome: the bank's answer.
            reason: a code, such as the bank's.
            bank_reference: the bank's reference of the booking: at most 35 letters, digits, `-` and `/`.
            value_date: the bank's value date, `YYYY-MM-DD`.
            request_id: default: a new id.
        """
        given = {"bank_reference": bank_reference, "value_date": value_date}
        members = {
            "scheme": scheme,
            "settlement": settlement,
            "outcome": outcome,
            "reason": reason,
            **{name: value for name, value in given.items() if value is not None},
        }
        return cast(Settlement, self._caller.invoke("settlement:Book", members, request_id=request_id))

    def claim(self, scheme: str, shop: str, reason: str, *, request_id: str | None = None) -> Settlement:
        """`settlement:Claim`: turn what a shop owes for good into a receivable. The reason is a code.

        Raises:
            ShopState: neither has the shop ended, nor is the scheme closed.
            NothingToClaim: the sum of its open items of closed days is not below zero.
        """
        members = {"scheme": scheme, "shop": shop, "reason": reason}
        return cast(Settlement, self._caller.invoke("settlement:Claim", members, request_id=request_id))

    def collect(
        self,
        scheme: str,
        settlement: str,
        reason: str,
        *,
        cents: int | None = None,
        request_id: str | None = None,
    ) -> Settlement:
        """`settlement:Collect`: record that the shop has paid what another person claimed, or a part of it.

        Args:
            scheme: the scheme.
            settlement: the receivable, which stays `claimed` until all of it is paid.
            reason: a code.
            cents: what was paid; default: what is left.
            request_id: default: a new id.
        """
        part = {} if cents is None else {"cents": cents}
        members = {"scheme": scheme, "settlement": settlement, "reason": reason, **part}
        return cast(Settlement, self._caller.invoke("settlement:Collect", members, request_id=request_id))

    def write_off(
        self, scheme: str, settlement: str, reason: str, *, request_id: str | None = None
    ) -> Settlement:
        """`settlement:WriteOff`: write off what is left of a receivable.

        By someone other than who claimed it.

        The reason is a code.
        """
        members = {"scheme": scheme, "settlement": settlement, "reason": reason}
        return cast(Settlement, self._caller.invoke("settlement:WriteOff", members, request_id=request_id))

    def reopen(
        self,
        scheme: str,
        settlement: str,
        reason: str,
        *,
        received_cents: int | None = None,
        request_id: str | None = None,
    ) -> Settlement:
        """`settlement:Reopen`: end a receivable, and reopen its items.

        By someone other than who claimed it, collected it or wrote it off. Its items can then be netted,
        deducted or claimed again.

        Args:
            scheme: the scheme.
            settlement: the receivable, also one that was collected or written off.
            reason: a code.
            received_cents: what was really received of it; default: all that was collected.
            request_id: default: a new id.
        """
        received = {} if received_cents is None else {"received_cents": received_cents}
        members = {"scheme": scheme, "settlement": settlement, "reason": reason, **received}
        return cast(Settlement, self._caller.invoke("settlement:Reopen", members, request_id=request_id))

    def net(
        self, scheme: str, against: str, shop: str, reason: str, *, request_id: str | None = None
    ) -> Netted:
        """`settlement:Net`: deduct what a shop owes under a scheme from what it is owed under another.

        Args:
            scheme: the scheme under which it owes.
            against: the scheme under which it is owed.
            shop: the shop.
            reason: a code.
            request_id: default: a new id.

        Raises:
            NothingToClaim: it owes nothing for the closed days.
            NothingToSettle: it is owed nothing for the closed days.
        """
        members = {"scheme": scheme, "against": against, "shop": shop, "reason": reason}
        return cast(Netted, self._caller.invoke("settlement:Net", members, request_id=request_id))

    def index(self, scheme: str, settlement: str, *, request_id: str | None = None) -> Settlement:
        """`settlement:Index`: bring a settlement of layout 2 under the keys of today; moves no money."""
        members = {"scheme": scheme, "settlement": settlement}
        return cast(Settlement, self._caller.invoke("settlement:Index", members, request_id=request_id))
