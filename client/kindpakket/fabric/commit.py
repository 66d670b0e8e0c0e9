"""The end of a transaction: whether it is in a block, and valid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from kindpakket.fabric._connection.deadlines import Countdown
from kindpakket.fabric._connection.flow import CallFailed, Flow, repeatedly
from kindpakket.fabric._connection.sync import Session, SyncSession
from kindpakket.fabric._wire import gateway as wire
from kindpakket.fabric.errors import CommitStatusError

S = TypeVar("S", bound=Session)


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """What became of a transaction; it never changes.

    Attributes:
        transaction_id: the transaction.
        code: name of its validation code: `VALID`, `MVCC_READ_CONFLICT`, …
        block_number: the block that holds it.
    """

    transaction_id: str
    code: str
    block_number: int

    @property
    def successful(self) -> bool:
        """The transaction is valid and has taken effect."""
        return self.code == "VALID"


class BaseCommit(Generic[S]):
    """A transaction that was offered to the orderers, before its driver is known.

    Attributes:
        transaction_id: its id.
        bytes: what is signed to ask for its status. It depends on channel, transaction and identity only.
    """

    def __init__(
        self,
        session: S,
        channel: str,
        transaction_id: str,
        status: CommitStatus | None = None,
        *,
        request: bytes | None = None,
        signature: bytes | None = None,
    ) -> None:
        self._session = session
        self._channel = channel
        self._status = status
        self._signature = signature
        self.transaction_id = transaction_id
        self.bytes = request or wire.commit_status_request(
            transaction_id, channel, session.identity.serialized
        )

    @property
    def digest(self) -> bytes:
        """What a key signs: `bytes` under the identity's hash function."""
        return self._session.identity.digest(self.bytes)

    @property
    def message(self) -> bytes:
        """The request as it is carried to where it is signed (`gateway.SignedCommitStatusRequest`).

        `Gateway.signed_commit` takes it back, also from Fabric's other SDKs.
        """
        return wire.signed_commit_status_request(self.bytes, self._signature or b"")

    def _waiting(self, seconds: float) -> Flow[CommitStatus]:
        if self._status is None:
            self._signature = self._signature or self._session.identity.sign(self.bytes)
            self._status = yield from asking(self.transaction_id, self.message, seconds)
        return self._status


class Commit(BaseCommit[SyncSession]):
    """A transaction that was offered to the orderers."""

    def status(self, *, timeout: float | None = None) -> CommitStatus:
        """Wait until the transaction is in a block, and say whether it is valid.

        Args:
            timeout: seconds to wait; default: the gateway's deadline for commit status.

        Raises:
            CommitStatusError: it did not become known in that time. Ask again: it may be valid all the same.
            IdentityError: the key is not here, and no signature was brought.
        """
        seconds = self._session.deadlines.commit_status if timeout is None else timeout
        return self._session.run(self._waiting(seconds))


def status_of(session: Session, channel: str, transaction_id: str, seconds: float) -> Flow[CommitStatus]:
    """Ask for a commit status, again after passing failures, for so many seconds."""
    identity = session.identity
    request = wire.commit_status_request(transaction_id, channel, identity.serialized)
    signed = wire.signed_commit_status_request(request, identity.sign(request))
    return (yield from asking(transaction_id, signed, seconds))


def asking(transaction_id: str, signed: bytes, seconds: float) -> Flow[CommitStatus]:
    """Ask for a commit status with a request that is signed, as `status_of` does."""

    def error(failure: CallFailed) -> CommitStatusError:
        return CommitStatusError(
            failure.reason, status=failure.status, details=failure.details, transaction_id=transaction_id
        )

    response = yield from repeatedly(
        wire.COMMIT_STATUS, signed, Countdown(seconds), error, attempts=None, transaction_id=transaction_id
    )
    code, block_number = wire.commit_status(response)
    return CommitStatus(transaction_id, code, block_number)
