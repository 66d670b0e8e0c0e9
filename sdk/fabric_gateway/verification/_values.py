"""Values read again from the block that wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from fabric_gateway.blocks import BlockMessage, Version
from fabric_gateway.verification._sets import Space, written_value
from fabric_gateway.verification._state import ValueReader
from fabric_gateway.verification._taken_apart import TakenApart


class BlockSource(Protocol):
    """Where blocks can be read from any number on, such as `BlockFiles`."""

    def read(self, start: int = 0) -> Iterator[BlockMessage]:
        """The blocks from a number on."""


def values_from(source: BlockSource) -> ValueReader:
    """What `Validity` needs to know values that it does not keep.

    Each one costs reading up to its block, which is little as long as transactions that set a key's metadata
    without its value are rare.
    """

    def read_value(written: Version, space: Space, key: bytes) -> bytes | None:
        block = next(source.read(written[0]), None)
        return None if block is None else value_in(block, written, space, key)

    return read_value


def value_in(block: BlockMessage, written: Version, space: Space, key: bytes) -> bytes | None:
    """The value that a transaction of a block wrote to a public key; None if it did not."""
    number, place = written
    if block.header.number != number or place >= len(block.data.data):
        return None
    for found in TakenApart.of(block.data.data[place]).sets:
        for write in reversed(found.public.writes):
            if found.space == space and write.key.encode() == key:
                return written_value(write)
    return None
