"""A node's status: its process, its starts, its disk usage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psutil

from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.ledger_node import LedgerNode
from kindpakket_network.nodes.restored import is_restored
from kindpakket_network.programs.history import History
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.ledger_damage import ledger_damage
from kindpakket_network.programs.process import is_suspended
from kindpakket_network.programs.rotation import files


@dataclass(frozen=True)
class NodeStatus:
    """A node.

    Attributes:
        node: its name.
        running: whether its process is running, is not suspended, and serves.
        state: `runs`, `suspended`, `restored` (and not caught up), `stopped` by this tool, `damaged` if it
            ended because its ledger is, or `ended` otherwise without being stopped.
        pid: the process id, or None.
        memory_bytes: its resident memory in bytes, or None.
        since: when it was started, UTC, or None.
        endpoint: its `host:port`.
        starts: how often it was started.
        deaths: how often it exited without being stopped.
        data_bytes: the size of its folder on the disk, in bytes.
        log_bytes: the size of its logs, in bytes.
        build: the build of Fabric's programs that a running orderer or peer reports, or None.
    """

    node: str
    running: bool
    state: str
    pid: int | None
    memory_bytes: int | None
    since: datetime | None
    endpoint: str
    starts: int = 0
    deaths: int = 0
    data_bytes: int = 0
    log_bytes: int = 0
    build: str | None = None


def node_status(node: str, inventory: Inventory, home: Home, process: psutil.Process | None) -> NodeStatus:
    """A node's status.

    Args:
        node: its name.
        inventory: the nodes.
        home: the network's folder.
        process: its process, or None.
    """
    history = History.read(home.history(node))
    status = partial(
        NodeStatus,
        node=node,
        endpoint=endpoint(inventory, node),
        starts=history.starts,
        deaths=history.deaths,
        data_bytes=size(inventory.find(node).folder),
        log_bytes=sum(path.stat().st_size for path in files(home.log(node))),
    )
    restored = is_restored(inventory.find(node).folder)
    if process is not None:
        try:
            state = "restored" if restored else "suspended" if is_suspended(process) else "runs"
            known = inventory.find(node)
            return status(
                build=known.build() if isinstance(known, LedgerNode) and state == "runs" else None,
                running=state == "runs",
                state=state,
                pid=process.pid,
                memory_bytes=process.memory_info().rss,
                since=datetime.fromtimestamp(process.create_time(), UTC),
            )
        except psutil.NoSuchProcess:
            pass
    state = "restored" if restored else "ended" if home.pid(node).is_file() else "stopped"
    if state == "ended" and ledger_damage(home.log(node)):
        state = "damaged"
    return status(running=False, state=state, pid=None, memory_bytes=None, since=None)


def endpoint(inventory: Inventory, node: str) -> str:
    """A node's address, as `host:port`.

    Raises:
        NetworkError: there is no such node.
    """
    found = inventory.find(node)
    return getattr(found, "endpoint", None) or str(getattr(found, "url", "")).removeprefix("https://")


def size(folder: Path) -> int:
    """The disk usage of all files in a folder, in bytes; files that vanish meanwhile are skipped."""
    total = 0
    for path in folder.rglob("*"):
        try:
            found = path.lstat()
        except OSError:
            continue
        total += found.st_blocks * 512
    return total
