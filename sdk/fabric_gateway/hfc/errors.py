"""What these modules raise where hfc raises a bare `Exception`, and where Fabric has moved on.

hfc 1.0.0 has no errors of its own, so programs catch `Exception` and read its first argument: these are
exceptions with the same first argument. Failures of a connection, or of the peer before the chaincode ran,
are errors of `fabric_gateway` that are `grpc.RpcError` as well, as in hfc.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from grpc import StatusCode

from fabric_gateway import GatewayError
from fabric_gateway.hfc import _messages as m
from fabric_gateway.hfc._rpc import (
    CommitStatusError,
    DiscoveryError,
    EndorseError,
    EvaluateError,
    EventsError,
    NotOnLedger,
    RpcFailure,
    SubmitError,
    UnknownOutcome,
)

__all__ = [
    "ChaincodeExecutionError",
    "CommitStatusError",
    "DiscoveryError",
    "EndorseError",
    "EvaluateError",
    "EventsError",
    "Impossible",
    "InvalidTransaction",
    "NoPeer",
    "NoRequestor",
    "NotOnLedger",
    "OrdererRefused",
    "QueryRefused",
    "RpcFailure",
    "SubmitError",
    "UnknownOutcome",
    "answer",
    "response_in",
]

_CHAINCODE = re.compile(r"chaincode response (\d+), ")
_GOOD, _FAILED = 200, 500
_UNANSWERED = frozenset({StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.CANCELLED})


class Impossible(NotImplementedError):
    """A call of hfc that today's Fabric cannot answer; the message says why and what to do instead."""


class NoPeer(Exception):
    """A peer, or an orderer, is not in the profile, or a call names none."""


class OrdererRefused(Exception):
    """An orderer does not deliver a block; the message says which, and its status."""


class NoRequestor(AttributeError):
    """The requestor is not a user: `get_user` gives None for a user whom the profile does not name."""


class ChaincodeExecutionError(Exception):
    """The chaincode refused, and the call was to raise that; the message is the chaincode's own."""


class QueryRefused(ChaincodeExecutionError, ValueError):
    """A peer, or the gateway there, refused a query.

    The first argument is what hfc gives: the peers' answers, a list of `ProposalResponse` messages, which
    hold here what the gateway told of them: `response.status` and `response.message`.
    """

    def __init__(self, responses: Sequence[Any]) -> None:
        super().__init__(list(responses))

    def __str__(self) -> str:
        said = {item.response.message for item in self.args[0] if item.response.status != _GOOD}
        return f"the query was refused: {'; '.join(sorted(said))}"


class InvalidTransaction(Exception):
    """The transaction is in a block and invalid; the first argument is the list of the peers' codes."""

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(list(codes))


def response_in(error: GatewayError) -> Any:
    """The refusal that an error tells of, as a `ProposalResponse`; None where hfc has an error of gRPC.

    That is when there was no answer, and when the peer refused before any chaincode ran.
    """
    said = error.chaincode_message
    if said is None:
        unanswered = error.status in _UNANSWERED and not error.details
        if unanswered or error.forbidden or error.identity_refused or error.identity_expired:
            return None
        return answer(_FAILED, error.details[0].message if error.details else error.reason)
    texts = (error.reason, *(detail.message for detail in error.details))
    found = next(match for match in map(_CHAINCODE.search, texts) if match)
    return answer(int(found.group(1)), said)


def answer(status: int, message: str = "", payload: bytes = b"") -> Any:
    """A `ProposalResponse` with what programs look at."""
    response = m.proposal_response.Response(status=status, message=message, payload=payload)
    return m.proposal_response.ProposalResponse(response=response)
