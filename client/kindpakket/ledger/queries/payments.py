"""Queries on payments and holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Item, Payment, Refund


class PaymentQueries(Desk):
    """Queries on payments and holds. `Caller` lists what each may raise."""

    def show(self, payment: str) -> Payment:
        """`payment:Show`: a payment."""
        return cast(Payment, self._caller.query("payment:Show", {"payment": payment}))

    def list(self, scheme: str) -> Iterator[Payment]:
        """`payment:List`: all payments of a scheme, holds included, by id."""
        return self._caller.items("payment:List", {"scheme": scheme})

    def waiting_refunds(self, scheme: str) -> Iterator[Refund]:
        """`payment:WaitingRefunds`: the refunds of a scheme that wait for two persons, by id."""
        return self._caller.items("payment:WaitingRefunds", {"scheme": scheme})

    def unsettled(self, scheme: str, shop: str) -> Iterator[Item]:
        """`payment:Unsettled`: what a shop is owed and is not in a live settlement, oldest first."""
        return self._caller.items("payment:Unsettled", {"scheme": scheme, "shop": shop})
