"""Requests for blocks and events as things of their own, to be signed where the key is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from kindpakket.fabric import _wire
from kindpakket.fabric._session import Session, SyncSession
from kindpakket.fabric.events import (
    BlockMessage,
    ChaincodeEvent,
    FilteredBlock,
    Reading,
    Stream,
    decode_block,
    decode_chaincode_events,
    decode_filtered_block,
    seek_payload,
)

S = TypeVar("S", bound=Session)
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Kind(Generic[T_co]):
    """A kind of stream: the service's path, how its answers are read, and how its request is put together."""

    path: str
    bidirectional: bool
    decode: Callable[[bytes], Iterable[T_co] | None]
    signed: Callable[[bytes, bytes], bytes]


BLOCKS: Kind[BlockMessage] = Kind(_wire.DELIVER, True, decode_block, _wire.envelope)
FILTERED_BLOCKS: Kind[FilteredBlock] = Kind(
    _wire.DELIVER_FILTERED, True, decode_filtered_block, _wire.envelope
)
CHAINCODE_EVENTS: Kind[ChaincodeEvent] = Kind(
    _wire.CHAINCODE_EVENTS, False, decode_chaincode_events, _wire.signed_chaincode_events_request
)


class BaseEventsRequest(Generic[S, T]):
    """A request for blocks or events, before its driver is known.

    Attributes:
        bytes: what is signed.
    """

    def __init__(self, session: S, kind: Kind[T], payload: bytes, signature: bytes | None = None) -> None:
        self._session = session
        self._kind = kind
        self._signature = signature
        self.bytes = payload

    @property
    def digest(self) -> bytes:
        """What a key signs: `bytes` under the identity's hash function."""
        return self._session.identity.digest(self.bytes)

    @property
    def message(self) -> bytes:
        """The request as it is carried to where it is signed.

        `gateway.SignedChaincodeEventsRequest`, or `common.Envelope` for blocks. `Gateway.signed_block_events`
        and its neighbours take it back, also from Fabric's other SDKs.
        """
        return self._kind.signed(self.bytes, self._signature or b"")

    def _reading(self) -> Reading[T]:
        self._signature = self._signature or self._session.identity.sign(self.bytes)
        return Reading(self._kind.path, self.message, self._kind.bidirectional, self._kind.decode)


class EventsRequest(BaseEventsRequest[SyncSession, T]):
    """A request for blocks or events."""

    def stream(self) -> Stream[T]:
        """Send the request, and return what the peer sends.

        A stream that breaks is not resumed: that takes another request, and so another signature.

        Raises:
            IdentityError: the key is not here, and no signature was brought.
        """
        return Stream(self._session, self._reading())


class EventRequests:
    """What a network offers to have requests for its blocks and events signed elsewhere."""

    _session: SyncSession
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

    def chaincode_events_request(
        self, chaincode: str, *, start_block: int | None = None, after_transaction_id: str = ""
    ) -> EventsRequest[ChaincodeEvent]:
        """The request that `chaincode_events` makes, to be signed and sent later. Arguments as there."""
        payload = chaincode_events_payload(
            self._session, self.name, chaincode, start_block, after_transaction_id
        )
        return EventsRequest(self._session, CHAINCODE_EVENTS, payload)


def chaincode_events_payload(
    session: Session, channel: str, chaincode: str, start_block: int | None, after_transaction_id: str
) -> bytes:
    """What is signed to ask for the events of a chaincode."""
    creator = session.identity.serialized
    return _wire.chaincode_events_request(channel, chaincode, creator, start_block, after_transaction_id)
