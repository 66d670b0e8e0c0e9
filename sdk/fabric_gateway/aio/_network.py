"""A channel, for asyncio."""

from __future__ import annotations

from fabric_gateway import _arguments as check
from fabric_gateway._connection.aio import AsyncSession
from fabric_gateway._flows import discovery, ledger
from fabric_gateway._flows.asking import (
    chaincode_events_payload,
    reading_blocks,
    reading_chaincode_events,
    seek_payload,
)
from fabric_gateway._flows.discovery import Called, DiscoveredConfig, DiscoveredPeer, EndorsementPlan
from fabric_gateway._flows.kinds import BLOCKS, BLOCKS_WITH_PRIVATE_DATA, CHAINCODE_EVENTS, FILTERED_BLOCKS
from fabric_gateway._flows.ledger import LedgerInfo
from fabric_gateway._network import BaseNetwork
from fabric_gateway.aio._commit import Commit
from fabric_gateway.aio._contract import Contract
from fabric_gateway.aio._events_request import EventsRequest
from fabric_gateway.aio._stream import Stream
from fabric_gateway.aio._transaction import Transaction
from fabric_gateway.blocks._block import Block
from fabric_gateway.blocks._channel_config import ChannelConfig
from fabric_gateway.blocks._committed import CommittedTransaction
from fabric_gateway.blocks._events import BlockMessage, BlockWithPrivateData, ChaincodeEvent, FilteredBlock
from fabric_gateway.checkpoints._checkpoint import Checkpointer


class Network(BaseNetwork[AsyncSession]):
    """A channel, seen through the organisation's own peer; see `fabric_gateway.Network`."""

    def contract(self, chaincode: str) -> Contract:
        """A chaincode on this channel."""
        return Contract(self._session, self.name, check.name("chaincode", chaincode))

    def commit(self, transaction_id: str) -> Commit:
        """The commit of a transaction that was submitted earlier."""
        return Commit(self._session, self.name, check.transaction_id(transaction_id))

    def transaction_from(self, envelope: bytes) -> Transaction:
        """The transaction in a stored envelope, to be offered again."""
        return Transaction(self._session, self._kept(envelope))

    async def ledger_height(self, *, timeout: float | None = None) -> int:
        """Number of blocks that the peer has."""
        return (await self.info(timeout=timeout)).height

    async def info(self, *, timeout: float | None = None) -> LedgerInfo:
        """Height of the peer's ledger and the hashes at its end."""
        return await self._session.run(ledger.informing(self._session, self.name, self._seconds(timeout)))

    async def block(self, number: int, *, timeout: float | None = None) -> Block:
        """A block by its number, decoded; it may have any size."""
        flow = ledger.reading_block(self._session, self.name, self._seconds(timeout), number)
        return await self._session.run(flow)

    async def block_by_hash(self, header_hash: bytes, *, timeout: float | None = None) -> Block:
        """A block by the hash of its header."""
        flow = ledger.reading_block_by_hash(self._session, self.name, self._seconds(timeout), header_hash)
        return await self._session.run(flow)

    async def block_of(self, transaction_id: str, *, timeout: float | None = None) -> Block:
        """The block that holds a transaction, valid or not."""
        flow = ledger.reading_block_of(self._session, self.name, self._seconds(timeout), transaction_id)
        return await self._session.run(flow)

    async def transaction(self, transaction_id: str, *, timeout: float | None = None) -> CommittedTransaction:
        """A transaction that is in a block, with its validation code and all that it did."""
        flow = ledger.reading_transaction(self._session, self.name, self._seconds(timeout), transaction_id)
        return await self._session.run(flow)

    async def channel_config(self, *, timeout: float | None = None) -> ChannelConfig:
        """The channel's whole configuration: organisations, ordering, policies, access control lists."""
        flow = ledger.reading_config(self._session, self.name, self._seconds(timeout))
        return await self._session.run(flow)

    async def peers(self, *chaincodes: Called, timeout: float | None = None) -> tuple[DiscoveredPeer, ...]:
        """The peers of the channel that are alive, as this peer knows them."""
        flow = discovery.finding_peers(self._session, self.name, self._seconds(timeout), chaincodes)
        return await self._session.run(flow)

    async def config(self, *, timeout: float | None = None) -> DiscoveredConfig:
        """The channel's organisations and the addresses of its orderers."""
        flow = discovery.finding_config(self._session, self.name, self._seconds(timeout))
        return await self._session.run(flow)

    async def endorsers(self, *chaincodes: Called, timeout: float | None = None) -> EndorsementPlan:
        """Who could endorse a transaction now, as policies and living peers allow."""
        flow = discovery.finding_endorsers(self._session, self.name, self._seconds(timeout), chaincodes)
        return await self._session.run(flow)

    def blocks(
        self,
        start: int | None = 0,
        stop: int | None = None,
        *,
        checkpoint: Checkpointer | None = None,
        reconnect: bool = True,
    ) -> Stream[BlockMessage]:
        """Blocks as `common.Block` messages, in order."""
        return Stream(
            self._session,
            reading_blocks(self._session, self.name, BLOCKS, start, stop, checkpoint, reconnect),
        )

    def filtered_blocks(
        self,
        start: int | None = 0,
        stop: int | None = None,
        *,
        checkpoint: Checkpointer | None = None,
        reconnect: bool = True,
    ) -> Stream[FilteredBlock]:
        """Blocks reduced to transaction ids, validation codes and names of events."""
        return Stream(
            self._session,
            reading_blocks(self._session, self.name, FILTERED_BLOCKS, start, stop, checkpoint, reconnect),
        )

    def blocks_with_private_data(
        self,
        start: int | None = 0,
        stop: int | None = None,
        *,
        checkpoint: Checkpointer | None = None,
        reconnect: bool = True,
    ) -> Stream[BlockWithPrivateData]:
        """Blocks, with the private data that the peer has and the client's organisation may see."""
        kind = BLOCKS_WITH_PRIVATE_DATA
        return Stream(
            self._session, reading_blocks(self._session, self.name, kind, start, stop, checkpoint, reconnect)
        )

    def chaincode_events(
        self,
        chaincode: str,
        *,
        start_block: int | None = None,
        after_transaction_id: str = "",
        checkpoint: Checkpointer | None = None,
        reconnect: bool = True,
    ) -> Stream[ChaincodeEvent]:
        """Events that valid transactions of a chaincode emitted, in order, without end."""
        reading = reading_chaincode_events(
            self._session, self.name, chaincode, start_block, after_transaction_id, checkpoint, reconnect
        )
        return Stream(self._session, reading)

    def blocks_request(self, start: int | None = 0, stop: int | None = None) -> EventsRequest[BlockMessage]:
        """The request that `blocks` makes, to be signed and sent later."""
        payload = seek_payload(self._session, self.name, start, stop)
        return EventsRequest(self._session, BLOCKS, payload)

    def filtered_blocks_request(
        self, start: int | None = 0, stop: int | None = None
    ) -> EventsRequest[FilteredBlock]:
        """The request that `filtered_blocks` makes, to be signed and sent later."""
        payload = seek_payload(self._session, self.name, start, stop)
        return EventsRequest(self._session, FILTERED_BLOCKS, payload)

    def blocks_with_private_data_request(
        self, start: int | None = 0, stop: int | None = None
    ) -> EventsRequest[BlockWithPrivateData]:
        """The request that `blocks_with_private_data` makes, to be signed and sent later."""
        payload = seek_payload(self._session, self.name, start, stop)
        return EventsRequest(self._session, BLOCKS_WITH_PRIVATE_DATA, payload)

    def chaincode_events_request(
        self, chaincode: str, *, start_block: int | None = None, after_transaction_id: str = ""
    ) -> EventsRequest[ChaincodeEvent]:
        """The request that `chaincode_events` makes, to be signed and sent later."""
        payload = chaincode_events_payload(
            self._session, self.name, chaincode, start_block, after_transaction_id
        )
        return EventsRequest(self._session, CHAINCODE_EVENTS, payload)
