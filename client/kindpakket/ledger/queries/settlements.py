"""Queries on settlements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Due, Settlement


class SettlementQueries(Desk):
    """Queries on settlements. `Caller` lists what each may raise."""

    def show(self, scheme: str, settlement: str) -> Settlement:
        """`settlement:Show`: a settlement with its items."""
        return cast(
            Settlement, self._caller.query("settlement:Show", {"scheme": scheme, "settlement": settlement})
        )

    def list(self, scheme: str) -> Iterator[Settlement]:
        """`settlement:List`: all settlements of a scheme, by id."""
        return self._caller.items("settlement:List", {"scheme": scheme})

    def due(self, scheme: str, shop: str) -> Due:
        """`settlement:Due`: whether a shop is due to be paid, why, and what a draft would include now."""
        return cast(Due, self._caller.query("settlement:Due", {"scheme": scheme, "shop": shop}))
