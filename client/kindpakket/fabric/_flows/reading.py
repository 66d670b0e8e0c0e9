"""What a stream asks for, how far it has got, and what a break means: for sync and asyncio."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from grpc import StatusCode

from kindpakket.fabric._connection.flow import CallFailed, Flow, backoff
from kindpakket.fabric._connection.session import Session
from kindpakket.fabric._flows import ledger
from kindpakket.fabric._wire import gateway as wire
from kindpakket.fabric.blocks._events import (
    BlockMessage,
    BlockWithPrivateData,
    ChaincodeEvent,
    FilteredBlock,
    decode_block,
    decode_block_with_private_data,
    decode_chaincode_events,
    decode_filtered_block,
)
from kindpakket.fabric.checkpoints._checkpoint import Checkpointer, Position
from kindpakket.fabric.errors import EvaluateError, EventsError

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
_LONGER_THAN_CONNECTING = 30.0
"""Seconds after which a stream that has not failed is taken to be connected, although nothing came."""

log = logging.getLogger("kindpakket.fabric.events")


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
        """
        self.path = kind.path
        self._session = session
        self._channel = channel
        self._kind = kind
        self._ask = ask
        self._position = start
        self._stop = stop
        self._reconnect = reconnect
        self._established = False
        self._opened = time.monotonic()
        self._failing_since: float | None = None
        self._failures = 0

    @property
    def unpinned(self) -> bool:
        """It begins with the next block, whose number must be known first, so that a break leaves no gap."""
        return self._position.block_number is None and self._reconnect

    def pinning(self) -> Flow[None]:
        """Ask for the number of the next block. If that is refused, the reading stays unpinned."""
        seconds = self._session.deadlines.evaluate
        try:
            info = yield from ledger.informing(self._session, self._channel, seconds)
        except EvaluateError as error:
            log.info("channel %s: the height could not be read: %s", self._channel, error)
            return
        self._position = Position(info.height)
        self._established = True

    @property
    def finished(self) -> bool:
        """The last block was read."""
        number = self._position.block_number
        return self._stop is not None and number is not None and number > self._stop

    def request(self) -> bytes:
        """The signed request for what comes next."""
        self._opened = time.monotonic()
        return self._ask(self._position)

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
        error = EventsError(failure.reason, status=failure.status, details=failure.details)
        now = time.monotonic()
        if now - self._opened >= _LONGER_THAN_CONNECTING:
            self._established, self._failing_since, self._failures = True, None, 0
        self._failing_since = self._failing_since or now
        patience = self._session.deadlines.resolve
        never = not self._established and (
            failure.status is StatusCode.NOT_FOUND or now - self._failing_since >= patience
        )
        final = error.forbidden or failure.status in _FINAL or never
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

    return Reading(session, channel, kind, ask, begin, stop=stop, reconnect=reconnect)


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
    begin = Position(start_block, after_transaction_id)
    if checkpoint is not None and checkpoint.block_number is not None:
        begin = Position(checkpoint.block_number, checkpoint.transaction_id)

    def ask(position: Position) -> bytes:
        payload = chaincode_events_payload(
            session, channel, chaincode, position.block_number, position.transaction_id
        )
        return CHAINCODE_EVENTS.signed(payload, session.identity.sign(payload))

    return Reading(session, channel, CHAINCODE_EVENTS, ask, begin, reconnect=reconnect)


def _check_range(start: int | None, stop: int | None) -> None:
    """Refuse a last block before the first one."""
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
    creator = session.identity.serialized
    return wire.chaincode_events_request(channel, chaincode, creator, start_block, after_transaction_id)
