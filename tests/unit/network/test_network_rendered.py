"""Everything that is rendered from a topology, as a whole: a change of any byte shows in a review.

After a change that is meant: `pytest tests/unit/network/test_network_rendered.py --snapshot-update`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from kindpakket_network import Topology
from kindpakket_network.chaincodes.definition import collections_document
from kindpakket_network.channel.genesis import configtx
from kindpakket_network.exports.units import units
from kindpakket_network.nodes.authority import Authority
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.profile import profile
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Program
from kindpakket_network.reports.diagram import diagram


class Text(SingleFileSnapshotExtension):
    """A file of text for each snapshot."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(Text)


def spread() -> Topology:
    """Raft, a machine for each organisation, a second peer, and everything tuned."""
    document: dict[str, Any] = copy.deepcopy(dict(Topology.packaged("kindpakket").document))
    document["name"] = "spread"
    document["ordering"] = {"type": "raft", "batch_interval_ms": 200, "batch_messages": 100}
    document["organisations"][0]["peers"] = ["peer0", "peer1"]
    document["tuning"] = {
        "log_level": "warning",
        "peer": {"CORE_PEER_LIMITS_CONCURRENCY_GATEWAYSERVICE": 2000},
        "orderer": {"ORDERER_GENERAL_THROTTLING_RATE": 50},
        "certificates": {"user_days": 90, "node_days": 4000, "tls_days": 400},
    }
    document["hosts"] = {}
    for number, one in enumerate(document["organisations"], 1):
        one["host"] = f"{one['name']}-host"
        document["hosts"][one["host"]] = {
            "address": f"fabric.{one['name']}.example",
            "listen": f"10.0.0.{number}",
            "operations_listen": f"10.1.0.{number}",
        }
    return Topology.read(document, Path("/topologies"))


TOPOLOGIES = {
    "kindpakket": lambda: Topology.packaged("kindpakket"),
    "two-municipalities": lambda: Topology.packaged("two-municipalities"),
    "spread": spread,
}


class Rendered:
    """What a topology leads to, in the same words wherever the tests run."""

    def __init__(self, topology: Topology, folder: Path) -> None:
        self.topology = topology
        self._folder = folder
        self.home = Home(folder / "home")
        self.home.create()
        self.inventory = Inventory.of(topology, self.home)
        self._programs = Programs(folder / "fabric", folder / "fabric-ca")
        for name in ("core.yaml", "orderer.yaml"):
            write(self._programs.config / name, "")

    def processes(self) -> Iterator[Program]:
        """The process of every node; of a chaincode's places, all."""
        for organisation in self.inventory.authorities:
            for authority in ("ca", "tlsca"):
                write(self.home.organisation(organisation) / "secrets" / f"{authority}.registrar", "secret")
        nodes: list[Authority | Orderer | Peer] = [*self.inventory.authorities.values()]
        for node in (*nodes, *self.inventory.orderers, *self.inventory.peers):
            self.home.node(node.node).mkdir(parents=True, exist_ok=True)
            yield node.program(self._programs)
        for server in self.inventory.chaincodes:
            yield server.program(self.home.chaincode("label") / "program", "label:0123")

    def plain(self, text: str) -> str:
        """A text without the folder of this run."""
        return text.replace(str(self._folder), "")


# What differs between all topologies in names and ports only.
SOME = pytest.mark.parametrize("rendered", ["kindpakket", "spread"], indirect=True)


@pytest.fixture(params=TOPOLOGIES)
def rendered(request: pytest.FixtureRequest, tmp_path: Path) -> Rendered:
    return Rendered(TOPOLOGIES[request.param](), tmp_path)


def test_channels(rendered: Rendered, snapshot: SnapshotAssertion) -> None:
    for channel in rendered.topology.channels:
        text = configtx(rendered.topology, channel, rendered.inventory, rendered.home)
        assert rendered.plain(text) == snapshot(name=channel.name)


def test_collections(rendered: Rendered, snapshot: SnapshotAssertion) -> None:
    found = {
        f"{chaincode.name} on {channel.name}": collections_document(chaincode)
        for channel in rendered.topology.channels
        for chaincode in channel.chaincodes
    }
    assert json.dumps(found, indent=1) == snapshot


@SOME
def test_processes(rendered: Rendered, snapshot: SnapshotAssertion) -> None:
    lines: list[str] = []
    for program in rendered.processes():
        lines += ["", f"[{program.node}]", f"in {program.folder}", " ".join(program.arguments)]
        lines += [f"{name}={value}" for name, value in sorted(program.environment.items())]
    text = rendered.plain("\n".join(lines).lstrip("\n") + "\n")
    assert text == snapshot


@SOME
def test_certificate_authorities(rendered: Rendered, snapshot: SnapshotAssertion) -> None:
    list(rendered.processes())
    folder = next(iter(rendered.inventory.authorities.values())).folder
    for authority, inner in (("ca", folder / "ca"), ("tlsca", folder)):
        text = (inner / "fabric-ca-server-config.yaml").read_text("utf-8")
        assert rendered.plain(text) == snapshot(name=authority)


@SOME
def test_profiles(rendered: Rendered, snapshot: SnapshotAssertion) -> None:
    text = "---\n".join(
        profile(rendered.topology, one.name, rendered.inventory, rendered.home)
        for one in rendered.topology.organisations
    )
    assert rendered.plain(text) == snapshot


@SOME
def test_units(rendered: Rendered, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(rendered.home.root.parent / "cache"))
    written = units(rendered.topology, rendered.home, ["gemeente"], "kindpakket")
    text = "\n".join(f"==> {name} <==\n{content}" for name, content in written.items())
    assert rendered.plain(text) == snapshot


def test_pictures(rendered: Rendered, snapshot: SnapshotAssertion) -> None:
    assert diagram(rendered.topology) == snapshot
