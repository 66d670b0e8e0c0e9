"""Queries on shops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Shop


def payout_is_frozen(shop: Shop) -> bool:
    """Whether a shop's settlements cannot be exported: it is suspended, or its payout is frozen."""
    return shop["state"] == "suspended" or "payout_frozen_by" in shop


class ShopQueries(Desk):
    """Queries on shops. `Caller` lists what each may raise."""

    def show(self, shop: str) -> Shop:
        """`shop:Show`: a shop."""
        return cast(Shop, self._caller.query("shop:Show", {"shop": shop}))

    def list(self) -> Iterator[Shop]:
        """`shop:List`: all shops, by id."""
        return self._caller.items("shop:List")

    def frozen(self) -> set[str]:
        """The ids of the shops whose settlements cannot be exported now."""
        return {shop["id"] for shop in self.list() if payout_is_frozen(shop)}
