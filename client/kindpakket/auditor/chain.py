"""Whether blocks hang together: numbers, hashes of the data, and each header's hash in the next one."""

from __future__ import annotations

from collections import Counter

from kindpakket.fabric.blocks import Block


class Chain:
    """Follows blocks from the first one on.

    Attributes:
        height: number of blocks seen.
        head: header hash of the last one; b"" before the first.
        flaws: what does not fit, in the order of the blocks.
        codes: number of transactions by validation code, configuration included.
    """

    def __init__(self) -> None:
        """Begin before block 0."""
        self.height = 0
        self.head = b""
        self.flaws: list[str] = []
        self.codes: Counter[str] = Counter()

    def add(self, block: Block) -> None:
        """Look at the next block."""
        if block.number != self.height:
            self.flaws.append(f"block {block.number} came where block {self.height} belongs")
        if block.previous_hash != self.head:
            self.flaws.append(f"block {block.number} does not name the hash of the block before it")
        if not block.intact:
            self.flaws.append(f"the transactions of block {block.number} are not those of its header")
        self.height = block.number + 1
        self.head = block.header_hash
        self.codes.update(transaction.code for transaction in block.transactions)
