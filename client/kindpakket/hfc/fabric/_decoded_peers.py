"""What discovery tells of peers, in hfc's form."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, TypeAlias

from kindpakket.fabric._wire import messages as m
from kindpakket.hfc.fabric._decoded_headers import identity

Decoded: TypeAlias = dict[str, Any]


def peers_by_organization(members: Any) -> Decoded:
    """Decode a `discovery.PeerMembershipResult`: for each MSP id its peers by address."""
    return {
        mspid: {"peers": sorted(map(_peer, members.peers_by_org[mspid].peers), key=itemgetter("endpoint"))}
        for mspid in members.peers_by_org
    }


def _peer(peer: Any) -> Decoded:
    state = m.gossip.GossipMessage.FromString(peer.state_info.payload).state_info.properties
    alive = m.gossip.GossipMessage.FromString(peer.membership_info.payload).alive_msg
    return {
        **identity(peer.identity),
        "ledger_height": state.ledger_height,
        "chaincodes": [{"name": one.name, "version": one.version} for one in state.chaincodes],
        "endpoint": alive.membership.endpoint,
    }
