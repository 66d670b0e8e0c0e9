"""A channel's height, according to its consenters that were not restored from a backup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.nodes.catching_up import PATIENCE
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.restored import is_restored
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import in_parallel, until


@dataclass(frozen=True)
class OrderedBlocks:
    """The blocks of a channel according to its consenters, queried by an organisation's administrator.

    Args:
        session: the network.
        organisation: the organisation's name.
        channel: the channel.
    """

    session: Session
    organisation: str
    channel: Channel

    def others(self) -> list[Orderer]:
        """The consenters that are not being restored from a backup."""
        return [
            consenter
            for consenter in self.session.consenters_of(self.channel)
            if not is_restored(consenter.folder)
        ]

    def height(self, others: Sequence[Orderer]) -> int:
        """The channel's height.

        Enough consenters must answer that for every block one of them took part in ordering it.

        Args:
            others: the consenters to ask.

        Raises:
            NetworkError: too few exist or answer.
        """
        count = len(self.channel.consenters)
        needed = count - self.session.topology.ordering.quorum(count) + 1

        def enough() -> list[int] | None:
            found = self._heights(others)
            return list(found.values()) if len(found) >= needed else None

        if len(others) < needed:
            raise NetworkError(
                f"{self.channel.name} has only {len(others)} of the {needed} consenters, not restored "
                "themselves, that are needed to know its height: if none is left, restore with "
                "--ordering-lost"
            )
        answers = until(enough, PATIENCE, interval=1.0)
        if answers is None:
            raise NetworkError(
                f"fewer than {needed} of the consenters of {self.channel.name} answered within "
                f"{PATIENCE:g} s, so its height is unknown: start more of them, then run `up` here"
            )
        return max(answers)

    def ensure_level(self) -> None:
        """Check that the remaining consenters have every block, before one joins that lost its votes.

        Otherwise that one, and those that lack a block, could order a different block in its place.

        Raises:
            NetworkError: too few of them answer, or one that answers is behind.
        """
        others = self.others()
        highest = self.height(others) - self.session.topology.ordering.lag

        def behind() -> list[str]:
            return [orderer.node for orderer, height in self._heights(others).items() if height < highest]

        if until(lambda: None if behind() else True, PATIENCE, interval=1.0) is None:
            raise NetworkError(
                f"{', '.join(behind())} did not catch up on {self.channel.name} within {PATIENCE:g} s: "
                "restart it first; a consenter that lost its votes may only join once the others "
                "have all blocks"
            )

    def _heights(self, others: Sequence[Orderer]) -> dict[Orderer, int]:
        """The heights that consenters report; those that do not answer are left out."""
        commands = AdminCommands(self.session, self.session.topology.organisation(self.organisation))

        def height(orderer: Orderer) -> int | None:
            try:
                return commands.height(self.channel, orderer)
            except CommandFailed:
                return None

        answers = zip(others, in_parallel(height, others), strict=True)
        return {orderer: height for orderer, height in answers if height is not None}
