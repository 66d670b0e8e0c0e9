"""Messages that a client signs: identities, headers, proposals, envelopes; and sending a transaction."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from fabric_gateway.hfc import _messages as m
from fabric_gateway.hfc._commands import refuse
from fabric_gateway.hfc._parts import create_tx_payload
from fabric_gateway.hfc.errors import NoRequestor


def proto_str(x: str) -> str:
    """The text itself."""
    return x


def proto_b(x: str) -> bytes:
    """A text's bytes."""
    return x.encode()


def create_serialized_identity(user: Any) -> bytes:
    """A user's MSP id and certificate as peers read them.

    Raises:
        NoRequestor: there is no user, or it has no certificate.
    """
    if user is None or user.enrollment is None:
        raise NoRequestor(
            f"the requestor is {user}: it must be an enrolled User; see get_user and create_user"
        )
    found = m.identities.SerializedIdentity(mspid=user.msp_id, id_bytes=user.enrollment.cert)
    return bytes(found.SerializeToString())


def current_timestamp() -> Timestamp:
    """The time now."""
    now = Timestamp()
    now.GetCurrentTime()
    return now


def build_channel_header(
    type: int,
    tx_id: str,
    channel_id: str,
    timestamp: Timestamp,
    epoch: int = 0,
    extension: bytes | None = None,
    tls_cert_hash: bytes | None = None,
) -> Any:
    """A `common.ChannelHeader`."""
    return m.common.ChannelHeader(
        type=type,
        version=1,
        channel_id=channel_id,
        tx_id=tx_id,
        epoch=epoch,
        timestamp=timestamp,
        extension=extension or b"",
        tls_cert_hash=tls_cert_hash or b"",
    )


def build_header(creator: bytes, channel_header: Any, nonce: bytes) -> Any:
    """A `common.Header`."""
    signature = m.common.SignatureHeader(creator=creator, nonce=nonce)
    return m.common.Header(
        channel_header=channel_header.SerializeToString(), signature_header=signature.SerializeToString()
    )


def build_cc_proposal(cci_spec: Any, header: Any, transient_map: Mapping[str, bytes] | None) -> Any:
    """A `protos.Proposal` that calls a chaincode."""
    payload = m.proposal.ChaincodeProposalPayload(
        input=cci_spec.SerializeToString(), TransientMap=dict(transient_map or {})
    )
    return m.proposal.Proposal(header=header.SerializeToString(), payload=payload.SerializeToString())


def sign_proposal(tx_context: Any, proposal: Any) -> Any:
    """A `protos.SignedProposal`."""
    content = proposal.SerializeToString()
    return m.proposal.SignedProposal(proposal_bytes=content, signature=tx_context.sign(content))


def send_transaction_proposal(proposal: Any, tx_context: Any, peers: Iterable[Any]) -> list[Any]:
    """Send a proposal to each peer itself; what is awaited for each is a `ProposalResponse`."""
    signed = sign_proposal(tx_context, proposal)
    return [peer.send_proposal(signed) for peer in peers]


@dataclass(frozen=True)
class TXRequest:
    """The answers to a proposal, with the proposal and its header."""

    responses: Sequence[Any]
    proposal: Any
    header: Any


def build_tx_req(ProposalResponses: tuple[Sequence[Any], Any, Any]) -> TXRequest:
    """Put together what `send_transaction` takes."""
    return TXRequest(*ProposalResponses)


def sign_tran_payload(tx_context: Any, tran_payload_bytes: bytes) -> Any:
    """A `common.Envelope` of a payload and its signature."""
    return m.common.Envelope(payload=tran_payload_bytes, signature=tx_context.sign(tran_payload_bytes))


def send_transaction(orderers: Mapping[str, Any], tran_req: Any, tx_context: Any) -> Any:
    """Offer an endorsed transaction to one of the orderers, as hfc does; an asynchronous iterator of answers.

    A BFT orderer may answer that it has the transaction without ever ordering it: `chaincode_invoke` offers
    it to as many as the channel takes, and finds out.

    Raises:
        ValueError: there is no request, no answer or no orderer.
    """
    if not tran_req:
        raise ValueError("Missing input request object on the transaction request")
    if not tran_req.responses:
        raise ValueError("Missing 'proposalResponses' parameter in transaction request")
    if not orderers:
        raise ValueError("Missing orderer objects on this chain")
    endorsements = [response.endorsement for response in tran_req.responses]
    envelope = sign_tran_payload(tx_context, create_tx_payload(endorsements, tran_req))
    return random.choice(list(orderers.values())).broadcast(envelope)  # noqa: S311


def stream_envelope(envelope: Any) -> Iterable[Any]:
    """An envelope as a stream of one."""
    yield envelope


def pem_to_der(pem: bytes) -> bytes:
    """A certificate's bytes, of which TLS makes a hash."""
    lines = [line for line in pem.strip().splitlines() if not line.startswith(b"-----")]
    return base64.b64decode(b"".join(lines))


def extract_channel_config(configtx_proto_envelope: bytes) -> bytes:
    """The `common.ConfigUpdate` in an envelope with an update, serialised.

    Raises:
        ValueError: the bytes are not such an envelope.
    """
    try:
        envelope = m.common.Envelope.FromString(configtx_proto_envelope)
        payload = m.common.Payload.FromString(envelope.payload)
        return bytes(m.configtx.ConfigUpdateEnvelope.FromString(payload.data).config_update)
    except DecodeError as error:
        raise ValueError(f"these bytes are not an envelope with a channel's update: {error}") from error


def string_to_signature(string_signatures: Iterable[Any]) -> list[Any]:
    """Signatures of an update as `common.ConfigSignature` messages, given as such or serialised."""
    return [
        m.configtx.ConfigSignature.FromString(item) if isinstance(item, bytes) else item
        for item in string_signatures
    ]


def _refusing(name: str, kind: str) -> Callable[..., NoReturn]:
    def refused(*arguments: object, **named: object) -> NoReturn:
        refuse(name, kind)

    refused.__name__ = name
    refused.__doc__ = "Refused; raises `Impossible` with the command that replaces it."
    return refused


send_install_proposal = _refusing("send_install_proposal", "install")
package_chaincode = _refusing("package_chaincode", "package")
