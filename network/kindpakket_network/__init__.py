"""A Fabric network as ordinary processes: described in one file, brought up by one call."""

from kindpakket.extras import extra

with extra("network"):
    from kindpakket_network.description.topology import Topology
    from kindpakket_network.errors import (
        CommandFailed,
        Mistake,
        NetworkError,
        NodeFailed,
        PortInUse,
        ProgramError,
        TopologyError,
    )
    from kindpakket_network.nodes.deployment_record import DeploymentRecord
    from kindpakket_network.reports.channels import ChannelStatus
    from kindpakket_network.reports.nodes import NodeStatus
    from kindpakket_network.reports.status import NetworkStatus
    from kindpakket_network.verbs.network import Network

__all__ = [
    "ChannelStatus",
    "CommandFailed",
    "DeploymentRecord",
    "Mistake",
    "Network",
    "NetworkError",
    "NetworkStatus",
    "NodeFailed",
    "NodeStatus",
    "PortInUse",
    "ProgramError",
    "Topology",
    "TopologyError",
]
