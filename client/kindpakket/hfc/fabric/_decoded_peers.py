"""What discovery says about peers, in hfc's form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from kindpakket.fabric import DiscoveredPeer

Decoded: TypeAlias = dict[str, Any]


def peers_by_organization(peers: Iterable[DiscoveredPeer]) -> Decoded:
    """Put peers into hfc's form: for each MSP id its peers by address."""
    organizations: Decoded = {}
    for peer in sorted(peers, key=lambda peer: peer.address):
        organizations.setdefault(peer.mspid, {"peers": []})["peers"].append(_peer(peer))
    return organizations


def _peer(peer: DiscoveredPeer) -> Decoded:
    return {
        "mspid": peer.mspid,
        "id_bytes": peer.certificate_pem.decode(),
        "ledger_height": peer.height,
        "chaincodes": [
            {"name": chaincode.name, "version": chaincode.version} for chaincode in peer.chaincodes
        ],
        "endpoint": peer.address,
    }
