"""The commit hash: what a peer states about the validity and the writes of all transactions so far.

Source: Fabric 3.1.1 `addBlockCommitHash` of `core/ledger/kvledger/kv_ledger.go`, and
`core/ledger/kvledger/txmgmt/txmgr/update_batch_bytes.go` with its message `Updates`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache

from fabric_gateway._wire.varint import varint
from fabric_gateway.blocks import Version
from fabric_gateway.verification._sets import Space
from fabric_gateway.verification._updates import Update, Updates


def commit_hash(flags: bytes, updates: Updates, previous: bytes) -> bytes:
    """The commit hash of a block.

    Args:
        flags: number of the validation code of each transaction, a byte each.
        updates: what its valid transactions change.
        previous: the commit hash of the block before it; b"" for block 1, the first to have one.
    """
    return hashlib.sha256(varint(len(flags)) + flags + b"".join(_entries(updates)) + previous).digest()


def _entries(updates: Updates) -> Iterator[bytes]:
    """The changes in order, each as an element of `Updates.kvwrites`; names only where they change."""
    namespace: str | None = None
    # The public state of a namespace comes before its collections: "" sorts before any name. The
    # configuration, in the namespace "", is left out.
    for space, changes in sorted((item for item in updates if item[0].namespace), key=lambda item: item[0]):
        names = _names(space, namespace)
        namespace = space.namespace
        for key, update in sorted(changes.items()):
            content = names + _change(key, update)
            yield _bytes(b"\x0a", content)
            names = b""


def _names(space: Space, before: str | None) -> bytes:
    names = b"" if space.namespace == before else _bytes(b"\x0a", space.namespace.encode())
    return names + _bytes(b"\x12", space.collection.encode())


def _change(key: bytes, update: Update) -> bytes:
    content = b"\x20\x01" if update.value is None else _bytes(b"\x2a", update.value)
    return _bytes(b"\x1a", key) + content + _version(update.version)


@lru_cache(maxsize=1024)
def _version(version: Version) -> bytes:
    return _bytes(b"\x32", version_bytes(version))


def version_bytes(version: Version) -> bytes:
    """A version as Fabric keeps it: each number with its length in bytes, most significant byte first."""
    return b"".join(
        bytes(((length := (number.bit_length() + 7) // 8),)) + number.to_bytes(length, "big")
        for number in version
    )


def _bytes(tag: bytes, content: bytes) -> bytes:
    length = len(content)
    if 0 < length < 0x80:  # as nearly all are
        return tag + _SHORT[length] + content
    return tag + varint(length) + content if content else b""


_SHORT = tuple(bytes((number,)) for number in range(0x80))
