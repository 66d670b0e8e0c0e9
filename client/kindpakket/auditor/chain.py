"""Checks the chain of blocks: numbers, data hashes, and each header's hash in the next block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fabric_gateway.blocks import Block
from kindpakket.auditor.finding import Finding


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

    def add(self, block: Block) -> list[Finding]:
        """Check the next block.

        Returns:
            The breaks in the chain that it shows.
        """
        found = list(self._breaks(block))
        self.flaws += [finding.sentence for finding in found]
        self.height = block.number + 1
        self.head = block.header_hash
        self.codes.update(transaction.code for transaction in block.transactions)
        return found

    def _breaks(self, block: Block) -> Iterator[Finding]:
        if block.number != self.height:
            sentence = f"block {block.number} follows where block {self.height} is expected"
            yield _broken(block, "header.number", sentence)
        if block.previous_hash != self.head:
            sentence = f"block {block.number} does not have the header hash of the block before it"
            yield _broken(block, "header.previous-hash", sentence)
        if not block.intact:
            sentence = f"the transactions of block {block.number} do not match the data hash in its header"
            yield _broken(block, "block.data-hash", sentence)


def _broken(block: Block, rule: str, sentence: str) -> Finding:
    return Finding(block.number, "", "chain", rule, "error", sentence)
