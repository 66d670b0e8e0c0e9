"""Bringing restored nodes to where the network is, before they serve.

A consenter joins its channels anew, by their newest configuration block. A peer first gets the blocks that
it lacks, in a state in which it answers nobody: so what was purged after the backup is purged again before
anyone can ask for it.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from .admin_commands import AdminCommands
from .errors import CommandFailed, NetworkError, NodeFailed
from .host import LOOPBACK
from .kept_revocations import KeptRevocations
from .orderer import Orderer
from .peer import Peer
from .restored import is_marked, ordering_is_lost, unmark
from .site import Site
from .topology import Channel
from .wait import together, until

_PATIENCE = 120.0
_JOINED = 10.0
_ENDED = -1
_COUNTED_ON = "tocommit("
# No gateway; no connection to other peers, to whom its address would then be known; and no waiting, block by
# block, for private data that only they could give: it is asked for again when the peer serves.
_SECLUDED = {
    "CORE_PEER_GATEWAY_ENABLED": "false",
    "CORE_PEER_GOSSIP_MAXCONNECTIONATTEMPTS": "-1",
    "CORE_PEER_GOSSIP_EXTERNALENDPOINT": "",
    "CORE_PEER_GOSSIP_PVTDATA_PULLRETRYTHRESHOLD": "0s",
    "CORE_PEER_GOSSIP_PVTDATA_RECONCILIATIONENABLED": "false",
}


@dataclass(frozen=True)
class Recovery:
    """What is to be done for nodes that came out of a backup.

    Args:
        site: the network.
    """

    site: Site

    def run(self) -> None:
        """Bring all restored nodes to where the network is. Peers are then stopped, ready to be started.

        Raises:
            NetworkError: too few consenters answer, or a node does not catch up; the next call carries on.
        """
        orderers = [one for one in self.site.inventory.orderers if is_marked(one.folder)]
        peers = [one for one in self.site.inventory.peers if is_marked(one.folder)]
        if not orderers and not peers:
            return
        organisations = [*(one.organisation for one in orderers), *(one.organisation for one in peers)]
        if self._nothing_is_left(orderers):
            with self.site.stage("ordering begins anew where the peers are"):
                self._order_anew(orderers)
            orderers = []
        own = [one for one in self.site.inventory.orderers if one.organisation in self.site.acting]
        self.site.starter.start([one for one in own if one not in orderers])
        for orderer in orderers:
            with self.site.stage(f"{orderer.node} joins its channels again"):
                self._rejoin(orderer)
        for organisation in dict.fromkeys(organisations):
            KeptRevocations(self.site, organisation).run()
        for peer in peers:
            with self.site.stage(f"{peer.node} catches up, answering nobody"):
                self._catch_up(peer)

    def _nothing_is_left(self, orderers: Sequence[Orderer]) -> bool:
        """Whether the operator said so, and no consenter here says otherwise."""
        consenters = [
            one for channel in self.site.topology.channels for one in self.site.consenters_of(channel)
        ]
        return all(one in orderers and ordering_is_lost(one.folder) for one in consenters)

    def _order_anew(self, orderers: Sequence[Orderer]) -> None:
        """Give consenters the blocks that a peer has, when none of them has any.

        Votes that they gave are forgotten with the blocks that they were for, so none can be given twice.
        """
        if self.site.topology.ordering.type != "bft":
            raise NetworkError("Raft consenters do not start from blocks alone: only BFT can begin anew")
        sources: list[tuple[Channel, Peer]] = []
        for channel in self.site.topology.channels:
            peers = [peer for peer in self.site.peers_on(channel) if _blocks(peer, channel).is_dir()]
            heights = {peer: self._height(peer, channel) for peer in peers}
            if not heights:
                raise NetworkError(f"no peer with blocks of {channel.name} was restored: restore one with it")
            sources.append((channel, max(heights, key=lambda peer: heights[peer])))
        for orderer in orderers:
            self.site.processes.stop(orderer.node)
            shutil.rmtree(orderer.folder / "data", ignore_errors=True)
            for channel, peer in sources:
                if orderer.organisation in channel.consenters:
                    target = orderer.folder / "data" / "ledger" / "chains" / channel.name
                    shutil.copytree(_blocks(peer, channel), target)
        # From now on they order, and what they order must not be taken back by doing this again.
        for orderer in orderers:
            unmark(orderer.folder)
        self.site.starter.start(orderers)
        for channel in self.site.topology.channels:
            for orderer in self.site.consenters_of(channel):
                self._await_active(orderer, channel)

    def _height(self, peer: Peer, channel: Channel) -> int:
        with self._secluded(peer):
            return peer.height(channel.name) or 0

    def _rejoin(self, orderer: Orderer) -> None:
        channels = [one for one in self.site.topology.channels if orderer.organisation in one.consenters]
        for channel in channels:
            self._ensure_level(orderer.organisation, channel, self._others(channel))
        try:
            self._follow(orderer, channels)
        except NodeFailed:
            if _COUNTED_ON not in self.site.processes.last_words(orderer.node):
                raise
            self._elect_anew(orderer, channels)
            self._follow(orderer, channels)
        unmark(orderer.folder)

    def _follow(self, orderer: Orderer, channels: Sequence[Channel]) -> None:
        """Have a consenter join its channels, and wait until it takes part."""
        replace(self.site.starter, restored=True).start([orderer])
        for channel in channels:
            others = self._others(channel)
            if orderer.participation(channel.name) is None:
                orderer.join(channel.name, self._configuration(orderer.organisation, channel, others))
            height = self._ordered(orderer.organisation, channel, others)
            self._await_height(orderer, channel, height - self.site.topology.ordering.lag)
            if until(lambda channel=channel: orderer.active(channel.name) or None, _JOINED) is None:  # type: ignore[misc]
                if not self.site.runs(orderer.node):
                    raise self._failure(orderer, "ended by itself")
                self.site.progress(
                    f"{orderer.node} has all blocks of {channel.name}, but orders nothing: the channel "
                    "names other certificates than the backup has. Renew its certificates (`renew`)"
                )

    def _elect_anew(self, orderer: Orderer, channels: Sequence[Channel]) -> None:
        """Have Raft channels elect a leader that does not count on what a consenter has lost.

        A leader remembers how much of the log a consenter acknowledged, and one that comes back with less
        ends itself at the leader's first message. A leader that was elected since then assumes nothing.

        Raises:
            NodeFailed: who leads belongs to another organisation, which has to restart it.
        """
        for channel in channels:
            leading = self.site.leading(channel)
            if leading is None or leading.organisation not in self.site.acting:
                raise self._failure(
                    orderer,
                    f"cannot join {channel.name} as long as {leading.node if leading else 'the node'} leads "
                    "that led when its log was lost: have that one stopped and started, then run `up` here",
                )
            with self.site.stage(f"{leading.node} is restarted, so that {channel.name} elects a leader anew"):
                self.site.processes.stop(leading.node)
                self.site.starter.start([leading])
                until(lambda channel=channel: self.site.leading(channel), _PATIENCE)  # type: ignore[misc]

    def _catch_up(self, peer: Peer) -> None:
        with self._secluded(peer):
            for channel in self.site.topology.channels:
                if _blocks(peer, channel).is_dir():
                    height = self._ordered(peer.organisation, channel, self.site.consenters_of(channel))
                    self._await_height(peer, channel, height)
        unmark(peer.folder)

    @contextmanager
    def _secluded(self, peer: Peer) -> Iterator[None]:
        """Have a peer run where only this tool finds it."""
        self.site.processes.stop(peer.node)
        service, chaincodes = _free_ports()
        secluded = replace(
            peer,
            ports=(service, peer.ports[1], chaincodes),
            machine=replace(peer.machine, address=LOOPBACK, listen=LOOPBACK),
        )
        program = secluded.program(self.site.programs)
        self.site.processes.start(replace(program, environment={**program.environment, **_SECLUDED}))
        try:
            self.site.starter.await_ready(peer.node, secluded.ready)
            yield
        finally:
            self.site.processes.stop(peer.node)

    def _await_active(self, orderer: Orderer, channel: Channel) -> None:
        if until(lambda: orderer.active(channel.name) or None, _PATIENCE) is None:
            raise self._failure(orderer, f"does not order {channel.name} after {_PATIENCE:g} seconds")

    def _configuration(self, organisation: str, channel: Channel, others: Sequence[Orderer]) -> bytes:
        """A channel's newest configuration block."""
        commands = AdminCommands(self.site, self.site.topology.organisation(organisation))
        words = "there is none"
        for orderer in others:
            try:
                return commands.configuration_block(channel, orderer)
            except CommandFailed as error:
                words = str(error)
        raise NetworkError(
            f"no consenter gives the configuration of {channel.name}: {words}\n"
            "A restored consenter needs the others: bring them up first"
        )

    def _ordered(self, organisation: str, channel: Channel, others: Sequence[Orderer]) -> int:
        """The number of blocks that a channel has.

        So many consenters must answer that one of them took part in ordering every block.
        """
        count = len(channel.consenters)
        needed = count - self.site.topology.ordering.quorum(count) + 1

        def heights() -> list[int] | None:
            found = self._heights(organisation, channel, others)
            return list(found.values()) if len(found) >= needed else None

        if len(others) < needed:
            raise NetworkError(
                f"{channel.name} has {len(others)} consenters that were not restored, and {needed} are "
                "needed to know how many blocks it has: if none is left, restore with --ordering-lost"
            )
        answers = until(heights, _PATIENCE, interval=1.0)
        if answers is None:
            raise NetworkError(
                f"fewer than {needed} of the consenters of {channel.name} say how many blocks it has, so "
                "nobody knows what restored nodes lack: bring more of them up, then run `up` here"
            )
        return max(answers)

    def _ensure_level(self, organisation: str, channel: Channel, others: Sequence[Orderer]) -> None:
        """See that the consenters that are left have every block, before one joins that forgot its votes.

        Else that one and those that lack a block could order another in its place.

        Raises:
            NetworkError: too few of them answer, or one that answers stays behind.
        """
        highest = self._ordered(organisation, channel, others) - self.site.topology.ordering.lag

        def behind() -> list[str]:
            found = self._heights(organisation, channel, others)
            return [one.node for one, height in found.items() if height < highest]

        if until(lambda: None if behind() else True, _PATIENCE, interval=1.0) is None:
            raise NetworkError(
                f"{', '.join(behind())} stays behind on {channel.name}: restart it first, so that nothing "
                "that was ordered depends on a consenter that forgot its votes"
            )

    def _heights(self, organisation: str, channel: Channel, others: Sequence[Orderer]) -> dict[Orderer, int]:
        """The number of blocks that consenters say; those that do not answer are not in it."""
        commands = AdminCommands(self.site, self.site.topology.organisation(organisation))

        def height(orderer: Orderer) -> int | None:
            try:
                return commands.height(channel, orderer)
            except CommandFailed:
                return None

        answers = zip(others, together(height, others), strict=True)
        return {one: found for one, found in answers if found is not None}

    def _others(self, channel: Channel) -> list[Orderer]:
        """The consenters of a channel that did not come out of a backup just now."""
        return [one for one in self.site.consenters_of(channel) if not is_marked(one.folder)]

    def _await_height(self, node: Orderer | Peer, channel: Channel, height: int) -> None:
        """Wait as long as blocks keep coming."""

        def present() -> int:
            if isinstance(node, Peer):
                return node.height(channel.name) or 0
            return int((node.participation(channel.name) or {"height": 0})["height"])

        def more() -> int | None:
            if not self.site.runs(node.node):
                return _ENDED
            return found if (found := present()) > reached else None

        reached = present()
        while reached < height:
            found = until(more, _PATIENCE)
            if found is None or found == _ENDED:
                raise self._failure(node, f"stays at {reached} of {height} blocks of {channel.name}")
            reached = found

    def _failure(self, node: Orderer | Peer, words: str) -> NodeFailed:
        log, last = self.site.home.log(node.node), self.site.processes.last_words(node.node)
        return NodeFailed(node.node, words, log, last)


def _blocks(peer: Peer, channel: Channel) -> Path:
    return peer.folder / "data" / "ledgersData" / "chains" / "chains" / channel.name


def _free_ports() -> tuple[int, int]:
    """Two ports of the loopback that nobody knows."""
    with closing(socket.socket()) as one, closing(socket.socket()) as other:
        for probe in (one, other):
            probe.bind((LOOPBACK, 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])
