"""Whether the sources that a topology names for its chaincodes can be used."""

from __future__ import annotations

from collections.abc import Collection

from kindpakket_network.chaincodes.package import package_of
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import Mistake, NetworkError


def ensure_sources(topology: Topology, organisations: Collection[str], only: str | None = None) -> None:
    """Check the sources of the chaincodes that some organisations' peers serve.

    Args:
        topology: the network.
        organisations: the names of the organisations; others need no source.
        only: the name of the only chaincode to check; None: all.

    Raises:
        TopologyError: some cannot be used; all of them are listed, with their lines.
    """
    mistakes = []
    for number, channel in enumerate(topology.channels):
        if not {found.name for found in topology.members_with_peers(channel)} & set(organisations):
            continue
        for place, chaincode in enumerate(channel.chaincodes):
            if only not in (None, chaincode.name):
                continue
            try:
                package_of(chaincode)
            except NetworkError as error:
                mistakes.append(Mistake(f"channels[{number}].chaincodes[{place}].source", str(error)))
    if mistakes:
        raise topology.error(mistakes)
