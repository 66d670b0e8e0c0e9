"""A network, with the verbs that bring it up, change it and stop it."""

from __future__ import annotations

import json
import signal as signals
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from kindpakket_network.backups.snapshot_join import ensure_needs_no_history
from kindpakket_network.certificates.expired import ensure_usable
from kindpakket_network.certificates.program_upgrade import ProgramUpgrade
from kindpakket_network.chaincodes.sources import ensure_sources
from kindpakket_network.description.changes import ensure_possible
from kindpakket_network.description.settings import with_settings
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError, NoSuch
from kindpakket_network.nodes.chaincode_server import ChaincodeServer
from kindpakket_network.nodes.departures import Departure, ensure_not_leaving, record
from kindpakket_network.nodes.deployment_record import DeploymentRecord
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.own_organisations import (
    choose_organisations,
    own_organisations,
    record_organisations,
)
from kindpakket_network.nodes.own_tokens import ensure_tokens, uses_tokens
from kindpakket_network.nodes.session import Progress, Session
from kindpakket_network.nodes.starter import Starter, ensure_free
from kindpakket_network.programs.deferral import deferring
from kindpakket_network.programs.fabric import programs
from kindpakket_network.programs.home import write
from kindpakket_network.programs.supervision import is_supervised, supervise
from kindpakket_network.programs.wait import in_parallel
from kindpakket_network.reports.plan import Plan, Step, plan
from kindpakket_network.reports.plan_channels import channel_steps
from kindpakket_network.verbs.bringup import BringUp
from kindpakket_network.verbs.handover import Handover
from kindpakket_network.verbs.local import silent
from kindpakket_network.verbs.upkeep import Upkeep


class Network(Upkeep, Handover):
    """A network in a home. Calls that change it exclude one another, also across processes.

    Args:
        topology: its description.
        home: its folder; created by `up`.
    """

    def up(
        self,
        progress: Progress = silent,
        organisations: Sequence[str] = (),
        supervised: bool | None = None,
        by_snapshot: Sequence[str] = (),
    ) -> None:
        """Bring up everything that the topology describes. What exists stays as it is.

        Args:
            progress: called with a sentence about each stage.
            organisations: act only for these organisations, which the home records; empty: those recorded,
                or else all.
            supervised: whether a service manager starts the nodes, with the units from `export systemd`,
                which the home records; None: as recorded, or else this tool starts them.
            by_snapshot: peers, by node name, that join their channels by a snapshot of the state.

        Raises:
            Waiting: this home has done what it can; another organisation must act next.
            NetworkError: a step failed; the next `up` resumes.
        """
        others = [] if self._home.exists() else self._home.others()
        if others:
            raise NetworkError(
                f"{self._home.root} contains {', '.join(others)} but no network: use an empty folder, or one "
                "that does not exist yet, as the home"
            )
        own = organisations or own_organisations(self._topology, self._home)
        ensure_tokens(self._topology, own)
        built = programs(progress, self._topology.build, tokens=uses_tokens(self._topology, own))
        with self._home.locked():
            self._ensure_possible(self._topology)
            self._ensure_new_sources(organisations)
            choose_organisations(self._topology, self._home, organisations)
            self._supervise(supervised)
            write(self._home.topology, self._topology.as_yaml())
            self._home.install_builder()
            session = Session(self._topology, self._home, self._processes, built, progress)
            BringUp(session, frozenset(by_snapshot)).run()
            try:
                self.rotate_logs()
            except NetworkError as error:
                progress(str(error))

    def use_free_ports(self) -> None:
        """Use ports that are free at present; a network that is already in the home keeps the ones it has.

        Raises:
            NetworkError: the organisations are on several machines, which must know one another's ports.
            OSError: there are not enough free ports.
        """
        if self._home.exists():
            present = Topology.load(self._home.topology).document["ports"]
            self._describe(Topology.read({**self._topology.document, "ports": present}, self._home.root))
        elif len({organisation.host for organisation in self._topology.organisations}) > 1:
            raise NetworkError(
                "free ports can be chosen on one machine only, and the topology names several: write a port "
                "that is free on all of them as `ports.base`"
            )
        else:
            self._describe(self._topology.with_free_ports())

    def plan(self, leaving: Sequence[Departure] = ()) -> Plan:
        """What `up` would do now. Nothing is changed or built.

        Args:
            leaving: what is to leave, and the topology lacks.

        Raises:
            ChangeRefused: the network in the home cannot become what the topology describes.
            NetworkError: consenters are running, but none returns the configuration of a channel.
        """
        built, available = self._cached(), self._cached_for(self._topology) is not None

        def configurations() -> Iterable[Step]:
            if not self._home.exists() or built is None:
                return ()
            session = Session(self._topology, self._home, self._processes, built, silent)
            return channel_steps(replace(session, planned=tuple(leaving)))

        return plan(self._topology, self._home, self._processes, configurations, leaving, built=available)

    def become(
        self,
        topology: Topology,
        progress: Progress = silent,
        elsewhere: Sequence[str] = (),
        by_snapshot: Sequence[str] = (),
    ) -> None:
        """Have a running network follow another topology, such as one extended by `growth`.

        Args:
            topology: the desired topology.
            progress: called with a sentence about each stage.
            elsewhere: organisations whose keys are in other homes, so that this home does not act for them.
            by_snapshot: organisations whose new peers join their channels by a snapshot of the state.

        Raises:
            ChangeRefused: it cannot; nothing was done.
            Waiting: this home has done what it can; another organisation must act next.
            NetworkError: a step failed; `up` resumes.
        """
        self._ensure_possible(topology)
        for organisation in by_snapshot:
            ensure_needs_no_history(self._topology, organisation)
        if elsewhere:
            with self._home.locked():
                record_organisations(
                    self._home,
                    [
                        own_organisation
                        for own_organisation in own_organisations(topology, self._home)
                        if own_organisation not in elsewhere
                    ],
                )
        joining = set(Inventory.of(topology, self._home).peers) - set(self._inventory.peers)
        self._describe(topology)
        self.up(progress, by_snapshot=[peer.node for peer in joining if peer.organisation in by_snapshot])

    def leave(self, topology: Topology, departure: Departure, progress: Progress = silent) -> None:
        """Have a running network go on without a user, peer, consenter, organisation or channel.

        Args:
            topology: the network without it, see `kindpakket_network.description.removal`.
            departure: what leaves.
            progress: called with a sentence about each stage.

        Raises:
            ChangeRefused: something else would change as well; nothing was done.
            Waiting: this home has done what it can; another organisation must act next.
            NetworkError: a step failed; `up` resumes.
        """
        self._ensure_exists()
        with self._home.locked():
            present = Topology.load(self._home.topology)
            ensure_possible(present, topology, removing=True)
            record(self._home, departure)
            write(self._home.topology, topology.as_yaml())
            self._describe(topology)
            self._free_moved(Inventory.of(present, self._home))
        self.up(progress)

    @contextmanager
    def changing(self, topology: Topology | None = None, progress: Progress = silent) -> Iterator[Session]:
        """Lock the network for a change, and store a new topology in the home.

        Args:
            topology: the desired topology; None: the present one.
            progress: called with a sentence about each stage.

        Raises:
            ChangeRefused: it cannot become what the topology describes; nothing was done.
            NetworkError: there is no network in the home.
        """
        self._ensure_exists()
        wanted = topology or self._topology
        with self._home.locked():
            self._ensure_possible(wanted)
            self._describe(wanted)
            write(self._home.topology, wanted.as_yaml())
            yield self.session(progress)

    def upgrade(self, build: str | None = None, progress: Progress = silent) -> list[str]:
        """Have the running orderers and peers run another build of Fabric's programs, one after the other.

        Args:
            build: the build, which the home's topology then names; None: the one that it names.
            progress: called with a sentence about each stage.

        Returns:
            The nodes that were changed over.

        Raises:
            UpgradeStopped: a node did not come back. The message says how to go on and how to go back.
            NetworkError: there is no such build, or a channel needs a capability that it does not know.
        """
        self._ensure_exists()
        wanted = self._topology
        if build is not None:
            wanted = with_settings(wanted, {"fabric.build": json.dumps(build)})
        self._programs_for(wanted, progress)  # before anything is locked or changed
        with self.changing(wanted, progress) as session:
            return ProgramUpgrade(session).run()

    def down(self) -> None:
        """Stop all processes; ledgers, keys and certificates stay.

        Raises:
            NetworkError: a process did not exit.
        """
        if self._home.exists():
            with self._home.locked():
                self._stop_all()
        else:
            self._stop_processes()

    def reset(self) -> None:
        """Stop all processes and delete the home.

        Raises:
            NetworkError: a process did not exit, or the folder contains anything other than a network.
        """
        if not self._home.root.is_dir():
            return
        if not (self._home.exists() and (self._home.root / "nodes").is_dir()):
            raise NetworkError(f"{self._home.root} does not contain a network, so it was not deleted")
        others = self._home.others()
        if others:
            raise NetworkError(
                f"{self._home.root} contains {', '.join(others)} besides a network: move that elsewhere "
                "first, because the whole folder is deleted"
            )
        with self._home.locked():
            self._stop_all()
            self._home.remove()

    def deploy(
        self,
        chaincode: str | None = None,
        progress: Progress = silent,
        organisations: Sequence[str] = (),
    ) -> list[DeploymentRecord]:
        """Deploy the topology's chaincodes; a changed source or definition is an upgrade.

        Args:
            chaincode: deploy only this one, on every channel that has it.
            progress: called with a sentence about each stage.
            organisations: act only for these organisations, this time; empty: all that the home acts for.

        Raises:
            Waiting: this home has done its part, and other organisations must do theirs.
            NetworkError: a chaincode does not compile or start, and everything is as before; or a later step
                failed, and the next call resumes.
        """
        session = self.session(progress, organisations)
        bring_up = BringUp(session)
        found = [
            (channel, candidate.name)
            for channel in self._topology.channels
            for candidate in channel.chaincodes
            if chaincode in (None, candidate.name) and session.own_peers_on(channel)
        ]
        if chaincode is not None and not found:
            raise NoSuch(f"the topology has no chaincode {chaincode!r}: declare it on a channel")
        with self._home.locked():
            self._ensure_possible(self._topology)
            ensure_sources(self._topology, session.own_organisations, chaincode)
            for channel, name in found:
                bring_up.deployment(channel, name).prepare()
            write(self._home.topology, self._topology.as_yaml())
            done: list[DeploymentRecord] = []
            with deferring() as deferred:
                for channel, name in found:
                    with deferred():
                        done.append(bring_up.deployment(channel, name).run())
            return done

    def start(self, node: str, environment: Mapping[str, str] | None = None) -> None:
        """Start a node that was stopped, and wait until it is ready.

        Args:
            node: its name.
            environment: settings that override an orderer's or peer's own until it is stopped, such as
                `CORE_PEER_TLS_CLIENTAUTHREQUIRED`.

        Raises:
            NetworkError: there is no such node, its certificate or key cannot be used, its port is in use,
                or it did not start.
        """
        found = self._inventory.find(node)
        self._ensure_own(found.organisation)
        ensure_usable(self._topology, self._home, self._inventory, node)
        session = self.session()
        with self._home.locked():
            if not isinstance(found, ChaincodeServer):
                starter = Starter(self._home, self._processes, session.programs, environment or {})
                starter.start([found])
                return
            built = self._serving.needed().get(found)
            if built is None:
                raise NetworkError(
                    f"{node} has no package to serve: run `up` or `deploy`, or start one of "
                    f"{', '.join(node for node in self.nodes() if node.startswith('chaincode.'))}"
                )
            if self._processes.find(node) is None:
                ensure_free(node, found.port)
            self._serving.serve_one(found, built)

    def stop(self, node: str, signal: signals.Signals = signals.SIGTERM) -> bool:
        """Stop a node.

        Args:
            node: its name.
            signal: the first signal; SIGKILL follows if it does not exit in time.

        Returns:
            Whether it was running.

        Raises:
            NetworkError: there is no such node, or it did not exit.
        """
        return self._processes.stop(self._inventory.find(node).node, signal)

    def _free_moved(self, before: Inventory) -> None:
        """Stop chaincode processes whose ports are others' now; the next stage of `up` starts them there."""
        ports = {server.node: server.port for server in self._inventory.chaincodes}
        moved = [
            server.node for server in before.chaincodes if ports.get(server.node, 0) not in (0, server.port)
        ]
        in_parallel(self._processes.stop, moved)

    def _supervise(self, supervised: bool | None) -> None:
        if supervised is None or supervised == is_supervised(self._home):
            return
        running = ", ".join(sorted(self._processes.all()))
        if running:
            raise NetworkError(
                f"{running} must be stopped before something else can start the nodes: run `down` first"
            )
        supervise(self._home, supervised)

    def _ensure_possible(self, topology: Topology) -> None:
        """Check that the network in this home, if any, can become what a topology describes."""
        if self._home.exists():
            present = Topology.load(self._home.topology)
            ensure_possible(present, topology)
            ensure_not_leaving(present, topology, self._home)

    def _ensure_new_sources(self, organisations: Sequence[str]) -> None:
        """Check sources that are new, before the topology is stored; nodes still start without an old one."""
        if self._home.exists():
            present = Topology.load(self._home.topology)
            if [channel.chaincodes for channel in present.channels] == [
                channel.chaincodes for channel in self._topology.channels
            ]:
                return
        ensure_sources(self._topology, organisations or own_organisations(self._topology, self._home))

    def _stop_all(self) -> None:
        for switch in (self._home.root / "run").glob("*.env"):
            switch.unlink()
        self._stop_processes()
        for process in (self._home.root / "run").glob("*.json"):
            process.unlink(missing_ok=True)

    def _stop_processes(self) -> None:
        running = set(self._processes.all())
        order = ("chaincode.", "", "orderer.", "ca.")
        rest = [node for node in running if not node.startswith(("chaincode.", "orderer.", "ca."))]
        for prefix in order:
            nodes = [node for node in running if node.startswith(prefix)] if prefix else rest
            in_parallel(self._processes.stop, nodes)
