"""Whether peers can have transactions endorsed: which they find out by gossip, some time after they start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ..errors import NetworkError
from ..nodes.peer import Peer
from ..site import Site
from ..wait import together, until

_BACK_DEADLINE = 120.0


def planned(site: Site, peer: Peer) -> set[tuple[str, str]]:
    """The channels and chaincodes for which a peer knows others enough to have transactions endorsed."""
    commands = site.admin(peer)
    return {
        (channel, chaincode)
        for channel, chaincode in deployed(site, peer)
        if commands.endorsement_plan(channel, chaincode)
    }


@contextmanager
def halted(site: Site, peer: Peer) -> Iterator[None]:
    """Have a peer stopped meanwhile, if it runs; afterwards it can be used as before.

    Raises:
        NetworkError: it does not come up again, or does not find the peers that it needs.
    """
    before = planned(site, peer)
    ran = site.processes.stop(peer.node)
    try:
        yield
    finally:
        if ran:
            site.starter.start([peer])
    if until(lambda: before <= planned(site, peer) or None, _BACK_DEADLINE, interval=0.25) is None:
        raise NetworkError(
            f"{peer.node} runs again, but after {_BACK_DEADLINE:g} seconds it does not find the peers that "
            "it needs to endorse transactions: see in `status` who is down"
        )


def deployed(site: Site, peer: Peer) -> set[tuple[str, str]]:
    """The channels of a peer and the chaincodes that were deployed there, by this home's records."""
    return {
        (channel.name, chaincode.name)
        for channel in site.topology.channels
        if peer in site.peers_on(channel)
        for chaincode in channel.chaincodes
        if site.home.deployed(channel.name, chaincode.name).is_file()
    }


def await_plans(site: Site, peers: Iterable[Peer], deadline: float) -> list[str]:
    """Wait until peers can have transactions of all that was deployed endorsed.

    Args:
        site: the network.
        peers: the peers.
        deadline: seconds.

    Returns:
        The nodes of those that still cannot.
    """

    def lacking(peer: Peer) -> str | None:
        wanted = deployed(site, peer)
        found = until(lambda: wanted <= planned(site, peer) or None, deadline, interval=0.25)
        return None if found else peer.node

    return [node for node in together(lacking, peers) if node is not None]
