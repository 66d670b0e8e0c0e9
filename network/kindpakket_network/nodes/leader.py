"""Which consenter leads a channel, and in which view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from kindpakket_network.description.ordering import Ordering
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.programs.wait import in_parallel, until

Node = TypeVar("Node")


@dataclass(frozen=True)
class Leadership(Generic[Node]):
    """Who leads the ordering of a channel.

    Attributes:
        node: the leading consenter, or None if none is known or the expected leader is not running.
        view: on BFT the view number, which grows with each change of leader; None on Raft, or before any
            consenter has started a view.
    """

    node: Node | None
    view: int | None = None


def leadership(
    channel: str, ordering: Ordering, running: Mapping[int, Orderer], asked: Sequence[Orderer]
) -> Leadership[Orderer]:
    """Find the leader of a channel from its consenters' metrics.

    Args:
        channel: the channel.
        ordering: how the network orders.
        running: the channel's running consenters by id, starting at 1.
        asked: those of them that this home's administrators may query.
    """
    found = in_parallel(lambda orderer: orderer.operator.metrics(orderer.ports[1]), asked)
    if ordering.type == "raft":
        name = f'consensus_etcdraft_is_leader{{channel="{channel}"}}'
        leads = (node for node, metrics in zip(asked, found, strict=True) if metrics.get(name) == 1.0)
        return Leadership(next(leads, None))
    return by_views(channel, running, found)


def unled(channel: str, ordering: Ordering, consenters: Sequence[Orderer], patience: float) -> list[Orderer]:
    """The running consenters that hear no leader of a channel within so many seconds."""

    def hears(orderer: Orderer) -> bool:
        return until(lambda: orderer.heard(channel, ordering) or None, patience) is True

    heard = in_parallel(hears, consenters)
    return [orderer for orderer, hears_one in zip(consenters, heard, strict=True) if not hears_one]


def by_views(
    channel: str, running: Mapping[int, Node], metrics: Sequence[Mapping[str, float]]
) -> Leadership[Node]:
    """The leader on BFT: that of the highest view that any consenter has started.

    Fabric's own leader metric is only set when a block is written, so after a view change it still names the
    old leader; the consensus library sets these metrics when a view starts.

    Args:
        channel: the channel.
        running: the running consenters by id.
        metrics: the metrics of the consenters that were queried.
    """
    views = [
        (int(metric[f'consensus_smartbft_view_number{{channel="{channel}"}}']), int(leader))
        for metric in metrics
        if (leader := metric.get(f'consensus_smartbft_view_leader_id{{channel="{channel}"}}', 0.0)) > 0
    ]
    if not views:
        return Leadership(None)
    view, leader = max(views)
    return Leadership(running.get(leader), view)
