"""Custom addresses, and changed settings on a live network."""

from __future__ import annotations

import copy
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest
from cryptography import x509
from support import Town, doubted_votes, found_town, running

from kindpakket_demo.desk import CHANNEL, Desk
from kindpakket_network import Network, Topology
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes

LIMIT = "CORE_PEER_LIMITS_CONCURRENCY_GATEWAYSERVICE"
DAYS = 90
HERE = "127.0.0.2"


def operations() -> str:
    """An IPv6 address if the machine has one, otherwise a further loopback address."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return "::1"
    except OSError:
        return "127.0.0.3"


OPERATIONS = operations()


def elsewhere(tuning: dict[str, Any]) -> Topology:
    """The packaged network on two other addresses of the loopback."""
    document: dict[str, Any] = copy.deepcopy(dict(Topology.packaged("kindpakket").document))
    document["hosts"] = {"here": {"address": HERE, "listen": HERE, "operations_listen": OPERATIONS}}
    for organisation in document["organisations"]:
        organisation["host"] = "here"
    return Topology.read({**document, "tuning": tuning}, Path("/"))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with running(elsewhere({"log_level": "warning"}), tmp_path_factory.mktemp("six")) as made:
        yield made


@pytest.fixture(scope="module")
def town(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Desk(network, tmp_path_factory.mktemp("results"), Random(1)) as desk:
        yield found_town(desk, vouchers=6)


def pay(town: Town) -> None:
    wallet = next(town.keys)
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))


def processes(network: Network) -> dict[str, psutil.Process]:
    return Processes(Home(network.home)).all()


def test_every_node_listens_where_the_topology_says(network: Network) -> None:
    expected = {
        "ca": {HERE, "127.0.0.1"},
        "orderer": {HERE, OPERATIONS},
        "peer0": {HERE, OPERATIONS, "127.0.0.1"},
        "chaincode": {"127.0.0.1"},
    }
    for node, process in processes(network).items():
        listening = [item for item in process.net_connections("tcp") if item.status == psutil.CONN_LISTEN]
        assert {connection.laddr.ip for connection in listening} == expected[node.partition(".")[0]], node


def test_payments_go_through_and_the_leader_is_known_when_little_is_logged(
    network: Network, town: Town
) -> None:
    pay(town)
    assert network.leader(CHANNEL) is not None
    assert network.status().up
    assert doubted_votes(network) == []


def test_other_settings_reach_nodes_that_run_and_certificates_to_come(network: Network, town: Town) -> None:
    tuning = {"log_level": "warning", "peer": {LIMIT: 1234}, "certificates": {"user_days": DAYS}}
    changed = elsewhere(tuning).with_base(network.topology.base)
    restarts = [step for step in Network(changed, network.home).plan().steps if step.kind == "restart"]
    assert {step.subject for step in restarts} == {
        *(f"ca.{name}" for name in ("gemeente", "winkels", "auditor", "regie")),
        *(f"peer0.{name}" for name in ("gemeente", "winkels", "auditor")),
    }
    before = processes(network)
    network.become(changed, progress=print)
    after = processes(network)
    assert {node for node in before if after[node].pid != before[node].pid} >= {
        step.subject for step in restarts
    }
    assert after["orderer.regie"].pid == before["orderer.regie"].pid
    assert after["peer0.winkels"].environ()[LIMIT] == "1234"
    assert network.plan().done
    folder = network.enrol("gemeente", "newcomer")
    certificate = x509.load_pem_x509_certificate((folder / "signcerts" / "cert.pem").read_bytes())
    assert (certificate.not_valid_after_utc - datetime.now(UTC)).days in (DAYS - 1, DAYS)


def test_payments_go_on_with_the_other_settings(town: Town) -> None:
    town.desk.in_step()
    pay(town)
