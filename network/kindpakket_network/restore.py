"""Restoring organisations from a backup: into an empty home, or into one that lost them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .acting import act_for, acting
from .archive import ArchiveError, extract
from .backup_contents import MANIFEST, Contents, Manifest
from .home import Home, write
from .inventory import Inventory
from .orderer import Orderer
from .peer import Peer
from .process import Processes
from .restored import is_marked, mark
from .site import Progress
from .topology import Topology
from .wait import together

_STAGED = "restoring"
_BEGUN = "restored.json"
_REPLACED = "replaced"


@dataclass(frozen=True)
class Restore:
    """A backup to be put back.

    Args:
        home: the folder where to.
        file: the backup.
        identities: the keys that read it.
        progress: takes a sentence about what is being done.
    """

    home: Home
    file: Path
    identities: Sequence[Any]
    progress: Progress

    def place(
        self,
        organisations: Sequence[str] = (),
        *,
        replace: bool = False,
        sha256: str | None = None,
        ordering_lost: bool = False,
    ) -> Manifest:
        """Put files of the backup in place. Nodes are marked: they must catch up before they serve.

        First everything is decrypted and checked beside the home's files; then whole folders are moved. What
        is interrupted is repeated with the same file.

        Args:
            organisations: which of the backup; none: all in it.
            replace: move what is there of these organisations aside, instead of refusing.
            sha256: the hash that the file must have.
            ordering_lost: no consenter is left anywhere, so ordering begins anew where the peers are.

        Returns:
            What the backup says about itself.

        Raises:
            ArchiveError: the file is no genuine backup of this network, or does not hold an organisation.
            NetworkError: the home has files of these organisations already, or a process does not end.
        """
        staged = self.home.root / _STAGED
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(mode=0o700)
        try:
            self.progress(f"Decrypting and checking {self.file} ...")
            found = extract(self.file, self.identities, staged)
            if sha256 is not None and found != sha256.lower():
                raise ArchiveError(
                    f"{self.file} has the SHA-256 hash {found}, not {sha256}: it is another file"
                )
            manifest = Manifest.read(staged / MANIFEST)
            names = self._chosen(manifest, organisations)
            self._ensure_same_network(manifest, names)
            places = self._places(Home(staged), names)
            record = {"backup": manifest.id, "placed": True}
            present = self._record()
            if present == record and all((self.home.root / path).exists() for path in places):
                self.progress(f"{self.file} was put in place before.")
                for folder in filter(is_marked, self._nodes(self.home, names)):
                    mark(folder, manifest.id, ordering_lost=ordering_lost)
                return manifest
            if not replace and present != record | {"placed": False}:
                self._ensure_vacant(places)
            self._stop(names)
            write(self._begun, json.dumps(record | {"placed": False}))
            _move_home(Home(staged), Path(manifest.home), self.home.root)
            everybody = {one.name for one in Topology.load(Home(staged).topology).organisations}
            if not self.home.exists() and set(names) != everybody:
                act_for(Home(staged), names)
            for folder in self._nodes(Home(staged), names):
                mark(folder, manifest.id, ordering_lost=ordering_lost)
            self._move(staged, places)
            write(self._begun, json.dumps(record))
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        return manifest

    def _chosen(self, manifest: Manifest, organisations: Sequence[str]) -> list[str]:
        unknown = [name for name in organisations if name not in manifest.organisations]
        if unknown:
            raise ArchiveError(
                f"{self.file} holds {', '.join(manifest.organisations)}, not {', '.join(unknown)}: "
                "name one of those, or another backup"
            )
        return [name for name in manifest.organisations if name in organisations or not organisations]

    def _ensure_same_network(self, manifest: Manifest, names: Sequence[str]) -> None:
        if not self.home.exists():
            return
        topology = Topology.load(self.home.topology)
        known = {one.name for one in topology.organisations}
        if topology.name != manifest.network or not known.issuperset(names):
            raise ArchiveError(
                f"{self.file} is of the network {manifest.network} with {', '.join(names)}, and "
                f"{self.home.root} holds {topology.name} with {', '.join(sorted(known))}: restore elsewhere"
            )
        others = [name for name in names if name not in acting(topology, self.home)]
        if others:
            raise ArchiveError(
                f"{self.home.root} acts for {', '.join(acting(topology, self.home))}, and {self.file} holds "
                f"{', '.join(others)}: restore elsewhere, or only some (--organisation)"
            )

    def _places(self, staged: Home, names: Sequence[str]) -> list[Path]:
        """The folders that are the organisations' own, relative to the home."""
        inventory = Inventory.of(Topology.load(staged.topology), staged)
        contents = Contents(staged, inventory, names)
        peers = [one.folder for one in inventory.peers if one.organisation in names]
        nodes = [staged.node(name) for name in contents.own_nodes()]
        own = [*peers, *nodes, *(staged.organisation(name) for name in names)]
        return [path.relative_to(staged.root) for path in own if path.is_dir()]

    def _nodes(self, home: Home, names: Sequence[str]) -> Iterator[Path]:
        inventory = Inventory.of(Topology.load(home.topology), home)
        nodes: list[Orderer | Peer] = [*inventory.orderers, *inventory.peers]
        for node in nodes:
            if node.organisation in names and node.folder.is_dir():
                yield node.folder

    @property
    def _begun(self) -> Path:
        """The record of the last restore, which tells what it put in place from other files."""
        return self.home.root / _BEGUN

    def _record(self) -> dict[str, object] | None:
        return json.loads(self._begun.read_text("utf-8")) if self._begun.is_file() else None

    def _ensure_vacant(self, places: Sequence[Path]) -> None:
        taken = [str(path) for path in places if (self.home.root / path).exists()]
        if taken:
            raise ArchiveError(
                f"{self.home.root} has {', '.join(taken)} already: restore into another home, or have "
                f"what is there moved into its folder `{_REPLACED}` first (--replace)"
            )

    def _stop(self, names: Sequence[str]) -> None:
        """Stop what still runs of the organisations, though its files may be gone."""
        processes = Processes(self.home)
        running = processes.all()
        together(processes.stop, [node for node in running if set(node.split(".")) & set(names)])

    def _move(self, staged: Path, places: Sequence[Path]) -> None:
        aside = self.home.root / _REPLACED / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        for path in places:
            target = self.home.root / path
            if target.exists():
                (aside / path).parent.mkdir(parents=True, mode=0o700, exist_ok=True)
                target.rename(aside / path)
            target.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
            (staged / path).rename(target)
        # The topology comes last: with it, there is a network in the home.
        (staged / MANIFEST).unlink()
        rest = [path for path in sorted(staged.rglob("*")) if path.is_file()]
        for path in sorted(rest, key=lambda one: one == Home(staged).topology):
            target = self.home.root / path.relative_to(staged)
            if not target.exists():
                target.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
                path.rename(target)


def _move_home(staged: Home, before: Path, after: Path) -> None:
    """Have files that name the folder of their home name the one that they come to."""
    if before == after:
        return
    files = [
        *staged.root.glob("organisations/*/authority/**/fabric-ca-server-config.yaml"),
        *staged.root.glob("organisations/*/profile.yaml"),
        *staged.root.glob("chaincode/*.json"),
    ]
    for path in files:
        text = path.read_text("utf-8")
        moved = text.replace(f"{before}/", f"{after}/")
        if moved != text:
            write(path, moved, mode=path.stat().st_mode & 0o777)
