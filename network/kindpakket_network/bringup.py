"""The stages that bring a network up. Each looks at what is there, and does what is lacking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from . import chaincode as code
from .deployment import Deployment
from .enrolment import ensure, write_organisation
from .errors import NetworkError, NodeFailed
from .genesis import genesis_block
from .home import write
from .lifecycle import PeerCommands
from .orderer import Orderer
from .peer import Peer
from .profile import profile
from .site import Site
from .topology import Channel
from .wait import together, until

Progress = Callable[[str], None]
_ORDERING_DEADLINE = 60.0
_CATCH_UP_DEADLINE = 120.0


@dataclass(frozen=True)
class BringUp:
    """One run of the stages.

    Args:
        site: the network.
    """

    site: Site

    def run(self) -> None:
        """All stages.

        Raises:
            NetworkError: a stage failed. What was done stays, and the next run carries on from there.
        """
        with self._compiling():
            with self.site.stage("certificate authorities"):
                self.site.starter.start(list(self.site.inventory.authorities.values()))
            with self.site.stage("certificates"):
                together(self.enrol_organisation, [one.name for one in self.site.topology.organisations])
            with self.site.stage("orderers and peers"):
                self.start_nodes()
            for channel in self.site.topology.channels:
                with self.site.stage(f"channel {channel.name}"):
                    self.join(channel)
                    self.await_ordering(channel)
                    self.await_peers(channel)
        for channel in self.site.topology.channels:
            for chaincode in channel.chaincodes:
                with self.site.stage(f"chaincode {chaincode.name} on {channel.name}"):
                    self.deployment(channel, chaincode.name).run()

    def enrol_organisation(self, name: str) -> None:
        """Have all certificates of an organisation issued, and write its connection profile."""
        authority = self.site.inventory.authorities[name]
        write_organisation(authority, self.site.home.organisation(name))
        issues = self.site.inventory.issues(self.site.topology, self.site.home, name)
        together(lambda issue: ensure(authority, issue), issues, at_once=4)
        write(
            self.site.home.profile(name),
            profile(self.site.topology, name, self.site.inventory, self.site.home),
        )

    def start_nodes(self) -> None:
        """Start orderers and peers, and the chaincode processes of packages that were deployed before."""
        together(lambda one: self.site.serving.serve_one(*one), self.site.serving.needed().items())
        self.site.starter.start([*self.site.inventory.orderers, *self.site.inventory.peers])

    def join(self, channel: Channel) -> None:
        """Have the channel's consenters, and the members' peers, join it."""
        block = genesis_block(self.site, channel)
        genesis = block.read_bytes()
        commands = [self.site.admin(peer) for peer in self.site.peers_on(channel)]

        def join(node: Orderer | PeerCommands) -> None:
            if isinstance(node, Orderer):
                node.join(channel.name, genesis)
            elif node.peer.height(channel.name) is None:
                node.join(block)

        nodes: list[Orderer | PeerCommands] = [*commands, *self.site.consenters_of(channel)]
        together(join, nodes)

    def await_ordering(self, channel: Channel) -> None:
        """Wait until every consenter takes part, and a leader is known.

        Raises:
            NodeFailed: a consenter does not take part in time.
        """
        consenters = self.site.consenters_of(channel)
        for orderer in consenters:
            active = until(lambda one=orderer: one.active(channel.name) or None, _ORDERING_DEADLINE)  # type: ignore[misc]
            if active is None:
                raise NodeFailed(
                    orderer.node,
                    f"does not take part in ordering {channel.name} after {_ORDERING_DEADLINE:g} seconds",
                    self.site.home.log(orderer.node),
                    self.site.processes.last_words(orderer.node),
                )
        if until(lambda: self.site.leading(channel), _ORDERING_DEADLINE) is None:
            logs = ", ".join(str(self.site.home.log(orderer.node)) for orderer in consenters)
            raise NetworkError(
                f"no consenter leads {channel.name} after {_ORDERING_DEADLINE:g} seconds: read {logs}"
            )

    def await_peers(self, channel: Channel) -> None:
        """Wait until the members' peers have all the blocks that the orderers have now.

        Raises:
            NodeFailed: a peer has not caught up in time.
        """
        found = [orderer.participation(channel.name) for orderer in self.site.consenters_of(channel)]
        height = max(int(one["height"]) for one in found if one is not None)
        for peer in self.site.peers_on(channel):

            def caught_up(peer: Peer = peer) -> bool | None:
                return (peer.height(channel.name) or 0) >= height or None

            if until(caught_up, _CATCH_UP_DEADLINE) is None:
                raise NodeFailed(
                    peer.node,
                    f"has not {height} blocks of {channel.name} after {_CATCH_UP_DEADLINE:g} seconds",
                    self.site.home.log(peer.node),
                    self.site.processes.last_words(peer.node),
                )

    def deployment(self, channel: Channel, name: str) -> Deployment:
        """The deployment of a channel's chaincode.

        Raises:
            NetworkError: the channel has no chaincode of that name.
        """
        chaincode = next((one for one in channel.chaincodes if one.name == name), None)
        if chaincode is None:
            raise NetworkError(f"the topology has no chaincode {name!r} on {channel.name}: declare it there")

        return Deployment(self.site, channel, chaincode)

    @contextmanager
    def _compiling(self) -> Iterator[None]:
        """Compile the chaincodes beside the other stages; what is wrong with them shows at the end."""
        sources = {
            (one.name, one.source) for channel in self.site.topology.channels for one in channel.chaincodes
        }
        with ThreadPoolExecutor(max_workers=1) as pool:
            futures: list[Future[object]] = [
                pool.submit(
                    lambda name=name, source=source: code.build(  # type: ignore[misc]
                        source, code.package(name, code.source_digest(source)), self.site.home
                    )
                )
                for name, source in sorted(sources)
            ]
            yield
            for future in futures:
                future.result()
