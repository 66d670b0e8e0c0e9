"""Any one process may be killed: `status` says what is down and why it matters, and `up` heals it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from random import Random

import pytest
from support import Town, found_town, running

from kindpakket_demo.desk import CHANNEL, Desk
from kindpakket_network import Network, NodeStatus, Topology
from kindpakket_network.home import Home
from kindpakket_network.process import Processes
from kindpakket_network.wait import until

PEERS = ("peer0.gemeente", "peer0.winkels", "peer0.auditor")
NODES = (
    *(f"ca.{name}" for name in ("gemeente", "winkels", "auditor", "regie")),
    *(f"orderer.{name}" for name in ("gemeente", "winkels", "auditor", "regie")),
    *PEERS,
    *(f"chaincode.{peer}.kindpakket" for peer in PEERS),
)


@pytest.fixture(scope="module")
def hurt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town on a network of its own, on which processes are killed."""
    folder = tmp_path_factory.mktemp("hurt")
    with (
        running(Topology.packaged("kindpakket"), folder) as network,
        Desk(network, folder, Random(1)) as desk,
    ):
        yield found_town(desk, 60)


def send(network: Network, node: str, number: signal.Signals) -> None:
    """Send a signal to a node's process, behind the tool's back."""
    process = Processes(Home(network.home)).find(node)
    assert process is not None
    os.kill(process.pid, number)


def of(network: Network, node: str) -> NodeStatus:
    """What a node is doing."""
    return next(one for one in network.status().nodes if one.node == node)


def pay(town: Town) -> None:
    """A payment of a voucher that nobody used."""
    wallet = next(town.keys)
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))
    assert town.available(wallet) == 30_000 - order.cents


def test_the_network_has_just_these_nodes(hurt: Town) -> None:
    assert sorted(hurt.desk.network.nodes()) == sorted(NODES)


@pytest.mark.parametrize("node", NODES)
def test_up_heals_a_process_that_was_killed(hurt: Town, node: str) -> None:
    network = hurt.desk.network
    deaths = of(network, node).deaths
    send(network, node, signal.SIGKILL)
    assert until(lambda: of(network, node).state == "ended" or None, 10)
    assert node in [finding.place for finding in network.status().findings]
    network.up()
    assert network.status().findings == ()
    assert (of(network, node).state, of(network, node).deaths) == ("runs", deaths + 1)
    pay(hurt)


@pytest.mark.parametrize("node", ["ca.winkels", "orderer.auditor", "peer0.winkels"])
def test_up_wakes_a_process_that_was_suspended(hurt: Town, node: str) -> None:
    network = hurt.desk.network
    send(network, node, signal.SIGSTOP)
    assert until(lambda: of(network, node).state == "suspended" or None, 10)
    network.up()
    assert network.status().findings == ()
    pay(hurt)


def test_up_brings_a_leader_that_missed_votes_in_step(hurt: Town) -> None:
    """A leader that was restarted misses the first votes: the others go on without it."""
    network = hurt.desk.network
    leader = network.leader(CHANNEL)
    assert leader is not None
    network.stop(leader, signal.SIGKILL)
    network.start(leader)
    pay(hurt)
    network.up()
    status = network.status()
    assert status.findings == ()
    assert len(set(status.channels[0].heights.values())) == 1
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
