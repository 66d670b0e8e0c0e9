"""Checks the chain of blocks: numbers, data hashes, and each header's hash in the next block."""

from __future__ import annotations

from collections import Counter

from kindpakket.fabric.blocks import Block


class Chain:
    """Follows blocks from the first one on.

    Attributes:
        height: number of blocks checked.
        head: header hash of the last block; b"" before the first.
        flaws: breaks in the chain, in the order of the blocks.
        codes: number of transactions by validation code, configuration transactions included.
    """

    def __init__(self) -> None:
        """Begin before block 0."""
        self.height = 0
        self.head = b""
        self.flaws: list[str] = []
        self.codes: Counter[str] = Counter()

    def add(self, block: Block) -> None:
        """Check the next block."""
        if block.number != self.height:
            self.flaws.append(f"block {block.number} follows where block {self.height} is expected")
        if block.previous_hash != self.head:
            self.flaws.append(f"block {block.number} does not have the header hash of the block before it")
        if not block.intact:
            self.flaws.append(
                f"the transactions of block {block.number} do not match the data hash in its header"
            )
        self.height = block.number + 1
        self.head = block.header_hash
        self.codes.update(transaction.code for transaction in block.transactions)
