"""A desk for one shop."""

from __future__ import annotations

from kindpakket.ledger.caller import Caller
from kindpakket.ledger.desk import Desk


class ShopDesk(Desk):
    """The transactions of one noun, for one shop."""

    def __init__(self, caller: Caller, shop: str) -> None:
        """Act for a shop, by id, through a caller."""
        super().__init__(caller)
        self._shop = shop
