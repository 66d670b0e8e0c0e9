"""What a client of the soak does, and what it says of it: both pass between processes."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

CHANNEL, CHAINCODE, FUNCTION, EVENT = "scenario", "open", "Emit", "soak"
REOPEN_AFTER = 500
"""Items of a stream after which it is closed and opened again where its checkpoint is."""
KEPT_FOR = timedelta(minutes=2)
"""How long finished requests stay in a client's outbox."""
FORGET_EVERY = 200
"""Requests after which a client's outbox forgets those that finished long ago."""


@dataclass(frozen=True, slots=True)
class Job:
    """A client's task, until it is told to stop.

    Attributes:
        style: `sync` or `asyncio`.
        profile: the organisation's connection profile.
        msp: the user's MSP folder.
        folder: the client's own folder, for outbox and checkpoints.
        workers: how many submit, each one request at a time.
        pause: seconds from the start of one request of a worker to the start of its next.
    """

    style: str
    profile: Path
    msp: Path
    folder: Path
    workers: int
    pause: float

    def request(self, number: int) -> str:
        """The id of a request."""
        return f"{self.style}-{number}"


@dataclass(slots=True)
class Tally:
    """How many keys there were, and their sum: equal for equal collections, whatever their order.

    It takes the same room for a hundred keys as for a million, so the clients' memory shows the SDK's growth
    and not that of their own notes.
    """

    count: int = 0
    sum: int = 0

    def add(self, key: str) -> None:
        """Count a key."""
        self.count += 1
        self.sum += int.from_bytes(hashlib.sha256(key.encode()).digest())

    @classmethod
    def of(cls, keys: Counter[str]) -> Tally:
        """The tally of many keys, each as often as it was counted."""
        tally = cls()
        for key in keys.elements():
            tally.add(key)
        return tally


@dataclass(slots=True)
class Report:
    """What a client did.

    Attributes:
        requests: how many requests it made; all are done.
        repeats: calls that ended with an error, by its kind, and were made again with the same request id.
        events: the chaincode events that it received.
        blocks: how many blocks it received.
        reopened: how often it opened a stream again where its checkpoint was.
        slowest: seconds of the slowest call.
    """

    requests: int = 0
    repeats: Counter[str] = field(default_factory=Counter)
    events: Tally = field(default_factory=Tally)
    blocks: int = 0
    reopened: int = 0
    slowest: float = 0.0


@dataclass(frozen=True, slots=True)
class End:
    """Where the ledger ends, after the last request: a client's streams go on until they have all of it.

    Attributes:
        events: how many events the chaincode emitted.
        blocks: the ledger's height.
    """

    events: int
    blocks: int

    def reached(self, report: Report) -> bool:
        """Whether a client's streams are there."""
        return report.events.count >= self.events and report.blocks >= self.blocks
