"""Steps that were signed elsewhere, for asyncio."""

from __future__ import annotations

from fabric_gateway._connection.aio import AsyncSession
from fabric_gateway._connection.bound import Bound
from fabric_gateway._flows.endorsed import EndorsedTransaction
from fabric_gateway._flows.kinds import BLOCKS, BLOCKS_WITH_PRIVATE_DATA, CHAINCODE_EVENTS, FILTERED_BLOCKS
from fabric_gateway._flows.proposing import Proposed
from fabric_gateway._offline import signature_for
from fabric_gateway._wire import offline
from fabric_gateway.aio._commit import Commit
from fabric_gateway.aio._events_request import EventsRequest
from fabric_gateway.aio._proposal import Proposal
from fabric_gateway.aio._transaction import Transaction
from fabric_gateway.blocks._events import BlockMessage, BlockWithPrivateData, ChaincodeEvent, FilteredBlock


class OfflineSigning(Bound[AsyncSession]):
    """What a gateway does with steps that were signed elsewhere; see `fabric_gateway.OfflineSigning`."""

    def signed_proposal(self, message: bytes, signature: bytes | None = None) -> Proposal:
        """A proposal that was signed elsewhere."""
        request = offline.read_proposal(message)
        return Proposal(
            self._session,
            Proposed(request.parts, request.channel, request.organizations),
            signature_for(self._session, request, signature),
        )

    def signed_transaction(
        self, message: bytes, signature: bytes | None = None, *, commit_signature: bytes | None = None
    ) -> Transaction:
        """An endorsed transaction that was signed elsewhere."""
        request = offline.read_transaction(message)
        endorsed = EndorsedTransaction(
            self._session,
            request.payload,
            signature_for(self._session, request, signature),
            commit_signature=commit_signature,
        )
        return Transaction(self._session, endorsed)

    def signed_commit(self, message: bytes, signature: bytes | None = None) -> Commit:
        """A request for a commit status that was signed elsewhere."""
        request = offline.read_commit(message)
        return Commit(
            self._session,
            request.channel,
            request.transaction_id,
            request=request.payload,
            signature=signature_for(self._session, request, signature),
        )

    def signed_chaincode_events(
        self, message: bytes, signature: bytes | None = None
    ) -> EventsRequest[ChaincodeEvent]:
        """A request for the events of a chaincode that was signed elsewhere."""
        request = offline.read_chaincode_events(message)
        signed = signature_for(self._session, request, signature)
        return EventsRequest(self._session, CHAINCODE_EVENTS, request.payload, signed)

    def signed_block_events(
        self, message: bytes, signature: bytes | None = None
    ) -> EventsRequest[BlockMessage]:
        """A request for blocks that was signed elsewhere."""
        request = offline.read_block_events(message)
        signed = signature_for(self._session, request, signature)
        return EventsRequest(self._session, BLOCKS, request.payload, signed)

    def signed_filtered_block_events(
        self, message: bytes, signature: bytes | None = None
    ) -> EventsRequest[FilteredBlock]:
        """A request for filtered blocks that was signed elsewhere."""
        request = offline.read_block_events(message)
        signed = signature_for(self._session, request, signature)
        return EventsRequest(self._session, FILTERED_BLOCKS, request.payload, signed)

    def signed_block_events_with_private_data(
        self, message: bytes, signature: bytes | None = None
    ) -> EventsRequest[BlockWithPrivateData]:
        """A request for blocks with private data that was signed elsewhere."""
        request = offline.read_block_events(message)
        signed = signature_for(self._session, request, signature)
        return EventsRequest(self._session, BLOCKS_WITH_PRIVATE_DATA, request.payload, signed)
