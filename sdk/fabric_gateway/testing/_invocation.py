"""What a scripted chaincode is called with, for `fabric_gateway.testing`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from cryptography import x509

Version: TypeAlias = tuple[int, int]
"""Numbers of the block and of the transaction in it that wrote a key."""


class ChaincodeRefusal(Exception):
    """Raise it in a scripted chaincode to refuse, with the message that the client sees."""


@dataclass
class Simulation:
    """What an invocation has read and written so far, as an endorser records it.

    Attributes:
        state: the committed state, value and version by key.
        reads: version of each key that was read; None if there is no such key.
        writes: value of each key that was written; None if it was deleted.
        private_writes: the same by collection and key.
        event: name and payload of the event.
    """

    state: Mapping[str, tuple[bytes, Version]]
    reads: dict[str, Version | None] = field(default_factory=dict)
    writes: dict[str, bytes | None] = field(default_factory=dict)
    private_writes: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    event: tuple[str, bytes] | None = None


@dataclass
class Invocation:
    """What a scripted chaincode is called with, and how it reads and writes.

    As in Fabric, a transaction does not read its own writes, and its writes take effect only when it is
    committed and what it read has not changed in the meantime.

    Attributes:
        name: name of the function.
        arguments: its arguments.
        transient: private input.
        mspid: MSP id of the caller.
        certificate: certificate of the caller.
        channel: name of the channel.
        transaction_id: id of the transaction.
        timestamp: the proposal's time, UTC.
    """

    name: str
    arguments: tuple[bytes, ...]
    transient: Mapping[str, bytes]
    mspid: str
    certificate: x509.Certificate
    channel: str
    transaction_id: str
    timestamp: datetime
    _simulation: Simulation = field(repr=False)

    def get(self, key: str) -> bytes | None:
        """The committed value of a key."""
        value, version = self._simulation.state.get(key, (None, None))
        self._simulation.reads[key] = version
        return value

    def put(self, key: str, value: str | bytes) -> None:
        """Write a key."""
        self._simulation.writes[key] = value.encode() if isinstance(value, str) else value

    def delete(self, key: str) -> None:
        """Delete a key."""
        self._simulation.writes[key] = None

    def put_private(self, collection: str, key: str, value: str | bytes | None) -> None:
        """Write a key of a private data collection; None deletes it. Blocks with private data show it."""
        content = value.encode() if isinstance(value, str) else value
        self._simulation.private_writes[collection, key] = content

    def emit(self, name: str, payload: str | bytes = b"") -> None:
        """Emit an event; the last one counts."""
        self._simulation.event = (name, payload.encode() if isinstance(payload, str) else payload)


Chaincode: TypeAlias = Callable[[Invocation], str | bytes | None]
"""Stands for a chaincode: is called with each invocation, and returns its result."""
