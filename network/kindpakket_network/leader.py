"""Which consenter leads a channel."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from .home import Home
from .orderer import Orderer
from .topology import Ordering

_TAIL = 1 << 20
_VIEW = re.compile(rb"Starting view with number (\d+)")


def leader(
    channel: str, ordering: Ordering, orderers: Sequence[Orderer], home: Home, runs: Callable[[str], bool]
) -> Orderer | None:
    """The consenter that leads, or None when none is known.

    Raft consenters say it in their metrics. BFT consenters set that metric only when they write a block, so
    after a change of view it names the old leader. Their logs name each view when it starts, and the leader
    of view v is the consenter at place v modulo their number. The highest view of a running one counts.

    Args:
        channel: the channel.
        ordering: how the network orders.
        orderers: the channel's consenters by their ids.
        home: where their logs are.
        runs: whether a node runs.
    """
    running = [orderer for orderer in orderers if runs(orderer.node)]
    if ordering.type == "raft":
        name = f'consensus_etcdraft_is_leader{{channel="{channel}"}}'
        return next(
            (one for one in running if one.operator.metrics(one.ports[1]).get(name) == 1.0),
            None,
        )
    views = [view for view in (_view(one, channel, home) for one in running) if view is not None]
    if not views:
        return None
    found = orderers[max(views) % len(orderers)]
    return found if found in running else None


def _view(orderer: Orderer, channel: str, home: Home) -> int | None:
    """The number of the last view that a BFT consenter has started on a channel."""
    marked = re.compile(_VIEW.pattern + rb".*channel=" + re.escape(channel.encode()) + rb"\b")
    try:
        with home.log(orderer.node).open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            while end > 0:
                start = max(0, end - _TAIL)
                file.seek(start)
                found = marked.findall(file.read(end - start))
                if found:
                    return int(found[-1])
                end = start
    except OSError:
        return None
    return None
