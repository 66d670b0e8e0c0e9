"""A Fabric network as ordinary processes: described in one file, brought up by one call."""

from .chaincodes.deployed import Deployed
from .description.topology import Topology
from .errors import (
    CommandFailed,
    Mistake,
    NetworkError,
    NodeFailed,
    PortInUse,
    ProgramError,
    TopologyError,
)
from .network import Network
from .reports.channels import ChannelStatus
from .reports.nodes import NodeStatus
from .reports.status import NetworkStatus

__all__ = [
    "ChannelStatus",
    "CommandFailed",
    "Deployed",
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
