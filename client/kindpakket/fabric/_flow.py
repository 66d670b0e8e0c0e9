"""Steps of a conversation with the peer, written once for sync and asyncio.

A flow is a generator: it yields what it needs done, a call or a pause, and is sent the answer, bytes, or has
`CallFailed` thrown into it. It returns its result. The drivers in `_session` run flows; flows compose with
`yield from`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeAlias, TypeVar

from grpc import StatusCode

from kindpakket.fabric.deadlines import Countdown
from kindpakket.fabric.errors import ErrorDetail, GatewayError

T = TypeVar("T")
E = TypeVar("E", bound=GatewayError)

_ATTEMPTS = 6
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class Call:
    """One unary call: the service's path, the serialised request, seconds."""

    path: str
    request: bytes
    timeout: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for some seconds."""

    seconds: float


class CallFailed(Exception):
    """A call that ended with a gRPC status other than OK."""

    def __init__(self, status: StatusCode, reason: str, details: tuple[ErrorDetail, ...] = ()) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.details = details


Step: TypeAlias = Call | Pause
Flow: TypeAlias = Generator[Step, bytes, T]


def call(path: str, request: bytes, timeout: float) -> Flow[bytes]:
    """Make one call, and return the serialised response."""
    return (yield Call(path, request, timeout))


def pause(seconds: float) -> Flow[None]:
    """Wait."""
    yield Pause(seconds)


def backoff(attempt: int) -> float:
    """Seconds to wait after the given failed attempt (1, 2, …): growing, bounded, with jitter."""
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1))
    return random.uniform(longest / 2, longest)  # noqa: S311


def repeatedly(
    path: str,
    request: bytes,
    deadline: Countdown,
    error: Callable[[CallFailed], E],
    passing: Callable[[E], bool] = attrgetter("retryable"),
    attempts: int | None = _ATTEMPTS,
) -> Flow[bytes]:
    """Make a call that may be repeated without harm, again while its failure is `passing`, in time.

    Raises what `error` makes of the last failure. `attempts` None means as many as the deadline allows.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            return (yield from call(path, request, deadline.remaining))
        except CallFailed as failure:
            problem = error(failure)
        wait = backoff(attempt)
        if not passing(problem) or attempt == attempts or wait >= deadline.remaining:
            raise problem
        yield from pause(wait)
