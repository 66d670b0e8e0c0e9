"""Starting nodes and waiting until they are ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import psutil

from kindpakket_network.description.host import LOOPBACK
from kindpakket_network.description.ports import is_free
from kindpakket_network.errors import PortInUse
from kindpakket_network.nodes.authority import Authority
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.restored import ensure_none_restored
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes, resume
from kindpakket_network.programs.wait import in_parallel, until

Node = Authority | Orderer | Peer
# Seconds. Nodes are ready within a few; a peer that replays its state database takes longest.
_READY = 45.0
# Seconds for a process that is just exiting to release its port.
_FREED = 5.0


@dataclass(frozen=True)
class Starter:
    """Starts nodes.

    Args:
        home: the network's folder.
        processes: its processes.
        programs: Fabric's programs.
        environment: settings that override the nodes' own.
        restored: also start nodes that were restored from a backup and have not caught up.
    """

    home: Home
    processes: Processes
    programs: Programs
    environment: Mapping[str, str] = field(default_factory=dict)
    restored: bool = False

    def start(self, nodes: Sequence[Node]) -> None:
        """Start nodes that are not running, in parallel, and wait until all are ready.

        Suspended nodes are resumed.

        Raises:
            PortInUse: another program listens on a node's port; nothing was started.
            NodeFailed: a node exited, or was not ready in time.
            NetworkError: a node was restored from a backup and has not caught up; nothing was started.
        """
        if not self.restored:
            ensure_none_restored(node.folder for node in nodes)
        running, halted = self.processes.all(), []
        for node in nodes:
            if node.node in running:
                resume(running[node.node])
            else:
                halted.append(node)
        for node in halted:
            for address, port in node.listening:
                ensure_free(node.node, port, address)
        for node in halted:
            program = node.program(self.programs)
            own = {**program.environment, **self.environment}
            self.processes.start(replace(program, environment=own))
        in_parallel(lambda node: self.await_ready(node.node, node.ready), nodes)

    def await_ready(self, node: str, ready: Callable[[], bool]) -> None:
        """Wait until a node is ready.

        Raises:
            NodeFailed: it exited, or was not ready in time.
        """

        def state() -> str | None:
            if ready():
                return "ready"
            return "exited" if self.processes.find(node) is None else None

        outcome = until(state, _READY)
        if outcome != "ready":
            problem = "exited unexpectedly" if outcome else f"was not ready within {_READY:g} s"
            raise self.processes.failed(node, problem)


def ensure_free(node: str, port: int, address: str = LOOPBACK) -> None:
    """Check that a node can listen on its port, waiting for a port that is just being released.

    Raises:
        PortInUse: another program listens there.
    """
    if is_free(port, address):
        return
    owner = _listener(port)
    if owner is None and until(lambda: is_free(port, address) or None, _FREED):
        return
    owner = owner or _listener(port) or "another program"
    raise PortInUse(
        f"port {port} on {address}, which {node} needs, is in use by {owner}: stop that program, "
        "or change `ports.base` in the topology"
    )


def _listener(port: int) -> str | None:
    try:
        for connection in psutil.net_connections("tcp"):
            listening = connection.status == psutil.CONN_LISTEN and connection.pid
            if listening and tuple(connection.laddr)[1:2] == (port,):
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass
    return None
