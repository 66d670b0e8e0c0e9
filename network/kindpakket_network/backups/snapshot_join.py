"""Has a new peer join a channel by a snapshot of its state instead of by all blocks.

The peer has the whole state, and the hashes of private data, whose values its organisation's other peers send
afterwards. It has no earlier blocks: nobody can audit, replay or query a history on it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from kindpakket_network.backups.snapshot import Snapshots
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.peer_commands import PeerCommands
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import until

# Seconds to import a snapshot, which grows with the state.
_IMPORTED = 600.0
_ROLE, _AUDITOR = "kindpakket.role", "auditor"


def ensure_needs_no_history(topology: Topology, organisation: str) -> None:
    """Check that the peers of an organisation may do without earlier blocks.

    Raises:
        NetworkError: it audits, or it has no other peer.
    """
    found = topology.organisation(organisation)
    if any(user.attributes.get(_ROLE) == _AUDITOR for user in found.users):
        raise NetworkError(
            f"{organisation} audits, which takes every block since the first: add its peer without "
            "--from-snapshot"
        )
    if not found.peers:
        raise NetworkError(
            f"{organisation} has no other peer, whose snapshot it could trust and which has its private "
            "data: add its first peer without --from-snapshot"
        )


@dataclass(frozen=True)
class SnapshotJoin:
    """A peer that joins a channel.

    Args:
        session: the network.
        channel: the channel.
        peer: the peer, which runs.
    """

    session: Session
    channel: Channel
    peer: Peer

    def run(self) -> int:
        """Take a snapshot from another peer of the organisation, and join by it.

        All peers of this home must have the same state, which their own snapshots show.

        Returns:
            The number of the last block that the snapshot covers.

        Raises:
            NetworkError: there is no other peer, states differ, or the import failed; it can be repeated.
        """
        name = self.channel.name
        others = [peer for peer in self.session.own_peers_on(self.channel) if peer.height(name) is not None]
        source = next((peer for peer in others if peer.organisation == self.peer.organisation), None)
        if source is None:
            raise NetworkError(
                f"{self.peer.node} cannot join {name} by a snapshot: no other peer of "
                f"{self.peer.organisation} answers for it; start one with `up`, or add the peer without "
                "--from-snapshot"
            )
        copy = self.peer.folder / "data" / f"joining-{name}"
        shutil.rmtree(copy, ignore_errors=True)
        try:
            states = Snapshots(self.session, self.channel).states(others, {source: copy})
            different = {state.node for state in states if state.state != states[0].state}
            if different:
                raise NetworkError(
                    f"the state of {name} on {', '.join(sorted(different))} differs from that on "
                    f"{states[0].node}: `kindpakket network verify` shows which peer to trust"
                )
            commands = self.session.admin(self.peer)
            commands.join_by_snapshot(copy)
            if until(lambda: self._has_joined(commands) or None, _IMPORTED, interval=0.25) is None:
                raise self.session.processes.failed(
                    self.peer.node, f"did not import its snapshot of {name} within {_IMPORTED:g} s"
                )
        finally:
            shutil.rmtree(copy, ignore_errors=True)
        return states[0].block

    def _has_joined(self, commands: PeerCommands) -> bool:
        return not commands.imports_snapshot() and self.peer.height(self.channel.name) is not None
