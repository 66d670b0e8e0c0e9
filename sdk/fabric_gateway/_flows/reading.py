"""What a stream asks for, how far it has got, and what a break means: for sync and asyncio."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Generic, Literal, TypeVar

from grpc import StatusCode

from fabric_gateway import _arguments as check
from fabric_gateway._connection.deadlines import Countdown
from fabric_gateway._connection.flow import CallFailed, Flow, backoff, pause
from fabric_gateway._connection.observer import StreamEvent
from fabric_gateway._connection.peers import Link
from fabric_gateway._connection.session import Session
from fabric_gateway._flows import ledger
from fabric_gateway._wire import gateway as wire
from fabric_gateway.blocks._events import (
    BlockMessage,
    BlockWithPrivateData,
    ChaincodeEvent,
    FilteredBlock,
    decode_block,
    decode_block_with_private_data,
    decode_chaincode_events,
    decode_filtered_block,
)
from fabric_gateway.checkpoints._checkpoint import Checkpointer, Position
from fabric_gateway.errors import ErrorDetail, EvaluateError, EventsError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

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


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of stream: one request, many answers.

    Block services take a stream of requests. A single unary request looks the same to the peer, and leaves no
    moment between request and end in which asyncio's gRPC could lose the peer's refusal.

    Attributes:
        path: the service's path.
        decode: reads an answer; None at the proper end.
        signed: puts a request and its signature together.
        number: the block that an item is, or comes from.
        every: every block is an item.
    """

    path: str
    decode: Callable[[bytes], Iterable[T] | None]
    signed: Callable[[bytes, bytes], bytes]
    number: Callable[[T], int]
    every: bool = True


def _of_message(block: BlockMessage) -> int:
    return int(block.header.number)


def _of_filtered(block: FilteredBlock) -> int:
    return block.number


def _of_private(block: BlockWithPrivateData) -> int:
    return _of_message(block.block)


def _of_event(event: ChaincodeEvent) -> int:
    return event.block_number


_ENVELOPE = wire.envelope
BLOCKS = Kind(wire.DELIVER, decode_block, _ENVELOPE, _of_message)
FILTERED_BLOCKS = Kind(wire.DELIVER_FILTERED, decode_filtered_block, _ENVELOPE, _of_filtered)
BLOCKS_WITH_PRIVATE_DATA = Kind(wire.DELIVER_PRIVATE, decode_block_with_private_data, _ENVELOPE, _of_private)
CHAINCODE_EVENTS = Kind(
    wire.CHAINCODE_EVENTS,
    decode_chaincode_events,
    wire.signed_chaincode_events_request,
    _of_event,
    every=False,
)


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
        never = not self._established and (
            failure.status is StatusCode.NOT_FOUND or now - self._failing_since >= patience
        )
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


def reading_blocks(
    session: Session,
    channel: str,
    kind: Kind[T],
    start: int | None,
    stop: int | None,
    checkpoint: Checkpointer | None = None,
    reconnect: bool = True,
) -> Reading[T]:
    """A reading of blocks of a kind."""
    _check_range(start, stop)
    begin = Position(start)
    if checkpoint is not None and checkpoint.block_number is not None:
        begin = Position(checkpoint.block_number)

    def ask(position: Position) -> bytes:
        payload = seek_payload(session, channel, position.block_number, stop)
        return kind.signed(payload, session.identity.sign(payload))

    resumed = checkpoint is not None and checkpoint.block_number is not None
    return Reading(session, channel, kind, ask, begin, stop=stop, reconnect=reconnect, resumed=resumed)


def reading_chaincode_events(
    session: Session,
    channel: str,
    chaincode: str,
    start_block: int | None,
    after_transaction_id: str,
    checkpoint: Checkpointer | None = None,
    reconnect: bool = True,
) -> Reading[ChaincodeEvent]:
    """A reading of the events of a chaincode."""
    _check_events(chaincode, start_block, after_transaction_id)
    begin = Position(start_block, after_transaction_id)
    if checkpoint is not None and checkpoint.block_number is not None:
        begin = Position(checkpoint.block_number, checkpoint.transaction_id)

    def ask(position: Position) -> bytes:
        payload = chaincode_events_payload(
            session, channel, chaincode, position.block_number, position.transaction_id
        )
        return CHAINCODE_EVENTS.signed(payload, session.identity.sign(payload))

    resumed = checkpoint is not None and checkpoint.block_number is not None
    return Reading(session, channel, CHAINCODE_EVENTS, ask, begin, reconnect=reconnect, resumed=resumed)


def _check_events(chaincode: str, start_block: int | None, after_transaction_id: str) -> None:
    check.name("chaincode", chaincode)
    if start_block is not None:
        check.block("start_block", start_block)
    if after_transaction_id != "":
        check.transaction_id(after_transaction_id)


def _with(error: EventsError, reason: str, details: tuple[ErrorDetail, ...] = ()) -> EventsError:
    return EventsError(reason, status=error.status, details=details or error.details)


def _check_range(start: int | None, stop: int | None) -> None:
    """Refuse what cannot be blocks, and a last block before the first one."""
    for what, number in (("start", start), ("stop", stop)):
        if number is not None:
            check.block(what, number)
    if start is not None and stop is not None and stop < start:
        raise ValueError(f"stop, block {stop}, is before start, block {start}")


def seek_payload(session: Session, channel: str, start: int | None, stop: int | None) -> bytes:
    """What is signed to ask for blocks from `start` to `stop`."""
    _check_range(start, stop)
    return wire.seek_payload(
        creator=session.identity.serialized,
        nonce=os.urandom(24),
        now=datetime.now(UTC),
        channel=channel,
        start=start,
        stop=stop,
        tls_certificate_hash=session.tls_certificate_hash,
    )


def chaincode_events_payload(
    session: Session, channel: str, chaincode: str, start_block: int | None, after_transaction_id: str
) -> bytes:
    """What is signed to ask for the events of a chaincode."""
    _check_events(chaincode, start_block, after_transaction_id)
    creator = session.identity.serialized
    return wire.chaincode_events_request(channel, chaincode, creator, start_block, after_transaction_id)
