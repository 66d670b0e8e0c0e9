"""The builds of Fabric's programs that a topology can choose, and the capabilities that each knows.

Entries stay here when a newer build is added, so that a network that runs an older one can be described, and
a network that was upgraded can go back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CAPABILITIES: Mapping[str, tuple[str, ...]] = {
    "channel": ("V2_0", "V3_0"),
    "orderer": ("V2_0",),
    "application": ("V2_0", "V2_5"),
}
"""The capabilities that a channel's groups may have, oldest first."""


@dataclass(frozen=True)
class Build:
    """A build of Fabric's programs.

    Attributes:
        name: its name in a topology, and the version that its programs report.
        title: its name in messages.
        patched: whether its libraries are patched before it is built.
        capabilities: the newest capability that it knows, by group.
    """

    name: str
    title: str
    patched: bool
    capabilities: Mapping[str, str]

    def knows(self, group: str, capability: str) -> bool:
        """Whether its nodes can run a channel on which a group has a capability."""
        known = CAPABILITIES[group]
        return known.index(capability) <= known.index(self.capabilities[group])


_NEWEST = {"channel": "V3_0", "orderer": "V2_0", "application": "V2_5"}
BUILDS: Mapping[str, Build] = {
    build.name: build
    for build in (
        Build("3.1.1", "Fabric 3.1.1 with SmartBFT 1.0.1 (patched)", patched=True, capabilities=_NEWEST),
        Build("3.1.1-unpatched", "Fabric 3.1.1 with SmartBFT 1.0.1", patched=False, capabilities=_NEWEST),
    )
}
STANDARD_BUILD = "3.1.1"
