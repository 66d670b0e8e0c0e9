"""Deploys a chaincode to a channel: package, install, serve, approve, commit, initialise.

Nothing is recorded or approved before the new code runs, so code that does not compile or start leaves
everything as it was. A record in the home assigns a sequence number to a definition before anything is
approved. If a deployment is interrupted, the same call resumes with the same number; another definition gets
the next one. Each organisation installs and approves for itself; the last one commits.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from kindpakket_network.chaincodes import package as code
from kindpakket_network.chaincodes.definition import collections_document, definition_arguments
from kindpakket_network.chaincodes.readiness import Readiness
from kindpakket_network.description.chaincode import Chaincode, Initialise
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.policy import satisfied
from kindpakket_network.errors import CommandFailed, NetworkError, NodeFailed, Waiting
from kindpakket_network.nodes.deployment_record import DeploymentRecord, ServedPackage
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.peer_commands import PeerCommands
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write
from kindpakket_network.programs.wait import in_parallel, until

_RANDOM = "${random-id}"
# Attempts when other organisations approve or commit at the same time; each lost race costs one.
_TRIES = 4
# Fabric's errors when another organisation's approval or commit came in between.
_OVERTAKEN = (
    "MVCC_READ_CONFLICT",
    "new definition must be sequence",
    "is larger than requested sequence",
    "with unchanged content",
)
# Peers answer differently while one of them is a block behind, and so does not know of an approval yet.
_NOT_IN_STEP = "ProposalResponsePayloads do not match"
_IN_STEP = 60.0
_ANOTHER_DEFINITION = "attempted to redefine the current committed sequence"


class CommittedDefinition(NamedTuple):
    """A channel's committed definition of a chaincode.

    Attributes:
        sequence: its sequence number; 0 if there is none.
        approved: the MSP ids of the organisations that approved exactly this definition.
    """

    sequence: int
    approved: frozenset[str]


def definition_digest(chaincode: Chaincode, package_id: str) -> str:
    """The SHA-256 of a chaincode's definition, including its package, in hexadecimal."""
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

    def run(self) -> DeploymentRecord:
        """Do this home's part of the deployment, and commit once enough organisations have approved.

        Raises:
            Waiting: this home has done its part, and other organisations must do theirs.
            NetworkError: a step failed; the next call resumes from there.
        """
        package, binary = self.prepare()
        record = self._agreed(package, binary)
        readiness = Readiness(self.session, self.channel, self.chaincode)
        readiness.await_definition(record.sequence)
        readiness.await_plans()
        readiness.await_answers()
        if record.replaces is not None:
            record = replace(record, replaces=None)
            record.write(self._path)
        self.session.serving.retire(self.chaincode.name)
        initialise = self.chaincode.initialise
        if (
            initialise is None
            or record.initialised
            or initialise.organisation not in self.session.own_organisations
        ):
            return record
        self._initialise(initialise)
        record = replace(record, initialised=True)
        record.write(self._path)
        return record

    def prepare(self) -> tuple[code.Package, Path]:
        """Build the chaincode, install it and start its processes; nothing is approved yet.

        Returns:
            The package and the program.

        Raises:
            NetworkError: a peer does not run, or the chaincode does not build.
            NodeFailed: its process does not start; it is stopped, and the channel uses what it used before.
        """
        peers = self._peers()
        halted = [peer.node for peer in peers if self.session.processes.find(peer.node) is None]
        if halted or not peers:
            raise NetworkError(
                f"deploying {self.chaincode.name} needs {', '.join(halted) or 'a peer of this home'} to run: "
                "run `up` first"
            )
        package = code.package_of(self.chaincode)
        binary = code.build(self.chaincode, package, self.session.home)
        self._install(package)
        try:
            built = ServedPackage(package.label, package.id, str(binary))
            self.session.serving.serve(peers, self.chaincode.name, built)
        except NodeFailed:
            self.session.serving.retire(self.chaincode.name)
            raise
        return package, binary

    def _agreed(self, package: code.Package, binary: Path) -> DeploymentRecord:
        """Approve and commit; start over if another organisation's transaction came first."""
        for left in reversed(range(_TRIES)):
            record = self._record(package, binary)
            try:
                record = self._approve(record)
                if self._committed().sequence < record.sequence:
                    self._commit(record)
                return record
            except CommandFailed as error:
                if not left or not any(marker in error.output for marker in _OVERTAKEN):
                    raise
        raise AssertionError

    def _record(self, package: code.Package, binary: Path) -> DeploymentRecord:
        """The record that assigns a sequence number to the definition: an earlier call's, or a new one.

        A number that others have committed since is tried first, in case their definition is the same.
        """
        digest = definition_digest(self.chaincode, package.id)
        present = DeploymentRecord.read(self._path)
        committed = self._committed().sequence
        known = present.sequence if present is not None else 0
        if present is not None and present.definition == digest and known >= committed:
            return present
        live: ServedPackage | None = None
        if present is not None:
            live = present.built if committed >= known else present.replaces
        record = DeploymentRecord(
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
        return [peer for peer in self._first_peers() if peer.organisation in self.session.own_organisations]

    def _committed(self) -> CommittedDefinition:
        found = self.session.admin(self._peers()[0]).committed(self.channel.name, self.chaincode.name)
        if found is None:
            return CommittedDefinition(0, frozenset())
        approvals = found.get("approvals", {})
        return CommittedDefinition(
            int(found["sequence"]), frozenset(msp for msp, given in approvals.items() if given)
        )

    def _install(self, package: code.Package) -> None:
        """Install the package on this home's peers that do not have it."""
        file = code.write_package(package, self.session.home)

        def install(peer: Peer) -> None:
            self.session.serving.place(peer, self.chaincode.name, package.label)
            if peer.has_package(package.id):
                return
            commands = self.session.admin(peer)
            commands.install(file)
            if package.id not in commands.installed():
                raise NetworkError(
                    f"{peer.node} did not install the package as {package.id}: check that its Fabric is 3.1.1"
                )

        in_parallel(install, self._peers())

    def _definition(self, record: DeploymentRecord) -> list[str]:
        collections: Path | None = None
        if self.chaincode.collections:
            collections = self.session.home.chaincode(record.label) / f"{self.channel.name}.collections.json"
            write(collections, json.dumps(collections_document(self.chaincode), indent=1))
        return definition_arguments(self.chaincode, record.sequence, collections)

    def _approve(self, record: DeploymentRecord) -> DeploymentRecord:
        """Approve the definition for this home's organisations that have not yet approved it."""
        approved = self._approvals(record)
        lacking = [
            peer
            for peer, given in self._own_approvals(record, approved).items()
            if given != record.package_id
        ]
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
            in_parallel(approve, lacking)
        except CommandFailed as error:
            if _ANOTHER_DEFINITION not in error.output:
                raise
            written = DeploymentRecord.read(self._path)
            if written is None or written.sequence < record.sequence:
                raise NetworkError(
                    f"{', '.join(sorted(approved))} committed a different definition of {name} on {channel} "
                    f"as sequence {record.sequence}: change this topology to match and deploy again, or "
                    "change `version` to propose yours as the next one"
                ) from error
            # Others committed this number, and this topology has changed since: it needs the next number.
            record = replace(record, sequence=record.sequence + 1)
            record.write(self._path)
            return self._approve(record)
        record.write(self._path)
        return record

    def _own_approvals(self, record: DeploymentRecord, approved: frozenset[str]) -> dict[Peer, str | None]:
        """The packages with which this home's organisations approved the definition; None for none.

        A definition does not name its package, so one that was approved with another package is as good as
        not approved: its organisation's peers would go on with that package.
        """
        peers = self._own_first_peers()

        def package(peer: Peer) -> str | None:
            if peer.msp not in approved:
                return None
            commands = self.session.admin(peer)
            return commands.approved_package(self.channel.name, self.chaincode.name, record.sequence)

        return dict(zip(peers, in_parallel(package, peers), strict=True))

    def _approvals(self, record: DeploymentRecord) -> frozenset[str]:
        """The MSP ids of the organisations that approved the definition."""
        committed = self._committed()
        if committed.sequence >= record.sequence:
            return committed.approved
        commands = self.session.admin(self._peers()[0])
        approvals = commands.approvals(self.channel.name, self._definition(record))
        return frozenset(msp for msp, given in approvals.items() if given)

    def _commit(self, record: DeploymentRecord) -> None:
        """Commit the definition if those who approved it can endorse the commit and later transactions.

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
                    f"({record.package_id}) is approved by {', '.join(sorted(approved))}, but needs "
                    f"{' and '.join(policies)}: {', '.join(peer.organisation for peer in others)} must start "
                    f"{'their peers' if len(others) > 1 else 'its peer'}, and approve it with `deploy`"
                ]
            )
        behind: list[CommandFailed] = []

        def committed() -> bool | None:
            try:
                self.session.admin(self._peers()[0]).commit(
                    self.channel.name, self._definition(record), peers, self.session.orderer(self.channel)
                )
            except CommandFailed as error:
                if _NOT_IN_STEP not in error.output:
                    raise
                behind.append(error)
                return None
            return True

        if until(committed, _IN_STEP, interval=0.5) is None:
            raise behind[-1]

    def _initialise(self, initialise: Initialise) -> None:
        approved = self._committed().approved
        late = [endorser for endorser in initialise.endorsers if self._msp(endorser) not in approved]
        if late:
            raise Waiting(
                [
                    f"{self.chaincode.name} on {self.channel.name}: its initial transaction also needs the "
                    f"endorsement of {', '.join(late)}, who must first approve the definition with `deploy`"
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
                    f"{name} on {channel} is already initialised with {member} {answer.get(member)!r}, not "
                    f"{argument[member]!r}: deploy it under another name"
                )

    def _msp(self, organisation: str) -> str:
        return self.session.topology.organisation(organisation).msp
