"""What a peer's ledger holds: its height, blocks and transactions, asked of the peer's `qscc`.

A channel may forbid these queries: they show every organisation's transactions.
"""

from __future__ import annotations

from dataclasses import dataclass

from fabric_gateway import _arguments as check
from fabric_gateway._connection.deadlines import Countdown
from fabric_gateway._connection.flow import Flow
from fabric_gateway._connection.session import Session
from fabric_gateway._flows.committing import status_of
from fabric_gateway._flows.proposing import Proposed, evaluate, propose
from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks._block import Block, CommittedTransaction
from fabric_gateway.blocks._channel_config import ChannelConfig
from fabric_gateway.errors import EvaluateError, NotOnLedger, ProtocolError

_NOT_THERE = ("no such block number", "no such block hash", "no such transaction ID")


@dataclass(frozen=True, slots=True)
class LedgerInfo:
    """The end of a peer's ledger.

    Attributes:
        height: number of blocks; the last block's number is one less.
        current_block_hash: header hash of the last block, 32 bytes.
        previous_block_hash: header hash of the block before it; b"" if there is none.
    """

    height: int
    current_block_hash: bytes
    previous_block_hash: bytes


def informing(session: Session, channel: str, seconds: float) -> Flow[LedgerInfo]:
    """Ask for the end of the ledger."""
    message = wire.parse(
        m.ledger.BlockchainInfo, (yield from _asking(session, channel, seconds, "GetChainInfo"))
    )
    return LedgerInfo(message.height, message.currentBlockHash, message.previousBlockHash)


def reading_block(session: Session, channel: str, seconds: float, number: int) -> Flow[Block]:
    """Ask for a block by number."""
    check.block("number", number)
    block = Block.decode((yield from _asking(session, channel, seconds, "GetBlockByNumber", str(number))))
    if block.number != number:
        raise _wrong(session, f"block {number}", f"block {block.number}")
    return block


def reading_block_by_hash(session: Session, channel: str, seconds: float, hash_: bytes) -> Flow[Block]:
    """Ask for a block by the hash of its header."""
    check.only_bytes("header_hash", hash_, ", such as Block.header_hash; bytes.fromhex reads hexadecimal")
    block = Block.decode((yield from _asking(session, channel, seconds, "GetBlockByHash", hash_)))
    if block.header_hash != hash_:
        raise _wrong(session, f"block {hash_.hex()}", f"block {block.header_hash.hex()}")
    return block


def reading_block_of(session: Session, channel: str, seconds: float, transaction_id: str) -> Flow[Block]:
    """Ask for the block that holds a transaction."""
    check.transaction_id(transaction_id)
    block = Block.decode((yield from _asking(session, channel, seconds, "GetBlockByTxID", transaction_id)))
    if all(found.transaction_id != transaction_id for found in block.transactions):
        raise _wrong(
            session, f"the block of {transaction_id}", f"block {block.number}, which does not hold it"
        )
    return block


def reading_config(session: Session, channel: str, seconds: float) -> Flow[ChannelConfig]:
    """Ask for the configuration that is in force."""
    proposed = propose(session, channel, "cscc", "GetConfigBlock", arguments=(channel,))
    block = Block.decode((yield from _evaluating(session, proposed, seconds)))
    config = block.transactions[0].config if block.transactions else None
    if config is None or config.channel != channel:
        raise _wrong(
            session, f"the configuration of {channel}", f"block {block.number}, which does not hold it"
        )
    return config


def reading_transaction(
    session: Session, channel: str, seconds: float, transaction_id: str
) -> Flow[CommittedTransaction]:
    """Ask for a transaction, and for the number of its block."""
    check.transaction_id(transaction_id)
    deadline = Countdown(seconds)
    processed = yield from _asking(session, channel, seconds, "GetTransactionByID", transaction_id)
    answered = CommittedTransaction.decode(processed, 0).transaction_id
    if answered != transaction_id:
        raise _wrong(session, f"transaction {transaction_id}", f"transaction {answered!r}")
    status = yield from status_of(session, channel, transaction_id, deadline.remaining)
    return CommittedTransaction.decode(processed, status.block_number)


def _asking(
    session: Session, channel: str, seconds: float, function: str, *arguments: str | bytes
) -> Flow[bytes]:
    proposed = propose(session, channel, "qscc", function, arguments=(channel, *arguments))
    try:
        return (yield from _evaluating(session, proposed, seconds))
    except EvaluateError as error:
        if any(words in (error.chaincode_message or "") for words in _NOT_THERE):
            raise NotOnLedger(
                error.reason, status=error.status, details=error.details, transaction_id=error.transaction_id
            ) from None
        raise


def _evaluating(session: Session, proposed: Proposed, seconds: float) -> Flow[bytes]:
    return (yield from evaluate(session, proposed, session.identity.sign(proposed.parts.proposal), seconds))


def _wrong(session: Session, asked: str, answered: str) -> ProtocolError:
    return ProtocolError(
        f"asked for {asked}, but the peer answered with {answered}: check what answers on {session.address}"
    )
