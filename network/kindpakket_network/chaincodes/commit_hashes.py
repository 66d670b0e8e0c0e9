"""Compares the commit hashes of all peers of a channel, including other organisations' peers.

A peer writes into each block a hash over all changes of its state since the genesis block. Equal hashes mean
equal states, provided that the peer still stores what it committed; for one's own peers, snapshots show that.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kindpakket_network.channel import messages as m
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import CommandFailed
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.peer_program import peer_command
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.command import run
from kindpakket_network.programs.wait import in_parallel

_COMMIT_HASH = 4  # `common.BlockMetadataIndex`
# Seconds for a peer to return one block.
_DEADLINE = 30.0


@dataclass(frozen=True)
class CommitHash:
    """A peer's hashes of a block.

    Attributes:
        node: the peer.
        channel: the channel.
        block: the block's number.
        header: the SHA-256 hash of the block's header, in hexadecimal.
        commit: the hash that the peer computed when it committed the block, in hexadecimal.
    """

    node: str
    channel: str
    block: int
    header: str
    commit: str


@dataclass(frozen=True)
class CommitHashes:
    """The blocks of a channel's peers, fetched as administrator of an organisation that this home acts for.

    Args:
        session: the network.
        channel: the channel.
    """

    session: Session
    channel: Channel

    def compare(self, peers: Sequence[Peer]) -> tuple[list[CommitHash], list[str]]:
        """The peers' hashes of the last block that they all have.

        Returns:
            The hashes, and the names of the peers that did not answer.
        """
        newest = in_parallel(lambda peer: self._block(peer, "newest"), peers)
        answering = [peer for peer, block in zip(peers, newest, strict=True) if block is not None]
        silent = [peer.node for peer in peers if peer not in answering]
        if not answering:
            return [], silent
        number = min(int(block.header.number) for block in newest if block is not None)
        blocks = in_parallel(lambda peer: self._block(peer, str(number)), answering)
        found = [
            CommitHash(
                peer.node,
                self.channel.name,
                number,
                hashlib.sha256(block.header.SerializeToString()).hexdigest(),
                m.common.Metadata.FromString(block.metadata.metadata[_COMMIT_HASH]).value.hex(),
            )
            for peer, block in zip(answering, blocks, strict=True)
            if block is not None
        ]
        return found, silent

    def _block(self, peer: Peer, which: str) -> Any:
        """A peer's copy of a block, or None if the peer does not answer or refuses."""
        members = [member.organisation for member in self.channel.members]
        asking = next(
            name for name in (peer.organisation, *members) if name in self.session.own_organisations
        )
        organisation = self.session.topology.organisation(asking)
        with tempfile.TemporaryDirectory(dir=self.session.home.channel(self.channel.name)) as scratch:
            file = Path(scratch) / "block"
            command = peer_command(
                f"`peer channel fetch` at {peer.node}",
                ["channel", "fetch", which, str(file), "-c", self.channel.name],
                programs=self.session.programs,
                msp=organisation.msp,
                folder=self.session.home.user(asking, organisation.admin.name) / "msp",
                peer=peer,
                deadline=_DEADLINE,
            )
            try:
                run(command)
            except CommandFailed:
                return None
            return m.common.Block.FromString(file.read_bytes())
