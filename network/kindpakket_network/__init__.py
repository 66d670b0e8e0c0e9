"""A Fabric network as ordinary processes: described in one file, brought up by one call."""

from .channel_status import ChannelStatus
from .deployed import Deployed
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
from .node_status import NodeStatus
from .status import NetworkStatus
from .topology import Topology

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
