"""The desk for payments: releasing expired holds."""

from __future__ import annotations

from typing import cast

from kindpakket.ledger.queries.payments import PaymentQueries
from kindpakket.ledger.records import Payment


class PaymentDesk(PaymentQueries):
    """Transactions on payments."""

    def release(self, payment: str, reason: str, *, request_id: str | None = None) -> Payment:
        """`payment:Release`: return an expired hold to its voucher. The reason is a code.

        Raises:
            HoldLive: the hold has not expired, so only its shop may release it.
        """
        members = {"payment": payment, "reason": reason}
        return cast(Payment, self._caller.invoke("payment:Release", members, request_id=request_id))
