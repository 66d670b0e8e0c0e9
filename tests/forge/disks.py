"""Block files as a peer or an orderer keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any


def stored(block: Any) -> bytes:
    """A block as it is in a file, with its length before it."""
    header = block.header
    content = b"".join(
        (
            _number(header.number),
            _piece(header.data_hash),
            _piece(header.previous_hash),
            _list(block.data.data),
            _list(block.metadata.metadata),
        )
    )
    return _piece(content)


def write_block_files(folder: Path, blocks: Iterable[Any], largest: int = 64 << 20) -> list[Path]:
    """Write blocks to a folder's files, each of at most so many bytes; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    left = 0
    for block in blocks:
        content = stored(block)
        if not paths or len(content) > left:
            paths.append(folder / f"blockfile_{len(paths):06}")
            left = largest
        with paths[-1].open("ab") as file:
            file.write(content)
        left -= len(content)
    return paths


def _list(pieces: Iterable[bytes]) -> bytes:
    found = list(pieces)
    return _number(len(found)) + b"".join(map(_piece, found))


def _piece(content: bytes) -> bytes:
    return _number(len(content)) + content


def _number(value: int) -> bytes:
    digits = bytearray()
    while value >= 0x80:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*digits, value))
