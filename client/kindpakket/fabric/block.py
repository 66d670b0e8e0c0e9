"""Blocks as typed values. Pure: bytes in, values out, no network and no clock.

Nothing here is believed: hashes are computed from the content, next to those that the block claims.
Validation codes are the claim of the peer that delivered the block. A transaction that cannot be read, which
anyone in the channel's Writers can have ordered, does not stop the reader: it says so in `malformed`.

Sources: Fabric 3.1 `protoutil/blockutils.go` for the hashes; the messages of `hyperledger/fabric-protos`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from google.protobuf.message import DecodeError as ProtobufDecodeError

from kindpakket.fabric import _messages as m
from kindpakket.fabric import _wire
from kindpakket.fabric.errors import DecodeError
from kindpakket.fabric.events import BlockMessage, ChaincodeEvent

Version: TypeAlias = tuple[int, int]
"""Number of the block and place in it of the transaction that wrote a value."""

_TRANSACTIONS_FILTER = 2
_INTEGER, _OCTET_STRING, _SEQUENCE = 0x02, 0x04, 0x30


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
class Read:
    """A key that was read, and the version that was there; None: the key did not exist."""

    key: str
    version: Version | None


@dataclass(frozen=True, slots=True)
class Write:
    """A key that was written; value None: it was deleted."""

    key: str
    value: bytes | None


@dataclass(frozen=True, slots=True)
class PrivateWrite:
    """A write to a private data collection, of which the block holds hashes only.

    Attributes:
        collection: name of the collection.
        key_hash: SHA-256 of the key.
        value_hash: SHA-256 of the value; None: it was deleted.
        purged: the key's history is to be removed too.
    """

    collection: str
    key_hash: bytes
    value_hash: bytes | None
    purged: bool


@dataclass(frozen=True, slots=True)
class NamespaceSet:
    """What a transaction read and wrote in one chaincode's namespace."""

    namespace: str
    reads: tuple[Read, ...]
    writes: tuple[Write, ...]
    private_writes: tuple[PrivateWrite, ...]


@dataclass(frozen=True, slots=True)
class BlockTransaction:
    """A transaction in a block, valid or not.

    Attributes:
        index: its place in the block, from 0.
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

    index: int
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

    def writes(self, namespace: str) -> tuple[Write, ...]:
        """The writes in one namespace; none if it is not there."""
        return next((found.writes for found in self.namespaces if found.namespace == namespace), ())


@dataclass(frozen=True, slots=True)
class Block:
    """A block.

    Attributes:
        number: its number, from 0.
        previous_hash: header hash of the block before it, as it claims.
        data_hash: hash of its transactions, as it claims.
        computed_data_hash: hash of its transactions, computed.
        header_hash: SHA-256 of its header, computed; the next block's `previous_hash` must be this.
        transactions: its transactions, in order.
        metadata: signatures and other statements about the block, undecoded, in the order of
            `BlockMetadataIndex`.
    """

    number: int
    previous_hash: bytes
    data_hash: bytes
    computed_data_hash: bytes
    header_hash: bytes
    transactions: tuple[BlockTransaction, ...]
    metadata: tuple[bytes, ...] = field(repr=False)

    @property
    def intact(self) -> bool:
        """The transactions are those that the header vouches for."""
        return self.data_hash == self.computed_data_hash

    def follows(self, previous: Block) -> bool:
        """This block's header names the given block as the one before it."""
        return self.number == previous.number + 1 and self.previous_hash == previous.header_hash

    @classmethod
    def decode(cls, block: BlockMessage | bytes) -> Block:
        """Decode a `common.Block`, as a message or as bytes.

        Raises:
            DecodeError: the bytes are no block.
        """
        message: Any = _wire.parse(m.common.Block, block) if isinstance(block, bytes) else block
        header = message.header
        codes = message.metadata.metadata[_TRANSACTIONS_FILTER : _TRANSACTIONS_FILTER + 1]
        return cls(
            number=header.number,
            previous_hash=header.previous_hash,
            data_hash=header.data_hash,
            computed_data_hash=hash_of_data(message.data.data),
            header_hash=hash_of_header(header.number, header.previous_hash, header.data_hash),
            transactions=tuple(
                _transaction(header.number, index, _code(codes, index), bytes(envelope))
                for index, envelope in enumerate(message.data.data)
            ),
            metadata=tuple(message.metadata.metadata),
        )


def hash_of_data(envelopes: Sequence[bytes]) -> bytes:
    """SHA-256 over the transactions of a block, one after another."""
    return hashlib.sha256(b"".join(envelopes)).digest()


def hash_of_header(number: int, previous_hash: bytes, data_hash: bytes) -> bytes:
    """SHA-256 over a block's header."""
    return hashlib.sha256(header_bytes(number, previous_hash, data_hash)).digest()


def header_bytes(number: int, previous_hash: bytes, data_hash: bytes) -> bytes:
    """A block's header in ASN.1 DER, which hashes and orderers' signatures cover.

    SEQUENCE { number INTEGER, previous_hash OCTET STRING, data_hash OCTET STRING }
    """
    digits = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return _der(
        _SEQUENCE,
        _der(_INTEGER, digits) + _der(_OCTET_STRING, previous_hash) + _der(_OCTET_STRING, data_hash),
    )


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(digits))) + digits + content


def _code(codes: Sequence[bytes], index: int) -> str:
    known = codes[0] if codes else b""
    return _wire.validation_code(known[index]) if index < len(known) else "NOT_VALIDATED"


def _transaction(number: int, index: int, code: str, envelope: bytes) -> BlockTransaction:
    fields: dict[str, Any] = {}
    try:
        _read_headers(fields, envelope, number)
    except (DecodeError, ProtobufDecodeError, ValueError, OverflowError) as error:
        fields["malformed"] = str(error) or type(error).__name__
    return BlockTransaction(index=index, code=code, envelope=envelope, **fields)


def _read_headers(fields: dict[str, Any], envelope: bytes, number: int) -> None:
    """Fill in what can be read, so that a malformed transaction still shows its readable part."""
    payload = _wire.parse(m.common.Payload, _wire.split_envelope(envelope)[0])
    header = _wire.parse(m.common.ChannelHeader, payload.header.channel_header)
    fields["kind"] = _wire.header_type(header.type)
    fields["transaction_id"] = header.tx_id
    fields["channel"] = header.channel_id
    if header.HasField("timestamp"):
        fields["timestamp"] = header.timestamp.ToDatetime(UTC)
    creator = _wire.parse(m.common.SignatureHeader, payload.header.signature_header).creator
    if creator:
        fields["creator"] = _party(creator)
    if header.type == m.common.ENDORSER_TRANSACTION:
        _read_action(fields, payload.data, number)


def _read_action(fields: dict[str, Any], data: bytes, number: int) -> None:
    actions = _wire.parse(m.transaction.Transaction, data).actions
    if len(actions) != 1:
        raise DecodeError(f"a transaction has one action, this one has {len(actions)}")
    payload = _wire.parse(m.transaction.ChaincodeActionPayload, actions[0].payload)
    content = _wire.parse(m.proposal.ChaincodeProposalPayload, payload.chaincode_proposal_payload)
    spec = _wire.parse(m.chaincode.ChaincodeInvocationSpec, content.input).chaincode_spec
    function, *arguments = spec.input.args or [b""]
    fields["chaincode"] = spec.chaincode_id.name
    fields["function"] = function.decode(errors="replace")
    fields["arguments"] = tuple(arguments)
    fields["endorsed"] = payload.action.proposal_response_payload
    fields["endorsements"] = tuple(
        Endorsement(_party(item.endorser), item.endorser, item.signature)
        for item in payload.action.endorsements
    )
    response = _wire.parse(m.proposal_response.ProposalResponsePayload, fields["endorsed"])
    action = _wire.parse(m.proposal.ChaincodeAction, response.extension)
    fields["status"] = action.response.status
    fields["result"] = action.response.payload
    sets = _wire.parse(m.rwset.TxReadWriteSet, action.results)
    fields["namespaces"] = tuple(_namespace(item) for item in sets.ns_rwset)
    event = _wire.parse(m.chaincode_event.ChaincodeEvent, action.events)
    if event.event_name:
        fields["event"] = ChaincodeEvent(
            number, event.tx_id, event.chaincode_id, event.event_name, event.payload
        )


def _namespace(item: Any) -> NamespaceSet:
    public = _wire.parse(m.kv_rwset.KVRWSet, item.rwset)
    hashed = [
        (collection.collection_name, _wire.parse(m.kv_rwset.HashedRWSet, collection.hashed_rwset))
        for collection in item.collection_hashed_rwset
    ]
    return NamespaceSet(
        namespace=item.namespace,
        reads=tuple(Read(read.key, _version(read)) for read in public.reads),
        writes=tuple(Write(write.key, None if write.is_delete else write.value) for write in public.writes),
        private_writes=tuple(
            PrivateWrite(name, write.key_hash, None if write.is_delete else write.value_hash, write.is_purge)
            for name, writes in hashed
            for write in writes.hashed_writes
        ),
    )


def _version(read: Any) -> Version | None:
    return (read.version.block_num, read.version.tx_num) if read.HasField("version") else None


def _party(serialized: bytes) -> Party:
    identity = _wire.parse(m.identities.SerializedIdentity, serialized)
    return Party(identity.mspid, identity.id_bytes)
