"""Calls at services of a peer beside its Gateway service, which takes no call without a channel."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kindpakket.fabric import EvaluateError, _wire, aio
from kindpakket.fabric._flow import CallFailed, call
from kindpakket.hfc import _messages as m

_PROCESS_PROPOSAL = "/protos.Endorser/ProcessProposal"
_DISCOVER = "/discovery.Discovery/Discover"


async def process_proposal(gateway: aio.Gateway, chaincode: str, name: str) -> Any:
    """Call a system chaincode of the peer itself, without channel and arguments; its `ProposalResponse`.

    Raises:
        EvaluateError: the peer gave no answer.
    """
    identity = gateway.identity
    parts = _wire.proposal(
        creator=identity.serialized,
        nonce=os.urandom(24),
        now=datetime.now(UTC),
        channel="",
        chaincode=chaincode,
        arguments=[name.encode()],
        transient={},
    )
    signed = m.proposal.SignedProposal(
        proposal_bytes=parts.proposal, signature=identity.sign(parts.proposal)
    ).SerializeToString()
    return m.proposal_response.ProposalResponse.FromString(await _call(gateway, _PROCESS_PROPOSAL, signed))


async def discover(gateway: aio.Gateway, queries: Sequence[Any]) -> Any:
    """Ask the peer's discovery service; its `discovery.Response`.

    Raises:
        EvaluateError: the peer gave no answer.
    """
    identity = gateway.identity
    authentication = m.discovery.AuthInfo(client_identity=identity.serialized)
    payload = m.discovery.Request(authentication=authentication, queries=queries).SerializeToString()
    signed = m.discovery.SignedRequest(payload=payload, signature=identity.sign(payload)).SerializeToString()
    return m.discovery.Response.FromString(await _call(gateway, _DISCOVER, signed))


async def _call(gateway: aio.Gateway, path: str, request: bytes) -> bytes:
    session = gateway._session
    try:
        return await session.run(call(path, request, session.deadlines.evaluate))
    except CallFailed as failure:
        raise EvaluateError(failure.reason, status=failure.status, details=failure.details) from None
