"""A channel, seen through the organisation's own peer."""

from __future__ import annotations

from typing import Generic, TypeVar

from kindpakket.fabric import _wire
from kindpakket.fabric._flow import Flow
from kindpakket.fabric._session import Session, SyncSession
from kindpakket.fabric.commit import Commit
from kindpakket.fabric.contract import Contract
from kindpakket.fabric.errors import DecodeError
from kindpakket.fabric.event_requests import EventRequests
from kindpakket.fabric.events import (
    BlockMessage,
    ChaincodeEvent,
    FilteredBlock,
    Stream,
    reading_blocks,
    reading_chaincode_events,
    reading_filtered_blocks,
)
from kindpakket.fabric.proposal import BaseProposal
from kindpakket.fabric.transaction import Transaction

S = TypeVar("S", bound=Session)


class BaseNetwork(Generic[S]):
    """A channel, before its driver is known.

    Attributes:
        name: name of the channel.
    """

    def __init__(self, session: S, name: str) -> None:
        self._session = session
        self.name = name

    def _measuring(self, seconds: float) -> Flow[int]:
        proposal = BaseProposal(self._session, self.name, "qscc", "GetChainInfo", arguments=(self.name,))
        return _wire.ledger_height((yield from proposal._evaluating(seconds)))

    def _opened(self, envelope: bytes) -> tuple[bytes, bytes]:
        payload, signature = _wire.split_envelope(envelope)
        channel = _wire.transaction_parts(payload).channel
        if channel != self.name:
            raise DecodeError(f"the envelope is for channel {channel!r}, this is {self.name!r}")
        if not signature:
            raise DecodeError("the envelope carries no signature: take Transaction.envelope")
        return payload, signature


class Network(EventRequests, BaseNetwork[SyncSession]):
    """A channel, seen through the organisation's own peer."""

    def contract(self, chaincode: str) -> Contract:
        """A chaincode on this channel."""
        return Contract(self._session, self.name, chaincode)

    def commit(self, transaction_id: str) -> Commit:
        """The commit of a transaction that was submitted earlier, to ask for its status."""
        return Commit(self._session, self.name, transaction_id)

    def transaction_from(self, envelope: bytes) -> Transaction:
        """The transaction in an envelope that was kept, to be offered again.

        Raises:
            DecodeError: the bytes are no signed transaction of this channel.
        """
        return Transaction(self._session, *self._opened(envelope))

    def ledger_height(self, *, timeout: float | None = None) -> int:
        """Number of blocks that the peer has; the last block's number is one less.

        Raises:
            EvaluateError: the peer refused or failed.
        """
        seconds = self._session.deadlines.evaluate if timeout is None else timeout
        return self._session.run(self._measuring(seconds))

    def blocks(self, start: int | None = 0, stop: int | None = None) -> Stream[BlockMessage]:
        """Blocks as `common.Block` messages, in order; `kindpakket.fabric.block` decodes them.

        Args:
            start: number of the first block; None: the next one to be committed.
            stop: number of the last block; None: go on as blocks are committed, without end.

        The stream raises `EventsError` when the peer ends it.
        """
        return Stream(self._session, reading_blocks(self._session, self.name, start, stop))

    def filtered_blocks(self, start: int | None = 0, stop: int | None = None) -> Stream[FilteredBlock]:
        """Blocks reduced to transaction ids, validation codes and names of events.

        Arguments and errors as for `blocks`.
        """
        return Stream(self._session, reading_filtered_blocks(self._session, self.name, start, stop))

    def chaincode_events(
        self, chaincode: str, *, start_block: int | None = None, after_transaction_id: str = ""
    ) -> Stream[ChaincodeEvent]:
        """Events that valid transactions of a chaincode emitted, in order, without end.

        Args:
            chaincode: name of the chaincode.
            start_block: number of the first block; None: the next one to be committed.
            after_transaction_id: skip events up to and including this transaction's, within its block.

        The stream raises `EventsError` when the peer ends it.
        """
        return Stream(
            self._session,
            reading_chaincode_events(self._session, self.name, chaincode, start_block, after_transaction_id),
        )
