"""The steps of an outbox, for sync and asyncio: what is stored when, and what is sent after it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from fabric_gateway._commit_status import CommitStatus
from fabric_gateway._connection.deadlines import Countdown, Deadlines
from fabric_gateway._connection.flow import Flow, pause
from fabric_gateway._connection.session import Session
from fabric_gateway._contract import BaseContract, Transient
from fabric_gateway._flows.committing import status_of
from fabric_gateway._flows.endorsed import EndorsedTransaction
from fabric_gateway._flows.proposing import endorse, propose
from fabric_gateway._wire import gateway as wire
from fabric_gateway.errors import (
    CommitStatusError,
    EndorseError,
    FabricError,
    OutboxWaiting,
    SubmitError,
    UnknownOutcome,
)
from fabric_gateway.identity._identity import Identity
from fabric_gateway.outbox._entry import NewRequest, OutboxEntry, Resumed
from fabric_gateway.outbox._store import OutboxStore

S = TypeVar("S", bound=Session)

_LOOK = 0.5
_POLL = 0.05
_READ_CONFLICTS = frozenset({"MVCC_READ_CONFLICT", "PHANTOM_READ_CONFLICT"})


class BaseOutbox(Generic[S]):
    """An outbox, before its driver is known."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open an outbox, or create one. Several threads and processes may have it open.

        Args:
            path: its file, on a local file system. SQLite makes `-wal` and `-shm` beside it, and this class
                `.lock`; only the file's owner can read them.

        Raises:
            OutboxError: it cannot be opened, is damaged, or is not an outbox.
        """
        self._store = OutboxStore(Path(path))

    def get(self, request_id: str) -> OutboxEntry | None:
        """What is known about a request; None if it is not in the outbox."""
        return self._store.get(request_id)

    def pending(self) -> tuple[OutboxEntry, ...]:
        """The requests whose outcome is not known, oldest first."""
        return tuple(self._store.pending())

    def forget(self, before: datetime) -> int:
        """Remove the requests that finished before an instant; their number.

        A forgotten request id is new again: submitted once more, the call is made once more. Forget only what
        nobody can submit again.
        """
        return self._store.forget(before)

    def abandon(self, request_id: str) -> bool:
        """Remove an unfinished request, so that nothing more is sent for it; False if there is none.

        Its envelope may have been sent already. Use this only when the application has established by other
        means that the request has no effect, or what its effect is.
        """
        return self._store.abandoned(request_id)

    def _submitting(
        self,
        session: S,
        request: NewRequest,
        transient: Transient | None,
        deadlines: Deadlines,
    ) -> Flow[bytes]:
        entry = self._store.record(request)
        if entry.finished:
            return entry.outcome()
        waiting = Countdown(
            deadlines.endorse + deadlines.submit + deadlines.resolve + deadlines.commit_status
        )
        while not self._store.locks.take(entry.number):
            if not waiting.remaining:
                raise OutboxWaiting(
                    f"request {entry.request_id!r} is in the hands of another thread or process: call again"
                )
            yield from pause(_POLL)
        try:
            return (yield from self._finishing(session, entry.request_id, transient, deadlines))
        finally:
            self._store.locks.release(entry.number)

    def _resuming(
        self, session: S, number: int, request_id: str, deadlines: Deadlines
    ) -> Flow[Resumed | None]:
        """What became of an unfinished request; None: another one works on it or has finished it."""
        if not self._store.locks.take(number):
            return None
        try:
            found = self._store.get(request_id)
            if found is None or found.finished:
                return None
            problem = None
            try:
                yield from self._finishing(session, request_id, None, deadlines)
            except FabricError as error:
                problem = error
            return Resumed(self._store.get(request_id) or found, problem)
        finally:
            self._store.locks.release(number)

    def _finishing(
        self, session: S, request_id: str, transient: Transient | None, deadlines: Deadlines
    ) -> Flow[bytes]:
        """Do what is left to do for a request, one stored state after another."""
        while True:
            entry = self._store.get(request_id)
            if entry is None:
                raise OutboxWaiting(f"request {request_id!r} was abandoned in the meantime")
            if entry.finished:
                return entry.outcome()
            if entry.state == "requested":
                yield from self._proposing(session, entry, transient, deadlines)
            else:
                transaction = EndorsedTransaction(
                    session, *wire.split_envelope(entry.envelope or b""), kept=True
                )
                if self._store.offering_again(entry):
                    status = yield from _offered_again(session, transaction, deadlines)
                    self._settle(entry, transaction, status)

    def _proposing(
        self, session: S, entry: OutboxEntry, transient: Transient | None, deadlines: Deadlines
    ) -> Flow[None]:
        """Endorse, keep the envelope, and only then offer it."""
        if entry.needs_transient and transient is None:
            raise OutboxWaiting(
                f"request {entry.request_id!r} was made with transient data, which is not kept: nothing was "
                "sent for it; submit it again with the same request id and its transient data"
            )
        if (entry.mspid, entry.subject) != _whose(session.identity):
            raise OutboxWaiting(
                f"request {entry.request_id!r} was made by {entry.subject} of {entry.mspid}, and nothing was "
                f"sent for it: {session.identity!r} cannot propose it, only that identity can"
            )
        organizations = entry.endorsing_organizations
        proposed = propose(
            session,
            entry.channel,
            entry.chaincode,
            entry.name,
            arguments=entry.arguments,
            transient=transient,
            endorsing_organizations=organizations,
        )
        try:
            signature = session.identity.sign(proposed.parts.proposal)
            transaction = yield from endorse(session, proposed, signature, deadlines.endorse)
        except EndorseError as error:
            final = error.chaincode_message is not None and not error.peers_differ(organizations)
            if final and not self._store.refused(entry, error):
                return
            raise
        if not self._store.endorsed(entry, transaction.transaction_id, transaction.envelope):
            return
        kept = replace(entry, state="endorsed", transaction_id=transaction.transaction_id)
        try:
            status = yield from transaction.submit(deadlines)
        except SubmitError as error:
            # Certain only if nobody else has offered the envelope in the meantime.
            if not self._store.refused(kept, error):
                raise UnknownOutcome(transaction.transaction_id, transaction.envelope) from error
            raise
        self._settle(kept, transaction, (yield from transaction.settle(status, deadlines)))

    def _settle(self, entry: OutboxEntry, transaction: EndorsedTransaction, status: CommitStatus) -> None:
        if status.code in _READ_CONFLICTS and entry.attempt < entry.conflict_attempts:
            self._store.conflicted(entry, status)
        else:
            self._store.settled(entry, status, transaction.result if status.successful else None)


def _offered_again(session: S, transaction: EndorsedTransaction, deadlines: Deadlines) -> Flow[CommitStatus]:
    """The end of a transaction that may have been offered before, so that no refusal proves anything."""
    look = min(_LOOK, deadlines.commit_status)
    with suppress(CommitStatusError):
        status = yield from status_of(session, transaction.channel, transaction.transaction_id, look)
        return (yield from transaction.settle(status, deadlines))
    try:
        yield from transaction.offer(deadlines.submit)
        resolved = None
    except SubmitError as error:
        resolved = yield from transaction.resolve(error, deadlines)
    return (yield from transaction.settle(resolved, deadlines))


def _whose(identity: Identity) -> tuple[str, str]:
    return identity.mspid, identity.certificate.subject.rfc4514_string()


def new_request(
    contract: BaseContract[S],
    request_id: str,
    arguments: Sequence[str | bytes],
    transient: Transient | None,
    endorsing_organizations: Sequence[str],
    conflict_attempts: int,
) -> NewRequest:
    """A request as it is kept. Raises `ValueError` or `TypeError` for what makes no sense."""
    if not request_id:
        raise ValueError("the request id is empty: choose one")
    if conflict_attempts < 1:
        raise ValueError(f"conflict_attempts is {conflict_attempts}: give 1 or more")
    if isinstance(endorsing_organizations, str):
        raise TypeError(
            f"endorsing_organizations is the text {endorsing_organizations!r}: give a list of MSP ids"
        )
    mspid, subject = _whose(contract.__session__.identity)
    return NewRequest(
        request_id=request_id,
        mspid=mspid,
        subject=subject,
        channel=contract.channel,
        chaincode=contract.chaincode,
        arguments=tuple(
            argument.encode() if isinstance(argument, str) else argument for argument in arguments
        ),
        endorsing_organizations=tuple(endorsing_organizations),
        needs_transient=bool(transient),
        conflict_attempts=conflict_attempts,
    )
