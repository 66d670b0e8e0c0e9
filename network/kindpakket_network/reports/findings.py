"""Problems that a network's status shows, and what to do about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kindpakket_network.description.build import STANDARD_BUILD
from kindpakket_network.description.tuning import Logs
from kindpakket_network.nodes.departures import Departure
from kindpakket_network.reports.channels import ChannelStatus
from kindpakket_network.reports.nodes import NodeStatus

# Bytes. A peer that runs out of disk stops committing; this leaves time to act.
_LEAST_FREE = 1 << 30
_UP = "run `kindpakket network up`"


@dataclass(frozen=True)
class Finding:
    """A problem.

    Attributes:
        place: the node or channel, or `disk`.
        words: what is wrong with it.
        remedy: what to do.
    """

    place: str
    words: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.words}; {self.remedy}"


def findings(
    nodes: Sequence[NodeStatus],
    channels: Sequence[ChannelStatus],
    free_bytes: int,
    build: str = STANDARD_BUILD,
) -> list[Finding]:
    """All problems.

    Args:
        nodes: the nodes.
        channels: the channels.
        free_bytes: the free space on the home's disk, in bytes.
        build: the build that the nodes should run.
    """
    running = {node.node for node in nodes if node.running}
    found = [finding for node in nodes for finding in _of_node(node)]
    found += [
        Finding(node.node, f"runs build {node.build}, not {build}", "run `kindpakket network upgrade`")
        for node in nodes
        if node.build not in (None, build)
    ]
    for channel in channels:
        found += _of_ordering(channel)
        found += _of_leading(channel)
        found += _of_blocks(channel, running)
        found += _of_votes(channel)
        found += _of_gossip(channel)
        found += _of_chaincodes(channel)
    if free_bytes < _LEAST_FREE:
        found.append(
            Finding(
                "disk",
                f"only {free_bytes / 2**20:.0f} MB are free on the home's disk; it needs {_LEAST_FREE >> 20}",
                "free up space",
            )
        )
    return found


def long_logs(nodes: Sequence[NodeStatus], logs: Logs) -> list[Finding]:
    """The nodes whose logs are longer than rotation would leave them.

    Args:
        nodes: the nodes.
        logs: from which size logs are rotated, and how many are kept.
    """
    most = 2 * (logs.files + 1) * logs.megabytes << 20
    return [
        Finding(
            node.node,
            f"has {node.log_bytes >> 20} MB of logs, and nobody rotates them",
            "run `kindpakket network rotate-logs` every hour from a timer",
        )
        for node in nodes
        if node.log_bytes > most
    ]


def unfinished(departure: Departure) -> Finding:
    """What is told of a removal that was interrupted."""
    return Finding(departure.subject, "is being removed", f"run `{departure.command}` again, or `up`")


def _of_node(node: NodeStatus) -> Iterator[Finding]:
    problems = {
        "stopped": ("is stopped", f"run `kindpakket network start {node.node}`, or `up`"),
        "ended": ("exited without being stopped", f"{_UP}, and read `kindpakket network logs {node.node}`"),
        "damaged": (
            "exited because its ledger is damaged",
            f"run `kindpakket network rebuild {node.node}`, and check the disk",
        ),
        "restored": ("was restored or rebuilt and does not serve until it has caught up", _UP),
        "suspended": ("is suspended (SIGSTOP) and does not answer", _UP),
    }
    if node.state in problems:
        yield Finding(node.node, *problems[node.state])


def _of_ordering(channel: ChannelStatus) -> Iterator[Finding]:
    count, total = len(channel.taking_part), len(channel.consenters)
    counts = f"{count} of {total} consenters take part"
    if count < channel.needed:
        yield Finding(channel.name, f"{counts}, but ordering needs {channel.needed}: it has stopped", _UP)
    elif channel.leader is None and not channel.leader_elsewhere:
        yield Finding(channel.name, "has no leader", "check again in a few seconds")
    elif count == channel.needed < total:
        yield Finding(
            channel.name, f"{counts}, and ordering needs all of them", f"{_UP} before another one fails"
        )


def _of_leading(channel: ChannelStatus) -> Iterator[Finding]:
    if channel.leader is None and not channel.leader_elsewhere:
        return  # which is told of the channel
    for node in channel.unled:
        yield Finding(
            node,
            f"runs, but has heard no leader of {channel.name} since it started",
            f"{_UP}, and read `kindpakket network logs {node}`",
        )


def _of_blocks(channel: ChannelStatus, running: set[str]) -> Iterator[Finding]:
    highest = max((height for height in channel.heights.values() if height is not None), default=0)
    for node, height in channel.heights.items():
        if node in channel.behind and height is not None:
            yield Finding(
                node,
                f"is stalled at height {height} of {channel.name}, while others have height {highest}",
                f"run `kindpakket network stop {node}` and `start {node}`, or `up`; {_if_no_help(node)}",
            )
        elif height is None and node in running:
            yield Finding(
                node, f"does not answer, or has not joined {channel.name}", f"{_UP}; {_if_no_help(node)}"
            )


def _if_no_help(node: str) -> str:
    return f"if that does not help, its ledger may be damaged: run `kindpakket network rebuild {node}`"


def _of_votes(channel: ChannelStatus) -> Iterator[Finding]:
    for node, votes in channel.doubts.items():
        for voter, count in votes.items():
            yield Finding(
                node,
                f"could not verify {count} {'vote' if count == 1 else 'votes'} of {voter} on {channel.name} "
                "in the last hour",
                f"check that the channel has {voter}'s present certificate and lets its organisation's "
                "orderers write: its vote will be missed when another consenter fails",
            )


def _of_gossip(channel: ChannelStatus) -> Iterator[Finding]:
    others = channel.peers_running - 1
    for node, number in channel.peers_known.items():
        if number is not None and number < others:
            yield Finding(
                node,
                f"knows {number} of {others} other {'peer' if others == 1 else 'peers'} of {channel.name}",
                "check that the peers can reach one another's addresses, and that the anchor peers are right",
            )


def _of_chaincodes(channel: ChannelStatus) -> Iterator[Finding]:
    for chaincode in channel.chaincodes:
        place = f"{chaincode.name} on {channel.name}"
        if chaincode.sequence is None:
            yield Finding(place, "is not deployed", _UP)
        elif chaincode.committed_sequence is not None and chaincode.committed_sequence < chaincode.sequence:
            yield Finding(
                place,
                f"has committed definition {chaincode.committed_sequence}, and {chaincode.sequence} is being "
                "deployed",
                "run `kindpakket network deploy`",
            )
        elif chaincode.committed_sequence is not None and chaincode.committed_sequence > chaincode.sequence:
            yield Finding(
                place,
                f"has committed definition {chaincode.committed_sequence}, but this home deployed "
                f"{chaincode.sequence}",
                "find out who committed it, and update this home's topology and chaincode to match",
            )
