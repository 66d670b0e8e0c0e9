"""A channel, seen through the organisation's own peer."""

from __future__ import annotations

from typing import TypeVar

from fabric_gateway import _arguments as check
from fabric_gateway._commit import Commit
from fabric_gateway._connection.bound import Bound
from fabric_gateway._connection.session import Session
from fabric_gateway._connection.sync import SyncSession
from fabric_gateway._contract import Contract
from fabric_gateway._event_requests import EventRequests
from fabric_gateway._flows import discovery, ledger
from fabric_gateway._flows.asking import reading_blocks, reading_chaincode_events
from fabric_gateway._flows.discovery import (
    Called,
    DiscoveredConfig,
    DiscoveredPeer,
    EndorsementPlan,
)
from fabric_gateway._flows.endorsed import EndorsedTransaction
from fabric_gateway._flows.kinds import BLOCKS, BLOCKS_WITH_PRIVATE_DATA, FILTERED_BLOCKS
from fabric_gateway._flows.ledger import LedgerInfo
from fabric_gateway._stream import Stream
from fabric_gateway._transaction import Transaction
from fabric_gateway._wire import gateway as wire
from fabric_gateway.blocks._block import Block
from fabric_gateway.blocks._channel_config import ChannelConfig
from fabric_gateway.blocks._committed import CommittedTransaction
from fabric_gateway.blocks._events import (
    BlockMessage,
    BlockWithPrivateData,
    ChaincodeEvent,
    FilteredBlock,
)
from fabric_gateway.checkpoints._checkpoint import Checkpointer
from fabric_gateway.errors import DecodeError

S = TypeVar("S", bound=Session)


class BaseNetwork(Bound[S]):
    """A channel, before its driver is known.

    Attributes:
        name: name of the channel.
    """

    def __init__(self, session: S, name: str) -> None:
        super().__init__(session)
        self.name = name

    def _seconds(self, timeout: float | None) -> float:
        return self._session.seconds("evaluate", timeout)

    def _kept(self, envelope: bytes) -> EndorsedTransaction:
        """The transaction in a stored envelope."""
        hint = ", such as Transaction.envelope"
        payload, signature = wire.split_envelope(check.only_bytes("envelope", envelope, hint))
        channel = wire.transaction_parts(payload).channel
        if channel != self.name:
            raise DecodeError(f"the envelope is for channel {channel!r}, not for {self.name!r}")
        if not signature:
            raise DecodeError("the envelope carries no signature: pass Transaction.envelope")
        return EndorsedTransaction(self._session, payload, signature, kept=True)


class Network(EventRequests, BaseNetwork[SyncSession]):
    """A channel, seen through the organisation's own peer."""

    def contract(self, chaincode: str) -> Contract:
        """A chaincode on this channel."""
        return Contract(self._session, self.name, check.name("chaincode", chaincode))

    def commit(self, transaction_id: str) -> Commit:
        """The commit of a transaction that was submitted earlier, to ask for its status."""
        return Commit(self._session, self.name, check.transaction_id(transaction_id))

    def transaction_from(self, envelope: bytes) -> Transaction:
        """The transaction in a stored envelope, to be offered again.

        Raises:
            DecodeError: the bytes are not a signed transaction of this channel.
        """
        return Transaction(self._session, self._kept(envelope))

    def ledger_height(self, *, timeout: float | None = None) -> int:
        """Number of blocks that the peer has; the last block's number is one less.

        Raises:
            EvaluateError: the peer refused or failed.
        """
        return self.info(timeout=timeout).height

    def info(self, *, timeout: float | None = None) -> LedgerInfo:
        """Height of the peer's ledger and the hashes at its end.

        Args:
            timeout: seconds, retries included; default: the gateway's deadline for evaluate.

        Raises:
            EvaluateError: the peer refused or failed.
        """
        return self._session.run(ledger.informing(self._session, self.name, self._seconds(timeout)))

    def block(self, number: int, *, timeout: float | None = None) -> Block:
        """A block by its number, decoded; it may have any size.

        Args:
            number: from 0.
            timeout: seconds, retries included; default: the gateway's deadline for evaluate.

        Raises:
            NotOnLedger: the peer has no such block yet.
            EvaluateError: the peer refused or failed.
        """
        flow = ledger.reading_block(self._session, self.name, self._seconds(timeout), number)
        return self._session.run(flow)

    def block_by_hash(self, header_hash: bytes, *, timeout: float | None = None) -> Block:
        """A block by the hash of its header, such as the `previous_hash` of the next one.

        Arguments and errors as for `block`.
        """
        flow = ledger.reading_block_by_hash(self._session, self.name, self._seconds(timeout), header_hash)
        return self._session.run(flow)

    def block_of(self, transaction_id: str, *, timeout: float | None = None) -> Block:
        """The block that holds a transaction, valid or not. Arguments and errors as for `block`."""
        flow = ledger.reading_block_of(self._session, self.name, self._seconds(timeout), transaction_id)
        return self._session.run(flow)

    def transaction(self, transaction_id: str, *, timeout: float | None = None) -> CommittedTransaction:
        """A transaction that is in a block, valid or not, with its validation code and all that it did.

        Args:
            transaction_id: its id.
            timeout: seconds, retries included; default: the gateway's deadline for evaluate.

        Raises:
            NotOnLedger: the peer has no such transaction yet.
            EvaluateError: the peer refused or failed.
            CommitStatusError: the number of its block could not be learnt.
        """
        flow = ledger.reading_transaction(self._session, self.name, self._seconds(timeout), transaction_id)
        return self._session.run(flow)

    def channel_config(self, *, timeout: float | None = None) -> ChannelConfig:
        """The channel's whole configuration: organisations, ordering, policies, access control lists.

        Args:
            timeout: seconds, retries included; default: the gateway's deadline for evaluate.

        Raises:
            EvaluateError: the peer refused or failed.
        """
        return self._session.run(ledger.reading_config(self._session, self.name, self._seconds(timeout)))

    def peers(self, *chaincodes: Called, timeout: float | None = None) -> tuple[DiscoveredPeer, ...]:
        """The peers of the channel that are alive, as this peer knows them, by MSP id and address.

        Args:
            chaincodes: only peers that can run all of these, and that may see the collections named.
            timeout: seconds, retries included; default: the gateway's deadline for evaluate.

        Raises:
            DiscoveryError: the peer refused or failed.
        """
        flow = discovery.finding_peers(self._session, self.name, self._seconds(timeout), chaincodes)
        return self._session.run(flow)

    def config(self, *, timeout: float | None = None) -> DiscoveredConfig:
        """The channel's organisations and the addresses of its orderers. Errors as of `peers`."""
        return self._session.run(discovery.finding_config(self._session, self.name, self._seconds(timeout)))

    def endorsers(self, *chaincodes: Called, timeout: float | None = None) -> EndorsementPlan:
        """Who could endorse a transaction now, as policies and living peers allow.

        Args:
            chaincodes: the chaincode that is called, and those that it calls in turn.
            timeout: seconds, retries included; default: the gateway's deadline for evaluate.

        Raises:
            DiscoveryError: the peer refused or failed; also, with "failed constructing descriptor", when
                there is no such chaincode, or too few peers are known, as for some seconds after their start.
        """
        flow = discovery.finding_endorsers(self._session, self.name, self._seconds(timeout), chaincodes)
        return self._session.run(flow)

    def blocks(
        self,
        start: int | None = 0,
        stop: int | None = None,
        *,
        checkpoint: Checkpointer | None = None,
        reconnect: bool = True,
    ) -> Stream[BlockMessage]:
        """Blocks as `common.Block` messages, in order; `fabric_gateway.blocks` decodes them.

        When the peer fails, the stream resumes at another peer, or at the same one when it is back: each
        block arrives once. It raises `EventsError` when the peer refuses permanently, when no peer could be
        reached from the start within the gateway's deadline `resolve`, or when blocks are missing; otherwise
        it keeps trying until it is closed.

        Args:
            start: number of the block to begin with; None: the next one to be committed, as a peer sees it
                now. A client that may not query the ledger's height (`qscc` `GetChainInfo`) cannot know where
                to resume after a break before it has received any: the stream then raises.
            stop: number of the block to end with; None: continue as blocks are committed, without end.
            checkpoint: a position to begin at instead of `start`, if it holds one. The application moves it.
            reconnect: False: raise at the first break.
        """
        reading = reading_blocks(self._session, self.name, BLOCKS, start, stop, checkpoint, reconnect)
        return Stream(self._session, reading)

    def filtered_blocks(
        self,
        start: int | None = 0,
        stop: int | None = None,
        *,
        checkpoint: Checkpointer | None = None,
        reconnect: bool = True,
    ) -> Stream[FilteredBlock]:
        """Blocks reduced to transaction ids, validation codes and names of events.

        Arguments and errors as for `blocks`.
        """
        reading = reading_blocks(
            self._session, self.name, FILTERED_BLOCKS, start, stop, checkpoint, reconnect
        )
        return Stream(self._session, reading)

    def blocks_with_private_data(
        self,
        start: int | None = 0,
        stop: int | None = None,
        *,
        checkpoint: Checkpointer | None = None,
        reconnect: bool = True,
    ) -> Stream[BlockWithPrivateData]:
        """Blocks, with the private data that the peer has and the client's organisation may see.

        Arguments and errors as for `blocks`.
        """
        reading = reading_blocks(
            self._session, self.name, BLOCKS_WITH_PRIVATE_DATA, start, stop, checkpoint, reconnect
        )
        return Stream(self._session, reading)

    def chaincode_events(
        self,
        chaincode: str,
        *,
        start_block: int | None = None,
        after_transaction_id: str = "",
        checkpoint: Checkpointer | None = None,
        reconnect: bool = True,
    ) -> Stream[ChaincodeEvent]:
        """Events that valid transactions of a chaincode emitted, in order, without end.

        Resumes after a break as `blocks` does: each event arrives once.

        Args:
            chaincode: name of the chaincode.
            start_block: number of the block to begin with; None: the next one to be committed, as for
                `blocks`.
            after_transaction_id: skip events up to and including this transaction's, within its block. It
                must have emitted one: otherwise the peer sends nothing.
            checkpoint: a position to begin at instead, if it holds one. The application moves it.
            reconnect: False: raise at the first break.
        """
        reading = reading_chaincode_events(
            self._session, self.name, chaincode, start_block, after_transaction_id, checkpoint, reconnect
        )
        return Stream(self._session, reading)
