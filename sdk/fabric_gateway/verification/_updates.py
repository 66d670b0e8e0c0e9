"""What the valid transactions of one block change, before it is committed.

Source: Fabric 3.1.1 `core/ledger/kvledger/txmgmt/validation/tx_ops.go` and `types.go`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol, TypeAlias

from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import Version
from fabric_gateway.verification._sets import (
    NamespaceSets,
    Space,
    written_hash,
    written_value,
)

Place: TypeAlias = tuple[Space, bytes]
"""A key: the space that it lives in, and its bytes (UTF-8 of a public key, SHA-256 of a private one)."""


class Update(NamedTuple):
    """What a key is after a transaction.

    Attributes:
        version: the transaction.
        value: the value; of a private key its SHA-256; None: the key is deleted; b"": see `kept`.
        metadata: a serialised `kvrwset.KVMetadataWrite`, such as the key's own endorsement policy; or b"".
        valued: the transaction that wrote the value, which is an earlier one if this one set metadata only.
        kept: SHA-256 of the value, if it is an earlier block's and cannot be read again; else b"".
    """

    version: Version
    value: bytes | None
    metadata: bytes
    valued: Version
    kept: bytes = b""


class KeptValue(NamedTuple):
    """The value of a key that a block does not write.

    Attributes:
        value: the value, or of a private key its SHA-256; b"": it cannot be read again.
        hash: SHA-256 of the value.
        written: the transaction that wrote it.
    """

    value: bytes
    hash: bytes
    written: Version


class Committed(Protocol):
    """The state before the block, as far as merging needs it."""

    def metadata(self, space: Space, key: bytes) -> bytes:
        """A key's metadata; b"" if it has none or does not exist."""

    def value(self, space: Space, key: bytes) -> KeptValue | None:
        """A key's value; None if it does not exist."""


class Updates:
    """The changes of one block. Each key is there once, as the last of its transactions left it."""

    def __init__(self, committed: Committed) -> None:
        self._committed = committed
        self._spaces: dict[Space, dict[bytes, Update]] = {}

    def __iter__(self) -> Iterator[tuple[Space, Mapping[bytes, Update]]]:
        return iter(self._spaces.items())

    def get(self, space: Space, key: bytes) -> Update | None:
        """What a transaction of this block made of a key; None if none touched it."""
        found = self._spaces.get(space)
        return found.get(key) if found else None

    def keys(self, space: Space) -> Mapping[bytes, Update]:
        """The keys of a space that this block changes."""
        return self._spaces.get(space, {})

    @property
    def unread(self) -> Iterator[tuple[Space, bytes, Version]]:
        """Keys whose value an earlier transaction wrote and cannot be read again, and that transaction."""
        for space, changes in self._spaces.items():
            for key, update in changes.items():
                if update.value == b"":
                    yield space, key, update.valued

    def put(self, space: Space, key: bytes, value: bytes, version: Version) -> None:
        """Write a value without metadata."""
        self._spaces.setdefault(space, {})[key] = Update(version, value, b"", version)

    def apply(self, sets: tuple[NamespaceSets, ...], version: Version) -> None:
        """Apply the writes of a valid transaction."""
        for (space, key), operation in _operations(sets).items():
            update = self._merged(space, key, operation, version)
            if update is not None:
                self._spaces.setdefault(space, {})[key] = update

    def _merged(self, space: Space, key: bytes, operation: _Operation, version: Version) -> Update | None:
        if operation.deletes:
            return Update(version, None, b"", version)
        if operation.is_whole:
            return Update(version, operation.value, operation.metadata, version)
        earlier = self.get(space, key)
        if operation.only_value:
            metadata = self._committed.metadata(space, key) if earlier is None else earlier.metadata
            return Update(version, operation.value, metadata, version)
        if earlier is not None:
            return Update(version, earlier.value, operation.metadata, earlier.valued, earlier.kept)
        found = self._committed.value(space, key)
        if found is None:
            return None
        return Update(version, found.value, operation.metadata, found.written, found.hash)


_VALUE, _METADATA, _NO_METADATA, _DELETION = 1, 2, 4, 8
_FLAGS = 0xFF


class _Operation:
    """All that one transaction does to one key. Fabric adds up flags in a byte, and so does this."""

    __slots__ = ("flags", "metadata", "value")

    def __init__(self) -> None:
        self.flags = 0
        self.value: bytes | None = None
        self.metadata = b""

    def add(self, flag: int) -> None:
        self.flags = self.flags + flag & _FLAGS

    @property
    def deletes(self) -> bool:
        return bool(self.flags & _DELETION)

    @property
    def is_whole(self) -> bool:
        """It says both what the value and what the metadata is."""
        return bool(self.flags & _VALUE and self.flags & (_METADATA | _NO_METADATA))

    @property
    def only_value(self) -> bool:
        return self.flags | _VALUE == _VALUE


def _operations(sets: tuple[NamespaceSets, ...]) -> dict[Place, _Operation]:
    operations: dict[Place, _Operation] = {}
    for found in sets:
        for write in found.public.writes:
            _write(operations, (found.space, write.key.encode()), written_value(write))
        for write in found.public.metadata_writes:
            _metadata(operations, (found.space, write.key.encode()), write)
        for space, message in found.hashed:
            for write in message.hashed_writes:
                _write(operations, (space, write.key_hash), written_hash(write))
            for write in message.metadata_writes:
                _metadata(operations, (space, write.key_hash), write)
    return operations


def _write(operations: dict[Place, _Operation], place: Place, value: bytes | None) -> None:
    operation = operations.setdefault(place, _Operation())
    if value is None:
        operation.add(_DELETION)
    else:
        operation.add(_VALUE)
        operation.value = value


def _metadata(operations: dict[Place, _Operation], place: Place, write: Any) -> None:
    operation = operations.setdefault(place, _Operation())
    if not write.entries:
        operation.add(_NO_METADATA)
    else:
        operation.add(_METADATA)
        operation.metadata = m.kv_rwset.KVMetadataWrite(entries=write.entries).SerializeToString()
