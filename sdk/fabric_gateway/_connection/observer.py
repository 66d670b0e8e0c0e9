"""What a program can see of a gateway's work while it happens: for metrics and tracing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from fabric_gateway._connection.flow import Flow

T = TypeVar("T")

OperationName: TypeAlias = Literal["transaction", "evaluate", "endorse", "submit", "commit status"]

log = logging.getLogger("fabric_gateway")


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
        method: the method's path, such as `/gateway.Gateway/Endorse`.
        address: host and port of the peer; "" if none was called.
    """

    step: str
    transaction_id: str
    peer: str
    attempt: int
    waited: float
    seconds: float
    status: str
    method: str = ""
    address: str = ""

    @property
    def successful(self) -> bool:
        """The call was answered as asked."""
        return self.status == "OK"


@dataclass(frozen=True, slots=True)
class Operation:
    """What a program asked for, which may take several calls of peers. It does not say with which arguments.

    Attributes:
        name: `transaction` for all steps of `Contract.submit` together, which are operations within it; or
            one step.
        channel: name of the channel.
        transaction_id: the transaction.
        chaincode: name of the chaincode; "" where it is not known any more, as after endorsement.
        function: name of the function; "" likewise.
    """

    name: OperationName
    channel: str
    transaction_id: str
    chaincode: str = ""
    function: str = ""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """Something that happened to a stream of blocks or events.

    Attributes:
        what: `received` items; or a connection `ended`.
        channel: name of the channel.
        method: the method's path, such as `/protos.Deliver/Deliver`.
        peer: name of the peer.
        address: host and port of the peer.
        items: how many items came: at once, or in all over a connection that ended.
        seconds: how long a connection that ended had lasted; else 0.
        status: how it ended: name of a gRPC status; `OK` if the program closed it, or it was read to its end.
    """

    what: Literal["received", "ended"]
    channel: str
    method: str
    peer: str
    address: str
    items: int
    seconds: float = 0.0
    status: str = "OK"


class Observer(Protocol):
    """Is notified of every call. It runs where the call was made, so it must be quick and must not block.

    What it raises is logged and ignored. With the sync client, many threads call it.

    An observer may have two more methods. `operation(operation: Operation)` returns a context manager that is
    entered before the operation's first call and left, with the error if there is one, after its last, in the
    thread or task of the program. `on_stream(event: StreamEvent)` is called when streams receive something or
    end.
    """

    def on_step(self, event: StepEvent) -> None:
        """A call of a peer has ended."""


def watched(observer: Observer | None, operation: Callable[[], Operation], flow: Flow[T]) -> Flow[T]:
    """A flow, seen by an observer as an operation, which is made only for an observer that wants it."""
    around = None if observer is None else getattr(observer, "operation", None)
    return flow if around is None else _watching(around, operation(), flow)


def _watching(around: Any, operation: Operation, flow: Flow[T]) -> Flow[T]:
    with _entered(around, operation):
        return (yield from flow)


@contextmanager
def _entered(around: Any, operation: Operation) -> Iterator[None]:
    """The observer's context manager, whose own failures break nothing."""
    manager: AbstractContextManager[Any] | None = None
    try:
        manager = around(operation)
        manager.__enter__()
    except Exception:
        log.exception("the observer failed at %s of %s", operation.name, operation.transaction_id)
        manager = None
    try:
        yield
    except BaseException as error:
        _leave(manager, operation, error)
        raise
    else:
        _leave(manager, operation, None)


def _leave(
    manager: AbstractContextManager[Any] | None, operation: Operation, error: BaseException | None
) -> None:
    if manager is None:
        return
    try:
        manager.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
    except Exception:
        log.exception("the observer failed at %s of %s", operation.name, operation.transaction_id)
