"""A chaincode on a channel, and the short forms of a transaction's steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

from kindpakket.fabric._flow import Flow
from kindpakket.fabric._session import Session, SyncSession
from kindpakket.fabric.commit import Commit, CommitStatus, status_of
from kindpakket.fabric.deadlines import Deadlines
from kindpakket.fabric.errors import CommitError, CommitStatusError, UnknownOutcome
from kindpakket.fabric.proposal import BaseProposal, Proposal
from kindpakket.fabric.transaction import BaseTransaction

S = TypeVar("S", bound=Session)
Transient: TypeAlias = Mapping[str, str | bytes]


class BaseContract(Generic[S]):
    """A chaincode on a channel, before its driver is known.

    Attributes:
        channel: name of the channel.
        chaincode: name of the chaincode.
    """

    def __init__(self, session: S, channel: str, chaincode: str) -> None:
        self._session = session
        self.channel = channel
        self.chaincode = chaincode

    def _offering(
        self, proposal: BaseProposal[S], deadlines: Deadlines
    ) -> Flow[tuple[BaseTransaction[S], CommitStatus | None]]:
        """Endorse and submit; the status too, if submitting had to ask for it."""
        payload = yield from proposal._endorsing(deadlines.endorse)
        transaction = BaseTransaction(self._session, payload)
        return transaction, (yield from transaction._submitting(deadlines))

    def _committing(self, proposal: BaseProposal[S], deadlines: Deadlines) -> Flow[bytes]:
        """Endorse, submit and wait for a valid commit; the chaincode's result."""
        transaction, status = yield from self._offering(proposal, deadlines)
        transaction_id = transaction.transaction_id
        if status is None:
            try:
                status = yield from status_of(
                    self._session, self.channel, transaction_id, deadlines.commit_status
                )
            except CommitStatusError as error:
                raise UnknownOutcome(transaction_id, transaction.envelope) from error
        if not status.successful:
            raise CommitError.of(status)
        return transaction.result


class SubmittedTransaction(Commit):
    """A transaction that was endorsed and offered to the orderers, and is not waited for.

    Attributes:
        result: what the chaincode returned, bytes. It takes effect only when `status()` is successful.
        envelope: the signed transaction, bytes; `Network.transaction_from` takes it.
    """

    def __init__(
        self, session: SyncSession, transaction: BaseTransaction[SyncSession], status: CommitStatus | None
    ) -> None:
        super().__init__(session, transaction.channel, transaction.transaction_id, status)
        self.result = transaction.result
        self.envelope = transaction.envelope


class Contract(BaseContract[SyncSession]):
    """A chaincode on a channel.

    Arguments are text (sent as UTF-8) or bytes. `transient` is handed to the endorsing peers only and is not
    in the transaction. `endorsing_organizations`, MSP ids, replaces the choice that the gateway makes from
    the policy.
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
            name: name of the function, such as `voucher:Show`.
            arguments: its arguments.
            transient: private input.
            endorsing_organizations: MSP ids of organisations, one of whose peers is to answer.
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
    ) -> bytes:
        """Endorse, submit, wait for a valid commit, and return the chaincode's result.

        Args:
            name: name of the function, such as `payment:Pay`.
            arguments: its arguments.
            transient: private input.
            endorsing_organizations: MSP ids of the organisations that are to endorse.
            deadlines: other deadlines for this call; default: the gateway's.

        Raises:
            EndorseError: a peer or the chaincode refused; nothing was ordered.
            SubmitError: ordering certainly refused the transaction.
            CommitError: the transaction is in a block and invalid.
            UnknownOutcome: it could not be made certain in time. Never call `submit` again for it: resolve
                it.
        """
        proposal = self.proposal(
            name, *arguments, transient=transient, endorsing_organizations=endorsing_organizations
        )
        return self._session.run(self._committing(proposal, deadlines or self._session.deadlines))

    def submit_async(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
        deadlines: Deadlines | None = None,
    ) -> SubmittedTransaction:
        """Endorse and submit, and return before the transaction is in a block.

        Takes the arguments of `submit`. Raises its errors but `CommitError`, which `status()` of the answer
        tells.
        """
        proposal = self.proposal(
            name, *arguments, transient=transient, endorsing_organizations=endorsing_organizations
        )
        transaction, status = self._session.run(
            self._offering(proposal, deadlines or self._session.deadlines)
        )
        return SubmittedTransaction(self._session, transaction, status)

    def proposal(
        self,
        name: str,
        *arguments: str | bytes,
        transient: Transient | None = None,
        endorsing_organizations: Sequence[str] = (),
    ) -> Proposal:
        """Make a proposal, the first of the single steps: proposal, transaction, commit."""
        return Proposal(
            self._session,
            self.channel,
            self.chaincode,
            name,
            arguments=arguments,
            transient=transient,
            endorsing_organizations=endorsing_organizations,
        )
