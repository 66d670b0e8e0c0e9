"""Where movements come from, and which block the books stand for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from kindpakket.ledger.movements import Movement


@dataclass(frozen=True, slots=True)
class Position:
    """A block of a channel: everything up to and including it is in the books.

    Attributes:
        channel: the channel's name.
        block: the block's number; the height of the channel is one more.
        block_hash: hash of the block's header, hexadecimal; "" if the source does not know it.
    """

    channel: str
    block: int
    block_hash: str = ""

    def members(self) -> dict[str, object]:
        """The position as programs read it."""
        return {
            "channel": self.channel,
            "block": self.block,
            "height": self.block + 1,
            "block_hash": self.block_hash or None,
        }

    def __str__(self) -> str:
        block_hash = f" ({self.block_hash})" if self.block_hash else ""
        return f"channel {self.channel}, height {self.block + 1}, block {self.block}{block_hash}"


class MovementSource(Protocol):
    """Something that knows all movements of a channel up to a block."""

    def position(self, until_block: int | None = None) -> Position:
        """The newest block that it has, or an earlier one.

        Args:
            until_block: the number of the block; None: the newest.

        Raises:
            ValueError: the source does not go as far as that block.
        """
        ...

    def movements(self, until_block: int | None = None) -> Iterator[Movement]:
        """The movements in the order of the ledger, from block 0, as often as they are asked for.

        Args:
            until_block: the number of the last block that counts; None: the newest.
        """
        ...
