"""A removal, too, may be killed at any point: the same one again, or `up`, completes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from disaster import document
from killed_up import die_once_of_each_kind
from support import running

from kindpakket_demo.desk import CHANNEL, MUNICIPALITY, SHOPS
from kindpakket_network import Network, Topology
from kindpakket_network.description.growth import with_channel, with_consenter, with_organisation, with_peer
from kindpakket_network.nodes.departures import departures
from kindpakket_network.programs.home import Home
from kindpakket_network.verbs import removal

NEIGHBOURS, OTHER = "buurt", "sport"
ACTS = {"Popen", "replace", "rename", "enrol", "delete"}


@pytest.fixture
def raft(tmp_path: Path) -> Iterator[Network]:
    """Five Raft consenters, one of a second shops' organisation, a second peer and a second channel."""
    topology = Topology.read(document("raft", chaincodes=False), Path("/"))
    topology = with_organisation(topology, NEIGHBOURS, "BuurtMSP", SHOPS)
    topology = with_channel(topology, OTHER, OTHER, "SportMSP", MUNICIPALITY)
    with running(with_peer(with_consenter(topology, NEIGHBOURS), SHOPS), tmp_path) as made:
        yield made


def remove(progress: Callable[[str], None], home: Path) -> None:
    """Remove a user, a peer, a channel and an organisation with its consenter, one after the other."""
    removals: list[Callable[[Network], removal.Removal]] = [
        lambda network: removal.user(network, "auditor", "auditor"),
        lambda network: removal.peer(network, SHOPS, "peer0"),
        lambda network: removal.channel(network, OTHER),
        lambda network: removal.organisation(network, NEIGHBOURS),
    ]
    for made in removals:
        network = Network.open(home)
        removal.run(network, made(network), progress)


@pytest.mark.proof("kills removals at every step")
def test_a_removal_that_is_killed_again_and_again_comes_to_its_end(raft: Network, tmp_path: Path) -> None:
    killed = die_once_of_each_kind(remove, tmp_path / "deaths", raft.home)
    assert killed >= ACTS
    smaller = Network.open(raft.home)
    assert smaller.plan().done
    assert smaller.status().healthy
    assert [departure.subject for departure in departures(Home(smaller.home)) if departure.done] == [
        "auditor@auditor",
        "peer0.winkels",
        OTHER,
        f"orderer.{NEIGHBOURS}",
        NEIGHBOURS,
    ]
    inventory = smaller.session().inventory
    assert not [peer.node for peer in inventory.peers if peer.has(OTHER)]
    assert not [orderer.node for orderer in inventory.orderers if orderer.has(OTHER)]
    (kept,) = (smaller.home / "removed").glob(f"*.{OTHER}")
    ledgers = kept / "nodes" / "peer1.winkels" / "data" / "ledgersData" / "chains" / "chains"
    assert {path.name for path in ledgers.iterdir()} == {CHANNEL, OTHER}
    assert smaller.leader(CHANNEL) is not None
    assert not [node for node in smaller.session().processes.all() if NEIGHBOURS in node.split(".")]
