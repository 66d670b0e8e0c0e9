"""Range reads: whether a range still holds the keys and versions that a transaction saw in it.

Source: Fabric 3.1.1 `rangequery_validator.go` and `combined_iterator.go` of
`core/ledger/kvledger/txmgmt/validation/`, and `core/ledger/kvledger/txmgmt/rwsetutil/query_results_helper.go`
for the hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import Version
from fabric_gateway.verification._sets import version_of


class Found(NamedTuple):
    """A key of a range, and its version."""

    key: bytes
    version: Version


class Summary(NamedTuple):
    """A hash tree over the keys of a range, as far as a `kvrwset.QueryReadsMerkleSummary` tells it."""

    degree: int
    level: int
    hashes: tuple[bytes, ...]


def range_unchanged(query: Any, found: Iterable[Found]) -> bool:
    """Whether a range holds what a `kvrwset.RangeQueryInfo` says.

    Args:
        query: what the transaction saw.
        found: what is there now, in the order of the keys.
    """
    if query.WhichOneof("reads_info") == "reads_merkle_hashes":
        summary = query.reads_merkle_hashes
        claimed = Summary(summary.max_degree, summary.max_level, tuple(summary.max_level_hashes))
        return claimed.degree > 1 and summary_of(found, claimed.degree) == claimed
    seen = [(read.key.encode(), version_of(read)) for read in query.raw_reads.kv_reads]
    return _same(seen, iter(found))


def _same(seen: list[tuple[bytes, Version | None]], found: Iterator[Found]) -> bool:
    return all(next(found, None) == read for read in seen) and next(found, None) is None


def summary_of(found: Iterable[Found], degree: int) -> Summary | None:
    """The hash tree over the keys of a range; None for up to `degree` keys, over which none is made."""
    tree = _Tree(degree)
    pending: list[Found] = []
    for item in found:
        pending.append(item)
        if len(pending) > degree:
            tree.add(_leaf(pending))
            pending = []
    if tree.is_empty:
        return None
    if pending:
        tree.add(_leaf(pending))
    return tree.summary()


def _leaf(pending: Iterable[Found]) -> bytes:
    reads = [
        m.kv_rwset.KVRead(key=key.decode(), version=m.kv_rwset.Version(block_num=block, tx_num=place))
        for key, (block, place) in pending
    ]
    return hashlib.sha256(m.kv_rwset.QueryReads(kv_reads=reads).SerializeToString()).digest()


class _Tree:
    """Grows from the left; a level with more than `degree` nodes becomes one node of the level above."""

    def __init__(self, degree: int) -> None:
        self._degree = degree
        self._levels: list[list[bytes]] = [[]]

    @property
    def is_empty(self) -> bool:
        return self._levels == [[]]

    def add(self, leaf: bytes) -> None:
        self._levels[0].append(leaf)
        level = 0
        while len(self._levels[level]) > self._degree:
            level = self._fold(level)

    def _fold(self, level: int) -> int:
        """Make one node of a level's nodes; the level above."""
        nodes = self._levels[level]
        above = nodes[0] if len(nodes) == 1 else hashlib.sha256(b"".join(nodes)).digest()
        self._levels[level] = []
        if level + 1 == len(self._levels):
            self._levels.append([])
        self._levels[level + 1].append(above)
        return level + 1

    def summary(self) -> Summary:
        for level in range(len(self._levels) - 1):
            if self._levels[level]:
                self._fold(level)
        top = len(self._levels) - 1
        if len(self._levels[top]) > self._degree:
            top = self._fold(top)
        return Summary(self._degree, top + 1, tuple(self._levels[top]))
