"""Requests for blocks and events as separate objects, to be signed where the key is."""

from __future__ import annotations

from typing import Generic, TypeVar

from fabric_gateway._connection.bound import Bound
from fabric_gateway._connection.session import Session
from fabric_gateway._connection.sync import SyncSession
from fabric_gateway._flows.asking import chaincode_events_payload, seek_payload
from fabric_gateway._flows.kinds import (
    BLOCKS,
    BLOCKS_WITH_PRIVATE_DATA,
    CHAINCODE_EVENTS,
    FILTERED_BLOCKS,
    Kind,
)
from fabric_gateway._flows.reading import Reading
from fabric_gateway._stream import Stream
from fabric_gateway.blocks._events import (
    BlockMessage,
    BlockWithPrivateData,
    ChaincodeEvent,
    FilteredBlock,
)
from fabric_gateway.checkpoints._checkpoint import Position

S = TypeVar("S", bound=Session)
T = TypeVar("T")


class BaseEventsRequest(Bound[S], Generic[S, T]):
    """A request for blocks or events, before its driver is known.

    Attributes:
        bytes: what is signed.
    """

    def __init__(self, session: S, kind: Kind[T], payload: bytes, signature: bytes | None = None) -> None:
        super().__init__(session)
        self._kind = kind
        self._signature = signature
        self.bytes = payload

    @property
    def digest(self) -> bytes:
        """What a key signs: `bytes` under the identity's hash function."""
        return self._session.identity.digest(self.bytes)

    @property
    def message(self) -> bytes:
        """The request in the form that travels to where it is signed.

        `gateway.SignedChaincodeEventsRequest`, or `common.Envelope` for blocks. `Gateway.signed_block_events`
        and its counterparts accept it, also from Fabric's other SDKs.
        """
        return self._kind.signed(self.bytes, self._signature or b"")

    def _reading(self) -> Reading[T]:
        self._signature = self._signature or self._session.identity.sign(self.bytes)
        message = self.message
        return Reading(self._session, "", self._kind, lambda _: message, Position(), reconnect=False)


class EventsRequest(BaseEventsRequest[SyncSession, T]):
    """A request for blocks or events."""

    def stream(self) -> Stream[T]:
        """Send the request, and return what the peer sends.

        A stream that breaks does not resume: that takes another request, and so another signature.

        Raises:
            IdentityError: the key is not here, and no signature was given.
        """
        return Stream(self._session, self._reading())


class EventRequests(Bound[SyncSession]):
    """The part of a network that makes requests for blocks and events to be signed elsewhere."""

    name: str

    def blocks_request(self, start: int | None = 0, stop: int | None = None) -> EventsRequest[BlockMessage]:
        """The request that `blocks` makes, to be signed and sent later. Arguments as of `blocks`."""
        return EventsRequest(self._session, BLOCKS, seek_payload(self._session, self.name, start, stop))

    def filtered_blocks_request(
        self, start: int | None = 0, stop: int | None = None
    ) -> EventsRequest[FilteredBlock]:
        """The request that `filtered_blocks` makes, to be signed and sent later. Arguments as of `blocks`."""
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
        """The request that `chaincode_events` makes, to be signed and sent later. Arguments as there."""
        payload = chaincode_events_payload(
            self._session, self.name, chaincode, start_block, after_transaction_id
        )
        return EventsRequest(self._session, CHAINCODE_EVENTS, payload)
