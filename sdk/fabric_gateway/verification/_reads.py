"""Whether what a transaction read is still so when its turn comes.

Source: Fabric 3.1.1 `validateTx` of `core/ledger/kvledger/txmgmt/validation/validator.go`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any

from fabric_gateway.blocks import Version
from fabric_gateway.verification._ranges import Found, range_unchanged
from fabric_gateway.verification._sets import NamespaceSets, Space, version_of
from fabric_gateway.verification._state import State
from fabric_gateway.verification._taken_apart import Fault
from fabric_gateway.verification._updates import Updates


def read_conflict(sets: tuple[NamespaceSets, ...], state: State, updates: Updates) -> Fault | None:
    """What a transaction read and is no longer so; None if all of it is.

    Args:
        sets: what it read and wrote.
        state: the state before the block.
        updates: what the valid transactions before it in the block change.
    """
    for found in sets:
        for read in found.public.reads:
            conflict = _key_conflict(found.space, read.key.encode(), version_of(read), state, updates)
            if conflict:
                return Fault(
                    "MVCC_READ_CONFLICT", f"it read key {read.key!r} of {_name(found.space)} {conflict}"
                )
        for query in found.public.range_queries_info:
            if not range_unchanged(query, _range(found.space, query, state, updates)):
                return Fault(
                    "PHANTOM_READ_CONFLICT",
                    f"the keys from {query.start_key!r} to {query.end_key!r} of {_name(found.space)} are no"
                    " longer those that it read",
                )
        for space, message in found.hashed:
            for read in message.hashed_reads:
                conflict = _key_conflict(space, read.key_hash, version_of(read), state, updates)
                if conflict:
                    return Fault(
                        "MVCC_READ_CONFLICT",
                        f"it read the private key of hash {read.key_hash.hex()} of {_name(space)} {conflict}",
                    )
    return None


def _key_conflict(space: Space, key: bytes, seen: Version | None, state: State, updates: Updates) -> str:
    update = updates.get(space, key)
    if update is not None:
        return f"in {_version(seen)}, and transaction {update.version[1]} of this block changed it"
    current = state.version(space, key)
    return "" if current == seen else f"in {_version(seen)}, and it was in {_version(current)}"


def _version(version: Version | None) -> str:
    return "no version" if version is None else f"version {version[0]}:{version[1]}"


def _name(space: Space) -> str:
    return f"collection {space.collection} of {space.namespace}" if space.collection else space.namespace


def _range(space: Space, query: Any, state: State, updates: Updates) -> Iterator[Found]:
    """A range as it is now. A range that was not read to its end includes the last key that was seen."""
    start, end = query.start_key.encode(), query.end_key.encode()
    changes = updates.keys(space)
    kept = (found for found in state.range(space, start, end) if found.key not in changes)
    changed = sorted(
        Found(key, update.version)
        for key, update in changes.items()
        if update.value is not None and start <= key and (not end or key < end)
    )
    yield from heapq.merge(kept, changed) if changed else kept
    if query.itr_exhausted:
        return
    if (update := changes.get(end)) is not None:
        last = None if update.value is None else update.version
    else:
        last = state.version(space, end)
    if last is not None:
        yield Found(end, last)
