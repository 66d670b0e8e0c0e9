"""Steps of a conversation with the peer, written once for sync and asyncio.

A flow is a generator: it yields what it needs done, a call or a pause, and is sent the answer, bytes, or has
`CallFailed` thrown into it. It returns its result. The drivers in `sync` and `aio` run flows; flows compose
with `yield from`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias, TypeVar

from grpc import StatusCode

from fabric_gateway._connection.deadlines import Countdown
from fabric_gateway._connection.waits import jittered
from fabric_gateway.errors import EndorseError, ErrorDetail, FabricError, GatewayError, says_overloaded

T = TypeVar("T")
E = TypeVar("E", bound=GatewayError)

_ATTEMPTS = 6  # of what passes by itself or never: see `_doubtful`
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0

# What the Gateway says itself with a status that gRPC also uses for lost connections, and without details
# (internal/pkg/gateway of Fabric).
_WORDS_OF_NODES = (
    "endorsement timeout expired",
    "evaluate timeout expired",
    "failed to find any endorsing peers",
    "failed to select a set of endorsers",
    "failed to get config for channel",
    "insufficient number of orderers",
    "no orderer nodes available",
    "no orderers could successfully process",
    "submit timeout expired",
)


@dataclass(frozen=True, slots=True)
class Call:
    """One unary call: the service's path, the serialised request, seconds.

    `avoid` names a peer that is to be called only if no other one is healthy; transaction id and number of
    the attempt are for observers.
    """

    path: str
    request: bytes
    timeout: float
    avoid: str = ""
    transaction_id: str = ""
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for some seconds."""

    seconds: float


class CallFailed(Exception):
    """A call that ended with a gRPC status other than OK.

    Attributes:
        peer: name of the peer that was called; "" if none was.
        elsewhere: the peer could not be reached or did not answer, and another one is healthy.
        unproven: the peer did not show a TLS certificate that the client trusts, and will not by itself.
        unsent: the call was not sent, because there was no room for it.
    """

    def __init__(self, status: StatusCode, reason: str, details: tuple[ErrorDetail, ...] = ()) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.details = details
        self.peer = ""
        self.elsewhere = False
        self.unproven = False
        self.unsent = False

    @property
    def said_by_node(self) -> bool:
        """The message is Fabric's own, not gRPC's about a connection."""
        return bool(self.details) or self.reason.startswith(_WORDS_OF_NODES)

    @property
    def never_connected(self) -> bool:
        """There was no connection that could have carried the call."""
        return self.reason.startswith("failed to connect to all addresses")

    @property
    def overloaded(self) -> bool:
        """A node had no capacity for the call."""
        return not self.unsent and says_overloaded(self.status, self.reason, self.details)


Step: TypeAlias = Call | Pause
Flow: TypeAlias = Generator[Step, bytes, T]


def call(
    path: str,
    request: bytes,
    timeout: float,
    *,
    avoid: str = "",
    transaction_id: str = "",
    attempt: int = 1,
) -> Flow[bytes]:
    """Make one call, and return the serialised response."""
    return (yield Call(path, request, timeout, avoid, transaction_id, attempt))


def pause(seconds: float) -> Flow[None]:
    """Wait."""
    yield Pause(seconds)


def backoff(attempt: int) -> float:
    """Seconds to wait after the given failed attempt (1, 2, …): growing, bounded, with jitter."""
    return jittered(_FIRST_PAUSE, _LONGEST_PAUSE, attempt)


def repeatedly(
    path: str,
    request: bytes,
    deadline: Countdown,
    error: Callable[[CallFailed], E],
    *,
    transaction_id: str = "",
) -> Flow[bytes]:
    """Make a call that is safe to repeat, again while its failure is `retryable` and time is left.

    Raises what `error` makes of the last failure that is not merely a consequence of the one before: that
    time ran out, or that a chaincode process which ended under the first attempt is gone. What passes by
    itself, as when a peer starts again, is waited for as long as the deadline allows; what may never pass is
    tried six times. The next attempt goes to another peer if one is healthy: at once when the last one could
    not be reached, else after a pause.
    """
    attempt = 0
    doubtful = 0
    avoid = ""
    reported: E | None = None
    for number in count(1):
        try:
            return (yield Call(path, request, deadline.remaining, avoid, transaction_id, number))
        except CallFailed as failure:
            problem = error(failure)
            if reported is not None and failure.status is StatusCode.DEADLINE_EXCEEDED:
                raise reported from problem
            if reported is None or not (reported.chaincode_stopped and problem.peer_unready):
                reported = problem
            avoid = failure.peer
            elsewhere = failure.elsewhere
            unproven = failure.unproven
        if elsewhere and (problem.retryable or unproven) and deadline.remaining:
            continue
        attempt += 1
        doubtful += _doubtful(problem)
        wait = backoff(attempt)
        if not problem.retryable or doubtful >= _ATTEMPTS or wait >= deadline.remaining:
            raise reported
        try:
            yield from pause(wait)
        except CallFailed:  # the caller no longer waits
            raise reported from None
    raise AssertionError("unreachable")


def _doubtful(problem: GatewayError) -> bool:
    """The failure may never pass: this very call may crash the chaincode, or never give one result."""
    return problem.chaincode_stopped or (isinstance(problem, EndorseError) and problem.results_differ)


def given_up(flow: Flow[T]) -> FabricError | None:
    """Tell a flow that its caller no longer waits; what it then knows about its transaction.

    That is an `UnknownOutcome` if the transaction may have been ordered, another error if it was not.
    """
    try:
        while True:
            flow.throw(CallFailed(StatusCode.CANCELLED, "the program gave up on the call"))
    except FabricError as known:
        return known
    except (CallFailed, StopIteration):
        return None
