"""A network and what can be done with it."""

from __future__ import annotations

import signal as signals
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from .acting import act_for, acting, remember
from .admission import admit
from .authority import IDENTITIES, Authority
from .backup import Backup, Taken
from .backup_contents import Manifest
from .bringup import BringUp
from .bundle import Bundle, bundle_of
from .chaincode_server import ChaincodeServer
from .deployed import Deployed
from .enrolment import Issue, ensure, ensure_user_name
from .errors import NetworkError
from .first_block import first_block_file
from .home import Home, write
from .inventory import Inventory
from .leader import leadership
from .metrics import metrics
from .monitoring import monitoring
from .node_status import endpoint
from .plan import Plan, Step, plan
from .plan_channels import configured
from .process import Processes
from .profile import profile
from .programs import built_before, programs
from .renewal import Renewal
from .renewal_plan import Due, due
from .restore import Restore
from .revocation import Revocation
from .serving import Serving
from .site import Progress, Site
from .starter import Starter, ensure_free
from .status import NetworkStatus, status
from .supervision import is_supervised, supervise
from .topology import Channel, Topology
from .topology_change import ensure_possible
from .units import units
from .verification import Verification, Verified, verify_backup
from .wait import together
from .waiting import collected


def silent(_: str) -> None:
    """Takes progress and says nothing."""


class Network:
    """A network in a home. Commands that change it exclude one another, also across processes.

    Args:
        topology: its description.
        home: its folder; made by `up`.
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
            raise NetworkError(f"there is no network in {found.root}: bring one up, or name another home")
        return cls(Topology.load(found.topology), found.root)

    @property
    def topology(self) -> Topology:
        """Its description."""
        return self._topology

    @property
    def home(self) -> Path:
        """Its folder."""
        return self._home.root

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
        built = programs(progress)
        with self._home.locked():
            self._ensure_possible(self._topology)
            remember(self._topology, self._home, organisations)
            self._supervise(supervised)
            write(self._home.topology, self._topology.as_yaml())
            self._home.install_builder()
            BringUp(Site(self._topology, self._home, self._processes, built, progress)).run()

    def plan(self) -> Plan:
        """What `up` would do now.

        Raises:
            ChangeRefused: the network that lives in the home cannot become what the topology describes.
            NetworkError: consenters run, and none tells the configuration of a channel.
        """

        def configurations() -> Iterable[Step]:
            return configured(self.site()) if self._home.exists() else ()

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
    def changing(self, topology: Topology | None = None, progress: Progress = silent) -> Iterator[Site]:
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
            yield self.site(progress)

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

    def backup(
        self,
        file: Path,
        recipients: Sequence[str],
        organisations: Sequence[str] = (),
        progress: Progress = silent,
    ) -> Taken:
        """Back organisations up. Every peer of theirs is stopped while it is copied, one at a time.

        Args:
            file: where to; it must not exist.
            recipients: the public keys that can read it, as `age1…`.
            organisations: which; none: all that the home acts for.
            progress: takes a sentence about each stage.

        Raises:
            NetworkError: it was not made.
        """
        site = self.site(progress)
        names = [self._authority(name).organisation for name in organisations or site.acting]
        with self._home.locked():
            return Backup(site, names).run(file, recipients)

    def verify(self, *, states: bool = True, ledgers: bool = False, progress: Progress = silent) -> Verified:
        """Verify what the peers hold.

        Args:
            states: compare the states of peers at the same block.
            ledgers: go through the hashes of every peer's blocks; each is stopped while they are copied.
            progress: takes a sentence about each stage.

        Raises:
            NetworkError: peers could not be asked.
        """
        site = self.site(progress)
        with self._home.locked():
            return Verification(site).run(states=states, ledgers=ledgers)

    def verify_backup(self, file: Path, identities: Sequence[Any], progress: Progress = silent) -> Verified:
        """See that a backup can be read, and go through the hashes of the blocks in it.

        Args:
            file: the backup.
            identities: the keys that read it, see `backup_key`.
            progress: takes a sentence about each stage.

        Raises:
            NetworkError: it cannot be read, or was damaged or changed.
        """
        self._home.create()
        return verify_backup(programs(progress), file, identities, self._home.root)

    @classmethod
    def restore(
        cls,
        home: Path | str,
        file: Path,
        identities: Sequence[Any],
        organisations: Sequence[str] = (),
        nodes: Sequence[str] = (),
        *,
        replace: bool = False,
        sha256: str | None = None,
        ordering_lost: bool = False,
        progress: Progress = silent,
    ) -> tuple[Self, Manifest]:
        """Put organisations of a backup into a home, and start them when they have caught up.

        Args:
            home: an empty folder, or one that has lost them.
            file: the backup.
            identities: the keys that read it, see `backup_key`.
            organisations: which of the backup; none: all in it.
            nodes: only these orderers and peers; the rest of their organisations is there.
            replace: move what is there of these organisations aside, instead of refusing.
            sha256: the hash that the file must have.
            ordering_lost: no consenter is left anywhere, so ordering begins anew where the peers are.
            progress: takes a sentence about each stage.

        Returns:
            The network in the home, and what the backup says about itself.

        Raises:
            ArchiveError: the file is not used, and the home is as it was.
            NetworkError: a node did not catch up; the next `up` or `restore` carries on.
        """
        place = Home(Path(home).resolve())
        with place.locked():
            chosen = Restore(place, file, identities, progress)
            manifest = chosen.place(
                organisations, nodes, replace=replace, sha256=sha256, ordering_lost=ordering_lost
            )
            place.install_builder()
        network = cls.open(home)
        with place.locked():
            BringUp(network.site(progress)).recover()
        return network, manifest

    def status(self) -> NetworkStatus:
        """What it is doing now."""
        return status(self._topology, self._home, self._inventory, self._processes, built_before())

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
        site = self.site(progress, organisations)
        bring_up = BringUp(site)
        found = [
            (channel, one.name)
            for channel in self._topology.channels
            for one in channel.chaincodes
            if chaincode in (None, one.name) and site.own_peers_on(channel)
        ]
        if chaincode is not None and not found:
            raise NetworkError(f"the topology has no chaincode {chaincode!r}: declare it on a channel")
        with self._home.locked():
            self._ensure_possible(self._topology)
            write(self._home.topology, self._topology.as_yaml())
            done: list[Deployed] = []
            with collected() as collecting:
                for channel, name in found:
                    with collecting():
                        done.append(bring_up.deployment(channel, name).run())
            return done

    def enrol(
        self, organisation: str, user: str, attributes: Mapping[str, str] | None = None, type: str = "client"
    ) -> Path:
        """Have a certificate issued to a user, unless that was done.

        Args:
            organisation: the organisation whose CA issues it.
            user: the user's name; it stands in the certificate, so no person's name.
            attributes: attributes in the certificate.
            type: `client` or `admin`.

        Returns:
            The user's MSP folder.

        Raises:
            NetworkError: the name cannot be a user's, the CA does not run or refused, or the user has other
                attributes already.
        """
        authority = self._authority(organisation)
        self._ensure_own(organisation)
        self._ensure_exists()
        ensure_user_name(user, self._inventory.nodes())
        issue = Issue(
            self._home.user(organisation, user) / "msp", IDENTITIES, user, type, dict(attributes or {})
        )
        with self._home.locked():
            return ensure(authority, issue)

    def renew(
        self,
        holders: Collection[str] = (),
        within_days: float | None = None,
        progress: Progress = silent,
        *,
        dry_run: bool = False,
    ) -> list[Due]:
        """Renew certificates while the network goes on, one node after the other.

        Args:
            holders: only those of these nodes, `user@organisation`, or organisations; default: all.
            within_days: only those that expire within so many days; None: whenever they do.
            progress: takes a sentence about each stage.
            dry_run: only tell which.

        Returns:
            The certificates that were, or would be, renewed, with the ends that they had.

        Raises:
            NetworkError: there is no such holder, or a step failed; the next call carries on.
        """
        site = self.site(progress)
        with self._home.locked():
            found = due(site, holders, within_days)
            if not dry_run:
                Renewal(site).run(found)
            return found

    def revoke(self, holder: str, *, superseded: bool = False, progress: Progress = silent) -> int:
        """Revoke certificates, and have all channels of the organisation refuse them.

        Args:
            holder: a node, or `user@organisation`.
            superseded: only the certificates that were renewed since.
            progress: takes a sentence about each stage.

        Returns:
            How many certificates are on the organisation's list now.

        Raises:
            NetworkError: there is no such holder, the network cannot do without it, or a step failed; the
                next call carries on.
        """
        name, _, organisation = holder.partition("@")
        if not organisation:
            organisation = str(getattr(self._inventory.find(name), "organisation", ""))
        self._authority(organisation)
        site = self.site(progress)
        with self._home.locked():
            return Revocation(site, organisation).run(name, superseded=superseded)

    def monitoring(self) -> Mapping[str, str]:
        """The files with which Prometheus watches the home's nodes, by name.

        Raises:
            NetworkError: there is no network in the home.
        """
        self._ensure_exists()
        return monitoring(self._topology, self._home, self._inventory)

    def metrics(self) -> str:
        """What Fabric's own metrics lack, in Prometheus' text form.

        Raises:
            NetworkError: there is no network in the home.
        """
        self._ensure_exists()
        found = self.status()
        running = ((node.node, node.running) for node in found.nodes)
        return metrics(self._topology.name, self._home, self.acting, found.certificates, running)

    def profile(self, organisation: str) -> Path:
        """The file with an organisation's connection profile."""
        return self._home.profile(self._authority(organisation).organisation)

    def units(self, organisations: Sequence[str] = (), user: str = "kindpakket") -> dict[str, str]:
        """The systemd units of organisations' nodes by file name; the home need not exist yet.

        Args:
            organisations: whose nodes; none: of all that the home acts for.
            user: the account that the nodes run as.

        Raises:
            NetworkError: there is no such organisation, or the home's path cannot stand in a unit.
        """
        for name in organisations:
            self._authority(name)
        return units(self._topology, self._home, organisations or self.acting, user)

    @property
    def acting(self) -> tuple[str, ...]:
        """The organisations that the home acts for."""
        return acting(self._topology, self._home)

    def portable_profile(self, organisation: str) -> str:
        """An organisation's connection profile with the certificates inside, as YAML.

        Raises:
            NetworkError: there is no such organisation, or it has no certificates yet.
        """
        name = self._authority(organisation).organisation
        if not self._home.tls_root(name).is_file():
            raise NetworkError(f"{name} has no certificates in {self._home.root}: bring it up first")
        return profile(self._topology, name, self._inventory, self._home, portable=True)

    def bundle(self, organisation: str) -> Bundle:
        """What the other organisations need to know of one that this home acts for.

        Raises:
            NetworkError: this home does not act for it, or it has no certificates yet.
        """
        return bundle_of(self.site(), self._authority(organisation).organisation)

    def first_block(self, channel: str) -> str:
        """The file with a channel's first block for the other organisations; made when there is none.

        Raises:
            Waiting: other organisations' bundles lack.
            NetworkError: there is no such channel.
        """
        with self._home.locked():
            return first_block_file(self.site(), self._channel(channel))

    def admit(self, files: Sequence[Path]) -> list[str]:
        """Take other organisations' bundles, and first blocks, into the home.

        Returns:
            A sentence about each.

        Raises:
            NetworkError: a file is refused.
        """
        with self._home.locked():
            return admit(self.site(), files)

    def user(self, organisation: str, user: str) -> Path:
        """The MSP folder of a user.

        Raises:
            NetworkError: the user was not enrolled.
        """
        ensure_user_name(user, ())
        folder = self._home.user(self._authority(organisation).organisation, user) / "msp"
        if not folder.is_dir():
            raise NetworkError(f"{organisation} has no user {user!r} in {self._home.root}: enrol it first")
        return folder

    def nodes(self) -> tuple[str, ...]:
        """The names of all nodes, in the order in which they are started.

        Of the processes that can serve a chaincode beside a peer, those that are needed or run.
        """
        return self._serving.nodes()

    def endpoint(self, node: str) -> str:
        """Where a node serves, as `host:port`.

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
        site = self.site()
        with self._home.locked():
            if not isinstance(found, ChaincodeServer):
                starter = Starter(self._home, self._processes, site.programs, environment or {})
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

    def leader(self, channel: str) -> str | None:
        """The node that leads the ordering of a channel, or None when none is known.

        Raises:
            NetworkError: the topology has no such channel.
        """
        consenters = enumerate(self._inventory.consenters_of(self._channel(channel)), 1)
        running = {number: one for number, one in consenters if self._processes.runs(one.node)}
        found = leadership(channel, self._topology.ordering, running, list(running.values())).node
        return found.node if found else None

    def _channel(self, name: str) -> Channel:
        try:
            return self._topology.channel(name)
        except KeyError:
            names = ", ".join(one.name for one in self._topology.channels)
            raise NetworkError(f"there is no channel {name!r}: use one of {names}") from None

    def _authority(self, organisation: str) -> Authority:
        try:
            return self._inventory.authorities[organisation]
        except KeyError:
            names = ", ".join(self._inventory.authorities)
            raise NetworkError(f"there is no organisation {organisation!r}: use one of {names}") from None

    def site(self, progress: Progress = silent, organisations: Sequence[str] = ()) -> Site:
        """What the verbs work on.

        Args:
            progress: takes a sentence about each stage.
            organisations: act for these organisations only; none: for all that the home acts for.

        Raises:
            NetworkError: there is no network in the home.
        """
        self._ensure_exists()
        for name in organisations:
            if name not in acting(self._topology, self._home):
                raise NetworkError(f"{self.home} does not act for {name!r}: see `status` for whom it does")
        only = tuple(organisations) or None
        return Site(self._topology, self._home, self._processes, programs(progress), progress, only)

    def _ensure_exists(self) -> None:
        if not self._home.exists():
            raise NetworkError(f"there is no network in {self._home.root}: bring it up first")

    def _describe(self, topology: Topology) -> None:
        self._topology = topology
        self._inventory = Inventory.of(topology, self._home)
        self._serving = Serving(topology, self._home, self._inventory, self._processes)

    def _supervise(self, supervised: bool | None) -> None:
        if supervised is None or supervised == is_supervised(self._home):
            return
        running = ", ".join(sorted(self._processes.all()))
        if running:
            raise NetworkError(f"{running} run: take the network down before something else starts its nodes")
        supervise(self._home, supervised)

    def _ensure_own(self, organisation: str) -> None:
        if organisation not in self.acting:
            raise NetworkError(
                f"{self._home.root} acts for {', '.join(self.acting)} and has no keys of {organisation}: "
                "do this where its keys are"
            )

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
