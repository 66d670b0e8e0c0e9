"""The description of a network: one YAML file, checked as a whole before it is used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any, Self

import yaml

from kindpakket_network.description import ports
from kindpakket_network.description.build import STANDARD_BUILD
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.document import Document
from kindpakket_network.description.host import Host
from kindpakket_network.description.ordering import Ordering
from kindpakket_network.description.organisation import Organisation, places_of
from kindpakket_network.description.policy import single_quoted
from kindpakket_network.description.rules import mistakes_in
from kindpakket_network.description.tuning import STANDARD, Tuning
from kindpakket_network.description.warnings import warnings_in
from kindpakket_network.errors import Mistake, NoSuch, TopologyError


@dataclass(frozen=True)
class Topology:
    """A network's description, read and free of problems.

    Attributes:
        name: the network's name.
        base: the first of its ports; see `ports`.
        chaincode_base: the first port of the area for a third chaincode and more; None: there is none.
        ordering: how it orders.
        organisations: in the file's order, which determines their ports, and the consenters of channels that
            do not list their own.
        channels: its channels.
        document: the file's members, with absolute paths for the sources of chaincodes.
        tuning: its nodes' settings, and how long certificates last.
        build: the build of Fabric's programs that its peers and orderers run; see `description.build`.
        warnings: the warnings, in the order of the file.
        read_from: the file as it was written, for the lines of problems that are found later.
        source: the file's name in error messages.
    """

    name: str
    base: int
    ordering: Ordering
    organisations: tuple[Organisation, ...]
    channels: tuple[Channel, ...]
    document: Mapping[str, Any] = field(repr=False)
    tuning: Tuning = STANDARD
    build: str = STANDARD_BUILD
    chaincode_base: int | None = None
    warnings: tuple[Mistake, ...] = field(default=(), repr=False, compare=False)
    read_from: Document = field(default_factory=lambda: Document({}), repr=False, compare=False)
    source: str = field(default="the topology", repr=False, compare=False)

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
            NoSuch: there is no such topology.
        """
        file = packaged_file(name)
        if not file.is_file():
            known = ", ".join(sorted(path.stem for path in file.parent.glob("*.yaml")))
            raise NoSuch(f"there is no packaged topology {name!r}: use one of {known}")
        return cls.load(file)

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
            _quote_alike(channel, "lifecycle_endorsement", "administration")
            _quote_alike(channel.get("acls", {}), *channel.get("acls", {}))
            for chaincode in channel.get("chaincodes", ()):
                _quote_alike(chaincode, "endorsement")
                for collection in chaincode.get("collections", ()):
                    _quote_alike(collection, "members", "endorsement")
                chaincode["source"] = str((folder / chaincode["source"]).resolve())
        hosts = {name: Host(name, **members) for name, members in absolute.get("hosts", {}).items()}
        places = places_of(absolute["organisations"])
        organisations = tuple(
            Organisation.read(members, hosts, places[members["name"]])
            for members in absolute["organisations"]
        )
        consenters = tuple(organisation.name for organisation in organisations if organisation.consenter)
        return cls(
            name=absolute["name"],
            base=absolute["ports"]["base"],
            ordering=Ordering.read(absolute["ordering"]),
            organisations=organisations,
            channels=tuple(Channel.read(members, consenters) for members in absolute["channels"]),
            document=absolute,
            tuning=Tuning.read(absolute.get("tuning", {})),
            build=absolute.get("fabric", {}).get("build", STANDARD_BUILD),
            chaincode_base=absolute["ports"].get("chaincodes"),
            warnings=tuple(sorted(map(read.with_line, warnings_in(read.members)), key=_line)),
            read_from=read,
            source=source,
        )

    def error(self, mistakes: Sequence[Mistake]) -> TopologyError:
        """The error about problems that only what is beside the file shows, with their lines in it."""
        return TopologyError(self.source, sorted(map(self.read_from.with_line, mistakes), key=_line))

    def with_base(self, base: int) -> Self:
        """The same network with `base` as its first port."""
        return self._with_ports({**self.document["ports"], "base": base})

    def with_free_ports(self) -> Self:
        """The same network on ports that are free at present, for tests, with room for joining organisations.

        Raises:
            OSError: there are not enough free ports.
        """
        organisations = 1 + max(organisation.place for organisation in self.organisations) + ports.JOINING
        free = {"base": ports.free_base(organisations)}
        if self.chaincode_base is not None:
            free["chaincodes"] = ports.free_base(organisations * ports.PEERS_PER_ORGANISATION)
        return self._with_ports(free)

    def _with_ports(self, numbers: Mapping[str, int]) -> Self:
        return replace(
            self,
            base=numbers["base"],
            chaincode_base=numbers.get("chaincodes"),
            document={**self.document, "ports": dict(numbers)},
        )

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


def _quote_alike(members: dict[str, Any], *names: str) -> None:
    """Write policies with single quotes, so that they compare as equal, and as the templates need them."""
    members |= {name: single_quoted(members[name]) for name in names if name in members}


def _line(mistake: Mistake) -> int:
    return mistake.line or 0


def _missing(name: str) -> Any:
    raise KeyError(name)
