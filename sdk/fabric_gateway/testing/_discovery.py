"""The discovery service of a peer in memory: it knows itself, its organisation and one orderer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fabric_gateway._wire import messages as m
from fabric_gateway.testing._config import MSPID, ORDERER, ORDERER_MSPID
from fabric_gateway.testing._ledger import MemoryLedger

PEER = "peer0.memory:7051"


def discovered(ledger: MemoryLedger, chaincodes: Iterable[str], query: Any) -> Any:
    """Answer one question of discovery."""
    result = m.discovery.QueryResult()
    kind = query.WhichOneof("query")
    if query.channel != ledger.channel:
        result.error.content = "access denied"
    elif kind == "config_query":
        certificate = ledger.endorser.certificate_pem
        result.config_result.msps[MSPID].name = MSPID
        result.config_result.msps[MSPID].root_certs.append(certificate)
        result.config_result.msps[MSPID].fabric_node_ous.enable = True
        result.config_result.orderers[ORDERER_MSPID].endpoint.add(host=ORDERER[0], port=ORDERER[1])
    elif kind == "peer_query":
        wanted = {call.name for call in query.peer_query.filter.chaincodes}
        peers = [_peer(ledger, chaincodes)] if wanted <= set(chaincodes) else []
        result.members.peers_by_org[MSPID].peers.extend(peers)
    elif kind == "cc_query":
        interest = query.cc_query.interests[0]
        if not {call.name for call in interest.chaincodes} <= set(chaincodes):
            result.error.content = f"failed constructing descriptor for {interest}"
            return result
        plan = result.cc_query_res.content.add(chaincode=interest.chaincodes[0].name)
        plan.endorsers_by_groups["G0"].peers.append(_peer(ledger, chaincodes))
        plan.layouts.add().quantities_by_group["G0"] = 1
    else:
        result.error.content = "unknown or missing request type"
    return result


def _peer(ledger: MemoryLedger, chaincodes: Iterable[str]) -> Any:
    alive = m.gossip.GossipMessage()
    alive.alive_msg.membership.endpoint = PEER
    state = m.gossip.GossipMessage()
    state.state_info.properties.ledger_height = len(ledger.blocks)
    for name in chaincodes:
        state.state_info.properties.chaincodes.add(name=name, version="1.0")
    return m.discovery.Peer(
        identity=ledger.endorser.serialized,
        membership_info=m.gossip.Envelope(payload=alive.SerializeToString()),
        state_info=m.gossip.Envelope(payload=state.SerializeToString()),
    )
