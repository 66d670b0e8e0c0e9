"""Having a restored consenter join its channels anew, with its keys and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.channel.ordered_blocks import OrderedBlocks
from kindpakket_network.description.topology import Channel
from kindpakket_network.errors import CommandFailed, NetworkError, NodeFailed
from kindpakket_network.nodes.catching_up import PATIENCE, await_height
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.restored import unmark
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import until

_JOINED = 10.0
_COUNTED_ON = "tocommit("


@dataclass(frozen=True)
class Rejoining:
    """A consenter that came out of a backup.

    Args:
        session: the network.
        orderer: the consenter.
    """

    session: Session
    orderer: Orderer

    def run(self) -> None:
        """Have it join its channels by their newest configuration blocks, and wait until it takes part.

        Raises:
            NetworkError: too few others answer, or it does not take part; it can be done again.
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
        unmark(self.orderer.folder)

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
                    raise self.session.processes.failed(orderer.node, "ended by itself")
                self.session.progress(
                    f"{orderer.node} has all blocks of {channel.name}, but orders nothing: the channel "
                    "names other certificates than the backup has. Renew its certificates (`renew`)"
                )

    def _elect_anew(self) -> None:
        """Have Raft channels elect a leader that does not count on what the consenter has lost.

        A leader remembers how much of the log a consenter acknowledged, and one that comes back with less
        ends itself at the leader's first message. A leader that was elected since then assumes nothing.

        Raises:
            NodeFailed: who leads belongs to another organisation, which has to restart it.
        """
        for channel in self._channels():
            leading = self.session.leading(channel)
            if leading is None or leading.organisation not in self.session.acting:
                raise self.session.processes.failed(
                    self.orderer.node,
                    f"cannot join {channel.name} as long as {leading.node if leading else 'the node'} leads "
                    "that led when its log was lost: have that one stopped and started, then run `up` here",
                )
            with self.session.stage(
                f"{leading.node} is restarted, so that {channel.name} elects a leader anew"
            ):
                self.session.processes.stop(leading.node)
                self.session.starter.start([leading])
                until(lambda channel=channel: self.session.leading(channel), PATIENCE)  # type: ignore[misc]

    def _configuration(self, channel: Channel) -> bytes:
        """A channel's newest configuration block."""
        organisation = self.session.topology.organisation(self.orderer.organisation)
        commands = AdminCommands(self.session, organisation)
        words = "there is none"
        for other in self._blocks(channel).others():
            try:
                return commands.configuration_block(channel, other)
            except CommandFailed as error:
                words = str(error)
        raise NetworkError(
            f"no consenter gives the configuration of {channel.name}: {words}\n"
            "A restored consenter needs the others: bring them up first"
        )

    def _blocks(self, channel: Channel) -> OrderedBlocks:
        return OrderedBlocks(self.session, self.orderer.organisation, channel)

    def _channels(self) -> list[Channel]:
        return [one for one in self.session.topology.channels if self.orderer.organisation in one.consenters]
