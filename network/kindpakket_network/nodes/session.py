"""A network in its home, with everything the verbs need to act on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from kindpakket_network.description.channel import Channel
from kindpakket_network.description.topology import Topology
from kindpakket_network.nodes.departures import Departure, pending
from kindpakket_network.nodes.health import listens
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.leader import Leadership, leadership
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.own_organisations import (
    acts_for_all,
    foreign_orderer_answers,
    own_organisations,
)
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.peer_commands import PeerCommands
from kindpakket_network.nodes.serving import Serving
from kindpakket_network.nodes.starter import Starter
from kindpakket_network.programs.fabric import Programs
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
        progress: called with a sentence when each step begins and ends.
        only: act only for these organisations; None: for all that the home acts for.
        planned: what is to leave, apart from what the home has recorded.
    """

    topology: Topology
    home: Home
    processes: Processes
    programs: Programs
    progress: Progress
    only: tuple[str, ...] | None = None
    planned: tuple[Departure, ...] = ()

    @cached_property
    def inventory(self) -> Inventory:
        """The nodes."""
        return Inventory.of(self.topology, self.home)

    @cached_property
    def serving(self) -> Serving:
        """The chaincode processes."""
        return Serving(self.topology, self.home, self.inventory, self.processes)

    @property
    def starter(self) -> Starter:
        """Starts nodes."""
        return Starter(self.home, self.processes, self.programs)

    @cached_property
    def own_organisations(self) -> tuple[str, ...]:
        """The names of the organisations that this session acts for."""
        names = own_organisations(self.topology, self.home)
        return names if self.only is None else tuple(name for name in names if name in self.only)

    @property
    def whole(self) -> bool:
        """Whether the home acts for all organisations."""
        return acts_for_all(self.topology, self.home)

    def leaving(self, kind: str | None = None, channel: str = "") -> list[Departure]:
        """What leaves the network, or is planned to.

        Args:
            kind: only departures of this kind, see `Departure`; None: all.
            channel: only those from this channel; empty: all.
        """
        found = [*pending(self.topology, self.home), *self.planned]
        return [
            departure
            for departure in found
            if kind in (None, departure.kind) and (not channel or channel in departure.channels)
        ]

    def runs(self, node: str) -> bool:
        """Whether a node runs and is not suspended; for another's orderer, whether it accepts connections."""
        if self.processes.find(node) is not None:
            return self.processes.runs(node)
        return foreign_orderer_answers(node, self.topology, self.home, self.inventory)

    def peers_on(self, channel: Channel) -> list[Peer]:
        """The peers of a channel."""
        return self.inventory.peers_on(self.topology, channel)

    def answers(self, peer: Peer) -> bool:
        """Whether a peer is running; for another organisation's, whether it accepts connections."""
        if peer.organisation in own_organisations(self.topology, self.home):
            return self.processes.find(peer.node) is not None
        return listens(peer.ports[0], peer.host)

    @property
    def own_peers(self) -> list[Peer]:
        """The peers of the acting organisations."""
        return [peer for peer in self.inventory.peers if peer.organisation in self.own_organisations]

    def own_peers_on(self, channel: Channel) -> list[Peer]:
        """The peers of a channel that belong to the acting organisations."""
        return [peer for peer in self.peers_on(channel) if peer.organisation in self.own_organisations]

    def own_consenters_of(self, channel: Channel) -> list[Orderer]:
        """The consenters of a channel that belong to the acting organisations."""
        return [
            consenter
            for consenter in self.consenters_of(channel)
            if consenter.organisation in self.own_organisations
        ]

    def consenters_of(self, channel: Channel) -> list[Orderer]:
        """The orderers that order a channel, in the order of the file."""
        return self.inventory.consenters_of(channel)

    @property
    def own_channels(self) -> list[Channel]:
        """The channels in which an acting organisation takes part."""
        return [
            channel
            for channel in self.topology.channels
            if {*channel.consenters, *(member.organisation for member in channel.members)}
            & set(self.own_organisations)
        ]

    def admin(self, peer: Peer) -> PeerCommands:
        """Calls to a peer as the administrator of its organisation."""
        user = self.topology.organisation(peer.organisation).admin.name
        return PeerCommands(self.programs, self.home, peer, user)

    def leading(self, channel: Channel) -> Orderer | None:
        """The consenter that leads a channel, or None if none is known."""
        return self.leadership(channel).node

    def leadership(self, channel: Channel) -> Leadership[Orderer]:
        """The leader of a channel, and its view."""
        consenters = self.inventory.by_id(channel).items()
        running = {number: consenter for number, consenter in consenters if self.runs(consenter.node)}
        own = [
            orderer
            for orderer in running.values()
            if orderer.organisation in own_organisations(self.topology, self.home)
        ]
        return leadership(channel.name, self.topology.ordering, running, own)

    def orderer(self, channel: Channel) -> Orderer:
        """A consenter to send a channel's transactions to: the leader if known, else a running one.

        The acting organisations' own consenters are preferred.
        """
        consenters = sorted(
            self.consenters_of(channel),
            key=lambda consenter: consenter.organisation not in self.own_organisations,
        )
        running = [consenter for consenter in consenters if self.runs(consenter.node)]
        return self.leading(channel) or (running or consenters)[0]

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Report when a stage begins and when it is done."""
        begun = time.monotonic()
        self.progress(f"{name} ...")
        yield
        self.progress(f"{name}: done in {time.monotonic() - begun:.1f} s")
