"""Consenters that run but fell silent: they stay at a block while the others go on."""

from __future__ import annotations

import time
from dataclasses import dataclass

from kindpakket_network.description.topology import Channel
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import together, until

# A consenter learns from the leader's heartbeats that it is behind, after some seconds.
_SILENT = 8.0
_HEALED = 60.0
_STEADY = 2.0


@dataclass(frozen=True)
class Healing:
    """The consenters of a channel.

    Args:
        session: the network.
        channel: the channel.
    """

    session: Session
    channel: Channel

    def wake_silent(self, but: Orderer | None = None) -> list[str]:
        """Restart consenters of ours that stay behind the others of ours, one after the other.

        One that is behind and gets on is left alone.

        Args:
            but: leave this one alone, whatever it does.

        Returns:
            The nodes that were restarted.

        Raises:
            NodeFailed: a consenter stays behind even after a restart.
        """
        own = self.session.own_consenters_of(self.channel)
        consenters = [node for node in own if node != but and node.has(self.channel.name)]
        highest = max((self._height(node) for node in consenters), default=0)
        target = highest - self.session.topology.ordering.lag
        silent = [node for node in consenters if not self._gets_there(node, target)]
        for node in silent:
            self.session.progress(f"{node.node} stays behind on {self.channel.name} and is restarted ...")
            self.session.processes.stop(node.node)
            self.session.starter.start([node])
            if not until(lambda node=node: self._height(node) >= target or None, _HEALED):  # type: ignore[misc]
                raise self.session.processes.failed(
                    node.node,
                    f"stays at block {self._height(node) - 1} of {self.channel.name} while others have "
                    f"block {target - 1}, also after a restart",
                )
        return [node.node for node in silent]

    def steady(self, but: Orderer | None = None) -> bool:
        """Wait until consenters of ours have kept pace with one another for a while.

        One that has just started takes blocks from the others for a while, and votes for none meanwhile.

        Args:
            but: leave this one out.

        Returns:
            Whether they did so in time.
        """
        own = [one for one in self.session.own_consenters_of(self.channel) if one != but]
        since, highest = time.monotonic(), 0

        def kept_pace() -> bool | None:
            nonlocal since, highest
            heights = together(self._height, own)
            if min(heights, default=highest) < highest - self.session.topology.ordering.lag:
                since = time.monotonic()
            highest = max(heights, default=highest)
            return time.monotonic() - since >= _STEADY or None

        return until(kept_pace, _HEALED, interval=0.1) is not None

    def _gets_there(self, node: Orderer, target: int) -> bool:
        """Whether a consenter reaches a height: it may take long as long as it gets on."""
        height, moved = self._height(node), time.monotonic()

        def state() -> bool | None:
            nonlocal height, moved
            now = self._height(node)
            if now > height:
                height, moved = now, time.monotonic()
            if now >= target:
                return True
            return False if time.monotonic() - moved > _SILENT else None

        return until(state, float("inf")) is True

    def _height(self, node: Orderer) -> int:
        return int((node.participation(self.channel.name) or {"height": 0})["height"])
