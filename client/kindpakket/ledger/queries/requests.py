"""Queries on requests themselves."""

from __future__ import annotations

from typing import cast

from kindpakket.ledger.desk import Desk
from kindpakket.ledger.records import Outcome


class RequestQueries(Desk):
    """Queries on requests themselves. `Caller` lists what each may raise."""

    def show(self, request: str) -> Outcome:
        """`request:Show`: the outcome of a request, by the state of the peer that answers.

        `committed` and `void` are final. `unknown` is not: the request may still be on its way. `void`
        settles it.
        """
        return cast(Outcome, self._caller.query("request:Show", {"request": request}))
