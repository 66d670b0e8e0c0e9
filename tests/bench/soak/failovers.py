"""One node after another that stops for a while, and starts again."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, zip_longest

from kindpakket_network import Network


@dataclass(frozen=True, slots=True)
class Failover:
    """A node that stops.

    Attributes:
        node: its name.
        signal: how: SIGTERM lets it finish what it does, SIGKILL does not.
    """

    node: str
    signal: signal.Signals

    def __str__(self) -> str:
        return f"{self.node} ({self.signal.name})"


def plan(nodes: tuple[str, ...]) -> Iterator[Failover]:
    """Peers and consenters in turn, without end; each is stopped gently and killed as often."""
    peers = [node for node in nodes if node.startswith("peer")]
    consenters = [node for node in nodes if node.startswith("orderer")]
    turn = [node for pair in zip_longest(peers, consenters) for node in pair if node]
    signals = (signal.SIGTERM, signal.SIGKILL)
    for number, node in enumerate(cycle(turn)):
        yield Failover(node, signals[(number + number // len(turn)) % 2])


class Failovers:
    """Carries out the plan at the moments when it is asked to."""

    def __init__(self, network: Network, every: float, off: float, say: Callable[[str], None]) -> None:
        """Plan.

        Args:
            network: the network.
            every: seconds from one stop to the next.
            off: seconds for which a node stays stopped.
            say: called with a sentence about what is done.
        """
        self._network, self._every, self._off, self._say = network, every, off, say
        self._plan = plan(network.nodes())
        self._next = every
        self._stopped: Failover | None = None
        self.done: list[Failover] = []

    def proceed(self, elapsed: float) -> bool:
        """Stop or start a node if it is time, at so many seconds of the soak; whether one was."""
        if elapsed < self._next:
            return False
        if self._stopped is None:
            self._stopped = next(self._plan)
            self._network.stop(self._stopped.node, self._stopped.signal)
            self._next += self._off
            self._say(f"{elapsed:5.0f} s: stopped {self._stopped}")
        else:
            self.finish()
            self._next += self._every - self._off
        return True

    def finish(self) -> None:
        """Start the node that is stopped, if one is."""
        if self._stopped is not None:
            self._network.start(self._stopped.node)
            self.done.append(self._stopped)
            self._stopped = None
