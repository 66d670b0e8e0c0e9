"""Which channels a peer has joined: asked of the peer itself, for the Gateway service needs a channel.

Source: Fabric 3.1, `core/scc/cscc` (`GetChannels`).
"""

from __future__ import annotations

from grpc import StatusCode

from fabric_gateway._connection.deadlines import Countdown
from fabric_gateway._connection.flow import CallFailed, Flow, repeatedly
from fabric_gateway._connection.session import Session
from fabric_gateway._flows.proposing import propose
from fabric_gateway._wire import gateway as wire
from fabric_gateway.errors import EvaluateError


def joined_channels(session: Session, seconds: float) -> Flow[tuple[str, ...]]:
    """Ask for the names of the channels that the peer has joined, sorted."""
    proposed = propose(session, "", "cscc", "GetChannels", arguments=())
    proposal = proposed.parts.proposal
    transaction_id = proposed.parts.transaction_id

    def error(failure: CallFailed) -> EvaluateError:
        return EvaluateError(
            failure.reason, status=failure.status, details=failure.details, transaction_id=transaction_id
        )

    response = yield from repeatedly(
        wire.PROCESS_PROPOSAL,
        wire.signed_proposal(proposal, session.identity.sign(proposal)),
        Countdown(seconds),
        error,
        transaction_id=transaction_id,
    )
    answer = wire.proposal_response(response)
    if answer.status != wire.RESPONSE_OK:
        raise EvaluateError(
            f"chaincode response {answer.status}, {answer.message}",
            status=StatusCode.UNKNOWN,  # the status with which the Gateway reports a chaincode's refusal
            transaction_id=transaction_id,
        )
    return tuple(sorted(wire.channel_names(answer.payload)))
