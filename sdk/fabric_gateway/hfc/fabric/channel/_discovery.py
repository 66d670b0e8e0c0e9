"""A question to a peer's discovery service, for programs that decode the answer themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from fabric_gateway.hfc import _messages as m
from fabric_gateway.hfc.fabric._material import read
from fabric_gateway.hfc.fabric.transaction.tx_context import TXContext
from fabric_gateway.hfc.util.utils import pem_to_der


async def discover(
    channel: str,
    requestor: Any,
    target: Any,
    local: bool,
    config: bool,
    interests: Iterable[Mapping[str, Any]] | None,
) -> Any:
    """Ask for peers, configuration and endorsers, in this order; the peer's `discovery.Response`.

    Raises:
        grpc.RpcError: the peer cannot be reached.
        NoRequestor: there is no user.
        ValueError: an interest names no chaincode.
    """
    context = TXContext(requestor, requestor.cryptoSuite)
    certificate = target._client_cert_path  # noqa: SLF001
    queries = [
        m.discovery.Query(local_peers=m.discovery.LocalPeerQuery())
        if local
        else m.discovery.Query(channel=channel, peer_query=m.discovery.PeerMembershipQuery())
    ]
    if config:
        queries.append(m.discovery.Query(channel=channel, config_query=m.discovery.ConfigQuery()))
    if interests:
        wanted = m.discovery.ChaincodeQuery(interests=[_interest(interest) for interest in interests])
        queries.append(m.discovery.Query(channel=channel, cc_query=wanted))
    payload = m.discovery.Request(
        authentication=m.discovery.AuthInfo(
            client_identity=context.identity,
            client_tls_cert_hash=b""
            if certificate is None
            else hashlib.sha256(pem_to_der(read("clientCert", certificate))).digest(),
        ),
        queries=queries,
    ).SerializeToString()
    signed = m.discovery.SignedRequest(payload=payload, signature=context.sign(payload))
    return await target.send_discovery(signed)


def _interest(interest: Mapping[str, Any]) -> Any:
    chaincodes = interest.get("chaincodes")
    if not chaincodes or not all(called.get("name") for called in chaincodes):
        raise ValueError(f"interest {interest!r} names no chaincode: give {{'chaincodes': [{{'name': …}}]}}")
    return m.proposal_response.ChaincodeInterest(
        chaincodes=[
            m.proposal_response.ChaincodeCall(
                name=called["name"], collection_names=called.get("collection_names") or ()
            )
            for called in chaincodes
        ]
    )
