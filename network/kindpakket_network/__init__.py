"""A Fabric network as ordinary processes: described in one file, brought up by one call."""

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
from .status import ChannelStatus, NetworkStatus, NodeStatus
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
