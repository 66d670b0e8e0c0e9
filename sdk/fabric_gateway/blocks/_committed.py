"""A transaction that is in a block, as typed values.

A transaction that cannot be read, which anyone in the channel's Writers can have ordered, does not stop the
reader: it says so in `malformed`. Validation codes are the claim of the peer that delivered them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from google.protobuf.message import DecodeError as ProtobufDecodeError

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks._channel_config import ChannelConfig
from fabric_gateway.blocks._events import ChaincodeEvent
from fabric_gateway.blocks._rwset import NamespaceSet, Write, read_write_sets
from fabric_gateway.errors import DecodeError


@dataclass(frozen=True, slots=True)
class Party:
    """Who signed: MSP id, and the certificate in PEM as it was sent."""

    mspid: str
    certificate_pem: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Endorsement:
    """A peer's signature over `BlockTransaction.endorsed` followed by `endorser_bytes`.

    Attributes:
        endorser: the peer.
        endorser_bytes: the peer as it was serialised.
        signature: ASN.1 DER for ECDSA; 64 bytes for Ed25519.
    """

    endorser: Party
    endorser_bytes: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CommittedTransaction:
    """A transaction that is in a block, valid or not.

    Attributes:
        block_number: the block that holds it.
        code: name of its validation code, as the delivering peer claims; `NOT_VALIDATED` where there is none.
        envelope: the signed transaction, bytes.
        kind: name of its header type: `ENDORSER_TRANSACTION`, `CONFIG`, …; "" if malformed.
        transaction_id: its id; "" for configuration.
        channel: the channel it was made for.
        timestamp: the time that the client gave it, UTC.
        creator: the client that signed it.
        chaincode: name of the chaincode.
        function: name of the function, the first argument as text.
        arguments: the arguments after the function's name. What was transient is not in a block.
        status: the chaincode's response status, 200 for success.
        result: what the chaincode returned.
        namespaces: what it read and wrote.
        event: the chaincode event it emitted.
        endorsements: the peers' signatures.
        endorsed: what the peers signed.
        malformed: why it could not be read; "" if it could.
    """

    block_number: int
    code: str
    envelope: bytes = field(repr=False)
    kind: str = ""
    transaction_id: str = ""
    channel: str = ""
    timestamp: datetime | None = None
    creator: Party | None = None
    chaincode: str = ""
    function: str = ""
    arguments: tuple[bytes, ...] = ()
    status: int = 0
    result: bytes = b""
    namespaces: tuple[NamespaceSet, ...] = ()
    event: ChaincodeEvent | None = None
    endorsements: tuple[Endorsement, ...] = ()
    endorsed: bytes = field(default=b"", repr=False)
    malformed: str = ""

    @property
    def valid(self) -> bool:
        """The delivering peer found it valid."""
        return self.code == "VALID"

    @property
    def config(self) -> ChannelConfig | None:
        """The channel's configuration, if this transaction holds it; else None.

        Raises:
            DecodeError: it cannot be read.
        """
        return ChannelConfig.decode(self.envelope) if self.kind == "CONFIG" else None

    def writes(self, namespace: str) -> tuple[Write, ...]:
        """The writes in one namespace; none if it is not there."""
        return next((found.writes for found in self.namespaces if found.namespace == namespace), ())

    @classmethod
    def decode(cls, processed: bytes, block_number: int) -> CommittedTransaction:
        """Decode a `protos.ProcessedTransaction`, as `qscc` answers it, of the given block.

        Raises:
            DecodeError: the bytes are not such a message.
        """
        message = wire.parse(m.transaction.ProcessedTransaction, processed)
        envelope = message.transactionEnvelope.SerializeToString()
        return cls(**decoded_fields(block_number, wire.validation_code(message.validationCode), envelope))


@dataclass(frozen=True, slots=True)
class BlockTransaction(CommittedTransaction):
    """A transaction in a block, with its place.

    Attributes:
        index: its place in the block, from 0; the other attributes are those of `CommittedTransaction`.
    """

    index: int = field(kw_only=True)


def decoded_fields(number: int, code: str, envelope: bytes) -> dict[str, Any]:
    """The attributes of a `CommittedTransaction`, as far as the envelope can be read."""
    fields: dict[str, Any] = {"block_number": number, "code": code, "envelope": envelope}
    try:
        _read_headers(fields, envelope, number)
    except (DecodeError, ProtobufDecodeError, ValueError, OverflowError) as error:
        fields["malformed"] = str(error) or type(error).__name__
    return fields


def _read_headers(fields: dict[str, Any], envelope: bytes, number: int) -> None:
    """Fill in what can be read, so that a malformed transaction still shows its readable part."""
    payload = wire.parse(m.common.Payload, wire.split_envelope(envelope)[0])
    header = wire.parse(m.common.ChannelHeader, payload.header.channel_header)
    fields["kind"] = wire.header_type(header.type)
    fields["transaction_id"] = header.tx_id
    fields["channel"] = header.channel_id
    if header.HasField("timestamp"):
        fields["timestamp"] = header.timestamp.ToDatetime(UTC)
    creator = wire.parse(m.common.SignatureHeader, payload.header.signature_header).creator
    if creator:
        fields["creator"] = party(creator)
    if header.type == m.common.ENDORSER_TRANSACTION:
        _read_action(fields, payload.data, number)


def _read_action(fields: dict[str, Any], data: bytes, number: int) -> None:
    actions = wire.parse(m.transaction.Transaction, data).actions
    if len(actions) != 1:
        raise DecodeError(f"this transaction has {len(actions)} actions instead of one")
    payload = wire.parse(m.transaction.ChaincodeActionPayload, actions[0].payload)
    content = wire.parse(m.proposal.ChaincodeProposalPayload, payload.chaincode_proposal_payload)
    spec = wire.parse(m.chaincode.ChaincodeInvocationSpec, content.input).chaincode_spec
    function, *arguments = spec.input.args or [b""]
    fields["chaincode"] = spec.chaincode_id.name
    fields["function"] = function.decode(errors="replace")
    fields["arguments"] = tuple(arguments)
    fields["endorsed"] = payload.action.proposal_response_payload
    fields["endorsements"] = tuple(
        Endorsement(party(item.endorser), item.endorser, item.signature)
        for item in payload.action.endorsements
    )
    response = wire.parse(m.proposal_response.ProposalResponsePayload, fields["endorsed"])
    action = wire.parse(m.proposal.ChaincodeAction, response.extension)
    fields["status"] = action.response.status
    fields["result"] = action.response.payload
    fields["namespaces"] = read_write_sets(action.results)
    event = wire.parse(m.chaincode_event.ChaincodeEvent, action.events)
    if event.event_name:
        fields["event"] = ChaincodeEvent(
            number, event.tx_id, event.chaincode_id, event.event_name, event.payload
        )


@lru_cache(maxsize=1024)
def party(serialized: bytes) -> Party:
    """Decode a serialised `msp.SerializedIdentity`."""
    identity = wire.parse(m.identities.SerializedIdentity, serialized)
    return Party(identity.mspid, identity.id_bytes)
