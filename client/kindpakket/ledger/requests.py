"""The desk for requests: settling one whose outcome is unknown."""

from __future__ import annotations

from typing import cast

from kindpakket.ledger.queries.requests import RequestQueries
from kindpakket.ledger.records import Voided


class RequestDesk(RequestQueries):
    """Transactions on requests themselves."""

    def void(self, request: str, *, request_id: str | None = None) -> Voided:
        """`request:Void`: make sure that a request has not been committed and never will be.

        Use it if the outcome of a request is unknown and it should not be sent again: the customer has left,
        or the batch was dropped. Once this returns, nothing has been or can be committed under that id, so
        the same thing can safely be done under a new id. `RequestCommitted` settles it too: the request took
        effect. Case records and purges of private records leave nothing under their request ids; repeat those
        instead, which is safe.

        Args:
            request: the id of the request to void.
            request_id: the id of this request; give the same one to repeat it after its answer was lost.

        Raises:
            RequestCommitted: the request was committed, as the operation in the details, and remains in
                effect.
        """
        return cast(Voided, self._caller.invoke("request:Void", {"void": request}, request_id=request_id))
