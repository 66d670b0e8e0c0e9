"""How many things one request may name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

BULK = 500
"""How many vouchers, settlements or private records one request may name."""
_Thing = TypeVar("_Thing")


def bulks(things: Sequence[_Thing]) -> Iterator[Sequence[_Thing]]:
    """Things in parts that one request may carry."""
    for at in range(0, len(things), BULK):
        yield things[at : at + BULK]
