"""How many blocks a channel has, by its consenters that did not come out of a backup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.description.topology import Channel
from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.nodes.catching_up import PATIENCE
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.restored import is_marked
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import together, until


@dataclass(frozen=True)
class OrderedBlocks:
    """The blocks of a channel, as its consenters tell an organisation's administrator.

    Args:
        session: the network.
        organisation: the organisation's name.
        channel: the channel.
    """

    session: Session
    organisation: str
    channel: Channel

    def others(self) -> list[Orderer]:
        """The consenters that did not come out of a backup just now."""
        return [one for one in self.session.consenters_of(self.channel) if not is_marked(one.folder)]

    def height(self, others: Sequence[Orderer]) -> int:
        """The number of blocks that the channel has.

        So many consenters must answer that one of them took part in ordering every block.

        Args:
            others: the consenters to ask.

        Raises:
            NetworkError: fewer are there or answer.
        """
        count = len(self.channel.consenters)
        needed = count - self.session.topology.ordering.quorum(count) + 1

        def enough() -> list[int] | None:
            found = self._heights(others)
            return list(found.values()) if len(found) >= needed else None

        if len(others) < needed:
            raise NetworkError(
                f"{self.channel.name} has {len(others)} consenters that were not restored, and {needed} are "
                "needed to know how many blocks it has: if none is left, restore with --ordering-lost"
            )
        answers = until(enough, PATIENCE, interval=1.0)
        if answers is None:
            raise NetworkError(
                f"fewer than {needed} of the consenters of {self.channel.name} say how many blocks it has, "
                "so nobody knows what restored nodes lack: bring more of them up, then run `up` here"
            )
        return max(answers)

    def ensure_level(self) -> None:
        """See that the consenters that are left have every block, before one joins that forgot its votes.

        Else that one and those that lack a block could order another in its place.

        Raises:
            NetworkError: too few of them answer, or one that answers stays behind.
        """
        others = self.others()
        highest = self.height(others) - self.session.topology.ordering.lag

        def behind() -> list[str]:
            return [one.node for one, height in self._heights(others).items() if height < highest]

        if until(lambda: None if behind() else True, PATIENCE, interval=1.0) is None:
            raise NetworkError(
                f"{', '.join(behind())} stays behind on {self.channel.name}: restart it first, so that "
                "nothing that was ordered depends on a consenter that forgot its votes"
            )

    def _heights(self, others: Sequence[Orderer]) -> dict[Orderer, int]:
        """The number of blocks that consenters say; those that do not answer are not in it."""
        commands = AdminCommands(self.session, self.session.topology.organisation(self.organisation))

        def height(orderer: Orderer) -> int | None:
            try:
                return commands.height(self.channel, orderer)
            except CommandFailed:
                return None

        answers = zip(others, together(height, others), strict=True)
        return {one: found for one, found in answers if found is not None}
