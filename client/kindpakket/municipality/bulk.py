"""The number of items that one request may name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

BULK = 500
"""How many vouchers, settlements or private records one request may name; as in the chaincode."""
_Item = TypeVar("_Item")


def bulks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """Split items into bulks of at most `BULK`, which one request may name."""
    for start in range(0, len(items), BULK):
        yield items[start : start + BULK]
