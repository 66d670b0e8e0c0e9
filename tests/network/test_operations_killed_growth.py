"""Growth, too, may be killed at any point: on Raft, an organisation, a peer and a consenter still join."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from killed_up import bring_up_and_die, bring_up_and_die_once_of_each_kind
from support import found_town, running

from kindpakket_demo.desk import CHANNEL, SHOPS, Desk
from kindpakket_network import Network, Topology
from kindpakket_network.description.growth import with_consenter, with_organisation, with_peer

NEIGHBOURS, OPERATOR = "buurt", "regie"
LONGEST_STEP = 25
ACTS = {"Popen", "replace", "register", "enrol"}


@pytest.fixture
def raft(tmp_path: Path) -> Iterator[Network]:
    """The packaged network with three Raft consenters, running."""
    document = copy.deepcopy(dict(Topology.packaged("kindpakket").document))
    document["ordering"] = {"type": "raft"}
    document["organisations"][-1]["consenter"] = False
    with running(Topology.read(document, Path("/")), tmp_path) as made:
        yield made


def test_growth_that_is_killed_again_and_again_comes_to_its_end(
    raft: Network, tmp_path: Path, proof: bool
) -> None:
    larger = with_organisation(raft.topology, NEIGHBOURS, "BuurtMSP", SHOPS)
    larger = with_consenter(with_peer(larger, SHOPS), OPERATOR)
    if proof:
        assert bring_up_and_die(larger, raft.home, LONGEST_STEP) >= 10
    else:
        kinds = bring_up_and_die_once_of_each_kind(larger, raft.home, tmp_path / "deaths")
        assert kinds >= ACTS
    grown = Network.open(raft.home)
    assert grown.plan().done
    status = grown.status()
    assert status.up
    heights = status.channels[0].heights
    assert None not in [
        heights[node] for node in (f"peer0.{NEIGHBOURS}", f"peer1.{SHOPS}", f"orderer.{OPERATOR}")
    ]
    with Desk(grown, tmp_path, Random(1)) as desk:
        town = found_town(desk, 6)
        wallet = next(town.keys)
        leader = grown.leader(CHANNEL)
        assert leader is not None
        grown.stop(leader)
        order = town.order(wallet)
        town.till.shop.pay(order, wallet.authorise(order))
        assert town.available(wallet) == 30_000 - order.cents
