"""Blocks and chaincode events, as they come in streams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import grpc

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks._rwset import Write
from fabric_gateway.errors import EventsError

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
class PrivateData:
    """What a transaction wrote to a private data collection, in clear.

    Attributes:
        chaincode: name of the chaincode whose collection it is.
        collection: name of the collection.
        writes: the keys that it wrote.
    """

    chaincode: str
    collection: str
    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True)
class BlockWithPrivateData:
    """A block, with the private data that the peer has and the client's organisation may see.

    Attributes:
        block: the block.
        private_data: for the place of a transaction in the block, from 0, what it wrote to collections. A
            transaction that is missing here wrote none, or the peer has it no more or not yet.
    """

    block: BlockMessage
    private_data: Mapping[int, tuple[PrivateData, ...]]


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
    block_number, messages = wire.chaincode_events(response)
    return [_event(block_number, message) for message in messages]


def decode_block_with_private_data(response: bytes) -> Iterable[BlockWithPrivateData] | None:
    """The block in a response of `DeliverWithPrivateData`; None at the proper end."""
    kind, message = _delivered(response)
    if kind != "block_and_private_data":
        return None
    private = {int(index): _private_data(sets) for index, sets in message.private_data_map.items()}
    return (BlockWithPrivateData(message.block, private),)


def _delivered(response: bytes) -> tuple[str, Any]:
    kind, message = wire.delivered(response)
    if kind == "status" and message != "SUCCESS":
        status = _STATUSES.get(message, grpc.StatusCode.UNKNOWN)
        raise EventsError(f"the peer refused to deliver blocks: status={message}", status=status)
    return kind, message


def _filtered_block(message: Any) -> FilteredBlock:
    transactions = tuple(
        FilteredTransaction(
            transaction_id=item.txid,
            kind=wire.header_type(item.type),
            code=wire.validation_code(item.tx_validation_code),
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


def _private_data(sets: Any) -> tuple[PrivateData, ...]:
    return tuple(
        PrivateData(
            namespace.namespace,
            collection.collection_name,
            tuple(
                Write(write.key, None if write.is_delete else write.value)
                for write in wire.parse(m.kv_rwset.KVRWSet, collection.rwset).writes
            ),
        )
        for namespace in sets.ns_pvt_rwset
        for collection in namespace.collection_pvt_rwset
    )
