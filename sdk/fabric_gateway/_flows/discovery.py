"""What a peer knows about its channel: the other peers, the organisations, and who could endorse what.

The answers are the peer's claims; nothing in them is verified here.

Source: Fabric 3.1 `discovery/`, and the messages of `hyperledger/fabric-protos`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from grpc import StatusCode

from fabric_gateway._connection.deadlines import Countdown
from fabric_gateway._connection.flow import CallFailed, Flow, repeatedly
from fabric_gateway._connection.session import Session
from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks._committed import party
from fabric_gateway.errors import DiscoveryError
from fabric_gateway.identity._msp import Msp

DISCOVER = "/discovery.Discovery/Discover"


@dataclass(frozen=True, slots=True)
class ChaincodeCall:
    """A chaincode that takes part in a transaction, and what it does there.

    Attributes:
        name: name of the chaincode.
        collections: private data collections that it reads or writes.
        no_private_reads: it reads none of them.
        no_public_writes: it writes nothing but these collections.
        key_policies: endorsement policies of keys that it writes, each a serialised
            `common.SignaturePolicyEnvelope`.
        disregard_namespace_policy: its own endorsement policy is ignored; only those of collections and keys
            count.
    """

    name: str
    collections: tuple[str, ...] = ()
    no_private_reads: bool = False
    no_public_writes: bool = False
    key_policies: tuple[bytes, ...] = ()
    disregard_namespace_policy: bool = False


Called: TypeAlias = str | ChaincodeCall
"""A chaincode by its name alone, or with what it does."""


@dataclass(frozen=True, slots=True)
class ChaincodeVersion:
    """A chaincode that a peer can run on the channel.

    Attributes:
        name: name of the chaincode.
        version: the sequence of its definition; for system chaincodes and those of the old lifecycle, their
            version.
    """

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class DiscoveredPeer:
    """A peer that is alive and has joined the channel.

    Attributes:
        mspid: MSP id of its organisation.
        address: host and port where it is reached from outside its organisation.
        certificate_pem: its certificate, PEM.
        height: number of blocks that it claims to have.
        chaincodes: the chaincodes that it can run, sorted by name.
    """

    mspid: str
    address: str
    certificate_pem: bytes = field(repr=False)
    height: int
    chaincodes: tuple[ChaincodeVersion, ...]


@dataclass(frozen=True, slots=True)
class DiscoveredConfig:
    """The organisations of a channel.

    Attributes:
        msps: their definitions by MSP id.
        orderers: addresses of orderers by MSP id, as `host:port`.
    """

    msps: Mapping[str, Msp]
    orderers: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class EndorsementPlan:
    """Who could endorse a transaction, with the peers that are alive now.

    Attributes:
        chaincode: name of the first chaincode asked for.
        groups: interchangeable peers, by a name that means nothing outside this plan; those with the highest
            ledger first.
        layouts: each is sufficient: how many peers of which group must endorse.
    """

    chaincode: str
    groups: Mapping[str, tuple[DiscoveredPeer, ...]]
    layouts: tuple[Mapping[str, int], ...]

    @property
    def organizations(self) -> tuple[frozenset[str], ...]:
        """For each layout the MSP ids of the peers that it may ask."""
        return tuple(
            frozenset(peer.mspid for group in layout for peer in self.groups[group])
            for layout in self.layouts
        )


def finding_peers(
    session: Session, channel: str, seconds: float, calls: Iterable[Called]
) -> Flow[tuple[DiscoveredPeer, ...]]:
    """Ask for the peers of the channel, or those that can run all of the chaincodes."""
    query = m.discovery.Query(channel=channel)
    query.peer_query.filter.chaincodes.extend(_call(called) for called in calls)
    return _members((yield from _asking(session, query, "members", seconds)).members)


def finding_known_peers(session: Session, seconds: float) -> Flow[tuple[DiscoveredPeer, ...]]:
    """Ask for all peers that the peer knows, whatever channels they have joined."""
    query = m.discovery.Query(local_peers=m.discovery.LocalPeerQuery())
    return _members((yield from _asking(session, query, "members", seconds)).members)


def finding_config(session: Session, channel: str, seconds: float) -> Flow[DiscoveredConfig]:
    """Ask for the organisations of the channel."""
    query = m.discovery.Query(channel=channel, config_query=m.discovery.ConfigQuery())
    result = (yield from _asking(session, query, "config_result", seconds)).config_result
    orderers = {
        mspid: tuple(f"{endpoint.host}:{endpoint.port}" for endpoint in endpoints.endpoint)
        for mspid, endpoints in sorted(result.orderers.items())
    }
    return DiscoveredConfig({mspid: Msp.of(msp) for mspid, msp in sorted(result.msps.items())}, orderers)


def finding_endorsers(
    session: Session, channel: str, seconds: float, calls: Iterable[Called]
) -> Flow[EndorsementPlan]:
    """Ask who could endorse a transaction that calls these chaincodes."""
    query = m.discovery.Query(channel=channel)
    interest = query.cc_query.interests.add()
    interest.chaincodes.extend(_call(called) for called in calls)
    if not interest.chaincodes:
        raise ValueError("name at least one chaincode to find endorsers for")
    result = (yield from _asking(session, query, "cc_query_res", seconds)).cc_query_res
    if len(result.content) != 1:
        raise _refused(f"the peer answered with {len(result.content)} plans instead of one")
    plan = result.content[0]
    return EndorsementPlan(
        chaincode=plan.chaincode,
        groups={name: _group(peers.peers) for name, peers in sorted(plan.endorsers_by_groups.items())},
        layouts=tuple(dict(sorted(layout.quantities_by_group.items())) for layout in plan.layouts),
    )


def _asking(session: Session, query: Any, expected: str, seconds: float) -> Flow[Any]:
    """Ask one signed question; the result, of the kind that belongs to it."""
    authentication = m.discovery.AuthInfo(
        client_identity=session.identity.serialized, client_tls_cert_hash=session.tls_certificate_hash
    )
    payload = m.discovery.Request(authentication=authentication, queries=[query]).SerializeToString()
    request = m.discovery.SignedRequest(payload=payload, signature=session.identity.sign(payload))

    def error(failure: CallFailed) -> DiscoveryError:
        return DiscoveryError(failure.reason, status=failure.status, details=failure.details)

    response = yield from repeatedly(DISCOVER, request.SerializeToString(), Countdown(seconds), error)
    results = wire.parse(m.discovery.Response, response).results
    kind = results[0].WhichOneof("result") if len(results) == 1 else None
    if kind == "error":
        raise _refused(results[0].error.content)
    if kind != expected:
        raise _refused(f"the peer answered with {len(results)} results, none of them a {expected}")
    return results[0]


def _refused(words: str) -> DiscoveryError:
    denied = words == "access denied"
    return DiscoveryError(
        words, status=StatusCode.PERMISSION_DENIED if denied else StatusCode.FAILED_PRECONDITION
    )


def _call(called: Called) -> Any:
    call = ChaincodeCall(called) if isinstance(called, str) else called
    policies = [wire.parse(m.policies.SignaturePolicyEnvelope, policy) for policy in call.key_policies]
    return m.proposal_response.ChaincodeCall(
        name=call.name,
        collection_names=call.collections,
        no_private_reads=call.no_private_reads,
        no_public_writes=call.no_public_writes,
        key_policies=policies,
        disregard_namespace_policy=call.disregard_namespace_policy,
    )


def _members(result: Any) -> tuple[DiscoveredPeer, ...]:
    found = [_peer(peer, mspid) for mspid, peers in result.peers_by_org.items() for peer in peers.peers]
    return tuple(sorted(found, key=lambda peer: (peer.mspid, peer.address)))


def _group(peers: Iterable[Any]) -> tuple[DiscoveredPeer, ...]:
    found = [_peer(peer, party(peer.identity).mspid) for peer in peers]
    return tuple(sorted(found, key=lambda peer: (-peer.height, peer.address)))


def _peer(message: Any, mspid: str) -> DiscoveredPeer:
    alive = wire.parse(m.gossip.GossipMessage, message.membership_info.payload).alive_msg
    state = wire.parse(m.gossip.GossipMessage, message.state_info.payload).state_info.properties
    return DiscoveredPeer(
        mspid=mspid,
        address=alive.membership.endpoint,
        certificate_pem=party(message.identity).certificate_pem,
        height=state.ledger_height,
        chaincodes=tuple(
            sorted(
                (ChaincodeVersion(chaincode.name, chaincode.version) for chaincode in state.chaincodes),
                key=lambda chaincode: chaincode.name,
            )
        ),
    )
