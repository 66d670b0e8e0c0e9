"""A proposal as it is signed, and what peers do with it: evaluate and endorse, for sync and asyncio."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from fabric_gateway import _arguments as check
from fabric_gateway._connection.deadlines import Countdown
from fabric_gateway._connection.flow import CallFailed, Flow, repeatedly
from fabric_gateway._connection.observer import Operation, OperationName, watched
from fabric_gateway._connection.session import Session
from fabric_gateway._flows.endorsed import EndorsedTransaction
from fabric_gateway._wire import gateway as wire
from fabric_gateway.errors import DecodeError, EndorseError, EvaluateError, ProtocolError

_NONCE_BYTES = 24


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal as it is signed, with its channel and the MSP ids of the organisations to ask.

    Chaincode and function are for observers; "" if the proposal was made elsewhere.
    """

    parts: wire.ProposalParts
    channel: str
    organizations: tuple[str, ...]
    chaincode: str = ""
    function: str = ""

    def operation(self, name: OperationName) -> Operation:
        """What observers see of an operation on it."""
        return Operation(name, self.channel, self.parts.transaction_id, self.chaincode, self.function)


def propose(
    session: Session,
    channel: str,
    chaincode: str,
    name: str,
    *,
    arguments: Sequence[str | bytes],
    transient: Mapping[str, str | bytes] | None = None,
    endorsing_organizations: Sequence[str] = (),
) -> Proposed:
    """Make a proposal, with a new transaction id.

    Raises:
        TypeError: an argument is neither text nor bytes, or `endorsing_organizations` is not a list.
        ValueError: a name is empty, or a text cannot be sent as UTF-8.
    """
    function = check.octets("the function's name", name)
    if not function:
        raise ValueError("the function's name is empty")
    organizations = check.names("endorsing_organizations", endorsing_organizations)
    private = {} if transient is None else check.mapping("transient", transient)
    parts = wire.proposal(
        creator=session.identity.serialized,
        nonce=os.urandom(_NONCE_BYTES),
        now=datetime.now(UTC),
        channel=channel,
        chaincode=chaincode,
        arguments=[function, *_arguments(name, arguments)],
        transient={key: check.octets(f"transient[{key!r}]", value) for key, value in private.items()},
    )
    return Proposed(parts, channel, organizations, chaincode, function.decode(errors="replace"))


def evaluate(session: Session, proposed: Proposed, signature: bytes, seconds: float) -> Flow[bytes]:
    """Run the chaincode on one peer; its result."""
    flow = _evaluate(proposed, signature, seconds)
    return watched(session.observer, partial(proposed.operation, "evaluate"), flow)


def _evaluate(proposed: Proposed, signature: bytes, seconds: float) -> Flow[bytes]:
    transaction_id = proposed.parts.transaction_id

    def error(failure: CallFailed) -> EvaluateError:
        return EvaluateError(
            failure.reason, status=failure.status, details=failure.details, transaction_id=transaction_id
        )

    request = wire.evaluate_request(
        transaction_id, proposed.channel, proposed.parts.proposal, signature, proposed.organizations
    )
    response = yield from repeatedly(
        wire.EVALUATE, request, Countdown(seconds), error, transaction_id=transaction_id
    )
    return wire.evaluate_result(response)


def endorse(
    session: Session, proposed: Proposed, signature: bytes, seconds: float
) -> Flow[EndorsedTransaction]:
    """Collect endorsements; the transaction, checked to be the proposed one, signed if the key is here."""
    flow = _endorse(session, proposed, signature, seconds)
    return watched(session.observer, partial(proposed.operation, "endorse"), flow)


def _endorse(
    session: Session, proposed: Proposed, signature: bytes, seconds: float
) -> Flow[EndorsedTransaction]:
    transaction_id = proposed.parts.transaction_id

    def error(failure: CallFailed) -> EndorseError:
        return EndorseError(
            failure.reason, status=failure.status, details=failure.details, transaction_id=transaction_id
        )

    request = wire.endorse_request(
        transaction_id, proposed.channel, proposed.parts.proposal, signature, proposed.organizations
    )
    response = yield from repeatedly(
        wire.ENDORSE, request, Countdown(seconds), error, transaction_id=transaction_id
    )
    payload = wire.prepared_payload(response)
    return EndorsedTransaction(session, payload, parts=_checked(session, proposed.parts, payload))


def _checked(session: Session, proposed: wire.ProposalParts, payload: bytes) -> wire.TransactionParts:
    """What a transaction says. Another than the proposed is refused: signing it would be signing anything."""
    try:
        parts = wire.transaction_parts(payload)
    except DecodeError as error:
        raise ProtocolError(
            f"the gateway answered proposal {proposed.transaction_id} with bytes that are not a transaction: "
            f"{error}"
        ) from error
    if (parts.header, parts.invocation) != (proposed.header, proposed.invocation):
        raise ProtocolError(
            f"the gateway prepared transaction {parts.transaction_id} instead of the proposed "
            f"{proposed.transaction_id}; it was not signed: check what answers on {session.address}"
        )
    return parts


def _arguments(name: str, arguments: Sequence[str | bytes]) -> list[bytes]:
    if isinstance(arguments, str | bytes | bytearray):
        raise TypeError(f"the arguments of {name} are one text: give a list")
    return [
        check.octets(f"argument {place} of {name}", argument) for place, argument in enumerate(arguments, 1)
    ]
