"""What a network is doing: processes, memory, heights, leader, definitions, certificates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import psutil

from .acting import acting, elsewhere
from .certificates import Expiry, complaints, expiries
from .deployed import Deployed
from .home import Home
from .inventory import Inventory
from .leader import leadership
from .orderer import Orderer
from .process import Processes
from .serving import Serving
from .topology import Channel, Topology
from .wait import together


@dataclass(frozen=True)
class NodeStatus:
    """A node.

    Attributes:
        node: its name.
        running: whether its process runs.
        pid: the process, or None.
        memory_bytes: its resident memory in bytes, or None.
        since: when it was started, UTC, or None.
        endpoint: where it serves.
    """

    node: str
    running: bool
    pid: int | None
    memory_bytes: int | None
    since: datetime | None
    endpoint: str


@dataclass(frozen=True)
class ChaincodeStatus:
    """A chaincode of a channel, as it was deployed from this home.

    Attributes:
        name: its name.
        version: the version in the topology.
        sequence: the number of the definition, or None when it was not deployed.
        package_id: the package.
        initialised: whether its first transaction was done.
    """

    name: str
    version: str
    sequence: int | None
    package_id: str | None
    initialised: bool


@dataclass(frozen=True)
class ChannelStatus:
    """A channel.

    Attributes:
        name: its name.
        leader: the node that leads its ordering, or None when none is known.
        heights: the number of blocks by node; None for a node that does not answer or has not joined.
        chaincodes: its chaincodes.
    """

    name: str
    leader: str | None
    heights: Mapping[str, int | None]
    chaincodes: tuple[ChaincodeStatus, ...]


@dataclass(frozen=True)
class NetworkStatus:
    """A network.

    Attributes:
        name: its name.
        home: its folder.
        ordering: `bft` or `raft`.
        nodes: its nodes.
        channels: its channels.
        certificates: its certificates, the first to expire first.
        warnings: what is to be done about certificates and keys, a sentence for each.
    """

    name: str
    home: str
    ordering: str
    nodes: tuple[NodeStatus, ...]
    channels: tuple[ChannelStatus, ...]
    certificates: tuple[Expiry, ...]
    warnings: tuple[str, ...] = ()

    @property
    def up(self) -> bool:
        """Whether all nodes run, every channel has a leader, and all chaincodes are deployed."""
        return (
            all(node.running for node in self.nodes)
            and all(channel.leader is not None for channel in self.channels)
            and all(
                chaincode.sequence is not None
                for channel in self.channels
                for chaincode in channel.chaincodes
            )
        )

    @property
    def memory_bytes(self) -> int:
        """The resident memory of all processes together, in bytes."""
        return sum(node.memory_bytes or 0 for node in self.nodes)

    def as_json(self) -> dict[str, Any]:
        """The same as members for JSON; instants are ISO 8601 in UTC."""
        members: dict[str, Any] = _plain(asdict(self))
        return {**members, "up": self.up, "memory_bytes": self.memory_bytes}


def status(topology: Topology, home: Home, inventory: Inventory, processes: Processes) -> NetworkStatus:
    """Ask all nodes."""
    running = processes.all()
    nodes = Serving(topology, home, inventory, processes).nodes()
    certificates = expiries(home)
    return NetworkStatus(
        name=topology.name,
        home=str(home.root),
        ordering=topology.ordering.type,
        nodes=tuple(_node(node, inventory, running.get(node)) for node in nodes),
        channels=tuple(_channel(one, topology, home, inventory, running) for one in topology.channels),
        certificates=tuple(certificates),
        warnings=tuple(complaints(home, topology.tuning.warning_days, certificates)),
    )


def endpoint(inventory: Inventory, node: str) -> str:
    """Where a node serves, as `host:port`.

    Raises:
        NetworkError: there is no such node.
    """
    found = inventory.find(node)
    return getattr(found, "endpoint", None) or str(getattr(found, "url", "")).removeprefix("https://")


def _node(node: str, inventory: Inventory, process: psutil.Process | None) -> NodeStatus:
    at = endpoint(inventory, node)
    if process is not None:
        try:
            since = datetime.fromtimestamp(process.create_time(), UTC)
            return NodeStatus(node, True, process.pid, process.memory_info().rss, since, at)
        except psutil.NoSuchProcess:
            pass
    return NodeStatus(node, False, None, None, None, at)


def _channel(
    channel: Channel,
    topology: Topology,
    home: Home,
    inventory: Inventory,
    running: Mapping[str, psutil.Process],
) -> ChannelStatus:
    def runs(node: str) -> bool:
        return node in running or elsewhere(node, topology, home, inventory)

    def orderer_height(orderer: Orderer) -> int | None:
        found = orderer.participation(channel.name)
        return None if found is None else int(found["height"])

    own = acting(topology, home)
    consenters = [one for one in inventory.consenters_of(channel) if one.organisation in own]
    peers = [peer for peer in inventory.peers_on(topology, channel) if peer.organisation in own]
    orderer_heights = together(orderer_height, consenters)
    peer_heights = together(lambda peer: peer.height(channel.name), peers)
    heights = {one.node: height for one, height in zip(consenters, orderer_heights, strict=True)}
    heights |= {one.node: height for one, height in zip(peers, peer_heights, strict=True)}
    everyone = enumerate(inventory.consenters_of(channel), 1)
    answering = {number: one for number, one in everyone if runs(one.node)}
    asked = [one for one in answering.values() if one.organisation in own]
    leading = leadership(channel.name, topology.ordering, answering, asked).node
    return ChannelStatus(
        name=channel.name,
        leader=leading.node if leading else None,
        heights=heights,
        chaincodes=tuple(
            _chaincode(one.name, one.version, Deployed.read(home.deployed(channel.name, one.name)))
            for one in (channel.chaincodes if peers else ())
        ),
    )


def _chaincode(name: str, version: str, record: Deployed | None) -> ChaincodeStatus:
    if record is None:
        return ChaincodeStatus(name, version, None, None, False)
    return ChaincodeStatus(name, version, record.sequence, record.package_id, record.initialised)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
