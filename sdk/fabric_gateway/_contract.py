"""A chaincode on a channel, and the short forms of a transaction's steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from fabric_gateway import _arguments as check
from fabric_gateway._bulk import Bulk
from fabric_gateway._commit import Commit
from fabric_gateway._commit_status import CommitStatus
from fabric_gateway._connection.bound import Bound
from fabric_gateway._connection.deadlines import Deadlines
from fabric_gateway._connection.flow import Flow
from fabric_gateway._connection.session import Session
from fabric_gateway._connection.sync import SyncSession
from fabric_gateway._flows.contract import commit_despite_conflicts, endorse_and_submit
from fabric_gateway._flows.endorsed import EndorsedTransaction
from fabric_gateway._flows.proposing import Proposed, propose
from fabric_gateway._proposal import Proposal
from fabric_gateway._submission import AT_ONCE, Report, Submission

S = TypeVar("S", bound=Session)
Transient: TypeAlias = Mapping[str, str | bytes]


class BaseContract(Bound[S]):
    """A chaincode on a channel, before its driver is known.

    Attributes:
        channel: name of the channel.
        chaincode: name of the chaincode.
    """

    def __init__(self, session: S, channel: str, chaincode: str) -> None:
        super().__init__(session)
        self.channel = channel
        self.chaincode = chaincode

    def _proposed(
        self,
        name: str,
        arguments: Sequence[str | bytes],
        transient: Transient | None,
        endorsing_organizations: Sequence[str],
    ) -> Proposed:
        return propose(
            self._session,
            self.channel,
            self.chaincode,
            name,
            arguments=arguments,
            transient=transient,
            endorsing_organizations=endorsing_organizations,
        )

    def _committing(
        self, deadlines: Deadlines | None, conflict_attempts: int
    ) -> Callable[[Submission], Flow[bytes]]:
        """How a submission is committed. Raises `ValueError` if not even one attempt is allowed."""
        if isinstance(conflict_attempts, bool) or not isinstance(conflict_attempts, int):
            raise TypeError(f"conflict_attempts is {check.shown(conflict_attempts)}: give a whole number")
        if conflict_attempts < 1:
            raise ValueError(f"conflict_attempts is {conflict_attempts}: give 1 or more")
        limits = self._session.deadlines_of(deadlines)
        return lambda submission: commit_despite_conflicts(
            self._session, self.channel, self.chaincode, submission, limits, conflict_attempts
        )


class SubmittedTransaction(Commit):
    """A transaction that was endorsed and offered to the orderers, without waiting for its block.

    Attributes:
        result: what the chaincode returned, bytes. It takes effect only when `status()` is successful.
        envelope: the signed transaction, bytes; `Network.transaction_from` takes it.
    """

    def __init__(
        self, session: SyncSession, transaction: EndorsedTransaction, status: CommitStatus | None
    ) -> None:
        super().__init__(session, transaction.channel, transaction.transaction_id, status)
        self.result = transaction.result
        self.envelope = transaction.envelope


class Contract(BaseContract[SyncSession]):
    """A chaincode on a channel.

    Arguments are text (sent as UTF-8) or bytes. `transient` is passed to the endorsing peers only and is not
    in the transaction. `endorsing_organizations`, MSP ids, replaces the gateway's choice from the policy.
    """

    def evaluate(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
        timeout: float | None = None,
    ) -> bytes:
        """Run a function of the chaincode on one peer and return its result; nothing is written.

        Args:
            name: name of the function, such as `ReadAsset`.
            arguments: its arguments.
            transient: private input.
            endorsing_organizations: MSP ids of organisations, one of whose peers must answer.
            timeout: seconds, retries included; default: the gateway's deadline for evaluate.

        Raises:
            EvaluateError: a peer or the chaincode refused or failed.
        """
        proposal = self.proposal(
            name, *arguments, transient=transient, endorsing_organizations=endorsing_organizations
        )
        return proposal.evaluate(timeout=timeout)

    def submit(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
        deadlines: Deadlines | None = None,
        conflict_attempts: int = 1,
    ) -> bytes:
        """Endorse, submit, wait for a valid commit, and return the chaincode's result.

        Args:
            name: name of the function, such as `payment:Pay`.
            arguments: its arguments.
            transient: private input.
            endorsing_organizations: MSP ids of the organisations that must endorse.
            deadlines: other deadlines for this call; default: the gateway's.
            conflict_attempts: the most proposals to make, one after another, while the transaction ends in a
                block as invalid because what it read had changed; 1 means no second one.

        Raises:
            EndorseError: a peer or the chaincode refused; nothing was ordered.
            SubmitError: ordering certainly refused the transaction, or nobody had capacity to take it.
            CommitError: the transaction is in a block and invalid.
            UnknownOutcome: the outcome did not become certain in time. Never call `submit` again for it:
                resolve it.

        If the call is interrupted (Ctrl-C), the `__cause__` of the exception says what is known:
        `UnknownOutcome` if the call may have had its effect.
        """
        submission = Submission(name, arguments, transient, endorsing_organizations)
        flow = self._committing(deadlines, conflict_attempts)(submission)
        return self._session.run(flow)

    def submit_all(
        self,
        submissions: Iterable[Submission],
        *,
        at_once: int = AT_ONCE,
        conflict_attempts: int = 1,
        deadlines: Deadlines | None = None,
        progress: Report | None = None,
    ) -> Bulk:
        """Submit many transactions, several at once, and deliver the outcome of each when it finishes.

            with contract.submit_all(Submission("Issue", (id,), key=id) for id in ids) as bulk:
                for outcome in bulk:
                    print(outcome.submission.key, outcome.error or "done")
            print([outcome.submission.key for outcome in bulk.left])  # after an exception or break above

        Args:
            submissions: what to submit; read only as far as there is room, so it may be endless.
            at_once: how many are in progress at once, unread outcomes included. The sync client uses as many
                threads.
            conflict_attempts: see `submit`.
            deadlines: other deadlines for each; default: the gateway's.
            progress: called with a `Progress` before each outcome is delivered.

        Outcomes arrive in the order in which transactions finish; `number` and `key` identify them. Errors of
        single transactions are in their outcomes and stop nothing else.
        """
        submitting = self._committing(deadlines, conflict_attempts)
        return Bulk(self._session, submitting, submissions, at_once, progress)

    def submit_async(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
        deadlines: Deadlines | None = None,
    ) -> SubmittedTransaction:
        """Endorse and submit, and return before the transaction is in a block.

        Takes the arguments of `submit`. Raises its errors except `CommitError`: `status()` of the answer says
        whether the transaction is valid.
        """
        proposed = self._proposed(name, arguments, transient, endorsing_organizations)
        flow = endorse_and_submit(self._session, proposed, self._session.deadlines_of(deadlines))
        return SubmittedTransaction(self._session, *self._session.run(flow))

    def proposal(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
    ) -> Proposal:
        """Make a proposal, the first of the single steps: proposal, transaction, commit."""
        proposed = self._proposed(name, arguments, transient, endorsing_organizations)
        return Proposal(self._session, proposed)
