"""The content of a backup, and its manifest."""

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
# What other organisations need: certificates, no keys.
_PUBLIC = ("msp", "tls/ca.pem")
_PUBLIC_OF_ORDERER = ("msp/signcerts/cert.pem", "tls/cert.pem", "tls/ca.pem")
# Ledgers and keys are selected separately; processes, locks and unfinished work do not belong in a backup.
_LEFT_OUT = frozenset(
    (
        *("organisations", "nodes", "logs", "run", "builder", "lock", "results", "supervised"),
        *("restoring", "restored.json", "replaced", "manifest.json", "acting.json", "backups.json"),
        *("removals.json", "removed"),
    )
)


@dataclass(frozen=True)
class Manifest:
    """A backup's description of itself.

    Attributes:
        id: a random id.
        network: the network's name.
        organisations: the organisations whose keys and ledgers it contains.
        taken: when it was started, UTC.
        home: the path of the home that was backed up.
        heights: the heights of peers when it was started, by node and channel; a copy may be higher.
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
        """The present instant in whole seconds, UTC."""
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
            ArchiveError: it is missing or unreadable, or another version of this tool wrote it.
        """
        try:
            members = json.loads(path.read_text("utf-8"))
            if members["format"] != _FORMAT:
                raise ArchiveError(
                    f"the backup has format {members['format']}, and this version only reads {_FORMAT}: "
                    "restore it with the version that made it"
                )
            taken = datetime.fromisoformat(members["taken"])
            found = cls(**members | {"organisations": tuple(members["organisations"]), "taken": taken})
            texts = (found.id, found.network, found.home, *found.organisations)
            if not (isinstance(found.heights, dict) and all(isinstance(text, str) for text in texts)):
                raise TypeError("a member is of another kind")
            return found
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArchiveError(
                "the archive is not a network's backup, because it has no readable manifest: use another file"
            ) from error


@dataclass(frozen=True)
class Contents:
    """The files that belong in a backup of organisations. Their names are relative to the home.

    Args:
        home: the network's folder.
        inventory: its nodes.
        organisations: the names of the organisations that are backed up.
    """

    home: Home
    inventory: Inventory
    organisations: Sequence[str]

    def own_nodes(self) -> list[str]:
        """The folders of the organisations' nodes, without those of peers."""
        orderers = [
            orderer.folder.name
            for orderer in self.inventory.orderers
            if orderer.organisation in self.organisations
        ]
        servers = [
            server.folder.name
            for server in self.inventory.chaincodes
            if server.peer.organisation in self.organisations
        ]
        return list(dict.fromkeys([*orderers, *servers]))

    def shared(self) -> Iterator[Path]:
        """The files and folders that do not belong to one organisation, and others' certificates."""
        for path in sorted(self.home.root.iterdir()):
            if path.name not in _LEFT_OUT and not path.name.startswith("."):
                yield path
        for name in self.inventory.authorities:
            if name not in self.organisations:
                yield from (self.home.organisation(name) / file for file in _PUBLIC)
        for orderer in self.inventory.orderers:
            if orderer.organisation not in self.organisations:
                yield from (orderer.folder / file for file in _PUBLIC_OF_ORDERER)

    def paths(self) -> Iterator[Path]:
        """The files and folders except those of peers, which must be stopped to be copied."""
        yield from self.shared()
        yield from (self.home.organisation(name) for name in self.organisations)
        yield from (self.home.node(node) for node in self.own_nodes())

    def write(self, archive: Writer) -> None:
        """Write everything except the peers' folders.

        A consenter's ledger and log are left out: if restored, it would lose votes that it has given since.
        """
        orderers = {orderer.folder for orderer in self.inventory.orderers}
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
    """A consistent copy of a database whose server may be running."""
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(":memory:")) as copy,
    ):
        source.backup(copy)
        return copy.serialize()
