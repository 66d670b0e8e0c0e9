"""An endorsed transaction, ready for the orderers."""

from __future__ import annotations

from itertools import count
from typing import Generic, Self, TypeVar

from grpc import StatusCode

from kindpakket.fabric._connection.deadlines import Countdown, Deadlines
from kindpakket.fabric._connection.flow import Call, CallFailed, Flow, backoff, pause
from kindpakket.fabric._connection.sync import Session, SyncSession
from kindpakket.fabric._wire import gateway as wire
from kindpakket.fabric._wire.carried import prepared_transaction
from kindpakket.fabric.commit import BaseCommit, Commit, CommitStatus
from kindpakket.fabric.errors import CommitStatusError, SubmitError, UnknownOutcome

S = TypeVar("S", bound=Session)

_FIRST_LOOK = 1.0
_LONGEST_LOOK = 8.0


class BaseTransaction(Generic[S]):
    """An endorsed transaction, before its driver is known.

    Attributes:
        transaction_id: its id, 64 hexadecimal characters.
        channel: the channel it belongs to.
        result: what the chaincode returned, bytes. It takes effect only when the transaction is committed and
            valid.
        bytes: what is signed.
    """

    def __init__(self, session: S, payload: bytes, signature: bytes | None = None) -> None:
        parts = wire.transaction_parts(payload)
        self._session = session
        self.bytes = payload
        self.channel = parts.channel
        self.transaction_id = parts.transaction_id
        self.result = parts.result
        identity = session.identity
        self._signature = signature or (identity.sign(payload) if identity.can_sign else None)
        self._commit_signature: bytes | None = None
        self._offered = False  # perhaps by somebody else, if the envelope was kept
        self._offers = 0

    @classmethod
    def _kept(cls, session: S, payload: bytes, signature: bytes) -> Self:
        """A transaction whose envelope was kept, so that it may have been offered before."""
        transaction = cls(session, payload, signature)
        transaction._offered = True
        return transaction

    @property
    def digest(self) -> bytes:
        """What a key signs: `bytes` under the identity's hash function."""
        return self._session.identity.digest(self.bytes)

    @property
    def message(self) -> bytes:
        """The transaction as it is carried to where it is signed (`gateway.PreparedTransaction`).

        `Gateway.signed_transaction` takes it back, also from Fabric's other SDKs.
        """
        return prepared_transaction(self.transaction_id, self.bytes, self._signature or b"")

    @property
    def envelope(self) -> bytes:
        """The signed transaction.

        It can be kept, and offered any number of times: the ledger counts it once.

        Raises:
            IdentityError: the key is not here, and no signature was brought.
        """
        self._signature = self._signature or self._session.identity.sign(self.bytes)
        return wire.envelope(self.bytes, self._signature)

    def _bring_commit(self, signature: bytes | None) -> None:
        """Keep the signature with which the commit status can be asked for."""
        if signature is not None:
            commit = BaseCommit(self._session, self.channel, self.transaction_id)
            self._commit_signature = self._session.identity.checked(commit.bytes, signature)

    def _looking(self, seconds: float) -> Flow[CommitStatus]:
        """Ask for the commit status, if this process can sign for it or has a signature."""
        commit = BaseCommit(
            self._session, self.channel, self.transaction_id, signature=self._commit_signature
        )
        return (yield from commit._waiting(seconds))

    @property
    def _may_look(self) -> bool:
        return self._session.identity.can_sign or self._commit_signature is not None

    def _submitting(self, deadlines: Deadlines) -> Flow[CommitStatus | None]:
        """Offer the transaction; the commit status if it had to be asked for, else None."""
        certain = not self._offered
        try:
            yield from self._offering(deadlines.submit)
        except SubmitError as error:
            if certain and error.refused:
                raise
            ordered = not (certain and _unheard(error))
            return (yield from self._resolving(error, deadlines, ordered=ordered))
        return None

    def _offering(self, seconds: float) -> Flow[None]:
        """Offer the transaction once: to another peer only if the one before cannot have heard it."""
        self._offered = True
        request = wire.submit_request(self.transaction_id, self.channel, self.envelope)
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

    def _resolving(
        self, problem: SubmitError, deadlines: Deadlines, *, ordered: bool = True
    ) -> Flow[CommitStatus | None]:
        """Make an unclear submit certain: ask for the status, and offer the same envelope again.

        Only a commit status or an accepted offer ends it once an offer may have been ordered: then a later
        refusal of the same envelope proves nothing. `ordered` False: no offer was heard so far.
        """
        deadline = Countdown(deadlines.resolve)
        try:
            for attempt in count(1):
                if self._may_look and not problem.overloaded:
                    look = min(_FIRST_LOOK * 2 ** (attempt - 1), _LONGEST_LOOK, deadline.remaining)
                    status = yield from self._look(look)
                    if status:
                        return status
                yield from pause(min(backoff(attempt), deadline.remaining))
                if not deadline.remaining or self._session.closed:
                    break
                try:
                    yield from self._offering(min(deadlines.submit, deadline.remaining))
                except SubmitError as error:
                    problem = error
                    if not ordered and error.refused:
                        break
                    ordered = ordered or not _unheard(error)
                else:
                    return None
        except CallFailed:  # nobody waits for it any more
            pass
        if not ordered:
            raise problem
        raise UnknownOutcome(self.transaction_id, self.envelope) from problem

    def _look(self, seconds: float) -> Flow[CommitStatus | None]:
        """The commit status, if it is there within so many seconds."""
        try:
            return (yield from self._looking(seconds))
        except CommitStatusError as error:
            if error.status is StatusCode.CANCELLED:
                raise CallFailed(error.status, error.reason) from None
            return None


def _unheard(error: SubmitError) -> bool:
    """The gateway refused for lack of capacity, before it did anything, or nothing was sent."""
    return error.overloaded and not error.details


class Transaction(BaseTransaction[SyncSession]):
    """An endorsed transaction, ready for the orderers."""

    def submit(self, *, deadlines: Deadlines | None = None) -> Commit:
        """Offer the transaction to the orderers, and return its commit, whose status is then to be asked.

        When an offer fails without being certainly refused, the transaction may have been ordered all the
        same. Then its commit status is asked and the same envelope offered again, within the gateway's
        deadline `resolve`.

        Args:
            deadlines: other deadlines for this call (`submit` and `resolve`); default: the gateway's.

        Raises:
            SubmitError: ordering certainly refused the transaction, or nobody had capacity to take it.
            IdentityError: the key is not here, and no signature was brought.
            UnknownOutcome: it could not be made certain in time.
        """
        status = self._session.run(self._submitting(deadlines or self._session.deadlines))
        return Commit(
            self._session, self.channel, self.transaction_id, status, signature=self._commit_signature
        )
