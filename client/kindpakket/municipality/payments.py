"""The desk for payments: releasing holds, refunds that wait, and payments of an earlier layout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from kindpakket.holder.orders import ReleaseOrder
from kindpakket.ledger.queries.payments import PaymentQueries
from kindpakket.ledger.records import IndexedPayments, Payment, Proof, Refund, ReleasedByHolder


class PaymentDesk(PaymentQueries):
    """Transactions on payments."""

    def release(self, payment: str, reason: str, *, request_id: str | None = None) -> Payment:
        """`payment:Release`: return a hold to its voucher, once it has expired. The reason is a code.

        An approver may do it before, while the voucher is blocked or the shop is not approved.

        Raises:
            HoldLive: the hold has not expired, so only its shop may release it.
        """
        members = {"payment": payment, "reason": reason}
        return cast(Payment, self._caller.invoke("payment:Release", members, request_id=request_id))

    def release_by_holder(self, order: ReleaseOrder, proof: Proof) -> ReleasedByHolder:
        """`payment:ReleaseByHolder`: return a hold to its voucher, because the holder says so.

        Args:
            order: what the holder signed.
            proof: the holder's proof; by a booklet, with the page that the hold was agreed with.
        """
        return cast(ReleasedByHolder, self._caller.invoke(order.operation, order.request(proof)))

    def endorse_refund(self, refund: str, *, request_id: str | None = None) -> Refund:
        """`payment:EndorseRefund`: agree to a refund that waits, as the first of two persons."""
        members = {"refund": refund}
        return cast(Refund, self._caller.invoke("payment:EndorseRefund", members, request_id=request_id))

    def approve_refund(self, refund: str, *, request_id: str | None = None) -> Refund:
        """`payment:ApproveRefund`: return the money, by someone other than who endorsed the refund."""
        members = {"refund": refund}
        return cast(Refund, self._caller.invoke("payment:ApproveRefund", members, request_id=request_id))

    def reject_refund(self, refund: str, reason: str, *, request_id: str | None = None) -> Refund:
        """`payment:RejectRefund`: end a refund that waits; nothing was moved. The reason is a code.

        An approver may also end one that was asked for, once its shop has ended.
        """
        members = {"refund": refund, "reason": reason}
        return cast(Refund, self._caller.invoke("payment:RejectRefund", members, request_id=request_id))

    def index(self, payments: Sequence[str], *, request_id: str | None = None) -> IndexedPayments:
        """`payment:Index`: bring payments of layout 2, at most `BULK`, under the keys of today.

        `unindexed` lists them. It moves no money.
        """
        members = {"payments": list(payments)}
        return cast(IndexedPayments, self._caller.invoke("payment:Index", members, request_id=request_id))
