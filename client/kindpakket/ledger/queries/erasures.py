"""Queries on erasures of private records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Collection, DueErasure, Erasure


class ErasureQueries(Desk):
    """Queries on erasures of private records. `Caller` says what each may raise."""

    def show(self, erasure: str) -> Erasure:
        """`erasure:Show`: an order to purge private records; once it is certified, the certificate."""
        return cast(Erasure, self._caller.query("erasure:Show", {"erasure": erasure}))

    def list(self) -> Iterator[Erasure]:
        """`erasure:List`: all orders to purge private records, by id."""
        return self._caller.items("erasure:List")

    def due(self, collection: Collection, scheme: str | None = None) -> Iterator[DueErasure]:
        """`erasure:Due`: whose private records have passed their retention term and are still there.

        Args:
            collection: `citizens`, case references by voucher; or `shopAccounts`, accounts by shop.
            scheme: the scheme, of `citizens` only.
        """
        of_scheme = {} if scheme is None else {"scheme": scheme}
        return self._caller.items("erasure:Due", {"collection": collection, **of_scheme})
