"""Restores organisations from a backup, into an empty home or into one that has lost them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kindpakket_network.backups.archive import ArchiveError, extract
from kindpakket_network.backups.contents import MANIFEST, Contents, Manifest
from kindpakket_network.description.topology import Topology
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.own_organisations import own_organisations, record_organisations
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.restored import is_restored, mark_restored
from kindpakket_network.nodes.session import Progress
from kindpakket_network.programs.files import move, sync_tree
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Processes
from kindpakket_network.programs.wait import in_parallel

_STAGED = "restoring"
_BEGUN = "restored.json"
_REPLACED = "replaced"
# Folders with chaincode processes' keys: any valid ones will do, so existing ones are left alone.
_BESIDE = "chaincode."


@dataclass(frozen=True)
class Restore:
    """The restoration of a backup.

    Args:
        home: the folder to restore into.
        file: the backup.
        identities: the keys that decrypt it.
        progress: called with a sentence about each step.
    """

    home: Home
    file: Path
    identities: Sequence[Any]
    progress: Progress

    def place(
        self,
        organisations: Sequence[str] = (),
        nodes: Sequence[str] = (),
        *,
        replace: bool = False,
        sha256: str | None = None,
        ordering_lost: bool = False,
    ) -> Manifest:
        """Put files from the backup in place, and mark the nodes: they must catch up before they serve.

        Everything is decrypted and checked in a folder of its own first; then whole folders are moved. An
        interrupted call can be repeated with the same file.

        Args:
            organisations: the organisations to restore; empty: all in the backup.
            nodes: restore only these orderers and peers; the home has the rest of their organisations.
            replace: move existing files out of the way instead of refusing.
            sha256: the hash that the file must have, in hexadecimal; None: not checked.
            ordering_lost: every consenter has been lost, so ordering restarts from the peers' blocks.

        Returns:
            The backup's manifest.

        Raises:
            ArchiveError: the file is not a genuine backup of this network, does not contain what was asked
                for, or the home already has such files.
            NetworkError: a process could not be stopped.
        """
        staged = Home(self.home.root / _STAGED)
        shutil.rmtree(staged.root, ignore_errors=True)
        staged.root.mkdir(mode=0o700)
        try:
            self.progress(f"Decrypting and checking {self.file} ...")
            found = extract(self.file, self.identities, staged.root)
            if sha256 is not None and found != sha256.lower():
                raise ArchiveError(
                    f"{self.file} has the SHA-256 hash {found}, not {sha256}: use the file that was recorded"
                )
            manifest = Manifest.read(staged.root / MANIFEST)
            names = self._chosen(manifest, organisations)
            self._ensure_same_network(manifest, names)
            topology = Topology.load(staged.topology)
            strangers = set(manifest.organisations) - {
                organisation.name for organisation in topology.organisations
            }
            if strangers or topology.name != manifest.network:
                raise ArchiveError(
                    f"{self.file} is rejected: it claims to contain {', '.join(manifest.organisations)} "
                    f"of {manifest.network}, but its own topology does not match; use another copy"
                )
            contents = Contents(staged, Inventory.of(topology, staged), names)
            self._put(manifest, contents, self._places(contents, nodes), replace, ordering_lost)
        finally:
            shutil.rmtree(staged.root, ignore_errors=True)
        return manifest

    def _put(
        self,
        manifest: Manifest,
        contents: Contents,
        places: Sequence[Path],
        replace: bool,
        ordering_lost: bool,
    ) -> None:
        root, staged = self.home.root, contents.home
        record = {"backup": manifest.id, "places": [str(path) for path in places], "placed": True}
        present = self._record()
        if present == record and all((root / path).exists() for path in places):
            self.progress(f"{self.file} has already been restored.")
            for path in places:
                if is_restored(root / path):
                    mark_restored(root / path, manifest.id, ordering_lost=ordering_lost)
            return
        if not replace and present != record | {"placed": False}:
            self._ensure_vacant(places)
        self._stop(places)
        write(self._begun, json.dumps(record | {"placed": False}))
        _move_home(staged, Path(manifest.home), root)
        if not self.home.exists() and set(contents.organisations) != set(contents.inventory.authorities):
            record_organisations(self.home, contents.organisations)
        nodes: list[Orderer | Peer] = [*contents.inventory.orderers, *contents.inventory.peers]
        folders = [node.folder for node in nodes]
        for path in places:
            if staged.root / path in folders:
                mark_restored(staged.root / path, manifest.id, ordering_lost=ordering_lost)
        self._move(contents, places, replace)
        write(self._begun, json.dumps(record))

    def _chosen(self, manifest: Manifest, organisations: Sequence[str]) -> list[str]:
        unknown = [name for name in organisations if name not in manifest.organisations]
        if unknown:
            raise ArchiveError(
                f"{self.file} contains {', '.join(manifest.organisations)}, not {', '.join(unknown)}: "
                "name one of those, or another backup"
            )
        return [name for name in manifest.organisations if name in organisations or not organisations]

    def _ensure_same_network(self, manifest: Manifest, names: Sequence[str]) -> None:
        if not self.home.exists():
            return
        topology = Topology.load(self.home.topology)
        known = {organisation.name for organisation in topology.organisations}
        if topology.name != manifest.network or not known.issuperset(names):
            raise ArchiveError(
                f"{self.file} is for network {manifest.network} with {', '.join(names)}, but "
                f"{self.home.root} has {topology.name} with {', '.join(sorted(known))}: use another home"
            )
        others = [name for name in names if name not in own_organisations(topology, self.home)]
        if others:
            raise ArchiveError(
                f"{self.home.root} acts for {', '.join(own_organisations(topology, self.home))}, but "
                f"{self.file} contains {', '.join(others)}: use another home, or choose with --organisation"
            )

    def _places(self, contents: Contents, nodes: Sequence[str]) -> list[Path]:
        """The folders to restore, of organisations or of single nodes, relative to the home."""
        staged, names = contents.home, contents.organisations
        peers = [peer.folder for peer in contents.inventory.peers if peer.organisation in names]
        folders = [*peers, *(staged.node(name) for name in contents.own_nodes())]
        folders = self._still_described([path for path in folders if path.is_dir()])
        unknown = set(nodes) - {path.name for path in folders}
        if unknown or (nodes and not self.home.exists()):
            raise ArchiveError(
                f"{', '.join(sorted(unknown or nodes))} cannot be restored alone into {self.home.root}: use "
                f"some of {', '.join(path.name for path in folders)}, and a home that has the rest"
            )
        if nodes:
            beside = tuple(f"{_BESIDE}{node}." for node in nodes)
            chosen = [folder for folder in folders if folder.name in nodes or folder.name.startswith(beside)]
        else:
            chosen = [*folders, *(staged.organisation(name) for name in names)]
        return [path.relative_to(staged.root) for path in chosen]

    def _still_described(self, folders: Sequence[Path]) -> list[Path]:
        """Those folders whose nodes the home's topology has: a backup may be older than a removal."""
        if not self.home.exists():
            return list(folders)
        present = Inventory.of(Topology.load(self.home.topology), self.home)
        known = {server.folder.name for server in present.chaincodes}
        known |= {*(orderer.node for orderer in present.orderers), *(peer.node for peer in present.peers)}
        left = [path.name for path in folders if path.name not in known]
        nodes = [name for name in left if not name.startswith(_BESIDE)]
        if nodes:
            self.progress(
                f"{', '.join(nodes)} {'is' if len(nodes) == 1 else 'are'} not restored: {self.home.topology} "
                f"no longer has {'it' if len(nodes) == 1 else 'them'}"
            )
        return [path for path in folders if path.name in known]

    @property
    def _begun(self) -> Path:
        """The record of the last restore, with the folders that it put in place."""
        return self.home.root / _BEGUN

    def _record(self) -> dict[str, object] | None:
        return json.loads(self._begun.read_text("utf-8")) if self._begun.is_file() else None

    def _ensure_vacant(self, places: Sequence[Path]) -> None:
        taken = [
            str(path)
            for path in places
            if (self.home.root / path).exists() and not path.name.startswith(_BESIDE)
        ]
        if taken:
            raise ArchiveError(
                f"{self.home.root} already has {', '.join(taken)}: use another home, or --replace, which "
                f"moves existing files into its folder `{_REPLACED}`"
            )

    def _stop(self, places: Sequence[Path]) -> None:
        """Stop nodes that still run, even if their folders are gone."""
        names = {path.name for path in places}
        processes = Processes(self.home)
        # A service manager would start nodes that are switched on as soon as their folders exist.
        switched_on = [path.name.removesuffix(".env") for path in (self.home.root / "run").glob("*.env")]

        def concerned(node: str) -> bool:
            # A peer's second process for a chaincode works in the folder of the first.
            return not {node, node.removeprefix("ca."), node.rpartition(".")[0]}.isdisjoint(names)

        in_parallel(processes.stop, [node for node in {*processes.all(), *switched_on} if concerned(node)])

    def _move(self, contents: Contents, places: Sequence[Path], replace: bool) -> None:
        staged = contents.home.root
        sync_tree(staged)
        aside = self.home.root / _REPLACED / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        for path in places:
            target = self.home.root / path
            if target.exists() and path.name.startswith(_BESIDE) and not replace:
                continue
            if target.exists():
                (aside / path).parent.mkdir(parents=True, mode=0o700, exist_ok=True)
                move(target, aside / path)
            target.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
            move(staged / path, target)
        shared = [file for path in contents.shared() for file in (path, *path.rglob("*")) if file.is_file()]
        # The topology comes last: with it, the home counts as having a network.
        for file in sorted(shared, key=lambda path: path == contents.home.topology):
            target = self.home.root / file.relative_to(staged)
            if not target.exists():
                target.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
                move(file, target)


def _move_home(staged: Home, before: Path, after: Path) -> None:
    """Replace the path of the home in files that contain it."""
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
