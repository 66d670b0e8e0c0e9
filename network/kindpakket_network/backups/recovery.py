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

from kindpakket_network.backups.rejoining import Rejoining
from kindpakket_network.certificates.kept_revocations import KeptRevocations
from kindpakket_network.channel.ordered_blocks import OrderedBlocks
from kindpakket_network.description.host import LOOPBACK
from kindpakket_network.description.topology import Channel
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.catching_up import PATIENCE, await_height
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.restored import is_marked, ordering_is_lost, unmark
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.files import sync_tree
from kindpakket_network.programs.wait import until

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
        session: the network.
    """

    session: Session

    def run(self) -> None:
        """Bring all restored nodes to where the network is. Peers are then stopped, ready to be started.

        Raises:
            NetworkError: too few consenters answer, or a node does not catch up; the next call carries on.
        """
        orderers = [one for one in self.session.inventory.orderers if is_marked(one.folder)]
        peers = [one for one in self.session.inventory.peers if is_marked(one.folder)]
        if not orderers and not peers:
            return
        organisations = [*(one.organisation for one in orderers), *(one.organisation for one in peers)]
        if self._nothing_is_left(orderers):
            with self.session.stage("ordering begins anew where the peers are"):
                self._order_anew(orderers)
            orderers = []
        own = [one for one in self.session.inventory.orderers if one.organisation in self.session.acting]
        self.session.starter.start([one for one in own if one not in orderers])
        for orderer in orderers:
            with self.session.stage(f"{orderer.node} joins its channels again"):
                Rejoining(self.session, orderer).run()
        for organisation in dict.fromkeys(organisations):
            KeptRevocations(self.session, organisation).run()
        for peer in peers:
            with self.session.stage(f"{peer.node} catches up, answering nobody"):
                self._catch_up(peer)

    def _nothing_is_left(self, orderers: Sequence[Orderer]) -> bool:
        """Whether the operator said so, and no consenter here says otherwise."""
        consenters = [
            one for channel in self.session.topology.channels for one in self.session.consenters_of(channel)
        ]
        return all(one in orderers and ordering_is_lost(one.folder) for one in consenters)

    def _order_anew(self, orderers: Sequence[Orderer]) -> None:
        """Give consenters the blocks that a peer has, when none of them has any.

        Votes that they gave are forgotten with the blocks that they were for, so none can be given twice.
        """
        if self.session.topology.ordering.type != "bft":
            raise NetworkError("Raft consenters do not start from blocks alone: only BFT can begin anew")
        sources: list[tuple[Channel, Peer]] = []
        for channel in self.session.topology.channels:
            peers = [peer for peer in self.session.peers_on(channel) if _blocks(peer, channel).is_dir()]
            heights = {peer: self._height(peer, channel) for peer in peers}
            if not heights:
                raise NetworkError(f"no peer with blocks of {channel.name} was restored: restore one with it")
            sources.append((channel, max(heights, key=lambda peer: heights[peer])))
        for orderer in orderers:
            self.session.processes.stop(orderer.node)
            shutil.rmtree(orderer.folder / "data", ignore_errors=True)
            for channel, peer in sources:
                if orderer.organisation in channel.consenters:
                    target = orderer.folder / "data" / "ledger" / "chains" / channel.name
                    shutil.copytree(_blocks(peer, channel), target)
                    sync_tree(target)
        # From now on they order, and what they order must not be taken back by doing this again.
        for orderer in orderers:
            unmark(orderer.folder)
        self.session.starter.start(orderers)
        for channel in self.session.topology.channels:
            for orderer in self.session.consenters_of(channel):
                self._await_active(orderer, channel)

    def _height(self, peer: Peer, channel: Channel) -> int:
        with self._secluded(peer):
            return peer.height(channel.name) or 0

    def _catch_up(self, peer: Peer) -> None:
        with self._secluded(peer):
            for channel in self.session.topology.channels:
                if _blocks(peer, channel).is_dir():
                    blocks = OrderedBlocks(self.session, peer.organisation, channel)
                    height = blocks.height(self.session.consenters_of(channel))
                    await_height(self.session.processes, peer, channel.name, height)
        unmark(peer.folder)

    @contextmanager
    def _secluded(self, peer: Peer) -> Iterator[None]:
        """Have a peer run where only this tool finds it."""
        self.session.processes.stop(peer.node)
        service, chaincodes = _free_ports()
        secluded = replace(
            peer,
            ports=(service, peer.ports[1], chaincodes),
            machine=replace(peer.machine, address=LOOPBACK, listen=LOOPBACK),
        )
        program = secluded.program(self.session.programs)
        self.session.processes.start(replace(program, environment={**program.environment, **_SECLUDED}))
        try:
            self.session.starter.await_ready(peer.node, secluded.ready)
            yield
        finally:
            self.session.processes.stop(peer.node)

    def _await_active(self, orderer: Orderer, channel: Channel) -> None:
        if until(lambda: orderer.active(channel.name) or None, PATIENCE) is None:
            raise self.session.processes.failed(
                orderer.node, f"does not order {channel.name} after {PATIENCE:g} seconds"
            )


def _blocks(peer: Peer, channel: Channel) -> Path:
    return peer.folder / "data" / "ledgersData" / "chains" / "chains" / channel.name


def _free_ports() -> tuple[int, int]:
    """Two ports of the loopback that nobody knows."""
    with closing(socket.socket()) as one, closing(socket.socket()) as other:
        for probe in (one, other):
            probe.bind((LOOPBACK, 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])
