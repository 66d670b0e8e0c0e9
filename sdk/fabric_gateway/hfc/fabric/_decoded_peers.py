"""What discovery says about peers, in hfc's form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from fabric_gateway import ChaincodeVersion, DiscoveredPeer
from fabric_gateway.hfc import _messages as m
from fabric_gateway.hfc.fabric._decoded_headers import identity

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
            {"name": chaincode.name, "version": chaincode.version}
            for chaincode in sorted(peer.chaincodes, key=_deployed_first)
        ],
        "endpoint": peer.address,
    }


def peers_info(peers: Iterable[Any]) -> list[Decoded]:
    """Decode `discovery.Peer` messages, in the order in which they come."""
    return [_peer_info(peer) for peer in peers]


def endpoints(found: Iterable[Any]) -> list[Decoded]:
    """Decode `discovery.Endpoint` messages."""
    return [{"host": endpoint.host, "port": endpoint.port} for endpoint in found]


def _peer_info(peer: Any) -> Decoded:
    state = m.gossip.GossipMessage.FromString(peer.state_info.payload).state_info.properties
    alive = m.gossip.GossipMessage.FromString(peer.membership_info.payload).alive_msg
    return {
        **identity(peer.identity),
        "ledger_height": int(state.ledger_height),
        "chaincodes": [
            {"name": chaincode.name, "version": chaincode.version} for chaincode in state.chaincodes
        ],
        "endpoint": alive.membership.endpoint,
    }


def _deployed_first(chaincode: ChaincodeVersion) -> tuple[bool, str]:
    """The order in which a peer lists its chaincodes: its own `_lifecycle` comes last."""
    return chaincode.name.startswith("_"), chaincode.name
