"""Which process serves which package: places beside a peer, and what an upgrade needs meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kindpakket_network import DeploymentRecord, NetworkError, Topology
from kindpakket_network.nodes.deployment_record import ServedPackage
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.serving import Serving
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Processes

OLD, NEW = "kindpakket-old", "kindpakket-new"


def serving_of(topology: Topology, folder: Path) -> Serving:
    home = Home(folder)
    home.create()
    inventory = Inventory.of(topology, home)
    for peer in inventory.peers:
        for name in ("ca.pem", "cert.pem", "key.pem"):
            write(peer.folder / "tls" / name, "PEM")
    return Serving(topology, home, inventory, Processes(home))


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    return serving_of(Topology.packaged("kindpakket"), tmp_path)


def deploy(serving: Serving, channel: str, label: str, replaces: str | None = None) -> DeploymentRecord:
    record = DeploymentRecord(1, "digest", label, f"{label}:1", f"/bin/{label}")
    if replaces is not None:
        record = replace(record, replaces=ServedPackage(replaces, f"{replaces}:1", f"/bin/{replaces}"))
    record.write(serving.home.deployed(channel, "kindpakket"))
    for peer in serving.inventory.peers_on(serving.topology, serving.topology.channel(channel)):
        serving.place(peer, "kindpakket", label)
    return record


def served(serving: Serving) -> dict[str, str]:
    return {server.node: built.label for server, built in serving.needed().items()}


def test_a_record_is_read_as_it_was_written(serving: Serving) -> None:
    path = serving.home.deployed("zuidhorn", "kindpakket")
    assert DeploymentRecord.read(path) is None
    for replaces in (None, OLD):
        record = deploy(serving, "zuidhorn", NEW, replaces)
        assert DeploymentRecord.read(path) == record


def test_before_the_first_deployment_each_peer_lacks_one_process(serving: Serving) -> None:
    assert served(serving) == {}
    expected = [f"chaincode.peer0.{name}.kindpakket" for name in ("gemeente", "winkels", "auditor")]
    assert [node for node in serving.nodes() if node.startswith("chaincode.")] == expected


def test_an_upgrade_needs_both_packages_until_it_is_committed(serving: Serving) -> None:
    deploy(serving, "zuidhorn", OLD)
    assert served(serving)["chaincode.peer0.winkels.kindpakket"] == OLD
    record = deploy(serving, "zuidhorn", NEW, replaces=OLD)
    assert served(serving)["chaincode.peer0.winkels.kindpakket"] == OLD
    assert served(serving)["chaincode.peer0.winkels.kindpakket.2"] == NEW
    replace(record, replaces=None).write(serving.home.deployed("zuidhorn", "kindpakket"))
    assert set(served(serving).values()) == {NEW}
    assert "chaincode.peer0.winkels.kindpakket" not in serving.nodes()


def test_a_package_keeps_its_place_and_a_new_one_takes_the_least_used(serving: Serving) -> None:
    peer = serving.inventory.peers[0]
    found = []
    for label, former in (("a", None), ("b", "a"), ("c", "b"), ("d", "c"), ("b", "d")):
        deploy(serving, "zuidhorn", label, former)
        server = serving.at(peer, "kindpakket", label)
        assert server is not None
        found.append(server.place)
    assert found == [0, 1, 2, 0, 1]


def test_channels_on_different_packages_share_a_peer_until_it_is_full(tmp_path: Path) -> None:
    serving = serving_of(Topology.packaged("two-municipalities"), tmp_path)
    deploy(serving, "zuidhorn", OLD)
    deploy(serving, "westerkwartier", NEW)
    assert served(serving)["chaincode.peer0.winkels.kindpakket"] == OLD
    assert served(serving)["chaincode.peer0.winkels.kindpakket.2"] == NEW
    assert served(serving)["chaincode.peer0.gemeente.kindpakket"] == OLD
    assert served(serving)["chaincode.peer0.westerkwartier.kindpakket"] == NEW
    deploy(serving, "zuidhorn", "kindpakket-newer", replaces=OLD)
    with pytest.raises(NetworkError, match="cannot serve another package"):
        deploy(serving, "westerkwartier", "kindpakket-newest", replaces=NEW)
