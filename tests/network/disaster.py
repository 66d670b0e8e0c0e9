"""Networks that lose an organisation: their topology, and the loss of all its processes and files."""

from __future__ import annotations

import json
import shutil
import signal
from typing import Any

from kindpakket_network import Network, Topology


def document(ordering: str, *, chaincodes: bool = True) -> dict[str, Any]:
    """The packaged topology with `bft` or `raft`, and without chaincodes if none are needed."""
    made: dict[str, Any] = json.loads(json.dumps(Topology.packaged("kindpakket").document))
    made["ordering"] = {"type": ordering}
    if not chaincodes:
        del made["channels"][0]["chaincodes"]
    return made


def destroy(network: Network, organisation: str) -> None:
    """Kill an organisation's processes and delete all its files."""
    for node in network.nodes():
        if organisation in node.split("."):
            network.stop(node, signal.SIGKILL)
    for path in network.home.glob(f"nodes/*{organisation}*"):
        shutil.rmtree(path)
    shutil.rmtree(network.home / "organisations" / organisation)
