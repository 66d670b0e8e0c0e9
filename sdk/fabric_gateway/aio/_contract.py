"""A chaincode on a channel, for asyncio."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fabric_gateway._commit_status import CommitStatus
from fabric_gateway._connection.aio import AsyncSession
from fabric_gateway._connection.deadlines import Deadlines
from fabric_gateway._contract import BaseContract, Transient
from fabric_gateway._flows.contract import endorse_and_submit
from fabric_gateway._flows.endorsed import EndorsedTransaction
from fabric_gateway._submission import AT_ONCE, Report, Submission
from fabric_gateway.aio._bulk import Bulk
from fabric_gateway.aio._commit import Commit
from fabric_gateway.aio._proposal import Proposal


class SubmittedTransaction(Commit):
    """A transaction that is not waited for; see `fabric_gateway.SubmittedTransaction`."""

    def __init__(
        self, session: AsyncSession, transaction: EndorsedTransaction, status: CommitStatus | None
    ) -> None:
        super().__init__(session, transaction.channel, transaction.transaction_id, status)
        self.result = transaction.result
        self.envelope = transaction.envelope


class Contract(BaseContract[AsyncSession]):
    """A chaincode on a channel; see `fabric_gateway.Contract`."""

    async def evaluate(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
        timeout: float | None = None,
    ) -> bytes:
        """Run a function of the chaincode on one peer and return its result."""
        proposal = self.proposal(
            name, *arguments, transient=transient, endorsing_organizations=endorsing_organizations
        )
        return await proposal.evaluate(timeout=timeout)

    async def submit(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
        deadlines: Deadlines | None = None,
        conflict_attempts: int = 1,
    ) -> bytes:
        """Endorse, submit, wait for a valid commit, and return the chaincode's result.

        A cancelled call may have had its effect: then the `__cause__` of its `CancelledError` is an
        `UnknownOutcome`.
        """
        submission = Submission(name, arguments, transient, endorsing_organizations)
        flow = self._committing(deadlines, conflict_attempts)(submission)
        return await self._session.run(flow)

    def submit_all(
        self,
        submissions: Iterable[Submission],
        *,
        at_once: int = AT_ONCE,
        conflict_attempts: int = 1,
        deadlines: Deadlines | None = None,
        progress: Report | None = None,
    ) -> Bulk:
        """Submit many transactions, a number of them at once; read with `async for`, in `async with`."""
        submitting = self._committing(deadlines, conflict_attempts)
        return Bulk(self._session, submitting, submissions, at_once, progress)

    async def submit_async(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
        deadlines: Deadlines | None = None,
    ) -> SubmittedTransaction:
        """Endorse and submit, and return before the transaction is in a block."""
        proposed = self._proposed(name, arguments, transient, endorsing_organizations)
        flow = endorse_and_submit(self._session, proposed, self._session.deadlines_of(deadlines))
        return SubmittedTransaction(self._session, *await self._session.run(flow))

    def proposal(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
    ) -> Proposal:
        """Make a proposal."""
        proposed = self._proposed(name, arguments, transient, endorsing_organizations)
        return Proposal(self._session, proposed)
