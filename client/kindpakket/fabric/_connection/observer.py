"""What a program can see of a gateway's calls while it works: for metrics and tracing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StepEvent:
    """One finished call of a peer. It does not say what was sent or answered.

    Attributes:
        step: `evaluate`, `endorse`, `submit` or `commit status`; the method's path for other services.
        transaction_id: the transaction; "" for calls that belong to none.
        peer: name of the peer; "" if none was called, because the call had no turn in time.
        attempt: 1, 2, … within the step: an unclear submit asks for the commit status and is offered again,
            each counting by itself.
        waited: seconds for which the call waited for its turn, see `Limits`.
        seconds: seconds that the call took, without `waited`.
        status: name of its gRPC status, `OK` or another.
    """

    step: str
    transaction_id: str
    peer: str
    attempt: int
    waited: float
    seconds: float
    status: str

    @property
    def successful(self) -> bool:
        """The call was answered as asked."""
        return self.status == "OK"


class Observer(Protocol):
    """Is notified of every call. It runs where the call was made, so it must be quick and must not block.

    What it raises is logged and ignored. With the sync client, many threads call it.
    """

    def on_step(self, event: StepEvent) -> None:
        """A call of a peer has ended."""
