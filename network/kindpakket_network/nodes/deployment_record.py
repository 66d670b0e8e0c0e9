"""The home's record of a chaincode's deployment to a channel."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from kindpakket_network.programs.home import read_record, write


@dataclass(frozen=True)
class ServedPackage:
    """A package with the program that serves it.

    Attributes:
        label: the package's label.
        package_id: the package's id.
        binary: the program.
    """

    label: str
    package_id: str
    binary: str


@dataclass(frozen=True)
class DeploymentRecord:
    """A deployment, finished or under way.

    Attributes:
        sequence: the definition's sequence number.
        definition: a digest of the definition, including the package.
        label: the package's label.
        package_id: the package's id.
        binary: the chaincode's program.
        initialised: whether the initial transaction has been submitted.
        replaces: the package that the channel uses until this one is committed; None outside an upgrade.
    """

    sequence: int
    definition: str
    label: str
    package_id: str
    binary: str
    initialised: bool = False
    replaces: ServedPackage | None = None

    @property
    def built(self) -> ServedPackage:
        """The package with its program."""
        return ServedPackage(self.label, self.package_id, self.binary)

    @property
    def needed(self) -> tuple[ServedPackage, ...]:
        """The packages that must be served for the channel; two during an upgrade."""
        return (self.built,) if self.replaces is None else (self.replaces, self.built)

    @classmethod
    def read(cls, path: Path) -> DeploymentRecord | None:
        """The record in a file, or None if the file does not exist."""
        if not path.is_file():
            return None
        members = read_record(path)
        replaces = members.pop("replaces", None)
        return cls(**members, replaces=ServedPackage(**replaces) if replaces else None)

    def write(self, path: Path) -> None:
        """Write the record to a file."""
        write(path, json.dumps(asdict(self), indent=1))
