"""A network in its home with everything that is needed to act on it: what all verbs work on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from .home import Home
from .inventory import Inventory
from .leader import leader
from .lifecycle import PeerCommands
from .orderer import Orderer
from .peer import Peer
from .process import Processes
from .programs import Programs
from .serving import Serving
from .starter import Starter
from .topology import Channel, Topology

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Site:
    """A network in a home.

    Args:
        topology: the network.
        home: its folder.
        processes: its processes.
        programs: Fabric's programs.
        progress: takes a sentence about each thing that is begun and done.
    """

    topology: Topology
    home: Home
    processes: Processes
    programs: Programs
    progress: Progress

    @cached_property
    def inventory(self) -> Inventory:
        """The nodes."""
        return Inventory.of(self.topology, self.home)

    @cached_property
    def serving(self) -> Serving:
        """What serves chaincodes."""
        return Serving(self.topology, self.home, self.inventory, self.processes)

    @property
    def starter(self) -> Starter:
        """What starts nodes."""
        return Starter(self.home, self.processes, self.programs)

    def runs(self, node: str) -> bool:
        """Whether a node's process runs."""
        return self.processes.find(node) is not None

    def peers_on(self, channel: Channel) -> list[Peer]:
        """The peers of a channel."""
        return self.inventory.peers_on(self.topology, channel)

    def consenters_of(self, channel: Channel) -> list[Orderer]:
        """The orderers that order a channel, by their consenter ids."""
        return self.inventory.consenters_of(channel)

    def admin(self, peer: Peer) -> PeerCommands:
        """Calls to a peer as the administrator of its organisation."""
        user = self.topology.organisation(peer.organisation).admin.name
        return PeerCommands(self.programs, self.home, peer, user)

    def leading(self, channel: Channel) -> Orderer | None:
        """The consenter that leads a channel, or None when none is known."""
        consenters = self.consenters_of(channel)
        return leader(channel.name, self.topology.ordering, consenters, self.home, self.runs)

    def orderer(self, channel: Channel) -> Orderer:
        """A consenter to send a channel's transactions to: the leader if possible, else one that runs."""
        consenters = self.consenters_of(channel)
        running = [one for one in consenters if self.runs(one.node)]
        return self.leading(channel) or (running or consenters)[0]

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Tell when something is begun, and when it is done."""
        begun = time.monotonic()
        self.progress(f"{name} ...")
        yield
        self.progress(f"{name}: ready after {time.monotonic() - begun:.1f} s")
