"""The short forms of a transaction's steps, composed for sync and asyncio."""

from __future__ import annotations

from functools import partial
from itertools import count

from fabric_gateway._commit_status import CommitStatus
from fabric_gateway._connection.deadlines import Deadlines
from fabric_gateway._connection.flow import CallFailed, Flow, backoff, pause
from fabric_gateway._connection.observer import watched
from fabric_gateway._connection.session import Session
from fabric_gateway._flows.endorsed import EndorsedTransaction
from fabric_gateway._flows.proposing import Proposed, endorse, propose
from fabric_gateway._submission import Submission
from fabric_gateway.errors import CommitError


def endorse_and_submit(
    session: Session, proposed: Proposed, deadlines: Deadlines
) -> Flow[tuple[EndorsedTransaction, CommitStatus | None]]:
    """Endorse and submit; with the commit status, if submitting had to ask for it."""
    signature = session.identity.sign(proposed.parts.proposal)
    transaction = yield from endorse(session, proposed, signature, deadlines.endorse)
    return transaction, (yield from transaction.submit(deadlines))


def commit(session: Session, proposed: Proposed, deadlines: Deadlines) -> Flow[bytes]:
    """Endorse, submit and wait for a valid commit; the chaincode's result."""
    flow = _commit(session, proposed, deadlines)
    return watched(session.observer, partial(proposed.operation, "transaction"), flow)


def _commit(session: Session, proposed: Proposed, deadlines: Deadlines) -> Flow[bytes]:
    transaction, status = yield from endorse_and_submit(session, proposed, deadlines)
    status = yield from transaction.settle(status, deadlines)
    if not status.successful:
        raise CommitError.of(status)
    return transaction.result


def commit_despite_conflicts(
    session: Session,
    channel: str,
    chaincode: str,
    submission: Submission,
    deadlines: Deadlines,
    conflict_attempts: int,
) -> Flow[bytes]:
    """Commit a submission; after a committed read conflict, with a new proposal, up to the number given."""
    for attempt in count(1):
        proposed = propose(
            session,
            channel,
            chaincode,
            submission.name,
            arguments=submission.arguments,
            transient=submission.transient,
            endorsing_organizations=submission.endorsing_organizations,
        )
        try:
            return (yield from commit(session, proposed, deadlines))
        except CommitError as error:
            if attempt == conflict_attempts or not error.read_conflict:
                raise
            conflict = error
        try:
            yield from pause(backoff(attempt))
        except CallFailed:  # the caller no longer waits
            raise conflict from None
    raise AssertionError("unreachable")
