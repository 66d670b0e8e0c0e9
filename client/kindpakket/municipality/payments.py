"""The desk for payments: releasing expired holds, and finding those of an earlier layout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from kindpakket.ledger.queries.payments import PaymentQueries
from kindpakket.ledger.records import IndexedPayments, Payment


class PaymentDesk(PaymentQueries):
    """Transactions on payments."""

    def release(self, payment: str, reason: str, *, request_id: str | None = None) -> Payment:
        """`payment:Release`: return an expired hold to its voucher. The reason is a code.

        Raises:
            HoldLive: the hold has not expired, so only its shop may release it.
        """
        members = {"payment": payment, "reason": reason}
        return cast(Payment, self._caller.invoke("payment:Release", members, request_id=request_id))

    def index(self, payments: Sequence[str], *, request_id: str | None = None) -> IndexedPayments:
        """`payment:Index`: bring payments of layout 2, at most `BULK`, under the keys of today.

        `unindexed` lists them. It moves no money.
        """
        members = {"payments": list(payments)}
        return cast(IndexedPayments, self._caller.invoke("payment:Index", members, request_id=request_id))
