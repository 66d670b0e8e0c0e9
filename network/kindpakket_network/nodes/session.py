"""A network in its home with everything that is needed to act on it: what all verbs work on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from kindpakket_network.description.topology import Channel, Topology
from kindpakket_network.nodes.acting import acting, elsewhere
from kindpakket_network.nodes.health import listens
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.leader import Leadership, leadership
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.peer_commands import PeerCommands
from kindpakket_network.nodes.serving import Serving
from kindpakket_network.nodes.starter import Starter
from kindpakket_network.programs.built import Programs
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Session:
    """A network in a home.

    Args:
        topology: the network.
        home: its folder.
        processes: its processes.
        programs: Fabric's programs.
        progress: takes a sentence about each thing that is begun and done.
        only: act for these organisations only; None: for all that the home acts for.
    """

    topology: Topology
    home: Home
    processes: Processes
    programs: Programs
    progress: Progress
    only: tuple[str, ...] | None = None

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

    @cached_property
    def acting(self) -> tuple[str, ...]:
        """The names of the organisations that this home acts for; it has no keys of others."""
        found = acting(self.topology, self.home)
        return found if self.only is None else tuple(name for name in found if name in self.only)

    @property
    def whole(self) -> bool:
        """Whether the home acts for all organisations."""
        return len(acting(self.topology, self.home)) == len(self.topology.organisations)

    def runs(self, node: str) -> bool:
        """Whether a node runs, not suspended; for an orderer elsewhere, whether it accepts connections."""
        if self.processes.find(node) is not None:
            return self.processes.runs(node)
        return elsewhere(node, self.topology, self.home, self.inventory)

    def peers_on(self, channel: Channel) -> list[Peer]:
        """The peers of a channel."""
        return self.inventory.peers_on(self.topology, channel)

    def answers(self, peer: Peer) -> bool:
        """Whether a peer runs; for one elsewhere, whether it accepts connections."""
        if peer.organisation in acting(self.topology, self.home):
            return self.processes.find(peer.node) is not None
        return listens(peer.ports[0], peer.host)

    def own_peers_on(self, channel: Channel) -> list[Peer]:
        """The peers of a channel that belong to the acting organisations."""
        return [peer for peer in self.peers_on(channel) if peer.organisation in self.acting]

    def own_consenters_of(self, channel: Channel) -> list[Orderer]:
        """The consenters of a channel that belong to the acting organisations."""
        return [one for one in self.consenters_of(channel) if one.organisation in self.acting]

    def consenters_of(self, channel: Channel) -> list[Orderer]:
        """The orderers that order a channel, by their consenter ids."""
        return self.inventory.consenters_of(channel)

    @property
    def own_channels(self) -> list[Channel]:
        """The channels in which an acting organisation takes part."""
        return [
            channel
            for channel in self.topology.channels
            if {*channel.consenters, *(one.organisation for one in channel.members)} & set(self.acting)
        ]

    def admin(self, peer: Peer) -> PeerCommands:
        """Calls to a peer as the administrator of its organisation."""
        user = self.topology.organisation(peer.organisation).admin.name
        return PeerCommands(self.programs, self.home, peer, user)

    def leading(self, channel: Channel) -> Orderer | None:
        """The consenter that leads a channel, or None when none is known."""
        return self.leadership(channel).node

    def leadership(self, channel: Channel) -> Leadership[Orderer]:
        """Who leads a channel, and in which view."""
        consenters = enumerate(self.consenters_of(channel), 1)
        running = {number: one for number, one in consenters if self.runs(one.node)}
        own = [one for one in running.values() if one.organisation in acting(self.topology, self.home)]
        return leadership(channel.name, self.topology.ordering, running, own)

    def orderer(self, channel: Channel) -> Orderer:
        """A consenter to send a channel's transactions to: the leader if possible, else one that runs.

        Those of the acting organisations come first.
        """
        consenters = sorted(self.consenters_of(channel), key=lambda one: one.organisation not in self.acting)
        running = [one for one in consenters if self.runs(one.node)]
        return self.leading(channel) or (running or consenters)[0]

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Tell when something is begun, and when it is done."""
        begun = time.monotonic()
        self.progress(f"{name} ...")
        yield
        self.progress(f"{name}: ready after {time.monotonic() - begun:.1f} s")
