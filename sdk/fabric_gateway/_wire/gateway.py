"""Fabric's requests and answers as bytes: the messages that the steps send and receive."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from google.protobuf.message import DecodeError as ProtobufDecodeError

from fabric_gateway._wire import messages as m
from fabric_gateway.errors import DecodeError, ErrorDetail

EVALUATE = "/gateway.Gateway/Evaluate"
ENDORSE = "/gateway.Gateway/Endorse"
SUBMIT = "/gateway.Gateway/Submit"
COMMIT_STATUS = "/gateway.Gateway/CommitStatus"
CHAINCODE_EVENTS = "/gateway.Gateway/ChaincodeEvents"
PROCESS_PROPOSAL = "/protos.Endorser/ProcessProposal"
DELIVER = "/protos.Deliver/Deliver"
DELIVER_FILTERED = "/protos.Deliver/DeliverFiltered"
DELIVER_PRIVATE = "/protos.Deliver/DeliverWithPrivateData"

RESPONSE_OK = 200
STATUS_DETAILS_KEY = "grpc-status-details-bin"
_LAST_BLOCK = 2**64 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_OF_DAY = 86_400


@dataclass(frozen=True, slots=True)
class ProposalParts:
    """A proposal as it is signed, and what its answer must repeat."""

    transaction_id: str
    proposal: bytes
    header: bytes
    invocation: bytes


@dataclass(frozen=True, slots=True)
class TransactionParts:
    """What a transaction's payload says: the two headers, the invocation, and the chaincode's result."""

    channel: str
    transaction_id: str
    header: bytes
    invocation: bytes
    result: bytes


def serialized_identity(mspid: str, certificate_pem: bytes) -> bytes:
    """The creator of messages, as Fabric names it."""
    identity = m.identities.SerializedIdentity(mspid=mspid, id_bytes=certificate_pem)
    return bytes(identity.SerializeToString())


def transaction_id(nonce: bytes, creator: bytes) -> str:
    """The id that a proposal's nonce and creator make."""
    return hashlib.sha256(nonce + creator).hexdigest()


def proposal(
    *,
    creator: bytes,
    nonce: bytes,
    now: datetime,
    channel: str,
    chaincode: str,
    arguments: Sequence[bytes],
    transient: Mapping[str, bytes],
) -> ProposalParts:
    """Build a proposal; its transaction id is SHA-256 over nonce and creator, in hexadecimal."""
    transaction_id_ = transaction_id(nonce, creator)
    chaincode_id = m.chaincode.ChaincodeID(name=chaincode)
    channel_header = _channel_header(
        m.common.ENDORSER_TRANSACTION,
        channel,
        now,
        tx_id=transaction_id_,
        extension=m.proposal.ChaincodeHeaderExtension(chaincode_id=chaincode_id).SerializeToString(),
    )
    header = _header(channel_header, creator, nonce)
    spec = m.chaincode.ChaincodeSpec(
        chaincode_id=chaincode_id, input=m.chaincode.ChaincodeInput(args=arguments)
    )
    invocation = m.chaincode.ChaincodeInvocationSpec(chaincode_spec=spec).SerializeToString()
    payload = m.proposal.ChaincodeProposalPayload(input=invocation, TransientMap=dict(transient))
    message = m.proposal.Proposal(header=header, payload=payload.SerializeToString())
    return ProposalParts(transaction_id_, message.SerializeToString(), header, invocation)


def evaluate_request(
    transaction_id: str, channel: str, proposal: bytes, signature: bytes, organizations: Iterable[str]
) -> bytes:
    """Request of `Evaluate`."""
    request = m.gateway.EvaluateRequest(
        transaction_id=transaction_id,
        channel_id=channel,
        proposed_transaction=m.proposal.SignedProposal(proposal_bytes=proposal, signature=signature),
        target_organizations=organizations,
    )
    return bytes(request.SerializeToString())


def evaluate_result(response: bytes) -> bytes:
    """The chaincode's result in the response of `Evaluate`."""
    return bytes(parse(m.gateway.EvaluateResponse, response).result.payload)


def endorse_request(
    transaction_id: str, channel: str, proposal: bytes, signature: bytes, organizations: Iterable[str]
) -> bytes:
    """Request of `Endorse`."""
    request = m.gateway.EndorseRequest(
        transaction_id=transaction_id,
        channel_id=channel,
        proposed_transaction=m.proposal.SignedProposal(proposal_bytes=proposal, signature=signature),
        endorsing_organizations=organizations,
    )
    return bytes(request.SerializeToString())


def signed_proposal(proposal: bytes, signature: bytes) -> bytes:
    """Request of a peer's own endorser, `ProcessProposal`."""
    message = m.proposal.SignedProposal(proposal_bytes=proposal, signature=signature)
    return bytes(message.SerializeToString())


def proposal_response(response: bytes) -> Any:
    """The chaincode's response (`peer.Response`) in what `ProcessProposal` answers."""
    return parse(m.proposal_response.ProposalResponse, response).response


def channel_names(payload: bytes) -> list[str]:
    """Names of channels, in the result of `cscc` `GetChannels`."""
    return [channel.channel_id for channel in parse(m.query.ChannelQueryResponse, payload).channels]


def prepared_payload(response: bytes) -> bytes:
    """The transaction to be signed, in the response of `Endorse`."""
    return bytes(parse(m.gateway.EndorseResponse, response).prepared_transaction.payload)


def transaction_parts(payload: bytes) -> TransactionParts:
    """Read the payload of a transaction."""
    message = parse(m.common.Payload, payload)
    channel_header = parse(m.common.ChannelHeader, message.header.channel_header)
    actions = parse(m.transaction.Transaction, message.data).actions
    if len(actions) != 1:
        raise DecodeError(f"this transaction has {len(actions)} actions instead of one")
    action = parse(m.transaction.ChaincodeActionPayload, actions[0].payload)
    response = parse(m.proposal_response.ProposalResponsePayload, action.action.proposal_response_payload)
    return TransactionParts(
        channel=channel_header.channel_id,
        transaction_id=channel_header.tx_id,
        header=message.header.SerializeToString(),
        invocation=parse(m.proposal.ChaincodeProposalPayload, action.chaincode_proposal_payload).input,
        result=parse(m.proposal.ChaincodeAction, response.extension).response.payload,
    )


def envelope(payload: bytes, signature: bytes) -> bytes:
    """A signed message, as orderers and `Deliver` take it."""
    return bytes(m.common.Envelope(payload=payload, signature=signature).SerializeToString())


def split_envelope(envelope: bytes) -> tuple[bytes, bytes]:
    """Payload and signature of a signed message."""
    message = parse(m.common.Envelope, envelope)
    return message.payload, message.signature


def submit_request(transaction_id: str, channel: str, payload: bytes, signature: bytes) -> bytes:
    """Request of `Submit`, for a signed message."""
    request = m.gateway.SubmitRequest(
        transaction_id=transaction_id,
        channel_id=channel,
        prepared_transaction=m.common.Envelope(payload=payload, signature=signature),
    )
    return bytes(request.SerializeToString())


def commit_status_request(transaction_id: str, channel: str, creator: bytes) -> bytes:
    """What is signed to ask for a commit status."""
    request = m.gateway.CommitStatusRequest(
        transaction_id=transaction_id, channel_id=channel, identity=creator
    )
    return bytes(request.SerializeToString())


def signed_commit_status_request(request: bytes, signature: bytes) -> bytes:
    """Request of `CommitStatus`."""
    return bytes(
        m.gateway.SignedCommitStatusRequest(request=request, signature=signature).SerializeToString()
    )


def commit_status(response: bytes) -> tuple[str, int]:
    """Name of the validation code and number of the block, in the response of `CommitStatus`."""
    message = parse(m.gateway.CommitStatusResponse, response)
    return validation_code(message.result), message.block_number


@lru_cache(maxsize=256)
def validation_code(code: int) -> str:
    """Name of a transaction validation code; the number itself if this version does not know it."""
    try:
        return str(m.transaction.TxValidationCode.Name(code))
    except ValueError:
        return str(code)


def chaincode_events_request(
    channel: str, chaincode: str, creator: bytes, start_block: int | None, after_transaction_id: str
) -> bytes:
    """What is signed to ask for the events of a chaincode."""
    request = m.gateway.ChaincodeEventsRequest(
        channel_id=channel,
        chaincode_id=chaincode,
        identity=creator,
        start_position=_position(start_block),
        after_transaction_id=after_transaction_id,
    )
    return bytes(request.SerializeToString())


def signed_chaincode_events_request(request: bytes, signature: bytes) -> bytes:
    """Request of `ChaincodeEvents`."""
    message = m.gateway.SignedChaincodeEventsRequest(request=request, signature=signature)
    return bytes(message.SerializeToString())


def seek_payload(
    *,
    creator: bytes,
    nonce: bytes,
    now: datetime,
    channel: str,
    start: int | None,
    stop: int | None,
    tls_certificate_hash: bytes = b"",
) -> bytes:
    """What is signed to ask `Deliver` for blocks: from `start` (None: the next) to `stop` (None: no end).

    With mutual TLS the peer compares the hash with the TLS certificate that the client showed.
    """
    seek = m.ab.SeekInfo(
        start=_position(start),
        stop=_position(_LAST_BLOCK if stop is None else stop),
        behavior=m.ab.SeekInfo.BLOCK_UNTIL_READY,
    )
    channel_header = _channel_header(
        m.common.DELIVER_SEEK_INFO, channel, now, tls_cert_hash=tls_certificate_hash
    )
    header = _header(channel_header, creator, nonce)
    payload = m.common.Payload(header=parse(m.common.Header, header), data=seek.SerializeToString())
    return bytes(payload.SerializeToString())


def chaincode_events(response: bytes) -> tuple[int, Sequence[Any]]:
    """Number of the block, and the events, in one response of `ChaincodeEvents`."""
    message = parse(m.gateway.ChaincodeEventsResponse, response)
    return message.block_number, message.events


def delivered(response: bytes) -> tuple[str, Any]:
    """One response of `Deliver`: the name of its kind, such as "block", and the message.

    For "status" it is the status's name.
    """
    message = parse(m.events.DeliverResponse, response)
    kind = message.WhichOneof("Type") or "status"
    content = getattr(message, kind)
    return kind, m.common.Status.Name(content) if kind == "status" else content


@lru_cache(maxsize=256)
def header_type(type_: int) -> str:
    """Name of a header type; the number itself if this version does not know it."""
    return str(m.common.HeaderType.Name(type_)) if type_ in m.common.HeaderType.values() else str(type_)


def error_details(status: bytes | None) -> tuple[ErrorDetail, ...]:
    """What the nodes said, from the binary `google.rpc.Status` in an error's trailing metadata."""
    if not status:
        return ()
    try:
        packed = m.RpcStatus.FromString(status).details
        found = [
            m.gateway.ErrorDetail.FromString(any_.value) for any_ in packed if _is_error_detail(any_.type_url)
        ]
    except ProtobufDecodeError:
        return ()
    return tuple(ErrorDetail(detail.address, detail.msp_id, detail.message) for detail in found)


def pack_error_details(code: int, reason: str, details: Iterable[ErrorDetail]) -> bytes:
    """The binary `google.rpc.Status` that `error_details` reads."""
    status = m.RpcStatus(code=code, message=reason)
    for detail in details:
        message = m.gateway.ErrorDetail(address=detail.address, msp_id=detail.mspid, message=detail.message)
        status.details.add(
            type_url="type.googleapis.com/gateway.ErrorDetail", value=message.SerializeToString()
        )
    return bytes(status.SerializeToString())


def _is_error_detail(type_url: str) -> bool:
    return type_url.rpartition("/")[2] == "gateway.ErrorDetail"


def _position(block: int | None) -> Any:
    if block is None:
        return m.ab.SeekPosition(next_commit=m.ab.SeekNextCommit())
    return m.ab.SeekPosition(specified=m.ab.SeekSpecified(number=block))


def _channel_header(
    type_: int,
    channel: str,
    now: datetime,
    *,
    tx_id: str = "",
    extension: bytes = b"",
    tls_cert_hash: bytes = b"",
) -> bytes:
    header = m.common.ChannelHeader(
        type=type_, channel_id=channel, tx_id=tx_id, extension=extension, tls_cert_hash=tls_cert_hash
    )
    since = now - _EPOCH
    header.timestamp.seconds = since.days * _SECONDS_OF_DAY + since.seconds
    header.timestamp.nanos = since.microseconds * 1000
    return bytes(header.SerializeToString())


def _header(channel_header: bytes, creator: bytes, nonce: bytes) -> bytes:
    signature_header = m.common.SignatureHeader(creator=creator, nonce=nonce).SerializeToString()
    header = m.common.Header(channel_header=channel_header, signature_header=signature_header)
    return bytes(header.SerializeToString())


def parse(kind: Any, data: bytes) -> Any:
    """Read a message of a kind; raises `DecodeError` if the bytes are none."""
    try:
        return kind.FromString(data)
    except ProtobufDecodeError as error:
        raise DecodeError(
            f"these {len(data)} bytes cannot be read as {kind.DESCRIPTOR.full_name}: {error}"
        ) from error
