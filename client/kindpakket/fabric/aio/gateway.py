"""The names of `kindpakket.fabric` for asyncio: the same steps, arguments and errors, to be awaited.

    async with connect(profile, identity) as gateway:
        contract = gateway.network("zuidhorn").contract("kindpakket")
        result = await contract.submit("shop:List", '{"cursor": "", "limit": 100}')

What a method does is said at its sync twin. A gateway belongs to the event loop in which it was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TypeVar, Unpack

from kindpakket.fabric._connection import targets
from kindpakket.fabric._connection.aio import AsyncSession
from kindpakket.fabric._connection.deadlines import Deadlines
from kindpakket.fabric._connection.peers import PeerHealth
from kindpakket.fabric._connection.targets import ConnectOptions, ProfileLike
from kindpakket.fabric._flows import discovery, ledger
from kindpakket.fabric._flows.discovery import (
    Called,
    DiscoveredConfig,
    DiscoveredPeer,
    EndorsementPlan,
)
from kindpakket.fabric._flows.ledger import LedgerInfo
from kindpakket.fabric._flows.reading import (
    BLOCKS,
    BLOCKS_WITH_PRIVATE_DATA,
    CHAINCODE_EVENTS,
    FILTERED_BLOCKS,
    chaincode_events_payload,
    reading_blocks,
    reading_chaincode_events,
    seek_payload,
)
from kindpakket.fabric._wire import carried
from kindpakket.fabric.aio._bulk import Bulk
from kindpakket.fabric.aio._outbox import Outbox
from kindpakket.fabric.aio._stream import Stream
from kindpakket.fabric.blocks import events
from kindpakket.fabric.blocks.block import Block
from kindpakket.fabric.blocks.channel_config import ChannelConfig
from kindpakket.fabric.blocks.committed import CommittedTransaction
from kindpakket.fabric.bulk import AT_ONCE, Report, Submission
from kindpakket.fabric.checkpoints.checkpoint import Checkpointer
from kindpakket.fabric.commit import BaseCommit, CommitStatus
from kindpakket.fabric.contract import BaseContract, Transient
from kindpakket.fabric.event_requests import BaseEventsRequest
from kindpakket.fabric.identity.identity import Identity
from kindpakket.fabric.network import BaseNetwork
from kindpakket.fabric.offline import brought
from kindpakket.fabric.proposal import BaseProposal
from kindpakket.fabric.transaction import BaseTransaction

__all__ = [
    "Bulk",
    "Commit",
    "Contract",
    "EventsRequest",
    "Gateway",
    "Network",
    "OfflineSigning",
    "Outbox",
    "Proposal",
    "Stream",
    "SubmittedTransaction",
    "Transaction",
    "connect",
]

T = TypeVar("T")


class Commit(BaseCommit[AsyncSession]):
    """A transaction that was offered to the orderers; see `kindpakket.fabric.Commit`."""

    async def status(self, *, timeout: float | None = None) -> CommitStatus:
        """Wait until the transaction is in a block, and say whether it is valid."""
        seconds = self._session.deadlines.commit_status if timeout is None else timeout
        return await self._session.run(self._waiting(seconds))


class Transaction(BaseTransaction[AsyncSession]):
    """An endorsed transaction; see `kindpakket.fabric.Transaction`."""

    async def submit(self, *, deadlines: Deadlines | None = None) -> Commit:
        """Offer the transaction to the orderers, and return its commit."""
        status = await self._session.run(self._submitting(deadlines or self._session.deadlines))
        return Commit(
            self._session, self.channel, self.transaction_id, status, signature=self._commit_signature
        )


class Proposal(BaseProposal[AsyncSession]):
    """A call of the chaincode; see `kindpakket.fabric.Proposal`."""

    async def evaluate(self, *, timeout: float | None = None) -> bytes:
        """Run the chaincode on one peer and return its result."""
        seconds = self._session.deadlines.evaluate if timeout is None else timeout
        return await self._session.run(self._evaluating(seconds))

    async def endorse(self, *, timeout: float | None = None) -> Transaction:
        """Collect endorsements, and sign the transaction that they make."""
        seconds = self._session.deadlines.endorse if timeout is None else timeout
        return Transaction(self._session, await self._session.run(self._endorsing(seconds)))


class SubmittedTransaction(Commit):
    """A transaction that is not waited for; see `kindpakket.fabric.SubmittedTransaction`."""

    def __init__(
        self, session: AsyncSession, transaction: BaseTransaction[AsyncSession], status: CommitStatus | None
    ) -> None:
        super().__init__(session, transaction.channel, transaction.transaction_id, status)
        self.result = transaction.result
        self.envelope = transaction.envelope


class Contract(BaseContract[AsyncSession]):
    """A chaincode on a channel; see `kindpakket.fabric.Contract`."""

    async def evaluate(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
        timeout: float | None = None,
    ) -> bytes:
        """Run a function of the chaincode on one peer and return its result."""
        proposal = self.proposal(
            name, *arguments, transient=transient, endorsing_organizations=endorsing_organizations
        )
        return await proposal.evaluate(timeout=timeout)

    async def submit(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
        deadlines: Deadlines | None = None,
        conflict_attempts: int = 1,
    ) -> bytes:
        """Endorse, submit, wait for a valid commit, and return the chaincode's result.

        A cancelled call may have had its effect: then the `__cause__` of its `CancelledError` is an
        `UnknownOutcome`.
        """
        wanted = Submission(name, arguments, transient, endorsing_organizations)
        flow = self._insisting(wanted, deadlines or self._session.deadlines, conflict_attempts)
        return await self._session.run(flow)

    def submit_all(
        self,
        submissions: Iterable[Submission],
        *,
        at_once: int = AT_ONCE,
        conflict_attempts: int = 1,
        deadlines: Deadlines | None = None,
        progress: Report | None = None,
    ) -> Bulk:
        """Submit many transactions, some at once; to be read with `async for`, in `async with`."""
        submitting = self._each(deadlines or self._session.deadlines, conflict_attempts)
        return Bulk(self._session, submitting, submissions, at_once, progress)

    async def submit_async(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
        deadlines: Deadlines | None = None,
    ) -> SubmittedTransaction:
        """Endorse and submit, and return before the transaction is in a block."""
        proposal = self.proposal(
            name, *arguments, transient=transient, endorsing_organizations=endorsing_organizations
        )
        transaction, status = await self._session.run(
            self._offering(proposal, deadlines or self._session.deadlines)
        )
        return SubmittedTransaction(self._session, transaction, status)

    def proposal(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
    ) -> Proposal:
        """Make a proposal."""
        return Proposal(
            self._session,
            self.channel,
            self.chaincode,
            name,
            arguments=arguments,
            transient=transient,
            endorsing_organizations=endorsing_organizations,
        )


class EventsRequest(BaseEventsRequest[AsyncSession, T]):
    """A request for blocks or events; see `kindpakket.fabric.EventsRequest`."""

    def stream(self) -> Stream[T]:
        """Send the request, and return what the peer sends."""
        return Stream(self._session, self._reading())


class Network(BaseNetwork[AsyncSession]):
    """A channel, seen through the organisation's own peer; see `kindpakket.fabric.Network`."""

    def contract(self, chaincode: str) -> Contract:
        """A chaincode on this channel."""
        return Contract(self._session, self.name, chaincode)

    def commit(self, transaction_id: str) -> Commit:
        """The commit of a transaction that was submitted earlier."""
        return Commit(self._session, self.name, transaction_id)

    def transaction_from(self, envelope: bytes) -> Transaction:
        """The transaction in an envelope that was kept, to be offered again."""
        return Transaction._kept(self._session, *self._opened(envelope))

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
    ) -> Stream[events.BlockMessage]:
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
    ) -> Stream[events.FilteredBlock]:
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
    ) -> Stream[events.BlockWithPrivateData]:
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
    ) -> Stream[events.ChaincodeEvent]:
        """Events that valid transactions of a chaincode emitted, in order, without end."""
        reading = reading_chaincode_events(
            self._session, self.name, chaincode, start_block, after_transaction_id, checkpoint, reconnect
        )
        return Stream(self._session, reading)

    def blocks_request(
        self, start: int | None = 0, stop: int | None = None
    ) -> EventsRequest[events.BlockMessage]:
        """The request that `blocks` makes, to be signed and sent later."""
        payload = seek_payload(self._session, self.name, start, stop)
        return EventsRequest(self._session, BLOCKS, payload)

    def filtered_blocks_request(
        self, start: int | None = 0, stop: int | None = None
    ) -> EventsRequest[events.FilteredBlock]:
        """The request that `filtered_blocks` makes, to be signed and sent later."""
        payload = seek_payload(self._session, self.name, start, stop)
        return EventsRequest(self._session, FILTERED_BLOCKS, payload)

    def blocks_with_private_data_request(
        self, start: int | None = 0, stop: int | None = None
    ) -> EventsRequest[events.BlockWithPrivateData]:
        """The request that `blocks_with_private_data` makes, to be signed and sent later."""
        payload = seek_payload(self._session, self.name, start, stop)
        return EventsRequest(self._session, BLOCKS_WITH_PRIVATE_DATA, payload)

    def chaincode_events_request(
        self, chaincode: str, *, start_block: int | None = None, after_transaction_id: str = ""
    ) -> EventsRequest[events.ChaincodeEvent]:
        """The request that `chaincode_events` makes, to be signed and sent later."""
        payload = chaincode_events_payload(
            self._session, self.name, chaincode, start_block, after_transaction_id
        )
        return EventsRequest(self._session, CHAINCODE_EVENTS, payload)


class OfflineSigning:
    """What a gateway does with steps that were signed elsewhere; see `kindpakket.fabric.OfflineSigning`."""

    _session: AsyncSession

    def signed_proposal(self, message: bytes, signature: bytes | None = None) -> Proposal:
        """A proposal that was signed elsewhere."""
        request = carried.read_proposal(message)
        return Proposal._brought(self._session, request, brought(self._session, request, signature))

    def signed_transaction(
        self, message: bytes, signature: bytes | None = None, *, commit_signature: bytes | None = None
    ) -> Transaction:
        """An endorsed transaction that was signed elsewhere."""
        request = carried.read_transaction(message)
        transaction = Transaction(self._session, request.payload, brought(self._session, request, signature))
        transaction._bring_commit(commit_signature)
        return transaction

    def signed_commit(self, message: bytes, signature: bytes | None = None) -> Commit:
        """A request for a commit status that was signed elsewhere."""
        request = carried.read_commit(message)
        return Commit(
            self._session,
            request.channel,
            request.transaction_id,
            request=request.payload,
            signature=brought(self._session, request, signature),
        )

    def signed_chaincode_events(
        self, message: bytes, signature: bytes | None = None
    ) -> EventsRequest[events.ChaincodeEvent]:
        """A request for the events of a chaincode that was signed elsewhere."""
        request = carried.read_chaincode_events(message)
        signed = brought(self._session, request, signature)
        return EventsRequest(self._session, CHAINCODE_EVENTS, request.payload, signed)

    def signed_block_events(
        self, message: bytes, signature: bytes | None = None
    ) -> EventsRequest[events.BlockMessage]:
        """A request for blocks that was signed elsewhere."""
        request = carried.read_block_events(message)
        signed = brought(self._session, request, signature)
        return EventsRequest(self._session, BLOCKS, request.payload, signed)

    def signed_filtered_block_events(
        self, message: bytes, signature: bytes | None = None
    ) -> EventsRequest[events.FilteredBlock]:
        """A request for filtered blocks that was signed elsewhere."""
        request = carried.read_block_events(message)
        signed = brought(self._session, request, signature)
        return EventsRequest(self._session, FILTERED_BLOCKS, request.payload, signed)

    def signed_block_events_with_private_data(
        self, message: bytes, signature: bytes | None = None
    ) -> EventsRequest[events.BlockWithPrivateData]:
        """A request for blocks with private data that was signed elsewhere."""
        request = carried.read_block_events(message)
        signed = brought(self._session, request, signature)
        return EventsRequest(self._session, BLOCKS_WITH_PRIVATE_DATA, request.payload, signed)


class Gateway(OfflineSigning):
    """A connection to the Gateway service of a peer; see `kindpakket.fabric.Gateway`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    @property
    def identity(self) -> Identity:
        """Who speaks."""
        return self._session.identity

    def network(self, channel: str) -> Network:
        """A channel that the peer has joined."""
        return Network(self._session, channel)

    def peers(self) -> tuple[PeerHealth, ...]:
        """How the gateway finds its peers, in order of preference."""
        return self._session.peers.health()

    async def check(self, *, timeout: float = 5.0) -> tuple[PeerHealth, ...]:
        """Ask every peer whether its Gateway service answers, and say how they are."""
        return await self._session.check(timeout)

    async def close(self) -> None:
        """Close the connection; calls and streams under way are cancelled."""
        await self._session.close()

    async def __aenter__(self) -> Gateway:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def connect(
    profile: ProfileLike | None = None, identity: Identity | None = None, **options: Unpack[ConnectOptions]
) -> Gateway:
    """Connect to a peer's Gateway service, within a running event loop. Arguments as of its sync twin."""
    found = targets.resolve(profile, options)
    if identity is None:
        raise TypeError("connect needs an identity")
    return Gateway(AsyncSession(identity, targets.settings(options), found))
