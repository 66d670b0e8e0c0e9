"""`up` may be killed anywhere; called again it carries on, and the network that results is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests
from support import found_town

import killing
from kindpakket.fabric.ca import CaClient
from kindpakket_demo.desk import Desk
from kindpakket_network import Network, Topology, process

LONGEST_STEP = 14


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    """The packaged network, not brought up yet, and stopped at the end."""
    made = Network(Topology.packaged("kindpakket").with_free_ports(), tmp_path / ".kindpakket")
    yield made
    made.down()


def watched(instants: killing.Instants, act: Callable[..., Any]) -> Callable[..., Any]:
    """A function with an instant before it and one after it."""

    def passing(*arguments: Any, **named: Any) -> Any:
        instants.pass_one()
        result = act(*arguments, **named)
        instants.pass_one()
        return result

    return passing


def bring_up(instants: killing.Instants, topology: Topology, home: Path) -> None:
    """Bring a network up, and die at the chosen instant: around a process, a file, a call."""
    patch = pytest.MonkeyPatch()
    for owner, name in (
        (process.subprocess, "Popen"),
        (Path, "replace"),
        (Path, "rename"),
        (CaClient, "register"),
        (CaClient, "enrol"),
        (requests.Session, "post"),
    ):
        patch.setattr(owner, name, watched(instants, getattr(owner, name)))
    Network(topology, home).up()


def test_up_that_is_killed_again_and_again_comes_to_its_end(network: Network, tmp_path: Path) -> None:
    random = Random(20)
    instant, kills = 0, 0
    while not killing.run_and_die(instant, bring_up, network.topology, network.home):
        kills += 1
        instant += random.randrange(1, LONGEST_STEP)
    print(f"killed {kills} times, the last time at instant {instant}")
    assert kills >= 10
    assert network.status().up
    with Desk(network, tmp_path, Random(1)) as desk:
        town = found_town(desk, 6)
        wallet = next(town.keys)
        order = town.order(wallet)
        town.till.shop.pay(order, wallet.authorise(order))
        assert town.available(wallet) == 30_000 - order.cents
