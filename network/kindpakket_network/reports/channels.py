"""A channel's status: leader, heights, votes, gossip, chaincodes."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.channel.capabilities import capabilities_of
from kindpakket_network.channel.submission import administrators
from kindpakket_network.description.chaincode import Chaincode
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import CommandFailed
from kindpakket_network.nodes.deployment_record import DeploymentRecord
from kindpakket_network.nodes.health import listens
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.leader import leadership, unled
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.own_organisations import own_organisations
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.peer_commands import PeerCommands
from kindpakket_network.nodes.session import Session
from kindpakket_network.nodes.unverified_votes import unverified_votes
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes, started_at
from kindpakket_network.programs.wait import in_parallel, until

# Seconds for a peer to receive the blocks that others have, or to learn of the other peers.
_PATIENCE = 6.0
# Seconds after its start in which a peer may still be unknown to others: gossip takes some rounds of four
# seconds, and more of them on a busy machine.
_ACQUAINTANCE = 30.0
# Unverified votes older than this no longer count as a present problem.
_DOUBTS_COUNT = timedelta(hours=1)
# Start times of processes are derived from the system's boot time, which is only known to the second.
_INEXACT = timedelta(seconds=2)


@dataclass(frozen=True)
class ChaincodeStatus:
    """A chaincode of a channel.

    Attributes:
        name: its name.
        version: the version in the topology.
        sequence: the sequence number of the definition deployed from this home; None if there is none.
        package_id: its package.
        initialised: whether its initial transaction has been submitted.
        committed_sequence: the sequence number of the channel's committed definition; None if there is none,
            or no peer could be queried.
        committed_version: that definition's version.
    """

    name: str
    version: str
    sequence: int | None
    package_id: str | None
    initialised: bool
    committed_sequence: int | None = None
    committed_version: str | None = None


@dataclass(frozen=True)
class ChannelStatus:
    """A channel.

    Attributes:
        name: its name.
        leader: the node that leads its ordering; None if none is known.
        heights: the heights by node; None for a node that does not answer or has not joined.
        chaincodes: its chaincodes.
        consenters: its consenters in the order of their ids.
        taking_part: the consenters that are running, or accept connections elsewhere, are not behind, and,
            in this home, have heard a leader since they started.
        needed: how many of them must take part in ordering.
        view: on BFT the view number, which grows with each change of leader.
        behind: the nodes that answer, but did not receive the blocks of others within some seconds; a BFT
            consenter may be one block behind.
        unled: this home's running consenters that have heard no leader since they started (Raft), or begun
            no view (BFT), within some seconds.
        doubts: on BFT the votes that a consenter could not verify in the last hour, by consenter and voter.
        peers_known: how many other peers of the channel a peer of this home knows by gossip; None if it does
            not answer.
        peers_running: how many of the channel's peers are running.
        leader_elsewhere: no leader is known, but another organisation's consenter may lead: on Raft, each
            consenter only reports about itself, and only to its own organisation.
        capabilities: its capabilities by group; empty if no consenter could be queried.
    """

    name: str
    leader: str | None
    heights: Mapping[str, int | None]
    chaincodes: tuple[ChaincodeStatus, ...]
    consenters: tuple[str, ...] = ()
    taking_part: tuple[str, ...] = ()
    needed: int = 0
    view: int | None = None
    behind: tuple[str, ...] = ()
    unled: tuple[str, ...] = ()
    doubts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    peers_known: Mapping[str, int | None] = field(default_factory=dict)
    peers_running: int = 0
    leader_elsewhere: bool = False
    capabilities: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ChannelLook:
    """Collects the status of one channel.

    Args:
        channel: the channel.
        topology: the network.
        home: its folder.
        inventory: its nodes.
        programs: Fabric's programs; None: peers are not queried for definitions.
        running: the running nodes of this home.
    """

    channel: Channel
    topology: Topology
    home: Home
    inventory: Inventory
    programs: Programs | None
    running: frozenset[str]

    def status(self) -> ChannelStatus:
        """Query this home's running nodes, and check which of the others accept connections."""
        by_id = self.inventory.by_id(self.channel)
        consenters = list(by_id.values())
        peers = self.inventory.peers_on(self.topology, self.channel)
        nodes: list[Orderer | Peer] = [*consenters, *peers]
        answering = dict(zip(nodes, in_parallel(self._answers, nodes), strict=True))
        running = {number: consenter for number, consenter in by_id.items() if answering[consenter]}
        own_consenters = [consenter for consenter in consenters if consenter.organisation in self._own]
        own_peers = [peer for peer in peers if peer.organisation in self._own]
        asked = [own_consenter for own_consenter in own_consenters if answering[own_consenter]]
        leads = leadership(self.channel.name, self.topology.ordering, running, asked)
        heights = self._heights([*own_consenters, *own_peers])
        behind = self._behind([*own_consenters, *own_peers], heights)
        joined = [consenter for consenter in asked if heights[consenter.node] is not None]
        ordering = self.topology.ordering
        silent = tuple(
            consenter.node for consenter in unled(self.channel.name, ordering, joined, ordering.patience)
        )
        taking_part = tuple(
            consenter.node
            for consenter in running.values()
            if heights.get(consenter.node, 0) is not None and consenter.node not in (*behind, *silent)
        )
        return ChannelStatus(
            name=self.channel.name,
            leader=leads.node.node if leads.node else None,
            heights=heights,
            chaincodes=tuple(in_parallel(self._chaincode, self.channel.chaincodes if own_peers else ())),
            consenters=tuple(consenter.node for consenter in consenters),
            taking_part=taking_part,
            needed=self.topology.ordering.quorum(len(consenters)),
            view=leads.view,
            behind=behind,
            unled=silent,
            doubts=self._doubts(by_id),
            peers_known=self._peers_known(own_peers, sum(answering[peer] for peer in peers) - 1),
            peers_running=sum(answering[peer] for peer in peers),
            leader_elsewhere=(
                leads.node is None
                and len(asked) < len(running)
                and (self.topology.ordering.type == "raft" or not asked)
            ),
            capabilities=self._capabilities(taking_part),
        )

    @property
    def _own(self) -> tuple[str, ...]:
        return own_organisations(self.topology, self.home)

    def _capabilities(self, taking_part: Collection[str]) -> dict[str, str]:
        """The channel's capabilities, according to one consenter that takes part."""
        members = {*self.channel.consenters, *(member.organisation for member in self.channel.members)}
        consenters = self.inventory.consenters_of(self.channel)
        asked = next((consenter for consenter in consenters if consenter.node in taking_part), None)
        if self.programs is None or asked is None:
            return {}
        session = Session(self.topology, self.home, Processes(self.home), self.programs, lambda _: None)
        organisation = next((known for known in administrators(session) if known.name in members), None)
        if organisation is None:
            return {}
        with contextlib.suppress(CommandFailed):
            return capabilities_of(
                AdminCommands(session, organisation).configuration(self.channel, asked).group
            )
        return {}

    def _answers(self, node: Orderer | Peer) -> bool:
        if node.organisation in self._own:
            return node.node in self.running
        return listens(node.ports[0], node.host)

    def _heights(self, nodes: list[Orderer | Peer]) -> dict[str, int | None]:
        return {
            node.node: height for node, height in zip(nodes, in_parallel(self._height, nodes), strict=True)
        }

    def _height(self, node: Orderer | Peer) -> int | None:
        if node.node not in self.running:
            return None
        if isinstance(node, Peer):
            return node.height(self.channel.name)
        found = node.participation(self.channel.name)
        return None if found is None else int(found["height"])

    def _behind(self, nodes: list[Orderer | Peer], heights: Mapping[str, int | None]) -> tuple[str, ...]:
        highest = max((height for height in heights.values() if height is not None), default=0)

        def target(node: Orderer | Peer) -> int:
            return highest - (self.topology.ordering.lag if isinstance(node, Orderer) else 0)

        def stays(node: Orderer | Peer) -> bool:
            patience = self.topology.ordering.patience if isinstance(node, Orderer) else _PATIENCE
            return until(lambda: (self._height(node) or 0) >= target(node) or None, patience) is None

        late = [node for node in nodes if (heights[node.node] or highest) < target(node)]

        return tuple(node.node for node, behind in zip(late, in_parallel(stays, late), strict=True) if behind)

    def _doubts(self, consenters: Mapping[int, Orderer]) -> dict[str, dict[str, int]]:
        since = datetime.now(UTC) - _DOUBTS_COUNT
        names = {number: one.node for number, one in consenters.items()}
        starts = ((number, started_at(self.home, node)) for number, node in names.items())
        started = {number: start + _INEXACT for number, start in starts if start is not None}
        found: dict[str, dict[str, int]] = {}
        for consenter in consenters.values():
            counts = unverified_votes(self.home.log(consenter.node), self.channel.name, since, started)
            if counts:
                found[consenter.node] = {
                    names.get(voter, f"consenter {voter}"): n for voter, n in counts.items()
                }
        return found

    def _peers_known(self, peers: list[Peer], others: int) -> dict[str, int | None]:
        running = [peer for peer in peers if peer.node in self.running]
        name = f'gossip_membership_total_peers_known{{channel="{self.channel.name}"}}'
        patience = acquaintance([started_at(self.home, peer.node) for peer in running], now=datetime.now(UTC))

        def known(peer: Peer) -> int | None:
            until(lambda: peer.metrics().get(name, -1.0) >= others or None, patience)
            value = peer.metrics().get(name)
            return None if value is None else int(value)

        return {peer.node: number for peer, number in zip(running, in_parallel(known, running), strict=True)}

    def _chaincode(self, chaincode: Chaincode) -> ChaincodeStatus:
        record = DeploymentRecord.read(self.home.deployed(self.channel.name, chaincode.name))
        definition = self._committed(chaincode.name) or {}
        return ChaincodeStatus(
            name=chaincode.name,
            version=chaincode.version,
            sequence=record.sequence if record else None,
            package_id=record.package_id if record else None,
            initialised=record.initialised if record else False,
            committed_sequence=definition.get("sequence"),
            committed_version=definition.get("version"),
        )

    def _committed(self, name: str) -> dict[str, Any] | None:
        """A chaincode's committed definition, according to this home's first peer that answers."""
        for peer in self.inventory.peers_on(self.topology, self.channel):
            if self.programs is None or peer.node not in self.running or peer.organisation not in self._own:
                continue
            admin = self.topology.organisation(peer.organisation).admin.name
            with contextlib.suppress(CommandFailed):
                commands = PeerCommands(self.programs, self.home, peer, admin)
                return commands.committed(self.channel.name, name)
        return None


def acquaintance(starts: Collection[datetime | None], *, now: datetime) -> float:
    """Seconds to wait until peers know one another: more of them soon after one was started (UTC)."""
    since = min(((now - start).total_seconds() for start in starts if start), default=_ACQUAINTANCE)
    return max(_PATIENCE, _ACQUAINTANCE - max(since, 0.0))
