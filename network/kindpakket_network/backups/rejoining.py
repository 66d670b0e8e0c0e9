"""Has a restored consenter rejoin its channels with nothing but its keys."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.channel.ordered_blocks import OrderedBlocks
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import CommandFailed, NetworkError, NodeFailed
from kindpakket_network.nodes.catching_up import PATIENCE, await_height
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.restored import clear_restored
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import until

# Seconds to take part once it has all blocks; if it then does not, its certificates are not the channel's.
_JOINED = 10.0
# Raft's panic when a leader counts on log entries that the consenter has lost.
_COUNTED_ON = "tocommit("


@dataclass(frozen=True)
class Rejoining:
    """A consenter that was restored from a backup.

    Args:
        session: the network.
        orderer: the consenter.
    """

    session: Session
    orderer: Orderer

    def run(self) -> None:
        """Join its channels by their newest configuration blocks, and wait until it takes part.

        Raises:
            NetworkError: too few others answer, or it does not take part; it can be repeated.
        """
        for channel in self._channels():
            self._blocks(channel).ensure_level()
        try:
            self._follow()
        except NodeFailed:
            if _COUNTED_ON not in self.session.processes.last_words(self.orderer.node):
                raise
            self._elect_anew()
            self._follow()
        clear_restored(self.orderer.folder)

    def _follow(self) -> None:
        orderer = self.orderer
        replace(self.session.starter, restored=True).start([orderer])
        for channel in self._channels():
            blocks = self._blocks(channel)
            if orderer.participation(channel.name) is None:
                orderer.join(channel.name, self._configuration(channel))
            height = blocks.height(blocks.others()) - self.session.topology.ordering.lag
            await_height(self.session.processes, orderer, channel.name, height)
            if until(lambda channel=channel: orderer.active(channel.name) or None, _JOINED) is None:  # type: ignore[misc]
                if not self.session.runs(orderer.node):
                    raise self.session.processes.failed(orderer.node, "exited unexpectedly")
                self.session.progress(
                    f"{orderer.node} has all blocks of {channel.name} but takes no part in ordering, because "
                    "the channel names newer certificates than the backup's: renew them with `renew`"
                )

    def _elect_anew(self) -> None:
        """Have Raft channels elect a new leader, which does not count on what the consenter has lost.

        A leader remembers how much of the log each consenter has acknowledged, and a consenter that comes
        back with less panics at the leader's first message. A newly elected leader assumes nothing.

        Raises:
            NodeFailed: the leader belongs to another organisation, which must restart it.
        """
        for channel in self._channels():
            leading = self.session.leading(channel)
            if leading is None or leading.organisation not in self.session.own_organisations:
                raise self.session.processes.failed(
                    self.orderer.node,
                    f"cannot rejoin {channel.name} while {leading.node if leading else 'the consenter'} that "
                    "led when its log was lost still leads: have that one restarted, then run `up` here",
                )
            with self.session.stage(f"restarting {leading.node}, so that {channel.name} elects a new leader"):
                self.session.processes.stop(leading.node)
                self.session.starter.start([leading])
                until(lambda channel=channel: self.session.leading(channel), PATIENCE)  # type: ignore[misc]

    def _configuration(self, channel: Channel) -> bytes:
        """A channel's newest configuration block."""
        organisation = self.session.topology.organisation(self.orderer.organisation)
        commands = AdminCommands(self.session, organisation)
        failure = "there is no other"
        for other in self._blocks(channel).others():
            try:
                return commands.configuration_block(channel, other)
            except CommandFailed as error:
                failure = str(error)
        raise NetworkError(
            f"no other consenter returned the configuration of {channel.name} ({failure}): start the others "
            "first"
        )

    def _blocks(self, channel: Channel) -> OrderedBlocks:
        return OrderedBlocks(self.session, self.orderer.organisation, channel)

    def _channels(self) -> list[Channel]:
        return [
            channel
            for channel in self.session.topology.channels
            if self.orderer.organisation in channel.consenters
        ]
