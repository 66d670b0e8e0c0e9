"""The stages that bring a network up. Each looks at what is there, and does what is lacking."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from .backups.recovery import Recovery
from .certificates.enrolment import ensure, write_organisation
from .certificates.renewal import Renewal
from .chaincodes import package as code
from .chaincodes.deployment import Deployment
from .chaincodes.lifecycle import PeerCommands
from .chaincodes.plans import await_plans
from .channel.admin_commands import AdminCommands
from .channel.genesis import genesis_block
from .channel.membership import follow, own_founders
from .description.topology import Channel
from .errors import CommandFailed, NetworkError, Waiting
from .healing import Healing
from .home import write
from .nodes.catching_up import await_height
from .nodes.orderer import Orderer
from .nodes.peer import Peer
from .nodes.profile import profile
from .retuning import retune, stop_outdated
from .site import Site
from .wait import together, until
from .waiting import collected

_ORDERING_DEADLINE = 60.0
_PLAN_DEADLINE = 60.0


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
            Waiting: all that can be done is done, and the rest waits for another organisation.
            NetworkError: a stage failed. What was done stays, and the next run carries on from there.
        """
        joined: list[Channel] = []
        with collected() as collecting:
            with self._compiling():
                with self.site.stage("certificate authorities"):
                    stop_outdated(self.site)
                    authorities = self.site.inventory.authorities
                    self.site.starter.start([authorities[name] for name in self.site.acting])
                with self.site.stage("certificates"):
                    together(self.enrol_organisation, self.site.acting)
                Renewal(self.site).take_named()
                with self.site.stage("orderers and peers"):
                    self.start_nodes()
                with collecting():
                    Renewal(self.site).resume()
                for channel in self.site.own_channels:
                    with collecting(), self.site.stage(f"channel {channel.name}"):
                        lives = self.join(channel)
                        self.await_ordering(channel)
                        Healing(self.site, channel).wake_silent()
                        if lives:
                            follow(self.site, channel)
                        self.await_peers(channel)
                        joined.append(channel)
                with collecting():
                    retune(self.site)
            for channel in joined:
                for chaincode in channel.chaincodes if self.site.own_peers_on(channel) else ():
                    with collecting(), self.site.stage(f"chaincode {chaincode.name} on {channel.name}"):
                        self.deployment(channel, chaincode.name).run()

    def recover(self) -> None:
        """Start what came out of a backup, with what it needs to catch up.

        Raises:
            NetworkError: a node did not catch up or did not start; the next run carries on.
        """
        self.site.starter.start([self.site.inventory.authorities[name] for name in self.site.acting])
        self.start_nodes()
        peers = [peer for peer in self.site.inventory.peers if peer.organisation in self.site.acting]
        lacking = await_plans(self.site, peers, _PLAN_DEADLINE)
        if lacking:
            self.site.progress(
                f"{', '.join(lacking)} finds no peers yet to endorse transactions with: see in `status` "
                "who is down"
            )

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
        """Start orderers and peers, and the chaincode processes of packages that were deployed before.

        Nodes that came out of a backup are brought to where the network is first.
        """
        Recovery(self.site).run()
        together(lambda one: self.site.serving.serve_one(*one), self.site.serving.needed().items())
        nodes: list[Orderer | Peer] = [*self.site.inventory.orderers, *self.site.inventory.peers]
        self.site.starter.start([node for node in nodes if node.organisation in self.site.acting])

    def join(self, channel: Channel) -> bool:
        """Have the acting organisations' first consenters, and their peers, join a channel.

        Returns:
            Whether it may have changed since its first block.

        Raises:
            Waiting: the channel has no first block yet.
        """
        block = genesis_block(self.site, channel)
        consenters = own_founders(self.site, channel, block)
        lives = not consenters or any(one.has(channel.name) for one in consenters)
        genesis = block.read_bytes()
        commands = [self.site.admin(peer) for peer in self.site.own_peers_on(channel)]

        def join(node: Orderer | PeerCommands) -> None:
            if isinstance(node, Orderer):
                node.join(channel.name, genesis)
            elif node.peer.height(channel.name) is None:
                node.join(block)

        nodes: list[Orderer | PeerCommands] = [*commands, *consenters]
        together(join, nodes)
        return lives

    def await_ordering(self, channel: Channel) -> None:
        """Wait until every consenter of ours that joined takes part, and a leader is known if all are ours.

        Raises:
            NodeFailed: a consenter does not take part in time.
            Waiting: too few of the others' consenters answer.
        """
        own = self.site.own_consenters_of(channel)
        consenters = [one for one in own if one.has(channel.name)]
        for orderer in consenters:
            active = until(lambda one=orderer: one.active(channel.name) or None, _ORDERING_DEADLINE)  # type: ignore[misc]
            if active is None:
                raise self.site.processes.failed(
                    orderer.node,
                    f"does not take part in ordering {channel.name} after {_ORDERING_DEADLINE:g} seconds",
                )
        if len(own) < len(channel.consenters):
            self._ensure_quorum(channel)
            return
        if until(lambda: self.site.leading(channel), _ORDERING_DEADLINE) is None:
            logs = ", ".join(str(self.site.home.log(orderer.node)) for orderer in consenters)
            raise NetworkError(
                f"no consenter leads {channel.name} after {_ORDERING_DEADLINE:g} seconds: read {logs}"
            )

    def await_peers(self, channel: Channel) -> None:
        """Wait until our peers have all the blocks that our consenters have now.

        Raises:
            NodeFailed: a peer ended, or got no block for two minutes.
        """
        found = [orderer.participation(channel.name) for orderer in self.site.own_consenters_of(channel)]
        height = max((int(one["height"]) for one in found if one is not None), default=1)
        for peer in self.site.own_peers_on(channel):
            await_height(self.site.processes, peer, channel.name, height)

    def deployment(self, channel: Channel, name: str) -> Deployment:
        """The deployment of a channel's chaincode.

        Raises:
            NetworkError: the channel has no chaincode of that name.
        """
        chaincode = next((one for one in channel.chaincodes if one.name == name), None)
        if chaincode is None:
            raise NetworkError(f"the topology has no chaincode {name!r} on {channel.name}: declare it there")

        return Deployment(self.site, channel, chaincode)

    def _ensure_quorum(self, channel: Channel) -> None:
        """Enough consenters know the channel; those elsewhere are asked for its newest block."""
        consenters = self.site.consenters_of(channel)
        own = self.site.own_consenters_of(channel)
        commands = AdminCommands(self.site, self.site.topology.organisation(self.site.acting[0]))

        def knows(orderer: Orderer) -> bool:
            try:
                return orderer in own or bool(commands.newest(channel, orderer))
            except CommandFailed as error:
                return "FORBIDDEN" in error.output  # it has joined, and is yet to learn of us

        silent = [
            one for one, found in zip(consenters, together(knows, consenters), strict=True) if not found
        ]
        needed = self.site.topology.ordering.quorum(len(consenters))
        if len(consenters) - len(silent) < needed:
            where = ", ".join(f"{one.node} at {one.endpoint}" for one in silent)
            raise Waiting(
                [
                    f"{channel.name} is ordered by {needed} of {len(consenters)} consenters, and {where} "
                    f"{'have' if len(silent) > 1 else 'has'} not joined it: have them brought up"
                ]
            )

    @contextmanager
    def _compiling(self) -> Iterator[None]:
        """Compile the chaincodes beside the other stages; what is wrong with them shows at the end."""
        sources = {
            (one.name, one.source)
            for channel in self.site.topology.channels
            if self.site.own_peers_on(channel)
            for one in channel.chaincodes
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
