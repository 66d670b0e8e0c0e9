"""What a transaction read and wrote, as it stands in a block.

Source: the messages `ledger/rwset` of `hyperledger/fabric-protos`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m

Version: TypeAlias = tuple[int, int]
"""Number of the block and place in it of the transaction that wrote a value."""


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
class RangeRead:
    """A range of keys that was read, and is checked for phantoms when the transaction is validated.

    Attributes:
        start: the first key.
        end: the key that ends the range, which is not part of it; "" for no end.
        exhausted: the chaincode read the range to its end.
        reads: the keys found; empty where the peer keeps a hash tree over them instead.
    """

    start: str
    end: str
    exhausted: bool
    reads: tuple[Read, ...]


@dataclass(frozen=True, slots=True)
class MetadataWrite:
    """What was set about a key, such as its own endorsement policy.

    Attributes:
        key: the key.
        entries: name and value of each statement; `VALIDATION_PARAMETER` is an endorsement policy, a
            serialised `common.SignaturePolicyEnvelope`. Empty: all statements were removed.
    """

    key: str
    entries: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class PrivateRead:
    """A read from a private data collection, of which the block holds the key's SHA-256 only.

    The version is None if the key did not exist.
    """

    collection: str
    key_hash: bytes
    version: Version | None


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
    range_reads: tuple[RangeRead, ...] = ()
    metadata_writes: tuple[MetadataWrite, ...] = ()
    private_reads: tuple[PrivateRead, ...] = ()


def read_write_sets(results: bytes) -> tuple[NamespaceSet, ...]:
    """Decode a serialised `rwset.TxReadWriteSet`.

    Raises:
        DecodeError: the bytes are not such a message.
    """
    return tuple(_namespace(item) for item in wire.parse(m.rwset.TxReadWriteSet, results).ns_rwset)


def _namespace(item: Any) -> NamespaceSet:
    public = wire.parse(m.kv_rwset.KVRWSet, item.rwset)
    hashed = [
        (collection.collection_name, wire.parse(m.kv_rwset.HashedRWSet, collection.hashed_rwset))
        for collection in item.collection_hashed_rwset
    ]
    return NamespaceSet(
        namespace=item.namespace,
        reads=_reads(public.reads),
        writes=tuple(Write(write.key, None if write.is_delete else write.value) for write in public.writes),
        private_writes=tuple(
            PrivateWrite(name, write.key_hash, None if write.is_delete else write.value_hash, write.is_purge)
            for name, sets in hashed
            for write in sets.hashed_writes
        ),
        range_reads=tuple(
            RangeRead(query.start_key, query.end_key, query.itr_exhausted, _reads(query.raw_reads.kv_reads))
            for query in public.range_queries_info
        ),
        metadata_writes=tuple(
            MetadataWrite(write.key, tuple((entry.name, entry.value) for entry in write.entries))
            for write in public.metadata_writes
        ),
        private_reads=tuple(
            PrivateRead(name, read.key_hash, _version(read))
            for name, sets in hashed
            for read in sets.hashed_reads
        ),
    )


def _reads(reads: Iterable[Any]) -> tuple[Read, ...]:
    return tuple(Read(read.key, _version(read)) for read in reads)


def _version(read: Any) -> Version | None:
    return (read.version.block_num, read.version.tx_num) if read.HasField("version") else None
