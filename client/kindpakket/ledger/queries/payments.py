"""Queries on payments and holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import DayEntry, Item, Payment, Refund


class PaymentQueries(Desk):
    """Queries on payments and holds. `Caller` lists what each may raise."""

    def show(self, payment: str) -> Payment:
        """`payment:Show`: a payment."""
        return cast(Payment, self._caller.query("payment:Show", {"payment": payment}))

    def list(self, scheme: str) -> Iterator[Payment]:
        """`payment:List`: all payments of a scheme, holds included.

        Holds come first, then what is open, settled, and undone, each by shop and day. One that is settled
        or captured meanwhile may come twice.
        """
        return self._caller.items("payment:List", {"scheme": scheme})

    def waiting_refunds(self, scheme: str, shop: str | None = None) -> Iterator[Refund]:
        """`payment:WaitingRefunds`: the refunds under a scheme, or of one of its shops, to be decided on.

        First those that a second person of their shop has to confirm, then those that wait for two persons of
        the municipality. One that is confirmed meanwhile may come twice.
        """
        of_shop = {} if shop is None else {"shop": shop}
        return self._caller.items("payment:WaitingRefunds", {"scheme": scheme, **of_shop})

    def show_refund(self, refund: str) -> Refund:
        """`payment:ShowRefund`: a refund."""
        return cast(Refund, self._caller.query("payment:ShowRefund", {"refund": refund}))

    def of_day(self, scheme: str, shop: str, day: str) -> Iterator[DayEntry]:
        """`payment:OfDay`: a shop's payments, holds and refunds of a booking day, `YYYY-MM-DD`."""
        return self._caller.items("payment:OfDay", {"scheme": scheme, "shop": shop, "day": day})

    def holds(self, scheme: str, shop: str | None = None) -> Iterator[Payment]:
        """`payment:Holds`: what is held, under a scheme or by one of its shops.

        A hold whose time is over stays until somebody releases it.
        """
        of_shop = {} if shop is None else {"shop": shop}
        return self._caller.items("payment:Holds", {"scheme": scheme, **of_shop})

    def unindexed(self) -> Iterator[str]:
        """`payment:Unindexed`: ids of payments of layout 2, of all schemes, that `index` has to find anew."""
        return self._caller.items("payment:Unindexed")

    def unsettled(self, scheme: str, shop: str) -> Iterator[Item]:
        """`payment:Unsettled`: what a shop is owed and is not in a live settlement, oldest first."""
        return self._caller.items("payment:Unsettled", {"scheme": scheme, "shop": shop})
