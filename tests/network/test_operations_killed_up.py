"""`up` may be killed at any point; run again, it carries on, and the resulting network is complete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from killed_up import bring_up_and_die, bring_up_and_die_once_of_each_kind
from support import found_town

from kindpakket_demo.desk import Desk
from kindpakket_network import Network, Topology

LONGEST_STEP = 14
ACTS = {"Popen", "replace", "register", "enrol", "post"}


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    """The packaged network, not brought up yet, and stopped at the end."""
    made = Network(Topology.packaged("kindpakket").with_free_ports(), tmp_path / ".kindpakket")
    yield made
    made.down()


def test_up_that_is_killed_again_and_again_comes_to_its_end(
    network: Network, tmp_path: Path, proof: bool
) -> None:
    if proof:
        assert bring_up_and_die(network.topology, network.home, LONGEST_STEP) >= 10
    else:
        kinds = bring_up_and_die_once_of_each_kind(network.topology, network.home, tmp_path / "deaths")
        assert kinds >= ACTS
        assert {"certificates ...", "orderers and peers ..."} <= kinds
    assert network.status().up
    with Desk(network, tmp_path, Random(1)) as desk:
        town = found_town(desk, 6)
        wallet = next(town.keys)
        order = town.order(wallet)
        town.till.shop.pay(order, wallet.authorise(order))
        assert town.available(wallet) == 30_000 - order.cents
