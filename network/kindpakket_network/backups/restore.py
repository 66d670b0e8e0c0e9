"""Restoring organisations from a backup: into an empty home, or into one that lost them."""

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
from kindpakket_network.nodes.acting import act_for, acting
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.restored import is_marked, mark
from kindpakket_network.nodes.session import Progress
from kindpakket_network.programs.files import move, sync_tree
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Processes
from kindpakket_network.programs.wait import together

_STAGED = "restoring"
_BEGUN = "restored.json"
_REPLACED = "replaced"
# Folders with the keys of chaincode processes, which do not matter as long as there are some.
_BESIDE = "chaincode."


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
        nodes: Sequence[str] = (),
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
            nodes: only these orderers and peers; the rest of their organisations is there.
            replace: move what is there of them aside, instead of refusing.
            sha256: the hash that the file must have.
            ordering_lost: no consenter is left anywhere, so ordering begins anew where the peers are.

        Returns:
            What the backup says about itself.

        Raises:
            ArchiveError: the file is no genuine backup of this network, does not hold what was asked for, or
                the home has such files already.
            NetworkError: a process does not end.
        """
        staged = Home(self.home.root / _STAGED)
        shutil.rmtree(staged.root, ignore_errors=True)
        staged.root.mkdir(mode=0o700)
        try:
            self.progress(f"Decrypting and checking {self.file} ...")
            found = extract(self.file, self.identities, staged.root)
            if sha256 is not None and found != sha256.lower():
                raise ArchiveError(f"{self.file} is another file: its SHA-256 hash is {found}, not {sha256}")
            manifest = Manifest.read(staged.root / MANIFEST)
            names = self._chosen(manifest, organisations)
            self._ensure_same_network(manifest, names)
            topology = Topology.load(staged.topology)
            strangers = set(manifest.organisations) - {one.name for one in topology.organisations}
            if strangers or topology.name != manifest.network:
                raise ArchiveError(
                    f"{self.file} is not used: it claims to hold {', '.join(manifest.organisations)} "
                    f"of {manifest.network}, and its own topology says otherwise; take another copy"
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
            self.progress(f"{self.file} was put in place before.")
            for path in places:
                if is_marked(root / path):
                    mark(root / path, manifest.id, ordering_lost=ordering_lost)
            return
        if not replace and present != record | {"placed": False}:
            self._ensure_vacant(places)
        self._stop(places)
        write(self._begun, json.dumps(record | {"placed": False}))
        _move_home(staged, Path(manifest.home), root)
        if not self.home.exists() and set(contents.organisations) != set(contents.inventory.authorities):
            act_for(self.home, contents.organisations)
        nodes: list[Orderer | Peer] = [*contents.inventory.orderers, *contents.inventory.peers]
        folders = [node.folder for node in nodes]
        for path in places:
            if staged.root / path in folders:
                mark(staged.root / path, manifest.id, ordering_lost=ordering_lost)
        self._move(contents, places, replace)
        write(self._begun, json.dumps(record))

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

    def _places(self, contents: Contents, nodes: Sequence[str]) -> list[Path]:
        """The folders that are the organisations' own, or those of nodes, relative to the home."""
        staged, names = contents.home, contents.organisations
        peers = [one.folder for one in contents.inventory.peers if one.organisation in names]
        folders = [*peers, *(staged.node(name) for name in contents.own_nodes())]
        folders = [path for path in folders if path.is_dir()]
        unknown = set(nodes) - {path.name for path in folders}
        if unknown or (nodes and not self.home.exists()):
            raise ArchiveError(
                f"{', '.join(sorted(unknown or nodes))} cannot be restored alone into {self.home.root}: name "
                f"some of {', '.join(path.name for path in folders)}, in a home that has the rest"
            )
        if nodes:
            beside = tuple(f"{_BESIDE}{node}." for node in nodes)
            chosen = [one for one in folders if one.name in nodes or one.name.startswith(beside)]
        else:
            chosen = [*folders, *(staged.organisation(name) for name in names)]
        return [path.relative_to(staged.root) for path in chosen]

    @property
    def _begun(self) -> Path:
        """The record of the last restore, which tells what it put in place from other files."""
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
                f"{self.home.root} has {', '.join(taken)} already: restore into another home, or have "
                f"what is there moved into its folder `{_REPLACED}` first (--replace)"
            )

    def _stop(self, places: Sequence[Path]) -> None:
        """Stop what still runs in folders that may be gone."""
        names = {path.name for path in places}
        processes = Processes(self.home)
        # A service manager would start those that it is to keep running as soon as their folders are there.
        switched_on = [path.name.removesuffix(".env") for path in (self.home.root / "run").glob("*.env")]

        def concerned(node: str) -> bool:
            # The second process beside a peer works in the folder of the first.
            return not {node, node.removeprefix("ca."), node.rpartition(".")[0]}.isdisjoint(names)

        together(processes.stop, [node for node in {*processes.all(), *switched_on} if concerned(node)])

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
        # The topology comes last: with it, there is a network in the home.
        for file in sorted(shared, key=lambda one: one == contents.home.topology):
            target = self.home.root / file.relative_to(staged)
            if not target.exists():
                target.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
                move(file, target)


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
