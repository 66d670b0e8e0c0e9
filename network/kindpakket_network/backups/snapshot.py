"""Compares peers' states at the same block by the hashes of their snapshots."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import in_parallel, until

_SIGNABLE = "_snapshot_signable_metadata.json"
# Seconds for the next block to arrive, when the peers are to meet at a future one.
_NEXT_BLOCK = 10.0
# Seconds to write a snapshot, which grows with the state; the peer commits nothing meanwhile.
_WRITTEN = 600.0
# Attempts; each aims twice as many blocks ahead, so the last is 127 blocks ahead of the first.
_TRIES = 8
_PASSED = "cannot be less than the last committed block number"
_THERE = ("snapshot already generated", "duplicate snapshot request")


@dataclass(frozen=True)
class PeerState:
    """A peer's state on a channel after a block: public state, hashes of private state, transaction ids.

    Attributes:
        node: the peer.
        channel: the channel.
        block: the number of the last block in it.
        state: the SHA-256 hash of the snapshot's signable metadata, in hexadecimal.
        files: the hashes of the snapshot's files by name, in hexadecimal.
    """

    node: str
    channel: str
    block: int
    state: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class Snapshots:
    """Snapshots of a channel, which are deleted once they have been compared and copied.

    Args:
        session: the network.
        channel: the channel.
    """

    session: Session
    channel: Channel

    def states(self, peers: Sequence[Peer], copies: Mapping[Peer, Path] | None = None) -> list[PeerState]:
        """Peers' states at the same block. A peer commits no blocks while it writes its snapshot.

        Args:
            peers: the peers.
            copies: where to copy the snapshots of some of them; no folder exists yet.

        Raises:
            NetworkError: a peer is down or refuses, or blocks arrive too fast for all peers to meet at one.
        """
        for attempt in range(_TRIES):
            heights = {peer: peer.height(self.channel.name) for peer in peers}
            silent = [peer.node for peer, height in heights.items() if height is None]
            if silent:
                raise NetworkError(
                    f"{', '.join(silent)} {'does' if len(silent) == 1 else 'do'} not answer for "
                    f"{self.channel.name}: run `up` first"
                )
            # While blocks keep arriving, the peers can only meet at a block that none of them has yet.
            ahead = (1 << attempt) - 1
            block = max(height or 0 for height in heights.values()) - 1 + ahead
            asked = in_parallel(lambda peer, block=block: self._ask(peer, block), peers)  # type: ignore[misc]
            try:
                if None in asked or not self._written(peers, block, _NEXT_BLOCK if ahead else _WRITTEN):
                    continue
                for peer, copy in (copies or {}).items():
                    shutil.copytree(self._folder(peer, block), copy)
                return [self._read(peer, block) for peer in peers]
            finally:
                for peer, is_new in zip(peers, asked, strict=True):
                    if is_new:
                        self._withdraw(peer, block)
        raise NetworkError(
            f"the peers of {self.channel.name} did not meet at the same block in {_TRIES} attempts: try again"
        )

    def _ask(self, peer: Peer, block: int) -> bool | None:
        """Request a snapshot: True if it is new, False if it exists, None if the block has passed."""
        try:
            self.session.admin(peer).snapshot("submitrequest", self.channel.name, block)
        except CommandFailed as error:
            if _PASSED in error.output:
                return None
            if any(marker in error.output for marker in _THERE):
                return False
            raise
        return True

    def _written(self, peers: Sequence[Peer], block: int, patience: float) -> bool:
        def all_there() -> bool | None:
            return all((self._folder(peer, block) / _SIGNABLE).is_file() for peer in peers) or None

        def any_reached() -> bool | None:
            return any((peer.height(self.channel.name) or 0) > block for peer in peers) or None

        if until(any_reached, patience, interval=0.2) is None:
            return False
        return until(all_there, _WRITTEN, interval=0.2) is not None

    def _read(self, peer: Peer, block: int) -> PeerState:
        content = (self._folder(peer, block) / _SIGNABLE).read_bytes()
        files = json.loads(content)["snapshot_files_raw_hashes"]
        state = hashlib.sha256(content).hexdigest()
        return PeerState(peer.node, self.channel.name, block, state, files)

    def _withdraw(self, peer: Peer, block: int) -> None:
        folder = self._folder(peer, block)
        if not folder.is_dir():
            try:
                self.session.admin(peer).snapshot("cancelrequest", self.channel.name, block)
            except CommandFailed:
                # The snapshot is being written, or has been written in the meantime.
                until(lambda: folder.is_dir() or None, _WRITTEN, interval=0.2)
        shutil.rmtree(folder, ignore_errors=True)

    def _folder(self, peer: Peer, block: int) -> Path:
        return peer.folder / "data" / "snapshots" / "completed" / self.channel.name / str(block)
