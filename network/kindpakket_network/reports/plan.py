"""What `up` would do: compares the topology with the home and the running processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kindpakket_network.certificates.expired import ensure_usable
from kindpakket_network.certificates.program_upgrade import running_builds
from kindpakket_network.certificates.rolling_restart import outdated_authorities, outdated_nodes
from kindpakket_network.chaincodes import package as code
from kindpakket_network.chaincodes.deployment import definition_digest
from kindpakket_network.chaincodes.sources import ensure_sources
from kindpakket_network.description.chaincode import Chaincode
from kindpakket_network.description.changes import Change, changes, ensure_possible
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import ChangeRefused, Mistake
from kindpakket_network.nodes.departures import (
    CHANNEL,
    CONSENTER,
    ORGANISATION,
    PEER,
    USER,
    Departure,
    pending,
)
from kindpakket_network.nodes.deployment_record import DeploymentRecord
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.own_organisations import own_organisations
from kindpakket_network.nodes.own_tokens import ensure_tokens
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.serving import Serving
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes


@dataclass(frozen=True)
class Step:
    """A step that `up` would take.

    Attributes:
        kind: `build`, `enrol`, `start`, `restart`, `upgrade`, `create`, `join`, `configure`, `raise`,
            `deploy`, `install` or `remove`.
        subject: the identity, node, channel or chaincode that it applies to.
        words: what would be done.
    """

    kind: str
    subject: str
    words: str


@dataclass(frozen=True)
class Plan:
    """What `up` would do.

    Attributes:
        home: the network's folder.
        changes: the differences between the topology and the one that was brought up.
        steps: what `up` would do, in order.
        warnings: the warnings about the topology.
    """

    home: str
    changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    warnings: tuple[Mistake, ...] = ()

    @property
    def done(self) -> bool:
        """Whether there is nothing to do."""
        return not self.steps and not self.changes

    def as_json(self) -> dict[str, Any]:
        """The same as members for JSON."""
        found = [{"place": change.place, "words": change.words} for change in self.changes]
        return {
            "home": self.home,
            "done": self.done,
            "changes": found,
            "steps": [asdict(step) for step in self.steps],
            "warnings": [asdict(warning) for warning in self.warnings],
        }


def plan(
    topology: Topology,
    home: Home,
    processes: Processes,
    configured: Callable[[], Iterable[Step]] = tuple,
    leaving: Sequence[Departure] = (),
    *,
    built: bool = True,
) -> Plan:
    """Find out what `up` would do, without doing anything.

    Args:
        topology: the desired topology.
        home: the network's folder.
        processes: its processes.
        configured: returns what would change in the configurations of channels.
        leaving: what is to leave, and the topology lacks.
        built: whether Fabric's programs are there, without which no configuration can be read.

    Raises:
        ChangeRefused: the network in the home cannot become what the topology describes.
        TopologyError: the source of a chaincode, or a token, cannot be used.
        NetworkError: a certificate or key cannot be used.
    """
    inventory = Inventory.of(topology, home)
    ensure_sources(topology, own_organisations(topology, home))
    ensure_tokens(topology, own_organisations(topology, home))
    found: list[Change] = []
    if home.exists():
        present = Topology.load(home.topology)
        ensure_possible(present, topology, removing=bool(leaving))
        ensure_usable(topology, home, inventory)
        found = changes(present, topology)
    unbuilt = Step("build", "programs", "Fabric's; only with them are the channels' settings compared")
    steps = [
        *(() if built else (unbuilt,)),
        *_certificates(topology, home, inventory),
        *_starts(topology, home, inventory, processes),
        *_joins(topology, home, inventory),
        *configured(),
        *_chaincodes(topology, home, inventory),
        *_departures([*pending(topology, home), *leaving], home),
    ]
    return Plan(str(home.root), tuple(found), tuple(steps), topology.warnings)


def _certificates(topology: Topology, home: Home, inventory: Inventory) -> Iterator[Step]:
    refused = []
    for organisation in own_organisations(topology, home):
        for issue in inventory.issues(topology, home, organisation):
            record = issue.folder / "enrolment.json"
            if not record.is_file():
                text = f"{issue.folder.name} certificate of kind {issue.kind}"
                yield Step("enrol", f"{issue.name}@{organisation}", text)
            elif json.loads(record.read_text("utf-8"))["attributes"] != dict(issue.attributes):
                refused.append(
                    Mistake(
                        f"organisations.{organisation}.users.{issue.name}",
                        "has a certificate with different attributes: use another name for the identity",
                    )
                )
    if refused:
        raise ChangeRefused("the network in this home cannot become what the topology describes", refused)


def _starts(topology: Topology, home: Home, inventory: Inventory, processes: Processes) -> Iterator[Step]:
    running = processes.all()
    for node in Serving(topology, home, inventory, processes).nodes():
        if node not in running:
            yield Step("start", node, "it is not running")
    for outdated in (*outdated_authorities(inventory, processes), *outdated_nodes(inventory, processes)):
        yield Step("restart", outdated.node, "its settings have changed")
    own = own_organisations(topology, home)
    for ledger_node, build in running_builds(inventory, processes).items():
        if ledger_node.organisation in own and build != topology.build:
            yield Step("upgrade", ledger_node.node, f"{build} -> {topology.build}")


def _joins(topology: Topology, home: Home, inventory: Inventory) -> Iterator[Step]:
    own = own_organisations(topology, home)
    for channel in topology.channels:
        if not home.genesis(channel.name).is_file():
            yield Step("create", channel.name, f"ordered by {', '.join(channel.consenters)}")
        for orderer in inventory.consenters_of(channel):
            if orderer.organisation in own and not orderer.has(channel.name):
                yield Step("join", orderer.node, f"{channel.name}, as a consenter")
        for peer in inventory.peers_on(topology, channel):
            if peer.organisation in own and not peer.has(channel.name):
                yield Step("join", peer.node, channel.name)


def _chaincodes(topology: Topology, home: Home, inventory: Inventory) -> Iterator[Step]:
    own = own_organisations(topology, home)
    for channel in topology.channels:
        peers = [peer for peer in inventory.peers_on(topology, channel) if peer.organisation in own]
        for chaincode in channel.chaincodes if peers else ():
            yield from _chaincode(channel, chaincode, home, peers)


def _chaincode(channel: Channel, chaincode: Chaincode, home: Home, peers: Sequence[Peer]) -> Iterator[Step]:
    package = code.package_of(chaincode)
    record = DeploymentRecord.read(home.deployed(channel.name, chaincode.name))
    subject = f"{chaincode.name} on {channel.name}"
    if record is None:
        yield Step("deploy", subject, f"version {chaincode.version}, package {package.label}")
        return
    if record.definition != definition_digest(chaincode, package.id):
        which = "the same package" if record.label == package.label else f"package {package.label}"
        text = f"sequence {record.sequence + 1} with {which}, replacing {record.sequence}"
        yield Step("deploy", subject, text)
    elif record.replaces is not None:
        yield Step("deploy", subject, f"sequence {record.sequence}, whose deployment is unfinished")
    lacking = [peer.node for peer in peers if not peer.has_package(package.id)]
    if lacking:
        yield Step("install", subject, f"package {package.label} on {', '.join(lacking)}")


def _departures(leaving: Sequence[Departure], home: Home) -> Iterator[Step]:
    words = {
        USER: "revoke its certificates",
        PEER: "stop it, and revoke its certificates",
        CONSENTER: "stop it and revoke its certificates, unless it orders other channels",
        ORGANISATION: "stop its nodes",
        CHANNEL: "have this home's nodes leave it",
    }
    for departure in leaving:
        files = "delete its files" if departure.delete else f"move its files to {home.removed}"
        yield Step("remove", departure.subject, f"{words[departure.kind]}; {files}")
