"""Bringing a chaincode onto a channel: package, install, approve, commit, serve, initialise.

A record in the home says which definition is meant for which sequence number, and is written before anything
is approved. After an interruption the same call carries on with the same number; another definition takes the
next one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from . import chaincode as code
from .deployed import Built, Deployed
from .errors import CommandFailed, NetworkError
from .home import write
from .lifecycle import PeerCommands, collections_document, definition_arguments
from .peer import Peer
from .site import Site
from .topology import Chaincode, Channel, Initialise
from .wait import together, until

_PLAN_DEADLINE = 60.0
_RANDOM = "${random-id}"


def definition_digest(chaincode: Chaincode, package_id: str) -> str:
    """The SHA-256 of everything in a chaincode's definition, as hexadecimal characters."""
    definition = {
        "package": package_id,
        "version": chaincode.version,
        "endorsement": chaincode.endorsement,
        "collections": collections_document(chaincode),
    }
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Deployment:
    """A chaincode on a channel.

    Args:
        site: the network.
        channel: the channel.
        chaincode: the chaincode.
    """

    site: Site
    channel: Channel
    chaincode: Chaincode

    def run(self) -> Deployed:
        """Do all that is not done yet.

        Raises:
            NetworkError: a step did not work; what was done stays, and the next call carries on.
        """
        halted = [peer.node for peer in self._peers() if self.site.processes.find(peer.node) is None]
        if halted:
            raise NetworkError(
                f"{', '.join(halted)} must run to deploy {self.chaincode.name}: bring it up first"
            )
        package = code.package(self.chaincode.name, code.source_digest(self.chaincode.source))
        binary = code.build(self.chaincode.source, package, self.site.home)
        record = self._record(package, binary)
        if self._committed() < record.sequence:
            self.site.progress(
                f"Deploying {self.chaincode.name} to {self.channel.name}: sequence {record.sequence} ..."
            )
            self._install(package)
            self._approve_and_commit(record)
        self.site.serving.serve(self._peers(), self.chaincode.name, record.built)
        self._await_definition(record)
        self._await_plans()
        if record.replaces is not None:
            record = replace(record, replaces=None)
            record.write(self._path)
        self.site.serving.retire(self.chaincode.name)
        initialise = self.chaincode.initialise
        if initialise is not None and not record.initialised:
            self._initialise(initialise)
            record = replace(record, initialised=True)
            record.write(self._path)
        return record

    def _record(self, package: code.Package, binary: Path) -> Deployed:
        digest = definition_digest(self.chaincode, package.id)
        present = Deployed.read(self._path)
        if present is not None and present.definition == digest:
            return present
        committed = self._committed()
        live: Built | None = None
        if present is not None:
            live = present.built if committed >= present.sequence else present.replaces
        record = Deployed(
            sequence=committed + 1,
            definition=digest,
            label=package.label,
            package_id=package.id,
            binary=str(binary),
            initialised=present.initialised if present else False,
            replaces=live,
        )
        record.write(self._path)
        return record

    @property
    def _path(self) -> Path:
        return self.site.home.deployed(self.channel.name, self.chaincode.name)

    def _peers(self) -> list[Peer]:
        return self.site.peers_on(self.channel)

    def _first_peers(self) -> list[Peer]:
        """One peer of each organisation."""
        organisations = self.site.topology.members_with_peers(self.channel)
        return [self.site.inventory.peers_of(organisation.name)[0] for organisation in organisations]

    def _committed(self) -> int:
        found = self.site.admin(self._first_peers()[0]).committed(self.channel.name, self.chaincode.name)
        return int(found["sequence"]) if found else 0

    def _install(self, package: code.Package) -> None:
        file = code.write_package(package, self.site.home)

        def install(peer: Peer) -> None:
            commands = self.site.admin(peer)
            self.site.serving.place(peer, self.chaincode.name, package.label)
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
            collections = self.site.home.chaincode(record.label) / f"{channel}.collections.json"
            write(collections, json.dumps(collections_document(self.chaincode), indent=1))
        definition = definition_arguments(self.chaincode, record.sequence, collections)
        peers = self._first_peers()
        approvals = self.site.admin(peers[0]).approvals(channel, definition)
        lacking = [peer for peer in peers if not approvals.get(peer.msp)]
        orderer = self.site.orderer(self.channel)
        together(
            lambda peer: self.site.admin(peer).approve(channel, definition, record.package_id, orderer),
            lacking,
        )
        self.site.serving.serve(self._peers(), self.chaincode.name, record.built)
        self.site.admin(peers[0]).commit(channel, definition, peers, orderer)

    def _await_definition(self, record: Deployed) -> None:
        """Wait until every peer goes by the definition; until then it calls what this replaces."""
        channel, name = self.channel.name, self.chaincode.name

        def behind(peer: Peer) -> str | None:
            def there() -> bool | None:
                found = self.site.admin(peer).committed(channel, name)
                return (found is not None and int(found["sequence"]) >= record.sequence) or None

            return None if until(there, _PLAN_DEADLINE, interval=0.25) else peer.node

        nodes = [node for node in together(behind, self._peers()) if node is not None]
        if nodes:
            raise NetworkError(
                f"{', '.join(nodes)} did not get the definition of {name} on {channel} within "
                f"{_PLAN_DEADLINE:g} seconds: see whether they stay behind in `status`, and deploy again"
            )

    def _await_plans(self) -> None:
        def lacking(peer: Peer) -> str | None:
            commands = self.site.admin(peer)
            found = until(
                lambda: commands.endorsement_plan(self.channel.name, self.chaincode.name) or None,
                _PLAN_DEADLINE,
                interval=0.25,
            )
            return None if found else peer.node

        nodes = [node for node in together(lacking, self._peers()) if node is not None]
        if nodes:
            logs = ", ".join(str(self.site.home.log(node)) for node in nodes)
            raise NetworkError(
                f"{', '.join(nodes)} found no set of peers that can endorse {self.chaincode.name} within "
                f"{_PLAN_DEADLINE:g} seconds: see whether the other organisations' peers run, and read {logs}"
            )

    def _initialise(self, initialise: Initialise) -> None:
        endorsers = [self.site.inventory.peers_of(name)[0] for name in initialise.endorsers]
        own = self.site.inventory.peers_of(initialise.organisation)[0]
        commands = PeerCommands(self.site.programs, self.site.home, own, initialise.user)
        channel, name = self.channel.name, self.chaincode.name
        random_id = self.site.home.secret(f"chaincode/{channel}.{name}.random-id")
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
                orderer=self.site.orderer(self.channel),
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
