"""Waiting for a node to reach a height, as long as it keeps receiving blocks."""

from __future__ import annotations

import time
from collections.abc import Callable

from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.process import Processes
from kindpakket_network.programs.wait import until

PATIENCE = 120.0
"""Seconds without a new block after which a node that lacks some is stalled. A peer that receives its blocks
from a hung consenter notices after some tens of seconds, and switches to another."""

_ENDED = -1
# Seconds between two progress sentences.
_REPORT_EVERY = 3.0


def await_height(
    processes: Processes,
    node: Orderer | Peer,
    channel: str,
    height: int,
    progress: Callable[[str], None],
) -> None:
    """Wait until a node of this home reaches a height, as long as it keeps receiving blocks.

    Args:
        processes: the processes of its home.
        node: the running node.
        channel: the channel's name.
        height: the number of blocks to wait for.
        progress: called with a sentence every few seconds while blocks are lacking.

    Raises:
        NodeFailed: it exited or was suspended, or received no block for two minutes.
    """

    def present() -> int:
        if isinstance(node, Peer):
            return node.height(channel) or 0
        return int((node.participation(channel) or {"height": 0})["height"])

    def more() -> int | None:
        if not processes.runs(node.node):
            return _ENDED
        return found if (found := present()) > reached else None

    reached, reported = present(), 0.0
    while reached < height:
        if time.monotonic() >= reported + _REPORT_EVERY:
            progress(f"{node.node} has {reached} of {height} blocks of {channel} ...")
            reported = time.monotonic()
        found = until(more, PATIENCE)
        if found is None or found == _ENDED:
            raise processes.failed(node.node, f"is stalled at height {reached} of {height} on {channel}")
        reached = found
