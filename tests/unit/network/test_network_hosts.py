"""Where nodes listen, what others call them, and what stands in their TLS certificates."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kindpakket_network import Network, NetworkError, Topology, TopologyError
from kindpakket_network.channel.genesis import configtx
from kindpakket_network.nodes.authority import Authority
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.profile import profile
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home

HOME = Home(Path("/home"))


def spread() -> dict[str, Any]:
    """The packaged network, on a machine for each organisation."""
    document: dict[str, Any] = copy.deepcopy(dict(Topology.packaged("kindpakket").document))
    document["hosts"] = {}
    for number, one in enumerate(document["organisations"], 1):
        one["host"] = f"{one['name']}-host"
        document["hosts"][one["host"]] = {
            "address": f"fabric.{one['name']}.example",
            "listen": f"10.0.0.{number}",
        }
    document["hosts"]["winkels-host"] = {
        "address": "2001:db8::2",
        "listen": "0.0.0.0",
        "operations_listen": "::",
    }
    return document


@pytest.fixture
def topology() -> Topology:
    return Topology.read(spread(), Path("/"))


@pytest.fixture
def inventory(topology: Topology) -> Inventory:
    return Inventory.of(topology, HOME)


def test_without_hosts_everything_is_on_the_loopback() -> None:
    inventory = Inventory.of(Topology.packaged("kindpakket"), HOME)
    nodes: list[Authority | Orderer | Peer] = [*inventory.authorities.values()]
    nodes += [*inventory.orderers, *inventory.peers]
    assert {address for node in nodes for address, _ in node.listening} == {"127.0.0.1"}
    assert {node.host for node in (*inventory.orderers, *inventory.peers)} == {"127.0.0.1"}


def test_others_use_the_address_and_the_node_listens_where_the_file_says(inventory: Inventory) -> None:
    orderer, peer = inventory.orderers[0], inventory.peers[0]
    assert orderer.endpoint == "fabric.gemeente.example:17052"
    assert peer.endpoint == "fabric.gemeente.example:17056"
    assert orderer.listening == (("10.0.0.1", 17052), ("127.0.0.1", 17053), ("127.0.0.1", 17054))
    assert peer.listening == (("10.0.0.1", 17056), ("127.0.0.1", 17057), ("127.0.0.1", 17058))
    assert inventory.authorities["gemeente"].url == "https://fabric.gemeente.example:17050"
    assert inventory.chaincodes[0].endpoint.startswith("127.0.0.1:")


def test_addresses_of_version_six_stand_in_brackets(inventory: Inventory) -> None:
    assert inventory.peers[1].endpoint == "[2001:db8::2]:17086"
    assert inventory.authorities["winkels"].url == "https://[2001:db8::2]:17080"
    assert inventory.authorities["winkels"].listening == (("0.0.0.0", 17080), ("127.0.0.1", 17081))


def test_health_is_asked_at_the_operations_address(inventory: Inventory) -> None:
    assert inventory.peers[0].operator.url(1, "/healthz") == "https://127.0.0.1:1/healthz"
    assert inventory.peers[1].operator.url(1, "/healthz") == "https://[::1]:1/healthz"


def test_tls_certificates_name_the_node_and_its_addresses(inventory: Inventory) -> None:
    hosts = inventory.peers[0].issues()[1].hosts
    assert list(hosts) == ["peer0.gemeente", "localhost", "127.0.0.1", "fabric.gemeente.example"]
    assert "fabric.gemeente.example" in inventory.orderers[0].issues()[1].hosts
    assert {"2001:db8::2", "::1"} <= set(inventory.peers[1].issues()[1].hosts)


def test_the_channel_and_the_profile_name_addresses(topology: Topology, inventory: Inventory) -> None:
    text = configtx(topology, topology.channels[0], inventory, HOME)
    channel = yaml.safe_load(text)["Profiles"]["channel"]
    first, second = channel["Orderer"]["Organizations"][:2]
    assert first["OrdererEndpoints"] == ["fabric.gemeente.example:17052"]
    assert second["OrdererEndpoints"] == ["[2001:db8::2]:17082"]
    assert channel["Orderer"]["ConsenterMapping"][1]["Host"] == "2001:db8::2"
    assert channel["Application"]["Organizations"][0]["AnchorPeers"][0]["Host"] == "fabric.gemeente.example"
    found = yaml.safe_load(profile(topology, "gemeente", inventory, HOME))
    assert found["peers"]["peer0.gemeente"]["url"] == "grpcs://fabric.gemeente.example:17056"


def test_a_node_is_told_where_to_listen_and_what_it_is_called(tmp_path: Path) -> None:
    topology = Topology.read(spread(), Path("/"))
    home = Home(tmp_path)
    inventory = Inventory.of(topology, home)
    built = Programs(tmp_path, tmp_path)
    built.config.mkdir()
    for name in ("core.yaml", "orderer.yaml"):
        (built.config / name).touch()
    for node in (*inventory.orderers, *inventory.peers):
        node.folder.mkdir(parents=True, exist_ok=True)
    orderer = inventory.orderers[1].program(built).environment
    assert orderer["ORDERER_GENERAL_LISTENADDRESS"] == "0.0.0.0"
    assert orderer["ORDERER_ADMIN_LISTENADDRESS"] == "[::]:17084"
    peer = inventory.peers[0].program(built).environment
    assert peer["CORE_PEER_LISTENADDRESS"] == "10.0.0.1:17056"
    assert peer["CORE_PEER_GOSSIP_EXTERNALENDPOINT"] == "fabric.gemeente.example:17056"
    assert peer["CORE_OPERATIONS_LISTENADDRESS"] == "127.0.0.1:17057"


@pytest.mark.parametrize(
    ("host", "members", "expected"),
    [
        ("gemeente-host", {"address": "0.0.0.0"}, "hosts.gemeente-host.address: nobody can reach 0.0.0.0"),
        ("gemeente-host", {"listen": "eth0"}, "hosts.gemeente-host.listen: 'eth0' is not an IP address"),
        ("gemeente-host", {"listen": "::1"}, "hosts.gemeente-host.listen: Fabric's orderers cannot listen"),
        ("gemeente-host", {"address": "two words"}, "hosts.gemeente-host.address: 'two words'"),
        ("elsewhere", None, "organisations[0].host: there is no host 'elsewhere'"),
        (None, None, "organisations[0]: gemeente has no host"),
    ],
)
def test_hosts_that_cannot_work_are_refused(
    host: str | None, members: dict[str, str] | None, expected: str
) -> None:
    document = spread()
    del document["organisations"][0]["host"]
    if host:
        document["organisations"][0]["host"] = host
    if members:
        document["hosts"]["gemeente-host"].update(members)
    with pytest.raises(TopologyError) as caught:
        Topology.read(json.loads(json.dumps(document)), Path("/"))
    assert any(str(one).startswith(expected) for one in caught.value.mistakes), caught.value


def test_free_ports_are_no_way_on_several_machines(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="on one machine only"):
        Network(Topology.read(spread(), Path("/")), tmp_path).use_free_ports()
