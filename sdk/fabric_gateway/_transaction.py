"""An endorsed transaction, ready for the orderers."""

from __future__ import annotations

from typing import TypeVar

from fabric_gateway._commit import Commit
from fabric_gateway._connection.bound import Bound
from fabric_gateway._connection.deadlines import Deadlines
from fabric_gateway._connection.session import Session
from fabric_gateway._connection.sync import SyncSession
from fabric_gateway._flows.endorsed import EndorsedTransaction
from fabric_gateway._wire.offline import prepared_transaction

S = TypeVar("S", bound=Session)


class BaseTransaction(Bound[S]):
    """An endorsed transaction, before its driver is known.

    Attributes:
        transaction_id: its id, 64 hexadecimal characters.
        channel: the channel it belongs to.
        result: what the chaincode returned, bytes. It takes effect only when the transaction is committed and
            valid.
        bytes: what is signed.
    """

    def __init__(self, session: S, endorsed: EndorsedTransaction) -> None:
        super().__init__(session)
        self._endorsed = endorsed
        self.bytes = endorsed.payload
        self.channel = endorsed.channel
        self.transaction_id = endorsed.transaction_id
        self.result = endorsed.result

    @property
    def digest(self) -> bytes:
        """What a key signs: `bytes` under the identity's hash function."""
        return self._session.identity.digest(self.bytes)

    @property
    def message(self) -> bytes:
        """The transaction in the form that travels to where it is signed (`gateway.PreparedTransaction`).

        `Gateway.signed_transaction` accepts it, also from Fabric's other SDKs.
        """
        return prepared_transaction(self.transaction_id, self.bytes, self._endorsed.signature or b"")

    @property
    def envelope(self) -> bytes:
        """The signed transaction.

        It can be kept, and offered any number of times: the ledger counts it once.

        Raises:
            IdentityError: the key is not here, and no signature was given.
        """
        return self._endorsed.envelope


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
            IdentityError: the key is not here, and no signature was given.
            UnknownOutcome: the outcome did not become certain in time.
        """
        status = self._session.run(self._endorsed.submit(self._session.deadlines_of(deadlines)))
        return Commit(
            self._session,
            self.channel,
            self.transaction_id,
            status,
            signature=self._endorsed.commit_signature,
        )
