"""Bringing a chaincode onto a channel: package, install, approve, commit, serve, initialise.

A record in the home says which definition is meant for which sequence number, and is written before anything
is approved. After an interruption the same call carries on with the same number; another definition takes the
next one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from . import chaincode as code
from .errors import CommandFailed, NetworkError, NodeFailed
from .home import Home, write
from .inventory import Inventory
from .lifecycle import PeerCommands, collections_document, definition_arguments
from .orderer import Orderer
from .peer import Peer
from .process import Processes
from .programs import Programs
from .topology import Chaincode, Channel, Initialise, Topology
from .wait import together, until

_SERVE_DEADLINE = 20.0
_PLAN_DEADLINE = 60.0
_RANDOM = "${random-id}"


@dataclass(frozen=True)
class Deployed:
    """What was deployed, or is being deployed.

    Attributes:
        sequence: the definition's number.
        definition: a digest of everything in it, the package included.
        label: the package's label.
        package_id: the package's id.
        binary: the chaincode's program.
        initialised: whether the first transaction was done.
    """

    sequence: int
    definition: str
    label: str
    package_id: str
    binary: str
    initialised: bool = False

    @classmethod
    def read(cls, path: Path) -> Deployed | None:
        """The record in a file, or None when there is none."""
        return cls(**json.loads(path.read_text("utf-8"))) if path.is_file() else None


@dataclass(frozen=True)
class Deployment:
    """A chaincode on a channel.

    Args:
        topology: the network.
        home: its folder.
        inventory: its nodes.
        programs: Fabric's programs.
        processes: its processes.
        channel: the channel.
        chaincode: the chaincode.
        orderer: gives a consenter to send transactions to, the leader if possible.
    """

    topology: Topology
    home: Home
    inventory: Inventory
    programs: Programs
    processes: Processes
    channel: Channel
    chaincode: Chaincode
    orderer: Callable[[], Orderer]

    def run(self, progress: Callable[[str], None]) -> Deployed:
        """Do all that is not done yet.

        Raises:
            NetworkError: a step did not work; what was done stays, and the next call carries on.
        """
        halted = [peer.node for peer in self._peers() if self.processes.find(peer.node) is None]
        if halted:
            raise NetworkError(
                f"{', '.join(halted)} must run to deploy {self.chaincode.name}: bring it up first"
            )
        package = code.package(self.chaincode.name, code.source_digest(self.chaincode.source))
        binary = code.build(self.chaincode.source, package, self.home)
        record = self._record(package, binary)
        if self._committed() < record.sequence:
            progress(
                f"Deploying {self.chaincode.name} to {self.channel.name}: sequence {record.sequence} ..."
            )
            self._install(package)
            self._approve_and_commit(record)
        self.serve(record)
        self._await_plans()
        initialise = self.chaincode.initialise
        if initialise is not None and not record.initialised:
            self._initialise(initialise)
            record = Deployed(**{**asdict(record), "initialised": True})
            self._write(record)
        return record

    def serve(self, record: Deployed) -> None:
        """Have a process serve the recorded package beside every peer; one with another package is replaced.

        Raises:
            NodeFailed: a process did not come up.
        """
        servers = [one for one in self.inventory.chaincodes if one.chaincode == self.chaincode.name]
        together(lambda server: self.serve_one(server.node, record), servers)

    def serve_one(self, node: str, record: Deployed) -> None:
        """Have one process serve the recorded package.

        Raises:
            NodeFailed: it did not come up.
        """
        server = next(one for one in self.inventory.chaincodes if one.node == node)
        program = server.program(Path(record.binary), record.package_id)
        running = self.processes.find(node)
        if running is not None and running.environ().get("CHAINCODE_ID") != record.package_id:
            self.processes.stop(node)
        self.processes.start(program)

        def up() -> bool | None:
            return True if server.ready() or self.processes.find(node) is None else None

        until(up, _SERVE_DEADLINE)
        if self.processes.find(node) is None or not server.ready():
            raise NodeFailed(node, "does not serve", self.home.log(node), self.processes.last_words(node))

    def _record(self, package: code.Package, binary: Path) -> Deployed:
        digest = hashlib.sha256(
            json.dumps(
                {
                    "package": package.id,
                    "version": self.chaincode.version,
                    "endorsement": self.chaincode.endorsement,
                    "collections": collections_document(self.chaincode),
                },
                sort_keys=True,
            ).encode()
        ).hexdigest()
        present = Deployed.read(self.home.deployed(self.channel.name, self.chaincode.name))
        if present is not None and present.definition == digest:
            return present
        record = Deployed(
            sequence=self._committed() + 1,
            definition=digest,
            label=package.label,
            package_id=package.id,
            binary=str(binary),
            initialised=present.initialised if present else False,
        )
        self._write(record)
        return record

    def _write(self, record: Deployed) -> None:
        path = self.home.deployed(self.channel.name, self.chaincode.name)
        write(path, json.dumps(asdict(record), indent=1))

    def _peers(self) -> list[Peer]:
        return [
            peer
            for organisation in self.topology.members_with_peers(self.channel)
            for peer in self.inventory.peers_of(organisation.name)
        ]

    def _first_peers(self) -> list[Peer]:
        """One peer of each organisation."""
        organisations = self.topology.members_with_peers(self.channel)
        return [self.inventory.peers_of(organisation.name)[0] for organisation in organisations]

    def _admin(self, peer: Peer) -> PeerCommands:
        user = self.topology.organisation(peer.organisation).admin.name
        return PeerCommands(self.programs, self.home, peer, user)

    def _committed(self) -> int:
        found = self._admin(self._first_peers()[0]).committed(self.channel.name, self.chaincode.name)
        return int(found["sequence"]) if found else 0

    def _install(self, package: code.Package) -> None:
        file = code.write_package(package, self.home)
        for server in self.inventory.chaincodes:
            if server.chaincode == self.chaincode.name:
                server.write_connection(package.label)

        def install(peer: Peer) -> None:
            commands = self._admin(peer)
            if package.id in commands.installed():
                return
            commands.install(file)
            if package.id not in commands.installed():
                raise NetworkError(f"{peer.node} computed another package id than {package.id}")

        together(install, self._peers())

    def _approve_and_commit(self, record: Deployed) -> None:
        channel = self.channel.name
        collections: Path | None = None
        if self.chaincode.collections:
            collections = self.home.chaincode(record.label) / f"{channel}.collections.json"
            write(collections, json.dumps(collections_document(self.chaincode), indent=1))
        definition = definition_arguments(self.chaincode, record.sequence, collections)
        peers = self._first_peers()
        approvals = self._admin(peers[0]).approvals(channel, definition)
        lacking = [peer for peer in peers if not approvals.get(peer.msp)]
        orderer = self.orderer()
        together(
            lambda peer: self._admin(peer).approve(channel, definition, record.package_id, orderer), lacking
        )
        self.serve(record)
        self._admin(peers[0]).commit(channel, definition, peers, orderer)

    def _await_plans(self) -> None:
        def lacking(peer: Peer) -> str | None:
            commands = self._admin(peer)
            found = until(
                lambda: commands.endorsement_plan(self.channel.name, self.chaincode.name) or None,
                _PLAN_DEADLINE,
                interval=0.25,
            )
            return None if found else peer.node

        nodes = [node for node in together(lacking, self._peers()) if node is not None]
        if nodes:
            logs = ", ".join(str(self.home.log(node)) for node in nodes)
            raise NetworkError(
                f"{', '.join(nodes)} found no set of peers that can endorse {self.chaincode.name} within "
                f"{_PLAN_DEADLINE:g} seconds: see whether the other organisations' peers run, and read {logs}"
            )

    def _initialise(self, initialise: Initialise) -> None:
        endorsers = [self.inventory.peers_of(name)[0] for name in initialise.endorsers]
        own = self.inventory.peers_of(initialise.organisation)[0]
        commands = PeerCommands(self.programs, self.home, own, initialise.user)
        channel, name = self.channel.name, self.chaincode.name
        random_id = self.home.secret(f"chaincode/{channel}.{name}.random-id")
        argument = {
            key: random_id if value == _RANDOM else value for key, value in initialise.argument.items()
        }
        try:
            commands.invoke(
                channel,
                name,
                function=initialise.function,
                argument=json.dumps(argument),
                endorsers=endorsers,
                orderer=self.orderer(),
            )
        except CommandFailed as error:
            if initialise.refusal not in error.output:
                raise
        answer = json.loads(commands.query(channel, name, initialise.check, "{}"))
        for member in initialise.check_members:
            if answer.get(member) != argument[member]:
                raise NetworkError(
                    f"{name} on {channel} was initialised with {member} {answer.get(member)!r}, not "
                    f"{argument[member]!r}: someone else did it first; deploy it under another name"
                )
