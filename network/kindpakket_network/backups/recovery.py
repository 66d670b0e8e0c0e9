"""Has restored nodes catch up with the network before they serve.

A consenter rejoins its channels by their newest configuration block. A peer first fetches the blocks that it
lacks while isolated, so that private data purged since the backup is purged again before anyone can read it,
and nobody is answered from an old state. A peer that is rebuilt fetches all blocks in the same way.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from kindpakket_network.backups.rejoining import Rejoining
from kindpakket_network.certificates.revocation_recovery import RevocationRecovery
from kindpakket_network.channel.ordered_blocks import OrderedBlocks
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.host import LOOPBACK
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.catching_up import PATIENCE, await_height
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.restored import clear_restored, is_ordering_lost, is_rebuilt, is_restored
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.files import sync_tree
from kindpakket_network.programs.wait import until

# No gateway; no connections to other peers, which would learn its address; and no waiting at each block for
# private data that only they could supply: the peer fetches it once it serves again.
_SECLUDED = {
    "CORE_PEER_GATEWAY_ENABLED": "false",
    "CORE_PEER_GOSSIP_MAXCONNECTIONATTEMPTS": "-1",
    "CORE_PEER_GOSSIP_EXTERNALENDPOINT": "",
    "CORE_PEER_GOSSIP_PVTDATA_PULLRETRYTHRESHOLD": "0s",
    "CORE_PEER_GOSSIP_PVTDATA_RECONCILIATIONENABLED": "false",
}


@dataclass(frozen=True)
class Recovery:
    """The recovery of nodes that were restored from a backup.

    Args:
        session: the network.
    """

    session: Session

    def run(self) -> None:
        """Have all restored nodes catch up. Peers are stopped afterwards, ready to start.

        Raises:
            NetworkError: too few consenters answer, or a node does not catch up; the next call resumes.
        """
        orderers = [node for node in self.session.inventory.orderers if is_restored(node.folder)]
        peers = [node for node in self.session.inventory.peers if is_restored(node.folder)]
        if not orderers and not peers:
            return
        organisations = [*(node.organisation for node in orderers), *(node.organisation for node in peers)]
        if self._nothing_is_left(orderers):
            with self.session.stage("restarting ordering from the peers' blocks"):
                self._order_anew(orderers)
            orderers = []
        own = [
            node
            for node in self.session.inventory.orderers
            if node.organisation in self.session.own_organisations
        ]
        self.session.starter.start([node for node in own if node not in orderers])
        for orderer in orderers:
            with self.session.stage(f"{orderer.node} rejoins its channels"):
                Rejoining(self.session, orderer).run()
        for organisation in dict.fromkeys(organisations):
            RevocationRecovery(self.session, organisation).run()
        for peer in peers:
            with self.session.stage(f"{peer.node} catches up in isolation"):
                self.catch_up(peer)

    def _nothing_is_left(self, orderers: Sequence[Orderer]) -> bool:
        """Whether every consenter was restored with `ordering_lost`."""
        consenters = [
            consenter
            for channel in self.session.topology.channels
            for consenter in self.session.consenters_of(channel)
        ]
        return all(consenter in orderers and is_ordering_lost(consenter.folder) for consenter in consenters)

    def _order_anew(self, orderers: Sequence[Orderer]) -> None:
        """Give consenters the blocks of a peer, if none of them has any.

        The votes that they gave are lost along with the blocks that they were for, so none can conflict.
        """
        if self.session.topology.ordering.type != "bft":
            raise NetworkError(
                "ordering cannot be restarted from blocks on Raft, only on BFT: bring up a consenter that "
                "still has its log"
            )
        sources: list[tuple[Channel, Peer]] = []
        for channel in self.session.topology.channels:
            peers = [peer for peer in self.session.peers_on(channel) if _blocks(peer, channel).is_dir()]
            heights = {peer: self._height(peer, channel) for peer in peers}
            if not heights:
                raise NetworkError(
                    f"no restored peer has blocks of {channel.name}: restore one that has them"
                )
            sources.append((channel, max(heights, key=lambda peer: heights[peer])))
        for orderer in orderers:
            self.session.processes.stop(orderer.node)
            shutil.rmtree(orderer.folder / "data", ignore_errors=True)
            for channel, peer in sources:
                if orderer.organisation in channel.consenters:
                    target = orderer.folder / "data" / "ledger" / "chains" / channel.name
                    shutil.copytree(_blocks(peer, channel), target)
                    sync_tree(target)
        # From here on they may order blocks, which repeating this would undo.
        for orderer in orderers:
            clear_restored(orderer.folder)
        self.session.starter.start(orderers)
        for channel in self.session.topology.channels:
            for orderer in self.session.consenters_of(channel):
                self._await_active(orderer, channel)

    def _height(self, peer: Peer, channel: Channel) -> int:
        with self._secluded(peer):
            return peer.height(channel.name) or 0

    def catch_up(self, peer: Peer) -> None:
        """Have a marked peer fetch the blocks that it lacks, and remove its mark; it is stopped afterwards.

        Raises:
            NetworkError: too few consenters answer, or it does not catch up; the next call resumes.
        """
        with self._secluded(peer) as secluded:
            if is_rebuilt(peer.folder):
                self._join(secluded)
            for channel in self.session.topology.channels:
                if _blocks(peer, channel).is_dir():
                    blocks = OrderedBlocks(self.session, peer.organisation, channel)
                    height = blocks.height(self.session.consenters_of(channel))
                    await_height(self.session.processes, peer, channel.name, height, self.session.progress)
                    self.session.progress(f"{peer.node} has all {height} blocks of {channel.name}")
        clear_restored(peer.folder)

    def _join(self, secluded: Peer) -> None:
        """Have a peer without ledgers join its channels, by the genesis blocks that this home keeps."""
        for channel in self.session.topology.channels:
            genesis = self.session.home.genesis(channel.name)
            member = secluded.node in [peer.node for peer in self.session.peers_on(channel)]
            if member and genesis.is_file() and secluded.height(channel.name) is None:
                self.session.admin(secluded).join(genesis)

    @contextmanager
    def _secluded(self, peer: Peer) -> Iterator[Peer]:
        """Run a peer on ports that only this tool knows."""
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
            yield secluded
        finally:
            self.session.processes.stop(peer.node)

    def _await_active(self, orderer: Orderer, channel: Channel) -> None:
        if until(lambda: orderer.active(channel.name) or None, PATIENCE) is None:
            raise self.session.processes.failed(
                orderer.node, f"did not take part in ordering {channel.name} within {PATIENCE:g} s"
            )


def _blocks(peer: Peer, channel: Channel) -> Path:
    return peer.folder / "data" / "ledgersData" / "chains" / "chains" / channel.name


def _free_ports() -> tuple[int, int]:
    """Two free ports of the loopback, chosen by the system."""
    with closing(socket.socket()) as first, closing(socket.socket()) as second:
        for probe in (first, second):
            probe.bind((LOOPBACK, 0))
        return int(first.getsockname()[1]), int(second.getsockname()[1])
