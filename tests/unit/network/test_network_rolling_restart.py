"""Which nodes must be started again, when the topology tunes them otherwise."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kindpakket_network import Topology
from kindpakket_network.certificates.rolling_restart import outdated_authorities, outdated_nodes
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes, Program

HERE = {"address": "fabric.example", "listen": "10.0.0.1"}


def topology(tuning: dict[str, Any] | None = None, **host: str) -> Topology:
    document: dict[str, Any] = copy.deepcopy(dict(Topology.packaged("kindpakket").document))
    document |= {"hosts": {"here": {**HERE, **host}}, "tuning": tuning or {}}
    for one in document["organisations"]:
        one["host"] = "here"
    return Topology.read(document, Path("/"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.create()
    return home


@pytest.fixture
def processes(home: Home) -> Iterator[Processes]:
    """A peer, an orderer and a CA server that sleep, started with the settings of the topology as it was."""
    made = Processes(home)
    inventory = Inventory.of(topology(), home)
    authority = inventory.authorities["gemeente"]
    authority.program(Programs(home.root, home.root))
    started = {authority.node: {}, **{one.node: one.environment() for one in nodes(inventory)}}
    for node, environment in started.items():
        made.start(
            Program(node, [sys.executable, "-c", "import time; time.sleep(60)"], environment, home.root)
        )
    yield made
    for node in made.all():
        made.stop(node)


def nodes(inventory: Inventory) -> Any:
    return inventory.peers[0], inventory.orderers[0]


def concerned(wanted: Topology, home: Home, processes: Processes) -> set[str]:
    inventory = Inventory.of(wanted, home)
    return {
        one.node
        for one in (*outdated_nodes(inventory, processes), *outdated_authorities(inventory, processes))
    }


def test_nothing_is_started_again_for_nothing(home: Home, processes: Processes) -> None:
    assert concerned(topology(), home, processes) == set()
    assert concerned(topology({"certificates": {"warning_days": 60}}), home, processes) == set()


@pytest.mark.parametrize(
    ("tuning", "host", "expected"),
    [
        ({"peer": {"CORE_PEER_GOSSIP_PULLINTERVAL": "7s"}}, {}, {"peer0.gemeente"}),
        ({"orderer": {"ORDERER_GENERAL_THROTTLING_RATE": 7}}, {}, {"orderer.gemeente"}),
        ({"log_level": "debug"}, {}, {"peer0.gemeente", "orderer.gemeente"}),
        ({"certificates": {"user_days": 90}}, {}, {"ca.gemeente"}),
        ({}, {"listen": "10.0.0.2"}, {"peer0.gemeente", "orderer.gemeente", "ca.gemeente"}),
    ],
)
def test_who_runs_with_something_else_is_started_again(
    home: Home,
    processes: Processes,
    tuning: dict[str, Any],
    host: dict[str, str],
    expected: set[str],
) -> None:
    assert concerned(topology(tuning, **host), home, processes) == expected
