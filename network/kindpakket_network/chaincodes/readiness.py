"""Waits until the peers of a home can serve a definition that has been committed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kindpakket_network.description.chaincode import Chaincode
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.peer_commands import PeerCommands
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import in_parallel, until

# Seconds for peers to receive a committed definition, and to learn by gossip which peers can endorse.
_DEADLINE = 60.0
# Seconds between two looks, each of which starts a program.
_INTERVAL = 0.25


@dataclass(frozen=True)
class Readiness:
    """Whether the peers of this home serve a chaincode on a channel.

    Args:
        session: the network.
        channel: the channel.
        chaincode: the chaincode.
    """

    session: Session
    channel: Channel
    chaincode: Chaincode

    def await_definition(self, sequence: int) -> None:
        """Wait until every peer has committed the definition; until then it uses the previous package.

        Args:
            sequence: the definition's sequence number.

        Raises:
            NetworkError: a peer did not in time.
        """
        channel, name = self.channel.name, self.chaincode.name

        def has(commands: PeerCommands, channel: str, name: str) -> bool:
            found = commands.committed(channel, name)
            return found is not None and int(found["sequence"]) >= sequence

        nodes, _ = self._without(has)
        if nodes:
            raise NetworkError(
                f"{', '.join(nodes)} did not commit the definition of {name} on {channel} within "
                f"{_DEADLINE:g} s: check in `status` whether they are behind, and deploy again"
            )

    def await_plans(self) -> None:
        """Wait until every peer knows a set of peers that can endorse.

        Raises:
            NetworkError: a peer did not in time.
        """
        nodes, logs = self._without(PeerCommands.endorsement_plan)
        if nodes:
            raise NetworkError(
                f"{', '.join(nodes)} found no set of peers that can endorse {self.chaincode.name} within "
                f"{_DEADLINE:g} s: check that the other organisations' peers run, and read {logs}"
            )

    def await_answers(self) -> None:
        """Wait until the chaincode answers on every peer, be it with a refusal.

        Raises:
            NetworkError: on a peer it did not in time.
        """
        nodes, logs = self._without(PeerCommands.answers)
        if nodes:
            raise NetworkError(
                f"{self.chaincode.name} is committed, but did not answer on {', '.join(nodes)} within "
                f"{_DEADLINE:g} s: read {logs} and the logs of its processes, mend it, and deploy again"
            )

    def _without(self, has: Callable[[PeerCommands, str, str], object]) -> tuple[list[str], str]:
        """The nodes that lack something in the end, and the paths of their logs.

        Args:
            has: whether a peer has it, for the names of a channel and a chaincode.
        """

        def lacks(peer: Peer) -> bool:
            commands = self.session.admin(peer)
            return not until(
                lambda: has(commands, self.channel.name, self.chaincode.name) or None,
                _DEADLINE,
                interval=_INTERVAL,
            )

        peers = self.session.own_peers_on(self.channel)
        lacking = in_parallel(lacks, peers)
        nodes = [peer.node for peer, lacks_it in zip(peers, lacking, strict=True) if lacks_it]
        return nodes, ", ".join(str(self.session.home.log(node)) for node in nodes)
