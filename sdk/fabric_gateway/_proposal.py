"""A call of the chaincode, before anybody has agreed to it."""

from __future__ import annotations

from typing import TypeVar

from fabric_gateway._connection.bound import Bound
from fabric_gateway._connection.flow import Flow
from fabric_gateway._connection.session import Session
from fabric_gateway._connection.sync import SyncSession
from fabric_gateway._flows import proposing
from fabric_gateway._flows.endorsed import EndorsedTransaction
from fabric_gateway._flows.proposing import Proposed
from fabric_gateway._transaction import Transaction
from fabric_gateway._wire.offline import proposed_transaction

S = TypeVar("S", bound=Session)


class BaseProposal(Bound[S]):
    """A call of the chaincode, before its driver is known.

    Attributes:
        transaction_id: its id, 64 hexadecimal characters, new for each proposal.
        bytes: what is signed.
    """

    def __init__(self, session: S, proposed: Proposed, signature: bytes | None = None) -> None:
        super().__init__(session)
        self._proposed = proposed
        self._signature = signature
        self.transaction_id = proposed.parts.transaction_id
        self.bytes = proposed.parts.proposal

    @property
    def digest(self) -> bytes:
        """What a key signs: `bytes` under the identity's hash function."""
        return self._session.identity.digest(self.bytes)

    @property
    def message(self) -> bytes:
        """The proposal in the form that travels to where it is signed (`gateway.ProposedTransaction`).

        `Gateway.signed_proposal` accepts it, also from Fabric's other SDKs. It holds the transient data.
        """
        return proposed_transaction(
            self.transaction_id, self.bytes, self._signature or b"", self._proposed.organizations
        )

    def _signed(self) -> bytes:
        """The signature, made here unless one was given."""
        self._signature = self._signature or self._session.identity.sign(self.bytes)
        return self._signature

    def _evaluating(self, seconds: float) -> Flow[bytes]:
        return (yield from proposing.evaluate(self._session, self._proposed, self._signed(), seconds))

    def _endorsing(self, seconds: float) -> Flow[EndorsedTransaction]:
        return (yield from proposing.endorse(self._session, self._proposed, self._signed(), seconds))


class Proposal(BaseProposal[SyncSession]):
    """A call of the chaincode, before anybody has agreed to it."""

    def evaluate(self, *, timeout: float | None = None) -> bytes:
        """Run the chaincode on one peer and return its result; nothing is written.

        Args:
            timeout: seconds, retries included; default: the gateway's deadline for evaluate.

        Raises:
            EvaluateError: the peer or the chaincode refused or failed.
            IdentityError: the key is not here, and no signature was given.
        """
        seconds = self._session.seconds("evaluate", timeout)
        return self._session.run(self._evaluating(seconds))

    def endorse(self, *, timeout: float | None = None) -> Transaction:
        """Collect the endorsements that the policy asks for, and sign the transaction that they make.

        Without a key here the transaction is left unsigned: see `Transaction.message`.

        Args:
            timeout: seconds, retries included; default: the gateway's deadline for endorse.

        Raises:
            EndorseError: a peer or the chaincode refused or failed. Nothing was ordered.
            IdentityError: the key is not here, and no signature was given.
            ProtocolError: the gateway answered with another transaction than the one proposed.
        """
        seconds = self._session.seconds("endorse", timeout)
        return Transaction(self._session, self._session.run(self._endorsing(seconds)))
