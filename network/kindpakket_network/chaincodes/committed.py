"""What peers say that they made of the same block, whoever runs them.

A peer writes into each block a hash over what it has changed in its state since the first one. Equal hashes
mean equal states, as far as the peer kept what it committed; for one's own peers snapshots show that too.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..channel import messages as m
from ..description.topology import Channel
from ..description.tuning import STANDARD
from ..errors import CommandFailed
from ..nodes.peer import Peer
from ..programs.command import Command
from ..programs.process import run
from ..site import Site
from ..wait import together

_COMMIT_HASH = 4
_DEADLINE = 30.0


@dataclass(frozen=True)
class Committed:
    """What a peer made of a block.

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
class CommittedBlocks:
    """The blocks of a channel on its peers, asked for by an organisation's administrator.

    Args:
        site: the network.
        channel: the channel.
    """

    site: Site
    channel: Channel

    def compare(self, peers: Sequence[Peer]) -> tuple[list[Committed], list[str]]:
        """What peers made of the last block that they all have.

        Returns:
            That, and the peers that did not answer.
        """
        newest = together(lambda peer: self._block(peer, "newest"), peers)
        answering = [peer for peer, block in zip(peers, newest, strict=True) if block is not None]
        silent = [peer.node for peer in peers if peer not in answering]
        if not answering:
            return [], silent
        number = min(int(block.header.number) for block in newest if block is not None)
        blocks = together(lambda peer: self._block(peer, str(number)), answering)
        found = [
            Committed(
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
        """A block as a peer has it, or None when the peer does not answer or refuses."""
        members = [member.organisation for member in self.channel.members]
        asking = next(name for name in (peer.organisation, *members) if name in self.site.acting)
        organisation = self.site.topology.organisation(asking)
        environment = {
            "FABRIC_CFG_PATH": str(self.site.programs.config),
            "FABRIC_LOGGING_SPEC": STANDARD.log_spec,
            "CORE_PEER_LOCALMSPID": organisation.msp,
            "CORE_PEER_MSPCONFIGPATH": str(self.site.home.user(asking, organisation.admin.name) / "msp"),
            "CORE_PEER_ADDRESS": peer.endpoint,
            "CORE_PEER_TLS_ENABLED": "true",
            "CORE_PEER_TLS_ROOTCERT_FILE": str(self.site.home.tls_root(peer.organisation)),
        }
        with tempfile.TemporaryDirectory(dir=self.site.home.channel(self.channel.name)) as folder:
            file = Path(folder) / "block"
            arguments = ["channel", "fetch", which, str(file), "-c", self.channel.name]
            program = [self.site.programs.path("peer"), *arguments]
            try:
                run(Command(f"`peer channel fetch` at {peer.node}", program, environment, deadline=_DEADLINE))
            except CommandFailed:
                return None
            return m.common.Block.FromString(file.read_bytes())
