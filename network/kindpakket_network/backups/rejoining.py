"""Has a restored or rebuilt consenter rejoin its channels with nothing but its keys.

On Raft a consenter's id stands for what it has acknowledged. One that lost its log must not come back under
its old id: the leader goes on from what the lost log held, at which the consenter ends itself (`tocommit(8)
is out of range`), and a vote that it gave could be given again to another candidate. So its channels take it
out and add it again, which gives it a new id. That takes a quorum of the others. Without one nothing can be
ordered, and it comes back under its old id after an election, for which the others must have every block.

On BFT a consenter's id is its place in the configuration, and the blocks hold the votes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kindpakket_network.channel.change import consenter_of, reconcile, take_out
from kindpakket_network.channel.membership import newest_configuration
from kindpakket_network.channel.ordered_blocks import OrderedBlocks
from kindpakket_network.channel.submission import current
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import NodeFailed
from kindpakket_network.nodes.catching_up import PATIENCE, await_height
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.restored import clear_restored, is_readmitted, note_readmitted
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import until

# Seconds to take part once it has all blocks; it leaves room for a change of leader.
_JOINED = 60.0
# Seconds for which it must then stay up.
_STEADY = 3.0
# Raft's panic when a leader counts on log entries that the consenter has lost.
_COUNTED_ON = "tocommit("


@dataclass(frozen=True)
class Rejoining:
    """A consenter that was restored from a backup, or whose ledger was deleted to be fetched again.

    Args:
        session: the network.
        orderer: the consenter.
    """

    session: Session
    orderer: Orderer

    def run(self) -> None:
        """Join its channels by their newest configuration blocks, and wait until it takes part.

        Raises:
            Waiting: other organisations must sign that a channel takes it out, or adds it again.
            NetworkError: too few others answer, or it does not take part; it can be repeated.
        """
        for channel in self._channels():
            self._blocks(channel).ensure_level()
        for channel in self._channels():
            if self.session.topology.ordering.type == "raft" and self._can_do_without(channel):
                self._readmit(channel)
        try:
            self._follow()
        except NodeFailed:
            if _COUNTED_ON not in self.session.processes.last_words(self.orderer.node):
                raise
            self._elect_anew()
            self._follow()
        clear_restored(self.orderer.folder)

    def _can_do_without(self, channel: Channel) -> bool:
        """Whether the others are a quorum of a channel."""
        running = [other for other in self._blocks(channel).others() if self.session.runs(other.node)]
        return len(running) >= self.session.topology.ordering.quorum(len(channel.consenters))

    def _readmit(self, channel: Channel) -> None:
        """Have a channel take the consenter out, and add it again with a new id."""
        folder = self.orderer.folder
        if not is_readmitted(folder, channel.name):
            take_out(self.session, channel, self.orderer)
            note_readmitted(folder, channel.name)
        reconcile(self.session, channel, only=[self.orderer.node])

    def _follow(self) -> None:
        orderer = self.orderer
        replace(self.session.starter, restored=True).start([orderer])
        for channel in self._channels():
            blocks = self._blocks(channel)
            if orderer.participation(channel.name) is None:
                orderer.join(channel.name, newest_configuration(self.session, channel, orderer))
            height = blocks.height(blocks.others()) - self.session.topology.ordering.lag
            await_height(self.session.processes, orderer, channel.name, height, self.session.progress)
            if self._is_named(channel):
                self._await_part(channel)
            else:
                self.session.progress(
                    f"{orderer.node} has all blocks of {channel.name} but takes no part in ordering, because "
                    "the channel names newer certificates than the backup's: renew them with `renew`"
                )
        ended = until(lambda: None if self.session.runs(orderer.node) else True, _STEADY)
        if ended:
            raise self.session.processes.failed(orderer.node, "exited unexpectedly")

    def _is_named(self, channel: Channel) -> bool:
        """Whether a channel names the consenter with the certificates that it has."""
        present = current(self.session, channel)
        own = consenter_of(self.orderer, self.session, channel, present.raft)
        return any(consenter.same(own) for consenter in present.consenters())

    def _await_part(self, channel: Channel) -> None:
        orderer, ordering = self.orderer, self.session.topology.ordering

        def state() -> bool | None:
            if not self.session.runs(orderer.node):
                return False
            return (orderer.active(channel.name) and orderer.heard(channel.name, ordering)) or None

        takes_part = until(state, _JOINED)
        if not takes_part:
            problem = (
                f"has all blocks of {channel.name}, but heard no leader within {_JOINED:g} s"
                if takes_part is None
                else "exited unexpectedly"
            )
            raise self.session.processes.failed(orderer.node, problem)

    def _elect_anew(self) -> None:
        """Have Raft channels elect a new leader, which does not count on what the consenter has lost.

        A leader remembers how much of the log each consenter has acknowledged. A newly elected one assumes
        nothing.

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

    def _blocks(self, channel: Channel) -> OrderedBlocks:
        return OrderedBlocks(self.session, self.orderer.organisation, channel)

    def _channels(self) -> list[Channel]:
        return [
            channel
            for channel in self.session.topology.channels
            if self.orderer.organisation in channel.consenters
        ]
