"""Queries on requests themselves."""

from __future__ import annotations

from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Outcome


class RequestQueries(Desk):
    """Queries on requests themselves. `Caller` says what each may raise."""

    def show(self, request: str) -> Outcome:
        """`request:Show`: what became of a request, as the peer that answers has it.

        `committed` and `void` are final. `unknown` is not: it may still be on its way, and `void` decides.
        """
        return cast(Outcome, self._caller.query("request:Show", {"request": request}))
