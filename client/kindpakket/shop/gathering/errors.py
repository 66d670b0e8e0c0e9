"""What may go wrong with a request because it was gathered, beside what may go wrong with one alone."""

from __future__ import annotations

from fabric_gateway import UnknownOutcome


class GatheringClosed(RuntimeError):
    """A request was made after its gathering had been closed; nothing was sent."""


class UnknownPayment(UnknownOutcome):
    """It is not known whether a request was carried out. Never pay again under another id.

    The transaction is a batch, so its commit status says nothing about one request in it: a valid batch may
    have refused it. Send the same request with the same `request_id` again, or settle it with `request:Void`
    (`shop.requests.void`).

    Attributes:
        request_id: the request.
        transaction_id: the transaction of the batch.
        envelope: the signed transaction of the batch, bytes; b"" if the caller was interrupted.
    """

    def __init__(self, request_id: str, transaction_id: str = "", envelope: bytes = b"") -> None:
        super().__init__(transaction_id, envelope)
        self.request_id = request_id
        self.args = (
            f"it is not known whether request {request_id} was carried out: send it again with the same id, "
            "or settle it with request:Void; do not pay under another id",
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.request_id, self.transaction_id, self.envelope))
