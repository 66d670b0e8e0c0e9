"""Two municipalities on a topology that names no consenters: everybody orders every channel."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from operator import ge
from pathlib import Path

from support import running

from kindpakket_network import Network, Topology
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.wait import until
from patience import PATIENCE

MESSAGES = 200


def test_consenters_that_are_no_members_of_a_channel_are_no_strangers_to_its_peers(tmp_path: Path) -> None:
    """A peer on both channels judges gossip of a municipality by either one, as a map's order has it."""
    document = json.loads(json.dumps(Topology.packaged("two-municipalities").document))
    for channel in document["channels"]:
        del channel["consenters"], channel["chaincodes"]
    with running(Topology.read(document, tmp_path), tmp_path) as network:
        peers = Inventory.of(network.topology, Home(network.home)).peers
        gossip(peers)  # while they join, their peers do not know their channels yet
        before = [len(log(network, peer)) for peer in peers]
        gossip(peers)
        doubts = {
            peer.node: re.findall(r"^.* (?:WARN|ERRO) .*$", log(network, peer)[size:], re.MULTILINE)
            for peer, size in zip(peers, before, strict=True)
        }
        assert doubts == {peer.node: [] for peer in peers}


def gossip(peers: Sequence[Peer]) -> None:
    """Wait until each peer has taken some more messages of others."""
    target = [taken(peer) + MESSAGES for peer in peers]
    assert until(lambda: all(map(ge, map(taken, peers), target)) or None, PATIENCE)


def taken(peer: Peer) -> float:
    """How many messages of others a peer has taken."""
    return peer.metrics().get("gossip_comm_messages_received", 0.0)


def log(network: Network, peer: Peer) -> str:
    """A peer's log."""
    return Home(network.home).log(peer.node).read_text("utf-8")
