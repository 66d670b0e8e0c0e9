"""Messages that travel to where they are signed and back, in the form of Fabric's other SDKs.

Several of Fabric's messages have the same shape on the wire, so each reader looks for what only its own kind
has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway._wire.gateway import ProposalParts, parse
from fabric_gateway.errors import DecodeError

_TRANSACTION_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class OfflineMessage:
    """A message that travels: what is signed, by whom, and the signature, b"" if there is none yet."""

    payload: bytes
    creator: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class OfflineProposal(OfflineMessage):
    """A proposal that was parsed."""

    parts: ProposalParts
    channel: str
    organizations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfflineCommit(OfflineMessage):
    """A request for a commit status that was parsed."""

    channel: str
    transaction_id: str


def proposed_transaction(
    transaction_id: str, proposal: bytes, signature: bytes, organizations: Iterable[str]
) -> bytes:
    """A `gateway.ProposedTransaction`."""
    message = m.gateway.ProposedTransaction(
        transaction_id=transaction_id,
        proposal=m.proposal.SignedProposal(proposal_bytes=proposal, signature=signature),
        endorsing_organizations=organizations,
    )
    return bytes(message.SerializeToString())


def read_proposal(message: bytes) -> OfflineProposal:
    """Read a `gateway.ProposedTransaction`."""
    parsed = parse(m.gateway.ProposedTransaction, message)
    proposal = parse(m.proposal.Proposal, parsed.proposal.proposal_bytes)
    header = parse(m.common.Header, proposal.header)
    channel_header, signature_header = _headers(header, m.common.ENDORSER_TRANSACTION, "proposal")
    payload = parse(m.proposal.ChaincodeProposalPayload, proposal.payload)
    spec = parse(m.chaincode.ChaincodeInvocationSpec, payload.input).chaincode_spec
    if not spec.chaincode_id.name:
        raise DecodeError("not a proposal: it names no chaincode; use Proposal.message")
    transaction_id = wire.transaction_id(signature_header.nonce, signature_header.creator)
    _must_be(transaction_id, channel_header.tx_id, parsed.transaction_id)
    parts = ProposalParts(
        transaction_id=transaction_id,
        proposal=parsed.proposal.proposal_bytes,
        header=header.SerializeToString(),
        invocation=payload.input,
    )
    return OfflineProposal(
        payload=parts.proposal,
        creator=signature_header.creator,
        signature=parsed.proposal.signature,
        parts=parts,
        channel=channel_header.channel_id,
        organizations=tuple(parsed.endorsing_organizations),
    )


def prepared_transaction(transaction_id: str, payload: bytes, signature: bytes) -> bytes:
    """A `gateway.PreparedTransaction`."""
    message = m.gateway.PreparedTransaction(
        transaction_id=transaction_id, envelope=m.common.Envelope(payload=payload, signature=signature)
    )
    return bytes(message.SerializeToString())


def read_transaction(message: bytes) -> OfflineMessage:
    """Read a `gateway.PreparedTransaction`."""
    parsed = parse(m.gateway.PreparedTransaction, message)
    payload = parse(m.common.Payload, parsed.envelope.payload)
    channel_header, signature_header = _headers(payload.header, m.common.ENDORSER_TRANSACTION, "transaction")
    for action in parse(m.transaction.Transaction, payload.data).actions:
        if not parse(m.transaction.ChaincodeActionPayload, action.payload).action.endorsements:
            raise DecodeError("not a transaction: it has no endorsements; use Transaction.message")
    _must_be(
        wire.transaction_id(signature_header.nonce, signature_header.creator),
        channel_header.tx_id,
        parsed.transaction_id,
    )
    return OfflineMessage(parsed.envelope.payload, signature_header.creator, parsed.envelope.signature)


def read_commit(message: bytes) -> OfflineCommit:
    """Read a `gateway.SignedCommitStatusRequest`."""
    parsed = parse(m.gateway.SignedCommitStatusRequest, message)
    wanted = parse(m.gateway.CommitStatusRequest, parsed.request)
    if not _TRANSACTION_ID.fullmatch(wanted.transaction_id):
        raise DecodeError("not a request for a commit status: it names no transaction; use Commit.message")
    return OfflineCommit(
        payload=parsed.request,
        creator=wanted.identity,
        signature=parsed.signature,
        channel=wanted.channel_id,
        transaction_id=wanted.transaction_id,
    )


def read_chaincode_events(message: bytes) -> OfflineMessage:
    """Read a `gateway.SignedChaincodeEventsRequest`."""
    parsed = parse(m.gateway.SignedChaincodeEventsRequest, message)
    wanted = parse(m.gateway.ChaincodeEventsRequest, parsed.request)
    if not (wanted.chaincode_id and wanted.HasField("start_position")):
        raise DecodeError("not a request for chaincode events: use EventsRequest.message")
    return OfflineMessage(parsed.request, wanted.identity, parsed.signature)


def read_block_events(message: bytes) -> OfflineMessage:
    """Read a `common.Envelope` that asks for blocks."""
    envelope = parse(m.common.Envelope, message)
    header = parse(m.common.Payload, envelope.payload).header
    _, signature_header = _headers(header, m.common.DELIVER_SEEK_INFO, "request for blocks")
    return OfflineMessage(envelope.payload, signature_header.creator, envelope.signature)


def read_creator(creator: bytes) -> tuple[str, bytes]:
    """MSP id and certificate, PEM, of who made a message."""
    identity = parse(m.identities.SerializedIdentity, creator)
    if not identity.mspid:
        raise DecodeError("the message names no creator")
    return identity.mspid, identity.id_bytes


def _headers(header: Any, type_: int, what: str) -> tuple[Any, Any]:
    channel_header = parse(m.common.ChannelHeader, header.channel_header)
    if not header.channel_header or channel_header.type != type_:
        raise DecodeError(
            f"not a {what}: its header is of type {wire.header_type(channel_header.type)}, not "
            f"{wire.header_type(type_)}"
        )
    return channel_header, parse(m.common.SignatureHeader, header.signature_header)


def _must_be(transaction_id: str, *named: str) -> None:
    for name in named:
        if name != transaction_id:
            raise DecodeError(
                f"the message names transaction {name!r}, but its creator and nonce make {transaction_id}: "
                "it was altered or assembled wrongly"
            )
