"""What `up` would do: the topology against what the home holds and what runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kindpakket_network.certificates.retuning import outdated, untuned
from kindpakket_network.chaincodes import package as code
from kindpakket_network.chaincodes.deployment import definition_digest
from kindpakket_network.description.changes import Change, changes, ensure_possible
from kindpakket_network.description.topology import Chaincode, Channel, Topology
from kindpakket_network.errors import ChangeRefused, Mistake
from kindpakket_network.nodes.acting import acting
from kindpakket_network.nodes.deployed import Deployed
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.serving import Serving
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import Processes


@dataclass(frozen=True)
class Step:
    """Something that `up` would do.

    Attributes:
        kind: `enrol`, `start`, `restart`, `create`, `join`, `configure`, `deploy` or `install`.
        subject: the identity, node, channel or chaincode that it is done to.
        words: what is done.
    """

    kind: str
    subject: str
    words: str


@dataclass(frozen=True)
class Plan:
    """What `up` would do.

    Attributes:
        home: the network's folder.
        changes: what the topology says otherwise than the one that was brought up.
        steps: what is to be done, in the order in which `up` does it.
        warnings: what is questionable in the topology.
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
        found = [{"place": one.place, "words": one.words} for one in self.changes]
        return {
            "home": self.home,
            "done": self.done,
            "changes": found,
            "steps": [asdict(one) for one in self.steps],
            "warnings": [asdict(one) for one in self.warnings],
        }


def plan(
    topology: Topology, home: Home, processes: Processes, configured: Callable[[], Iterable[Step]] = tuple
) -> Plan:
    """See what `up` would do, and do nothing.

    Args:
        topology: what is wanted.
        home: the network's folder.
        processes: its processes.
        configured: tells what would change in the configurations of channels.

    Raises:
        ChangeRefused: the network that lives in the home cannot become this.
        NetworkError: the source of a chaincode is not there.
    """
    inventory = Inventory.of(topology, home)
    found: list[Change] = []
    if home.exists():
        present = Topology.load(home.topology)
        ensure_possible(present, topology)
        found = changes(present, topology)
    steps = [
        *_certificates(topology, home, inventory),
        *_starts(topology, home, inventory, processes),
        *_joins(topology, home, inventory),
        *configured(),
        *_chaincodes(topology, home, inventory),
    ]
    return Plan(str(home.root), tuple(found), tuple(steps), topology.warnings)


def _certificates(topology: Topology, home: Home, inventory: Inventory) -> Iterator[Step]:
    refused = []
    for organisation in acting(topology, home):
        for issue in inventory.issues(topology, home, organisation):
            record = issue.folder / "enrolment.json"
            if not record.is_file():
                words = f"{issue.folder.name} certificate of kind {issue.kind}"
                yield Step("enrol", f"{issue.name}@{organisation}", words)
            elif json.loads(record.read_text("utf-8"))["attributes"] != dict(issue.attributes):
                refused.append(
                    Mistake(
                        f"organisations.{organisation}.users.{issue.name}",
                        "has a certificate with other attributes: give the identity another name",
                    )
                )
    if refused:
        raise ChangeRefused("the network in this home cannot follow the topology, which", refused)


def _starts(topology: Topology, home: Home, inventory: Inventory, processes: Processes) -> Iterator[Step]:
    running = processes.all()
    for node in Serving(topology, home, inventory, processes).nodes():
        if node not in running:
            yield Step("start", node, "it does not run")
    for one in (*outdated(inventory, processes), *untuned(inventory, processes)):
        yield Step("restart", one.node, "it runs with other settings")


def _joins(topology: Topology, home: Home, inventory: Inventory) -> Iterator[Step]:
    own = acting(topology, home)
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
    own = acting(topology, home)
    for channel in topology.channels:
        peers = [one for one in inventory.peers_on(topology, channel) if one.organisation in own]
        for chaincode in channel.chaincodes if peers else ():
            yield from _chaincode(channel, chaincode, home, peers)


def _chaincode(channel: Channel, chaincode: Chaincode, home: Home, peers: Sequence[Peer]) -> Iterator[Step]:
    package = code.package(chaincode.name, code.source_digest(chaincode.source))
    record = Deployed.read(home.deployed(channel.name, chaincode.name))
    subject = f"{chaincode.name} on {channel.name}"
    if record is None:
        yield Step("deploy", subject, f"version {chaincode.version}, package {package.label}")
        return
    if record.definition != definition_digest(chaincode, package.id):
        which = "the same package" if record.label == package.label else f"package {package.label}"
        words = f"sequence {record.sequence + 1} with {which}, in the place of {record.sequence}"
        yield Step("deploy", subject, words)
    elif record.replaces is not None:
        yield Step("deploy", subject, f"sequence {record.sequence}, which was begun")
    lacking = [peer.node for peer in peers if not peer.has_package(package.id)]
    if lacking:
        yield Step("install", subject, f"package {package.label} on {', '.join(lacking)}")
