"""Whether peers can have transactions endorsed: which they find out by gossip, some time after they start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import together, until

_BACK_DEADLINE = 120.0


def planned(session: Session, peer: Peer) -> set[tuple[str, str]]:
    """The channels and chaincodes for which a peer knows others enough to have transactions endorsed."""
    commands = session.admin(peer)
    return {
        (channel, chaincode)
        for channel, chaincode in deployed(session, peer)
        if commands.endorsement_plan(channel, chaincode)
    }


@contextmanager
def halted(session: Session, peer: Peer) -> Iterator[None]:
    """Have a peer stopped meanwhile, if it runs; afterwards it can be used as before.

    Raises:
        NetworkError: it does not come up again, or does not find the peers that it needs.
    """
    before = planned(session, peer)
    ran = session.processes.stop(peer.node)
    try:
        yield
    finally:
        if ran:
            session.starter.start([peer])
    if until(lambda: before <= planned(session, peer) or None, _BACK_DEADLINE, interval=0.25) is None:
        raise NetworkError(
            f"{peer.node} runs again, but after {_BACK_DEADLINE:g} seconds it does not find the peers that "
            "it needs to endorse transactions: see in `status` who is down"
        )


def deployed(session: Session, peer: Peer) -> set[tuple[str, str]]:
    """The channels of a peer and the chaincodes that were deployed there, by this home's records."""
    return {
        (channel.name, chaincode.name)
        for channel in session.topology.channels
        if peer in session.peers_on(channel)
        for chaincode in channel.chaincodes
        if session.home.deployed(channel.name, chaincode.name).is_file()
    }


def await_plans(session: Session, peers: Iterable[Peer], deadline: float) -> list[str]:
    """Wait until peers can have transactions of all that was deployed endorsed.

    Args:
        session: the network.
        peers: the peers.
        deadline: seconds.

    Returns:
        The nodes of those that still cannot.
    """

    def lacking(peer: Peer) -> str | None:
        wanted = deployed(session, peer)
        found = until(lambda: wanted <= planned(session, peer) or None, deadline, interval=0.25)
        return None if found else peer.node

    return [node for node in together(lacking, peers) if node is not None]
