"""The kinds of streams that peers offer: of blocks, and of chaincode events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

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

T = TypeVar("T")


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
