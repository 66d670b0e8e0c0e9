"""What became of a request, by its id."""

from __future__ import annotations

from typing import cast

from kindpakket.ledger.queries.requests import RequestQueries
from kindpakket.ledger.records import Voided


class RequestDesk(RequestQueries):
    """Transactions on requests themselves: to make certain what became of one."""

    def void(self, request: str, *, request_id: str | None = None) -> Voided:
        """`request:Void`: make it certain that a request is not done, and never will be.

        For a request whose outcome is unknown and which is not to be sent again: the customer has left, the
        batch was dropped. When this returns, nothing was committed under that id and nothing can be any
        more, so the same thing may safely be done under a new id. `RequestCommitted` is certain too: it is
        done. Case records and purges of private records leave nothing under their request ids; repeat them
        instead, which is safe.

        Args:
            request: the id of the request that is to be void.
            request_id: the id of this request; to send it again when its own answer was lost.

        Raises:
            RequestCommitted: the request was committed, as the operation in the details, and stands.
        """
        return cast(Voided, self._caller.invoke("request:Void", {"void": request}, request_id=request_id))
