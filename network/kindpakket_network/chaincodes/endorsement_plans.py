"""Whether peers have an endorsement plan: they learn by gossip, some time after starting, who can endorse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import in_parallel, until

# Seconds for a restarted peer to find its endorsers; gossip takes seconds, and longer on a busy machine.
_BACK_DEADLINE = 120.0


def chaincodes_with_plan(session: Session, peer: Peer) -> set[tuple[str, str]]:
    """The channels and chaincodes for which a peer knows enough other peers to endorse."""
    commands = session.admin(peer)
    return {
        (channel, chaincode)
        for channel, chaincode in deployed_chaincodes(session, peer)
        if commands.endorsement_plan(channel, chaincode)
    }


@contextmanager
def stopped(session: Session, peer: Peer) -> Iterator[None]:
    """Stop a peer for the duration of the block, if it is running, and wait until it is usable again.

    Raises:
        NetworkError: it did not start again, or did not find its endorsing peers.
    """
    before = chaincodes_with_plan(session, peer)
    ran = session.processes.stop(peer.node)
    try:
        yield
    finally:
        if ran:
            session.starter.start([peer])
    if (
        until(lambda: before <= chaincodes_with_plan(session, peer) or None, _BACK_DEADLINE, interval=0.25)
        is None
    ):
        raise NetworkError(
            f"{peer.node} is running again, but did not find its endorsing peers within "
            f"{_BACK_DEADLINE:g} s: check in `status` which are down"
        )


def deployed_chaincodes(session: Session, peer: Peer) -> set[tuple[str, str]]:
    """A peer's channels with the chaincodes deployed to them, according to this home's records."""
    return {
        (channel.name, chaincode.name)
        for channel in session.topology.channels
        if peer in session.peers_on(channel)
        for chaincode in channel.chaincodes
        if session.home.deployed(channel.name, chaincode.name).is_file()
    }


def await_plans(session: Session, peers: Iterable[Peer], deadline: float) -> list[str]:
    """Wait until peers have endorsement plans for all deployed chaincodes.

    Args:
        session: the network.
        peers: the peers.
        deadline: how long to wait for each, in seconds.

    Returns:
        The names of the peers that still have none.
    """

    def lacking(peer: Peer) -> str | None:
        wanted = deployed_chaincodes(session, peer)
        found = until(lambda: wanted <= chaincodes_with_plan(session, peer) or None, deadline, interval=0.25)
        return None if found else peer.node

    return [node for node in in_parallel(lacking, peers) if node is not None]
