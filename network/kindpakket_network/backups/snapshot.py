"""What peers hold at one block, as the snapshots say that they write of it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kindpakket_network.description.topology import Channel
from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import together, until

_SIGNABLE = "_snapshot_signable_metadata.json"
_NEXT_BLOCK = 10.0
_WRITTEN = 600.0
_TRIES = 8
_PASSED = "cannot be less than the last committed block number"
_THERE = ("snapshot already generated", "duplicate snapshot request")


@dataclass(frozen=True)
class PeerState:
    """What a peer holds of a channel after a block: public state, hashes of private state, transaction ids.

    Attributes:
        node: the peer.
        channel: the channel.
        block: the number of the last block in it.
        state: the SHA-256 hash of what the peer would sign as its snapshot, in hexadecimal.
        files: the hashes of the snapshot's files by name, in hexadecimal.
    """

    node: str
    channel: str
    block: int
    state: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class Snapshots:
    """Snapshots of a channel, which are deleted when they were looked at.

    Args:
        session: the network.
        channel: the channel.
    """

    session: Session
    channel: Channel

    def states(self, peers: Sequence[Peer]) -> list[PeerState]:
        """What peers hold at the same block. While a peer writes its snapshot, it commits no block.

        Raises:
            NetworkError: a peer does not run or refuses, or blocks come too fast to meet at one.
        """
        for attempt in range(_TRIES):
            heights = {peer: peer.height(self.channel.name) for peer in peers}
            silent = [peer.node for peer, height in heights.items() if height is None]
            if silent:
                raise NetworkError(
                    f"{', '.join(silent)} does not answer for {self.channel.name}: bring it up first"
                )
            # While blocks come, one that is ahead of all peers is where they can meet.
            ahead = (1 << attempt) - 1
            block = max(height or 0 for height in heights.values()) - 1 + ahead
            asked = together(lambda peer, block=block: self._ask(peer, block), peers)  # type: ignore[misc]
            try:
                if None in asked or not self._written(peers, block, _NEXT_BLOCK if ahead else _WRITTEN):
                    continue
                return [self._read(peer, block) for peer in peers]
            finally:
                for peer, is_new in zip(peers, asked, strict=True):
                    if is_new:
                        self._withdraw(peer, block)
        raise NetworkError(
            f"the peers of {self.channel.name} did not meet at one block in {_TRIES} attempts: try again"
        )

    def _ask(self, peer: Peer, block: int) -> bool | None:
        """Ask for a snapshot: True, or False when it was there; None when the peer has passed the block."""
        try:
            self.session.admin(peer).snapshot("submitrequest", self.channel.name, block)
        except CommandFailed as error:
            if _PASSED in error.output:
                return None
            if any(words in error.output for words in _THERE):
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
                # It is being written, or was written meanwhile.
                until(lambda: folder.is_dir() or None, _WRITTEN, interval=0.2)
        shutil.rmtree(folder, ignore_errors=True)

    def _folder(self, peer: Peer, block: int) -> Path:
        return peer.folder / "data" / "snapshots" / "completed" / self.channel.name / str(block)
