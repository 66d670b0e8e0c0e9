"""Failures of calls as hfc's programs catch them: errors of `fabric_gateway` that are `grpc.RpcError` too.

hfc lets gRPC's own exceptions through, so programs have `except grpc.RpcError` and call `code()` and
`details()`. Attributes of `fabric_gateway`'s errors keep working: `details` is the tuple of what nodes
said, and can be called.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import grpc
from grpc import StatusCode

import fabric_gateway as fabric
from fabric_gateway.errors import DiscoveryError as _DiscoveryError
from fabric_gateway.errors import ErrorDetail, FabricError, GatewayError

P = ParamSpec("P")
R = TypeVar("R")


class Details(tuple[ErrorDetail, ...]):
    """What each node said; called, all that is known as one text, as gRPC's errors have it."""

    def __new__(cls, details: Iterable[ErrorDetail], text: str) -> Details:
        made = super().__new__(cls, tuple(details))
        made._text = text
        return made

    _text: str

    def __call__(self) -> str:
        return self._text

    def __reduce__(self) -> tuple[object, ...]:
        return (Details, (tuple(self), self._text))


_RpcError: Any = grpc.RpcError  # its stubs have a `details` beside which no other attribute may be


class RpcFailure(_RpcError):  # type: ignore[misc]
    """What gRPC's errors have besides: the methods that programs call in a handler."""

    status = StatusCode.UNKNOWN

    def code(self) -> StatusCode:
        """The gRPC status."""
        return self.status

    def initial_metadata(self) -> tuple[()]:
        """Nothing: the Gateway's metadata is in `details`."""
        return ()

    def trailing_metadata(self) -> tuple[()]:
        """Nothing: the Gateway's metadata is in `details`."""
        return ()

    def debug_error_string(self) -> str:
        """The error's own sentence."""
        return str(self)


class EvaluateError(RpcFailure, fabric.EvaluateError):
    """An evaluation failed otherwise than by a refusal of the chaincode."""


class NotOnLedger(RpcFailure, fabric.NotOnLedger):
    """The peer's ledger holds no such block or transaction."""


class EndorseError(RpcFailure, fabric.EndorseError):
    """Endorsement failed; nothing was ordered."""


class SubmitError(RpcFailure, fabric.SubmitError):
    """Ordering certainly refused the transaction."""


class CommitStatusError(RpcFailure, fabric.CommitStatusError):
    """The commit status could not be learnt."""


class EventsError(RpcFailure, fabric.EventsError):
    """A stream of blocks or events ended and could not resume."""


class DiscoveryError(RpcFailure, _DiscoveryError):
    """The discovery service refused or failed."""


class UnknownOutcome(RpcFailure, fabric.UnknownOutcome):
    """It is not known whether the transaction is or will be in a block: catch it before `grpc.RpcError`."""

    def details(self) -> str:
        """The error's own sentence."""
        return str(self)


_KINDS: tuple[type[GatewayError], ...] = (
    EvaluateError,
    NotOnLedger,
    EndorseError,
    SubmitError,
    CommitStatusError,
    EventsError,
    DiscoveryError,
)


def rpc_error(error: FabricError) -> FabricError:
    """The same error as one of gRPC's; another kind of error as it is."""
    if isinstance(error, grpc.RpcError):
        return error
    if isinstance(error, fabric.UnknownOutcome):
        unknown = UnknownOutcome(error.transaction_id, error.envelope)
        unknown.__cause__ = error.__cause__
        if isinstance(error.__cause__, GatewayError):
            unknown.status = error.__cause__.status
        return unknown
    if not isinstance(error, GatewayError):
        return error
    kind: Any = next((kind for kind in _KINDS if issubclass(kind, type(error))), None)
    if kind is None:
        return error
    text = "; ".join((error.reason, *map(str, error.details)))
    made: GatewayError = kind(
        error.reason,
        status=error.status,
        details=Details(error.details, text),
        transaction_id=error.transaction_id,
    )
    made.__cause__ = error.__cause__
    return made


def rpc_errors(call: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Have a coroutine function raise gRPC's errors."""

    @wraps(call)
    async def calling(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return await call(*arguments, **named)
        except FabricError as error:
            found = rpc_error(error)
            if found is error:
                raise
            raise found.with_traceback(error.__traceback__) from error.__cause__

    return calling
