"""A network and what can be done with it."""

from __future__ import annotations

import signal as signals
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from kindpakket_network.description.changes import ensure_possible
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError, NoSuch
from kindpakket_network.nodes.acting import act_for, acting, remember
from kindpakket_network.nodes.chaincode_server import ChaincodeServer
from kindpakket_network.nodes.deployed import Deployed
from kindpakket_network.nodes.session import Progress, Session
from kindpakket_network.nodes.starter import Starter, ensure_free
from kindpakket_network.programs.built import programs
from kindpakket_network.programs.home import write
from kindpakket_network.programs.supervision import is_supervised, supervise
from kindpakket_network.programs.wait import together
from kindpakket_network.programs.waiting import collected
from kindpakket_network.reports.plan import Plan, Step, plan
from kindpakket_network.reports.plan_channels import configured
from kindpakket_network.verbs.bringup import BringUp
from kindpakket_network.verbs.handover import Handover
from kindpakket_network.verbs.local import silent
from kindpakket_network.verbs.upkeep import Upkeep


class Network(Upkeep, Handover):
    """A network in a home. Commands that change it exclude one another, also across processes.

    Args:
        topology: its description.
        home: its folder; made by `up`.
    """

    def up(
        self,
        progress: Progress = silent,
        organisations: Sequence[str] = (),
        supervised: bool | None = None,
    ) -> None:
        """Bring everything up that the topology describes. What is there already stays as it is.

        Args:
            progress: takes a sentence about each stage.
            organisations: act for these organisations only; the home remembers it. None given: for those that
                it remembers, else for all.
            supervised: whether a service manager starts the nodes, with what `export systemd` wrote; the home
                remembers it. None: as it remembers, else this tool does.

        Raises:
            Waiting: this home's part is done as far as it goes without another organisation's part.
            NetworkError: something failed; the message says what to read. The next `up` carries on.
        """
        others = [] if self._home.exists() else self._home.others()
        if others:
            raise NetworkError(
                f"{self._home.root} holds {', '.join(others)} and no network: name a folder that is empty or "
                "not there yet as the home"
            )
        built = programs(progress)
        with self._home.locked():
            self._ensure_possible(self._topology)
            remember(self._topology, self._home, organisations)
            self._supervise(supervised)
            write(self._home.topology, self._topology.as_yaml())
            self._home.install_builder()
            BringUp(Session(self._topology, self._home, self._processes, built, progress)).run()

    def plan(self) -> Plan:
        """What `up` would do now.

        Raises:
            ChangeRefused: the network that lives in the home cannot become what the topology describes.
            NetworkError: consenters run, and none tells the configuration of a channel.
        """

        def configurations() -> Iterable[Step]:
            return configured(self.session()) if self._home.exists() else ()

        return plan(self._topology, self._home, self._processes, configurations)

    def become(self, topology: Topology, progress: Progress = silent, elsewhere: Sequence[str] = ()) -> None:
        """Have a network that lives follow another topology, such as one that `growth` makes.

        Args:
            topology: what it should be.
            progress: takes a sentence about each stage.
            elsewhere: organisations that this home does not act for, whose keys are in homes of their own.

        Raises:
            ChangeRefused: it cannot; nothing was done.
            Waiting: this home's part is done as far as it goes without another organisation's part.
            NetworkError: something failed; `up` carries on.
        """
        self._ensure_possible(topology)
        if elsewhere:
            with self._home.locked():
                act_for(self._home, [one for one in acting(topology, self._home) if one not in elsewhere])
        self._describe(topology)
        self.up(progress)

    @contextmanager
    def changing(self, topology: Topology | None = None, progress: Progress = silent) -> Iterator[Session]:
        """Keep other commands from changing this network meanwhile; it follows another topology from then on.

        Args:
            topology: what it should be; not given: what it is.
            progress: takes a sentence about each stage.

        Raises:
            ChangeRefused: it cannot become that; nothing was done.
            NetworkError: there is no network in the home.
        """
        self._ensure_exists()
        wanted = topology or self._topology
        with self._home.locked():
            self._ensure_possible(wanted)
            self._describe(wanted)
            write(self._home.topology, wanted.as_yaml())
            yield self.session(progress)

    def down(self) -> None:
        """Stop all processes; ledgers, keys and certificates stay.

        Raises:
            NetworkError: a process does not end.
        """
        if self._home.exists():
            with self._home.locked():
                self._stop_all()
        else:
            self._stop_processes()

    def reset(self) -> None:
        """Stop all processes and delete the home.

        Raises:
            NetworkError: a process does not end, or the folder holds something else than a network.
        """
        if not self._home.root.is_dir():
            return
        if not (self._home.exists() and (self._home.root / "nodes").is_dir()):
            raise NetworkError(f"{self._home.root} holds no network: it is not deleted")
        others = self._home.others()
        if others:
            raise NetworkError(
                f"{self._home.root} holds {', '.join(others)} beside a network: move that elsewhere first, "
                "because the whole folder is deleted"
            )
        with self._home.locked():
            self._stop_all()
            self._home.remove()

    def deploy(
        self,
        chaincode: str | None = None,
        progress: Progress = silent,
        organisations: Sequence[str] = (),
    ) -> list[Deployed]:
        """Deploy the topology's chaincodes; a changed source or definition is an upgrade.

        Args:
            chaincode: only the one of this name, on every channel that has it.
            progress: takes a sentence about each stage.
            organisations: act for these organisations only, this time; none: for all that the home acts for.

        Raises:
            Waiting: this home's part is done, and other organisations have to do theirs.
            NetworkError: a step failed; the next call carries on.
        """
        session = self.session(progress, organisations)
        bring_up = BringUp(session)
        found = [
            (channel, one.name)
            for channel in self._topology.channels
            for one in channel.chaincodes
            if chaincode in (None, one.name) and session.own_peers_on(channel)
        ]
        if chaincode is not None and not found:
            raise NoSuch(f"the topology has no chaincode {chaincode!r}: declare it on a channel")
        with self._home.locked():
            self._ensure_possible(self._topology)
            write(self._home.topology, self._topology.as_yaml())
            done: list[Deployed] = []
            with collected() as collecting:
                for channel, name in found:
                    with collecting():
                        done.append(bring_up.deployment(channel, name).run())
            return done

    def start(self, node: str, environment: Mapping[str, str] | None = None) -> None:
        """Start a node that was stopped, and wait until it is ready.

        Args:
            node: its name.
            environment: settings of an orderer or peer that replace its own while it runs this time, such as
                `CORE_PEER_TLS_CLIENTAUTHREQUIRED`.

        Raises:
            NetworkError: there is no such node, its port is taken, or it does not come up.
        """
        found = self._inventory.find(node)
        self._ensure_own(found.organisation)
        session = self.session()
        with self._home.locked():
            if not isinstance(found, ChaincodeServer):
                starter = Starter(self._home, self._processes, session.programs, environment or {})
                starter.start([found])
                return
            built = self._serving.needed().get(found)
            if built is None:
                raise NetworkError(
                    f"{node} has nothing to serve: run `up` or `deploy`, or start one of "
                    f"{', '.join(one for one in self.nodes() if one.startswith('chaincode.'))}"
                )
            if self._processes.find(node) is None:
                ensure_free(node, found.port)
            self._serving.serve_one(found, built)

    def stop(self, node: str, signal: signals.Signals = signals.SIGTERM) -> bool:
        """Stop a node.

        Args:
            node: its name.
            signal: the first signal; SIGKILL follows when it has not ended in time.

        Returns:
            Whether it ran.

        Raises:
            NetworkError: there is no such node, or it does not end.
        """
        return self._processes.stop(self._inventory.find(node).node, signal)

    def _supervise(self, supervised: bool | None) -> None:
        if supervised is None or supervised == is_supervised(self._home):
            return
        running = ", ".join(sorted(self._processes.all()))
        if running:
            raise NetworkError(f"{running} run: take the network down before something else starts its nodes")
        supervise(self._home, supervised)

    def _ensure_possible(self, topology: Topology) -> None:
        """What lives here can become what a topology says."""
        if self._home.exists():
            ensure_possible(Topology.load(self._home.topology), topology)

    def _stop_all(self) -> None:
        for switch in (self._home.root / "run").glob("*.env"):
            switch.unlink()
        self._stop_processes()
        for record in (self._home.root / "run").glob("*.json"):
            record.unlink(missing_ok=True)

    def _stop_processes(self) -> None:
        running = set(self._processes.all())
        order = ("chaincode.", "", "orderer.", "ca.")
        rest = [node for node in running if not node.startswith(("chaincode.", "orderer.", "ca."))]
        for prefix in order:
            nodes = [node for node in running if node.startswith(prefix)] if prefix else rest
            together(self._processes.stop, nodes)
