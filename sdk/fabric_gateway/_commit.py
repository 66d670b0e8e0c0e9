"""The end of a transaction: whether it is in a block, and valid."""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from fabric_gateway._commit_status import CommitStatus
from fabric_gateway._connection.bound import Bound
from fabric_gateway._connection.flow import Flow
from fabric_gateway._connection.observer import Operation, watched
from fabric_gateway._connection.session import Session
from fabric_gateway._connection.sync import SyncSession
from fabric_gateway._flows.committing import status_from
from fabric_gateway._wire import gateway as wire

S = TypeVar("S", bound=Session)


class BaseCommit(Bound[S]):
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
        super().__init__(session)
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
        """The request in the form that travels to where it is signed (`gateway.SignedCommitStatusRequest`).

        `Gateway.signed_commit` accepts it, also from Fabric's other SDKs.
        """
        return wire.signed_commit_status_request(self.bytes, self._signature or b"")

    def _waiting(self, seconds: float) -> Flow[CommitStatus]:
        if self._status is None:
            self._signature = self._signature or self._session.identity.sign(self.bytes)
            operation = partial(Operation, "commit status", self._channel, self.transaction_id)
            flow = status_from(self.transaction_id, self.message, seconds)
            self._status = yield from watched(self._session.observer, operation, flow)
        return self._status


class Commit(BaseCommit[SyncSession]):
    """A transaction that was offered to the orderers."""

    def status(self, *, timeout: float | None = None) -> CommitStatus:
        """Wait until the transaction is in a block, and say whether it is valid.

        Args:
            timeout: seconds to wait; default: the gateway's deadline for commit status.

        Raises:
            CommitStatusError: the status did not become known in that time. Ask again: the transaction may
                be valid.
            IdentityError: the key is not here, and no signature was given.
        """
        seconds = self._session.seconds("commit_status", timeout)
        return self._session.run(self._waiting(seconds))
