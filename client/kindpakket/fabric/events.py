"""Streams of blocks and of chaincode events."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

import grpc

from kindpakket.fabric import _wire
from kindpakket.fabric._session import Session, SyncSession, call_failed
from kindpakket.fabric.errors import EventsError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_STATUSES = {
    "BAD_REQUEST": grpc.StatusCode.INVALID_ARGUMENT,
    "FORBIDDEN": grpc.StatusCode.PERMISSION_DENIED,
    "NOT_FOUND": grpc.StatusCode.NOT_FOUND,
    "SERVICE_UNAVAILABLE": grpc.StatusCode.UNAVAILABLE,
}


class BlockMessage(Protocol):
    """A `common.Block` of `fabric_protos`, whose messages carry no types of their own."""

    header: Any
    data: Any
    metadata: Any

    def SerializeToString(self) -> bytes:
        """The block as bytes."""


@dataclass(frozen=True, slots=True)
class ChaincodeEvent:
    """An event that a valid transaction emitted.

    Attributes:
        block_number: the block that holds the transaction.
        transaction_id: the transaction.
        chaincode: name of the chaincode.
        name: name of the event.
        payload: what it carries, bytes; b"" in filtered blocks.
    """

    block_number: int
    transaction_id: str
    chaincode: str
    name: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class FilteredTransaction:
    """A transaction in a filtered block.

    Attributes:
        transaction_id: the transaction; "" for configuration.
        kind: name of its header type, such as `ENDORSER_TRANSACTION` or `CONFIG`.
        code: name of its validation code, `VALID` or another.
        events: the chaincode events that it emitted, without payload.
    """

    transaction_id: str
    kind: str
    code: str
    events: tuple[ChaincodeEvent, ...]


@dataclass(frozen=True, slots=True)
class FilteredBlock:
    """A block without arguments, results and write sets.

    Attributes:
        channel: name of the channel.
        number: number of the block.
        transactions: its transactions, in order.
    """

    channel: str
    number: int
    transactions: tuple[FilteredTransaction, ...]


@dataclass(frozen=True, slots=True)
class Reading(Generic[T_co]):
    """What a stream asks for and how its messages are read; `decode` returns None at its proper end."""

    path: str
    request: bytes
    bidirectional: bool
    decode: Callable[[bytes], Iterable[T_co] | None]


class Stream(Generic[T]):
    """An iterator over what the peer sends. Close it, or use `with`, to stop before its end."""

    def __init__(self, session: SyncSession, reading: Reading[T]) -> None:
        session.check_open()
        self._reading = reading
        self._closed = False
        self._waiting: Iterator[T] = iter(())
        channel = session.link().channel
        if reading.bidirectional:
            method: Any = channel.stream_stream(reading.path, None, None)
            self._call: Any = method(iter((reading.request,)))
        else:
            method = channel.unary_stream(reading.path, None, None)
            self._call = method(reading.request)

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        while not self._closed:
            for item in self._waiting:
                return item
            self._read()
        raise StopIteration

    def _read(self) -> None:
        try:
            items = self._reading.decode(next(self._call))
        except (StopIteration, grpc.RpcError) as error:
            if self._closed:
                return
            self.close()
            raise events_error(error) from None
        except EventsError:
            self.close()
            raise
        if items is None:
            self.close()
        else:
            self._waiting = iter(items)

    def close(self) -> None:
        """Stop the stream, also from another thread; the iteration then ends."""
        self._closed = True
        self._call.cancel()

    def __enter__(self) -> Stream[T]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def events_error(error: BaseException) -> EventsError:
    """The error for a stream that broke, or that the peer ended before its last block."""
    if isinstance(error, grpc.RpcError):
        failure = call_failed(error)
        return EventsError(failure.reason, status=failure.status, details=failure.details)
    if isinstance(error, StopIteration | StopAsyncIteration):
        return EventsError("the peer ended the stream before its end", status=grpc.StatusCode.ABORTED)
    return EventsError("the gateway was closed", status=grpc.StatusCode.CANCELLED)


def reading_blocks(
    session: Session, channel: str, start: int | None, stop: int | None
) -> Reading[BlockMessage]:
    """How to read whole blocks."""
    return Reading(_wire.DELIVER, _seek(session, channel, start, stop), True, decode_block)


def reading_filtered_blocks(
    session: Session, channel: str, start: int | None, stop: int | None
) -> Reading[FilteredBlock]:
    """How to read filtered blocks."""
    return Reading(_wire.DELIVER_FILTERED, _seek(session, channel, start, stop), True, decode_filtered_block)


def reading_chaincode_events(
    session: Session, channel: str, chaincode: str, start_block: int | None, after_transaction_id: str
) -> Reading[ChaincodeEvent]:
    """How to read the events of a chaincode."""
    identity = session.identity
    request = _wire.chaincode_events_request(
        channel, chaincode, identity.serialized, start_block, after_transaction_id
    )
    signed = _wire.signed_chaincode_events_request(request, identity.sign(request))
    return Reading(_wire.CHAINCODE_EVENTS, signed, False, decode_chaincode_events)


def decode_block(response: bytes) -> Iterable[BlockMessage] | None:
    """The block in a response of `Deliver`; None at the proper end."""
    kind, message = _delivered(response)
    return (message,) if kind == "block" else None


def decode_filtered_block(response: bytes) -> Iterable[FilteredBlock] | None:
    """The block in a response of `DeliverFiltered`; None at the proper end."""
    kind, message = _delivered(response)
    return (_filtered_block(message),) if kind == "filtered_block" else None


def decode_chaincode_events(response: bytes) -> Iterable[ChaincodeEvent]:
    """The events in a response of `ChaincodeEvents`."""
    block_number, messages = _wire.chaincode_events(response)
    return [_event(block_number, message) for message in messages]


def _seek(session: Session, channel: str, start: int | None, stop: int | None) -> bytes:
    payload = seek_payload(session, channel, start, stop)
    return _wire.envelope(payload, session.identity.sign(payload))


def seek_payload(session: Session, channel: str, start: int | None, stop: int | None) -> bytes:
    """What is signed to ask for blocks from `start` to `stop`."""
    if start is not None and stop is not None and stop < start:
        raise ValueError(f"stop is block {stop}, before start, block {start}")
    return _wire.seek_payload(
        creator=session.identity.serialized,
        nonce=os.urandom(24),
        now=datetime.now(UTC),
        channel=channel,
        start=start,
        stop=stop,
        tls_certificate_hash=session.tls_certificate_hash,
    )


def _delivered(response: bytes) -> tuple[str, Any]:
    kind, message = _wire.delivered(response)
    if kind == "status" and message != "SUCCESS":
        status = _STATUSES.get(message, grpc.StatusCode.UNKNOWN)
        raise EventsError(f"the peer refused to deliver blocks: status={message}", status=status)
    return kind, message


def _filtered_block(message: Any) -> FilteredBlock:
    transactions = tuple(
        FilteredTransaction(
            transaction_id=item.txid,
            kind=_wire.header_type(item.type),
            code=_wire.validation_code(item.tx_validation_code),
            events=tuple(
                _event(message.number, action.chaincode_event)
                for action in item.transaction_actions.chaincode_actions
                if action.chaincode_event.event_name
            ),
        )
        for item in message.filtered_transactions
    )
    return FilteredBlock(message.channel_id, message.number, transactions)


def _event(block_number: int, message: Any) -> ChaincodeEvent:
    return ChaincodeEvent(
        block_number, message.tx_id, message.chaincode_id, message.event_name, bytes(message.payload)
    )
