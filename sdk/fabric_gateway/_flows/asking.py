"""What a stream of blocks or events asks its peer for: checked, built, signed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TypeVar

from fabric_gateway import _arguments as check
from fabric_gateway._connection.session import Session
from fabric_gateway._flows.kinds import CHAINCODE_EVENTS, Kind
from fabric_gateway._flows.reading import Reading
from fabric_gateway._wire import gateway as wire
from fabric_gateway.blocks._events import ChaincodeEvent
from fabric_gateway.checkpoints._checkpoint import Checkpointer, Position

T = TypeVar("T")


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


def _check_range(start: int | None, stop: int | None) -> None:
    """Refuse what cannot be blocks, and a last block before the first one."""
    for what, number in (("start", start), ("stop", stop)):
        if number is not None:
            check.block(what, number)
    if start is not None and stop is not None and stop < start:
        raise ValueError(f"stop, block {stop}, is before start, block {start}")


def _check_events(chaincode: str, start_block: int | None, after_transaction_id: str) -> None:
    check.name("chaincode", chaincode)
    if start_block is not None:
        check.block("start_block", start_block)
    if after_transaction_id != "":
        check.transaction_id(after_transaction_id)
