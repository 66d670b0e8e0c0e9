"""The units by which systemd runs the nodes of a home: for each node a service, and a path that starts it."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.authority import Authority
from kindpakket_network.nodes.chaincode_server import ChaincodeServer
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.built import cache_folder
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.templates import render

_PLAIN = re.compile(r"[A-Za-z0-9._/@:+-]+")


def units(topology: Topology, home: Home, organisations: Collection[str], user: str) -> dict[str, str]:
    """The unit files of organisations' nodes by their names.

    Args:
        topology: the network.
        home: the home in which the nodes live.
        organisations: whose nodes.
        user: the account that the nodes run as, which is the one that runs this tool.

    Raises:
        NetworkError: the home's path has characters that units give a meaning.
    """
    for what, text in (("the home", str(home.root)), ("the programs", str(cache_folder())), ("user", user)):
        if not _PLAIN.fullmatch(text):
            raise NetworkError(
                f"{what} {text!r} cannot stand in a unit: use letters, digits and . _ - / only"
            )
    inventory = Inventory.of(topology, home)
    found: dict[str, str] = {}
    target = f"{topology.name}.target"
    for node in inventory.nodes_of(organisations):
        one = inventory.find(node)
        name = f"{topology.name}-{node}"
        writable, readable = _reaches(one, home)
        found[f"{name}.service"] = render(
            "node.service",
            network=topology.name,
            node=node,
            target=target,
            user=user,
            home=home.root,
            environment=home.environment(node),
            program=home.program(node),
            arguments=" ".join(one.arguments),
            folder=one.folder,
            log=home.log(node),
            writable=writable,
            readable=[*readable, home.root / "run", cache_folder()],
        )
        found[f"{name}.path"] = render(
            "node.path",
            network=topology.name,
            node=node,
            target=target,
            service=f"{name}.service",
            environment=home.environment(node),
        )
    paths = [name for name in found if name.endswith(".path")]
    found[target] = render("network.target", network=topology.name, home=home.root, paths=paths)
    return found


def _reaches(node: Authority | Orderer | Peer | ChaincodeServer, home: Home) -> tuple[list[Path], list[Path]]:
    """What of the home a node may write, and what else it may read; keys of other nodes are in neither."""
    if isinstance(node, Peer):
        return [node.folder], [home.builder]
    if isinstance(node, ChaincodeServer):
        return [], [node.folder, home.root / "chaincode"]
    return [node.folder], []
