"""A transaction on its way from endorsement to a block: offered, and made certain when that is unclear."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from itertools import count
from math import inf

from grpc import StatusCode

from fabric_gateway import _node_messages as node_messages
from fabric_gateway._commit_status import CommitStatus
from fabric_gateway._connection.deadlines import Countdown, Deadlines
from fabric_gateway._connection.flow import Call, CallFailed, Flow, backoff, pause
from fabric_gateway._connection.observer import Operation, OperationName, watched
from fabric_gateway._connection.session import Session
from fabric_gateway._connection.waits import growing
from fabric_gateway._flows.committing import status_from
from fabric_gateway._wire import gateway as wire
from fabric_gateway.errors import CommitStatusError, SubmitError, UnknownOutcome

_FIRST_LOOK = 1.0
_LONGEST_LOOK = 8.0
_LOST_AFTER = 15.0
_DUPLICATE = "DUPLICATE_TXID"


class EndorsedTransaction:
    """An endorsed transaction, and what has been done with it so far.

    Attributes:
        payload: what is signed, bytes.
        channel: the channel it belongs to.
        transaction_id: its id.
        result: what the chaincode returned, bytes.
        signature: the creator's signature of `payload`; None until there is one.
        commit_signature: the signature of the request for its commit status, if it was made elsewhere.
        kept: its envelope was stored, so it may have been offered before, perhaps by another process.
    """

    def __init__(
        self,
        session: Session,
        payload: bytes,
        signature: bytes | None = None,
        *,
        commit_signature: bytes | None = None,
        kept: bool = False,
        parts: wire.TransactionParts | None = None,
    ) -> None:
        """A transaction; `parts` is what its payload says, if that was read already."""
        parts = parts or wire.transaction_parts(payload)
        identity = session.identity
        self.payload = payload
        self.channel = parts.channel
        self.transaction_id = parts.transaction_id
        self.result = parts.result
        self.signature = signature or (identity.sign(payload) if identity.can_sign else None)
        self.commit_signature = (
            None
            if commit_signature is None
            else identity.checked(self._commit_request(session), commit_signature)
        )
        self._session = session
        self._offered = kept
        self._offers = 0

    @property
    def envelope(self) -> bytes:
        """The signed transaction. Raises `IdentityError` if there is neither a signature nor the key."""
        return wire.envelope(self.payload, self._signed())

    def _signed(self) -> bytes:
        self.signature = self.signature or self._session.identity.sign(self.payload)
        return self.signature

    def submit(self, deadlines: Deadlines) -> Flow[CommitStatus | None]:
        """Offer the transaction; the commit status if it had to be asked for, else None."""
        operation = partial(self._operation, "submit")
        return watched(self._session.observer, operation, self._submit(deadlines))

    def _submit(self, deadlines: Deadlines) -> Flow[CommitStatus | None]:
        certain = not self._offered
        try:
            yield from self.offer(deadlines.submit)
        except SubmitError as error:
            if certain and error.refused and not error.consenter_joining:
                raise
            ordered = not (certain and _unheard(error))
            return (yield from self.resolve(error, deadlines, ordered=ordered))
        return None

    def offer(self, seconds: float) -> Flow[None]:
        """Offer the transaction once: to another peer only if the one before cannot have heard it."""
        self._offered = True
        request = wire.submit_request(self.transaction_id, self.channel, self.payload, self._signed())
        deadline = Countdown(seconds)
        avoid = ""
        while True:
            self._offers += 1
            try:
                yield Call(wire.SUBMIT, request, deadline.remaining, avoid, self.transaction_id, self._offers)
            except CallFailed as failure:
                avoid = failure.peer
                if failure.elsewhere and failure.never_connected and deadline.remaining:
                    continue
                raise SubmitError(
                    failure.reason,
                    status=failure.status,
                    details=failure.details,
                    transaction_id=self.transaction_id,
                ) from None
            return

    def resolve(
        self, problem: SubmitError, deadlines: Deadlines, *, ordered: bool = True
    ) -> Flow[CommitStatus | None]:
        """Make an unclear submit certain: ask for the status, and offer the same envelope again.

        Only a commit status or an accepted offer ends it once an offer may have been ordered: then a later
        refusal of the same envelope proves nothing. Without a key to ask with, an offer counts as accepted if
        the orderers that answer otherwise have had it. `ordered` False: no offer was heard so far.
        """
        deadline = Countdown(deadlines.resolve)
        try:
            for attempt in count(1):
                if self._may_look and not (problem.overloaded or problem.consenter_joining):
                    look = min(growing(_FIRST_LOOK, _LONGEST_LOOK, attempt), deadline.remaining)
                    status = yield from self._look(look)
                    if status:
                        return status
                if _has_been_taken(problem) and not self._may_look:
                    return None  # the caller signs the question for the status, which settles it
                yield from pause(min(backoff(attempt), deadline.remaining))
                if not deadline.remaining or self._session.closed:
                    break
                try:
                    yield from self.offer(min(deadlines.submit, deadline.remaining))
                except SubmitError as error:
                    problem = error
                    if not ordered and error.refused and not error.consenter_joining:
                        break
                    ordered = ordered or not _unheard(error)
                else:
                    return None
        except CallFailed:  # the caller no longer waits
            pass
        if not ordered:
            raise problem
        raise UnknownOutcome(self.transaction_id, self.envelope) from problem

    def settle(self, status: CommitStatus | None, deadlines: Deadlines) -> Flow[CommitStatus]:
        """The commit status that stays; `status`: what `submit` learnt.

        An accepted offer is not yet ordered: a Raft leader, or a consenter that forwards to one, may end with
        it. So the same envelope is offered again while no block holds it. A duplicate says only that another
        copy was first, so that one's status is asked for.

        Raises:
            UnknownOutcome: no status became known in time.
        """
        if status and status.code != _DUPLICATE:
            return status
        flow = self._settle(status, deadlines)
        operation = partial(self._operation, "commit status")
        return (yield from watched(self._session.observer, operation, flow))

    def _settle(self, status: CommitStatus | None, deadlines: Deadlines) -> Flow[CommitStatus]:
        deadline = Countdown(deadlines.commit_status)
        problem: CommitStatusError | None = None
        for patience in (_LOST_AFTER, 2 * _LOST_AFTER, inf):
            if status and status.code != _DUPLICATE:
                return status
            try:
                status = yield from self._asked(min(patience, deadline.remaining))
            except CommitStatusError as error:
                problem = error
                passing = error.retryable or error.status is StatusCode.DEADLINE_EXCEEDED
                if not (passing and deadline.remaining):
                    break
                with suppress(SubmitError):
                    yield from self.offer(min(deadlines.submit, deadline.remaining))
        if status and status.code != _DUPLICATE:
            return status
        raise UnknownOutcome(self.transaction_id, self.envelope) from problem

    def _operation(self, name: OperationName) -> Operation:
        return Operation(name, self.channel, self.transaction_id)

    @property
    def _may_look(self) -> bool:
        """Asking for the commit status takes a signature, from elsewhere or from the key here."""
        return self._session.identity.can_sign or self.commit_signature is not None

    def _look(self, seconds: float) -> Flow[CommitStatus | None]:
        """The commit status, if it is known within `seconds`."""
        try:
            return (yield from self._asked(seconds))
        except CommitStatusError as error:
            if error.status is StatusCode.CANCELLED:
                raise CallFailed(error.status, error.reason) from None
            return None

    def _asked(self, seconds: float) -> Flow[CommitStatus]:
        request = self._commit_request(self._session)
        signature = self.commit_signature or self._session.identity.sign(request)
        signed = wire.signed_commit_status_request(request, signature)
        return (yield from status_from(self.transaction_id, signed, seconds))

    def _commit_request(self, session: Session) -> bytes:
        return wire.commit_status_request(self.transaction_id, self.channel, session.identity.serialized)


def _has_been_taken(error: SubmitError) -> bool:
    """Every orderer that answered without accepting it says that it has, or has had, this very transaction.

    A BFT block may be decided before an orderer hears of a transaction that is in it.
    """
    messages = (detail.message for detail in error.details)
    answers = [message for message in messages if node_messages.ORDERER_STATUS.search(message)]
    return bool(answers) and all(
        any(phrase in answer for phrase in node_messages.ALREADY_SUBMITTED) for answer in answers
    )


def _unheard(error: SubmitError) -> bool:
    """Nothing was ordered: the gateway lacked the capacity, or the orderer has not joined the channel yet."""
    return (error.overloaded and not error.details) or error.consenter_joining
