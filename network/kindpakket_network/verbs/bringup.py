"""The stages that bring a network up. Each looks at what is there, and does what is lacking."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from kindpakket_network.backups.recovery import Recovery
from kindpakket_network.certificates.enrolment import ensure, write_organisation
from kindpakket_network.certificates.renewal import Renewal
from kindpakket_network.certificates.retuning import retune, stop_outdated
from kindpakket_network.chaincodes import package as code
from kindpakket_network.chaincodes.deployment import Deployment
from kindpakket_network.chaincodes.plans import await_plans
from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.channel.genesis import genesis_block
from kindpakket_network.channel.healing import Healing
from kindpakket_network.channel.membership import follow, own_founders
from kindpakket_network.description.topology import Channel
from kindpakket_network.errors import CommandFailed, NetworkError, NoSuch, Waiting
from kindpakket_network.nodes.catching_up import await_height
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.peer_commands import PeerCommands
from kindpakket_network.nodes.profile import profile
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write
from kindpakket_network.programs.wait import together, until
from kindpakket_network.programs.waiting import collected

_ORDERING_DEADLINE = 60.0
_PLAN_DEADLINE = 60.0


@dataclass(frozen=True)
class BringUp:
    """One run of the stages.

    Args:
        session: the network.
    """

    session: Session

    def run(self) -> None:
        """All stages.

        Raises:
            Waiting: all that can be done is done, and the rest waits for another organisation.
            NetworkError: a stage failed. What was done stays, and the next run carries on from there.
        """
        joined: list[Channel] = []
        with collected() as collecting:
            with self._compiling():
                with self.session.stage("certificate authorities"):
                    stop_outdated(self.session)
                    authorities = self.session.inventory.authorities
                    self.session.starter.start([authorities[name] for name in self.session.acting])
                with self.session.stage("certificates"):
                    together(self.enrol_organisation, self.session.acting)
                Renewal(self.session).take_named()
                with self.session.stage("orderers and peers"):
                    self.start_nodes()
                with collecting():
                    Renewal(self.session).resume()
                for channel in self.session.own_channels:
                    with collecting(), self.session.stage(f"channel {channel.name}"):
                        lives = self.join(channel)
                        self.await_ordering(channel)
                        Healing(self.session, channel).wake_silent()
                        if lives:
                            follow(self.session, channel)
                        self.await_peers(channel)
                        joined.append(channel)
                with collecting():
                    retune(self.session)
            for channel in joined:
                for chaincode in channel.chaincodes if self.session.own_peers_on(channel) else ():
                    with collecting(), self.session.stage(f"chaincode {chaincode.name} on {channel.name}"):
                        self.deployment(channel, chaincode.name).run()

    def recover(self) -> None:
        """Start what came out of a backup, with what it needs to catch up.

        Raises:
            NetworkError: a node did not catch up or did not start; the next run carries on.
        """
        self.session.starter.start([self.session.inventory.authorities[name] for name in self.session.acting])
        self.start_nodes()
        peers = [peer for peer in self.session.inventory.peers if peer.organisation in self.session.acting]
        lacking = await_plans(self.session, peers, _PLAN_DEADLINE)
        if lacking:
            self.session.progress(
                f"{', '.join(lacking)} finds no peers yet to endorse transactions with: see in `status` "
                "who is down"
            )

    def enrol_organisation(self, name: str) -> None:
        """Have all certificates of an organisation issued, and write its connection profile."""
        authority = self.session.inventory.authorities[name]
        write_organisation(authority, self.session.home.organisation(name))
        issues = self.session.inventory.issues(self.session.topology, self.session.home, name)
        together(lambda issue: ensure(authority, issue), issues, at_once=4)
        write(
            self.session.home.profile(name),
            profile(self.session.topology, name, self.session.inventory, self.session.home),
        )

    def start_nodes(self) -> None:
        """Start orderers and peers, and the chaincode processes of packages that were deployed before.

        Nodes that came out of a backup are brought to where the network is first.
        """
        Recovery(self.session).run()
        together(lambda one: self.session.serving.serve_one(*one), self.session.serving.needed().items())
        nodes: list[Orderer | Peer] = [*self.session.inventory.orderers, *self.session.inventory.peers]
        self.session.starter.start([node for node in nodes if node.organisation in self.session.acting])

    def join(self, channel: Channel) -> bool:
        """Have the acting organisations' first consenters, and their peers, join a channel.

        Returns:
            Whether it may have changed since its first block.

        Raises:
            Waiting: the channel has no first block yet.
        """
        block = genesis_block(self.session, channel)
        consenters = own_founders(self.session, channel, block)
        lives = not consenters or any(one.has(channel.name) for one in consenters)
        genesis = block.read_bytes()
        commands = [self.session.admin(peer) for peer in self.session.own_peers_on(channel)]

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
        own = self.session.own_consenters_of(channel)
        consenters = [one for one in own if one.has(channel.name)]
        for orderer in consenters:
            active = until(lambda one=orderer: one.active(channel.name) or None, _ORDERING_DEADLINE)  # type: ignore[misc]
            if active is None:
                raise self.session.processes.failed(
                    orderer.node,
                    f"does not take part in ordering {channel.name} after {_ORDERING_DEADLINE:g} seconds",
                )
        if len(own) < len(channel.consenters):
            self._ensure_quorum(channel)
            return
        if until(lambda: self.session.leading(channel), _ORDERING_DEADLINE) is None:
            logs = ", ".join(str(self.session.home.log(orderer.node)) for orderer in consenters)
            raise NetworkError(
                f"no consenter leads {channel.name} after {_ORDERING_DEADLINE:g} seconds: read {logs}"
            )

    def await_peers(self, channel: Channel) -> None:
        """Wait until our peers have all the blocks that our consenters have now.

        Raises:
            NodeFailed: a peer ended, or got no block for two minutes.
        """
        found = [orderer.participation(channel.name) for orderer in self.session.own_consenters_of(channel)]
        height = max((int(one["height"]) for one in found if one is not None), default=1)
        for peer in self.session.own_peers_on(channel):
            await_height(self.session.processes, peer, channel.name, height)

    def deployment(self, channel: Channel, name: str) -> Deployment:
        """The deployment of a channel's chaincode.

        Raises:
            NetworkError: the channel has no chaincode of that name.
        """
        chaincode = next((one for one in channel.chaincodes if one.name == name), None)
        if chaincode is None:
            raise NoSuch(f"the topology has no chaincode {name!r} on {channel.name}: declare it there")

        return Deployment(self.session, channel, chaincode)

    def _ensure_quorum(self, channel: Channel) -> None:
        """Enough consenters know the channel; those elsewhere are asked for its newest block."""
        consenters = self.session.consenters_of(channel)
        own = self.session.own_consenters_of(channel)
        commands = AdminCommands(self.session, self.session.topology.organisation(self.session.acting[0]))

        def knows(orderer: Orderer) -> bool:
            try:
                return orderer in own or bool(commands.newest(channel, orderer))
            except CommandFailed as error:
                return "FORBIDDEN" in error.output  # it has joined, and is yet to learn of us

        silent = [
            one for one, found in zip(consenters, together(knows, consenters), strict=True) if not found
        ]
        needed = self.session.topology.ordering.quorum(len(consenters))
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
            for channel in self.session.topology.channels
            if self.session.own_peers_on(channel)
            for one in channel.chaincodes
        }
        with ThreadPoolExecutor(max_workers=1) as pool:
            futures: list[Future[object]] = [
                pool.submit(
                    lambda name=name, source=source: code.build(  # type: ignore[misc]
                        source, code.package(name, code.source_digest(source)), self.session.home
                    )
                )
                for name, source in sorted(sources)
            ]
            yield
            for future in futures:
                future.result()
