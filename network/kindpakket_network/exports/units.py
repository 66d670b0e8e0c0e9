"""The systemd units that run the nodes of a home: for each node a service, and a path unit that starts it."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from kindpakket_network.chaincodes.languages import GO, language_of
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.authority import Authority
from kindpakket_network.nodes.chaincode_server import ChaincodeServer
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.own_tokens import ensure_no_tokens
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.fabric import cache_folder
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.templates import render

_PLAIN = re.compile(r"[A-Za-z0-9._/@:+-]+")


def units(topology: Topology, home: Home, organisations: Collection[str], user: str) -> dict[str, str]:
    """The unit files of organisations' nodes by their names.

    Args:
        topology: the network.
        home: the home of the nodes.
        organisations: the organisations whose nodes are included.
        user: the account that the nodes run as, the same that runs this tool.

    Raises:
        NetworkError: a path or the user contains characters that are special in unit files.
        TopologyError: one of the organisations keeps keys in a token.
    """
    ensure_no_tokens(
        topology,
        organisations,
        "a service manager would have to read its PIN from a file in the home. Leave these nodes out, "
        "and have this tool start them, with `up --unsupervised`",
    )
    for what, text in (("the home", str(home.root)), ("the programs", str(cache_folder())), ("user", user)):
        if not _PLAIN.fullmatch(text):
            raise NetworkError(
                f"{what} {text!r} cannot be used in a systemd unit: use only letters, digits and . _ - /"
            )
    inventory = Inventory.of(topology, home)
    found: dict[str, str] = {}
    target = f"{topology.name}.target"
    for node in inventory.nodes_of(organisations):
        process = inventory.find(node)
        name = f"{topology.name}-{node}"
        writable, readable = _reaches(process, home)
        found[f"{name}.service"] = render(
            "node.service",
            network=topology.name,
            node=node,
            target=target,
            user=user,
            home=home.root,
            environment=home.environment(node),
            program=home.program(node),
            arguments=" ".join(process.arguments),
            folder=process.folder,
            log=home.log(node),
            writable=writable,
            readable=[*readable, home.root / "run", cache_folder()],
            compiles=isinstance(process, ChaincodeServer) and _compiles(topology, process.chaincode),
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


def _compiles(topology: Topology, name: str) -> bool:
    """Whether a chaincode's program writes machine code while it runs, as those of Node and Java do."""
    return any(
        chaincode.run is not None or language_of(chaincode.source) not in (GO, None)
        for channel in topology.channels
        for chaincode in channel.chaincodes
        if chaincode.name == name
    )


def _reaches(node: Authority | Orderer | Peer | ChaincodeServer, home: Home) -> tuple[list[Path], list[Path]]:
    """The paths in the home that a node may write, and those it may read; never another node's keys."""
    if isinstance(node, Peer):
        return [node.folder], [home.builder]
    if isinstance(node, ChaincodeServer):
        return [], [node.folder, home.root / "chaincode"]
    return [node.folder], []
