"""Calls at services of a peer beside its Gateway service, which takes no call without a channel."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from kindpakket.fabric import EvaluateError, aio
from kindpakket.fabric._connection.flow import CallFailed, call
from kindpakket.fabric._flows import discovery
from kindpakket.fabric._wire import gateway as wire
from kindpakket.fabric._wire import messages as m

_PROCESS_PROPOSAL = "/protos.Endorser/ProcessProposal"


async def process_proposal(gateway: aio.Gateway, chaincode: str, name: str) -> Any:
    """Call a system chaincode of the peer itself, without channel and arguments; its `ProposalResponse`.

    Raises:
        EvaluateError: the peer gave no answer.
    """
    identity = gateway.identity
    parts = wire.proposal(
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
    session = gateway._session
    try:
        answer = await session.run(call(_PROCESS_PROPOSAL, signed, session.deadlines.evaluate))
    except CallFailed as failure:
        raise EvaluateError(failure.reason, status=failure.status, details=failure.details) from None
    return m.proposal_response.ProposalResponse.FromString(answer)


async def peers_known_to(gateway: aio.Gateway, query: Any) -> Any:
    """Ask the peer's discovery service for peers; a `discovery.PeerMembershipResult`.

    Raises:
        DiscoveryError: the peer refused, or gave no answer.
    """
    session = gateway._session
    asking = discovery._asking(session, query, "members", session.deadlines.evaluate)
    return (await session.run(asking)).members
