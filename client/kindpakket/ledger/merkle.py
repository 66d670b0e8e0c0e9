"""Merkle trees: over the pages of a booklet, and over the parts of a list that is approved."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

HASH_BYTES = 32
"""Length of a SHA-256 hash."""


def leaf_hash(position: int, content: bytes) -> bytes:
    """A leaf; it includes its position, so none passes for another."""
    return hashlib.sha256(b"\x00" + struct.pack(">I", position) + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """A node over two hashes; its first byte keeps it from passing for a leaf (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def depth(leaves: int) -> int:
    """The number of levels above so many leaves."""
    return (leaves - 1).bit_length()


def root_of(position: int, content: bytes, path: Sequence[bytes]) -> bytes:
    """The root computed from what is at a position, and its path of siblings from the leaf up."""
    node = leaf_hash(position, content)
    for height, sibling in enumerate(path):
        node = node_hash(sibling, node) if position >> height & 1 else node_hash(node, sibling)
    return node


def tree(contents: Sequence[bytes]) -> list[list[bytes]]:
    """The levels from the leaves, padded with zero hashes to a power of two, up to the root."""
    leaves = [leaf_hash(position, content) for position, content in enumerate(contents)]
    levels = [leaves + [bytes(HASH_BYTES)] * ((1 << depth(len(leaves))) - len(leaves))]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below), 2)])
    return levels


def path_in(levels: Sequence[Sequence[bytes]], position: int) -> tuple[bytes, ...]:
    """The siblings from a leaf up to the root."""
    return tuple(level[(position >> height) ^ 1] for height, level in enumerate(levels[:-1]))
