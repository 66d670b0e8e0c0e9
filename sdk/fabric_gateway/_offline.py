"""Steps that were signed where the key is, returned to a gateway.

    proposal = gateway.network("channel").contract("ledger").proposal("Add", "a", "5")
    signature = elsewhere(proposal.digest)  # or of proposal.bytes
    transaction = gateway.signed_proposal(proposal.message, signature).endorse()
    signature = elsewhere(transaction.digest)
    commit = gateway.signed_transaction(transaction.message, signature).submit()
    signature = elsewhere(commit.digest)
    status = gateway.signed_commit(commit.message, signature).status()

Messages can be exchanged with Fabric's SDKs for Go, Node and Java: what they call bytes is `message` here.
"""

from __future__ import annotations

from fabric_gateway._commit import Commit
from fabric_gateway._connection.bound import Bound
from fabric_gateway._connection.session import Session
from fabric_gateway._connection.sync import SyncSession
from fabric_gateway._event_requests import EventsRequest
from fabric_gateway._flows.endorsed import EndorsedTransaction
from fabric_gateway._flows.kinds import BLOCKS, BLOCKS_WITH_PRIVATE_DATA, CHAINCODE_EVENTS, FILTERED_BLOCKS
from fabric_gateway._flows.proposing import Proposed
from fabric_gateway._proposal import Proposal
from fabric_gateway._transaction import Transaction
from fabric_gateway._wire import offline
from fabric_gateway._wire.offline import OfflineMessage
from fabric_gateway.blocks._events import (
    BlockMessage,
    BlockWithPrivateData,
    ChaincodeEvent,
    FilteredBlock,
)
from fabric_gateway.errors import IdentityError
from fabric_gateway.identity._identity import Identity


class OfflineSigning(Bound[SyncSession]):
    """What a gateway does with steps that were signed elsewhere.

    Each method takes the step's `message` and the signature of its `bytes` by the gateway's identity. ECDSA
    signatures are ASN.1 DER; s may be high or low. Without a signature, the one in the message counts; if
    there is none either, the identity's own key signs.

    Each raises:
        DecodeError: the message is of another kind, or was altered.
        IdentityError: the message was made for another identity, or the signature is not by this identity's
            key, or there is none and the key is not here.
    """

    def signed_proposal(self, message: bytes, signature: bytes | None = None) -> Proposal:
        """A proposal that was signed elsewhere, to be evaluated or endorsed."""
        request = offline.read_proposal(message)
        return Proposal(
            self._session,
            Proposed(request.parts, request.channel, request.organizations),
            signature_for(self._session, request, signature),
        )

    def signed_transaction(
        self, message: bytes, signature: bytes | None = None, *, commit_signature: bytes | None = None
    ) -> Transaction:
        """An endorsed transaction that was signed elsewhere, to be submitted.

        `commit_signature` is that of its commit (`Network.commit(transaction_id).bytes`), which can be signed
        together with the transaction. With it an unclear submit is resolved by the commit status, and what
        `submit` returns is signed already.
        """
        request = offline.read_transaction(message)
        endorsed = EndorsedTransaction(
            self._session,
            request.payload,
            signature_for(self._session, request, signature),
            commit_signature=commit_signature,
        )
        return Transaction(self._session, endorsed)

    def signed_commit(self, message: bytes, signature: bytes | None = None) -> Commit:
        """A request for a commit status that was signed elsewhere."""
        request = offline.read_commit(message)
        return Commit(
            self._session,
            request.channel,
            request.transaction_id,
            request=request.payload,
            signature=signature_for(self._session, request, signature),
        )

    def signed_chaincode_events(
        self, message: bytes, signature: bytes | None = None
    ) -> EventsRequest[ChaincodeEvent]:
        """A request for the events of a chaincode that was signed elsewhere."""
        request = offline.read_chaincode_events(message)
        signed = signature_for(self._session, request, signature)
        return EventsRequest(self._session, CHAINCODE_EVENTS, request.payload, signed)

    def signed_block_events(
        self, message: bytes, signature: bytes | None = None
    ) -> EventsRequest[BlockMessage]:
        """A request for blocks that was signed elsewhere."""
        request = offline.read_block_events(message)
        signed = signature_for(self._session, request, signature)
        return EventsRequest(self._session, BLOCKS, request.payload, signed)

    def signed_filtered_block_events(
        self, message: bytes, signature: bytes | None = None
    ) -> EventsRequest[FilteredBlock]:
        """A request for filtered blocks that was signed elsewhere."""
        request = offline.read_block_events(message)
        signed = signature_for(self._session, request, signature)
        return EventsRequest(self._session, FILTERED_BLOCKS, request.payload, signed)

    def signed_block_events_with_private_data(
        self, message: bytes, signature: bytes | None = None
    ) -> EventsRequest[BlockWithPrivateData]:
        """A request for blocks with private data that was signed elsewhere."""
        request = offline.read_block_events(message)
        signed = signature_for(self._session, request, signature)
        return EventsRequest(self._session, BLOCKS_WITH_PRIVATE_DATA, request.payload, signed)


def signature_for(session: Session, request: OfflineMessage, signature: bytes | None) -> bytes | None:
    """The signature that counts, checked; None if the identity's own key must sign."""
    identity = session.identity
    _must_be_of(identity, request.creator)
    if signature is not None:
        return identity.checked(request.payload, signature)
    if request.signature:
        return identity.checked(request.payload, request.signature)
    if identity.can_sign:
        return None
    raise IdentityError(
        f"the message carries no signature, none was given, and the key of {identity!r} is not here: sign it "
        "where the key is, and pass the signature"
    )


def _must_be_of(identity: Identity, creator: bytes) -> None:
    if creator == identity.serialized:
        return
    mspid, pem = offline.read_creator(creator)
    made_for = Identity(mspid, pem)
    if (mspid, made_for.certificate) != (identity.mspid, identity.certificate):
        raise IdentityError(
            f"the message was made for {made_for!r}, but this gateway acts for {identity!r}: use a "
            "gateway of the identity that it was made for"
        )
