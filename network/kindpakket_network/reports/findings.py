"""What is wrong with a network, and what to do about it, by what its status shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kindpakket_network.reports.channels import ChannelStatus
from kindpakket_network.reports.nodes import NodeStatus

_LEAST_FREE = 1 << 30
_UP = "run `kindpakket network up`"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

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
    nodes: Sequence[NodeStatus], channels: Sequence[ChannelStatus], free_bytes: int
) -> list[Finding]:
    """All that is wrong.

    Args:
        nodes: the nodes.
        channels: the channels.
        free_bytes: what is free on the disk that holds the home.
    """
    running = {node.node for node in nodes if node.running}
    found = [finding for node in nodes for finding in _of_node(node)]
    for channel in channels:
        found += _of_ordering(channel)
        found += _of_blocks(channel, running)
        found += _of_votes(channel)
        found += _of_gossip(channel)
        found += _of_chaincodes(channel)
    if free_bytes < _LEAST_FREE:
        found.append(
            Finding("disk", f"{free_bytes / 2**20:.0f} MB are free where the home is", "make room for blocks")
        )
    return found


def _of_node(node: NodeStatus) -> Iterator[Finding]:
    words = {
        "stopped": ("is stopped", f"run `kindpakket network start {node.node}`, or `up`"),
        "ended": ("ended without being stopped", f"{_UP}, and read `kindpakket network logs {node.node}`"),
        "restored": ("came out of a backup and serves nobody before it has caught up", _UP),
        "suspended": ("is suspended (SIGSTOP) and answers nobody", _UP),
    }
    if node.state in words:
        yield Finding(node.node, *words[node.state])


def _of_ordering(channel: ChannelStatus) -> Iterator[Finding]:
    count, total = len(channel.taking_part), len(channel.consenters)
    counts = f"{count} of {total} consenters take part"
    if count < channel.needed:
        yield Finding(channel.name, f"{counts}, and ordering needs {channel.needed}: it stands still", _UP)
    elif channel.leader is None and not channel.leader_elsewhere:
        yield Finding(channel.name, "no consenter leads", "wait some seconds and look again")
    elif count == channel.needed < total:
        yield Finding(
            channel.name, f"{counts}, and ordering needs all of these", f"{_UP} before one more fails"
        )


def _of_blocks(channel: ChannelStatus, running: set[str]) -> Iterator[Finding]:
    highest = max((height for height in channel.heights.values() if height is not None), default=0)
    for node, height in channel.heights.items():
        if node in channel.behind and height is not None:
            yield Finding(
                node,
                f"stays behind: it has {height} blocks of {channel.name}, others have {highest}",
                f"run `kindpakket network stop {node}` and `start {node}`, or `up`",
            )
        elif height is None and node in running:
            yield Finding(node, f"does not answer, or has not joined {channel.name}", _UP)


def _of_votes(channel: ChannelStatus) -> Iterator[Finding]:
    for node, votes in channel.doubts.items():
        for voter, count in votes.items():
            yield Finding(
                node,
                f"could not verify {count} votes of {voter} on {channel.name} in the last hour",
                f"see that the channel knows {voter}'s certificate and that its organisation's orderers may "
                "write: a vote that does not count is missed when another consenter fails",
            )


def _of_gossip(channel: ChannelStatus) -> Iterator[Finding]:
    others = channel.peers_running - 1
    for node, number in channel.peers_known.items():
        if number is not None and number < others:
            yield Finding(
                node,
                f"knows {number} of {others} other peers of {channel.name}",
                "see that the peers reach one another at their addresses, and that anchor peers are right",
            )


def _of_chaincodes(channel: ChannelStatus) -> Iterator[Finding]:
    for one in channel.chaincodes:
        place = f"{one.name} on {channel.name}"
        if one.sequence is None:
            yield Finding(place, "is not deployed", _UP)
        elif one.committed_sequence is not None and one.committed_sequence < one.sequence:
            yield Finding(
                place,
                f"goes by definition {one.committed_sequence}, and {one.sequence} was begun",
                "run `kindpakket network deploy`",
            )
        elif one.committed_sequence is not None and one.committed_sequence > one.sequence:
            yield Finding(
                place,
                f"goes by definition {one.committed_sequence}, and this home deployed {one.sequence}",
                "see who committed it, and bring this home's topology and chaincode to the same",
            )
