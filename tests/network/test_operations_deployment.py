"""A deployment is done when the new code answers; one that fails leaves everything as it was."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from disaster import document
from support import running

from kindpakket_demo.desk import AUDITOR, CHANNEL, MUNICIPALITY, SHOPS
from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.chaincodes.definition import definition_arguments
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.peer_commands import PeerCommands
from kindpakket_network.programs.fabric import cached_programs
from kindpakket_network.programs.home import Home

SOURCE = Path(__file__).parents[1] / "scenario" / "chaincode"
ECHO = "return bytes.Join(arguments, nil), nil"
LOUD = "return bytes.ToUpper(bytes.Join(arguments, nil)), nil"
MAIN = "func main() {\n"


@pytest.fixture
def described(tmp_path: Path) -> dict[str, Any]:
    """A topology whose chaincode echoes."""
    made = document("bft")
    made["channels"][0]["chaincodes"] = [
        {"name": "echo", "version": "1", "source": str(SOURCE), "endorsement": "OR('GemeenteMSP.peer')"}
    ]
    return made


@pytest.fixture
def network(described: dict[str, Any], tmp_path: Path) -> Iterator[Network]:
    with running(Topology.read(described, tmp_path), tmp_path) as made:
        yield made


def changed(network: Network, folder: Path, version: str, old: str, new: str) -> Network:
    """The network with another version of the chaincode, in a folder of its own."""
    source = folder / version
    shutil.copytree(SOURCE, source)
    for file in source.glob("*.go"):
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    made = copy.deepcopy(dict(network.topology.document))
    made["channels"][0]["chaincodes"][0] |= {"version": version, "source": str(source)}
    return Network(Topology.read(made, folder), network.home)


def answers(network: Network) -> list[str]:
    """What the chaincode answers on the peers."""
    found = Inventory.of(network.topology, Home(network.home)).peers
    programs = cached_programs()
    assert programs is not None
    return [
        PeerCommands(programs, Home(network.home), peer, "admin").query(CHANNEL, "echo", "Echo", "a")
        for peer in found
    ]


def test_code_that_does_not_compile_or_start_leaves_all_as_it_was(network: Network, tmp_path: Path) -> None:
    before = (network.home / "topology.yaml").read_text("utf-8")
    for version, old, new, words in (
        ("2", ECHO, "return nothing", "does not compile"),
        ("3", MAIN, MAIN + "\tos.Exit(3)\n", "did not start serving"),
    ):
        with pytest.raises(NetworkError, match=words):
            changed(network, tmp_path, version, old, new).deploy()
        assert (network.home / "topology.yaml").read_text("utf-8") == before
        kept = Network.open(network.home)
        kept.up()
        assert (kept.plan().done, kept.status().findings) == (True, ())
        assert [each.version for each in kept.status().channels[0].chaincodes] == ["1"]
        assert answers(kept) == ["a"] * 3
    (done,) = changed(network, tmp_path, "4", ECHO, LOUD).deploy()
    assert done.sequence == 2
    assert answers(network) == ["A"] * 3


def test_a_definition_that_was_approved_with_another_package_is_approved_again(
    network: Network, tmp_path: Path
) -> None:
    """As a deployment left it whose process had not started: a definition does not name its package."""
    mended = changed(network, tmp_path, "2", ECHO, LOUD)
    (chaincode,) = mended.topology.channels[0].chaincodes
    session = network.session()
    for organisation in (MUNICIPALITY, SHOPS, AUDITOR):
        (peer, *_) = session.inventory.peers_of(organisation)
        session.admin(peer).approve(
            CHANNEL,
            definition_arguments(chaincode, 2, None),
            f"echo:{'0' * 64}",
            session.orderer(session.topology.channels[0]),
        )
    (done,) = mended.deploy()
    assert done.sequence == 2
    assert answers(network) == ["A"] * 3
