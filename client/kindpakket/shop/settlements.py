"""The desk for what a shop is still owed: open items, and settlements that pay them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.queries.audit import AuditQueries
from kindpakket.ledger.queries.settlements import SettlementQueries
from kindpakket.ledger.records import Due, Item, Settlement, ShopStatement
from kindpakket.shop.desk import ShopDesk


class ShopSettlementDesk(ShopDesk):
    """A shop's open items and settlements."""

    def unsettled(self, scheme: str) -> Iterator[Item]:
        """`payment:Unsettled`: what the shop is owed and is not in a live settlement, oldest first."""
        return self._caller.items("payment:Unsettled", {"scheme": scheme, "shop": self._shop})

    def due(self, scheme: str) -> Due:
        """`settlement:Due`: whether the shop is due to be paid, why, and how much in cents."""
        return SettlementQueries(self._caller).due(scheme, self._shop)

    def draft(self, scheme: str, *, request_id: str | None = None) -> Settlement:
        """`settlement:Draft`: ask to be paid for the closed days; the municipality approves.

        Raises:
            NothingToSettle: there is nothing to pay.
            SettlementNotDue: payment is not due, by rhythm or by amount; see `due`.
        """
        members = {"scheme": scheme, "shop": self._shop}
        return cast(Settlement, self._caller.invoke("settlement:Draft", members, request_id=request_id))

    def show(self, scheme: str, settlement: str) -> Settlement:
        """`settlement:Show`: a settlement of this shop; `items` lists what it includes."""
        return SettlementQueries(self._caller).show(scheme, settlement)

    def items(self, scheme: str, settlement: str) -> Iterator[Item]:
        """`settlement:Items`: the items that a settlement of this shop includes, oldest first."""
        return SettlementQueries(self._caller).items(scheme, settlement)

    def statement(self, scheme: str) -> ShopStatement:
        """`audit:ShopStatement`: the shop's settlements and open items, and where its money is."""
        return AuditQueries(self._caller).shop_statement(scheme, self._shop)
