"""Stalled consenters, which run but stay at a block while the others go on."""

from __future__ import annotations

import time
from dataclasses import dataclass

from kindpakket_network.description.channel import Channel
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import in_parallel, until

# Seconds for a restarted consenter to fetch the blocks it lacks.
_HEALED = 60.0
# Seconds for which consenters must keep pace: one that still fetches blocks falls behind within them.
_STEADY = 2.0


@dataclass(frozen=True)
class StalledConsenters:
    """The consenters of a channel.

    Args:
        session: the network.
        channel: the channel.
    """

    session: Session
    channel: Channel

    def restart_stalled(self, but: Orderer | None = None) -> list[str]:
        """Restart this home's stalled consenters, one after the other.

        A consenter that is behind but makes progress is left alone.

        Args:
            but: a consenter to leave alone in any case.

        Returns:
            The nodes that were restarted.

        Raises:
            NodeFailed: a consenter is still stalled after a restart.
        """
        own = self.session.own_consenters_of(self.channel)
        consenters = [node for node in own if node != but and node.has(self.channel.name)]
        highest = max((self._height(node) for node in consenters), default=0)
        target = highest - self.session.topology.ordering.lag
        silent = [node for node in consenters if not self._gets_there(node, target)]
        for node in silent:
            self.session.progress(f"{node.node} is stalled on {self.channel.name}: restarting it ...")
            self.session.processes.stop(node.node)
            self.session.starter.start([node])
            if not until(lambda node=node: self._height(node) >= target or None, _HEALED):  # type: ignore[misc]
                raise self.session.processes.failed(
                    node.node,
                    f"is still stalled at height {self._height(node)} of {self.channel.name} after a "
                    f"restart, while others have height {target}",
                )
        return [node.node for node in silent]

    def keep_pace(self, but: Orderer | None = None) -> bool:
        """Wait until this home's consenters have kept pace with one another for a while.

        A consenter that has just started first fetches blocks from the others, and does not vote meanwhile.

        Args:
            but: a consenter to leave out.

        Returns:
            Whether they did so in time.
        """
        own = [consenter for consenter in self.session.own_consenters_of(self.channel) if consenter != but]
        since, highest = time.monotonic(), 0

        def kept_pace() -> bool | None:
            nonlocal since, highest
            heights = in_parallel(self._height, own)
            if min(heights, default=highest) < highest - self.session.topology.ordering.lag:
                since = time.monotonic()
            highest = max(heights, default=highest)
            return time.monotonic() - since >= _STEADY or None

        return until(kept_pace, _HEALED, interval=0.1) is not None

    def _gets_there(self, node: Orderer, target: int) -> bool:
        """Whether a consenter reaches a height; it may take any time as long as it makes progress."""
        height, moved = self._height(node), time.monotonic()
        patience = self.session.topology.ordering.patience

        def state() -> bool | None:
            nonlocal height, moved
            now = self._height(node)
            if now > height:
                height, moved = now, time.monotonic()
            if now >= target:
                return True
            return False if time.monotonic() - moved > patience else None

        return until(state, float("inf")) is True

    def _height(self, node: Orderer) -> int:
        return int((node.participation(self.channel.name) or {"height": 0})["height"])
