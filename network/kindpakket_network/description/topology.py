"""The description of a network: one YAML file, checked as a whole before it is used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any, Self

import yaml

from kindpakket_network.description import ports
from kindpakket_network.description.document import Document
from kindpakket_network.description.host import THIS, Host
from kindpakket_network.description.rules import mistakes_in
from kindpakket_network.description.tuning import STANDARD, Tuning
from kindpakket_network.description.warnings import warnings_in
from kindpakket_network.errors import Mistake, TopologyError


@dataclass(frozen=True)
class User:
    """An identity that an organisation's CA issues a certificate to.

    Attributes:
        name: the enrolment name; it is part of the certificate, so it names a function and never a person.
        kind: `client` or `admin`, the node OU of the certificate.
        attributes: attributes in the certificate.
    """

    name: str
    kind: str = "client"
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Organisation:
    """An organisation with its certificate authority.

    Attributes:
        name: its name in file and node names.
        msp: its MSP id.
        peers: the names of its peers, without the organisation.
        consenter: whether it runs an orderer, which can be a consenter of channels.
        users: its identities, at least one of kind `admin`.
        host: where its nodes run.
    """

    name: str
    msp: str
    peers: tuple[str, ...]
    consenter: bool
    users: tuple[User, ...]
    host: Host = THIS

    @property
    def admin(self) -> User:
        """The first of its administrators."""
        return next(user for user in self.users if user.kind == "admin")


@dataclass(frozen=True)
class Ordering:
    """How transactions are ordered.

    Attributes:
        type: `bft` or `raft`.
        batch_interval_ms: how long a transaction waits for its block at most, in milliseconds.
        batch_messages: the maximum number of transactions in a block.
    """

    type: str
    batch_interval_ms: int
    batch_messages: int

    def quorum(self, consenters: int) -> int:
        """How many of a channel's consenters must take part in ordering."""
        if self.type == "raft":
            return consenters // 2 + 1
        return (consenters + (consenters - 1) // 3) // 2 + 1

    @property
    def lag(self) -> int:
        """How many blocks a consenter may harmlessly be behind while nothing is ordered.

        A BFT leader's heartbeats name the last decided block. A consenter that starts one block behind takes
        that block for the next one, and only fetches both when the following block arrives.
        """
        return 1 if self.type == "bft" else 0


@dataclass(frozen=True)
class Member:
    """What an organisation's identities may do on a channel, by role.

    Attributes:
        organisation: the organisation's name.
        writers: roles that may submit transactions.
        readers: roles that may evaluate transactions.
        block_readers: roles that may read blocks and events.
    """

    organisation: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    block_readers: tuple[str, ...]


@dataclass(frozen=True)
class Collection:
    """A private data collection, with Fabric's settings."""

    name: str
    members: str
    endorsement: str | None
    required_peers: int
    max_peers: int
    blocks_to_live: int
    member_only_read: bool
    member_only_write: bool


@dataclass(frozen=True)
class Initialise:
    """A transaction that is submitted once, after the chaincode's first commit.

    Attributes:
        function: the transaction's name.
        argument: its JSON argument.
        organisation: the submitting user's organisation.
        user: the submitting user.
        endorsers: the organisations whose peers endorse it.
        refusal: the error code that says that it has already been done.
        check: a query whose answer must repeat members of the argument.
        check_members: those members.
    """

    function: str
    argument: Mapping[str, Any]
    organisation: str
    user: str
    endorsers: tuple[str, ...]
    refusal: str
    check: str
    check_members: tuple[str, ...]


@dataclass(frozen=True)
class Chaincode:
    """A chaincode of a channel: a Go module that runs as a process next to each peer."""

    name: str
    version: str
    source: Path
    endorsement: str
    collections: tuple[Collection, ...]
    initialise: Initialise | None


@dataclass(frozen=True)
class Channel:
    """A channel with its members and chaincodes.

    Attributes:
        name: its name.
        consenters: the organisations whose orderers order it, by consenter id, starting at 1.
        lifecycle_endorsement: the policy for chaincode definitions.
        administration: the policy for changes of its members and their policies; None: a majority of the
            members' administrators.
        members: the organisations that use it.
        chaincodes: the chaincodes on it.
        acls: policies of the application group by the resource that they guard, where they differ from the
            defaults in `channel.access`.
    """

    name: str
    consenters: tuple[str, ...]
    lifecycle_endorsement: str
    administration: str | None
    members: tuple[Member, ...]
    chaincodes: tuple[Chaincode, ...]
    acls: Mapping[str, str]


@dataclass(frozen=True)
class Topology:
    """A network's description, read and free of problems.

    Attributes:
        name: the network's name.
        base: the first of its ports; see `ports`.
        ordering: how it orders.
        organisations: in the file's order, which determines their ports, and the consenters of channels that
            do not list their own.
        channels: its channels.
        document: the file's members, with absolute paths for the sources of chaincodes.
        tuning: its nodes' settings, and how long certificates last.
        warnings: the warnings, in the order of the file.
    """

    name: str
    base: int
    ordering: Ordering
    organisations: tuple[Organisation, ...]
    channels: tuple[Channel, ...]
    document: Mapping[str, Any] = field(repr=False)
    tuning: Tuning = STANDARD
    warnings: tuple[Mistake, ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a topology.

        Args:
            path: a YAML file.

        Raises:
            TopologyError: the file cannot be read, or has problems; all of them are listed.
        """
        file = Path(path)
        return cls._of(Document.load(file), file.resolve().parent, str(file))

    @classmethod
    def packaged(cls, name: str) -> Self:
        """A topology that comes with this package, such as `kindpakket`.

        Raises:
            TopologyError: there is no such topology.
        """
        return cls.load(packaged_file(name))

    @classmethod
    def read(cls, document: Any, folder: Path, source: str = "the topology") -> Self:
        """Check a parsed topology.

        Args:
            document: the members.
            folder: the folder that sources of chaincodes are relative to.
            source: the topology's name in error messages.

        Raises:
            TopologyError: it has problems; all of them are listed.
        """
        return cls._of(Document(document), folder, source)

    @classmethod
    def _of(cls, read: Document, folder: Path, source: str) -> Self:
        mistakes = [*read.mistakes, *map(read.with_line, mistakes_in(read.members))]
        if mistakes:
            raise TopologyError(source, sorted(mistakes, key=_line))
        absolute = json.loads(json.dumps(read.members))
        for channel in absolute["channels"]:
            for chaincode in channel.get("chaincodes", ()):
                chaincode["source"] = str((folder / chaincode["source"]).resolve())
        hosts = {name: Host(name, **members) for name, members in absolute.get("hosts", {}).items()}
        organisations = tuple(_organisation(members, hosts) for members in absolute["organisations"])
        consenters = tuple(organisation.name for organisation in organisations if organisation.consenter)
        return cls(
            name=absolute["name"],
            base=absolute["ports"]["base"],
            ordering=_ordering(absolute["ordering"]),
            organisations=organisations,
            channels=tuple(_channel(members, consenters) for members in absolute["channels"]),
            document=absolute,
            tuning=Tuning.read(absolute.get("tuning", {})),
            warnings=tuple(sorted(map(read.with_line, warnings_in(read.members)), key=_line)),
        )

    def with_base(self, base: int) -> Self:
        """The same network with `base` as its first port."""
        return replace(self, base=base, document={**self.document, "ports": {"base": base}})

    def with_free_ports(self) -> Self:
        """The same network on ports that are free at present, for tests, with room for joining organisations.

        Raises:
            OSError: there are not enough free ports.
        """
        return self.with_base(ports.free_base(len(self.organisations) + ports.JOINING))

    def organisation(self, name: str) -> Organisation:
        """The organisation of that name.

        Raises:
            KeyError: there is none.
        """
        return next(
            (organisation for organisation in self.organisations if organisation.name == name), None
        ) or _missing(name)

    def channel(self, name: str) -> Channel:
        """The channel of that name.

        Raises:
            KeyError: there is none.
        """
        return next((channel for channel in self.channels if channel.name == name), None) or _missing(name)

    def members_with_peers(self, channel: Channel) -> list[Organisation]:
        """The organisations whose peers join a channel."""
        organisations = (self.organisation(member.organisation) for member in channel.members)
        return [organisation for organisation in organisations if organisation.peers]

    def as_yaml(self) -> str:
        """The topology as a file that `load` reads back."""
        return yaml.safe_dump(dict(self.document), sort_keys=False, allow_unicode=True)


def packaged_file(name: str) -> Path:
    """The path of a topology that comes with this package; it may not exist."""
    return Path(str(resources.files("kindpakket_network"))) / "data" / "topologies" / f"{name}.yaml"


def _line(mistake: Mistake) -> int:
    return mistake.line or 0


def _missing(name: str) -> Any:
    raise KeyError(name)


def _ordering(members: Mapping[str, Any]) -> Ordering:
    default = 50 if members["type"] == "bft" else 100
    return Ordering(
        members["type"], members.get("batch_interval_ms", default), members.get("batch_messages", 500)
    )


def _organisation(members: Mapping[str, Any], hosts: Mapping[str, Host]) -> Organisation:
    users = tuple(
        User(user["name"], user.get("type", "client"), user.get("attributes", {}))
        for user in members["users"]
    )
    peers = tuple(members.get("peers", ()))
    host = hosts[members["host"]] if "host" in members else THIS
    return Organisation(members["name"], members["msp"], peers, members.get("consenter", False), users, host)


def _channel(members: Mapping[str, Any], consenters: tuple[str, ...]) -> Channel:
    return Channel(
        name=members["name"],
        consenters=tuple(members.get("consenters", consenters)),
        lifecycle_endorsement=members["lifecycle_endorsement"],
        administration=members.get("administration"),
        members=tuple(
            Member(
                member["organisation"],
                tuple(member["writers"]),
                tuple(member["readers"]),
                tuple(member["block_readers"]),
            )
            for member in members["members"]
        ),
        chaincodes=tuple(_chaincode(chaincode) for chaincode in members.get("chaincodes", ())),
        acls=dict(members.get("acls", {})),
    )


def _chaincode(members: Mapping[str, Any]) -> Chaincode:
    return Chaincode(
        name=members["name"],
        version=members["version"],
        source=Path(members["source"]),
        endorsement=members["endorsement"],
        collections=tuple(_collection(collection) for collection in members.get("collections", ())),
        initialise=_initialise(members["initialise"]) if "initialise" in members else None,
    )


def _collection(members: Mapping[str, Any]) -> Collection:
    return Collection(
        name=members["name"],
        members=members["members"],
        endorsement=members.get("endorsement"),
        required_peers=members.get("required_peers", 0),
        max_peers=members.get("max_peers", 1),
        blocks_to_live=members.get("blocks_to_live", 0),
        member_only_read=members.get("member_only_read", True),
        member_only_write=members.get("member_only_write", True),
    )


def _initialise(members: Mapping[str, Any]) -> Initialise:
    return Initialise(
        function=members["function"],
        argument=members["argument"],
        organisation=members["organisation"],
        user=members["user"],
        endorsers=tuple(members["endorsers"]),
        refusal=members["refusal"],
        check=members["check"]["function"],
        check_members=tuple(members["check"]["members"]),
    )
