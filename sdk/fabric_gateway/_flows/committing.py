"""Asking for the commit status of a transaction, for sync and asyncio."""

from __future__ import annotations

from fabric_gateway._commit_status import CommitStatus
from fabric_gateway._connection.deadlines import Countdown
from fabric_gateway._connection.flow import CallFailed, Flow, repeatedly
from fabric_gateway._connection.session import Session
from fabric_gateway._wire import gateway as wire
from fabric_gateway.errors import CommitStatusError


def status_of(session: Session, channel: str, transaction_id: str, seconds: float) -> Flow[CommitStatus]:
    """Ask for a commit status, signing the request here; retry passing failures for up to `seconds`."""
    identity = session.identity
    request = wire.commit_status_request(transaction_id, channel, identity.serialized)
    signed = wire.signed_commit_status_request(request, identity.sign(request))
    return (yield from status_from(transaction_id, signed, seconds))


def status_from(transaction_id: str, signed: bytes, seconds: float) -> Flow[CommitStatus]:
    """Ask for a commit status with a request that is already signed, as `status_of` does."""

    def error(failure: CallFailed) -> CommitStatusError:
        return CommitStatusError(
            failure.reason, status=failure.status, details=failure.details, transaction_id=transaction_id
        )

    response = yield from repeatedly(
        wire.COMMIT_STATUS, signed, Countdown(seconds), error, transaction_id=transaction_id
    )
    code, block_number = wire.commit_status(response)
    return CommitStatus(transaction_id, code, block_number)
