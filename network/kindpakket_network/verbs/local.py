"""A network on this machine: its folder, its topology, its nodes and their status."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from kindpakket_network.description.editing import channel_of
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError, NoSuch
from kindpakket_network.nodes.authority import Authority
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.issue import ensure_user_name
from kindpakket_network.nodes.leader import leadership
from kindpakket_network.nodes.own_organisations import own_organisations
from kindpakket_network.nodes.own_tokens import uses_tokens
from kindpakket_network.nodes.serving import Serving
from kindpakket_network.nodes.session import Progress, Session
from kindpakket_network.programs.fabric import Programs, cached_programs, programs
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes
from kindpakket_network.programs.rotation import is_long
from kindpakket_network.reports.nodes import endpoint
from kindpakket_network.reports.status import NetworkStatus, status


def silent(_: str) -> None:
    """Ignores progress sentences."""


class LocalNetwork:
    """The base of all verbs of a network.

    Args:
        topology: its description.
        home: its folder; created by `up`.
    """

    def __init__(self, topology: Topology, home: Path | str) -> None:
        self._home = Home(Path(home).resolve())
        self._processes = Processes(self._home)
        self._describe(topology)

    @classmethod
    def open(cls, home: Path | str) -> Self:
        """The network that was brought up in a home.

        Raises:
            NetworkError: there is none.
        """
        found = Home(Path(home).resolve())
        if not found.exists():
            raise NoSuch(f"there is no network in {found.root}: run `up`, or name another home")
        return cls(Topology.load(found.topology), found.root)

    @property
    def topology(self) -> Topology:
        """Its description."""
        return self._topology

    @property
    def home(self) -> Path:
        """Its folder."""
        return self._home.root

    @property
    def own_organisations(self) -> tuple[str, ...]:
        """The organisations that the home acts for."""
        return own_organisations(self._topology, self._home)

    def session(
        self, progress: Progress = silent, organisations: Sequence[str] = (), *, cached: bool = False
    ) -> Session:
        """A session for the verbs to work on.

        Args:
            progress: called with a sentence about each stage.
            organisations: act only for these organisations; empty: all that the home acts for.
            cached: be content with the programs of another build, rather than build the topology's.

        Raises:
            NetworkError: there is no network in the home.
        """
        self._ensure_exists()
        for name in organisations:
            if name not in own_organisations(self._topology, self._home):
                raise NetworkError(
                    f"{self.home} does not act for {name!r}: use one of {', '.join(self.own_organisations)}"
                )
        only = tuple(organisations) or None
        built = (self._cached() if cached else None) or self._programs_for(self._topology, progress)
        return Session(self._topology, self._home, self._processes, built, progress, only)

    def status(self) -> NetworkStatus:
        """Its present status."""
        return status(self._topology, self._home, self._inventory, self._processes, self._cached())

    def _cached(self) -> Programs | None:
        """The programs in the cache: of the topology's build, or else of the one in the home."""
        found = self._cached_for(self._topology)
        if found is None and self._home.exists():
            return self._cached_for(Topology.load(self._home.topology))
        return found

    def _cached_for(self, topology: Topology) -> Programs | None:
        own = own_organisations(topology, self._home)
        return cached_programs(topology.build, tokens=uses_tokens(topology, own))

    def _programs_for(self, topology: Topology, progress: Progress) -> Programs:
        own = own_organisations(topology, self._home)
        return programs(progress, topology.build, tokens=uses_tokens(topology, own))

    def leader(self, channel: str) -> str | None:
        """The node that leads the ordering of a channel, or None if none is known.

        Raises:
            NetworkError: the topology has no such channel.
        """
        consenters = self._inventory.by_id(channel_of(self._topology, channel)).items()
        running = {
            number: consenter for number, consenter in consenters if self._processes.runs(consenter.node)
        }
        found = leadership(channel, self._topology.ordering, running, list(running.values())).node
        return found.node if found else None

    def nodes(self) -> tuple[str, ...]:
        """The names of all nodes, in the order of starting.

        Of the slots for chaincode processes, only those that are needed or running are included.
        """
        return self._serving.nodes()

    def endpoint(self, node: str) -> str:
        """A node's address, as `host:port`.

        Raises:
            NetworkError: there is no such node.
        """
        return endpoint(self._inventory, node)

    def log(self, node: str) -> Path:
        """The log of a node.

        Raises:
            NetworkError: there is no such node.
        """
        return self._home.log(self._inventory.find(node).node)

    def rotate_logs(self, nodes: Sequence[str] = ()) -> list[str]:
        """Rotate long logs, as the topology's `tuning.logs` says. Running nodes go on, and no line is lost.

        Args:
            nodes: only these; empty: all that run here or have run.

        Returns:
            The names of the nodes whose logs were rotated.

        Raises:
            NetworkError: there is no such node, a disk is full, or a process does not stand still for the
                moment in which its last lines are copied; its log is as it was.
        """
        names = [self._inventory.find(node).node for node in nodes] or list(self._inventory.nodes())
        logs = self._topology.tuning.logs
        long = [name for name in names if is_long(self._home.log(name), logs)]
        return [name for name in long if self._processes.rotate_log(name, logs)]

    def profile(self, organisation: str) -> Path:
        """The file with an organisation's connection profile."""
        return self._home.profile(self._authority(organisation).organisation)

    def user(self, organisation: str, user: str) -> Path:
        """The MSP folder of a user.

        Raises:
            NetworkError: there is no such organisation, or the user has not been enrolled.
        """
        ensure_user_name(user, ())
        folder = self._home.user(self._authority(organisation).organisation, user) / "msp"
        if not folder.is_dir():
            raise NoSuch(f"{organisation} has no user {user!r} in {self._home.root}: enrol it first")
        return folder

    def _authority(self, organisation: str) -> Authority:
        try:
            return self._inventory.authorities[organisation]
        except KeyError:
            names = ", ".join(self._inventory.authorities)
            raise NoSuch(f"there is no organisation {organisation!r}: use one of {names}") from None

    def _ensure_exists(self) -> None:
        if not self._home.exists():
            raise NoSuch(f"there is no network in {self._home.root}: run `up` first")

    def _ensure_own(self, organisation: str) -> None:
        if organisation not in self.own_organisations:
            raise NetworkError(
                f"{self._home.root} acts for {', '.join(self.own_organisations)} and has no keys of "
                f"{organisation}: run this in the home that has them"
            )

    def _describe(self, topology: Topology) -> None:
        self._topology = topology
        self._inventory = Inventory.of(topology, self._home)
        self._serving = Serving(topology, self._home, self._inventory, self._processes)
