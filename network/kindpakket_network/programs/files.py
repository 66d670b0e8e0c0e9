"""Puts files and folders in place atomically and durably.

A rename may reach the disk before the content does: so the content is synced before, and the folder with the
name afterwards.
"""

from __future__ import annotations

import os
from pathlib import Path


def place(written: Path, path: Path) -> None:
    """Move a file to its final path on the same disk, replacing any file there.

    Args:
        written: the complete file, perhaps written by another program.
        path: its final path.
    """
    _sync(written, os.O_RDONLY)
    written.replace(path)
    _sync_folders(path, written)


def move(path: Path, target: Path) -> None:
    """Rename a folder, a link or a file whose content is already synced.

    Args:
        path: the present path.
        target: the new path on the same disk; it must not be a folder with content.
    """
    path.rename(target)
    _sync_folders(target, path)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def sync_tree(folder: Path) -> None:
    """Make a folder and everything in it durable, as when another program wrote it."""
    for below, _, names in os.walk(folder):
        for name in names:
            file = Path(below, name)
            if file.is_file() and not file.is_symlink():
                _sync(file, os.O_RDONLY)
        sync_folder(Path(below))


def _sync_folders(*renamed: Path) -> None:
    for folder in dict.fromkeys(path.parent for path in renamed):
        sync_folder(folder)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
