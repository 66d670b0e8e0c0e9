"""Backs up organisations: keys, certificates, certificate authorities, and their peers' ledgers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kindpakket_network.backups.archive import Writer, writing
from kindpakket_network.backups.contents import MANIFEST, Contents, Manifest
from kindpakket_network.backups.record import record
from kindpakket_network.chaincodes.endorsement_plans import stopped
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.restored import ensure_none_restored
from kindpakket_network.nodes.session import Session


@dataclass(frozen=True)
class Taken:
    """A finished backup.

    Attributes:
        file: its path.
        size: its size in bytes.
        sha256: the hash of the file in hexadecimal, to be stored elsewhere: `restore` can check it.
        manifest: its manifest.
    """

    file: Path
    size: int
    sha256: str
    manifest: Manifest

    def as_json(self) -> dict[str, Any]:
        """The same as members for JSON."""
        return {
            "file": str(self.file),
            "size": self.size,
            "sha256": self.sha256,
            **self.manifest.as_json(),
        }


@dataclass(frozen=True)
class Backup:
    """A backup to be made.

    Args:
        session: the network.
        organisations: the organisations whose keys and ledgers are backed up; the home must have them.
    """

    session: Session
    organisations: Sequence[str]

    def run(self, file: Path, recipients: Sequence[str]) -> Taken:
        """Make the backup. Peers are stopped one at a time while they are copied.

        Args:
            file: the file to write; it must not exist.
            recipients: the age public keys that can decrypt it.

        Raises:
            ArchiveError: the file exists, a recipient is not a valid key, or the disk is full.
            NetworkError: the home lacks an organisation's keys, or a peer did not restart; `up` starts it.
        """
        lacking = [
            organisation
            for organisation in self.organisations
            if not (self.session.home.organisation(organisation) / "authority").is_dir()
        ]
        if lacking:
            raise NetworkError(
                f"{self.session.home.root} does not have the keys of {', '.join(lacking)}: "
                "run the backup in the home that has them"
            )
        contents = Contents(self.session.home, self.session.inventory, self.organisations)
        peers = [
            candidate
            for candidate in self.session.inventory.peers
            if candidate.organisation in self.organisations
        ]
        manifest = Manifest(
            id=secrets.token_hex(8),
            network=self.session.topology.name,
            organisations=tuple(self.organisations),
            taken=Manifest.now(),
            home=str(self.session.home.root),
            heights={peer.node: self._heights(peer) for peer in peers},
        )
        with writing(file, recipients) as archive:
            archive.add(MANIFEST, json.dumps(manifest.as_json(), indent=1).encode())
            with self.session.stage(f"keys and configuration of {', '.join(self.organisations)}"):
                contents.write(archive)
            self._tell_tokens()
            for peer in peers:
                with self.session.stage(f"ledger of {peer.node}"):
                    self._copy(peer, archive, contents.name(peer.folder))
        record(self.session.home, manifest, file, archive.sha256)
        return Taken(file, file.stat().st_size, archive.sha256, manifest)

    def _tell_tokens(self) -> None:
        for name in self.organisations:
            token = self.session.topology.organisation(name).token
            if token is not None:
                self.session.progress(
                    f"the keys of {name} in {token} are not in the backup, and cannot leave the token: back "
                    "it up with its vendor's tools"
                )

    def _copy(self, peer: Peer, archive: Writer, name: str) -> None:
        if not peer.folder.is_dir():
            return
        ensure_none_restored([peer.folder])
        with stopped(self.session, peer):
            archive.add_tree(name, peer.folder)

    def _heights(self, peer: Peer) -> dict[str, int]:
        found = {channel.name: peer.height(channel.name) for channel in self.session.topology.channels}
        return {channel: height for channel, height in found.items() if height is not None}
