"""Blocks as typed values. Pure: bytes in, values out, no network and no clock.

Nothing here is believed: hashes are computed from the content, next to those that the block claims.
What a transaction holds is in `committed` and `rwset`; their names can be had from here as well.

Sources: Fabric 3.1 `protoutil/blockutils.go` for the hashes; the messages of `hyperledger/fabric-protos`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway._wire.der import INTEGER, OCTET_STRING, SEQUENCE, element
from fabric_gateway.blocks._committed import (
    BlockTransaction,
    CommittedTransaction,
    Endorsement,
    Party,
    decoded_fields,
    party,
)
from fabric_gateway.blocks._events import BlockMessage
from fabric_gateway.blocks._rwset import (
    MetadataWrite,
    NamespaceSet,
    PrivateRead,
    PrivateWrite,
    RangeRead,
    Read,
    Version,
    Write,
)

__all__ = [
    "Block",
    "BlockSignature",
    "BlockTransaction",
    "CommittedTransaction",
    "Endorsement",
    "MetadataWrite",
    "NamespaceSet",
    "Party",
    "PrivateRead",
    "PrivateWrite",
    "RangeRead",
    "Read",
    "Version",
    "Write",
    "hash_of_data",
    "hash_of_header",
    "header_bytes",
]

_SIGNATURES, _TRANSACTIONS_FILTER, _COMMIT_HASH = 0, 2, 4


@dataclass(frozen=True, slots=True)
class BlockSignature:
    """An orderer's signature, over `statement`, `header` and the bytes of the block's header, in this order.

    Attributes:
        signer: the orderer; None on BFT, where `consenter` names it.
        consenter: id of the orderer in the channel's consenter mapping, on BFT; else None.
        header: the signature's own header, as it was serialised.
        statement: what the orderers state about the block, serialised `common.OrdererBlockMetadata`.
        signature: ASN.1 DER for ECDSA; 64 bytes for Ed25519.
    """

    signer: Party | None
    consenter: int | None
    header: bytes = field(repr=False)
    statement: bytes = field(repr=False)
    signature: bytes = field(repr=False)


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
            `BlockMetadataIndex`; decoded on demand by `signatures`, `last_config` and `commit_hash`.
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

    @property
    def commit_hash(self) -> bytes:
        """Hash over the validity and the writes of all transactions so far, as the peer claims; or b""."""
        content = self._metadata(_COMMIT_HASH)
        return bytes(wire.parse(m.common.Metadata, content).value)

    @property
    def last_config(self) -> int | None:
        """Number of the last configuration block up to this one, as the orderers state; None if they do not.

        Raises:
            DecodeError: the statement cannot be read.
        """
        statement = wire.parse(m.common.Metadata, self._metadata(_SIGNATURES)).value
        if not statement:
            return None
        return int(wire.parse(m.common.OrdererBlockMetadata, statement).last_config.index)

    @property
    def signatures(self) -> tuple[BlockSignature, ...]:
        """The orderers' signatures, not verified; none on the genesis block.

        Raises:
            DecodeError: they cannot be read.
        """
        message = wire.parse(m.common.Metadata, self._metadata(_SIGNATURES))
        return tuple(_signature(message.value, item) for item in message.signatures)

    def _metadata(self, index: int) -> bytes:
        return self.metadata[index] if index < len(self.metadata) else b""

    def follows(self, previous: Block) -> bool:
        """This block's header names the given block as the one before it."""
        return self.number == previous.number + 1 and self.previous_hash == previous.header_hash

    @classmethod
    def decode(cls, block: BlockMessage | bytes) -> Block:
        """Decode a `common.Block`, as a message or as bytes.

        Raises:
            DecodeError: the bytes are no block.
        """
        message: Any = wire.parse(m.common.Block, block) if isinstance(block, bytes) else block
        header = message.header
        codes = message.metadata.metadata[_TRANSACTIONS_FILTER : _TRANSACTIONS_FILTER + 1]
        return cls(
            number=header.number,
            previous_hash=header.previous_hash,
            data_hash=header.data_hash,
            computed_data_hash=hash_of_data(message.data.data),
            header_hash=hash_of_header(header.number, header.previous_hash, header.data_hash),
            transactions=tuple(
                BlockTransaction(
                    index=index, **decoded_fields(header.number, _code(codes, index), bytes(envelope))
                )
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
    hashes = element(OCTET_STRING, previous_hash) + element(OCTET_STRING, data_hash)
    return element(SEQUENCE, element(INTEGER, digits) + hashes)


def _code(codes: Sequence[bytes], index: int) -> str:
    known = codes[0] if codes else b""
    return wire.validation_code(known[index]) if index < len(known) else "NOT_VALIDATED"


def _signature(statement: bytes, item: Any) -> BlockSignature:
    if item.identifier_header:
        consenter = wire.parse(m.common.IdentifierHeader, item.identifier_header).identifier
        return BlockSignature(None, consenter, item.identifier_header, statement, item.signature)
    creator = wire.parse(m.common.SignatureHeader, item.signature_header).creator
    return BlockSignature(party(creator), None, item.signature_header, statement, item.signature)
