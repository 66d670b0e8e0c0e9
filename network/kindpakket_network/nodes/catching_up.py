"""Waiting for a node's blocks: as long as they come, however many there are."""

from __future__ import annotations

from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.process import Processes
from kindpakket_network.programs.wait import until

PATIENCE = 120.0
"""Seconds without a block after which a node that lacks some is stuck. A peer that took its blocks from a
consenter that hangs notices after some tens of seconds, and turns to another one."""

_ENDED = -1


def await_height(processes: Processes, node: Orderer | Peer, channel: str, height: int) -> None:
    """Wait until a node of ours has so many blocks of a channel, as long as blocks keep coming.

    Args:
        processes: the processes of its home.
        node: the node, which runs.
        channel: name of the channel.
        height: how many blocks it is to have.

    Raises:
        NodeFailed: it ended or was suspended, or got no block for two minutes.
    """

    def present() -> int:
        if isinstance(node, Peer):
            return node.height(channel) or 0
        return int((node.participation(channel) or {"height": 0})["height"])

    def more() -> int | None:
        if not processes.runs(node.node):
            return _ENDED
        return found if (found := present()) > reached else None

    reached = present()
    while reached < height:
        found = until(more, PATIENCE)
        if found is None or found == _ENDED:
            raise processes.failed(node.node, f"stays at {reached} of {height} blocks of {channel}")
        reached = found
