"""How far a reading of blocks or events has got, and what a break means: for sync and asyncio."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Generic, Literal, TypeVar

from grpc import StatusCode

from fabric_gateway._connection.deadlines import Countdown
from fabric_gateway._connection.flow import CallFailed, Flow, backoff, pause
from fabric_gateway._connection.observer import StreamEvent
from fabric_gateway._connection.peers import Link
from fabric_gateway._connection.session import Session
from fabric_gateway._flows import ledger
from fabric_gateway._flows.kinds import Kind
from fabric_gateway.checkpoints._checkpoint import Position
from fabric_gateway.errors import ErrorDetail, EvaluateError, EventsError

T = TypeVar("T")

_FINAL = frozenset(
    {
        StatusCode.CANCELLED,  # the gateway was closed
        StatusCode.DATA_LOSS,
        StatusCode.FAILED_PRECONDITION,
        StatusCode.INVALID_ARGUMENT,
        StatusCode.OUT_OF_RANGE,
        StatusCode.PERMISSION_DENIED,
        StatusCode.UNAUTHENTICATED,
        StatusCode.UNIMPLEMENTED,
    }
)
_UNEXPLAINED = frozenset({StatusCode.INVALID_ARGUMENT, StatusCode.NOT_FOUND, StatusCode.PERMISSION_DENIED})
_LONGER_THAN_CONNECTING = 30.0
"""Seconds after which a stream that has not failed is taken to be connected, although nothing came."""

log = logging.getLogger("fabric_gateway.events")


class Reading(Generic[T]):
    """One reading of blocks or events, over as many streams as it takes.

    After a break the next stream begins where the last one ended. Duplicate blocks are dropped, and a missing
    block is an error.
    """

    def __init__(
        self,
        session: Session,
        channel: str,
        kind: Kind[T],
        ask: Callable[[Position], bytes],
        start: Position,
        *,
        stop: int | None = None,
        reconnect: bool = True,
        resumed: bool = False,
    ) -> None:
        """Begin a reading.

        Args:
            session: who reads.
            channel: name of the channel.
            kind: what is read.
            ask: makes the signed request from a position on.
            start: the position to begin at.
            stop: number of the last block.
            reconnect: open another stream when one breaks.
            resumed: the position is a checkpoint's: another peer may have been ahead of this one.
        """
        self.path = kind.path
        self._session = session
        self._channel = channel
        self._kind = kind
        self._ask = ask
        self._position = start
        self._stop = stop
        self._reconnect = reconnect
        self._resumed = resumed
        self._established = False
        self._opened = time.monotonic()
        self._failing_since: float | None = None
        self._failures = 0
        self._link: Link[Any] | None = None
        self._items = 0

    @property
    def unprepared(self) -> bool:
        """The height of the ledger must be known first.

        A reading that begins with the next block needs its number, so that a break leaves no gap. And a peer
        that is asked for the events of blocks far ahead waits for them without a word.
        """
        if not self._reconnect:
            return False
        return self._position.block_number is None or (
            not self._kind.every and self._position.block_number > 0
        )

    def preparing(self) -> Flow[None]:
        """Ask for the height. If that is refused, the reading begins all the same.

        Raises:
            EventsError: it is to begin at a block that is far from being there.
        """
        countdown = Countdown(self._session.deadlines.resolve if self._resumed else 0.0)
        for attempt in count(1):
            try:
                seconds = self._session.deadlines.evaluate
                height = (yield from ledger.informing(self._session, self._channel, seconds)).height
            except EvaluateError as error:
                log.info("channel %s: the height could not be read: %s", self._channel, error)
                return
            start = self._position.block_number
            if start is None:
                self._position = Position(height)
                self._established = True
            if start is None or start <= height:
                return
            wait = backoff(attempt)
            if wait >= countdown.remaining:
                raise EventsError(self._ahead(start, height), status=StatusCode.OUT_OF_RANGE)
            yield from pause(wait)

    def _ahead(self, start: int, height: int) -> str:
        what = "the checkpoint" if self._resumed else "the start"
        remedy = "is it of another ledger?" if self._resumed else f"begin at {height} at most"
        return (
            f"{what} is block {start} of channel {self._channel}, but the peer's last block is {height - 1}: "
            f"{remedy}"
        )

    def explaining(self, error: EventsError) -> Flow[EventsError]:
        """What is behind a refusal whose reason the peer keeps to itself: Deliver says a status alone.

        So the same identity asks for the height, and the peer says why not.
        """
        session = self._session
        if session.closed or not self._channel or error.status not in _UNEXPLAINED:
            return error
        if error.status is StatusCode.PERMISSION_DENIED and session.identity.expired:
            return _with(error, f"{error.reason}; client identity expired on {session.identity.expires}")
        return (yield from self._asked_why(error)) if session.identity.can_sign else error

    def _asked_why(self, error: EventsError) -> Flow[EventsError]:
        session = self._session
        try:
            info = yield from ledger.informing(session, self._channel, session.deadlines.evaluate)
        except EvaluateError as said:
            if said.identity_expired or said.clock_refused or said.identity_refused:
                return _with(error, f"{error.reason}; {said.reason}", said.details)
            return error
        start = self._position.block_number
        if error.status is StatusCode.NOT_FOUND and start is not None and start > info.height:
            return _with(error, self._ahead(start, info.height))
        return error

    @property
    def finished(self) -> bool:
        """The last block was read."""
        number = self._position.block_number
        return self._stop is not None and number is not None and number > self._stop

    def request(self) -> bytes:
        """The signed request for what comes next."""
        self._opened = time.monotonic()
        return self._ask(self._position)

    def opened(self, link: Link[Any]) -> None:
        """A stream was opened at a peer."""
        self._link = link
        self._items = 0

    def ended(self, status: str = "OK") -> None:
        """The stream that is open, if one is, has ended. Tells the observer."""
        link, self._link = self._link, None
        if link is not None:
            self._tell(link, "ended", self._items, time.monotonic() - self._opened, status)

    def _tell(
        self,
        link: Link[Any],
        what: Literal["received", "ended"],
        items: int,
        seconds: float = 0.0,
        status: str = "OK",
    ) -> None:
        if self._session.observer is not None:
            peer, address = link.name, link.target.address
            event = StreamEvent(what, self._channel, self.path, peer, address, items, seconds, status)
            self._session.tell_stream(event)

    def received(self, response: bytes) -> Sequence[T] | None:
        """What is new in an answer; None at the proper end.

        Raises:
            EventsError: the peer says that the stream is over, or a block is missing.
        """
        items = self._kind.decode(response)
        if items is None:
            return None
        fresh = [item for item in items if self._is_next(self._kind.number(item))]
        if fresh:
            self._position = Position(self._kind.number(fresh[-1]) + 1)
        self._established, self._failing_since, self._failures = True, None, 0
        if fresh and self._link is not None:
            self._items += len(fresh)
            self._tell(self._link, "received", len(fresh))
        return fresh

    def _is_next(self, number: int) -> bool:
        expected = self._position.block_number
        if expected is None:
            return True
        if self._kind.every and number > expected:
            raise EventsError(
                f"the peer sent block {number} of channel {self._channel} instead of block {expected}",
                status=StatusCode.DATA_LOSS,
            )
        return number >= expected

    def broken(self, failure: CallFailed) -> float:
        """What to do about a stream that ended early: seconds to wait before the next one is opened.

        Raises:
            EventsError: no other stream is to be opened.
        """
        self.ended(failure.status.name)
        error = EventsError(failure.reason, status=failure.status, details=failure.details)
        now = time.monotonic()
        if now - self._opened >= _LONGER_THAN_CONNECTING:
            self._established, self._failing_since, self._failures = True, None, 0
        self._failing_since = self._failing_since or now
        patience = self._session.deadlines.resolve
        ahead = failure.status is StatusCode.NOT_FOUND and not self._resumed  # another peer may be ahead
        never = not self._established and (ahead or now - self._failing_since >= patience)
        unproven = failure.unproven and not failure.elsewhere and not self._established
        final = error.forbidden or failure.status in _FINAL or never or unproven
        if self._session.closed or not self._reconnect or final or self._position.block_number is None:
            raise error
        self._failures += 1
        wait = 0.0 if failure.elsewhere else backoff(self._failures)
        log.warning(
            "channel %s: the stream broke at block %d and is reopened in %.1f s: %s",
            self._channel,
            self._position.block_number,
            wait,
            error,
            extra={
                "fabric_channel": self._channel,
                "fabric_block": self._position.block_number,
                "fabric_status": failure.status.name,
                "fabric_peer": failure.peer,
            },
        )
        return wait


def _with(error: EventsError, reason: str, details: tuple[ErrorDetail, ...] = ()) -> EventsError:
    return EventsError(reason, status=error.status, details=details or error.details)
