"""Bringing a chaincode onto a channel: package, install, approve, commit, serve, initialise.

A record in the home says which definition is meant for which sequence number, and is written before anything
is approved. After an interruption the same call carries on with the same number; another definition takes the
next one. Every organisation installs and approves for itself; whoever comes last commits.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from kindpakket_network.chaincodes import package as code
from kindpakket_network.chaincodes.definition import collections_document, definition_arguments
from kindpakket_network.description.policy import satisfied
from kindpakket_network.description.topology import Chaincode, Channel, Initialise
from kindpakket_network.errors import CommandFailed, NetworkError, Waiting
from kindpakket_network.nodes.deployed import Built, Deployed
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.peer_commands import PeerCommands
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write
from kindpakket_network.programs.wait import together, until

_PLAN_DEADLINE = 60.0
_RANDOM = "${random-id}"
_TRIES = 4
# What Fabric says when an approval or a commit of another organisation came in between.
_OVERTAKEN = (
    "MVCC_READ_CONFLICT",
    "new definition must be sequence",
    "is larger than requested sequence",
    "with unchanged content",
)
_ANOTHER_DEFINITION = "attempted to redefine the current committed sequence"


class Committed(NamedTuple):
    """The definition that a channel goes by.

    Attributes:
        sequence: its number; 0 when there is none.
        approved: the MSP ids of the organisations that approved just this one.
    """

    sequence: int
    approved: frozenset[str]


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
        session: the network.
        channel: the channel.
        chaincode: the chaincode.
    """

    session: Session
    channel: Channel
    chaincode: Chaincode

    def run(self) -> Deployed:
        """Do what the acting organisations have not done yet, and commit once enough have approved.

        Raises:
            Waiting: the acting organisations' part is done, and others have to do theirs.
            NetworkError: a step did not work; what was done stays, and the next call carries on.
        """
        peers = self._peers()
        halted = [peer.node for peer in peers if self.session.processes.find(peer.node) is None]
        if halted or not peers:
            raise NetworkError(
                f"{', '.join(halted) or 'a peer of ours'} must run to deploy {self.chaincode.name}: "
                "bring it up first"
            )
        package = code.package(self.chaincode.name, code.source_digest(self.chaincode.source))
        binary = code.build(self.chaincode.source, package, self.session.home)
        record = self._agreed(package, binary)
        self._await_definition(record)
        self._await_plans()
        if record.replaces is not None:
            record = replace(record, replaces=None)
            record.write(self._path)
        self.session.serving.retire(self.chaincode.name)
        initialise = self.chaincode.initialise
        if initialise is None or record.initialised or initialise.organisation not in self.session.acting:
            return record
        self._initialise(initialise)
        record = replace(record, initialised=True)
        record.write(self._path)
        return record

    def _agreed(self, package: code.Package, binary: Path) -> Deployed:
        """Install, approve, serve and commit; begun again when another organisation was quicker."""
        for left in reversed(range(_TRIES)):
            record = self._record(package, binary)
            self._install(package)
            try:
                record = self._approve(record)
                self.session.serving.serve(self._peers(), self.chaincode.name, record.built)
                if self._committed().sequence < record.sequence:
                    self._commit(record)
                return record
            except CommandFailed as error:
                if not left or not any(words in error.output for words in _OVERTAKEN):
                    raise
        raise AssertionError

    def _record(self, package: code.Package, binary: Path) -> Deployed:
        """Which definition is meant for which sequence number, as the record of an earlier call or a new one.

        A number that others committed meanwhile is tried first: with the same definition it is ours, too.
        """
        digest = definition_digest(self.chaincode, package.id)
        present = Deployed.read(self._path)
        committed = self._committed().sequence
        known = present.sequence if present is not None else 0
        if present is not None and present.definition == digest and known >= committed:
            return present
        live: Built | None = None
        if present is not None:
            live = present.built if committed >= known else present.replaces
        record = Deployed(
            sequence=committed if committed > known else committed + 1,
            definition=digest,
            label=package.label,
            package_id=package.id,
            binary=str(binary),
            initialised=present.initialised if present else False,
            replaces=live if live is not None and live.package_id != package.id else None,
        )
        if present is None or present.definition != digest:
            record.write(self._path)
        return record

    @property
    def _path(self) -> Path:
        return self.session.home.deployed(self.channel.name, self.chaincode.name)

    def _peers(self) -> list[Peer]:
        return self.session.own_peers_on(self.channel)

    def _first_peers(self) -> list[Peer]:
        """One peer of each organisation."""
        organisations = self.session.topology.members_with_peers(self.channel)
        return [self.session.inventory.peers_of(organisation.name)[0] for organisation in organisations]

    def _own_first_peers(self) -> list[Peer]:
        return [peer for peer in self._first_peers() if peer.organisation in self.session.acting]

    def _committed(self) -> Committed:
        found = self.session.admin(self._peers()[0]).committed(self.channel.name, self.chaincode.name)
        if found is None:
            return Committed(0, frozenset())
        approvals = found.get("approvals", {})
        return Committed(int(found["sequence"]), frozenset(msp for msp, given in approvals.items() if given))

    def _install(self, package: code.Package) -> None:
        """Install the package on peers of ours that have not got it."""
        file = code.write_package(package, self.session.home)

        def install(peer: Peer) -> None:
            self.session.serving.place(peer, self.chaincode.name, package.label)
            if peer.has_package(package.id):
                return
            commands = self.session.admin(peer)
            commands.install(file)
            if package.id not in commands.installed():
                raise NetworkError(f"{peer.node} computed another package id than {package.id}")

        together(install, self._peers())

    def _definition(self, record: Deployed) -> list[str]:
        collections: Path | None = None
        if self.chaincode.collections:
            collections = self.session.home.chaincode(record.label) / f"{self.channel.name}.collections.json"
            write(collections, json.dumps(collections_document(self.chaincode), indent=1))
        return definition_arguments(self.chaincode, record.sequence, collections)

    def _approve(self, record: Deployed) -> Deployed:
        """Approve the definition for the acting organisations that have not done so."""
        approved = self._approvals(record)
        lacking = [peer for peer in self._own_first_peers() if peer.msp not in approved]
        if not lacking:
            record.write(self._path)
            return record
        name, channel = self.chaincode.name, self.channel.name
        self.session.progress(f"Deploying {name} to {channel}: sequence {record.sequence} ...")
        orderer = self.session.orderer(self.channel)

        def approve(peer: Peer) -> None:
            definition = self._definition(record)
            self.session.admin(peer).approve(channel, definition, record.package_id, orderer)

        try:
            together(approve, lacking)
        except CommandFailed as error:
            if _ANOTHER_DEFINITION not in error.output:
                raise
            written = Deployed.read(self._path)
            if written is None or written.sequence < record.sequence:
                raise NetworkError(
                    f"{', '.join(sorted(approved))} committed another definition of {name} on {channel} as "
                    f"sequence {record.sequence} than this topology has: take theirs and deploy again, or "
                    "change `version` to propose yours once more"
                ) from error
            # What this topology newly wants is a change of what others committed under this number.
            record = replace(record, sequence=record.sequence + 1)
            record.write(self._path)
            return self._approve(record)
        record.write(self._path)
        return record

    def _approvals(self, record: Deployed) -> frozenset[str]:
        """The MSP ids of those who approved the definition."""
        committed = self._committed()
        if committed.sequence >= record.sequence:
            return committed.approved
        commands = self.session.admin(self._peers()[0])
        approvals = commands.approvals(self.channel.name, self._definition(record))
        return frozenset(msp for msp, given in approvals.items() if given)

    def _commit(self, record: Deployed) -> None:
        """Commit the definition when those who approved it can endorse that, and transactions after it.

        Raises:
            Waiting: they cannot yet.
        """
        approved = self._approvals(record)
        peers = [peer for peer in self._first_peers() if peer.msp in approved and self.session.answers(peer)]
        able = {peer.msp for peer in peers}
        policies = dict.fromkeys((self.channel.lifecycle_endorsement, self.chaincode.endorsement))
        if not all(satisfied(policy, able) for policy in policies):
            others = [peer for peer in self._first_peers() if peer.msp not in able]
            raise Waiting(
                [
                    f"{self.chaincode.name} on {self.channel.name}: sequence {record.sequence} "
                    f"({record.package_id}) is approved by {', '.join(sorted(approved))}, and needs "
                    f"{' and '.join(policies)}: {', '.join(peer.organisation for peer in others)} must have "
                    f"{'their peers' if len(others) > 1 else 'its peer'} up, and approve it with `deploy`"
                ]
            )
        orderer = self.session.orderer(self.channel)
        self.session.admin(self._peers()[0]).commit(
            self.channel.name, self._definition(record), peers, orderer
        )

    def _await_definition(self, record: Deployed) -> None:
        """Wait until every peer goes by the definition; until then it calls what this replaces."""
        channel, name = self.channel.name, self.chaincode.name

        def behind(peer: Peer) -> str | None:
            def there() -> bool | None:
                found = self.session.admin(peer).committed(channel, name)
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
            commands = self.session.admin(peer)
            found = until(
                lambda: commands.endorsement_plan(self.channel.name, self.chaincode.name) or None,
                _PLAN_DEADLINE,
                interval=0.25,
            )
            return None if found else peer.node

        nodes = [node for node in together(lacking, self._peers()) if node is not None]
        if nodes:
            logs = ", ".join(str(self.session.home.log(node)) for node in nodes)
            raise NetworkError(
                f"{', '.join(nodes)} found no set of peers that can endorse {self.chaincode.name} within "
                f"{_PLAN_DEADLINE:g} seconds: see whether the other organisations' peers run, and read {logs}"
            )

    def _initialise(self, initialise: Initialise) -> None:
        approved = self._committed().approved
        late = [one for one in initialise.endorsers if self._msp(one) not in approved]
        if late:
            raise Waiting(
                [
                    f"{self.chaincode.name} on {self.channel.name}: its first transaction is endorsed by "
                    f"{', '.join(late)} too, which must approve the definition first, with `deploy`"
                ]
            )
        endorsers = [self.session.inventory.peers_of(name)[0] for name in initialise.endorsers]
        own = self.session.inventory.peers_of(initialise.organisation)[0]
        commands = PeerCommands(self.session.programs, self.session.home, own, initialise.user)
        channel, name = self.channel.name, self.chaincode.name
        random_id = self.session.home.secret(f"chaincode/{channel}.{name}.random-id")
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
                orderer=self.session.orderer(self.channel),
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

    def _msp(self, organisation: str) -> str:
        return self.session.topology.organisation(organisation).msp
