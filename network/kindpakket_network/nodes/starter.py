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
from kindpakket_network.nodes.restored import ensure_none
from kindpakket_network.programs.built import Programs
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes, resume
from kindpakket_network.programs.wait import together, until

Node = Authority | Orderer | Peer
_READY = 45.0
_FREED = 5.0


@dataclass(frozen=True)
class Starter:
    """Starts nodes.

    Args:
        home: the network's folder.
        processes: its processes.
        programs: Fabric's programs.
        environment: settings that replace the nodes' own.
        restored: start nodes that came out of a backup too, though they have not caught up.
    """

    home: Home
    processes: Processes
    programs: Programs
    environment: Mapping[str, str] = field(default_factory=dict)
    restored: bool = False

    def start(self, nodes: Sequence[Node]) -> None:
        """Start those that do not run, all at once, and wait until every one is ready.

        Those that are suspended go on.

        Raises:
            PortInUse: something else listens on a node's port; nothing was started then.
            NodeFailed: a node ended, or was not ready in time.
            NetworkError: a node came out of a backup and has not caught up; nothing was started then.
        """
        if not self.restored:
            ensure_none(node.folder for node in nodes)
        halted = []
        for node in nodes:
            running = self.processes.find(node.node)
            if running is None:
                halted.append(node)
            else:
                resume(running)
        for node in halted:
            for address, port in node.listening:
                ensure_free(node.node, port, address)
        for node in halted:
            program = node.program(self.programs)
            own = {**program.environment, **self.environment}
            self.processes.start(replace(program, environment=own))
        together(lambda node: self.await_ready(node.node, node.ready), nodes)

    def await_ready(self, node: str, ready: Callable[[], bool]) -> None:
        """Wait until a node that was started is ready.

        Raises:
            NodeFailed: it ended, or was not ready in time.
        """

        def state() -> str | None:
            if ready():
                return "ready"
            return "ended" if self.processes.find(node) is None else None

        found = until(state, _READY)
        if found != "ready":
            words = "ended by itself" if found else f"was not ready within {_READY:g} seconds"
            raise self.processes.failed(node, words)


def ensure_free(node: str, port: int, address: str = LOOPBACK) -> None:
    """See that a node can listen on its port; a port that is just being given up is waited for.

    Raises:
        PortInUse: something else listens there.
    """
    if until(lambda: is_free(port, address) or None, 0 if _listener(port) else _FREED) is None:
        owner = _listener(port) or "another program"
        raise PortInUse(
            f"port {port} on {address}, which {node} needs, is in use by {owner}: stop that, "
            "or give `ports.base` in the topology another value"
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
