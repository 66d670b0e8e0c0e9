"""A network's status: processes, memory, heights, leader, definitions, certificates."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kindpakket_network.certificates.damage import damages
from kindpakket_network.certificates.expiry import Expiry, certificate_warnings, expiries
from kindpakket_network.certificates.root_renewal import unfinished_roots
from kindpakket_network.description.topology import Topology
from kindpakket_network.nodes.departures import pending
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.own_organisations import acts_for_all, own_organisations
from kindpakket_network.nodes.serving import Serving
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes
from kindpakket_network.programs.wait import in_parallel
from kindpakket_network.reports.channels import ChannelLook, ChannelStatus
from kindpakket_network.reports.findings import Finding, findings, long_logs, unfinished
from kindpakket_network.reports.nodes import NodeStatus, node_status


@dataclass(frozen=True)
class NetworkStatus:
    """A network.

    Attributes:
        name: its name.
        home: its folder.
        ordering: `bft` or `raft`.
        nodes: its nodes.
        channels: its channels.
        certificates: its certificates, soonest to expire first.
        warnings: what must be done about certificates and keys, a sentence for each.
        findings: the problems with processes, channels and disk.
        free_bytes: the free space on the home's disk, in bytes.
    """

    name: str
    home: str
    ordering: str
    nodes: tuple[NodeStatus, ...]
    channels: tuple[ChannelStatus, ...]
    certificates: tuple[Expiry, ...]
    warnings: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    free_bytes: int = 0

    @property
    def up(self) -> bool:
        """Whether all nodes are running, every channel has a leader, and all chaincodes are deployed."""
        return (
            all(node.running for node in self.nodes)
            and all(channel.leader is not None or channel.leader_elsewhere for channel in self.channels)
            and all(
                chaincode.sequence is not None
                for channel in self.channels
                for chaincode in channel.chaincodes
            )
        )

    @property
    def healthy(self) -> bool:
        """Whether it is up, without findings and warnings."""
        return self.up and not self.findings and not self.warnings

    @property
    def memory_bytes(self) -> int:
        """The resident memory of all processes together, in bytes."""
        return sum(node.memory_bytes or 0 for node in self.nodes)

    @property
    def disk_bytes(self) -> int:
        """The size of all nodes' folders and logs, in bytes."""
        return sum(node.data_bytes + node.log_bytes for node in self.nodes)

    def as_json(self) -> dict[str, Any]:
        """The same as members for JSON; instants are ISO 8601 in UTC."""
        members: dict[str, Any] = _plain(asdict(self))
        return {**members, "up": self.up, "healthy": self.healthy, "memory_bytes": self.memory_bytes}


def status(
    topology: Topology, home: Home, inventory: Inventory, processes: Processes, programs: Programs | None
) -> NetworkStatus:
    """Query all nodes.

    Args:
        topology: the network.
        home: its folder.
        inventory: its nodes.
        processes: its processes.
        programs: Fabric's programs; None: peers are not queried for chaincode definitions.
    """
    found = processes.all()
    serving = Serving(topology, home, inventory, processes)
    nodes = in_parallel(
        lambda node: node_status(node, inventory, home, found.get(node)), list(serving.nodes())
    )
    running = frozenset(node.node for node in nodes if node.running)
    looks = [
        ChannelLook(channel, topology, home, inventory, programs, running) for channel in topology.channels
    ]
    channels = in_parallel(ChannelLook.status, looks)
    certificates = expiries(home)
    free = _free(home.root)
    return NetworkStatus(
        name=topology.name,
        home=str(home.root),
        ordering=topology.ordering.type,
        nodes=tuple(nodes),
        channels=tuple(channels),
        certificates=tuple(certificates),
        warnings=(
            *map(str, damages(topology, home, inventory) if home.exists() else ()),
            *unfinished_roots(
                inventory, own_organisations(topology, home), whole=acts_for_all(topology, home)
            ),
            *certificate_warnings(home, topology.tuning.warning_days, certificates),
        ),
        findings=(
            *findings(nodes, channels, free, topology.build),
            *long_logs(nodes, topology.tuning.logs),
            *map(unfinished, pending(topology, home)),
        ),
        free_bytes=free,
    )


def _free(folder: Path) -> int:
    """The free space on the disk of a folder, which need not exist yet, in bytes."""
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    return shutil.disk_usage(there).free


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
