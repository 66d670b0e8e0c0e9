"""What a transaction read and wrote, as Fabric's validation walks through it.

`fabric_gateway.blocks` has the same as typed values for readers; here the messages are kept as they are,
since every distinction counts: a range read with its keys or with hashes over them, metadata of private keys.

Source: Fabric 3.1.1 `core/ledger/kvledger/txmgmt/rwsetutil/rwset_proto_util.go`.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import Version

_HASH_OF_NOTHING = hashlib.sha256(b"").digest()


class Space(NamedTuple):
    """Where keys live: a chaincode's namespace, or one of its private data collections.

    Attributes:
        namespace: name of the chaincode.
        collection: name of the collection, whose keys are SHA-256 hashes; "" for the public state.
    """

    namespace: str
    collection: str = ""


class HashedSet(NamedTuple):
    """The reads and writes of one collection: a `kvrwset.HashedRWSet`."""

    space: Space
    message: Any


class NamespaceSets(NamedTuple):
    """The reads and writes of one namespace.

    Attributes:
        space: its public state.
        public: the `kvrwset.KVRWSet`.
        hashed: its collections, in the order of the transaction.
    """

    space: Space
    public: Any
    hashed: tuple[HashedSet, ...]

    @property
    def writes(self) -> bool:
        """It writes something, metadata included, and so needs its own endorsement policy.

        Source: `txWritesToNamespace` of `core/committer/txvalidator/v20/plugindispatcher/dispatcher.go`.
        """
        return bool(
            self.public.writes
            or self.public.metadata_writes
            or any(sets.message.hashed_writes or sets.message.metadata_writes for sets in self.hashed)
        )


def namespace_sets(results: bytes) -> tuple[NamespaceSets, ...]:
    """Decode a serialised `rwset.TxReadWriteSet`.

    Raises:
        DecodeError: the bytes are not such a message.
    """
    return tuple(
        NamespaceSets(
            Space(item.namespace),
            wire.parse(m.kv_rwset.KVRWSet, item.rwset),
            tuple(
                HashedSet(
                    Space(item.namespace, collection.collection_name),
                    wire.parse(m.kv_rwset.HashedRWSet, collection.hashed_rwset),
                )
                for collection in item.collection_hashed_rwset
            ),
        )
        for item in wire.parse(m.rwset.TxReadWriteSet, results).ns_rwset
    )


def written_value(write: Any) -> bytes | None:
    """The value of a `kvrwset.KVWrite`; None: it deletes the key, as does an empty value (FAB-18386)."""
    return None if write.is_delete or not write.value else bytes(write.value)


def written_hash(write: Any) -> bytes | None:
    """The value's hash in a `kvrwset.KVWriteHash`; None: the key is deleted or purged."""
    if write.is_delete or not write.value_hash or write.value_hash == _HASH_OF_NOTHING:
        return None
    return bytes(write.value_hash)


def version_of(read: Any) -> Version | None:
    """The version that a read found; None: the key did not exist."""
    return (read.version.block_num, read.version.tx_num) if read.HasField("version") else None
