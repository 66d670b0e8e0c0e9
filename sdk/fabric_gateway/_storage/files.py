"""Files that are whole at any instant, whatever dies."""

from __future__ import annotations

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Give a file new content, which is durable at the end; until then it has the old one, or is not there.

    The new content is written beside it first, to a file whose name starts with a dot and ends in `.new`. Of
    two processes that do so at once, one must wait for the other.

    Args:
        path: the file; its folder must exist.
        content: its content.
        mode: its permissions from the first moment on.
    """
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(beside, path)  # noqa: PTH105
    sync_folder(path.parent)
