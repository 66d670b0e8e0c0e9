"""The record of what was deployed to a channel, kept in the home."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from kindpakket_network.programs.home import read_record, write


@dataclass(frozen=True)
class Built:
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
class Deployed:
    """What was deployed, or is being deployed.

    Attributes:
        sequence: the definition's number.
        definition: a digest of everything in it, the package included.
        label: the package's label.
        package_id: the package's id.
        binary: the chaincode's program.
        initialised: whether the first transaction was done.
        replaces: what the channel runs until this is committed; None before and after an upgrade.
    """

    sequence: int
    definition: str
    label: str
    package_id: str
    binary: str
    initialised: bool = False
    replaces: Built | None = None

    @property
    def built(self) -> Built:
        """The package with its program."""
        return Built(self.label, self.package_id, self.binary)

    @property
    def needed(self) -> tuple[Built, ...]:
        """The packages that must be served for the channel: two of them during an upgrade."""
        return (self.built,) if self.replaces is None else (self.replaces, self.built)

    @classmethod
    def read(cls, path: Path) -> Deployed | None:
        """The record in a file, or None when there is none."""
        if not path.is_file():
            return None
        members = read_record(path)
        replaces = members.pop("replaces", None)
        return cls(**members, replaces=Built(**replaces) if replaces else None)

    def write(self, path: Path) -> None:
        """Write the record to a file."""
        write(path, json.dumps(asdict(self), indent=1))
