"""Private data in the messages of the ledger in memory, for `fabric_gateway.testing`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from fabric_gateway._wire import messages as m


def add_private(public: Any, writes: Mapping[tuple[str, str], bytes | None]) -> Any:
    """Put the hashes of private writes into a namespace's public set; the set with their plain values."""
    private = m.rwset.TxPvtReadWriteSet()
    namespace = private.ns_pvt_rwset.add(namespace=public.namespace)
    for collection in sorted({name for name, _ in writes}):
        clear, hashed = m.kv_rwset.KVRWSet(), m.kv_rwset.HashedRWSet()
        for (name, key), value in writes.items():
            if name != collection:
                continue
            clear.writes.add(key=key, is_delete=value is None, value=value or b"")
            hashed.hashed_writes.add(
                key_hash=hashlib.sha256(key.encode()).digest(),
                is_delete=value is None,
                value_hash=b"" if value is None else hashlib.sha256(value).digest(),
            )
        content = clear.SerializeToString()
        namespace.collection_pvt_rwset.add(collection_name=collection, rwset=content)
        public.collection_hashed_rwset.add(
            collection_name=collection,
            hashed_rwset=hashed.SerializeToString(),
            pvt_rwset_hash=hashlib.sha256(content).digest(),
        )
    return private
