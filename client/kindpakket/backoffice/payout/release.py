"""A payment file on the disk: under its name only once the ledger knows that it exists."""

from __future__ import annotations

import os
from pathlib import Path


class PathTaken(ValueError):
    """There is another file under that name; nothing was written."""


def check_path(path: Path, content: bytes | None = None) -> None:
    """Check that a file may be written.

    Raises:
        PathTaken: there is a file that is not this one.
    """
    if path.exists() and (content is None or path.read_bytes() != content):
        raise PathTaken(f"{path} already exists: give another file")


def write_part(path: Path, content: bytes) -> Path:
    """Write a file under its name with .part, durably, readable for its owner only."""
    part = path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        output.write(content)
    _sync(part)
    _sync(part.parent)
    return part


def release(part: Path, path: Path) -> None:
    """Give a file its name."""
    part.rename(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
