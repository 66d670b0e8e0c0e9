"""Queries on erasures of private records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Collection, DueErasure, Erasure, UnusedCase


class ErasureQueries(Desk):
    """Queries on erasures of private records. `Caller` lists what each may raise."""

    def show(self, erasure: str) -> Erasure:
        """`erasure:Show`: an order to purge private records; after certification, its certificate."""
        return cast(Erasure, self._caller.query("erasure:Show", {"erasure": erasure}))

    def list(self) -> Iterator[Erasure]:
        """`erasure:List`: all orders to purge private records, by id."""
        return self._caller.items("erasure:List")

    def unused_cases(self, scheme: str) -> Iterator[UnusedCase]:
        """`erasure:UnusedCases`: cases that were recorded and led to no voucher, with the day they are due.

        Answered by the municipality's own peer, which holds the private records.
        """
        return self._caller.items("erasure:UnusedCases", {"scheme": scheme})

    def due(self, collection: Collection, scheme: str | None = None) -> Iterator[DueErasure]:
        """`erasure:Due`: private records past their retention term that are still there.

        Args:
            collection: `citizens`: case references by voucher; `shopAccounts`: accounts by shop.
            scheme: the scheme; for `citizens` only.
        """
        of_scheme = {} if scheme is None else {"scheme": scheme}
        return self._caller.items("erasure:Due", {"collection": collection, **of_scheme})
