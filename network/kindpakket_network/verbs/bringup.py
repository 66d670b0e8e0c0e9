"""The stages that bring a network up. Each checks what exists, and does what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from kindpakket_network.backups.recovery import Recovery
from kindpakket_network.backups.snapshot_join import SnapshotJoin
from kindpakket_network.certificates.enrolment import ensure, write_organisation
from kindpakket_network.certificates.expired import ensure_usable
from kindpakket_network.certificates.foreign_roots import ForeignRoots
from kindpakket_network.certificates.program_upgrade import ProgramUpgrade
from kindpakket_network.certificates.renewal import Renewal
from kindpakket_network.certificates.rolling_restart import restart_outdated, stop_outdated_authorities
from kindpakket_network.chaincodes import package as code
from kindpakket_network.chaincodes.deployment import Deployment
from kindpakket_network.chaincodes.endorsement_plans import await_plans
from kindpakket_network.chaincodes.sources import ensure_sources
from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.channel.genesis import genesis_block
from kindpakket_network.channel.membership import follow, own_founders
from kindpakket_network.channel.stalled_consenters import StalledConsenters
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import CommandFailed, NetworkError, NoSuch, Waiting
from kindpakket_network.nodes.catching_up import await_height
from kindpakket_network.nodes.departures import CONSENTER
from kindpakket_network.nodes.leader import unled
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.peer_commands import PeerCommands
from kindpakket_network.nodes.profile import profile
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.deferral import deferring
from kindpakket_network.programs.home import write
from kindpakket_network.programs.wait import in_parallel, until
from kindpakket_network.verbs.departing import Departing

# Seconds for a consenter to take part, and for a leader to be known: it leaves room for changes of leader.
_ORDERING_DEADLINE = 60.0
# Seconds for restored peers to learn by gossip which peers can endorse.
_PLAN_DEADLINE = 60.0


@dataclass(frozen=True)
class BringUp:
    """One run of the stages.

    Args:
        session: the network.
        by_snapshot: the peers that join their channels by a snapshot, by node name.
    """

    session: Session
    by_snapshot: frozenset[str] = frozenset()

    def run(self) -> None:
        """Run all stages.

        Raises:
            Waiting: everything possible is done; the rest waits for another organisation.
            NetworkError: a certificate or a key cannot be used, and nothing was started; or a stage failed,
                and the next run resumes from there.
        """
        ensure_usable(self.session.topology, self.session.home, self.session.inventory)
        joined: list[Channel] = []
        with deferring() as deferred:
            with self._building():
                with self.session.stage("certificate authorities"):
                    stop_outdated_authorities(self.session)
                    authorities = self.session.inventory.authorities
                    self.session.starter.start([authorities[name] for name in self.session.own_organisations])
                with self.session.stage("certificates"):
                    in_parallel(self.enrol_organisation, self.session.own_organisations)
                Renewal(self.session).activate_named()
                with self.session.stage("orderers and peers"):
                    self.start_nodes()
                with deferred():
                    Renewal(self.session).resume()
                for channel in self.session.own_channels:
                    with deferred(), self.session.stage(f"channel {channel.name}"):
                        self.lead(channel)
                        self.await_peers(channel)
                        joined.append(channel)
                with deferred():
                    ForeignRoots(self.session, joined).take()
                with deferred():
                    restart_outdated(self.session)
                with deferred():
                    ProgramUpgrade(self.session).run()
            for channel in joined:
                for chaincode in channel.chaincodes if self.session.own_peers_on(channel) else ():
                    with deferred(), self.session.stage(f"chaincode {chaincode.name} on {channel.name}"):
                        self.deployment(channel, chaincode.name).run()
            with deferred():
                Departing(self.session).finish()
            self.ensure_all_run()

    def recover(self) -> None:
        """Start restored nodes, and have them catch up.

        Raises:
            NetworkError: a node did not catch up or did not start; the next run resumes.
        """
        self.session.starter.start(
            [self.session.inventory.authorities[name] for name in self.session.own_organisations]
        )
        self.start_nodes()
        lacking = await_plans(self.session, self.session.own_peers, _PLAN_DEADLINE)
        if lacking:
            self.session.progress(
                f"{', '.join(lacking)} {'does' if len(lacking) == 1 else 'do'} not find enough endorsing "
                "peers yet: check in `status` which are down"
            )

    def enrol_organisation(self, name: str) -> None:
        """Issue all certificates of an organisation, and write its connection profile."""
        authority = self.session.inventory.authorities[name]
        write_organisation(authority, self.session.home.organisation(name))
        issues = self.session.inventory.issues(self.session.topology, self.session.home, name)
        in_parallel(lambda issue: ensure(authority, issue), issues, at_once=4)
        write(
            self.session.home.profile(name),
            profile(self.session.topology, name, self.session.inventory, self.session.home),
        )

    def start_nodes(self) -> None:
        """Start orderers and peers, and the chaincode processes of deployed packages.

        Restored nodes catch up first.
        """
        Recovery(self.session).run()
        in_parallel(lambda pair: self.session.serving.serve_one(*pair), self.session.serving.needed().items())
        nodes: list[Orderer | Peer] = [*self.session.inventory.orderers, *self.session.inventory.peers]
        self.session.starter.start(
            [node for node in nodes if node.organisation in self.session.own_organisations]
        )

    def ensure_all_run(self) -> None:
        """Check that orderers and peers still run: one may be ready, and end itself soon afterwards.

        Raises:
            NodeFailed: one exited.
        """
        for node in [*self.session.inventory.orderers, *self.session.inventory.peers]:
            own = node.organisation in self.session.own_organisations
            if own and not self.session.runs(node.node):
                raise self.session.processes.failed(node.node, "exited unexpectedly after it was ready")

    def lead(self, channel: Channel) -> None:
        """Have a channel ordered, by the configuration that the topology gives it.

        Raises:
            Waiting: another organisation must act next.
            NetworkError: a consenter does not take part, or no leader is known.
        """
        lives = self.join(channel)
        # One that leaves and still runs may lead until it has left.
        settled = self._leaving_are_stopped(channel)
        if settled:
            self.await_ordering(channel)
            StalledConsenters(self.session, channel).restart_stalled()
        if lives:
            follow(self.session, channel)
        if not settled:
            self.await_ordering(channel)
        self.await_leader_heard(channel)

    def _leaving_are_stopped(self, channel: Channel) -> bool:
        """Stop the consenters that leave a channel, if it can do without them at once; whether all are.

        On Raft one that is taken out while it runs refuses what peers still send it, and a payment fails; one
        that does not answer is passed over. On BFT peers send to all.
        """
        leaving = self.session.leaving(CONSENTER, channel.name)
        if self.session.topology.ordering.type == "bft" or not self.session.whole:
            return not leaving
        for departure in leaving:
            in_parallel(self.session.processes.stop, departure.nodes)
        return all(departure.nodes for departure in leaving)

    def join(self, channel: Channel) -> bool:
        """Have this home's peers, and its consenters that are in the genesis block, join a channel.

        Returns:
            Whether the channel may have changed since its genesis block.

        Raises:
            Waiting: the channel has no genesis block yet.
        """
        block = genesis_block(self.session, channel)
        consenters = own_founders(self.session, channel, block)
        lives = not consenters or any(consenter.has(channel.name) for consenter in consenters)
        genesis = block.read_bytes()
        commands = [self.session.admin(peer) for peer in self.session.own_peers_on(channel)]

        def join(node: Orderer | PeerCommands) -> None:
            if isinstance(node, Orderer):
                node.join(channel.name, genesis)
            elif node.peer.height(channel.name) is not None:
                return
            elif node.peer.node in self.by_snapshot:
                last = SnapshotJoin(self.session, channel, node.peer).run()
                self.session.progress(f"{node.peer.node} has {channel.name} from block {last + 1} on")
            else:
                node.join(block)

        nodes: list[Orderer | PeerCommands] = [*commands, *consenters]
        in_parallel(join, nodes)
        return lives

    def await_ordering(self, channel: Channel) -> None:
        """Wait until this home's consenters take part and, if all consenters are here, a leader is known.

        Raises:
            NodeFailed: a consenter does not take part in time.
            Waiting: too few consenters of other organisations answer.
        """
        own = self.session.own_consenters_of(channel)
        consenters = [consenter for consenter in own if consenter.has(channel.name)]
        for orderer in consenters:
            active = until(lambda orderer=orderer: orderer.active(channel.name) or None, _ORDERING_DEADLINE)  # type: ignore[misc]
            if active is None:
                raise self.session.processes.failed(
                    orderer.node,
                    f"did not take part in ordering {channel.name} within {_ORDERING_DEADLINE:g} s",
                )
        if len(own) < len(channel.consenters):
            self._ensure_quorum(channel)
            return
        if until(lambda: self.session.leading(channel), _ORDERING_DEADLINE) is None:
            logs = ", ".join(str(self.session.home.log(orderer.node)) for orderer in consenters)
            raise NetworkError(f"{channel.name} has had no leader for {_ORDERING_DEADLINE:g} s: read {logs}")

    def await_leader_heard(self, channel: Channel) -> None:
        """Wait until this home's consenters have heard a leader, if all consenters are here.

        Raises:
            NodeFailed: one has not in time, or exited.
        """
        own = self.session.own_consenters_of(channel)
        if len(own) < len(channel.consenters):
            return
        silent = unled(channel.name, self.session.topology.ordering, own, _ORDERING_DEADLINE)
        if silent:
            raise self.session.processes.failed(
                silent[0].node, f"heard no leader of {channel.name} within {_ORDERING_DEADLINE:g} s"
            )

    def await_peers(self, channel: Channel) -> None:
        """Wait until this home's peers have all blocks that its consenters have at present.

        Raises:
            NodeFailed: a peer exited, or received no block for two minutes.
        """
        found = [orderer.participation(channel.name) for orderer in self.session.own_consenters_of(channel)]
        height = max((int(state["height"]) for state in found if state is not None), default=1)
        for peer in self.session.own_peers_on(channel):
            await_height(self.session.processes, peer, channel.name, height, self.session.progress)

    def deployment(self, channel: Channel, name: str) -> Deployment:
        """The deployment of a channel's chaincode.

        Raises:
            NetworkError: the channel has no chaincode of that name.
        """
        chaincode = next((candidate for candidate in channel.chaincodes if candidate.name == name), None)
        if chaincode is None:
            raise NoSuch(f"the topology has no chaincode {name!r} on {channel.name}: declare it there")

        return Deployment(self.session, channel, chaincode)

    def _ensure_quorum(self, channel: Channel) -> None:
        """Check that enough consenters have joined; those elsewhere are asked for the newest block."""
        consenters = self.session.consenters_of(channel)
        own = self.session.own_consenters_of(channel)
        commands = AdminCommands(
            self.session, self.session.topology.organisation(self.session.own_organisations[0])
        )

        def knows(orderer: Orderer) -> bool:
            try:
                return orderer in own or bool(commands.newest(channel, orderer))
            except CommandFailed as error:
                return "FORBIDDEN" in error.output  # it has joined, but does not know this organisation yet

        silent = [
            consenter
            for consenter, found in zip(consenters, in_parallel(knows, consenters), strict=True)
            if not found
        ]
        needed = self.session.topology.ordering.quorum(len(consenters))
        if len(consenters) - len(silent) < needed:
            where = ", ".join(f"{one.node} at {one.endpoint}" for one in silent)
            raise Waiting(
                [
                    f"{channel.name} needs {needed} of {len(consenters)} consenters, but {where} "
                    f"{'have' if len(silent) > 1 else 'has'} not joined it: their organisations must run `up`"
                ]
            )

    @contextmanager
    def _building(self) -> Iterator[None]:
        """Build the chaincodes in parallel with the other stages; errors are raised at the end."""
        found = {
            (chaincode.name, chaincode.source, chaincode.build, chaincode.run): chaincode
            for channel in self.session.topology.channels
            if self.session.own_peers_on(channel)
            for chaincode in channel.chaincodes
        }
        with ThreadPoolExecutor(max_workers=1) as pool:
            futures: list[Future[object]] = [
                pool.submit(
                    lambda chaincode=chaincode: code.build(  # type: ignore[misc]
                        chaincode, code.package_of(chaincode), self.session.home
                    )
                )
                for _, chaincode in sorted(found.items(), key=lambda pair: pair[0][0])
            ]
            yield
            ensure_sources(self.session.topology, self.session.own_organisations)
            for future in futures:
                future.result()
