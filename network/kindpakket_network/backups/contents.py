"""What a backup of organisations holds, and what it says about itself."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kindpakket_network.backups.archive import ArchiveError, Writer
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.programs.home import Home

MANIFEST = "manifest.json"
_FORMAT = 1
_DATABASE = "fabric-ca-server.db"
# What others need of an organisation: certificates, and no key.
_PUBLIC = ("msp", "tls/ca.pem")
_PUBLIC_OF_ORDERER = ("msp/signcerts/cert.pem", "tls/cert.pem", "tls/ca.pem")
# Ledgers, keys and processes have rules of their own; locks and what is being done now belong to no backup.
_LEFT_OUT = frozenset(
    (
        *("organisations", "nodes", "logs", "run", "builder", "lock", "results", "supervised"),
        *("restoring", "restored.json", "replaced", "manifest.json", "acting.json", "backups.json"),
    )
)


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself.

    Attributes:
        id: random, to tell it from others.
        network: the network's name.
        organisations: whose keys and ledgers it holds.
        taken: when it was begun, UTC.
        home: the folder of which it was made.
        heights: blocks that a peer had when it was begun, at least, by node and channel.
        format: the version of this layout.
    """

    id: str
    network: str
    organisations: tuple[str, ...]
    taken: datetime
    home: str
    heights: dict[str, dict[str, int]] = field(default_factory=dict)
    format: int = _FORMAT

    @staticmethod
    def now() -> datetime:
        """The instant that goes into one, UTC."""
        return datetime.now(UTC).replace(microsecond=0)

    def as_json(self) -> dict[str, Any]:
        """The same as members for JSON."""
        return asdict(self) | {
            "organisations": list(self.organisations),
            "taken": self.taken.isoformat(timespec="seconds"),
        }

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """The manifest in a file.

        Raises:
            ArchiveError: there is none, or a newer version of this tool wrote it.
        """
        try:
            members = json.loads(path.read_text("utf-8"))
            if members["format"] != _FORMAT:
                raise ArchiveError(
                    f"the backup has format {members['format']}, and this version reads {_FORMAT}: "
                    "restore it with the version that made it"
                )
            taken = datetime.fromisoformat(members["taken"])
            found = cls(**members | {"organisations": tuple(members["organisations"]), "taken": taken})
            texts = (found.id, found.network, found.home, *found.organisations)
            if not (isinstance(found.heights, dict) and all(isinstance(one, str) for one in texts)):
                raise TypeError("a member is of another kind")
            return found
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArchiveError(
                "the archive is no backup of a network: it has no readable manifest"
            ) from error


@dataclass(frozen=True)
class Contents:
    """What belongs into a backup of organisations. Names of files are relative to the home.

    Args:
        home: the network's folder.
        inventory: its nodes.
        organisations: the names of those whose keys and ledgers are meant.
    """

    home: Home
    inventory: Inventory
    organisations: Sequence[str]

    def own_nodes(self) -> list[str]:
        """The folders of the organisations' nodes, without those of peers."""
        orderers = [
            one.folder.name for one in self.inventory.orderers if one.organisation in self.organisations
        ]
        servers = [
            one.folder.name
            for one in self.inventory.chaincodes
            if one.peer.organisation in self.organisations
        ]
        return list(dict.fromkeys([*orderers, *servers]))

    def shared(self) -> Iterator[Path]:
        """The files and folders that are nobody's own, and other organisations' certificates."""
        for path in sorted(self.home.root.iterdir()):
            if path.name not in _LEFT_OUT and not path.name.startswith("."):
                yield path
        for name in self.inventory.authorities:
            if name not in self.organisations:
                yield from (self.home.organisation(name) / one for one in _PUBLIC)
        for orderer in self.inventory.orderers:
            if orderer.organisation not in self.organisations:
                yield from (orderer.folder / one for one in _PUBLIC_OF_ORDERER)

    def paths(self) -> Iterator[Path]:
        """The files and folders, without those of peers, which must be stopped for it."""
        yield from self.shared()
        yield from (self.home.organisation(name) for name in self.organisations)
        yield from (self.home.node(node) for node in self.own_nodes())

    def write(self, archive: Writer) -> None:
        """Write all that is not a peer's.

        A consenter's ledger and log are left out. Restored, they would make it forget votes that it gave.
        """
        orderers = {one.folder for one in self.inventory.orderers}
        databases: list[Path] = []

        def skip(path: Path) -> bool:
            if path.name.startswith(_DATABASE):
                databases.extend([path] if path.name == _DATABASE else [])
                return True
            return path.name == "data" and path.parent in orderers

        for path in self.paths():
            if path.exists():
                archive.add_tree(self.name(path), path, skip)
        for path in databases:
            archive.add(self.name(path), _consistent(path))

    def name(self, path: Path) -> str:
        """The name of a file of the home in a backup."""
        return str(path.relative_to(self.home.root))


def _consistent(path: Path) -> bytes:
    """A database as it was at one instant, though its server runs."""
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(":memory:")) as copy,
    ):
        source.backup(copy)
        return copy.serialize()
