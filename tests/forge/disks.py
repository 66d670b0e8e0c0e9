"""Block files as a peer or an orderer keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fabric_gateway.verification import stored_form


def write_block_files(folder: Path, blocks: Iterable[Any], largest: int = 64 << 20) -> list[Path]:
    """Write blocks to a folder's files, each of at most so many bytes; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    left = 0
    for block in blocks:
        content = stored_form(block)
        if not paths or len(content) > left:
            paths.append(folder / f"blockfile_{len(paths):06}")
            left = largest
        with paths[-1].open("ab") as file:
            file.write(content)
        left -= len(content)
    return paths
