"""Queries on settlements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Due, DueShop, Item, Settlement


class SettlementQueries(Desk):
    """Queries on settlements. `Caller` lists what each may raise."""

    def show(self, scheme: str, settlement: str) -> Settlement:
        """`settlement:Show`: a settlement; `items` lists what it includes."""
        return cast(
            Settlement, self._caller.query("settlement:Show", {"scheme": scheme, "settlement": settlement})
        )

    def list(self, scheme: str) -> Iterator[Settlement]:
        """`settlement:List`: all settlements of a scheme, by id."""
        return self._caller.items("settlement:List", {"scheme": scheme})

    def items(self, scheme: str, settlement: str) -> Iterator[Item]:
        """`settlement:Items`: the items that a settlement includes, oldest first.

        A settlement that was withdrawn, rejected or returned, or a receivable that was reopened, has none.
        """
        return self._caller.items("settlement:Items", {"scheme": scheme, "settlement": settlement})

    def live(self, scheme: str) -> Iterator[Settlement]:
        """`settlement:Live`: settlements and receivables that wait for somebody's next step, by shop."""
        return self._caller.items("settlement:Live", {"scheme": scheme})

    def receivables(self, scheme: str | None = None) -> Iterator[Settlement]:
        """`settlement:Receivables`: what shops owe, by scheme and shop.

        `kindpakket.backoffice.receivables.ageing` sorts them by age.

        Args:
            scheme: only those under this scheme; default: under all.
        """
        of_scheme = {} if scheme is None else {"scheme": scheme}
        return self._caller.items("settlement:Receivables", of_scheme)

    def due_list(self, scheme: str) -> Iterator[DueShop]:
        """`settlement:DueList`: all shops with open items of closed days, and whether each is due."""
        return self._caller.items("settlement:DueList", {"scheme": scheme})

    def due(self, scheme: str, shop: str) -> Due:
        """`settlement:Due`: whether a shop is due to be paid, why, and what a draft would include now."""
        return cast(Due, self._caller.query("settlement:Due", {"scheme": scheme, "shop": shop}))
