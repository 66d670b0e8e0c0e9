"""The peers that a gateway may call: which of them are healthy, and which one is next."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Generic, TypeVar

from fabric_gateway import _node_messages as node_messages
from fabric_gateway._connection.targets import Target
from fabric_gateway._connection.waits import jittered

C = TypeVar("C")

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_TRYING = 5.0  # seconds for one try of a failing peer, before another caller may try it

log = logging.getLogger("fabric_gateway.peers")


@dataclass(frozen=True, slots=True)
class PeerHealth:
    """The health of one of a gateway's peers.

    Attributes:
        name: its name in the profile; the address if there is no profile.
        address: host and port.
        healthy: its last call reached it, or none was made yet.
        failures: how many times in a row it was found failing; 0 when healthy.
        last_error: why it failed last; "" if it never did.
        retry_in: seconds until it is tried again; 0 when healthy, or when its turn has come.
    """

    name: str
    address: str
    healthy: bool
    failures: int
    last_error: str
    retry_in: float

    def __str__(self) -> str:
        state = "healthy" if self.healthy else self.last_error
        return (
            f"{self.name} ({self.address}): {state}" if self.name != self.address else f"{self.name}: {state}"
        )


class Link(Generic[C]):
    """One peer, and the channel to it, which opens at its first use.

    Attributes:
        name: name of the peer.
        heard: when it last answered, on the clock `time.monotonic`; 0 before its first answer.
        closings: how many times its channel was given up; earlier calls belong to an earlier channel.
        complaint: why there is no trusted connection to it, if that is known; else "".
        looked: when that was last looked into, on the clock `time.monotonic`.
    """

    def __init__(self, target: Target, open_channel: Callable[[Target], C]) -> None:
        self.target = target
        self.name = target.name
        self.heard = 0.0
        self.closings = 0
        self.complaint = ""
        self.looked = -inf
        self.failures = 0
        self.last_error = ""
        self.retry_at = 0.0
        self._open = open_channel
        self._channel: C | None = None
        self._methods: dict[str, Any] = {}
        self._closed = False
        self._lock = threading.Lock()

    @property
    def channel(self) -> C:
        """The channel to the peer; `ValueError` after the link was closed, as a closed channel raises."""
        with self._lock:
            if self._closed:
                raise ValueError(f"the link to {self.name} was closed")
            if self._channel is None:
                self._channel = self._open(self.target)
            return self._channel

    @property
    def is_open(self) -> bool:
        """It has a channel."""
        return self._channel is not None

    def method(self, path: str) -> Any:
        """What makes unary calls of a method, bytes to bytes."""
        methods = self._methods  # of the channel that is open now or of an earlier one, never of a later one
        found = methods.get(path)
        if found is None:
            channel: Any = self.channel
            found = methods[path] = channel.unary_unary(path, None, None)
        return found

    def release(self, *, for_good: bool = False) -> C | None:
        """Give up the channel, for the caller to close; unless it is for good, the next use opens another."""
        with self._lock:
            channel, self._channel, self._methods = self._channel, None, {}
            self.closings += 1
            self._closed = for_good
        return channel

    @property
    def healthy(self) -> bool:
        """Its last call reached it, or none was made yet."""
        return not self.failures

    def health(self) -> PeerHealth:
        """How it is at this moment."""
        wait = max(0.0, self.retry_at - time.monotonic()) if self.failures else 0.0
        return PeerHealth(self.name, self.target.address, self.healthy, self.failures, self.last_error, wait)


class Peers(Generic[C]):
    """The links of a gateway, in order of preference. May be used by many threads at once."""

    def __init__(self, links: Sequence[Link[C]]) -> None:
        self.links = tuple(links)
        self.several = len(self.links) > 1
        self.failing = False
        self._lock = threading.Lock()

    def choose(self, avoid: str = "") -> Link[C]:
        """The first healthy peer, if possible not the one to avoid.

        When none is healthy, the one that is due next.
        """
        first = self.links[0]
        if not self.several or (not first.failures and first.name != avoid):
            return first
        healthy = [link for link in self.links if not link.failures]
        if healthy:
            return next((link for link in healthy if link.name != avoid), healthy[0])
        return min(self.links, key=lambda link: (link.name == avoid, link.retry_at))

    def due(self) -> Link[C] | None:
        """A failing peer that is due for another try; only one caller gets it."""
        now = time.monotonic()
        with self._lock:
            for link in self.links:
                if link.failures and now >= link.retry_at:
                    link.retry_at = now + _TRYING
                    return link
        return None

    def answered(self, link: Link[C]) -> None:
        """Record that a peer has answered, even with a refusal."""
        link.heard = time.monotonic()
        if link.failures:
            with self._lock:
                link.failures = 0
                link.complaint = ""
                self.failing = any(other.failures for other in self.links)
            log.info("peer %s answers again", link.name, extra={"fabric_peer": link.name})

    def failed(self, link: Link[C], reason: str, *, tried: bool = False) -> None:
        """Record that a peer could not be reached, or did not answer.

        Many calls that fail at once count as one failure; a failure of the one call that tried a failing peer
        again always counts.
        """
        now = time.monotonic()
        with self._lock:
            link.last_error = reason
            if link.failures and now < link.retry_at and not tried:
                return
            link.failures += 1
            link.retry_at = now + _wait(link.failures)
            self.failing = True
        log.warning(
            "peer %s is failing, %d in a row: %s",
            link.name,
            link.failures,
            reason,
            extra={"fabric_peer": link.name, "fabric_failures": link.failures},
        )

    def another(self, link: Link[C]) -> bool:
        """Whether there is a healthy peer besides this one."""
        return any(not other.failures for other in self.links if other is not link)

    def health(self) -> tuple[PeerHealth, ...]:
        """How the peers are at this moment, in order of preference."""
        return tuple(link.health() for link in self.links)

    @property
    def unproven(self) -> bool:
        """There is no trusted connection to any of them."""
        return all(link.complaint for link in self.links)

    def complaint(self) -> str:
        """Why no peer can be used: one sentence that names each."""
        beginning = node_messages.UNPROVEN if self.unproven else ""
        return f"{beginning}none of the {len(self.links)} peers answers: {'; '.join(map(str, self.health()))}"

    @property
    def address(self) -> str:
        """Where the peers are, for messages."""
        return ", ".join(link.target.address for link in self.links)


def _wait(failures: int) -> float:
    """Seconds before a peer is tried again: growing, bounded, with jitter."""
    return jittered(_FIRST_WAIT, _LONGEST_WAIT, failures)
