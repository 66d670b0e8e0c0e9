"""Any one process may be killed: `status` says what is down and why it matters, and `up` heals it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from random import Random

import pytest
from faults import pay, send, state_of
from support import Town, found_town, running

from kindpakket_demo.desk import CHANNEL, Desk
from kindpakket_network import Topology
from kindpakket_network.programs.wait import until
from patience import PATIENCE

PEERS = ("peer0.gemeente", "peer0.winkels", "peer0.auditor")
NODES = (
    *(f"ca.{name}" for name in ("gemeente", "winkels", "auditor", "regie")),
    *(f"orderer.{name}" for name in ("gemeente", "winkels", "auditor", "regie")),
    *PEERS,
    *(f"chaincode.{peer}.kindpakket" for peer in PEERS),
)

OF_EACH_KIND = ("ca.gemeente", "orderer.auditor", "peer0.winkels", "chaincode.peer0.gemeente.kindpakket")


@pytest.fixture(scope="module")
def hurt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town on a separate network, on which processes are killed."""
    folder = tmp_path_factory.mktemp("hurt")
    with (
        running(Topology.packaged("kindpakket"), folder) as network,
        Desk(network, folder, Random(1)) as desk,
    ):
        yield found_town(desk, 60)


def test_the_network_has_just_these_nodes(hurt: Town) -> None:
    assert sorted(hurt.desk.network.nodes()) == sorted(NODES)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Kill one node of each kind; with `--proof`, kill every node."""
    if metafunc.function is test_up_heals_a_process_that_was_killed:
        metafunc.parametrize("node", NODES if metafunc.config.getoption("--proof") else OF_EACH_KIND)


def test_up_heals_a_process_that_was_killed(hurt: Town, node: str) -> None:
    network = hurt.desk.network
    deaths = state_of(network, node).deaths
    send(network, node, signal.SIGKILL)
    assert until(lambda: state_of(network, node).state == "ended" or None, PATIENCE)
    assert node in [finding.place for finding in network.status().findings]
    network.up()
    assert network.status().findings == ()
    assert (state_of(network, node).state, state_of(network, node).deaths) == ("runs", deaths + 1)
    pay(hurt)


@pytest.mark.parametrize("node", ["ca.winkels", "orderer.auditor", "peer0.winkels"])
def test_up_wakes_a_process_that_was_suspended(hurt: Town, node: str) -> None:
    network = hurt.desk.network
    send(network, node, signal.SIGSTOP)
    assert until(lambda: state_of(network, node).state == "suspended" or None, PATIENCE)
    network.up()
    assert network.status().findings == ()
    pay(hurt)


def test_up_heals_a_network_whose_processes_were_all_killed(hurt: Town) -> None:
    network = hurt.desk.network
    for node in NODES:
        send(network, node, signal.SIGKILL)
    network.up()
    assert network.status().findings == ()
    assert network.leader(CHANNEL) is not None
    pay(hurt)


def test_up_leaves_what_runs_as_it_is(hurt: Town) -> None:
    network = hurt.desk.network
    before = {node.node: node.pid for node in network.status().nodes}
    network.up()
    assert {node.node: node.pid for node in network.status().nodes} == before
