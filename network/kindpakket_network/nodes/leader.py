"""Which consenter leads a channel, and in which view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from kindpakket_network.description.topology import Ordering
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.programs.wait import together

Node = TypeVar("Node")


@dataclass(frozen=True)
class Leadership(Generic[Node]):
    """Who leads the ordering of a channel.

    Attributes:
        node: the consenter that leads, or None when none is known or the one that should does not run.
        view: under BFT the number of the view, which grows with every change of the leader; None under Raft,
            or when no consenter has started a view.
    """

    node: Node | None
    view: int | None = None


def leadership(
    channel: str, ordering: Ordering, running: Mapping[int, Orderer], asked: Sequence[Orderer]
) -> Leadership[Orderer]:
    """Ask consenters of a channel who leads.

    Args:
        channel: the channel.
        ordering: how the network orders.
        running: the channel's consenters that run, by their ids, which count from 1.
        asked: those of them that answer to this home's administrators.
    """
    found = together(lambda orderer: orderer.operator.metrics(orderer.ports[1]), asked)
    if ordering.type == "raft":
        name = f'consensus_etcdraft_is_leader{{channel="{channel}"}}'
        leads = (node for node, metrics in zip(asked, found, strict=True) if metrics.get(name) == 1.0)
        return Leadership(next(leads, None))
    return by_views(channel, running, found)


def by_views(
    channel: str, running: Mapping[int, Node], metrics: Sequence[Mapping[str, float]]
) -> Leadership[Node]:
    """The leader under BFT: the highest view that any consenter has started counts.

    Fabric's own metric of the leader is set only when a block is written, so after a change of view it names
    the old one; the consensus library sets these when a view starts, and has no leader before that.

    Args:
        channel: the channel.
        running: the consenters that run, by their ids.
        metrics: the metrics of those that were asked.
    """
    views = [
        (int(one[f'consensus_smartbft_view_number{{channel="{channel}"}}']), int(leader))
        for one in metrics
        if (leader := one.get(f'consensus_smartbft_view_leader_id{{channel="{channel}"}}', 0.0)) > 0
    ]
    if not views:
        return Leadership(None)
    view, leader = max(views)
    return Leadership(running.get(leader), view)
