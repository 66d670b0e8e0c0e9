"""Whether a channel's consenters can do without one of them, for a while or for good."""

from __future__ import annotations

from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.channel.configuration import Configuration
from kindpakket_network.channel.submission import signers
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import in_parallel, until

# Seconds for a consenter that did not answer at first, as one that has just started.
_TO_ANSWER = 4.0


def ensure_dispensable(session: Session, channel: Channel, present: Configuration, leaving: Orderer) -> None:
    """Check that those of the other consenters that have all blocks go on without one.

    Raises:
        NetworkError: they are too few to order its departure, or to order anything afterwards.
    """
    count, quorum = len(present.consenters()), session.topology.ordering.quorum
    late = _late(session, channel, present, leaving)
    needed = max(quorum(count), quorum(count - 1))
    if count - 1 - len(late) < needed:
        raise NetworkError(
            f"without {leaving.node}, {channel.name} needs {needed} of its other {count - 1} consenters, but "
            f"{', '.join(late) or 'there are no more'} {'are' if len(late) > 1 else 'is'} down or behind: "
            "start or restart, and try again"
        )


def ensure_quorum(session: Session, channel: Channel, present: Configuration, changing: Orderer) -> None:
    """Check that every other consenter has all blocks, so that ordering survives while this one changes.

    Raises:
        NetworkError: one is down or behind.
    """
    late = _late(session, channel, present, changing)
    if late:
        raise NetworkError(
            f"{', '.join(late)} {'is' if len(late) == 1 else 'are'} down or behind on {channel.name}, so "
            f"changing {changing.node} could cost the channel its quorum: start or restart, and try again"
        )


def _late(session: Session, channel: Channel, present: Configuration, changing: Orderer) -> list[str]:
    """The other consenters that are down, or lack blocks."""
    msps = {consenter.msp for consenter in present.consenters()} - {changing.msp}
    others = [candidate for candidate in session.inventory.orderers if candidate.msp in msps]
    commands = AdminCommands(session, signers(session, present)[0])

    def height(orderer: Orderer) -> int:
        try:
            return commands.height(channel, orderer)
        except CommandFailed:
            return 0

    heights = in_parallel(height, others)
    highest = max(1, max(heights, default=0) - session.topology.ordering.lag)

    def behind(orderer: Orderer, before: int) -> str | None:
        patience = session.topology.ordering.patience if before else _TO_ANSWER
        caught_up = before >= highest or until(lambda: height(orderer) >= highest or None, patience, 0.5)
        return None if caught_up else orderer.node

    found = in_parallel(lambda pair: behind(*pair), zip(others, heights, strict=True))
    return [node for node in found if node]
